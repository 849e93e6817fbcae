// Where the nodes and lines of the graph stand: in columns, so that lines run from left to right where they can. The same
// graph always has the same picture.

const SWEEPS = 12;
/** The pixels between two nodes of a column, and between two lines that pass through it. */
const [ROW, THIN_ROW] = [46, 20];

/**
 * The places of `nodes` (names, in the order that decides where nothing else does) and `edges` (`from`, `to`). A node has
 * `column` and `y`; an edge has `via`, the places between its ends; `isBack` says that it runs from right to left.
 */
export function placeGraph(nodes, edges) {
  const links = uniqueLinks(nodes, edges);
  const columns = columnsOf(nodes, links);
  const grid = fillColumns(nodes, links, columns);
  orderColumns(grid);
  placeRows(grid);
  const place = (name) => ({ column: grid.column.get(name), y: grid.y.get(name) });
  const routes = edges.map((edge) => {
    const link = links.find(({ a, b }) => (a === edge.from && b === edge.to) || (a === edge.to && b === edge.from));
    if (!link) return { edge, via: [], isBack: false };
    const isBack = link.a !== edge.from;
    const via = link.between.map(place);
    return { edge, via: isBack ? via.reverse() : via, isBack };
  });
  const height = Math.max(ROW, ...grid.columns.flat().map((name) => grid.y.get(name) + ROW / 2));
  return { places: new Map(nodes.map((name) => [name, place(name)])), routes, height, columns: grid.columns.length };
}

/** Each two nodes with a line, once, in the direction of most of their lines, turned where that would close a circle. */
function uniqueLinks(nodes, edges) {
  const rank = new Map(nodes.map((name, at) => [name, at]));
  const links = new Map();
  for (const { from, to } of edges) {
    if (from === to || !rank.has(from) || !rank.has(to)) continue;
    const isInOrder = rank.get(from) < rank.get(to);
    const [a, b] = isInOrder ? [from, to] : [to, from];
    const key = `${a}\n${b}`;
    if (!links.has(key)) links.set(key, { a, b, forward: 0, between: [] });
    links.get(key).forward += isInOrder ? 1 : -1;
  }
  const all = [...links.values()].map(({ a, b, forward, between }) => (forward >= 0 ? { a, b, between } : { a: b, b: a, between }));
  const order = orderWithoutCircles(nodes, all);
  return all.map((link) => (order.get(link.a) <= order.get(link.b) ? link : { ...link, a: link.b, b: link.a }));
}

/** An order of the nodes against which few links run: those without a way in come first, those without a way out last. */
function orderWithoutCircles(nodes, links) {
  const left = new Set(nodes);
  const [head, tail] = [[], []];
  const count = (name, end) => links.filter((link) => link[end] === name && left.has(link.a) && left.has(link.b)).length;
  while (left.size > 0) {
    const all = [...left];
    const sink = all.find((name) => count(name, 'a') === 0);
    const source = all.find((name) => count(name, 'b') === 0);
    const surplus = (name) => count(name, 'a') - count(name, 'b');
    const next = source ?? sink ?? all.reduce((best, name) => (surplus(name) > surplus(best) ? name : best));
    if (next === sink && next !== source) tail.unshift(next);
    else head.push(next);
    left.delete(next);
  }
  return new Map([...head, ...tail].map((name, at) => [name, at]));
}

/** The column of each node: right of all that lead to it. One that nothing leads to stands just left of where it leads. */
function columnsOf(nodes, links) {
  const column = new Map(nodes.map((name) => [name, 0]));
  for (let round = 0; round < nodes.length; round++) {
    let isDone = true;
    for (const { a, b } of links) {
      if (column.get(b) > column.get(a)) continue;
      column.set(b, column.get(a) + 1);
      isDone = false;
    }
    if (isDone) break;
  }
  for (const name of nodes) {
    const next = links.filter(({ a }) => a === name).map(({ b }) => column.get(b));
    if (next.length > 0 && !links.some(({ b }) => b === name)) column.set(name, Math.min(...next) - 1);
  }
  return column;
}

