// The sessions of one lane: bars, thin bars, marks, or strips of counts.
import { toPixel } from './axis.mjs';
import { BIN, binCounts, binHeight, isDense, isThinDense, mergeMarks } from './density.mjs';
import { LETTERS, arrowHead, cap, colourOf, cross, flag, square, tornEdge, triangle } from './shapes.mjs';
import { MOST_ROWS } from './lanes.mjs';

const MARK_ROW = 12;
const THIN_ROW = 6;
const STRIP = 14;
/** The kinds of marks of a lane, from top to bottom: each has a row of its own, so that none covers another. */
const MARK_KINDS = ['failed', 'elevation', 'revalidation'];
/** Marks of a kind that are nearer than this are one mark with their number. */
const BETWEEN = { failed: 20, elevation: 14, revalidation: 3 };
/** Half of the widest mark: a mark at the edge of the plot is moved inside by so much. */
const HALF_MARK = 5;
/** From a mark to its number, and from the number to the next mark, which may be moved. */
const BEFORE_NUMBER = 6;
const AFTER_NUMBER = 12;
/** The triangle of a 4647 stands so far above its bar. */
const ABOVE_BARS = 7;
const NUMBER = { size: 9, weight: 600 };
const ORIGIN = 12;

/** Gives a lane its height and the places of its rows. Heights do not change with the zoom. */
export function measureLane(lane) {
  const height = lane.rows <= 2 ? 15 : lane.rows <= 4 ? 11 : 8;
  const rows = Math.min(lane.rows, MOST_ROWS);
  lane.markKinds = MARK_KINDS.filter((kind) => lane.marks.some((mark) => mark.kind === kind));
  const aboveBars = lane.bars.length > 0 ? ABOVE_BARS : 0;
  lane.top = lane.markKinds.length > 0 ? lane.markKinds.length * MARK_ROW + aboveBars : lane.bars.length > 0 ? MARK_ROW : 4;
  lane.rowHeight = height;
  lane.barsHeight = lane.isCrowded ? 2 * STRIP : rows * (height + 3);
  lane.thinHeight = lane.isThinCrowded ? STRIP : Math.min(lane.thinRows, 3) * THIN_ROW;
  lane.eventsHeight = lane.events.length > 0 ? (lane.isPerson ? STRIP : 11) : 0;
  const content = lane.barsHeight + lane.thinHeight + lane.eventsHeight;
  lane.height = lane.isPerson ? Math.max(30 + originHeight(lane), lane.top + content + 5) : 15;
  return lane.height;
}

/** The height of the line that tells an account from others of its name. */
export const originHeight = ({ account }) => (account?.origin ? ORIGIN : 0);

/** Draws a lane at `y` and notes what a pointer can hit. */
export function drawLane(scene, lane, y) {
  if (!lane.isPerson) {
    drawStrip(scene, lane.events, y + 2, 11, (item) => colourOf(scene.colours, item.session?.kind ?? ''), false);
    return;
  }
  const barsTop = y + lane.top;
  if (lane.isCrowded || isDense(scene.view, lane.bars)) {
    const height = Math.max(STRIP, Math.min(lane.barsHeight, 2 * STRIP));
    drawStrip(scene, lane.bars, barsTop, height, ({ session }) => colourOf(scene.colours, session.kind), true);
  } else {
    for (const bar of lane.bars) {
      drawBar(scene, bar, barsTop + bar.row * (lane.rowHeight + 3), lane.rowHeight);
    }
  }
  const thinTop = barsTop + lane.barsHeight;
  if (lane.isThinCrowded || isThinDense(scene.view, lane.thin)) {
    const height = Math.max(lane.thinHeight, 8);
    drawStrip(scene, lane.thin, thinTop, height, ({ session }) => colourOf(scene.colours, session.kind), true);
  } else {
    for (const bar of lane.thin) drawThin(scene, bar, thinTop + bar.row * THIN_ROW);
  }
  if (lane.events.length > 0) {
    drawStrip(scene, lane.events, thinTop + lane.thinHeight, STRIP, () => scene.colours.network, true);
  }
  lane.markKinds.forEach((kind, row) => drawMarks(scene, lane.marks, kind, y + 1 + row * MARK_ROW));
}

