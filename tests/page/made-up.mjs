// Checks the functions of the page on computers that are made up here, with expected values by hand.
import assert from 'node:assert/strict';
import { makeHost } from '../../src/output/formats/html/page/host.mjs';
import { RECORD_ORDER, FOLDED_CLOCK, firstMode, makeAxis, makeView, movedCursor, pinnedAt, pixelOf, placeAt, toPixel } from '../../src/output/formats/html/page/axis.mjs';
import { axisLabels } from '../../src/output/formats/html/page/axis-labels.mjs';
import { emptyFilter, filterSessions } from '../../src/output/formats/html/page/filter.mjs';
import { layOut, laneOrigins, laneTitles } from '../../src/output/formats/html/page/chart.mjs';
import { failedIn, makeLanes, stack } from '../../src/output/formats/html/page/lanes.mjs';
import { binHeight } from '../../src/output/formats/html/page/density.mjs';
import { peopleAt, spansOf, stateAt as useAt, statesOf, whoWasOn } from '../../src/output/formats/html/page/presence.mjs';
import { sortedComputers } from '../../src/output/formats/html/page/computers.mjs';
import { drawCoverage } from '../../src/output/formats/html/page/bands.mjs';
import { filterSentence } from '../../src/output/formats/html/page/controls.mjs';
import { drawLane, measureLane } from '../../src/output/formats/html/page/bars.mjs';
import { notDrawn, printScope, sheetsOf } from '../../src/output/formats/html/page/print.mjs';
import { unitLine } from '../../src/output/formats/html/page/words.mjs';
import { accountingText, logsWithoutLine } from '../../src/output/formats/html/page/case-head.mjs';
import { HOUR, dayStart, exactText, lengthText, parseMoment, shortLength } from '../../src/output/formats/html/page/time.mjs';
import { unpackColumn, unpackSparse, logonIdText } from '../../src/output/formats/html/page/columns.mjs';

const NONE = { rows: [], values: [] };
const SPARSE = ['no_start', 'no_logon_id', 'no_end', 'start_channel', 'start_interval', 'end_interval', 'seen_interval',
  'gone_interval', 'initiated', 'terminated', 'not_before', 'not_after', 'end_record', 'linked', 'incidents', 'port',
  'correction', 'active', 'repeated', 'parent', 'attachments', 'evidence', 'flags', 'inferred_by'];

/** A boot with these intervals of its clock. */
function bootRow(epoch, intervals, cause = 'shutdown') {
  return { epoch, cause, confidence: 'high', start: intervals[0]?.[0] ?? null, end: null, not_before: null, not_after: null,
    by: '', reason: '', start_evidence: '', end_evidence: '', records: ['', ''], names: '', flags: '', sessions: 0, intervals,
    power: [], coverage: [] };
}

/** A block of one desktop account with these sessions: `[boot, start, end, cause, basis, sparse]`. */
function block(boots, sessions, name = 'alice') {
  const column = (value) => sessions.map(value);
  const sparse = Object.fromEntries(SPARSE.map((own) => [own, NONE]));
  sessions.forEach(([, , , , , own = {}], row) => {
    for (const [key, value] of Object.entries(own)) {
      const { rows, values } = sparse[key];
      const last = rows.reduce((sum, step) => sum + step, 0);
      sparse[key] = { rows: [...rows, row - last], values: [...values, value] };
    }
  });
  const endings = sessions.map(([, , , cause, basis]) => [cause, basis, 'high']);
  return { version: 1, name: 'PC', base: 1441767600, differences: false, channels: ['Security'], classes: ['desktop'],
    log_times: [], accounts: [['D', name, 'S-1-5-21-1']], sources: [''], clients: [['', '']], methods: [['', '', '']], endings, boots,
    findings: [], counts: [], attempts: [], attempt_sources: [''], attempt_reasons: [''],
    sessions: { boot: column(([boot]) => boot), class: column(() => 0), person: column(() => 1), account: column(() => 0),
      source: column(() => 0), client: column(() => 0), method: column(() => 0), logon_type: column(() => 2),
      elevated: column(() => 0), start: column(([, start]) => start), start_record: column((own, row) => row + 1),
      logon_id: column((own, row) => 1000 + row), ending: column((own, row) => row), end: column(([, , end]) => end),
      terminated_record: column(() => 0), sparse } };
}

