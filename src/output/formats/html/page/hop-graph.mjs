// The graph of who came from where: computers are boxes, hops are lines. SVG, so that it prints, takes its colours from
// the style sheet, and its boxes are reached by keys.
import { el, fill } from './dom.mjs';
import { OTHER_ADDRESSES, basisLetters, isComputerNode, nameOfNode } from './hops.mjs';
import { placeGraph } from './hop-layout.mjs';
import { pointList, svgElement } from './svg-painter.mjs';
import { plural } from './words.mjs';

/** The graph shows at most so many boxes and lines. */
export const GRAPH_LIMITS = { mostNodes: 30, mostEdges: 80 };
const BOX = { height: 34, least: 84, most: 168 };
/** The pixels between two columns; fewer in a narrow window. */
const [NARROW_GAP, LEAST_GAP, MOST_GAP] = [62, 84, 230];
const NARROW = 560;
/** The pixels between lines that end at one box, or that run side by side. */
const BETWEEN_LINES = 8;
const MARGIN = 14;
const HEAD = 9;

/** How sure a line is, in words: also the key of the graph. */
export const LINE_NAMES = {
  high: 'computer: high',
  medium: 'computer: medium',
  low: 'computer: low, a hint',
  contradicting: 'contradicting: one of several',
  outside: 'from an address that no known computer had',
};

/** The shortest names that tell the computers apart: the first label, with `~2`, where only one has it. */
export function shortNames(names) {
  const label = (name) => name.replace(/^([^.~]+)\.[^~]*/, '$1');
  const counts = new Map();
  for (const name of names) counts.set(label(name), (counts.get(label(name)) ?? 0) + 1);
  return new Map(names.map((name) => [name, counts.get(label(name)) === 1 ? label(name) : name]));
}

/**
 * Draws a graph (`graphOf`) into `element`. `ruler` measures texts; `onNode` and `onEdge` get what was chosen; `chosen` is
 * the key of an edge.
 */
export function drawGraph(element, graph, { hosts, ruler, width, chosen, onNode, onEdge }) {
  const layout = placeGraph(graph.nodes, graph.edges);
  const names = shortNames(graph.nodes.filter(isComputerNode).map(nameOfNode));
  const boxes = new Map(graph.nodes.map((node) => [node, makeBox(node, graph, hosts, names, ruler)]));
  const size = placeColumns(layout, boxes, width);
  const svg = svgElement('svg', { viewBox: `0 0 ${size} ${layout.height + 8}`, width: size, height: layout.height + 8, role: 'group' });
  const routes = portsOf(layout, boxes);
  const taken = [...boxes.values()].map(({ x, y, width: own }) => ({ left: x, right: x + own, top: y - BOX.height / 2, bottom: y + BOX.height / 2 }));
  const lines = routes.map((route) => drawLine(route, { layout, boxes, taken, ruler, chosen, onEdge, names }));
  svg.append(...lines.map(({ line }) => line), ...lines.map(({ label }) => label).filter(Boolean));
  const focus = element.contains(document.activeElement) ? document.activeElement.dataset.node : null;
  const nodes = graph.nodes.map((node, at) => drawBox(node, boxes.get(node), { isFirst: node === (focus ?? graph.nodes[0]) || (at === 0 && !boxes.has(focus)), onNode }));
  svg.append(...nodes);
  svg.addEventListener('keydown', (event) => moveFocus(event, boxes, nodes));
  fill(element, svg);
  nodes.find((node) => node.dataset.node === focus)?.focus();
}

