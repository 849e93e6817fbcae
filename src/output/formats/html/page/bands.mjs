// What stands above the people: dates and times, boots, what each log covers, findings; and what goes through all
// lanes: gaps, steps of the clock, cleared logs.
import { shortLength } from './time.mjs';
import { RECORD_ORDER, locate, pixelsOfPart, toPixel, visibleParts } from './axis.mjs';
import { axisLabels } from './axis-labels.mjs';
import { mergeMarks } from './density.mjs';
import { unitName } from './host.mjs';
import { stack } from './lanes.mjs';
import { bootEnd, findingMark, gapColumn, recordsMissing, threeLines, zigzag } from './shapes.mjs';
import { BOOT_ENDS, GAPS } from './words.mjs';

export const DATES_HEIGHT = 36;
const BOOT_ROW = 27;
const COVERAGE_ROW = 5;
const FINDINGS_ROW = 18;
/** Half of the widest label of a step. */
const STEP_LABEL = 16;
/** Steps of the clock nearer than this share a label. */
const STEP_LABEL_ROOM = 26;
/** Where steps stand denser than this, they are ticks. */
const STEP_TICKS = 9;

/** The rows of the boots: one in record order, where nothing overlaps. */
export function bootRows(axis, host) {
  const rows = host.units.map((unit) => {
    const [from, to] = [unit.first, unit.last].map((time) => locate(axis, { unit: unit.index, time }));
    return { unit, t0: from.t, g0: from.g, t1: to.t, g1: to.g, row: 0 };
  });
  const count = axis.mode === RECORD_ORDER ? 1 : stack(rows);
  return { rows, count: Math.max(1, count), channels: channelsOf(host) };
}

/** The channels that are there in some boot, in the order of their names. */
function channelsOf(host) {
  const names = new Set(host.boots.flatMap(({ coverage }) => coverage.map(({ channel }) => channel)));
  return [...names].sort();
}

/** The heights of the bands. */
export function measureBands({ count, channels }) {
  const boots = DATES_HEIGHT + count * BOOT_ROW;
  const coverage = boots + 4;
  const findings = coverage + channels.length * COVERAGE_ROW + 6;
  return { boots: DATES_HEIGHT, coverage, findings, end: findings + FINDINGS_ROW };
}

/** Gaps behind everything else, from top to bottom. */
export function drawBackdrop(scene, top, bottom) {
  const { painter, view, colours } = scene;
  for (const part of visibleParts(view)) {
    if (part.kind === 'time') continue;
    const [left, right] = pixelsOfPart(view, part);
    gapColumn(painter, part.kind, left, right, top, bottom, colours);
    scene.hit({ left: left - 1, right: right + 1, top, bottom, gap: part, isBehind: true });
  }
}

/** The dates and times, and their lines through all lanes. */
export function drawDates(scene, bottom) {
  const { painter, view, colours, host } = scene;
  const sizes = { date: { size: 11, weight: 700 }, time: { size: 10.5 } };
  const labels = axisLabels(view, host.base, (text, kind) => painter.measure(text, sizes[kind]) + 4);
  for (const x of labels.lines) painter.rect(x, DATES_HEIGHT, 1, bottom - DATES_HEIGHT, colours.grid);
  for (const { x, text, isStart } of labels.dates) {
    if (isStart) painter.rect(x, 2, 1, DATES_HEIGHT - 2, colours.soft);
    painter.text(text, x + 4, 13, colours.ink, sizes.date);
  }
  for (const { x, text } of labels.times) painter.text(text, x + 3, 29, colours.soft, sizes.time);
}

/** The boots as bands, with their numbers, ends and lengths. */
export function drawBoots(scene, { rows, count }) {
  const { painter, view, colours } = scene;
  const parts = visibleParts(view);
  const gaps = parts.filter(({ kind }) => kind !== 'time' && kind !== 'step').map((part) => pixelsOfPart(view, part));
  for (const { unit, row, ...place } of rows) {
    const left = toPixel(view, { t: place.t0, g: place.g0 });
    const right = Math.max(left + 1.5, toPixel(view, { t: place.t1, g: place.g1 }));
    if (right < -4 || left > view.width + 4) continue;
    const top = DATES_HEIGHT + row * BOOT_ROW + 1;
    const bottom = top + BOOT_ROW - 3;
    painter.rect(left, top, right - left, bottom - top, colours.band);
    writeBoot(scene, unit, Math.max(left, 0), Math.min(right, view.width), top, gaps);
    const isLast = unit === unit.boot.units.at(-1);
    if (isLast) bootEnd(painter, unit.boot.cause, right, top - 1, bottom + 1, colours);
    if (view.axis.mode !== RECORD_ORDER) {
      if (unit.at > 0) zigzag(painter, left, top, bottom, colours.step);
      if (!isLast) zigzag(painter, right, top, bottom, colours.step);
    }
    scene.hit({ left, right, top, bottom, unit });
  }
  for (const part of parts) writeGap(scene, part, DATES_HEIGHT + count * BOOT_ROW);
}

