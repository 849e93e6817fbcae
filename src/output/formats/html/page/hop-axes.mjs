// The time axes of computers one above the other, on the clock of the reference: the sessions that hops name as bars, and
// the hops as arrows between them.
import { HOUR, MINUTE, SECOND, lengthText, shortLength } from './time.mjs';
import { FOLDED_CLOCK, makeAxis, pixelOf, pixelsOfPart, visibleParts } from './axis.mjs';
import { axisLabels } from './axis-labels.mjs';
import { LETTERS, arrowHead, cap, colourOf, tornEdge } from './shapes.mjs';
import { fitText } from './theme.mjs';
import { isComputerNode, nameOfNode } from './hops.mjs';
import { shortNames } from './hop-graph.mjs';
import { plural } from './words.mjs';

/** So many computers, and so many steps between them, are shown at a time. */
export const AXES_LIMITS = { mostRows: 14, mostSteps: 150 };
/** Around a hop the axis shows at least so much time. */
const PAD = 5 * SECOND;
/** Of a session that began before the first step or ended after the last one, so much is shown. */
const [BEFORE, AFTER] = [10 * MINUTE, HOUR];
const LANE = 13;
const MOST_LANES = 5;
const HEAD = 34;
const OUTSIDE = 'address';

/**
 * What the axes show of steps (`stepsOf`), beginning with the one at `first`: rows of computers with the bars of sessions,
 * arrows, the axis, and how many steps are left out behind these.
 */
export function makeHopAxes(model, steps, first) {
  const rows = new Map();
  const shown = [];
  let next = first;
  for (; next < steps.length && shown.length < AXES_LIMITS.mostSteps; next++) {
    const names = namesOf(steps[next]);
    const added = names.filter((name) => !rows.has(name));
    if (shown.length > 0 && rows.size + added.length > AXES_LIMITS.mostRows) break;
    for (const name of added) rows.set(name, { name, bars: new Map(), lanes: 0, left: 0 });
    shown.push(steps[next]);
  }
  const times = shown.flatMap((step) => step.map(({ common }) => common));
  const span = { from: Math.min(...times) - BEFORE, to: Math.max(...times) + AFTER };
  const arrows = shown.map((step) => makeArrows(model, step, rows));
  for (const row of rows.values()) stackBars(row);
  const edges = [...rows.values()].flatMap(({ bars }) => [...bars.values()]).flatMap(({ begin, seen, gone }) => [begin, seen, gone]);
  const within = edges.filter((time) => time > span.from && time < span.to);
  const axis = makeAxis(asHost([...times, ...within]), FOLDED_CLOCK);
  const isOutside = ({ name }) => name === OUTSIDE;
  const ordered = [...rows.values()].sort((a, b) => isOutside(b) - isOutside(a));
  return { model, axis, rows: ordered, arrows: arrows.flat(), first, next, total: steps.length };
}

/** The rows of a step: where it came from, then its target. */
function namesOf([{ from, target }]) {
  return [...from.map((node) => (isComputerNode(node) ? nameOfNode(node) : OUTSIDE)), target];
}

/** Moments as intervals of a clock, which the axis folds between. */
function asHost(times) {
  const units = times.map((time, index) => ({ index, first: time - PAD, last: time + PAD, boot: { power: [] } }));
  return { boots: [], units };
}

/**
 * The bar of a session that a hop names, in the row of its computer; null where it has no row on the page. Where nothing
 * says when it began, it is shown from the first hop that names it.
 */
function barIn(model, row, id, moment) {
  const stay = model.sessions.get(id);
  if (!row || !stay) return null;
  const offset = model.hosts.get(row.name)?.offset ?? 0;
  const at = (time, other) => (time === null ? other : time - offset);
  const known = row.bars.get(id);
  const begin = Math.min(at(stay.start, moment), known?.begin ?? Infinity);
  const seen = Math.max(begin, at(stay.seen, moment));
  const bar = { ...known, id, stay, kind: stay.kind, begin, seen, gone: Math.max(seen, at(stay.gone, seen)), lane: -1 };
  if (known) return Object.assign(known, bar);
  row.bars.set(id, bar);
  return bar;
}

/** The arrows of a step: one for each node that it came from, or one that comes from nowhere known. */
function makeArrows(model, step, rows) {
  const [hop] = step;
  const target = rows.get(hop.target);
  const bars = step.map(({ row, common }) => barIn(model, target, row.target_session, common));
  const arrow = { step, hop, time: hop.common, sureness: hop.sureness, to: target, toBar: bars[0] };
  if (hop.from.length === 0) return [{ ...arrow, from: null, fromBar: null }];
  return hop.from.map((node) => {
    const from = rows.get(isComputerNode(node) ? nameOfNode(node) : OUTSIDE);
    return { ...arrow, from, fromBar: barIn(model, from, hop.row.source_session, hop.common) };
  });
}

