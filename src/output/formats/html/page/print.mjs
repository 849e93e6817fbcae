// What a printer gets: the chart of the whole record as SVG, and the whole table.
import { el, fill, byId } from './dom.mjs';
import { makeView } from './axis.mjs';
import { drawChart } from './chart.mjs';
import { SvgPainter } from './svg-painter.mjs';
import { printedTable } from './table.mjs';
import { plural } from './words.mjs';

/** The chart on A4 landscape, in pixels of which 96 are an inch. */
const WIDTH = 1040;
const LABELS = 130;
/** A printed table has at most so many rows, which are 400 pages. */
const MOST_ROWS = 12000;

/** Makes the printed part for a computer and its sessions. */
export function preparePrint(chart, sessions, colours, ruler) {
  const painter = new SvgPainter(WIDTH, chart.height, ruler);
  drawChart(painter, chart, makeView(chart.axis, WIDTH - LABELS), { labelWidth: LABELS, colours });
  const rows = sessions.slice(0, MOST_ROWS);
  const left = sessions.length - rows.length;
  fill(
    byId('print'),
    el('h2', {}, chart.host.name),
    el('p', {}, byId('computer-counts').textContent),
    el('p', {}, byId('axis-meaning').textContent),
    el('div', { class: 'printed-chart' }, painter.root),
    el('h3', {}, 'Sessions'),
    printedTable(chart.host, rows),
    left > 0 ? el('p', {}, `and ${plural(left, 'more session')}: see sessions.csv`) : null,
  );
}

/** Empties it again: the screen needs the memory. */
export function forgetPrint() {
  fill(byId('print'));
}