/** The pixels of a bar; at least two, whatever its length. */
function extentOnScreen(view, bar) {
  const left = toPixel(view, { t: bar.t0, g: bar.g0 });
  return [left, Math.max(left + 2, toPixel(view, { t: bar.t1, g: bar.g1 }))];
}

function drawBar(scene, bar, top, height) {
  const { painter, colours, view } = scene;
  const [left, right] = extentOnScreen(view, bar);
  if (right < -8 || left > view.width + 8) return;
  const { session, extent } = bar;
  const colour = colourOf(colours, session.kind);
  if (bar.spans.length > 1) {
    painter.line([[left, top + height / 2], [right, top + height / 2]], colour, { dash: [3, 3] });
  }
  for (const span of bar.spans) drawSpan(scene, session, span, top, height, colour);
  for (const state of bar.states) drawState(scene, state, top, height, colour);
  const end = session.end && scene.at(session.end);
  const seen = scene.at(extent.seen);
  if (session.pair && right - left > 4) painter.rect(left + 1, top + height - 3, right - left - 2, 1, colours['on-bar']);
  const letter = LETTERS[session.kind];
  if (letter && right - left > 22 && height >= 11 && bar.spans[0]?.isSure && bar.spans[0].t1 > bar.spans[0].t0) {
    painter.text(letter, Math.max(left, 0) + 4, top + height / 2 + 3.5, colours['on-bar'], { size: 10, weight: 700 });
  }
  if (!session.start) tornEdge(painter, left, top - 1, top + height + 1, colours);
  const gone = Math.max(left + 2, scene.at(extent.gone));
  drawEnd(scene, session, { end, seen, gone, right }, top, height, colour);
  if (session.initiated) triangle(painter, scene.at(session.initiated), top - 6, 7, colours.ink, colours.paper);
  if (session.isWatched) flag(painter, Math.max(left, 0) + 2, top - 7, colours);
  if (scene.selected === session) painter.frame(left - 2.5, top - 3.5, right - left + 5, height + 7, colours.ink, { lineWidth: 2 });
  scene.hit({ left, right, top: top - 4, bottom: top + height + 4, session });
}

/** Solid: the session was there. Hatched: it may have been. */
function drawSpan({ painter, view, colours }, session, span, top, height, colour) {
  const left = Math.max(-4, toPixel(view, { t: span.t0, g: span.g0 }));
  const right = Math.min(view.width + 4, Math.max(left + 2, toPixel(view, { t: span.t1, g: span.g1 })));
  if (right < 0 || left > view.width) return;
  const width = right - left;
  if (!span.isSure || session.kind === 'secondary') {
    painter.rect(left, top, width, height, colours.paper);
    painter.hatch(left, top, width, height, colour);
    painter.frame(left + 0.5, top + 0.5, width - 1, height - 1, colour);
    return;
  }
  painter.rect(left, top, width, height, colour);
  if (session.kind === 'remote-desktop' && width > 5) {
    painter.rect(left + 1, top + height / 2 - 0.75, width - 2, 1.5, colours['on-bar']);
  }
}

/** Locked: light, with a frame. Perhaps locked: light, with a dashed frame. Disconnected: lighter, with a dashed frame. */
function drawState({ painter, view, colours }, { state, from, to }, top, height, colour) {
  const left = Math.max(-4, toPixel(view, from));
  const right = Math.min(view.width + 4, toPixel(view, to));
  if (right - left < 1) return;
  painter.rect(left, top, right - left, height, colours.paper);
  if (state === 'disconnected') {
    painter.frame(left + 0.5, top + 0.5, right - left - 1, height - 1, colour, { dash: [3, 2] });
  } else {
    painter.rect(left, top, right - left, height, colours.light(colour));
    const style = state === 'perhaps locked' ? { dash: [3, 2] } : undefined;
    painter.frame(left + 0.5, top + 0.5, right - left - 1, height - 1, colour, style);
  }
}

