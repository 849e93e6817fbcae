// The axis: parts in which time runs, and gaps between them in which it is folded.
//
// A place on the axis is a pair of numbers that holds at every zoom: `t`, the share of the width that all parts have
// together, and `g`, the pixels of the gaps before it. A gap keeps its pixels when the axis is zoomed.
import { HOUR, MINUTE, SECOND, DAY } from './time.mjs';
import { boundsOf } from './presence.mjs';

export const RECORD_ORDER = 'record';
export const FOLDED_CLOCK = 'folded';
export const TRUE_CLOCK = 'true';

/** Without a boot for so long, the folded clock has a gap. */
const FOLD_FROM = 30 * MINUTE;
/** A power interval shorter than this is no gap. */
const SHORTEST_GAP = 30 * SECOND;
/** The pixels of a gap, and of a step of the clock. */
const [SMALLEST_GAP, LARGEST_GAP, STEP_GAP] = [5, 24, 8];
/** Before the first part and after the last one: marks at both ends of the axis are to be seen whole. */
const MARGIN = 12;
/** At zoom 1 the gaps take at most this share of the width. */
const MOST_OF_WIDTH = 0.42;

/** The width of a part: 30 seconds and 19 hours are both to be seen. */
const weightOf = (ticks) => (ticks / SECOND + 25) ** 0.36;

function gapPixels({ kind, length }) {
  if (kind === 'step') return STEP_GAP;
  const grown = SMALLEST_GAP + 2.2 * Math.log2(1 + Math.max(0, length ?? 0) / HOUR);
  return Math.min(LARGEST_GAP, grown);
}

