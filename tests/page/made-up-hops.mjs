// Checks what the page does with hops that are made up here, with expected values by hand.
import assert from 'node:assert/strict';
import { allHops, basisLetters, chooseHops, edgesOf, graphOf, makeHops, stepsOf } from '../../src/output/formats/html/page/hops.mjs';
import { placeGraph } from '../../src/output/formats/html/page/hop-layout.mjs';
import { shortNames } from '../../src/output/formats/html/page/hop-graph.mjs';
import { drawHopAxes, layOutAxes, makeHopAxes } from '../../src/output/formats/html/page/hop-axes.mjs';
import { makeView } from '../../src/output/formats/html/page/axis.mjs';
import { SECOND } from '../../src/output/formats/html/page/time.mjs';
import { lineRows, sourceText } from '../../src/output/formats/html/page/hop-tables.mjs';

const table = (columns, rows) => ({ columns, rows: rows.map((row) => columns.map((name) => row[name] ?? null)) });
const HOP = ['target_session', 'target_computer', 'time', 'user_name', 'user_domain', 'logon_type', 'source_computer', 'source_session',
  'source_user', 'source_address', 'basis', 'host_confidence', 'group', 'candidates', 'flags'];
const COUNTED = ['target_computer', 'source_computer', 'source_address', 'basis', 'host_confidence', 'candidates', 'flags', 'count'];
const HOST = ['host', 'has_security_log', 'clock_offset_seconds', 'clock_offset_basis'];
const SESSION = ['session_id', 'session_class', 'start', 'end', 'end_basis', 'end_cause', 'end_not_before', 'end_not_after'];
const at = (clock) => `2024-05-02T${clock}.0000000Z`;

/** A block of these rows. */
function block(hops, { counted = [], hosts = [], sessions = [] } = {}) {
  return { version: 1, hops: table(HOP, hops), counted: table(COUNTED, counted), left_out: 0, hosts: table(HOST, hosts), sessions: table(SESSION, sessions) };
}

/** A hop from a session to a session, as `COMPUTER/1/NUMBER`. */
const hop = (from, to, clock = '08:00:00', more = {}) => ({
  target_session: to, target_computer: to.split('/')[0], time: at(clock), user_name: 'alice', source_session: from,
  source_computer: from?.split('/')[0], basis: 'connection; address', host_confidence: 'high', ...more,
});
const targets = (hops) => hops.map(({ row }) => row.target_session);

// Nothing at all.
const empty = makeHops(block([]));
assert.deepEqual([empty.all.length, edgesOf(empty.all).length, placeGraph([], []).columns], [0, 0, 1]);

// The trail of a session: what led to it, and what went on from it; not what else came out of the sessions before.
const chain = makeHops(block([hop('A/1/1', 'B/1/1'), hop('B/1/1', 'C/1/1'), hop('C/1/1', 'D/1/1'), hop('A/1/1', 'X/1/1'), hop('Q/1/1', 'D/1/2')]));
const whose = (name, more = {}) => targets(chooseHops(chain, { ...allHops(), whose: name, ...more }));
assert.deepEqual(whose('c/1/1'), ['B/1/1', 'C/1/1', 'D/1/1']);
assert.deepEqual(whose('c/1/1', { withSteps: false }), ['C/1/1', 'D/1/1']);
assert.deepEqual(whose('nobody'), []);
const named = makeHops(block([hop('W.x.y/2/1', 'T.x/1/1'), hop('V.x/1/1', 'T.x/1/2', '08:00:00', { user_name: 'V$', flags: 'machine' })]));
const ofNamed = (name) => targets(chooseHops(named, { ...allHops(), whose: name }));
assert.deepEqual([ofNamed('w/2/1'), ofNamed('W'), ofNamed('v$'), ofNamed('v')], [['T.x/1/1'], ['T.x/1/1'], ['T.x/1/2'], []]);
assert.equal(whose(' Alice ').length, 5);