// Times and lengths.
assert.equal(exactText(1441767600, 11268908), '2015-09-09T03:00:01.1268908Z');
assert.equal(exactText(1441767600, -1), '2015-09-09T02:59:59.9999999Z');
assert.equal(lengthText(4440e7), '1 h 14 min');
assert.equal(lengthText(-26.2 * 24 * HOUR), '−26 d 4 h');
assert.deepEqual([shortLength(3e7), shortLength(9.5 * HOUR), shortLength(49 * HOUR)], ['3s', '9.5h', '2d']);
assert.deepEqual(parseMoment(1441767600, '2015-09-09 03:01'), { first: 60e7, last: 120e7 - 1 });
assert.deepEqual(parseMoment(1441767600, '2015-09-09T03'), { first: 0, last: HOUR - 1 });
assert.deepEqual(parseMoment(1441767600, '2015-09-09'), { first: -3 * HOUR, last: 21 * HOUR - 1 });
assert.deepEqual(parseMoment(1441767600, '2015-09-09 03:00:01.5Z'), { first: 1.5e7, last: 1.5e7 });
for (const wrong of ['2015-02-30', '2015-13-09', '2015-00-10', '0050-01-01', '2015-09-09 24', '2015-09-09 03:60', '9.9.2015']) assert.equal(parseMoment(1441767600, wrong), null);
assert.equal(dayStart(1441767600, 5), -3 * HOUR);

// Columns.
assert.deepEqual([...unpackColumn([5, 2, 0, -8], true)], [5, 7, 7, -1]);
assert.deepEqual([...unpackSparse({ rows: [3, 6], values: ['a', 'b'] })], [[3, 'a'], [9, 'b']]);
assert.equal(logonIdText('18446744073709551615'), '0xffffffffffffffff');

// A session through eleven steps of the clock, each an hour back: twelve units, of which each is an hour long.
const intervals = Array.from({ length: 12 }, () => [0, HOUR]);
const stepped = makeHost(block([bootRow(1, intervals)], [[0, 0, HOUR, 'terminated', 'logged', { end_interval: 11 }]]));
assert.equal(stepped.units.length, 12);
assert.equal(firstMode(stepped), RECORD_ORDER);
assert.equal(spansOf(stepped.sessions[0], stepped.units).length, 12);
assert.equal(whoWasOn(stepped, stepped.sessions, HOUR / 2).length, 1);
assert.equal(whoWasOn(stepped, stepped.sessions, HOUR / 2, 5).length, 1);
const order = makeAxis(stepped, RECORD_ORDER);
assert.equal(order.times.length, 12);
assert.equal(order.parts.filter(({ kind }) => kind === 'step').length, 11);
const folded = makeAxis(stepped, FOLDED_CLOCK);
assert.equal(folded.times.length, 1);
assert.equal(makeLanes(order, stepped.units, stepped.sessions, [])[0].bars[0].spans.length, 1, 'a fold does not cut a bar');

// Bounded: sure to 03:30, possible to 04:00, and nothing after it. The boot crashed; the next one began at 04:00.
const crashed = makeHost(block(
  [bootRow(1, [[0, HOUR / 2]], 'crash'), bootRow(2, [[HOUR, 2 * HOUR]])],
  [[0, 0, HOUR / 2, 'crash', 'bounded', { not_before: HOUR / 2, not_after: HOUR }]],
));
const stateAt = (time) => whoWasOn(crashed, crashed.sessions, time).map(({ isSure }) => isSure);
assert.deepEqual([-1, 0, HOUR / 2, HOUR / 2 + 1, HOUR, HOUR + 1].map(stateAt), [[], [true], [true], [false], [false], []]);
const gap = makeAxis(crashed, RECORD_ORDER).parts[1];
assert.deepEqual([gap.kind, gap.length], ['crash', HOUR / 2]);