/** What a box says. */
function makeBox(node, graph, hosts, names, ruler) {
  const isComputer = isComputerNode(node);
  const name = nameOfNode(node);
  const sum = (end) => graph.edges.filter((edge) => edge[end] === node).reduce((all, { count }) => all + count, 0);
  const [arrived, left] = [sum('to'), sum('from')];
  const others = new Set(graph.edges.filter(({ from }) => from === OTHER_ADDRESSES).flatMap(({ addresses }) => [...addresses]));
  const title = node === OTHER_ADDRESSES ? `${others.size} other addresses` : isComputer ? names.get(name) : name;
  const { none, loopback } = graph.stubs.get(node) ?? { none: 0, loopback: 0 };
  const hasLog = !isComputer || hosts.get(name)?.hasLog === true;
  const kind = !isComputer ? 'outside' : hasLog ? 'known' : 'no-log';
  const second = [
    isComputer ? '' : 'from outside',
    hasLog ? '' : 'no log',
    arrived > 0 ? `${arrived.toLocaleString('en')} in` : '',
    left > 0 && isComputer ? `${left.toLocaleString('en')} out` : '',
    none > 0 ? `? ${none.toLocaleString('en')}` : '',
    loopback > 0 ? `↻ ${loopback.toLocaleString('en')}` : '',
  ].filter(Boolean).join(' · ');
  const said = [
    isComputer ? name : `address ${title}, from outside`,
    hasLog ? '' : 'no log of it was read',
    arrived > 0 ? `${plural(arrived, 'hop')} came here` : '',
    left > 0 ? `${plural(left, 'hop')} went on from here` : '',
    none > 0 ? `the source of ${plural(none, 'logon')} is not known` : '',
    loopback > 0 ? `${plural(loopback, 'logon')} came from the computer itself, or through a tunnel` : '',
  ].filter(Boolean).join('; ');
  const fitted = fit(ruler, title, BOX.most - 16, { size: 12, weight: 600 });
  const wide = Math.max(ruler.measure(fitted, { size: 12, weight: 600 }), ruler.measure(second, { size: 10 })) + 18;
  return { node, title: fitted, second, said, kind, width: Math.max(BOX.least, Math.min(BOX.most, wide)) };
}

/** A text whose end is cut where there is no room for it. */
function fit(ruler, text, width, style) {
  let short = text;
  while (short.length > 1 && ruler.measure(short, style) > width) short = `${short.slice(0, short.length - 2)}…`;
  return short;
}

/** Gives each box its place; the width of all. */
function placeColumns(layout, boxes, width) {
  const widths = Array.from({ length: layout.columns }, () => 0);
  for (const [node, box] of boxes) {
    const { column } = layout.places.get(node);
    widths[column] = Math.max(widths[column], box.width);
  }
  const all = widths.reduce((sum, one) => sum + one, 0);
  const room = (width - 2 * MARGIN - all) / Math.max(1, layout.columns - 1);
  const gap = Math.max(width < NARROW ? NARROW_GAP : LEAST_GAP, Math.min(MOST_GAP, room));
  const lefts = [];
  widths.reduce((x, own, column) => {
    lefts[column] = x;
    return x + own + gap;
  }, MARGIN);
  for (const [node, box] of boxes) {
    const { column, y } = layout.places.get(node);
    Object.assign(box, { x: lefts[column] + (widths[column] - box.width) / 2, y, column });
  }
  layout.lefts = lefts;
  layout.widths = widths;
  return Math.ceil(all + gap * (layout.columns - 1) + 2 * MARGIN);
}

/** The ends of the lines, side by side where several meet a box. */
function portsOf(layout, boxes) {
  const routes = layout.routes.map((route) => ({ ...route, from: boxes.get(route.edge.from), to: boxes.get(route.edge.to) }));
  const ofPair = (one, other) => [one.edge.from, one.edge.to].every((node) => node === other.edge.from || node === other.edge.to);
  for (const route of routes) {
    const all = routes.filter((other) => ofPair(route, other));
    route.shift = (all.indexOf(route) - (all.length - 1) / 2) * BETWEEN_LINES;
  }
  const sides = new Map();
  for (const route of routes) {
    for (const end of ['from', 'to']) {
      const isRight = (end === 'from') !== route.isBack;
      const key = `${route[end].node}\n${isRight}`;
      if (!sides.has(key)) sides.set(key, []);
      sides.get(key).push({ route, end, other: end === 'from' ? (route.via[0] ?? route.to) : (route.via.at(-1) ?? route.from) });
    }
  }
  for (const ends of sides.values()) {
    ends.sort((a, b) => a.other.y - b.other.y);
    const step = Math.min(BETWEEN_LINES, (BOX.height - 6) / ends.length);
    ends.forEach(({ route, end }, at) => {
      const isRight = (end === 'from') !== route.isBack;
      const box = route[end];
      const y = box.y + (at - (ends.length - 1) / 2) * step;
      route[`${end}Point`] = [isRight ? box.x + box.width : box.x, y];
    });
  }
  return routes;
}

