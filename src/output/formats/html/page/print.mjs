// What a printer gets: the chart of the whole record as SVG, and the whole table.
import { el, fill, byId } from './dom.mjs';
import { makeView } from './axis.mjs';
import { drawChart } from './chart.mjs';
import { SvgPainter } from './svg-painter.mjs';
import { printedTable } from './table.mjs';
import { countedSentence, plural } from './words.mjs';

/** The chart on A4 landscape, in pixels of which 96 are an inch. */
const WIDTH = 1040;
const LABELS = 130;
/** A printed table has at most so many rows, which are 400 pages. */
const MOST_ROWS = 12000;

/** So many other computers are named. */
const MOST_NAMES = 40;

/**
 * Makes the printed part for a computer and its sessions. `computers` are the names of all computers of the page, and
 * `filter` says which filter is on.
 */
export function preparePrint(chart, sessions, colours, ruler, { computers, filter }) {
  const painter = new SvgPainter(WIDTH, chart.height, ruler);
  drawChart(painter, chart, makeView(chart.axis, WIDTH - LABELS), { labelWidth: LABELS, colours });
  const rows = sessions.slice(0, MOST_ROWS);
  const left = sessions.length - rows.length;
  const scope = printScope(chart.host.name, computers);
  byId('print-scope').textContent = scope;
  const remark = (text) => (text ? el('p', {}, text) : null);
  fill(
    byId('print'),
    el('h2', {}, chart.host.name),
    remark(scope),
    remark(byId('computer-counts').textContent),
    remark(filter),
    remark(byId('axis-meaning').textContent),
    el('div', { class: 'printed-chart' }, painter.root),
    remark(notDrawn(chart)),
    el('h3', {}, 'Sessions'),
    printedTable(chart.host, rows),
    remark(left > 0 ? `and ${plural(left, 'more session')}: see sessions.csv` : ''),
  );
}

/** Which computer of several a print is about, and how to print the others; empty where there is one alone. */
export function printScope(name, computers) {
  if (computers.length < 2) return '';
  const others = computers.filter((own) => own !== name);
  const more = others.length - MOST_NAMES;
  const names = [...others.slice(0, MOST_NAMES), ...(more > 0 ? [`${more.toLocaleString('en')} more`] : [])].join(', ');
  return `This print has the chart and the sessions of one of ${computers.length.toLocaleString('en')} computers: ${name}. `
    + `Each other one is printed when it is chosen in the list: ${names}.`;
}

/** What the chart on paper does not draw one by one, as the note below the chart on the screen. */
export function notDrawn({ host, hiddenLanes }) {
  return [countedSentence(host.counted), hiddenLanes > 0 ? `Not in this chart: ${plural(hiddenLanes, 'more account')}; sessions.csv and attempts.csv have all of them.` : '']
    .filter(Boolean).join(' ');
}

/** Empties it again: the screen needs the memory. */
export function forgetPrint() {
  fill(byId('print'));
  byId('print-scope').textContent = '';
}