/** Puts the bars of a row into lanes, so that none covers another one. What finds no lane is counted. */
function stackBars(row) {
  const ends = [];
  const bars = [...row.bars.values()].sort((a, b) => a.begin - b.begin || (a.id < b.id ? -1 : 1));
  for (const bar of bars) {
    const free = ends.findIndex((end) => end + SECOND < bar.begin);
    const lane = free >= 0 ? free : ends.length;
    if (lane >= MOST_LANES) {
      row.left += 1;
      continue;
    }
    bar.lane = lane;
    ends[lane] = bar.gone;
  }
  row.lanes = ends.length;
}

/** Gives the rows their places, and the picture its height. */
export function layOutAxes(axes) {
  let y = HEAD;
  for (const row of axes.rows) {
    row.top = y;
    y += Math.max(34, 16 + row.lanes * LANE + 6);
    row.bottom = y;
  }
  axes.height = y + 4;
  return axes;
}

const laneTop = (row, lane) => row.top + 16 + lane * LANE;

/** Draws the axes. The areas that a pointer can hit: `{ left, right, top, bottom, hop }`. */
export function drawHopAxes(painter, axes, view, { labelWidth, colours, chosen }) {
  const { model } = axes;
  const hits = [];
  const at = (time) => pixelOf(view, { unit: 0, time });
  const names = shortNames(axes.rows.map(({ name }) => name).filter((name) => name !== OUTSIDE));
  for (const row of axes.rows) drawRowHead(painter, axes, row, { names, labelWidth, colours, width: view.width });
  painter.clip(labelWidth, 0, view.width, axes.height, labelWidth);
  drawTimes(painter, axes, view, colours);
  for (const row of axes.rows) {
    for (const bar of row.bars.values()) if (bar.lane >= 0) drawStay(painter, row, bar, { at, view, colours });
  }
  const order = [...axes.arrows.filter(({ hop }) => hop !== chosen), ...axes.arrows.filter(({ hop }) => hop === chosen)];
  for (const arrow of order) {
    const area = drawArrow(painter, arrow, { at, colours, isChosen: arrow.hop === chosen });
    if (area.x < 0 || area.x > view.width) continue;
    hits.push({ left: area.x - 5 + labelWidth, right: area.x + 5 + labelWidth, top: area.top, bottom: area.bottom, hop: arrow.hop });
  }
  painter.unclip();
  return { hits, model };
}

/** `1.2 s`: how far a clock was from that of the reference. */
export function offsetLength(offset) {
  const seconds = Math.abs(offset) / SECOND;
  return seconds < 60 ? `${seconds.toFixed(seconds < 1 ? 3 : 1)} s` : lengthText(Math.abs(offset));
}

function offsetText({ offset, row }) {
  if (row.clock_offset_basis === 'reference') return 'reference clock';
  if (offset === null) return 'clock not compared';
  return `clock ${offset < 0 ? '−' : '+'}${offsetLength(offset)}`;
}

function drawRowHead(painter, { model }, row, { names, labelWidth, colours, width }) {
  const isOutside = row.name === OUTSIDE;
  const host = model.hosts.get(row.name);
  painter.rect(0, row.top - 1, labelWidth + width, 1, colours.line);
  const title = isOutside ? 'from outside' : names.get(row.name);
  painter.text(fitText(painter, title, labelWidth - 12, { size: 12, weight: 600 }), 6, row.top + 13, colours.ink, { size: 12, weight: 600 });
  const second = isOutside ? 'addresses' : host ? offsetText(host) : 'clock not compared';
  painter.text(fitText(painter, second, labelWidth - 12, { size: 10 }), 6, row.top + 26, colours.soft, { size: 10 });
  if (row.left > 0) painter.text(`and ${plural(row.left, 'session')}`, 6, row.top + 39, colours.soft, { size: 10 });
}

function drawTimes(painter, axes, view, colours) {
  for (const part of visibleParts(view)) {
    if (part.kind === 'time') continue;
    const [left, right] = pixelsOfPart(view, part);
    painter.rect(left, HEAD - 2, right - left, axes.height - HEAD, colours.off);
    painter.line([[(left + right) / 2, HEAD - 2], [(left + right) / 2, axes.height]], colours.soft, { dash: [1, 4] });
    if (right - left > 14) painter.text(shortLength(part.length), (left + right) / 2, HEAD + 8, colours.soft, { size: 9, align: 'center' });
  }
  const labels = axisLabels(view, axes.model.base, (text, kind) => painter.measure(text, { size: 11, weight: kind === 'date' ? 600 : 400 }));
  for (const x of labels.lines) painter.rect(x, HEAD - 2, 1, axes.height - HEAD, colours.grid);
  for (const { x, text } of labels.dates) painter.text(text, x, 12, colours.ink, { size: 11, weight: 600 });
  for (const { x, text } of labels.times) painter.text(text, x, 26, colours.soft, { size: 11 });
}

