// The table of the sessions in the window: the chart's equal. Only the rows in sight exist.
import { el, fill } from './dom.mjs';
import { sessionDetails } from './host.mjs';
import { secondText } from './time.mjs';
import { CAUSES, kindName, lengthOf } from './words.mjs';

const ROW = 26;

const orderOf = (place) => (place ? place.unit * 1e18 + place.time : -Infinity);

/** The columns: name, text of a row, and what it is sorted by. */
const COLUMNS = [
  ['Start', (host, session) => (session.start ? secondText(host.base, session.start.time) : 'not known'), ({ start }) => orderOf(start)],
  ['End', endCell, ({ end, notBefore }) => orderOf(end ?? notBefore)],
  ['Time on', (host, session) => lengthOf(session, sessionDetails(host, session).correction), ({ start, end }) => (start && end ? end.time - start.time : -1)],
  ['Person', (host, session) => session.account.full, ({ account }) => account.full.toLowerCase()],
  ['Class', (host, session) => kindName(session.kind), ({ kind }) => kind],
  ['Source', (host, session) => session.source, ({ source }) => source],
  ['How it ended', endingCell, ({ cause }) => cause],
  ['Boot', (host, session) => String(session.boot.epoch), ({ boot }) => boot.epoch],
  ['Cited records', citedCell, ({ row }) => row],
];

function endCell(host, { end, basis, cause, notBefore }) {
  if (end) return `${{ bounded: '≥ ', inferred: '≤ ' }[basis] ?? ''}${secondText(host.base, end.time)}`;
  return notBefore ? `≥ ${secondText(host.base, notBefore.time)}` : CAUSES[cause];
}

/** A step of the clock is named, since the times on both sides of it cannot be compared. */
function endingCell(host, session) {
  const wasSet = sessionDetails(host, session).flags.includes('clock-step-within');
  return `${CAUSES[session.cause]}${wasSet ? '; clock set' : ''}`;
}

function citedCell(host, session) {
  const { startRecord, initiatedRecord, terminatedRecord, endRecord } = sessionDetails(host, session);
  return [startRecord, initiatedRecord, terminatedRecord, endRecord].filter(Boolean).map((record) => record.replace(/^Security/, '')).join(' ');
}

/** The cells of a session's row. */
export function rowTexts(host, session) {
  return COLUMNS.map(([, text]) => text(host, session));
}

/** Does a session lie in what a view shows? */
export function isInView(view, bar) {
  return bar.t1 * view.ofTime + bar.g1 * view.ofGaps - view.scroll >= 0
    && bar.t0 * view.ofTime + bar.g0 * view.ofGaps - view.scroll <= view.width;
}

/** The table, in an element that scrolls. */
export class SessionTable {
  constructor(element, onSelect) {
    Object.assign(this, { onSelect, rows: [], host: null, selected: null, sortedBy: 0, isDescending: false });
    this.head = el('div', { class: 'row head', role: 'row' });
    this.inside = el('div', { class: 'inside', role: 'rowgroup' });
    this.frame = el('div', { class: 'rows', tabindex: '0', onscroll: () => this.draw() }, this.inside);
    element.setAttribute('role', 'table');
    element.setAttribute('aria-label', 'Sessions in the window');
    element.append(el('div', { role: 'rowgroup' }, this.head), this.frame);
    this.drawHead();
  }

  /** Shows these sessions. */
  show(host, sessions, selected) {
    Object.assign(this, { host, rows: [...sessions], selected });
    this.sort();
  }

  select(session) {
    this.selected = session;
    const at = this.rows.indexOf(session);
    const { scrollTop, clientHeight } = this.frame;
    if (at >= 0 && (at * ROW < scrollTop || (at + 1) * ROW > scrollTop + clientHeight)) this.frame.scrollTop = (at - 3) * ROW;
    this.draw();
  }

  sort() {
    const [, , key] = COLUMNS[this.sortedBy];
    // The sessions come in record order: that is the order of the first column.
    if (this.sortedBy > 0 || this.isDescending) {
      const sign = this.isDescending ? -1 : 1;
      const keys = new Map(this.rows.map((session) => [session, key(session)]));
      this.rows.sort((a, b) => {
        const [own, other] = [keys.get(a), keys.get(b)];
        return sign * (own < other ? -1 : own > other ? 1 : a.row - b.row);
      });
    }
    this.drawHead();
    this.draw();
  }

  drawHead() {
    const order = this.isDescending ? 'descending' : 'ascending';
    fill(this.head, ...COLUMNS.map(([name], at) => {
      const sortBy = () => {
        this.isDescending = this.sortedBy === at && !this.isDescending;
        this.sortedBy = at;
        this.rows.sort((a, b) => a.row - b.row);
        this.sort();
      };
      const sorted = at === this.sortedBy ? order : 'none';
      const arrow = at === this.sortedBy ? (this.isDescending ? ' ↓' : ' ↑') : '';
      return el('span', { role: 'columnheader', 'aria-sort': sorted }, el('button', { type: 'button', onclick: sortBy }, name + arrow));
    }));
  }

  draw() {
    if (!this.host) return;
    const { scrollTop, clientHeight } = this.frame;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - 4);
    const shown = this.rows.slice(first, first + Math.ceil((clientHeight || 400) / ROW) + 8);
    this.inside.style.height = `${Math.max(1, this.rows.length) * ROW}px`;
    fill(this.inside, ...shown.map((session, at) => this.row(session, first + at)));
  }

  row(session, at) {
    const row = el(
      'div',
      { class: `row${session === this.selected ? ' selected' : ''}`, role: 'row', 'aria-rowindex': at + 2, onclick: () => this.onSelect(session) },
      ...rowTexts(this.host, session).map((text) => el('span', { role: 'cell', title: text }, text)),
    );
    row.style.top = `${at * ROW}px`;
    return row;
  }
}

/** The whole table as an element, for print. */
export function printedTable(host, sessions) {
  const head = el('thead', {}, el('tr', {}, ...COLUMNS.map(([name]) => el('th', {}, name))));
  const rows = sessions.map((session) => el('tr', {}, ...rowTexts(host, session).map((text) => el('td', {}, text))));
  return el('table', {}, head, el('tbody', {}, ...rows));
}
