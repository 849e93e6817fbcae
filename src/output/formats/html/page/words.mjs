// What the page says of sessions, boots and gaps, in words.
import { exactText, lengthText, secondText, clockText, dayText } from './time.mjs';
import { unitName } from './host.mjs';

/** How a session ended. */
export const CAUSES = {
  terminated: 'terminated (4634)',
  initiated: 'logoff (4647)',
  inherited: 'together with its linked session',
  shutdown: 'at the shutdown',
  lost: 'by the shutdown; its record may be lost',
  crash: 'crash',
  'epoch-end': 'gone by the next boot',
  open: 'still open at the end of the log',
  censored: 'not known: records are missing',
};

/** How a boot ended. */
export const BOOT_ENDS = {
  shutdown: 'shutdown',
  restart: 'restart',
  'power-off': 'power-off',
  crash: 'crash',
  unknown: 'end not known',
  'log-end': 'log ends',
  '': 'not known',
};

/** What the computer was in a gap of the axis. */
export const GAPS = {
  off: 'off',
  crash: 'off or not known after a crash',
  unknown: 'not logged',
  asleep: 'asleep',
  'fast-startup': 'off, with Fast Startup or hibernation',
  step: 'clock set',
};

/** The names of the classes, as the terminal has them where it has a shorter one. */
export function kindName(kind) {
  return { '': 'unknown', failed: 'failed logons', 'window-manager': 'window manager', 'remote-desktop': 'remote desktop' }[kind] ?? kind;
}

/** How long a session lasted by a clock that nobody set; empty where that is not known. A correction that is not a number
    is not known. */
export function lengthOf(session, correction) {
  if (!session.start || !session.end || Number.isNaN(correction)) return '';
  const length = session.end.time - session.start.time - correction;
  const mark = { bounded: '≥ ', inferred: '≤ ' }[session.basis] ?? '';
  return mark + lengthText(length);
}

/** The end in words, with both bounds where only these are known. */
export function endText(base, session) {
  const { end, notBefore, notAfter } = session;
  const text = (place) => exactText(base, place.time);
  const isBounded = session.basis === 'bounded' || session.cause === 'lost' || !end;
  if (isBounded && notBefore && notAfter) return `≥ ${text(notBefore)} ≤ ${text(notAfter)}`;
  if (isBounded && notBefore) return `≥ ${text(notBefore)}`;
  if (end) return text(end);
  return notAfter ? `≤ ${text(notAfter)}` : 'not known';
}

/** One line about a session, for a pointer over its bar and for who cannot see it. */
export function sessionLine(host, session) {
  const { base } = host;
  const from = session.start ? secondText(base, session.start.time) : 'start not known';
  const source = session.source ? ` from ${session.source}` : '';
  const watched = session.isWatched ? ', watched' : '';
  return `${session.account.full}, ${kindName(session.kind)}${source}${watched}, boot ${session.boot.epoch}: ${from} to `
    + `${endText(base, session).replace(/\.\d{7}Z/g, '').replace(/T/g, ' ')}, ${CAUSES[session.cause]}`;
}

/** So many failed logons in one place are said one by one. */
const ATTEMPTS_SAID = 5;

/** Lines about failed logons in one place. */
export function attemptLines(host, attempts) {
  const { base } = host;
  const line = ({ account, source, reason, count, place, last, records, boot, isWatched }) => {
    const until = last > place.time ? ` to ${secondText(base, last)}` : '';
    const who = account ? ` of ${account.full}` : '';
    const from = source ? ` from ${source}` : '';
    const why = reason ? `: ${reason}` : '';
    return `${plural(count, 'logon')}${who}${from} failed${why}${isWatched ? ', watched' : ''}, boot ${boot.epoch}, ${secondText(base, place.time)}${until} ${records}`.trim();
  };
  const lines = attempts.slice(0, ATTEMPTS_SAID).map(line);
  const rest = attempts.slice(ATTEMPTS_SAID).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) lines.push(`and ${rest.toLocaleString('en')} more`);
  return lines.join('\n');
}

/** So many gaps of the logs are said one by one. */
const LOST_SAID = 5;

/** One line about a boot, or about the part of it between two steps of its clock. */
export function unitLine(host, unit) {
  const { boot } = unit;
  const span = `${secondText(host.base, unit.first)} to ${secondText(host.base, unit.last)}`;
  const whole = boot.units.length > 1 ? `; the boot lasted ${lengthText(boot.length)} in all` : '';
  const by = boot.by ? ` by ${boot.by}` : '';
  const records = boot.records.filter(Boolean).join(' to ');
  const lost = boot.coverage.flatMap(({ channel, gaps }) => gaps.map((gap) => lostLine({ ...gap, channel })));
  const more = lost.length > LOST_SAID ? [`and ${plural(lost.length - LOST_SAID, 'more gap')}`] : [];
  const missing = [...lost.slice(0, LOST_SAID), ...more].map((line) => `; ${line}`).join('');
  return `Boot ${unitName(unit)}: ${span}, ${lengthText(unit.last - unit.first)}${whole}; `
    + `${BOOT_ENDS[boot.cause]}${by}; ${plural(boot.sessions, 'session')}; ${records}${missing}`;
}

/** One line about records that no log has. */
export function lostLine({ channel, records, after }) {
  const [first, last] = records;
  const which = first === last ? `record ${first} is` : `records ${first} to ${last} are`;
  return `${channel}: ${which} missing ${after ? 'in this boot' : 'where this boot begins'}`;
}

/** One line about a gap of the axis. */
export function gapLine(host, gap) {
  const span = `${secondText(host.base, gap.from)} to ${secondText(host.base, gap.to)}`;
  if (gap.kind === 'step') return `The clock was set by ${lengthText(gap.step)}: from ${span}`;
  const length = gap.length === null ? 'the clock was set back' : lengthText(gap.length);
  const records = gap.power ? `; ${gap.power.records}` : '';
  const set = gap.step ? `; the clock was set by ${lengthText(gap.step)}` : '';
  return `${GAPS[gap.kind]}: ${span}, ${length}${set}${records}`;
}

/** `8:15:22`, with the date where that is another day than `day`. */
export function timeOnDay(base, ticks, day) {
  const time = clockText(base, ticks, true);
  return dayText(base, ticks) === dayText(base, day) ? time : secondText(base, ticks);
}

/** What is said of sessions that are only counted; empty where there are none. */
export function countedSentence(counted) {
  return counted > 0 ? `${plural(counted, 'session')} of services, computers and Windows are only counted here, for each hour; sessions.csv has each of them.` : '';
}

/** A channel, or a record of one, without the long beginning of its name. */
export function shortChannel(channel) {
  return channel.replace(/^Microsoft-Windows-(TerminalServices-)?/, '').replace('/Operational', '');
}

/** Counts in words: `1 session`, `3 sessions`. */
export function plural(count, one, several = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`;
}
