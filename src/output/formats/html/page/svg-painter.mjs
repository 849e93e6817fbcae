// Draws as `CanvasPainter` does, into SVG: for print, which has more dots than a screen.

const SVG = 'http://www.w3.org/2000/svg';
const FAMILY = 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
let clips = 0;

/** An element of SVG. */
export function svgElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const short = (number) => Math.round(number * 100) / 100;

/** Paints into an SVG element of this size. `ruler` is a canvas painter that measures texts. */
export class SvgPainter {
  constructor(width, height, ruler) {
    this.ruler = ruler;
    this.root = svgElement('svg', { viewBox: `0 0 ${short(width)} ${short(height)}`, width: '100%' });
    this.defs = svgElement('defs', {});
    this.root.append(this.defs);
    this.into = this.root;
    this.hatches = new Map();
  }

  add(name, attributes) {
    const element = svgElement(name, attributes);
    this.into.append(element);
    return element;
  }

  rect(x, y, width, height, fill) {
    if (width <= 0 || height <= 0) return;
    this.add('rect', { x: short(x), y: short(y), width: short(width), height: short(height), fill });
  }

  frame(x, y, width, height, stroke, { lineWidth = 1, dash = [] } = {}) {
    if (width <= 0 || height <= 0) return;
    const box = { x: short(x), y: short(y), width: short(width), height: short(height) };
    this.add('rect', { ...box, fill: 'none', stroke, 'stroke-width': lineWidth, 'stroke-dasharray': dash.join(' ') });
  }

  line(points, stroke, { lineWidth = 1, dash = [] } = {}) {
    this.add('polyline', { points: pointList(points), fill: 'none', stroke, 'stroke-width': lineWidth, 'stroke-dasharray': dash.join(' ') });
  }

  polygon(points, fill) {
    this.add('polygon', { points: pointList(points), fill });
  }

  ring(x, y, radius, stroke, lineWidth = 1.4) {
    this.add('circle', { cx: short(x), cy: short(y), r: radius, fill: 'none', stroke, 'stroke-width': lineWidth });
  }

  hatch(x, y, width, height, colour) {
    if (!this.hatches.has(colour)) this.hatches.set(colour, this.makeHatch(colour));
    this.rect(x, y, width, height, `url(#${this.hatches.get(colour)})`);
  }

  makeHatch(colour) {
    const id = `hatch-${clips++}`;
    const pattern = svgElement('pattern', { id, width: 4, height: 4, patternUnits: 'userSpaceOnUse' });
    pattern.append(svgElement('path', { d: 'M-1 5L5 -1M-1 1L1 -1M3 5L5 3', stroke: colour, 'stroke-width': 1.1 }));
    this.defs.append(pattern);
    return id;
  }

  text(text, x, y, fill, { size = 11, weight = 400, align = 'left' } = {}) {
    const anchor = { left: 'start', center: 'middle', right: 'end' }[align];
    const style = { 'font-size': size, 'font-weight': weight, 'font-family': FAMILY, 'text-anchor': anchor };
    this.add('text', { x: short(x), y: short(y), fill, ...style }).textContent = text;
  }

  measure(text, style) {
    return this.ruler.measure(text, style);
  }

  clip(x, y, width, height, origin) {
    const id = `clip-${clips++}`;
    const path = svgElement('clipPath', { id });
    path.append(svgElement('rect', { x: short(x), y: short(y), width: short(width), height: short(height) }));
    this.defs.append(path);
    const clipped = this.add('g', { 'clip-path': `url(#${id})` });
    const shifted = svgElement('g', { transform: `translate(${short(origin)} 0)` });
    clipped.append(shifted);
    this.into = shifted;
  }

  unclip() {
    this.into = this.root;
  }
}

/** Points as attributes have them. */
export const pointList = (points) => points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