function drawEnd({ painter, colours }, session, { end, seen, gone, right }, top, height, colour) {
  if (session.cause === 'open') {
    arrowHead(painter, gone, top, height, colour);
  } else if (session.cause === 'censored') {
    tornEdge(painter, right - 3, top - 1, top + height + 1, colours);
  } else if (session.basis === 'bounded' || session.cause === 'lost') {
    cap(painter, right, top, height, colours);
  } else if (session.isTerminated && end !== null) {
    cap(painter, end, top, height, colours);
  } else if (end !== null && (session.basis === 'inferred' || session.basis === 'inherited')) {
    if (right - 8 > seen - 12) square(painter, Math.max(end, 6), top + height / 2, colours);
  }
}

function drawThin(scene, bar, top) {
  const { painter, colours, view } = scene;
  const [left, right] = extentOnScreen(view, bar);
  if (right < 0 || left > view.width) return;
  const colour = colourOf(colours, bar.session.kind);
  const height = THIN_ROW - 2;
  for (const span of bar.spans) {
    const from = toPixel(view, { t: span.t0, g: span.g0 });
    const width = Math.max(2, toPixel(view, { t: span.t1, g: span.g1 }) - from);
    if (span.isSure) painter.rect(from, top, width, height, colour);
    else painter.hatch(from, top, width, height, colour);
  }
  if (bar.session.cause === 'open') arrowHead(painter, right, top, height + 2, colour);
  else if (bar.session.isTerminated && right - left > 6) painter.rect(right - 1, top - 1, 1.5, height + 2, colours.ink);
  if (bar.session.isWatched) flag(painter, Math.max(left, 0) + 1, top - 4, colours);
  if (scene.selected === bar.session) painter.frame(left - 2, top - 2, right - left + 4, height + 4, colours.ink, { lineWidth: 1.5 });
  scene.hit({ left, right, top: top - 1, bottom: top + THIN_ROW, session: bar.session });
}

/**
 * The marks of one kind in a view: those that would cover each other, or each other's numbers, are one. Each has the pixels of
 * its first and last one, its number as `text`, and where that begins as `textAt`.
 */
export function marksInView(painter, view, marks, kind) {
  const own = marks.filter((mark) => mark.kind === kind).sort((a, b) => a.t - b.t || a.g - b.g);
  const widths = new Map();
  const widthOf = (text) => {
    // Digits are of one width: thousands of marks need few measurements.
    if (!widths.has(text.length)) widths.set(text.length, painter.measure(text.replace(/\d/g, '0'), NUMBER));
    return widths.get(text.length);
  };
  const distance = (count) => {
    const text = numberText(count, kind);
    return Math.max(BETWEEN[kind], text ? BEFORE_NUMBER + widthOf(text) + AFTER_NUMBER : 0);
  };
  const groups = mergeMarks(view, own, distance).map(({ x, right, ...group }) => ({ ...group, x: inside(view, x), right: inside(view, right) }));
  const placed = [];
  for (let group = groups.pop(); group; group = groups.pop()) {
    placeNumber(view, group, kind, widthOf);
    const before = groups.at(-1);
    // A number to the left of its mark needs the room of the marks before it.
    if (before && group.text && group.textAt < group.x && group.textAt < before.right + distance(before.count) - HALF_MARK) {
      groups[groups.length - 1] = { ...before, right: group.right, items: [...before.items, ...group.items], count: before.count + group.count };
    } else {
      placed.unshift(group);
    }
  }
  return placed;
}