// Unlocked at 03:15, locked at 03:20 and unlocked at 03:25: the lock before 03:15 has no known beginning.
const minute = HOUR / 60;
const lockedAt = [['unlocked', 15], ['locked', 20], ['unlocked', 25]].map(([kind, at]) => [kind, at * minute, 0, 0, at]);
const locks = makeHost(block([bootRow(1, [[0, HOUR]])], [[0, 0, HOUR, 'terminated', 'logged', { incidents: lockedAt }]]));
const used = (at) => useAt(locks.sessions[0], { unit: 0, time: at * minute });
assert.deepEqual([0, 14, 15, 20, 25].map(used), ['perhaps locked', 'perhaps locked', '', 'locked', '']);
assert.deepEqual(statesOf(locks.sessions[0]).map(({ from, to, state }) => [from.time, to.time, state]), [
  [0, 15 * minute, 'perhaps locked'],
  [20 * minute, 25 * minute, 'locked'],
]);

// Locked under a screen saver that somebody's hand ends; disconnected, which locks as well; back, without a lock.
const stateKinds = ['screen-saver-on', 'locked', 'screen-saver-off', 'unlocked', 'disconnected', 'locked', 'reconnected'];
const mixedAt = stateKinds.map((kind, at) => [kind, (at + 1) * minute, 0, 0, at + 1]);
const mixed = makeHost(block([bootRow(1, [[0, HOUR]])], [[0, 0, HOUR, 'terminated', 'logged', { incidents: mixedAt }]])).sessions[0];
assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map((at) => useAt(mixed, { unit: 0, time: at * minute })), [
  '', 'screen saver on', 'locked', 'locked', '', 'disconnected', 'disconnected', '',
]);
assert.deepEqual(statesOf(mixed).map(({ from, to, state }) => [from.time / minute, to.time / minute, state]), [
  [1, 2, 'screen saver on'],
  [2, 4, 'locked'],
  [5, 7, 'disconnected'],
]);

// Failed logons of the person, as somebody typed the name; of five names that nobody has; of nobody knows whom.
const failing = block([bootRow(1, [[0, HOUR]])], [[0, 0, HOUR, 'open', '']]);
failing.accounts.push(['d.example', 'ALICE', ''], ['OTHER', 'alice', ''], ...['v', 'w', 'x', 'y', 'z'].map((name) => ['', name, '']));
failing.attempts = [1, 2, 3, 4, 5, 6, 7, null].map((account, at) => [0, 0, at * 1e9, at * 1e9, account, 0, 0, at + 1, '']);
const lanesOf = makeHost(failing);
const failedLanes = makeLanes(makeAxis(lanesOf, RECORD_ORDER), lanesOf.units, lanesOf.sessions, [], lanesOf.attempts);
assert.deepEqual(
  failedLanes.map((lane) => [lane.title, failedIn(lane)]),
  [['alice', 1], ['failed logons', 8], ['z', 7], ['y', 6], ['4 more accounts with failed logons', 2 + 3 + 4 + 5]],
);

// Open at the end of the log: sure up to its last record, possible up to the end of the logs. Where no log is, nothing is known:
// not in the hour between the two logs, and not in the time that the clock was set forward over.
{
  const data = block([bootRow(1, [[0, HOUR], [3 * HOUR, 4 * HOUR]])], [[0, 0, 0, 'open', '', { no_end: 1, not_before: HOUR / 4 }]]);
  data.log_times = [[0, HOUR / 2], [HOUR * 0.75, 4 * HOUR]];
  const host = makeHost(data);
  const at = (time) => peopleAt(host, host.sessions, { time, unit: null })?.map(({ isSure }) => isSure) ?? null;
  const times = [0, 0.25, 0.3, 0.6, 0.8, 2, 3, 4, 5];
  assert.deepEqual(times.map((hours) => at(hours * HOUR)), [[true], [true], [false], null, [false], null, [false], [false], null]);
  const [lane] = makeLanes(makeAxis(host, RECORD_ORDER), host.units, host.sessions, []);
  measureLane(lane);
  const heads = [];
  const brush = new Proxy({}, { get: (own, name) => (points) => { if (name === 'polygon') heads.push(points); return 9; } });
  const view = makeView(makeAxis(host, RECORD_ORDER), 500);
  drawLane({ painter: brush, view, host, colours: {}, selected: null, at: (place) => pixelOf(view, place), hit: () => {} }, lane, 0);
  assert.equal(heads.length, 1, 'an arrow head');
  const edges = heads[0].map(([x]) => x);
  assert.ok(Math.min(...edges) >= pixelOf(view, { unit: 1, time: 4 * HOUR }) - 1e-6 && Math.max(...edges) <= view.width, `the arrow head is seen: ${edges}`);
}