function writeBoot({ painter, colours }, unit, left, right, top, gaps) {
  const room = right - left - 8;
  const name = unitName(unit);
  const { boot } = unit;
  if (painter.measure(name, { size: 11, weight: 700 }) > room) return;
  painter.text(name, left + 4, top + 11, colours.ink, { size: 11, weight: 700 });
  const length = shortLength(boot.units.length > 1 ? unit.last - unit.first : boot.length);
  // A piece of a boot ends where the clock was set.
  const isLast = unit === boot.units.at(-1);
  const whole = `${isLast ? BOOT_ENDS[boot.cause] : GAPS.step} · ${length}`;
  // The amounts of the steps are on the edges of the band.
  const [before, after] = [unit.at > 0 ? STEP_LABEL : 0, isLast ? 0 : STEP_LABEL];
  const parts = partsWithoutGaps(gaps, left + before, right - after);
  const colour = isLast && boot.cause === 'crash' ? colours.crash : colours.soft;
  for (const text of [whole, length]) {
    const part = parts.find(([from, to]) => painter.measure(text, { size: 10 }) <= to - from - 8);
    if (!part) continue;
    painter.text(text, part[0] + 4, top + 22, colour, { size: 10 });
    return;
  }
}

/** The parts of a band that no gap covers with its label. */
function partsWithoutGaps(gaps, left, right) {
  const own = gaps.filter(([from, to]) => from < right && to > left);
  const edges = [left, ...own.flatMap(([from, to]) => [from - 3, to + 3]), right];
  return edges.flatMap((from, at) => (at % 2 === 0 ? [[from, edges[at + 1]]] : []));
}

/** How long a gap was, and three lines where the computer slept or was off with Fast Startup. */
function writeGap({ painter, view, colours }, part, bottom) {
  if (part.kind === 'time' || part.kind === 'step') return;
  const [left, right] = pixelsOfPart(view, part);
  const middle = (left + right) / 2;
  if (part.kind === 'asleep' || part.kind === 'fast-startup') threeLines(painter, middle, DATES_HEIGHT + 9, right - left, colours);
  if (part.length === null || right - left < 9) return;
  const text = shortLength(part.length);
  const width = painter.measure(text, { size: 9 });
  if (width <= right - left + 6) {
    painter.rect(middle - width / 2 - 1, bottom - 13, width + 2, 11, colours.off);
    painter.text(text, middle, bottom - 4, colours.soft, { size: 9, align: 'center' });
  }
}

/** What is there of each log, one line each: torn where records are missing, and a break where boots meet there. */
export function drawCoverage(scene, channels, top) {
  const { painter, view, host, colours } = scene;
  const before = new Map();
  for (const boot of host.boots) {
    for (const own of boot.coverage) {
      const y = top + channels.indexOf(own.channel) * COVERAGE_ROW;
      for (const [from, to] of placesBetween(host, own.first, own.last)) {
        const [left, right] = [scene.at(from), scene.at(to)];
        if (right < 0 || left > view.width) continue;
        painter.rect(left, y, Math.max(1.5, right - left), 2.5, colours.other);
      }
      for (const gap of own.gaps) {
        const lost = { ...gap, channel: own.channel };
        drawTear(scene, lost, gap.after ?? before.get(own.channel), y);
        if (!gap.after) drawBreak(scene, lost, boot, top);
      }
      before.set(own.channel, own.last);
    }
  }
}

/** Records that are missing where a boot begins, in the middle of the gap before it: how many boots there were is not sure. */
function drawBreak(scene, lost, boot, coverage) {
  const { painter, view, colours } = scene;
  const [unit] = boot.units;
  if (!unit) return;
  const begin = scene.at({ unit: unit.index, time: unit.first });
  const before = scene.host.units[unit.index - 1];
  const end = before ? scene.at({ unit: before.index, time: before.last }) : begin;
  const [x, middle] = [end < begin ? (end + begin) / 2 : begin, (DATES_HEIGHT + coverage) / 2];
  if (x < -6 || x > view.width + 6) return;
  recordsMissing(painter, x, middle, colours);
  scene.hit({ left: x - 6, right: x + 6, top: middle - 8, bottom: middle + 8, lost });
}

