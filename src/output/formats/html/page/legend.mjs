// The key: each mark as the chart draws it, with its meaning.
import { arrowHead, bootEnd, cap, cross, findingMark, flag, gapColumn, recordsMissing, square, threeLines, tornEdge, triangle, zigzag } from './shapes.mjs';
import { CanvasPainter } from './theme.mjs';
import { el, fill, sizeCanvas } from './dom.mjs';

const [WIDTH, HEIGHT] = [30, 18];

const bar = (colour, letter) => (painter, colours) => {
  painter.rect(3, 4, 24, 10, colours[colour]);
  if (letter) painter.text(letter, 6, 12, colours['on-bar'], { size: 9, weight: 700 });
};

const hatched = (colour) => (painter, colours) => {
  painter.hatch(3, 4, 24, 10, colours[colour]);
  painter.frame(3.5, 4.5, 23, 9, colours[colour]);
};

/** Each mark: its name, and how it is drawn. */
const MARKS = [
  ['desktop', bar('desktop', 'D')],
  ['remote desktop', (painter, colours) => {
    bar('remote')(painter, colours);
    painter.rect(4, 8.3, 22, 1.5, colours['on-bar']);
  }],
  ['runas, new credentials', hatched('secondary')],
  ['network', (painter, colours) => painter.rect(3, 8, 24, 4, colours.network)],
  ['linked pair', (painter, colours) => {
    bar('desktop')(painter, colours);
    painter.rect(4, 11, 22, 1, colours['on-bar']);
  }],
  ['locked', (painter, colours) => {
    painter.rect(3, 4, 24, 10, colours.light(colours.desktop));
    painter.frame(3.5, 4.5, 23, 9, colours.desktop);
  }],
  ['perhaps locked: only an unlock shows it', (painter, colours) => {
    painter.rect(3, 4, 24, 10, colours.light(colours.desktop));
    painter.frame(3.5, 4.5, 23, 9, colours.desktop, { dash: [3, 2] });
  }],
  ['disconnected', (painter, colours) => painter.frame(3.5, 4.5, 23, 9, colours.remote, { dash: [3, 2] })],
  ['may have been there', hatched('desktop')],
  ['terminated (4634)', (painter, colours) => {
    painter.rect(3, 4, 18, 10, colours.desktop);
    cap(painter, 21, 4, 10, colours);
  }],
  ['logoff asked for (4647)', (painter, colours) => triangle(painter, 15, 5, 8, colours.ink, colours.paper)],
  ['end inferred or inherited', (painter, colours) => {
    painter.rect(3, 4, 22, 10, colours.desktop);
    square(painter, 24, 9, colours);
  }],
  ['end between ≥ and ≤', (painter, colours) => {
    painter.rect(3, 4, 10, 10, colours.desktop);
    painter.hatch(13, 4, 12, 10, colours.desktop);
    cap(painter, 26, 4, 10, colours);
  }],
  ['open at the end of the log', (painter, colours) => {
    painter.rect(3, 4, 16, 10, colours.desktop);
    arrowHead(painter, 19, 4, 10, colours.desktop);
  }],
  ['start or end not known', (painter, colours) => {
    painter.hatch(6, 4, 20, 10, colours.desktop);
    tornEdge(painter, 4, 3, 15, colours);
  }],
  ['boot ended in order', (painter, colours) => {
    painter.rect(3, 3, 20, 12, colours.band);
    bootEnd(painter, 'shutdown', 23, 2, 16, colours);
  }],
  ['crash', (painter, colours) => {
    painter.rect(3, 3, 20, 12, colours.band);
    bootEnd(painter, 'crash', 23, 2, 16, colours);
  }],
  ['end not known, log ends', (painter, colours) => {
    painter.rect(3, 3, 20, 12, colours.band);
    bootEnd(painter, 'unknown', 23, 2, 16, colours);
  }],
  ['off', (painter, colours) => gapColumn(painter, 'off', 6, 24, 2, 16, colours)],
  ['Fast Startup, asleep', (painter, colours) => {
    gapColumn(painter, 'asleep', 6, 24, 2, 16, colours);
    threeLines(painter, 15, 9, 18, colours);
  }],
  ['off or not known after a crash', (painter, colours) => gapColumn(painter, 'crash', 6, 24, 2, 16, colours)],
  ['not logged', (painter, colours) => gapColumn(painter, 'unknown', 6, 24, 2, 16, colours)],
  ['records missing between boots', (painter, colours) => recordsMissing(painter, 15, 9, colours)],
  ['records missing in a boot', (painter, colours) => {
    painter.rect(2, 8, 9, 2.5, colours.other);
    painter.rect(19, 8, 9, 2.5, colours.other);
    for (const x of [11, 19]) painter.line([[x, 7], [x + 2, 9], [x, 11.5]], colours.crash, { lineWidth: 1.2 });
  }],
  ['clock step', (painter, colours) => zigzag(painter, 15, 2, 16, colours.step)],
  ['log cleared', (painter, colours) => painter.line([[15, 1], [15, 17]], colours.error, { lineWidth: 1.5, dash: [4, 2] })],
  ['unlock check', (painter, colours) => painter.rect(14, 5, 1.5, 8, colours.ink)],
  ['UAC prompt', (painter, colours) => triangle(painter, 15, 5, 8, colours.warning, colours.paper, false)],
  ['on the watch list', (painter, colours) => flag(painter, 12, 4, colours)],
  ['failed logons', (painter, colours) => {
    cross(painter, 9, 5.5, 7, colours.error);
    painter.text('3', 16, 12, colours.error, { size: 9, weight: 600 });
  }],
  ['error', (painter, colours) => findingMark(painter, 15, 9, 'error', colours)],
  ['warning', (painter, colours) => findingMark(painter, 15, 9, 'warning', colours)],
  ['remark', (painter, colours) => findingMark(painter, 15, 9, 'info', colours)],
];

/** Fills the key. */
export function showLegend(element, colours) {
  fill(element, ...MARKS.map(([name, draw]) => {
    const canvas = el('canvas', { 'aria-hidden': 'true' });
    draw(new CanvasPainter(sizeCanvas(canvas, WIDTH, HEIGHT)), colours);
    return el('span', { class: 'mark' }, canvas, name);
  }));
}
