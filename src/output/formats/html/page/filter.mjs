// The one set of sessions that chart, table and counts show.
import { sessionDetails } from './host.mjs';
import { extentOf } from './presence.mjs';
import { kindName } from './words.mjs';

/** What the terminal calls a class. */
const WORDS_OF_TERMINAL = { desktop: 'console', 'remote-desktop': 'rdp' };

/** Nothing is left out. */
export function emptyFilter() {
  return { text: '', account: '', source: '', hidden: new Set(), from: null, to: null };
}

/** Is anything left out? */
export function isFiltering({ text, account, source, hidden, from, to }) {
  return Boolean(text || account || source || hidden.size > 0 || from !== null || to !== null);
}

/** The sessions that a filter keeps. */
export function filterSessions(host, filter) {
  if (!isFiltering(filter)) return host.sessions;
  const matchesText = textMatcher(host, filter.text);
  return host.sessions.filter((session) => {
    return !filter.hidden.has(session.kind)
      && (!filter.account || session.account.key === filter.account)
      && (!filter.source || session.source === filter.source)
      && isInTime(session, filter)
      && matchesText(session);
  });
}

/** Was a session there, surely or possibly, when the clock read a time from `from` to `to`? */
function isInTime(session, { from, to }) {
  if (from === null && to === null) return true;
  const extent = extentOf(session);
  if (!extent) return false;
  const { begin, gone } = extent;
  const units = session.boot.units.filter(({ index }) => index >= begin.unit && index <= gone.unit);
  return units.some((unit) => {
    const first = unit.index === begin.unit ? begin.time : unit.first;
    const last = unit.index === gone.unit ? gone.time : unit.last;
    return (to === null || first <= to) && (from === null || last >= from);
  });
}

/** The failed logons that a filter keeps: by account, source, time and text. They are of no class, and hidden together. */
export function filterAttempts(host, { text, account, source, hidden, from, to }) {
  if (hidden.has('failed')) return [];
  const words = text.trim().toLowerCase();
  const record = /^security#(\d+)$/.exec(words);
  const matches = (attempt) => {
    if (record) return attempt.records.split(/[# ]/).includes(record[1]);
    return [attempt.account?.full ?? '', attempt.source, attempt.reason, attempt.isWatched ? 'watched' : ''].some((value) => value.toLowerCase().includes(words));
  };
  return host.attempts.filter((attempt) => {
    return (!account || attempt.account?.key === account)
      && (!source || attempt.source === source)
      && (from === null || attempt.last >= from)
      && (to === null || attempt.place.time <= to)
      && (!words || matches(attempt));
  });
}

/** The counts that stand for sessions that the page does not have one by one. */
export function filterCounts(host, { text, account, source, hidden, from, to }) {
  if (source || /^(0x|[a-z].*#)/i.test(text)) return [];
  const words = text.toLowerCase();
  return host.counts.filter((count) => {
    return !hidden.has(count.kind)
      && (!account || count.account.key === account)
      && (!words || count.account.full.toLowerCase().includes(words))
      && (from === null || count.place.time >= from)
      && (to === null || count.place.time <= to);
  });
}

/**
 * Matches names, SIDs, sources, classes and causes by a part of them, and `watched`; `0x29b379` a Logon ID, `security#230200` a
 * record.
 */
function textMatcher(host, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return () => true;
  if (/^0x[0-9a-f]+$/.test(wanted)) {
    return (session) => {
      const { logonId, linked } = sessionDetails(host, session);
      return logonId === wanted || linked === wanted;
    };
  }
  const record = /^([^#]*)#(\d+)$/.exec(wanted);
  if (record) return (session) => citesRecord(host, session, record[1], record[2]);
  return ({ account, source, kind, cause, isWatched }) => {
    return [account.full, account.sid, source, kind, kindName(kind), WORDS_OF_TERMINAL[kind] ?? '', cause, isWatched ? 'watched' : ''].some((value) => value.toLowerCase().includes(wanted));
  };
}

function citesRecord(host, session, channel, number) {
  return citationsOf(host, session).some((citation) => {
    const [own, record] = citation.toLowerCase().split('#');
    return record === number && own.includes(channel);
  });
}

/** Every record that a session cites, without the remarks that stand behind some. */
export function citationsOf(host, session) {
  const details = sessionDetails(host, session);
  const principal = [details.startRecord, details.initiatedRecord, details.terminatedRecord, details.endRecord];
  const others = details.evidence.split('; ').map((citation) => citation.replace(/ \(.*$/, ''));
  return [...principal, ...session.incidents.map(({ record }) => record), ...others].filter(Boolean);
}

/** How many sessions of each class there are. */
export function countKinds(sessions, counts) {
  const byKind = new Map();
  const add = (kind, count) => byKind.set(kind, (byKind.get(kind) ?? 0) + count);
  sessions.forEach(({ kind }) => add(kind, 1));
  counts.forEach(({ kind, count }) => add(kind, count));
  return byKind;
}