/** The axis of a computer in one of the three modes. */
export function makeAxis(host, mode) {
  const sequence = mode === RECORD_ORDER ? inRecordOrder(host) : byClock(host, mode);
  const isLinear = mode === TRUE_CLOCK;
  const weights = sequence.map((part) => (part.kind === 'time' ? (isLinear ? part.to - part.from : weightOf(part.to - part.from)) : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  let [t, g] = [0, 0];
  sequence.forEach((part, at) => {
    const width = part.kind === 'time' ? 0 : gapPixels(part);
    Object.assign(part, { index: at, t0: t, t1: t + weights[at] / total, g0: g, g1: g + width });
    [t, g] = [part.t1, part.g1];
  });
  const times = sequence.filter(({ kind }) => kind === 'time');
  const axis = { mode, parts: sequence, times, gapPixels: g, byUnit: [] };
  if (mode === RECORD_ORDER) {
    for (const part of times) (axis.byUnit[part.unit] ??= []).push(part);
  }
  return axis;
}

/** Each boot after the other, cut where the clock was set and where the computer was off or asleep. */
function inRecordOrder(host) {
  const sequence = [];
  let before = null;
  for (const boot of host.boots) {
    if (boot.units.length === 0) continue;
    if (before) sequence.push(gapBetween(before, boot));
    for (const unit of boot.units) {
      if (unit.at > 0) sequence.push(stepGap(boot, unit));
      sequence.push(...cutAtPower(unit));
    }
    before = boot;
  }
  return sequence;
}

/** What lies between two boots. */
function gapBetween(before, next) {
  const [from, to] = [boundsOf(before).to, boundsOf(next).from];
  const length = to.time - from.time;
  const kinds = { crash: 'crash', shutdown: 'off', restart: 'off', 'power-off': 'off' };
  const kind = kinds[before.cause] ?? 'unknown';
  return { kind, unit: from.unit, from: from.time, to: to.time, length: length < 0 ? null : length, before, next };
}

/** A step of the clock, with which the computer may have been asleep. */
function stepGap(boot, unit) {
  const before = boot.units[unit.at - 1];
  const power = boot.power.find(({ from, to }) => from?.unit === before.index && to?.unit === unit.index);
  const step = { kind: 'step', unit: before.index, from: before.last, to: unit.first, length: null, step: unit.step, boot };
  return power ? { ...step, kind: kindOfPower(power), length: power.to.time - power.from.time, power } : step;
}

const kindOfPower = (power) => (power.kind === 'off' ? 'fast-startup' : 'asleep');

/** The parts of a unit between its power intervals, with these as gaps. */
function cutAtPower(unit) {
  const cuts = unit.boot.power.filter(({ from, to }) => {
    return from?.unit === unit.index && to?.unit === unit.index && to.time - from.time >= SHORTEST_GAP;
  });
  const sequence = [];
  let from = unit.first;
  for (const power of cuts) {
    if (power.from.time < from) continue;
    sequence.push({ kind: 'time', unit: unit.index, boot: unit.boot, from, to: power.from.time });
    const [begin, end] = [power.from.time, Math.min(power.to.time, unit.last)];
    sequence.push({ kind: kindOfPower(power), unit: unit.index, from: begin, to: end, length: end - begin, boot: unit.boot, power });
    from = end;
  }
  sequence.push({ kind: 'time', unit: unit.index, boot: unit.boot, from, to: Math.max(from, unit.last) });
  return sequence;
}

/** The time of the clock, whichever boots it was read in. */
function byClock(host, mode) {
  const running = host.units.flatMap((unit) => cutAtPower(unit).filter(({ kind }) => kind === 'time'));
  running.sort((a, b) => a.from - b.from);
  const parts = [];
  for (const { from, to } of running) {
    const last = parts.at(-1);
    const limit = mode === TRUE_CLOCK ? Infinity : FOLD_FROM;
    if (last && from - last.to < limit) last.to = Math.max(last.to, to);
    else parts.push({ kind: 'time', from, to });
  }
  return parts.flatMap((part, at) => {
    if (at === 0) return [part];
    const from = parts[at - 1].to;
    return [{ kind: gapKind(host, from, part.from), from, to: part.from, length: part.from - from }, part];
  });
}

/** What the computer was in a gap of the clock: what the boot or power interval that ended there says. */
function gapKind(host, from, to) {
  const isAt = (time) => time !== undefined && time >= from - SECOND && time <= to;
  for (const boot of host.boots) {
    const power = boot.power.find((own) => own.from && own.to && isAt(own.from.time) && own.to.time > from);
    if (power) return kindOfPower(power);
    if (boot.units.length > 0 && isAt(boundsOf(boot).to.time)) {
      if (boot.cause === 'crash') return 'crash';
      return ['shutdown', 'restart', 'power-off'].includes(boot.cause) ? 'off' : 'unknown';
    }
  }
  return 'unknown';
}

/** The part of a place, the last one that begins at or before it; the first one for what is earlier. */
function partAt(axis, { unit, time }) {
  const parts = axis.mode === RECORD_ORDER ? axis.byUnit[unit] : axis.times;
  if (!parts?.length) return null;
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (parts[middle].from <= time) low = middle;
    else high = middle - 1;
  }
  return parts[low];
}

/** Where a place is on the axis: `{ t, g }`. What lies in a gap has its share of it. */
export function locate(axis, place) {
  const part = partAt(axis, place);
  if (!part) return { t: 0, g: 0 };
  if (place.time <= part.to) {
    const share = part.to > part.from ? Math.max(0, (place.time - part.from) / (part.to - part.from)) : 0;
    return { t: part.t0 + share * (part.t1 - part.t0), g: part.g0 };
  }
  const gap = axis.parts[part.index + 1];
  if (!gap || gap.kind === 'time') return { t: part.t1, g: part.g1 };
  const share = gap.to > gap.from ? Math.min(1, (place.time - gap.from) / (gap.to - gap.from)) : 1;
  return { t: part.t1, g: gap.g0 + share * (gap.g1 - gap.g0) };
}

/** The axis on so many pixels: `x` = `MARGIN` + `t` × `ofTime` + `g` × `ofGaps` − `scroll`. */
export function makeView(axis, width, zoom = 1, scroll = 0) {
  const gaps = Math.min(axis.gapPixels, width * MOST_OF_WIDTH);
  const ofGaps = axis.gapPixels > 0 ? gaps / axis.gapPixels : 0;
  const ofTime = (width - 2 * MARGIN - gaps) * zoom;
  const length = ofTime + gaps + 2 * MARGIN;
  return { axis, width, zoom, ofGaps, ofTime, length, scroll: Math.max(0, Math.min(scroll, length - width)) };
}

/** The pixel of a place on the axis. */
export function toPixel(view, { t, g }) {
  return MARGIN + t * view.ofTime + g * view.ofGaps - view.scroll;
}

/** The pixel of a time. */
export function pixelOf(view, place) {
  return toPixel(view, locate(view.axis, place));
}

/** The left and the right pixel of a part, a gap or a bar. */
export function pixelsOfPart(view, part) {
  return [toPixel(view, { t: part.t0, g: part.g0 }), toPixel(view, { t: part.t1, g: part.g1 })];
}

/** The parts and gaps that a view shows. */
export function visibleParts(view) {
  const { parts } = view.axis;
  const right = (part) => toPixel(view, { t: part.t1, g: part.g1 });
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (right(parts[middle]) < 0) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < parts.length && pixelsOfPart(view, parts[end])[0] <= view.width) end++;
  return parts.slice(low, end);
}

/**
 * What is at a pixel: the part or gap, and there the time. In record order also the unit; that of a gap is the one before
 * it, so that what may have lasted into the gap is found.
 */