/** A session: solid while it was there, hatched while it may have been; with the marks of the chart at its ends. */
function drawStay(painter, row, bar, { at, view, colours }) {
  const isThin = !LETTERS[bar.kind];
  const [top, height] = [laneTop(row, bar.lane) + (isThin ? 3 : 0), isThin ? 5 : 9];
  const colour = colourOf(colours, bar.kind);
  const left = Math.max(at(bar.begin), -4);
  const [seen, gone] = [at(bar.seen), at(bar.gone)].map((x) => Math.min(Math.max(x, left + 2), view.width + 4));
  if (gone > seen) {
    painter.hatch(seen, top, gone - seen, height, colour);
    painter.frame(seen, top + 0.5, gone - seen, height - 1, colour);
  }
  painter.rect(left, top, seen - left, height, colour);
  if (!isThin && seen - left > 11) painter.text(LETTERS[bar.kind], left + 3, top + 8, colours['on-bar'], { size: 8, weight: 700 });
  if (bar.stay.start === null) tornEdge(painter, left, top - 1, top + height + 1, colours);
  if (bar.stay.isOpen) arrowHead(painter, seen, top, height, colour);
  else if (bar.stay.isEndKnown) cap(painter, seen, top, height, colours);
  else if (gone <= seen) tornEdge(painter, seen, top - 1, top + height + 1, colours);
}

/** The lines of arrows, as in the graph. */
const DASHES = { high: [], medium: [7, 4], low: [1.5, 3.5], contradicting: [9, 3, 2, 3], outside: [] };

/**
 * An arrow from bar to bar; where no session is named, from or to the line of the computer. What came from nowhere known
 * has a sign where it begins.
 */
function drawArrow(painter, arrow, { at, colours, isChosen }) {
  const { step, from, fromBar, to, toBar, time, sureness } = arrow;
  const x = Math.round(at(time)) + 0.5;
  const end = middleOf(to, toBar);
  const count = step.length > 1 ? `×${step.length}` : '';
  if (!from) {
    const sign = [sureness === 'loopback' ? '↻' : '?', count].filter(Boolean).join(' ');
    const half = painter.measure(sign, { size: 10, weight: 700 }) / 2;
    painter.rect(x - 4 - 2 * half, end - 5, 2 * half + 2, 11, colours.paper);
    painter.text(sign, x - 3, end + 4, isChosen ? colours.accent : colours.ink, { size: 10, weight: 700, align: 'right' });
    return { x: x - half, top: end - 7, bottom: end + 7 };
  }
  const begin = middleOf(from, fromBar);
  const isDown = end >= begin;
  const tip = end + (isDown ? -4 : 4);
  const back = tip + (isDown ? -8 : 8);
  const colour = { contradicting: colours.error, outside: colours.remote }[sureness] ?? colours.ink;
  const lineWidth = (isChosen ? 3 : 1.6) + (sureness === 'outside' ? 1.8 : 0);
  if (isChosen) painter.rect(x - 5, Math.min(begin, end) - 3, 10, Math.abs(end - begin) + 6, colours.veil);
  painter.line([[x, begin], [x, back]], colours.paper, { lineWidth: lineWidth + 2.4 });
  painter.line([[x, begin], [x, back]], colour, { lineWidth, dash: DASHES[sureness] });
  if (sureness === 'outside') painter.line([[x, begin], [x, back]], colours.paper, { lineWidth: 1.2 });
  painter.polygon([[x, tip], [x - 4.5, back], [x + 4.5, back]], colour);
  if (!fromBar) painter.ring(x, begin, 3, colour);
  const note = [sureness === 'contradicting' ? '≠' : '', count].filter(Boolean).join(' ');
  if (note) painter.text(note, x + 6, isDown ? end - 7 : end + 14, colours.ink, { size: 10, weight: 600 });
  return { x, top: Math.min(begin, end) - 4, bottom: Math.max(begin, end) + 4 };
}

/** The middle of a bar, or of the line of its computer. */
function middleOf(row, bar) {
  return bar && bar.lane >= 0 ? laneTop(row, bar.lane) + 5 : row.top + 9;
}