/** A mark at the edge of the plot is moved so that all of it is to be seen. */
function inside(view, x) {
  return x < 0 || x > view.width ? x : Math.max(HALF_MARK, Math.min(view.width - HALF_MARK, x));
}

/** A number stands to the right of its marks, and to the left where the plot ends. */
function placeNumber(view, group, kind, widthOf) {
  const { x, right, count } = group;
  const text = numberText(count, kind);
  const end = kind === 'failed' ? right : (x + right) / 2;
  const hasRoom = end + BEFORE_NUMBER + widthOf(text) <= view.width;
  const start = kind === 'failed' ? x : end;
  Object.assign(group, { text, textAt: hasRoom ? end + BEFORE_NUMBER : start - BEFORE_NUMBER - widthOf(text) });
}

/** The number next to a mark; unlock checks have none. */
function numberText(count, kind) {
  return count > 1 && kind !== 'revalidation' ? count.toLocaleString('en') : '';
}

/** A cross for failed logons, a hollow triangle for a UAC prompt, a tick for the check of an unlock. */
function drawMarks(scene, marks, kind, y) {
  const { painter, view } = scene;
  for (const group of marksInView(painter, view, marks, kind)) {
    if (kind === 'failed') drawFailed(scene, group, y);
    else drawChecks(scene, group, kind, y);
  }
}

function drawChecks(scene, { x, right, items, text, textAt }, kind, y) {
  const { painter, colours } = scene;
  const middle = (x + right) / 2;
  if (kind === 'elevation') triangle(painter, middle, y + 1, 7, colours.warning, colours.paper, false);
  else painter.rect(middle - 0.75, y + 1, 1.5, 8, colours.ink);
  if (text) painter.text(text, textAt, y + 8, colours.ink, NUMBER);
  const { session } = items[0];
  scene.hit({ left: x - 4, right: right + 4, top: y, bottom: y + 10, session, count: items.length });
  if (items.some((item) => item.session === scene.selected)) painter.frame(x - 5.5, y - 0.5, right - x + 11, 11, colours.ink, { lineWidth: 1.5 });
}

/** Several failed logons are a line with their number; the first and the last one are crosses. */
function drawFailed(scene, { x, right, items, text, textAt }, y) {
  const { painter, colours } = scene;
  if (right - x > 2) painter.rect(x, y + 5, right - x, 1, colours.error);
  cross(painter, x, y + 1.5, 7, colours.error);
  if (right - x > BETWEEN.failed) cross(painter, right, y + 1.5, 7, colours.error);
  if (text) painter.text(text, textAt, y + 9, colours.error, NUMBER);
  if (items.some(({ attempt }) => attempt.isWatched)) flag(painter, x - 5, y, colours);
  if (items.some(({ attempt }) => attempt === scene.selected)) painter.frame(x - 6, y - 1, right - x + 12, 12, colours.ink, { lineWidth: 1.5 });
  scene.hit({ left: x - 5, right: right + 5, top: y, bottom: y + 10, attempts: items.map(({ attempt }) => attempt) });
}

/** How many sessions begin in each bin; the highest one says its number. */
function drawStrip(scene, items, top, height, colourOfItem, hasPeak) {
  const { painter, view, colours } = scene;
  const { bins, peak } = binCounts(view, items);
  if (peak === 0) return;
  const colour = colourOfItem(items[0]);
  let peakAt = -1;
  bins.forEach((count, bin) => {
    if (count === 0) return;
    if (count === peak && peakAt < 0) peakAt = bin;
    const tall = Math.max(2, height * binHeight(count, peak));
    painter.rect(bin * BIN, top + height - tall, BIN - 0.6, tall, colour);
  });
  if (hasPeak && peak > 1) {
    const x = Math.min(view.width - 30, peakAt * BIN + 4);
    painter.text(`${peak}`, x, top + 7, colours.ink, { size: 9, weight: 600 });
  }
  scene.hit({ left: 0, right: view.width, top, bottom: top + height, bins, items });
}
