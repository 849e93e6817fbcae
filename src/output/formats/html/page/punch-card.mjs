// On which days and in which hours people were on: days without anybody are folded.
import { DAY, HOUR, dayStart, dayText } from './time.mjs';
import { spansOf } from './presence.mjs';

const LEFT = 22;
const TOP = 4;
/** A day counts at most so many sessions of one hour: this bounds what a wrong clock costs. */
const MOST_HOURS = 24 * 400;

/** For each day with people, how many sessions were surely there in each hour. */
export function punchCard(host, sessions) {
  const days = new Map();
  for (const session of sessions) {
    if (!session.isPerson || session.isElevatedHalf) continue;
    session.spans ??= spansOf(session, host.units);
    for (const span of session.spans) {
      if (span.isSure) countHours(host.base, days, span);
    }
  }
  return [...days].sort(([a], [b]) => a - b).map(([day, hours]) => ({ day, hours }));
}

function countHours(base, days, { from, to }) {
  const first = dayStart(base, from) + Math.floor((from - dayStart(base, from)) / HOUR) * HOUR;
  for (let [hour, counted] = [first, 0]; hour <= to && counted < MOST_HOURS; hour += HOUR, counted++) {
    const day = dayStart(base, hour);
    if (!days.has(day)) days.set(day, new Uint32Array(24));
    days.get(day)[Math.floor((hour - day) / HOUR)]++;
  }
}

/** Draws the card; of more days than there is room for, several share a column. */
export function drawPunchCard(painter, card, base, width, height, colours) {
  painter.rect(0, 0, width, height, colours.paper);
  const bottom = height - 14;
  const row = (bottom - TOP) / 24;
  for (const hour of [0, 6, 12, 18]) {
    painter.text(String(hour).padStart(2, '0'), LEFT - 4, TOP + hour * row + 8, colours.soft, { size: 9.5, align: 'right' });
    painter.rect(LEFT, TOP + hour * row, width - LEFT, 1, colours.grid);
  }
  const columns = Math.max(1, Math.min(card.length, Math.floor((width - LEFT) / 3)));
  const wide = Math.min(18, (width - LEFT) / columns);
  const cells = Array.from({ length: columns }, () => new Uint32Array(24));
  card.forEach(({ hours }, at) => hours.forEach((count, hour) => (cells[Math.floor((at * columns) / card.length)][hour] += count)));
  const peak = Math.max(1, ...cells.flatMap((hours) => [...hours]));
  cells.forEach((hours, at) => {
    if (card.length === 0) return;
    painter.rect(LEFT + at * wide, TOP, wide - 1, bottom - TOP, colours.off);
    hours.forEach((count, hour) => {
      if (count === 0) return;
      const tall = Math.max(0.35, Math.log2(1 + count) / Math.log2(1 + peak)) * (row - 0.4);
      painter.rect(LEFT + at * wide, TOP + hour * row + (row - tall) / 2, wide - 1, tall, colours.desktop);
    });
  });
  let end = -Infinity;
  card.forEach(({ day }, at) => {
    const x = LEFT + Math.floor((at * columns) / card.length) * wide;
    const text = dayText(base, day + DAY / 2).replace(/ \d+$/, '');
    if (x < end + 6 || x + painter.measure(text, { size: 9.5 }) > width) return;
    painter.text(text, x, height - 3, colours.soft, { size: 9.5 });
    end = x + painter.measure(text, { size: 9.5 });
  });
}