// A pinned cursor keeps its time in each view; on an axis where that time is twice, it goes.
{
  const view = makeView(makeAxis(stepped, RECORD_ORDER), 500);
  const cursor = pinnedAt(view, { unit: 3, time: HOUR / 3 });
  for (const next of [view, makeView(view.axis, 500, 9, 300), makeView(view.axis, 270, 4, 90)]) {
    assert.equal(toPixel(next, cursor.at), pixelOf(next, { unit: 3, time: HOUR / 3 }));
  }
  const folded = makeView(makeAxis(stepped, FOLDED_CLOCK), 500);
  const moved = movedCursor(stepped, folded, cursor);
  assert.deepEqual([moved.place.time, moved.place.unit, moved.isPinned], [HOUR / 3, null, true]);
  assert.equal(movedCursor(stepped, view, moved), null);
  assert.equal(movedCursor(stepped, folded, { ...cursor, isPinned: false }), null);
}

// What is printed on several sheets has each lane once, and no sheet is too high.
{
  const lanes = Array.from({ length: 30 }, (own, at) => ({ lane: { height: 45, title: at }, y: 0 }));
  const sheets = sheetsOf({ rows: lanes, bands: { end: 90 }, height: 90 + 30 * 45 });
  assert.deepEqual(sheets.flatMap(({ rows }) => rows.map(({ lane }) => lane.title)), lanes.map(({ lane }) => lane.title));
  assert.ok(sheets.length > 1 && sheets.every(({ height, rows }) => height <= 600 && rows.at(-1).y + 45 === height && rows[0].y === 90));
}

// Nothing at all, a boot without times, a session of such a boot.
const empty = makeHost(block([], []));
assert.equal(placeAt(makeView(makeAxis(empty, RECORD_ORDER), 500), 10), null);
assert.deepEqual(axisLabels(makeView(makeAxis(empty, FOLDED_CLOCK), 500), 0, () => 30).dates, []);
const timeless = makeHost(block([bootRow(0, [])], [[0, 0, 0, 'open', '', { no_start: 1, no_end: 1 }]]));
assert.equal(timeless.sessions.length, 1);
assert.deepEqual(makeLanes(makeAxis(timeless, RECORD_ORDER), timeless.units, timeless.sessions, []), []);

// One moment long.
const single = makeHost(block([bootRow(1, [[7, 7]])], [[0, 7, 7, 'terminated', 'logged']]));
assert.ok(Number.isFinite(pixelOf(makeView(makeAxis(single, FOLDED_CLOCK), 500), { unit: 0, time: 7 })));
assert.deepEqual(whoWasOn(single, single.sessions, 7).map(({ isSure }) => isSure), [true]);

// Rows: b overlaps a, c begins where a ends.
const bars = [[0, 4], [2, 6], [4, 5]].map(([t0, t1]) => ({ t0, t1, g0: 0, g1: 0, row: 0 }));
assert.equal(stack(bars), 2);
assert.deepEqual(bars.map(({ row }) => row), [0, 1, 0]);

// A filter by time takes what overlaps it; a text of 10,000 characters is only text.
assert.equal(filterSessions(crashed, { ...emptyFilter(), from: HOUR + 1 }).length, 0);
assert.equal(filterSessions(crashed, { ...emptyFilter(), from: HOUR - 1 }).length, 1);
const hostile = makeHost(block([bootRow(1, [[0, HOUR]])], [[0, 0, 9, 'open', '']], `</script>${'x'.repeat(10000)}`));
assert.equal(filterSessions(hostile, { ...emptyFilter(), text: '</SCRIPT>' }).length, 1);
assert.equal(filterSessions(hostile, { ...emptyFilter(), text: '(' }).length, 0);

// One among thousands is a quarter high.
assert.deepEqual([binHeight(0, 5000), binHeight(1, 5000), binHeight(5000, 5000)], [0, 0.25, 1]);