/** The points that a line runs through. */
function pointsOf(route, layout) {
  const points = [route.fromPoint];
  for (const { column, y: middle } of route.via) {
    const y = middle + route.shift;
    const [left, right] = [layout.lefts[column], layout.lefts[column] + layout.widths[column]];
    points.push(...(route.isBack ? [[right, y], [left, y]] : [[left, y], [right, y]]));
  }
  const [x, y] = route.toPoint;
  return [...points, [x + (route.isBack ? HEAD : -HEAD) * 0.8, y]];
}

const bend = ([x0, y0], [x1, y1]) => `C${(x0 + x1) / 2} ${y0} ${(x0 + x1) / 2} ${y1} ${x1} ${y1}`;

/** The place on a bend at a share of it. */
function onBend([x0, y0], [x1, y1], t) {
  const middle = (x0 + x1) / 2;
  const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3];
  return [a * x0 + (b + c) * middle + d * x1, (a + b) * y0 + (c + d) * y1];
}

function drawLine(route, { layout, taken, ruler, chosen, onEdge }) {
  const { edge } = route;
  const points = pointsOf(route, layout);
  const path = `M${points[0].join(' ')}${points.slice(1).map((point, at) => bend(points[at], point)).join('')}`;
  const [x, y] = route.toPoint;
  const back = route.isBack ? HEAD : -HEAD;
  const isChosen = edge.key === chosen;
  const line = svgElement('g', { class: `hop-line ${edge.sureness}${isChosen ? ' chosen' : ''}` });
  const said = lineSaid(edge);
  line.append(svgElement('path', { class: 'hit', d: path }), svgElement('path', { class: 'stroke', d: path }));
  if (edge.sureness === 'outside') line.append(svgElement('path', { class: 'inner', d: path }));
  line.append(svgElement('polygon', { class: 'head', points: pointList([[x, y], [x + back, y - 4.5], [x + back, y + 4.5]]) }), titled(said));
  line.addEventListener('click', () => onEdge(edge));
  return { line, label: drawLabel(edge, points, taken, ruler, isChosen, onEdge) };
}

function titled(text) {
  const title = svgElement('title', {});
  title.textContent = text;
  return title;
}

/** One sentence about a line. */
export function lineSaid(edge) {
  const from = edge.from === OTHER_ADDRESSES ? 'other addresses' : nameOfNode(edge.from);
  const bases = [...edge.bases].join(', ');
  return `${from} to ${nameOfNode(edge.to)}: ${plural(edge.count, 'hop')}, ${LINE_NAMES[edge.sureness]}${bases ? `; by ${bases}` : ''}`;
}

/** The number and the letters of a line, where they cover nothing. */
function drawLabel(edge, points, taken, ruler, isChosen, onEdge) {
  const mark = edge.sureness === 'contradicting' ? '≠ ' : '';
  const text = `${mark}${edge.count.toLocaleString('en')} ${basisLetters(edge.bases)}`.trim();
  const width = ruler.measure(text, { size: 10, weight: 600 }) + 8;
  const bends = points.slice(1).map((point, at) => [points[at], point]).filter(([a, b]) => Math.abs(a[0] - b[0]) > width);
  for (const t of [0.5, 0.35, 0.65, 0.25, 0.75, 0.18, 0.82]) {
    for (const [a, b] of bends) {
      const [x, y] = onBend(a, b, t);
      const box = { left: x - width / 2, right: x + width / 2, top: y - 8, bottom: y + 8 };
      const covers = (one) => one.left < box.right && box.left < one.right && one.top < box.bottom && box.top < one.bottom;
      if (taken.some(covers)) continue;
      taken.push(box);
      const label = svgElement('g', { class: `hop-label ${edge.sureness}${isChosen ? ' chosen' : ''}` });
      label.append(svgElement('rect', { x: box.left, y: box.top + 1, width, height: 14, rx: 4 }));
      const shown = svgElement('text', { x, y: y + 3.5, 'text-anchor': 'middle' });
      shown.textContent = text;
      label.append(shown, titled(lineSaid(edge)));
      label.addEventListener('click', () => onEdge(edge));
      return label;
    }
  }
  return null;
}

