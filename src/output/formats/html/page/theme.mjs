// Colours, from the style sheet, and the painter that draws with them on a canvas.

const NAMES = [
  'paper', 'panel', 'ink', 'soft', 'line', 'grid', 'band', 'off', 'desktop', 'remote', 'secondary', 'network', 'other',
  'service', 'anonymous', 'crash', 'step', 'warning', 'error', 'accent', 'on-bar', 'veil',
];

/** The colours of the theme that is shown now. */
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...colours, light: (colour) => `${colour}55` };
}

const FAMILY = 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif';

/** Draws on a canvas. `SvgPainter` has the same methods. */
export class CanvasPainter {
  constructor(context) {
    this.context = context;
    this.hatches = new Map();
  }

  rect(x, y, width, height, colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(x, y, width, height);
  }

  frame(x, y, width, height, colour, { lineWidth = 1, dash = [] } = {}) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.setLineDash(dash);
    context.strokeRect(x, y, width, height);
  }

  line(points, colour, { lineWidth = 1, dash = [] } = {}) {
    const { context } = this;
    this.trace(points);
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.setLineDash(dash);
    context.stroke();
  }

  polygon(points, colour) {
    this.trace(points);
    this.context.fillStyle = colour;
    this.context.fill();
  }

  ring(x, y, radius, colour, lineWidth = 1.4) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.setLineDash([]);
    context.stroke();
  }

  hatch(x, y, width, height, colour) {
    if (!this.hatches.has(colour)) this.hatches.set(colour, hatchPattern(this.context, colour));
    this.rect(x, y, width, height, this.hatches.get(colour));
  }

  text(text, x, y, colour, { size = 11, weight = 400, align = 'left' } = {}) {
    const { context } = this;
    context.font = `${weight} ${size}px ${FAMILY}`;
    context.textAlign = align;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  measure(text, { size = 11, weight = 400 } = {}) {
    this.context.font = `${weight} ${size}px ${FAMILY}`;
    return this.context.measureText(text).width;
  }

  /** Until `unclip`, draws only within a rectangle, with `x` = 0 at `origin`. */
  clip(x, y, width, height, origin) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.translate(origin, 0);
  }

  unclip() {
    this.context.restore();
  }

  trace(points) {
    const { context } = this;
    context.beginPath();
    points.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  }
}

/** Lines from bottom left to top right, four pixels apart. */
function hatchPattern(context, colour) {
  const size = 4;
  const ratio = window.devicePixelRatio || 1;
  const tile = document.createElement('canvas');
  tile.width = tile.height = size * ratio;
  const own = tile.getContext('2d');
  own.scale(ratio, ratio);
  own.strokeStyle = colour;
  own.lineWidth = 1.2;
  own.beginPath();
  for (const offset of [-size, 0, size]) {
    own.moveTo(offset - 1, size + 1);
    own.lineTo(offset + size + 1, -1);
  }
  own.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/** A text that is cut, with an ellipsis, where it is wider than there is room. */
export function fitText(painter, text, width, style) {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  if (painter.measure(short, style) <= width) return short;
  let [low, high] = [0, short.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (painter.measure(`${short.slice(0, middle)}…`, style) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${short.slice(0, low)}…`;
}

/** Shortens texts to a width so that different texts stay different: where their beginnings are the same, each keeps its
 * end instead of its middle, and where that is the same too, it gets a number. */
export function fitDistinct(painter, texts, width, style) {
  const different = [...new Set(texts)];
  const labels = new Map(different.map((text) => [text, fitText(painter, text, width, style)]));
  const repeated = () => {
    const counts = new Map();
    for (const label of labels.values()) counts.set(label, (counts.get(label) ?? 0) + 1);
    return different.filter((text) => counts.get(labels.get(text)) > 1);
  };
  for (const text of repeated()) labels.set(text, fitMiddle(painter, text, width, style));
  repeated().forEach((text, at) => {
    const number = ` ~${at + 1}`;
    labels.set(text, `${fitText(painter, text, width - painter.measure(number, style), style)}${number}`);
  });
  return texts.map((text) => labels.get(text));
}

/** Shortens a text to a width; its beginning and its end are kept. */
function fitMiddle(painter, text, width, style) {
  if (painter.measure(text, style) <= width) return text;
  const cut = (kept) => `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
  let [low, high] = [0, Math.min(text.length - 1, 80)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (painter.measure(cut(middle), style) <= width) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

/** Light becomes dark, and dark light. */
export function changeTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
}

/** Paper is light: sets the light theme, and gives what sets the one before again. */
export function useLightTheme() {
  const root = document.documentElement;
  const before = root.dataset.theme ?? '';
  root.dataset.theme = 'light';
  return () => {
    if (before) root.dataset.theme = before;
    else delete root.dataset.theme;
  };
}