/** The columns with their nodes, and with a place for each link that passes through. */
function fillColumns(nodes, links, column) {
  const columns = Array.from({ length: Math.max(0, ...column.values()) + 1 }, () => []);
  for (const name of nodes) columns[column.get(name)].push(name);
  const next = new Map();
  const before = new Map();
  const thin = new Set();
  const connect = (a, b) => {
    next.set(a, [...(next.get(a) ?? []), b]);
    before.set(b, [...(before.get(b) ?? []), a]);
  };
  links.forEach((link, number) => {
    let last = link.a;
    for (let at = column.get(link.a) + 1; at < column.get(link.b); at++) {
      const name = `through ${number} ${at}`;
      column.set(name, at);
      columns[at].push(name);
      thin.add(name);
      link.between.push(name);
      connect(last, name);
      last = name;
    }
    connect(last, link.b);
  });
  return { columns, column, next, before, thin, y: new Map() };
}

/** Orders each column by the middle of its neighbours, to and fro, and keeps the order in which the fewest links cross. */
function orderColumns(grid) {
  const copy = () => grid.columns.map((column) => [...column]);
  let [best, fewest] = [copy(), crossings(grid)];
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const isForward = sweep % 2 === 0;
    const numbers = grid.columns.map((_, at) => at);
    for (const at of isForward ? numbers.slice(1) : numbers.slice(0, -1).reverse()) {
      const other = new Map(grid.columns[at + (isForward ? -1 : 1)].map((name, row) => [name, row]));
      const neighbours = isForward ? grid.before : grid.next;
      const own = grid.columns[at];
      const middle = new Map(own.map((name, row) => {
        const rows = (neighbours.get(name) ?? []).map((one) => other.get(one));
        return [name, rows.length > 0 ? rows.reduce((sum, one) => sum + one, 0) / rows.length : row];
      }));
      const row = new Map(own.map((name, place) => [name, place]));
      own.sort((a, b) => middle.get(a) - middle.get(b) || row.get(a) - row.get(b));
    }
    const count = crossings(grid);
    if (count < fewest) [best, fewest] = [copy(), count];
  }
  grid.columns = best;
}

function crossings({ columns, next }) {
  let count = 0;
  for (let at = 0; at + 1 < columns.length; at++) {
    const row = new Map(columns[at + 1].map((name, place) => [name, place]));
    const ends = columns[at].map((name) => (next.get(name) ?? []).map((one) => row.get(one)));
    for (let upper = 0; upper < ends.length; upper++) {
      for (let lower = upper + 1; lower < ends.length; lower++) {
        for (const one of ends[upper]) count += ends[lower].filter((other) => other < one).length;
      }
    }
  }
  return count;
}

/** The rows: as near as can be to the neighbours, without covering each other. */
function placeRows(grid) {
  const { columns, y, thin } = grid;
  const between = (a, b) => (thin.has(a) && thin.has(b) ? THIN_ROW : thin.has(a) || thin.has(b) ? (ROW + THIN_ROW) / 2 : ROW);
  const spread = (column, wanted) => {
    const rows = [];
    column.forEach((name, at) => rows.push(at === 0 ? wanted(name) : Math.max(wanted(name), rows[at - 1] + between(column[at - 1], name))));
    const shift = column.reduce((sum, name, at) => sum + wanted(name) - rows[at], 0) / Math.max(1, column.length);
    column.forEach((name, at) => y.set(name, rows[at] + shift));
  };
  for (const column of columns) spread(column, () => 0);
  for (let sweep = 0; sweep < 8; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const column of isForward ? columns : [...columns].reverse()) {
      const wanted = new Map(column.map((name) => {
        const near = [...(grid.before.get(name) ?? []), ...(grid.next.get(name) ?? [])];
        return [name, near.length > 0 ? near.reduce((sum, one) => sum + y.get(one), 0) / near.length : y.get(name)];
      }));
      spread(column, (name) => wanted.get(name));
    }
  }
  // Room that no column needs is left out.
  let [before, taken] = [-Infinity, 0];
  for (const name of columns.flat().sort((a, b) => y.get(a) - y.get(b))) {
    const own = y.get(name);
    if (before > -Infinity) taken += Math.min(ROW, own - before);
    before = own;
    y.set(name, Math.round(taken + ROW / 2));
  }
}
