// The marks of the chart. Each differs from the others by its shape, so that colour is never needed.

/** The colour of a class of sessions. */
export function colourOf(colours, kind) {
  const byKind = {
    desktop: colours.desktop,
    'remote-desktop': colours.remote,
    secondary: colours.secondary,
    network: colours.network,
    batch: colours.service,
    service: colours.service,
    anonymous: colours.anonymous,
    elevation: colours.warning,
    revalidation: colours.ink,
  };
  return byKind[kind] ?? colours.other;
}

/** The letter in a bar. */
export const LETTERS = { desktop: 'D', 'remote-desktop': 'R', secondary: '2' };

/** A zigzag from top to bottom. */
export function zigzag(painter, x, top, bottom, colour, lineWidth = 1.5) {
  const points = [];
  const steps = Math.max(3, Math.round((bottom - top) / 6));
  for (let step = 0; step <= steps; step++) {
    points.push([x + (step % 2 === 0 ? -2.5 : 2.5), top + ((bottom - top) * step) / steps]);
  }
  painter.line(points, colour, { lineWidth });
}

/** A torn edge: what was before is not known. */
export function tornEdge(painter, x, top, bottom, colours) {
  const points = [];
  const steps = 4;
  for (let step = 0; step <= steps; step++) {
    points.push([x + (step % 2 === 0 ? 0 : 3), top + ((bottom - top) * step) / steps]);
  }
  painter.line(points, colours.ink, { lineWidth: 1.2 });
}

/** A hollow triangle that points down (4647) or up (a UAC prompt). */
export function triangle(painter, x, y, size, stroke, paper, isDown = true) {
  const [base, tip] = isDown ? [y, y + size] : [y + size, y];
  const points = [[x - size * 0.6, base], [x + size * 0.6, base], [x, tip], [x - size * 0.6, base]];
  painter.polygon(points, paper);
  painter.line(points, stroke, { lineWidth: 1.2 });
}

/** A cross: a failed logon. */
export function cross(painter, x, y, size, colour) {
  painter.line([[x - size / 2, y], [x + size / 2, y + size]], colour, { lineWidth: 1.8 });
  painter.line([[x + size / 2, y], [x - size / 2, y + size]], colour, { lineWidth: 1.8 });
}

/** A cap taller than its bar: a record says that the session is gone. */
export function cap(painter, x, top, height, colours) {
  painter.rect(x - 1, top - 3, 2, height + 6, colours.ink);
}

/** A flag: on the list of `--watch`. */
export function flag(painter, x, y, colours) {
  painter.rect(x - 0.75, y, 1.5, 10, colours.error);
  painter.polygon([[x, y], [x + 7, y + 2.5], [x, y + 5]], colours.error);
}

/** A small hollow square: an end that is true but was not logged as such. */
export function square(painter, x, middle, colours) {
  painter.rect(x - 6, middle - 2.5, 5, 5, colours.paper);
  painter.frame(x - 6, middle - 2.5, 5, 5, colours.ink, { lineWidth: 1 });
}

/** An arrow head: the session goes on, unseen. */
export function arrowHead(painter, x, top, height, colour) {
  painter.polygon([[x, top], [x + height * 0.55, top + height / 2], [x, top + height]], colour);
}

/** A finding: an error is a square, a warning a triangle, a remark a ring. */
export function findingMark(painter, x, y, severity, colours) {
  if (severity === 'error') {
    painter.rect(x - 4.5, y - 4.5, 9, 9, colours.error);
    painter.text('!', x, y + 3.5, colours.paper, { size: 9, weight: 700, align: 'center' });
  } else if (severity === 'warning') {
    painter.polygon([[x, y - 5], [x + 5.5, y + 4.5], [x - 5.5, y + 4.5]], colours.warning);
    painter.text('!', x, y + 4, colours.paper, { size: 8, weight: 700, align: 'center' });
  } else {
    painter.ring(x, y, 3.5, colours.soft);
  }
}

/** What lies between two boots, or within one while the computer did not run. */
export function gapColumn(painter, kind, left, right, top, bottom, colours) {
  const [width, height] = [right - left, bottom - top];
  if (kind === 'step' || width <= 0) return;
  painter.rect(left, top, width, height, colours.off);
  if (kind === 'crash') painter.hatch(left, top, width, height, colours.light(colours.crash));
  else if (kind === 'off') painter.hatch(left, top, width, height, colours.line);
  else if (kind === 'unknown') painter.line([[left + width / 2, top], [left + width / 2, bottom]], colours.soft, { dash: [1, 4] });
}

/** The three lines that stand for a Fast Startup or a sleep. */
export function threeLines(painter, x, y, width, colours) {
  const half = Math.min(5, width / 2 - 0.5);
  for (const offset of [-3, 0, 3]) painter.line([[x - half, y + offset], [x + half, y + offset]], colours.soft, { lineWidth: 1 });
}

/** Two strokes across the boots: records are missing between them. */
export function recordsMissing(painter, x, middle, colours) {
  painter.polygon([[x - 5, middle + 7], [x - 1, middle - 7], [x + 5, middle - 7], [x + 1, middle + 7]], colours.paper);
  for (const offset of [-3, 3]) {
    painter.line([[x + offset - 2, middle + 7], [x + offset + 2, middle - 7]], colours.error, { lineWidth: 1.6 });
  }
}

/** How a boot ended: in order, by a crash, not known. */
export function bootEnd(painter, cause, x, top, bottom, colours) {
  if (cause === 'crash') zigzag(painter, x, top, bottom, colours.crash, 1.8);
  else if (['shutdown', 'restart', 'power-off'].includes(cause)) painter.rect(x - 1.5, top, 3, bottom - top, colours.ink);
  else painter.line([[x, top], [x, bottom]], colours.ink, { lineWidth: 1.6, dash: [2, 2] });
}
