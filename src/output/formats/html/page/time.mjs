// Times are ticks of 100 ns since the base of their computer; the base is in seconds since 1970, UTC.

export const SECOND = 1e7;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number) => String(number).padStart(2, '0');

/** The date of a time, to the millisecond. */
export function dateOf(base, ticks) {
  return new Date(base * 1000 + Math.floor(ticks / 1e4));
}

/** `2015-09-09T03:08:39.1268908Z`, as the tables have it. */
export function exactText(base, ticks) {
  const seconds = Math.floor(ticks / SECOND);
  const fraction = String(ticks - seconds * SECOND).padStart(7, '0');
  return `${new Date((base + seconds) * 1000).toISOString().slice(0, -5)}.${fraction}Z`;
}

/** `2015-09-09 03:08:39` */
export function secondText(base, ticks) {
  return dateOf(base, ticks).toISOString().replace('T', ' ').replace(/\.\d+Z$/, '');
}

/** `9 Sep 2015` */
export function dayText(base, ticks) {
  const date = dateOf(base, ticks);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `Sep 2015` */
export function monthText(base, ticks) {
  return dayText(base, ticks).replace(/^\d+ /, '');
}

/** `03:08`, or `03:08:39` where seconds matter. */
export function clockText(base, ticks, withSeconds) {
  const date = dateOf(base, ticks);
  const minutes = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return withSeconds ? `${minutes}:${two(date.getUTCSeconds())}` : minutes;
}

/** The first tick of the UTC day of a time. */
export function dayStart(base, ticks) {
  const offset = (base % 86400) * SECOND;
  return Math.floor((ticks + offset) / DAY) * DAY - offset;
}

/** `1 h 14 min`, `3 s`, `26 d 4 h`: the two largest units. */
export function lengthText(ticks) {
  const sign = ticks < 0 ? '−' : '';
  const seconds = Math.round(Math.abs(ticks) / SECOND);
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const at = Math.max(0, units.findIndex(([size]) => seconds >= size));
  if (seconds < 1) return `${sign}${Math.abs(ticks) > 0 ? '< 1' : '0'} s`;
  const [size, name] = units[at];
  const [nextSize, nextName] = units[at + 1] ?? [1, ''];
  const rest = Math.floor((seconds % size) / nextSize);
  const first = `${sign}${Math.floor(seconds / size)} ${name}`;
  return rest > 0 && nextName ? `${first} ${rest} ${nextName}` : first;
}

/** `6mo`, `2d`, `9.5h`, `24m`, `3s`: one unit, for a place with little room. */
export function shortLength(ticks) {
  const seconds = Math.abs(ticks) / SECOND;
  const units = [[31557600, 'y'], [2629800, 'mo'], [86400, 'd'], [3600, 'h'], [60, 'm']];
  const unit = units.find(([size]) => seconds >= size);
  if (!unit) return `${Math.round(seconds)}s`;
  const value = seconds / unit[0];
  const isHalf = unit[1] === 'h' && value < 10;
  return `${isHalf ? Math.round(value * 10) / 10 : Math.round(value)}${unit[1]}`;
}

/**
 * The first and the last tick of a moment as people write it: a day, an hour (`2015-09-09 03`), a minute, a second or a part of
 * one, as `--since` and `--until` take it; null for anything else.
 */
export function parseMoment(base, text) {
  const parts = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,7})\d*)?)?)?)?Z?\s*$/i.exec(text);
  if (!parts) return null;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(milliseconds);
  // The years 0 to 99 would be those from 1900 on.
  const isThatDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isThatDay || hour > 23 || minute > 59 || second > 59) return null;
  const fraction = parts[7];
  const first = (milliseconds / 1000 - base) * SECOND + Number((fraction ?? '').padEnd(7, '0'));
  const length = fraction ? 1 : [SECOND, MINUTE, HOUR].find((own, at) => parts[6 - at]) ?? DAY;
  return { first, last: first + length - 1 };
}