// What names no source, or several, is told apart, and counts at the computer or between all that are named.
const flags = (text) => ({ source_computer: null, source_session: null, host_confidence: null, basis: null, flags: text });
const odd = makeHops(block([
  hop('A.x/1/1', 'T/1/1', '08:00:00', { ...flags('contradicting'), candidates: 'A.x (connection, address); B (y) (ticket)' }),
  hop('', 'T/1/2', '08:00:01', { ...flags('from-outside; reused-address'), source_address: '203.0.113.9' }),
  hop('', 'T/1/3', '08:00:02', flags('loopback')),
  hop('', 'T/1/4', '08:00:03', flags(null)),
  hop('A/1/1', 'T/1/5', '08:00:04', { flags: 'machine' }),
], { counted: [{ target_computer: 'T', source_computer: 'A', host_confidence: 'low', basis: 'workstation', flags: null, count: 70 }] }));
const shown = chooseHops(odd, allHops());
assert.deepEqual(edgesOf(shown).map(({ from, sureness, count }) => [from, sureness, count]), [
  ['computer A', 'low', 70], ['computer A.x', 'contradicting', 1], ['computer B (y)', 'contradicting', 1], ['address 203.0.113.9', 'outside', 1],
]);
const oddGraph = graphOf(shown, { mostNodes: 9, mostEdges: 9 });
assert.deepEqual(oddGraph.stubs.get('computer T'), { none: 1, loopback: 1 });
assert.deepEqual(lineRows(edgesOf(shown), shown).map(({ count }) => count), [70, 1, 1, 1, 1, 1]);
assert.equal(chooseHops(odd, { ...allHops(), hasMachines: true }).length, shown.length + 1);
assert.deepEqual(targets(chooseHops(odd, { ...allHops(), least: 'unsure' })), ['T/1/1', null].map((id) => id ?? undefined));
assert.deepEqual(shown.slice(0, 4).map(sourceText), ['A.x (connection, address); B (y) (ticket)', 'outside: 203.0.113.9', 'the computer itself, or a tunnel', 'not known']);
assert.equal(basisLetters(new Set(['address', 'connection'])), 'C·A');

// A span leaves out what only counts: nobody knows when that was.
assert.deepEqual(targets(chooseHops(odd, { ...allHops(), from: odd.hops[1].common, to: odd.hops[2].common })), ['T/1/2', 'T/1/3']);

// Of many addresses the busiest keep a box; of many computers those of the busiest lines.
const many = makeHops(block(Array.from({ length: 12 }, (_, number) => Array.from({ length: number + 1 }, (_, time) => {
  return hop('', `T/1/${number}-${time}`, '08:00:00', { ...flags('from-outside'), source_address: `203.0.113.${number}` });
})).flat()));
const manyGraph = graphOf(many.hops, { mostNodes: 40, mostEdges: 40 });
assert.equal(manyGraph.nodes.length, 1 + 7 + 1);
assert.deepEqual(manyGraph.edges.find(({ from }) => from === 'address others').count, 1 + 2 + 3 + 4 + 5);
const few = graphOf(many.hops, { mostNodes: 3, mostEdges: 40 });
assert.deepEqual([few.nodes, few.hiddenNodes, few.hiddenHops], [['address others', 'computer T', 'address 203.0.113.11'], 6, 78 - 15 - 12]);

// Columns run from left to right; in a circle one line runs back. A line over a column has a place of its own there.
const line = (from, to) => ({ from, to });
const circle = placeGraph(['a', 'b', 'c', 'd'], [line('a', 'b'), line('b', 'c'), line('c', 'a'), line('c', 'd')]);
assert.deepEqual(['a', 'b', 'c', 'd'].map((name) => circle.places.get(name).column), [0, 1, 2, 3]);
assert.deepEqual(circle.routes.map(({ isBack, via }) => [isBack, via.length]), [[false, 0], [false, 0], [true, 1], [false, 0]]);
assert.deepEqual(placeGraph(['a', 'b'], [line('a', 'b'), line('b', 'a'), line('a', 'a')]).routes.map(({ isBack }) => isBack), [false, true, false]);
// What leads only to the right end stands just left of it.
assert.equal(placeGraph(['a', 'b', 'c', 'z'], [line('a', 'b'), line('b', 'c'), line('z', 'c')]).places.get('z').column, 1);

