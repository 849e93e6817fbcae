// The whole record of a computer in a small picture, with the window that the chart shows.
import { axisPlaceAt, makeView, pixelsOfPart, toPixel } from './axis.mjs';
import { monthMarks } from './axis-labels.mjs';
import { bootEnd, colourOf, gapColumn, zigzag } from './shapes.mjs';
import { monthText } from './time.mjs';

export const OVERVIEW_HEIGHT = 78;
const [BANDS, BARS, LABELS] = [14, 18, 64];

/** Draws the overview in its own view, which always has the whole axis. It does not change with the window. */
export function drawOverview(painter, chart, width, colours) {
  const view = makeView(chart.axis, width);
  painter.rect(0, 0, width, OVERVIEW_HEIGHT, colours.paper);
  for (const part of chart.axis.parts) {
    if (part.kind === 'time') continue;
    const [left, right] = pixelsOfPart(view, part);
    gapColumn(painter, part.kind, left, right, 0, LABELS, colours);
    if (part.step && chart.axis.parts.length < width / 2) zigzag(painter, (left + right) / 2, 1, BANDS, colours.step, 1.2);
  }
  for (const { unit, t0, g0, t1, g1 } of chart.boots.rows) {
    const [left, right] = [toPixel(view, { t: t0, g: g0 }), toPixel(view, { t: t1, g: g1 })];
    painter.rect(left, 2, Math.max(1, right - left), BANDS - 3, colours.band);
    if (unit === unit.boot.units.at(-1) && chart.boots.rows.length < width / 3) bootEnd(painter, unit.boot.cause, right, 1, BANDS, colours);
  }
  drawPeople(painter, chart, view, colours);
  for (const { x, text } of monthMarks(view, chart.host.base, monthText, (label) => painter.measure(label, { size: 10 }))) {
    painter.text(text, x, OVERVIEW_HEIGHT - 4, colours.soft, { size: 10 });
  }
}

/** Each person in a row of a few pixels; people beyond the room share the last row. */
function drawPeople(painter, { rows }, view, colours) {
  const people = rows.filter(({ lane }) => lane.isPerson && lane.bars.length + lane.thin.length > 0);
  const height = Math.max(2, Math.min(7, (LABELS - BARS - 4) / Math.max(1, people.length)));
  people.forEach(({ lane }, at) => {
    const y = Math.min(BARS + at * height, LABELS - height - 2);
    let drawnTo = -Infinity;
    for (const bar of [...lane.thin, ...lane.bars]) {
      for (const span of bar.spans) {
        const left = toPixel(view, { t: span.t0, g: span.g0 });
        const right = Math.max(left + 1.5, toPixel(view, { t: span.t1, g: span.g1 }));
        // Of thousands, most lie in a pixel that is drawn already.
        if (right <= drawnTo + 0.25 && right - left < 2) continue;
        drawnTo = Math.max(drawnTo, right);
        const draw = span.isSure ? 'rect' : 'hatch';
        painter[draw](left, y, right - left, Math.max(1.5, height - 1), colourOf(colours, bar.session.kind));
      }
    }
  });
}

/** What the chart does not show is pale, and the window has a frame. */
export function drawWindow(painter, axis, width, window, colours) {
  const view = makeView(axis, width);
  if (window.zoom <= 1.001) return;
  const [left, right] = windowOn(view, window);
  painter.rect(0, 0, left, LABELS, colours.veil);
  painter.rect(right, 0, view.width - right, LABELS, colours.veil);
  painter.frame(left, 1, Math.max(3, right - left), LABELS - 2, colours.accent, { lineWidth: 2 });
}

/** The pixels on the overview of what a view of the same axis shows. */
export function windowOn(overview, view) {
  return [0, view.width].map((x) => toPixel(overview, axisPlaceAt(view, x)));
}

/** The place on the axis at a pixel of the overview. */
export function placeOnOverview(axis, width, x) {
  return axisPlaceAt(makeView(axis, width), Math.max(0, Math.min(width, x)));
}
