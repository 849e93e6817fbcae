// The lanes of the chart: one for each person, with bars in rows so that none covers another; one strip each for
// services, computers, anonymous logons and Windows itself.
import { RECORD_ORDER, locate } from './axis.mjs';
import { extentOf, spansOf, statesOf } from './presence.mjs';

/** More rows than this are drawn as a density strip. */
export const MOST_ROWS = 8;
const MOST_THIN_ROWS = 3;
/** Of accounts that have marks only, so many have a lane of their own; of those that only failed, so many. */
const LANES_OF_MARKS = 2;
const LANES_OF_FAILED = 3;

const MARKS = new Set(['elevation', 'revalidation']);
const THIN = new Set(['network', 'batch']);
const GROUPS = [
  ['services', 'Services', (kind) => kind === 'service' || kind === 'batch'],
  ['machines', "Computers' accounts", (kind) => kind === 'machine' || kind === 'network'],
  ['anonymous', 'Anonymous', (kind) => kind === 'anonymous'],
  ['windows', 'Windows itself', () => true],
];

/** The lanes of these sessions, of counts that stand for more, and of failed logons, on an axis. */
export function makeLanes(axis, units, sessions, counts, attempts = []) {
  const people = new Map();
  const groups = new Map(GROUPS.map(([key, title]) => [key, newLane(key, title)]));
  const groupOf = (kind) => groups.get(GROUPS.find(([, , matches]) => matches(kind))[0]);
  const laneOf = (account) => {
    if (!people.has(account.key)) people.set(account.key, newLane(account.key, account.name, account));
    return people.get(account.key);
  };
  const halves = pairedHalves(sessions);
  for (const session of sessions) {
    const extent = extentOf(session);
    if (!extent || halves.has(session)) continue;
    if (MARKS.has(session.kind)) {
      const lane = laneOf(session.account);
      lane.marks.push({ session, kind: session.kind, ...locate(axis, extent.begin) });
    } else if (session.isPerson) {
      const lane = laneOf(session.account);
      (THIN.has(session.kind) ? lane.thin : lane.bars).push(makeBar(axis, units, session, extent));
    } else {
      const lane = groupOf(session.kind);
      lane.events.push({ session, count: 1, ...locate(axis, extent.begin) });
    }
  }
  for (const count of counts) {
    const isOfPerson = people.has(count.account.key) && THIN.has(count.kind);
    const lane = isOfPerson ? laneOf(count.account) : groupOf(count.kind);
    if (count.place.unit >= 0) lane.events.push({ session: null, count: count.count, ...locate(axis, count.place) });
  }
  const unnamed = { key: 'failed', name: 'failed logons' };
  for (const attempt of attempts) {
    if (attempt.place.unit < 0) continue;
    laneOf(attempt.account ?? unnamed).marks.push({ attempt, kind: 'failed', count: attempt.count, ...locate(axis, attempt.place) });
  }
  const own = [...people.values()];
  own.forEach(arrange);
  const shown = [...groups.values()].filter(({ events }) => events.length > 0);
  return [...byFirst(own), ...shown];
}

function newLane(key, title, account = null) {
  return { key, title, account, isPerson: account !== null, bars: [], thin: [], marks: [], events: [], rows: 0, thinRows: 0 };
}

/** People first who have bars; those that have marks only, beyond some, share a lane. */
function byFirst(lanes) {
  const first = (lane) => Math.min(...[lane.bars[0], lane.thin[0], lane.marks[0]].filter(Boolean).map((own) => own.t0 ?? own.t));
  const sorted = lanes.map((lane) => ({ lane, at: first(lane) })).sort((a, b) => a.at - b.at).map(({ lane }) => lane);
  const hasBars = ({ bars, thin, events }) => bars.length + thin.length + events.length > 0;
  const withBars = sorted.filter(hasBars);
  const isFailed = ({ marks }) => marks.every(({ kind }) => kind === 'failed');
  const marksOnly = sorted.filter((lane) => !hasBars(lane));
  const checked = marksOnly.filter((lane) => !isFailed(lane));
  const failed = marksOnly.filter(isFailed).sort((a, b) => failedIn(b) - failedIn(a));
  return [...withBars, ...shareLane(checked, LANES_OF_MARKS, 'more accounts'), ...shareLane(failed, LANES_OF_FAILED, 'more accounts with failed logons')];
}

/** How many logons failed in a lane. */
export function failedIn({ marks }) {
  return marks.reduce((sum, { kind, count }) => sum + (kind === 'failed' ? count : 0), 0);
}

/** The first lanes as they are, and one for all others. */
function shareLane(lanes, most, name) {
  if (lanes.length <= most) return lanes;
  const shared = newLane(`marks ${name}`, `${(lanes.length - most).toLocaleString('en')} ${name}`);
  shared.marks = lanes.slice(most).flatMap(({ marks }) => marks);
  return [...lanes.slice(0, most), { ...shared, isPerson: true }];
}

/** The elevated halves of linked logons whose other half is there: both are one bar. */
function pairedHalves(sessions) {
  const isMain = ({ pair, isPerson, isElevatedHalf }) => pair && isPerson && !isElevatedHalf;
  const mains = new Set(sessions.filter(isMain).map(({ pair }) => pair));
  return new Set(sessions.filter(({ pair, isElevatedHalf }) => isElevatedHalf && mains.has(pair)));
}

/** A session on the axis: from its first possible place to its last one. */
function makeBar(axis, units, session, extent) {
  const from = locate(axis, extent.begin);
  const to = locate(axis, extent.gone);
  session.spans ??= spansOf(session, units);
  const bar = { session, extent, t0: from.t, g0: from.g, t1: to.t, g1: to.g, row: 0, spans: [], states: [] };
  for (const span of session.spans) {
    const begin = locate(axis, { unit: span.unit, time: span.from });
    const end = locate(axis, { unit: span.unit, time: span.to });
    const last = bar.spans.at(-1);
    // In record order a step of the clock is a fold in the paper: the bar goes on through it.
    if (axis.mode === RECORD_ORDER && last?.isSure === span.isSure) [last.t1, last.g1] = [end.t, end.g];
    else bar.spans.push({ t0: begin.t, g0: begin.g, t1: end.t, g1: end.g, isSure: span.isSure });
    // Where the clock was set back, a later span may lie to the left.
    if (begin.t < bar.t0) [bar.t0, bar.g0] = [begin.t, begin.g];
    if (end.t > bar.t1) [bar.t1, bar.g1] = [end.t, end.g];
  }
  bar.states = statesOf(session).map(({ from: begin, to: end, state }) => {
    return { state, from: locate(axis, begin), to: locate(axis, end) };
  });
  return bar;
}

function arrange(lane) {
  lane.rows = stack(lane.bars);
  lane.thinRows = stack(lane.thin);
  lane.isCrowded = lane.rows > MOST_ROWS;
  lane.isThinCrowded = lane.thinRows > MOST_THIN_ROWS;
}

/** Gives each bar the first row in which no bar before it goes on; gives the number of rows. */
export function stack(bars) {
  bars.sort((a, b) => a.t0 - b.t0 || a.g0 - b.g0);
  const ends = [];
  for (const bar of bars) {
    const isFree = (end) => end.t < bar.t0 || (end.t === bar.t0 && end.g <= bar.g0);
    let row = ends.findIndex(isFree);
    if (row < 0) row = ends.length;
    ends[row] = { t: bar.t1, g: bar.g1 };
    bar.row = row;
    if (ends.length > 64) return ends.length;
  }
  return ends.length;
}