function drawBox(node, box, { isFirst, onNode }) {
  const { x, y, width, title, second, said, kind } = box;
  const group = svgElement('g', { class: `hop-node ${kind}`, role: 'button', tabindex: isFirst ? '0' : '-1', 'aria-label': said });
  group.dataset.node = node;
  const top = y - BOX.height / 2;
  group.append(svgElement('rect', { x, y: top, width, height: BOX.height, rx: kind === 'outside' ? BOX.height / 2 : 4 }));
  const line = (text, at, name) => {
    const shown = svgElement('text', { x: x + width / 2, y: at, class: name, 'text-anchor': 'middle' });
    shown.textContent = text;
    group.append(shown);
  };
  line(title, second ? y - 2 : y + 4, 'name');
  if (second) line(second, y + 11, 'second');
  group.append(titled(said));
  group.addEventListener('click', () => onNode(node));
  return group;
}

/** The arrow keys go from box to box: up and down in a column, left and right to the nearest one of the next. */
function moveFocus(event, boxes, nodes) {
  const own = boxes.get(event.target.dataset?.node);
  if (!own) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    event.stopPropagation();
    event.target.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    return;
  }
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const [across, down] = step;
  const isNext = (box) => (across === 0
    ? box.column === own.column && Math.sign(box.y - own.y) === down
    : Math.sign(box.column - own.column) === across);
  const far = (box) => Math.abs(box.column - own.column) * 1e4 + Math.abs(box.y - own.y);
  const next = [...boxes.values()].filter(isNext).sort((a, b) => far(a) - far(b))[0];
  const element = next && nodes.find((node) => node.dataset.node === next.node);
  if (!element) return;
  event.target.setAttribute('tabindex', '-1');
  element.setAttribute('tabindex', '0');
  element.focus();
}

/** The key of the graph: how sure each kind of line is, and what the boxes and letters mean. */
export function graphKey(bases) {
  const sample = (kind) => {
    const svg = svgElement('svg', { width: 44, height: 14, viewBox: '0 0 44 14', 'aria-hidden': 'true' });
    const group = svgElement('g', { class: `hop-line ${kind}` });
    group.append(svgElement('path', { class: 'stroke', d: 'M2 7H34' }));
    if (kind === 'outside') group.append(svgElement('path', { class: 'inner', d: 'M2 7H34' }));
    group.append(svgElement('polygon', { class: 'head', points: '43,7 34,2.5 34,11.5' }));
    svg.append(group);
    return svg;
  };
  const box = (kind) => {
    const svg = svgElement('svg', { width: 30, height: 16, viewBox: '0 0 30 16', 'aria-hidden': 'true' });
    const group = svgElement('g', { class: `hop-node ${kind}` });
    group.append(svgElement('rect', { x: 1, y: 1, width: 28, height: 14, rx: kind === 'outside' ? 7 : 3 }));
    svg.append(group);
    return svg;
  };
  const mark = (picture, text) => el('span', { class: 'mark' }, picture, text);
  return [
    ...Object.entries(LINE_NAMES).map(([kind, text]) => mark(sample(kind), kind === 'contradicting' ? `${text}, ≠` : text)),
    mark(box('known'), 'computer with its log'),
    mark(box('no-log'), 'computer without its log'),
    mark(box('outside'), 'address from outside'),
    mark(el('b', {}, '?'), 'logons whose source is not known'),
    mark(el('b', {}, '↻'), 'from the computer itself, or through a tunnel'),
    ...bases.map(([word, letter]) => mark(el('b', {}, letter), word)),
  ];
}