assert.deepEqual(sortedComputers([{ name: 'A', score: 1 }, { name: 'B', score: 9 }, { name: 'ab', score: 1 }], 'a'), [0, 2]);
const kinds = [[0], [1], [0, 1]].map((own, at) => ({ name: `PC${at}`, score: at, kinds: own }));
assert.deepEqual([sortedComputers(kinds, '', 1), sortedComputers(kinds, 'pc1', 0), sortedComputers(kinds, '')], [[2, 1], [], [2, 1, 0]]);

// Records that are missing in a boot and where it begins, and what the keys from boot to boot say of them.
const torn = block([bootRow(1, [[0, HOUR]]), bootRow(2, [[2 * HOUR, 3 * HOUR]])], []);
const lost = (records, after, before) => ({ records, after, before });
torn.boots[1].coverage = [{ channel: 'Security', first: [2 * HOUR, 0], last: [3 * HOUR, 0],
  gaps: [lost([5, 9], null, [2 * HOUR, 0]), lost([12, 12], [2 * HOUR + 1, 0], [2 * HOUR + 9, 0])] }];
const tornHost = makeHost(torn);
assert.match(unitLine(tornHost, tornHost.units[1]), /; Security: records 5 to 9 are missing where this boot begins; Security: record 12 is missing in this boot$/);
const marks = { lines: 0, hits: [] };
const painter = new Proxy({}, { get: (own, name) => () => { if (name === 'line') marks.lines++; return 10; } });
const tornView = makeView(makeAxis(tornHost, RECORD_ORDER), 500);
drawCoverage({ painter, view: tornView, host: tornHost, colours: {}, at: (place) => pixelOf(tornView, place), hit: (area) => marks.hits.push(area) }, ['Security'], 90);
// Each gap tears its line on both sides; the one between the boots has two strokes, between the end of one and the start of the other.
assert.equal(marks.lines, 2 + 2 + 2);
const [stroke] = marks.hits.filter(({ bottom, top }) => bottom - top === 16);
const edges = [{ unit: 0, time: HOUR }, { unit: 1, time: 2 * HOUR }].map((place) => pixelOf(tornView, place));
assert.equal((stroke.left + stroke.right) / 2, (edges[0] + edges[1]) / 2);

assert.equal(
  accountingText([[4624, 730, 212, 518, 0, 0], [4647, 0, 0, 0, 0, 0]]),
  'What became of each event that was read: 4624: 730 = 212 in rows + 518 of Windows itself; 4647: 0 = 0',
);

// Two lanes never have the same shortened name: the beginning, else the end, else a number tells them apart.
{
  const ruler = { measure: (text) => text.length };
  const titles = ['CONTOSO\\administrator1', 'CONTOSO\\administrator2', 'CONTOSO\\bob', 'FABRIKAM\\a-very-long-name', 'CORP\\aaaaaaaa-1-zzzzzzzzzz', 'CORP\\aaaaaaaa-2-zzzzzzzzzz'];
  const rows = [...titles.map((title) => ({ lane: { title, isPerson: true } })), { lane: { title: 'Services', isPerson: false } }];
  const short = [...laneTitles(ruler, rows, 12, {}).values()];
  assert.deepEqual(short, ['CONTOS…ator1', 'CONTOS…ator2', 'CONTOSO\\bob', 'FABRIKAM\\a-…', 'CORP\\aaa… ~1', 'CORP\\aaa… ~2']);
  assert.equal(new Set(short).size, titles.length);
  assert.ok(short.every((text) => text.length <= 12));
}

// Accounts of one name have their domains, or their SIDs where the domains are the same too; a name that nobody shares has none.
{
  const shared = block([bootRow(1, [[0, HOUR]])], [0, 1, 2, 3].map((at) => [0, at, at + 9, 'terminated', 'logged']));
  shared.accounts = [['LAB', 'admin', 'S-1-5-21-1-500'], ['lab', 'Admin', 'S-1-5-21-2-500'], ['CORP', 'ADMIN', ''], ['CORP', 'bob', ''], ['CORP', 'BOB', 'unused']];
  shared.sessions.account = [0, 1, 2, 3];
  const host = makeHost(shared);
  assert.deepEqual(host.accounts.map(({ origin }) => origin), ['S-1-5-21-1-500', 'S-1-5-21-2-500', 'CORP', '', '']);
  const rows = makeLanes(makeAxis(host, RECORD_ORDER), host.units, host.sessions, []).map((lane) => ({ lane }));
  assert.deepEqual([...laneOrigins({ measure: (text) => text.length }, rows, 9, {}).values()], ['S-1-5… ~1', 'S-1-5… ~2', 'CORP']);
}