/** From the last record before a gap to the first one after it; a few pixels where the clock was set back. */
function edgesOf(scene, { before }, from) {
  const right = scene.at(before);
  const left = from ? scene.at(from) : right - 4;
  return [left < right ? left : right - 4, right];
}

/** The readings between two places, in each unit. */
function* placesBetween(host, from, to) {
  for (let unit = from.unit; unit <= to.unit; unit++) {
    const first = unit === from.unit ? from.time : host.units[unit].first;
    const last = unit === to.unit ? to.time : host.units[unit].last;
    yield [{ unit, time: first }, { unit, time: last }];
  }
}

function drawTear(scene, lost, from, y) {
  const { painter, view, colours } = scene;
  const [left, right] = edgesOf(scene, lost, from);
  if (right < 0 || left > view.width) return;
  painter.rect(left, y - 1, Math.max(3, right - left), 4.5, colours.paper);
  painter.line([[left, y - 1], [left + 2, y + 1], [left, y + 3.5]], colours.crash, { lineWidth: 1.2 });
  painter.line([[right, y - 1], [right + 2, y + 1], [right, y + 3.5]], colours.crash, { lineWidth: 1.2 });
  scene.hit({ left: left - 3, right: right + 3, top: y - 2, bottom: y + 4, lost });
}

/** The findings: those close to each other as one, with their number and the worst severity. */
export function drawFindings(scene, findings, top) {
  const { painter, view, colours } = scene;
  const order = ['info', 'warning', 'error'];
  for (const { x, right, items } of mergeMarks(view, findings, () => 12)) {
    const worst = items.reduce((a, b) => (order.indexOf(b.finding.severity) > order.indexOf(a.finding.severity) ? b : a));
    const middle = (x + right) / 2;
    findingMark(painter, middle, top + 8, worst.finding.severity, colours);
    if (items.length > 1) {
      const text = String(items.length);
      const hasRoom = middle + 7 + painter.measure(text, { size: 9 }) <= view.width;
      painter.text(text, middle + (hasRoom ? 7 : -7), top + 7, colours.soft, { size: 9, align: hasRoom ? 'left' : 'right' });
    }
    scene.hit({ left: x - 7, right: right + 7, top, bottom: top + FINDINGS_ROW, findings: items.map((own) => own.finding) });
  }
}

/** Steps of the clock as folds, and cleared logs as dashed lines, through all lanes. */
export function drawFolds(scene, findings, { top, bottom, row }) {
  const { painter, view, colours } = scene;
  const steps = visibleParts(view).filter((part) => part.step);
  const isDense = steps.length > view.width / STEP_TICKS;
  let labelled = [];
  for (const part of steps) {
    const [left, right] = pixelsOfPart(view, part);
    const x = (left + right) / 2;
    if (isDense) {
      painter.rect(x - 0.5, top, 1, 12, colours.step);
      continue;
    }
    painter.line([[x, top], [x, bottom]], colours.step, { dash: [1, 3] });
    zigzag(painter, x, top, top + BOOT_ROW - 10, colours.step, 1.6);
    if (labelled.length > 0 && x - labelled.at(-1).x > STEP_LABEL_ROOM) labelled = writeSteps(scene, labelled, top);
    labelled.push({ x, step: part.step });
  }
  writeSteps(scene, labelled, top);
  for (const { finding, ...place } of findings) {
    if (finding.code !== 'log-cleared') continue;
    const x = toPixel(view, place);
    if (x < 0 || x > view.width) continue;
    painter.line([[x, DATES_HEIGHT], [x, bottom]], colours.error, { lineWidth: 1.5, dash: [5, 3] });
    // In the row of the findings, next to the mark of this one and its number, so that no lane and no boot is covered.
    const style = { size: 10, weight: 600 };
    const isLeft = x > painter.measure('log cleared', style) + 12;
    painter.text('log cleared', isLeft ? x - 9 : x + 20, row + 12, colours.error, { ...style, align: isLeft ? 'right' : 'left' });
  }
}

/** The amount of one step, or the number of several that share a label. */
function writeSteps({ painter, colours }, labelled, top) {
  if (labelled.length === 0) return [];
  const middle = (labelled[0].x + labelled.at(-1).x) / 2;
  const [{ step }] = labelled;
  const text = labelled.length > 1 ? `${labelled.length} steps` : `${step < 0 ? '−' : '+'}${shortLength(step)}`;
  const width = painter.measure(text, { size: 9.5, weight: 700 });
  painter.rect(middle - width / 2 - 2, top + BOOT_ROW - 12, width + 4, 11, colours.paper);
  painter.text(text, middle, top + BOOT_ROW - 3, colours.step, { size: 9.5, weight: 700, align: 'center' });
  return [];
}
