// Checks what the page says of hops against hops.csv and hosts.csv of the same case: `node hops.mjs CASE`. The case has CSV
// tables and the page, made with `--hops`. Ends with 1 where something does not hold.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { AXES_LIMITS, layOutAxes, makeHopAxes } from '../../src/output/formats/html/page/hop-axes.mjs';
import { allHops, chooseHops, edgesOf, graphOf, makeHops, stepsOf } from '../../src/output/formats/html/page/hops.mjs';
import { GRAPH_LIMITS } from '../../src/output/formats/html/page/hop-graph.mjs';
import { placeGraph } from '../../src/output/formats/html/page/hop-layout.mjs';
import { exactText } from '../../src/output/formats/html/page/time.mjs';
import { numbersBelow, readBlocks, readTable } from './case.mjs';

const folder = process.argv[2];
const model = makeHops(readBlocks(join(folder, 'report.html'))['hop-data']);
const [rows, hosts, sessions] = ['hops', 'hosts', 'sessions'].map((name) => readTable(join(folder, `${name}.csv`)));

/** A row as the page has it is the row of the table. */
function rowsAreThoseOfTheTable() {
  assert.equal(model.hops.length, rows.length);
  model.hops.forEach(({ row, time }, at) => {
    for (const [column, text] of Object.entries(rows[at])) {
      const isNumber = ['lag_seconds', 'lag_corrected'].includes(column) && text !== '';
      assert.equal(isNumber ? row[column] : String(row[column] ?? ''), isNumber ? Number(text) : text, column);
    }
    assert.equal(exactText(model.base, time), rows[at].time);
  });
}

/** On the common clock a time is that of the table without what hosts.csv says of its computer. */
function clocksAreThoseOfTheTable() {
  const offsets = new Map(hosts.map((row) => [row.host, row.clock_offset_seconds]));
  for (const { target, time, common } of model.hops) {
    const offset = offsets.get(target) ?? '';
    assert.equal(time - common, offset === '' ? 0 : Math.round(Number(offset) * 1e7), target);
  }
  return [...offsets.values()].filter((offset) => offset !== '').length;
}

