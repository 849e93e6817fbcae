// When a session was there, and how sure that is. A place is a time in a unit: readings of different units
// cannot be compared.
import { isCovered } from './coverage.mjs';

/** Is a place before another one, in record order? */
export function isBefore(a, b) {
  return a.unit < b.unit || (a.unit === b.unit && a.time < b.time);
}

const later = (a, b) => (a && b ? (isBefore(a, b) ? b : a) : (a ?? b));
const earlier = (a, b) => (a && b ? (isBefore(b, a) ? b : a) : (a ?? b));

/** The first and the last place of a boot; null for one without times. */
export function boundsOf(boot) {
  const [first, last] = [boot.units[0], boot.units.at(-1)];
  return first ? { from: { unit: first.index, time: first.first }, to: { unit: last.index, time: last.last } } : null;
}

/**
 * Where a session begins and ends: `begin` is its start or the first place at which it may have been there, `sure`
 * the first place at which a record shows it, `seen` the last such place, `gone` the last place at which it may have
 * been there. Null for a session of a boot without times.
 */
export function extentOf(session) {
  const bounds = boundsOf(session.boot);
  if (!bounds) return null;
  const records = [session.initiated, ...session.incidents, session.notBefore, session.end].filter(Boolean);
  const { start } = session.boot;
  const from = start === null ? bounds.from : { unit: bounds.from.unit, time: Number(start) };
  const first = session.start ?? records.reduce(earlier, null) ?? from;
  const begin = session.start ?? earlier(from, first);
  const { seen, gone } = endOf(session, first, bounds);
  return { begin, sure: first, seen: later(first, seen), gone: later(first, later(seen, gone)) };
}

/** Is only an interval known in which a session ended? */
export function isEndBounded({ basis, cause, notBefore, notAfter }) {
  return basis === 'bounded' || basis === '' || cause === 'lost' || (notBefore !== null && notAfter !== null);
}

/** The last sure and the last possible place. */
function endOf(session, first, bounds) {
  const { end, basis, cause, notBefore, notAfter } = session;
  if (!isEndBounded(session)) return { seen: end, gone: end };
  const seen = notBefore ?? (basis === 'bounded' ? end : first);
  const latest = notAfter ?? (cause === 'lost' ? end : null) ?? bounds.to;
  return { seen, gone: latest };
}

/** The spans of a session, one for each unit and sureness: `{ unit, from, to, isSure }`. */
export function spansOf(session, units) {
  const extent = extentOf(session);
  if (!extent) return [];
  const { begin, sure, seen, gone } = extent;
  return [
    ...between(begin, sure, units, false),
    ...between(sure, seen, units, true),
    ...between(seen, gone, units, false),
  ];
}

function between(from, to, units, isSure) {
  const spans = [];
  for (let unit = from.unit; unit <= to.unit; unit++) {
    const begin = unit === from.unit ? from.time : units[unit].first;
    const end = unit === to.unit ? to.time : units[unit].last;
    if (end > begin || (isSure && end === begin)) spans.push({ unit, from: begin, to: end, isSure });
  }
  return spans;
}

/**
 * Who was on when the clock read `time`: each session with whether that is sure. With a unit, only what was there in
 * that unit; without one, in any.
 */
export function whoWasOn(host, sessions, time, unit = null) {
  const found = [];
  for (const session of sessions) {
    const isSure = presenceAt(host, session, time, unit);
    if (isSure !== null) found.push({ session, isSure });
  }
  return found;
}

/** Whether a session was surely there; null where it was not there. */
function presenceAt(host, session, time, unit) {
  const spans = (session.spans ??= spansOf(session, host.units));
  let isSure = null;
  for (const span of spans) {
    if (time < span.from || time > span.to || (unit !== null && span.unit !== unit)) continue;
    isSure = isSure || span.isSure;
  }
  return isSure;
}

/** The people at a place of the axis; null where no log covers its time, so that nothing is known. */
export function peopleAt(host, sessions, { part, time, unit }) {
  if (!isCovered(host, time)) return null;
  // In the order of the records, what lies outside of a boot lies in the gap before it or behind it.
  const isNear = ({ boot }) => unit === null || (part?.kind === 'unknown' && (boot === part.before || boot === part.next));
  const found = [];
  // One pass: a pointer that moves asks this of tens of thousands of sessions.
  for (const session of sessions) {
    if (!session.isPerson || session.isElevatedHalf) continue;
    const isSure = presenceAt(host, session, time, unit);
    if (isSure !== null) found.push({ session, isSure });
    else if (isNear(session) && mayBeOutside(host, session, time)) found.push({ session, isSure: false });
  }
  return found;
}

