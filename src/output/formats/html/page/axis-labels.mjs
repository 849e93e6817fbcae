// The dates and times along the axis. A time never stands under the date of another day: where a date finds no
// room, its times are left out.
import { DAY, MINUTE, clockText, dayStart, dayText } from './time.mjs';
import { LABEL_STEPS, locate, pixelsOfPart, toPixel, visibleParts } from './axis.mjs';

/** The distance between two labels, in pixels. */
const BETWEEN = 8;

/**
 * The labels of a view: dates and times with their pixels, and the pixels of all lines. `measure` gives the width of a
 * text.
 */
export function axisLabels(view, base, measure) {
  const days = daysOf(view, base);
  const dates = placeDates(view, days, measure);
  const labels = { dates, times: [], lines: [] };
  let timeEnd = -Infinity;
  for (const day of days) {
    for (const run of day.runs) {
      for (const { x, text: time } of timesOf(view, base, run, measure)) {
        labels.lines.push(x);
        if (!day.isShown || x < timeEnd + BETWEEN) continue;
        const timeWidth = measure(time, 'time');
        if (x + timeWidth > view.width || x + timeWidth > run.right + BETWEEN * 3) continue;
        labels.times.push({ x, text: time, date: day.text });
        timeEnd = x + timeWidth;
      }
    }
  }
  return labels;
}

/** The runs of a view by their dates, in their order; each date with its first and its last pixel. */
function daysOf(view, base) {
  const days = [];
  for (const run of dayRuns(view, base)) {
    const text = dayText(base, run.from);
    if (days.at(-1)?.text !== text) days.push({ text, x: Math.max(run.left, 0), isStart: run.left >= 0, runs: [], isShown: false });
    const day = days.at(-1);
    day.runs.push(run);
    day.right = Math.min(run.right, view.width);
  }
  return days;
}

/**
 * The dates that find room. The widest come first: the last pixels of the day before would else take the room of the day that
 * fills the view, which would then stand under a wrong date.
 */
function placeDates(view, days, measure) {
  const placed = [];
  for (const day of [...days].sort((a, b) => (b.right - b.x) - (a.right - a.x) || a.x - b.x)) {
    const end = day.x + measure(day.text, 'date');
    const isFree = placed.every((own) => end + BETWEEN <= own.x || own.end + BETWEEN <= day.x);
    if (!isFree || end > view.width + 1) continue;
    day.isShown = true;
    placed.push({ x: day.x, end, text: day.text, isStart: day.isStart });
  }
  return placed.sort((a, b) => a.x - b.x);
}

/** The parts that a view shows, cut at midnights, with their pixels. Long runs of days come in steps. */
function* dayRuns(view, base) {
  for (const part of visibleParts(view)) {
    if (part.kind !== 'time') continue;
    const [left, right] = pixelsOfPart(view, part);
    const perTick = (right - left) / (part.to - part.from || 1);
    const xOf = (time) => left + (time - part.from) * perTick;
    const days = Math.max(1, Math.ceil(2 / (perTick * DAY || 1)));
    const visibleFrom = part.from + Math.max(0, -left) / (perTick || 1);
    let from = left < 0 ? Math.max(part.from, Math.floor(visibleFrom)) : part.from;
    while (from < part.to || from === part.from) {
      const midnight = dayStart(base, from) + days * DAY;
      const to = Math.min(midnight, part.to);
      yield { part, from, to, left: xOf(from), right: xOf(to), perTick };
      if (to >= part.to || xOf(to) > view.width) break;
      from = to;
    }
  }
}

/** The times of one run of a day: at its begin, and at round times. */
function timesOf(view, base, { part, from, to, left, right, perTick }, measure) {
  const isBegin = from === part.from;
  const step = LABEL_STEPS.find((size) => size * perTick >= 64) ?? DAY;
  const withSeconds = step < MINUTE;
  const marks = [];
  const begin = clockText(base, from, withSeconds);
  const round = Math.ceil((from - dayStart(base, from)) / step) * step + dayStart(base, from);
  if (isBegin && left >= 0) marks.push({ x: left, text: begin });
  const clear = isBegin ? left + measure(begin, 'time') + BETWEEN : -Infinity;
  for (let time = round; time < to && step < DAY; time += step) {
    const x = left + (time - from) * perTick;
    if (x > view.width) break;
    if (x >= clear && x >= 0 && x <= right) marks.push({ x, text: clockText(base, time, withSeconds) });
  }
  return marks;
}

/** The months of the overview: the first day of each that has room. */
export function monthMarks(view, base, text, measure) {
  const marks = [];
  let [end, shown] = [-Infinity, ''];
  for (const part of view.axis.times) {
    const x = toPixel(view, locate(view.axis, { unit: part.unit, time: part.from }));
    const label = text(base, part.from);
    if (label === shown || x < end + BETWEEN) continue;
    const width = measure(label, 'time');
    if (x + width > view.width) break;
    marks.push({ x, text: label });
    [end, shown] = [x + width, label];
  }
  return marks;
}
