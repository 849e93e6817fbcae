// What a printer gets: the chart of the whole record as SVG, and the whole table.
import { el, fill, byId } from './dom.mjs';
import { makeView } from './axis.mjs';
import { drawChart } from './chart.mjs';
import { SvgPainter } from './svg-painter.mjs';
import { findingList } from './case-head.mjs';
import { printedAttempts, printedTable } from './table.mjs';
import { countedSentence, plural } from './words.mjs';

/** The chart on A4 landscape, in pixels of which 96 are an inch. */
const WIDTH = 1040;
const LABELS = 130;
/** A chart that is higher is divided: made small enough for one sheet, nobody could read it. */
const MOST_HEIGHT = 600;
/** A printed table has at most so many rows, which are 400 pages. */
const MOST_ROWS = 12000;

/** So many other computers are named. */
const MOST_NAMES = 40;

/** A printed list of findings has at most so many. */
const MOST_FINDINGS = 2000;

/**
 * Makes the printed part for a computer, its sessions and its failed logons. `computers` are the names of all computers of the
 * page, `filter` says which filter is on, and `findings` are those of the computer and of none.
 */
export function preparePrint(chart, { sessions, attempts }, colours, ruler, { computers, filter, findings }) {
  const charts = sheetsOf(chart).map((sheet) => {
    const painter = new SvgPainter(WIDTH, sheet.height, ruler);
    drawChart(painter, sheet, makeView(sheet.axis, WIDTH - LABELS), { labelWidth: LABELS, colours });
    return el('div', { class: 'printed-chart' }, painter.root);
  });
  const rows = sessions.slice(0, MOST_ROWS);
  const left = sessions.length - rows.length;
  const failed = attempts.slice(0, MOST_ROWS);
  const more = attempts.length - failed.length;
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
    ...charts,
    remark(notDrawn(chart)),
    findings.length > 0 ? el('h3', {}, 'Findings') : null,
    findings.length > 0 ? findingList(findings, MOST_FINDINGS) : null,
    el('h3', {}, 'Sessions'),
    printedTable(chart.host, rows),
    remark(left > 0 ? `and ${plural(left, 'more session')}: see sessions.csv` : ''),
    failed.length > 0 ? el('h3', {}, 'Failed logons') : null,
    failed.length > 0 ? printedAttempts(chart.host, failed) : null,
    remark(more > 0 ? `and ${plural(more, 'more row')} of failed logons: see attempts.csv` : ''),
  );
}

/** A chart as charts that each fit on a sheet: each has the bands, and as many lanes as have room below them. */
export function sheetsOf(chart) {
  const sheets = [];
  for (const { lane } of chart.rows) {
    const last = sheets.at(-1);
    if (last && last.height + lane.height <= MOST_HEIGHT) {
      last.rows.push({ lane, y: last.height });
      last.height += lane.height;
    } else {
      sheets.push({ ...chart, rows: [{ lane, y: chart.bands.end }], height: chart.bands.end + lane.height });
    }
  }
  return sheets.length > 0 ? sheets : [chart];
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