assert.deepEqual([...shortNames(['A.x', 'B.x', 'A.y', 'W.x~2', 'W.x', '10~3']).values()], ['A.x', 'B', 'A.y', 'W~2', 'W', '10~3']);

// The clock of B is 2.5 s ahead; that of C is not known. Logons of a burst are one step.
const hosts = [
  { host: 'A', has_security_log: true, clock_offset_seconds: 0, clock_offset_basis: 'reference' },
  { host: 'B', has_security_log: true, clock_offset_seconds: 2.5, clock_offset_basis: 'ticket' },
  { host: 'C', has_security_log: false },
];
const sessions = [
  { session_id: 'A/1/1', session_class: 'desktop', start: at('07:00:00'), end: at('09:00:00'), end_basis: 'logged', end_cause: 'terminated' },
  { session_id: 'B/1/1', session_class: 'network', start: at('08:00:10'), end_cause: 'open', end_basis: 'bounded', end: at('08:30:00') },
  { session_id: 'B/1/2', session_class: 'network', start: at('08:00:11'), end: at('08:10:00'), end_basis: 'bounded', end_cause: 'crash', end_not_before: at('08:10:00'), end_not_after: at('08:20:00') },
  { session_id: 'B/1/3', session_class: 'remote-desktop', end_cause: 'censored' },
];
const clocks = makeHops(block([
  hop('A/1/1', 'B/1/1', '08:00:10', { group: 1 }), hop('A/1/1', 'B/1/2', '08:00:11', { group: 1 }),
  hop('B/1/3', 'C/1/1', '08:05:00', { group: 2 }), hop('', 'C/1/2', '08:06:00', flags(null)),
], { hosts, sessions }));
assert.equal(clocks.reference, 'A');
assert.deepEqual(clocks.hops.map(({ time, common }) => time - common), [2.5 * SECOND, 2.5 * SECOND, 0, 0]);
const steps = stepsOf(clocks.hops);
assert.deepEqual(steps.map((step) => step.length), [2, 1, 1]);
const axes = layOutAxes(makeHopAxes(clocks, steps, 0));
assert.deepEqual(axes.rows.map(({ name, lanes }) => [name, lanes]), [['A', 1], ['B', 3], ['C', 0]]);
const bars = new Map(axes.rows.flatMap(({ bars: own }) => [...own]));
const seconds = (id) => ['begin', 'seen', 'gone'].map((name) => bars.get(id)[name] / SECOND);
// Seconds since 08:00:10. The session that only a hop names is shown at the moment of that hop.
assert.deepEqual(seconds('A/1/1'), [-3610, 3590, 3590]);
assert.deepEqual(seconds('B/1/1'), [-2.5, 1787.5, 1787.5]);
assert.deepEqual(seconds('B/1/2'), [-1.5, 587.5, 1187.5]);
assert.deepEqual(seconds('B/1/3'), [290, 290, 290]);
assert.deepEqual(axes.arrows.map(({ from, fromBar, toBar }) => [from?.name, fromBar?.id, toBar?.id]), [
  ['A', 'A/1/1', 'B/1/1'], ['B', 'B/1/3', undefined], [undefined, undefined, undefined],
]);
const dashes = [];
const painter = new Proxy({}, { get: (own, name) => (...values) => { if (name === 'line' && values[2]?.lineWidth) dashes.push(values[2].dash); return 10; } });
const { hits } = drawHopAxes(painter, axes, makeView(axes.axis, 500), { labelWidth: 100, colours: { light: () => '' }, chosen: null });
assert.deepEqual(hits.map(({ hop: own }) => own.row.target_session), ['B/1/1', 'C/1/1', 'C/1/2']);
assert.ok(dashes.length > 0);

// More steps than are shown at a time: the next ones begin where these end, and none is lost.
const long = makeHops(block(Array.from({ length: 40 }, (_, number) => hop(`P${number}/1/1`, `Q${number}/1/1`, '08:00:00'))));
const longSteps = stepsOf(long.hops);
const turns = [];
for (let first = 0; first < longSteps.length; first = turns.at(-1)) turns.push(makeHopAxes(long, longSteps, first).next);
assert.deepEqual(turns, [7, 14, 21, 28, 35, 40]);
console.log('all hold');