/**
 * May a session have been there before the first record of its boot, or after the last one? That is so where the start, or the
 * latest end, of both is not known. In a boot whose clock was set, the time of a clock says only something of what came after the
 * last record.
 */
function mayBeOutside({ covered }, session, time) {
  const { start, boot, end, basis, notAfter } = session;
  const isOpen = notAfter === null && (basis === 'bounded' || end === null);
  if (!isOpen && (start !== null || boot.start !== null)) return false;
  if (covered.length === 0) return false;
  const gone = notAfter?.time ?? (basis === 'bounded' ? null : end?.time) ?? covered.at(-1)[1];
  if (boot.intervals.length > 1) {
    const isShown = boot.intervals.some(([first, last]) => first <= time && time <= last);
    return end === null && isOpen && !isShown && boot.intervals.at(-1)[1] < time && time <= gone;
  }
  const begin = start?.time ?? boot.start ?? covered[0][0];
  return Number(begin) <= time && time <= gone;
}

/** Why a session is only possibly there, in words. */
export function doubtOf(session, time) {
  const extent = extentOf(session);
  if (!session.start && time < extent.sure.time) return 'no record of its start';
  const reasons = {
    crash: 'until the crash',
    lost: 'between the bounds of its end',
    censored: 'its end may be among missing records',
    'epoch-end': 'gone by the next boot',
    open: 'open when the log ends',
  };
  return reasons[session.cause] ?? 'between the bounds of its end';
}

const NOTHING_SET = { isLocked: false, isAway: false, hasScreenSaver: false };

/** What a record changes. Whoever reconnects has given the password: the desktop is unlocked. */
const CHANGES = {
  locked: { isLocked: true },
  unlocked: { isLocked: false },
  disconnected: { isAway: true },
  reconnected: { isAway: false, isLocked: false },
  'screen-saver-on': { hasScreenSaver: true },
  'screen-saver-off': { hasScreenSaver: false },
};

/** The state in a word. A disconnected desktop is locked as well, and a screen saver may run on a locked one. */
function stateWord({ isLocked, isAway, hasScreenSaver }) {
  if (isAway) return 'disconnected';
  if (isLocked) return 'locked';
  return hasScreenSaver ? 'screen saver on' : '';
}

/** The records that change the state of a session, each with the state from then on. */
function changesOf(session) {
  let facts = NOTHING_SET;
  const changes = [];
  for (const incident of session.incidents) {
    if (!(incident.kind in CHANGES)) continue;
    facts = { ...facts, ...CHANGES[incident.kind] };
    changes.push({ incident, state: stateWord(facts) });
  }
  return changes;
}

const LOCKING = new Set(['locked', 'unlocked', 'disconnected', 'reconnected']);

/** The spans before unlocks to which no lock belongs: it was locked, and nothing says since when. */
function unknownLocks(session) {
  const spans = [];
  let before = null;
  for (const incident of session.incidents) {
    if (!LOCKING.has(incident.kind)) continue;
    if (incident.kind === 'unlocked' && (before === null || before.kind === 'unlocked')) {
      spans.push({ from: before ?? extentOf(session)?.begin ?? incident, to: incident, state: 'perhaps locked' });
    }
    before = incident;
  }
  return spans;
}

/** What its records say of its use at a place: `locked`, `perhaps locked`, `disconnected`, or nothing. */
export function stateAt(session, place) {
  const unknown = unknownLocks(session).find(({ from, to }) => !isBefore(place, from) && isBefore(place, to));
  if (unknown) return unknown.state;
  let now = '';
  for (const { incident, state } of changesOf(session)) {
    if (isBefore(place, incident)) break;
    now = state;
  }
  return now;
}

/** The spans in which a session was locked, perhaps locked, or disconnected: `{ from, to, state }`, as places. */
export function statesOf(session) {
  const extent = extentOf(session);
  if (!extent || session.incidents.length === 0) return [];
  const spans = unknownLocks(session);
  let open = null;
  for (const { incident, state } of changesOf(session)) {
    if (state === (open?.state ?? '')) continue;
    if (open) spans.push({ ...open, to: incident });
    open = state ? { from: { time: incident.time, unit: incident.unit }, state } : null;
  }
  if (open) spans.push({ ...open, to: extent.seen });
  return spans;
}