// Failed logons and UAC prompts of the same moment are drawn in rows of their own, each with its number.
{
  const data = block([bootRow(1, [[0, HOUR]])], [0, 1, 2].map((at) => [0, at, at, 'terminated', 'logged']));
  data.classes = ['elevation'];
  data.attempts = [[0, 0, 0, 9, 0, null, null, 12, 'Security#1']];
  const host = makeHost(data);
  const axis = makeAxis(host, RECORD_ORDER);
  const [lane] = makeLanes(axis, host.units, host.sessions, [], host.attempts);
  measureLane(lane);
  const [texts, areas] = [[], []];
  const brush = { text: (text, x, y) => texts.push([text, y]), measure: (text) => text.length * 6 };
  const silent = new Proxy(brush, { get: (own, name) => own[name] ?? (() => {}) });
  drawLane({ painter: silent, view: makeView(axis, 500), host, colours: {}, selected: null, hit: (area) => areas.push(area) }, lane, 0);
  assert.deepEqual(texts.map(([text]) => text), ['12', '3']);
  assert.ok(texts[1][1] - texts[0][1] >= 10, 'the numbers stand below each other');
  const [failed, prompts] = areas;
  assert.ok(failed.bottom <= prompts.top, `${failed.bottom} is above ${prompts.top}`);
}

// A filter is said in words, with the number of what it keeps.
{
  const host = crashed;
  const kept = { sessions: [] };
  const filter = { ...emptyFilter(), from: 0, to: 60e7, account: 'S-1-5-21-1', text: '4647', hidden: new Set(['network']) };
  assert.equal(
    filterSentence(host, filter, kept),
    'Filter: from 2015-09-09 03:00:00 to 2015-09-09 03:01:00 UTC; person D\\alice; text “4647”; without network. It keeps 0 of 1 session.',
  );
  assert.equal(filterSentence(host, emptyFilter(), host), '');
  assert.match(filterSentence(lanesOf, { ...emptyFilter(), hidden: new Set(['failed']) }, { sessions: [], attempts: [] }), /without failed logons\. It keeps 0 of 1 session and 0 of 36 failed logons\.$/);
}

// Print says which computer it is about, and what the chart leaves out.
assert.equal(printScope('A', ['A']), '');
assert.match(printScope('B', ['A', 'B', 'C']), /one of 3 computers: B\. .*: A, C\.$/);
assert.match(printScope('P0', Array.from({ length: 50 }, (own, at) => `P${at}`)), /P40, 9 more\.$/);
{
  const data = block([bootRow(1, [[0, HOUR]])], Array.from({ length: 70 }, (own, at) => [0, at, at + 9, 'terminated', 'logged']));
  data.accounts = data.sessions.account.map((own, at) => ['D', `user${at}`, `S-1-5-21-${at}`]);
  data.sessions.account = data.accounts.map((own, at) => at);
  const host = makeHost(data);
  const axis = makeAxis(host, RECORD_ORDER);
  assert.match(notDrawn(layOut(host, axis, makeLanes(axis, host.units, host.sessions, []))), /^Not in this chart: 10 more accounts;/);
  assert.equal(notDrawn(layOut(host, axis, makeLanes(axis, host.units, host.sessions.slice(0, 3), []))), '');
}

// A log of which nothing is in the coverage is named; logs of other computers are not, and one without a computer is counted.
{
  const log = (channels, computers, records) => ({ channels, computers, records });
  const data = { logs: [log('Security', 'PC', 9), log('Microsoft-Windows-Kernel-Boot/Operational', 'OLD; PC', 288), log('Setup', 'OTHER', 1), log('', '', 0)] };
  assert.deepEqual(logsWithoutLine(data, { ...tornHost, name: 'PC' }), {
    rest: [{ channel: 'Microsoft-Windows-Kernel-Boot/Operational', records: 288 }], nameless: 1,
  });
}

console.log('all hold');
