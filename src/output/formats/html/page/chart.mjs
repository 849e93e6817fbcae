// The chart: bands and lanes of one computer, drawn with a painter, and what a pointer hits on it.
import { locate, toPixel } from './axis.mjs';
import { DATES_HEIGHT, bootRows, drawBackdrop, drawBoots, drawCoverage, drawDates, drawFindings, drawFolds, measureBands } from './bands.mjs';
import { drawLane, measureLane, originHeight } from './bars.mjs';
import { failedIn } from './lanes.mjs';
import { fitDistinct, fitText } from './theme.mjs';
import { plural } from './words.mjs';

/** So many lanes are drawn at once; the page says how many more there are. */
export const LANES_AT_ONCE = 60;

/** What a chart of these lanes holds, with heights: all that does not change with the view. */
export function layOut(host, axis, lanes, mostLanes = LANES_AT_ONCE) {
  const people = lanes.filter(({ isPerson }) => isPerson);
  const groups = lanes.filter(({ isPerson }) => !isPerson);
  const shown = [...people.slice(0, mostLanes), ...groups];
  const boots = bootRows(axis, host);
  const bands = measureBands(boots);
  let y = bands.end;
  const rows = shown.map((lane) => {
    const row = { lane, y };
    y += measureLane(lane);
    return row;
  });
  const findings = host.findings.filter(({ place }) => place).map((finding) => ({ finding, ...locate(axis, finding.place) }));
  findings.sort((a, b) => a.t - b.t || a.g - b.g);
  return { host, axis, boots, bands, rows, findings, height: y + 2, hiddenLanes: people.length - Math.min(people.length, mostLanes) };
}

/** Draws a chart and gives what can be hit: `{ left, right, top, bottom, … }` in pixels of the plot, topmost last. */
export function drawChart(painter, chart, view, { labelWidth, colours, selected = null, cursor = null }) {
  const { host, bands, boots, rows, findings, height } = chart;
  const hits = [];
  const scene = {
    painter,
    view,
    colours,
    host,
    selected,
    at: (place) => toPixel(view, locate(view.axis, place)),
    hit: (area) => hits.push(area),
  };
  painter.rect(0, 0, labelWidth + view.width, height, colours.paper);
  drawLabels(painter, chart, labelWidth, view.width, colours);
  painter.clip(labelWidth, 0, view.width, height, labelWidth);
  drawBackdrop(scene, DATES_HEIGHT, height);
  drawDates(scene, height);
  for (const { y } of rows) painter.rect(0, y, view.width, 1, colours.line);
  drawBoots(scene, boots);
  drawFolds(scene, findings, { top: DATES_HEIGHT, bottom: height, row: bands.findings });
  drawCoverage(scene, boots.channels, bands.coverage);
  drawFindings(scene, findings, bands.findings);
  for (const { lane, y } of rows) drawLane(scene, lane, y);
  if (cursor !== null) drawCursor(scene, cursor, height);
  painter.unclip();
  painter.rect(labelWidth, 0, 1, height, colours.line);
  return hits;
}

function drawLabels(painter, { bands, boots, rows, axis }, width, plotWidth, colours) {
  const room = width - 12;
  const write = (text, y, style, colour = colours.ink) => {
    painter.text(fitText(painter, text, room, style), 6, y, colour, style);
  };
  const small = { size: 10 };
  write(axis.mode === 'record' ? 'time, by boot' : 'clock time', 29, small, colours.soft);
  write('Boots', bands.boots + 11, { size: 11, weight: 700 });
  write(boots.count > 1 ? 'overlaps: own rows' : 'end · length', bands.boots + 22, small, colours.soft);
  if (boots.channels.length > 0) write(`coverage of ${plural(boots.channels.length, 'log')}`, bands.coverage + boots.channels.length * 2.5 + 3, small, colours.soft);
  write('findings', bands.findings + 12, small, colours.soft);
  const bold = { size: 11, weight: 700 };
  const titles = laneTitles(painter, rows, room, bold);
  const origins = laneOrigins(painter, rows, room, small);
  for (const { lane, y } of rows) {
    painter.rect(0, y, width + plotWidth, 1, colours.line);
    if (lane.isPerson) {
      painter.text(titles.get(lane), 6, y + 13, colours.ink, bold);
      const origin = origins.get(lane);
      if (origin) painter.text(origin, 6, y + 25, colours.ink, small);
      write(laneCount(lane), y + 25 + originHeight(lane), small, colours.soft);
    } else {
      const count = lane.events.reduce((sum, event) => sum + event.count, 0).toLocaleString('en');
      const countWidth = painter.measure(count, small) + 6;
      painter.text(fitText(painter, lane.title, room - countWidth, small), 6, y + 11, colours.soft, small);
      painter.text(count, width - 6, y + 11, colours.soft, { size: 10, align: 'right' });
    }
  }
}

/** The names of the lanes of people, shortened so that two people never have the same one. */
export function laneTitles(painter, rows, width, style) {
  const people = rows.map(({ lane }) => lane).filter(({ isPerson }) => isPerson);
  const short = fitDistinct(painter, people.map(({ title }) => title), width, style);
  return new Map(people.map((lane, at) => [lane, short[at]]));
}

/** Below the names of accounts that another one shares: their domains, or SIDs, shortened so that they stay different. */
export function laneOrigins(painter, rows, width, style) {
  const named = rows.map(({ lane }) => lane).filter(({ account }) => account?.origin);
  const short = fitDistinct(painter, named.map(({ account }) => account.origin), width, style);
  return new Map(named.map((lane, at) => [lane, short[at]]));
}

function laneCount({ bars, thin, marks, events }) {
  const more = events.reduce((sum, { count }) => sum + count, 0);
  const parts = [];
  // What is rarer stands first: a narrow window has no room for all.
  const watched = [...bars, ...thin].filter(({ session }) => session.isWatched).length + marks.filter(({ session, attempt }) => (session ?? attempt).isWatched).length;
  if (watched > 0) parts.push(`${watched.toLocaleString('en')} watched`);
  const failed = failedIn({ marks });
  if (failed > 0) parts.push(`${failed.toLocaleString('en')} failed`);
  if (bars.length > 0) parts.push(plural(bars.length, 'session'));
  if (thin.length + more > 0) parts.push(`${(thin.length + more).toLocaleString('en')} network`);
  if (parts.length === 0) parts.push(plural(marks.length, 'check'));
  return parts.join(' · ');
}

/** The cursor, with its time above the lanes. */
function drawCursor({ painter, view, colours }, { x, text }, height) {
  if (x < 0 || x > view.width) return;
  painter.rect(x - 0.75, DATES_HEIGHT - 4, 1.5, height - DATES_HEIGHT + 4, colours.accent);
  const width = painter.measure(text, { size: 10.5, weight: 600 }) + 10;
  const left = Math.max(0, Math.min(view.width - width, x - width / 2));
  painter.rect(left, 18, width, 15, colours.accent);
  painter.text(text, left + 5, 29, colours.paper, { size: 10.5, weight: 600 });
}

/** The topmost thing at a pixel of the plot; small marks are met from some pixels away. */
export function hitAt(hits, x, y) {
  for (let at = hits.length - 1; at >= 0; at--) {
    const { left, right, top, bottom } = hits[at];
    const reach = Math.max(0, (7 - (right - left)) / 2);
    if (x >= left - reach && x <= right + reach && y >= top && y <= bottom) return hits[at];
  }
  return null;
}