/** What a line of the graph counts is what the table has, counted here anew. */
function linesAreThoseOfTheTable() {
  const expected = new Map();
  const alone = { none: 0, loopback: 0 };
  for (const row of rows.filter(({ flags }) => !flags.split('; ').includes('machine'))) {
    const flags = row.flags.split('; ');
    let [from, sureness] = [[], ''];
    if (row.source_computer) [from, sureness] = [[`computer ${row.source_computer}`], row.host_confidence];
    else if (flags.includes('contradicting')) [from, sureness] = [row.candidates.split('; ').map((text) => `computer ${text.split(' (')[0]}`), 'contradicting'];
    else if (flags.includes('from-outside')) [from, sureness] = [[`address ${row.source_address}`], 'outside'];
    else alone[flags.includes('loopback') ? 'loopback' : 'none'] += 1;
    for (const node of from) {
      const key = [node, `computer ${row.target_computer}`, sureness].join('\n');
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
  }
  const shown = chooseHops(model, allHops());
  assert.deepEqual(new Map(edgesOf(shown).map(({ key, count }) => [key, count]).sort()), new Map([...expected].sort()));
  const graph = graphOf(shown, { mostNodes: 1e6, mostEdges: 1e6 });
  const sum = (kind) => [...graph.stubs.values()].reduce((all, stub) => all + stub[kind], 0);
  assert.deepEqual({ none: sum('none'), loopback: sum('loopback') }, alone);
  return expected.size;
}

/** Boxes and the places of lines that pass through never cover each other, and the same graph has the same picture. */
function boxesDoNotCover() {
  const graph = graphOf(chooseHops(model, { ...allHops(), hasMachines: true }), GRAPH_LIMITS);
  const layout = placeGraph(graph.nodes, graph.edges);
  const taken = new Map();
  const put = (column, y, room) => {
    const others = taken.get(column) ?? [];
    for (const other of others) assert.ok(Math.abs(other.y - y) >= (other.room + room) / 2 - 1, 'a box covers another one');
    taken.set(column, [...others, { y, room }]);
  };
  for (const { column, y } of layout.places.values()) put(column, y, 46);
  for (const place of new Set(layout.routes.flatMap(({ via }) => via.map(({ column, y }) => `${column} ${y}`)))) put(...place.split(' ').map(Number), 20);
  assert.deepEqual(placeGraph(graph.nodes, graph.edges), layout);
  for (const { edge, isBack } of layout.routes) {
    const [from, to] = [edge.from, edge.to].map((node) => layout.places.get(node).column);
    assert.ok(isBack ? from > to : from < to || edge.from === edge.to, `${edge.key} stands in one column`);
  }
}

/** Every step is on the axes once, in its turn; each bar is that of its session, and none covers another one. */
function stepsAreOnTheAxes() {
  const steps = stepsOf(model.hops);
  const bySession = new Map(sessions.map((row) => [row.session_id, row]));
  let bars = 0;
  for (let first = 0, turns = 0; first < steps.length; turns++) {
    const axes = layOutAxes(makeHopAxes(model, steps, first));
    assert.ok(axes.next > first && axes.next - first <= AXES_LIMITS.mostSteps && turns < 1000);
    assert.deepEqual([...new Set(axes.arrows.map(({ step }) => step))], steps.slice(first, axes.next));
    for (const row of axes.rows) {
      const ends = [];
      for (const bar of [...row.bars.values()].sort((a, b) => a.begin - b.begin)) {
        const own = bySession.get(bar.id);
        assert.ok(own && own.computer === row.name, bar.id);
        const offset = model.hosts.get(row.name)?.offset ?? 0;
        if (own.start) assert.equal(exactText(model.base, bar.begin + offset), own.start);
        if (own.end_basis === 'logged') assert.equal(exactText(model.base, bar.seen + offset), own.end);
        if (bar.lane < 0) continue;
        assert.ok(bar.begin > (ends[bar.lane] ?? -Infinity), 'a bar covers another one');
        ends[bar.lane] = bar.gone;
        bars += 1;
      }
    }
    first = axes.next;
  }
  return bars;
}

/** The trail of an account or a computer: its own rows, and what sessions link them to, as a walk over the table finds it. */
function trailsAreThoseOfTheTable() {
  const names = [...new Set(model.hops.flatMap(({ target, row }) => [target, row.user_name]).filter(Boolean))];
  const random = numbersBelow(names.length);
  for (let round = 0; round < Math.min(20, names.length); round++) {
    const name = names[Math.floor(random.next().value)].toLowerCase();
    const isIt = (text) => text.toLowerCase() === name || text.split('.')[0].toLowerCase() === name;
    const own = rows.filter((row) => [row.target_computer, row.source_computer].some((text) => text && isIt(text))
      || [row.user_name, row.source_user.split('\\').at(-1)].some((text) => text && text.toLowerCase() === name)
      || (row.flags.includes('contradicting') && row.candidates.split('; ').some((text) => isIt(text.split(' (')[0]))));
    const [before, after] = [new Set(own), new Set(own)];
    for (let size = -1; size !== before.size + after.size;) {
      size = before.size + after.size;
      for (const row of rows) {
        if ([...before].some((one) => one.source_session && one.source_session === row.target_session)) before.add(row);
        if ([...after].some((one) => row.source_session && one.target_session === row.source_session)) after.add(row);
      }
    }
    const expected = rows.filter((row) => before.has(row) || after.has(row)).map((row) => row.target_session);
    const found = chooseHops(model, { ...allHops(), whose: name, hasMachines: true }).map(({ row }) => row.target_session);
    assert.deepEqual(found, expected, name);
  }
}

rowsAreThoseOfTheTable();
const compared = clocksAreThoseOfTheTable();
const lines = linesAreThoseOfTheTable();
boxesDoNotCover();
const bars = stepsAreOnTheAxes();
trailsAreThoseOfTheTable();
console.log(`${rows.length} hops, ${lines} lines, ${compared} rows with a compared clock, ${bars} bars`);