export function placeAt(view, x) {
  const { parts } = view.axis;
  if (parts.length === 0) return null;
  const found = visibleParts(view).find((part) => x <= pixelsOfPart(view, part)[1]) ?? (x < 0 ? parts[0] : parts.at(-1));
  const [left, right] = pixelsOfPart(view, found);
  const share = right > left ? Math.max(0, Math.min(1, (x - left) / (right - left))) : 0;
  // Across a step of the clock no time passed: what was right before it holds.
  const isTime = found.to >= found.from && !found.step;
  const time = Math.round(isTime ? found.from + share * (found.to - found.from) : found.from);
  return { part: found, time, unit: found.unit ?? null, isGap: found.kind !== 'time' };
}

/** The place on the axis at a pixel: `{ t, g }`. */
export function axisPlaceAt(view, x) {
  const part = placeAt(view, x)?.part;
  if (!part) return { t: 0, g: 0 };
  const [left, right] = pixelsOfPart(view, part);
  const share = right > left ? Math.max(0, Math.min(1, (x - left) / (right - left))) : 0;
  return { t: part.t0 + share * (part.t1 - part.t0), g: part.g0 + share * (part.g1 - part.g0) };
}

/** A cursor that is pinned to a place: it has its place on the axis, so that it keeps its time in every view. */
export function pinnedAt(view, { time, unit }) {
  const at = locate(view.axis, { unit, time });
  const part = placeAt(view, toPixel(view, at))?.part;
  if (!part) return null;
  const isOfUnit = view.axis.mode === RECORD_ORDER;
  return { place: { part, time, unit: isOfUnit ? unit : null, isGap: part.kind !== 'time' }, isPinned: true, at };
}

/**
 * A pinned cursor on another axis, at its time; null where it is not pinned, or where the order of the records has that time
 * more than once or not at all.
 */
export function movedCursor(host, view, cursor) {
  if (!cursor?.isPinned) return null;
  const { time, unit } = cursor.place;
  if (unit !== null || view.axis.mode !== RECORD_ORDER) return pinnedAt(view, { time, unit });
  const units = host.units.filter(({ first, last }) => first <= time && time <= last);
  return units.length === 1 ? pinnedAt(view, { time, unit: units[0].index }) : null;
}

/** The view at another zoom, with the place at pixel `x` still there. */
export function zoomAt(view, x, zoom) {
  const limited = Math.max(1, Math.min(zoom, mostZoom(view)));
  const part = placeAt(view, x)?.part;
  if (!part) return view;
  const [left, right] = pixelsOfPart(view, part);
  const share = right > left ? (x - left) / (right - left) : 0;
  const next = makeView(view.axis, view.width, limited, 0);
  const [newLeft, newRight] = pixelsOfPart(next, part);
  return makeView(view.axis, view.width, limited, newLeft + share * (newRight - newLeft) - x);
}

/** At the highest zoom a second is some pixels wide in the part that is drawn the smallest. */
function mostZoom(view) {
  const base = (view.ofTime / view.zoom) || 1;
  const secondsPerPixel = view.axis.times.map((part) => (part.to - part.from) / SECOND / ((part.t1 - part.t0) * base || 1));
  return Math.max(1, ...secondsPerPixel.map((seconds) => seconds * 20));
}

/** The view that shows what lies between two places on the axis. */
export function fitView(view, from, to, margin = 0.04) {
  const gaps = (to.g - from.g) * view.ofGaps;
  const base = view.ofTime / view.zoom;
  const share = Math.max(to.t - from.t, 1e-9);
  const wanted = (view.width * (1 - 2 * margin) - gaps) / (share * base);
  const zoom = Math.max(1, Math.min(wanted, mostZoom(view)));
  const next = makeView(view.axis, view.width, zoom, 0);
  const middle = (toPixel(next, from) + toPixel(next, to)) / 2;
  return makeView(view.axis, view.width, zoom, middle - view.width / 2);
}

/** Which axis a computer is shown on first: where its clock was set back, the order of the records. */
export function firstMode(host) {
  return setBackCount(host) > 0 ? RECORD_ORDER : FOLDED_CLOCK;
}

/** How many times the clock was set back: within boots, and from one to the next. */
export function setBackCount(host) {
  const within = host.units.filter(({ step }) => step < 0).length;
  const timed = host.boots.filter(({ units }) => units.length > 0);
  const next = timed.slice(1).filter((boot, at) => boundsOf(boot).from.time < boundsOf(timed[at]).to.time);
  return within + next.length;
}

/** The times between which the labels of a part count seconds, minutes, hours or days. */
export const LABEL_STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE))
  .concat([1, 2, 3, 6, 12].map((n) => n * HOUR))
  .concat([1, 2, 7, 14, 28].map((n) => n * DAY));
