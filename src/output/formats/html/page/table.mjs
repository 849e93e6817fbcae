// The tables of the sessions and of the failed logons in the window: the chart's equal. Only the rows in sight exist.
import { pixelsOfPart } from './axis.mjs';
import { el, fill } from './dom.mjs';
import { sessionDetails } from './host.mjs';
import { secondText } from './time.mjs';
import { CAUSES, kindName, lengthOf, plural, shortChannel } from './words.mjs';

/** Each row has room for two lines. */
const ROW = 40;

const orderOf = (place) => (place ? place.unit * 1e18 + place.time : -Infinity);
const watched = ({ isWatched }) => (isWatched ? ' · watched' : '');

/** The columns of sessions: name, text of a row, and what it is sorted by. */
const SESSION_COLUMNS = [
  ['Start', (host, session) => (session.start ? secondText(host.base, session.start.time) : 'not known'), ({ start }) => orderOf(start)],
  ['End', endCell, ({ end, notBefore }) => orderOf(end ?? notBefore)],
  ['Time on', (host, session) => lengthOf(session, sessionDetails(host, session).correction), ({ start, end }) => (start && end ? end.time - start.time : -1)],
  ['Person', (host, session) => session.account.full + watched(session), ({ account }) => account.full.toLowerCase()],
  ['Class', (host, session) => kindName(session.kind), ({ kind }) => kind],
  ['Source', (host, session) => session.source, ({ source }) => source],
  ['How it ended', endingCell, ({ cause }) => cause],
  ['Boot', (host, session) => String(session.boot.epoch), ({ boot }) => boot.epoch],
  ['Cited records', citedCell, ({ row }) => row],
];

/** The columns of failed logons. */
const ATTEMPT_COLUMNS = [
  ['First', (host, { place }) => secondText(host.base, place.time), ({ place }) => orderOf(place)],
  ['Last', (host, { last }) => secondText(host.base, last), ({ last }) => last],
  ['Number', (host, { count }) => count.toLocaleString('en'), ({ count }) => count],
  ['Account', (host, attempt) => (attempt.account?.full ?? 'not said here') + watched(attempt), ({ account }) => account?.full.toLowerCase() ?? ''],
  ['Source', (host, { source }) => source, ({ source }) => source],
  ['Why it failed', (host, { reason }) => reason, ({ reason }) => reason],
  ['Boot', (host, { boot }) => String(boot.epoch), ({ boot }) => boot.epoch],
  ['Cited records', (host, { records }) => withoutSecurity(records), ({ row }) => row],
];

const withoutSecurity = (record) => record.replace(/^Security/, '');

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
  return [startRecord, initiatedRecord, terminatedRecord, endRecord].filter(Boolean).map((record) => withoutSecurity(shortChannel(record))).join(' ');
}

/** The cells of a session's row. */
export function rowTexts(host, session) {
  return SESSION_COLUMNS.map(([, text]) => text(host, session));
}

/** A text of a cell, which may go on in a second line behind a backslash or a mark of an address. */
function withBreaks(text) {
  return text.split(/(?<=[\\:.@/])(?=[^\d])|(?<=:)|(?<=\\)/).flatMap((part, at) => (at > 0 ? [el('wbr'), part] : [part]));
}

/** Does a session lie in what a view shows? */
export function isInView(view, bar) {
  const [left, right] = pixelsOfPart(view, bar);
  return right >= 0 && left <= view.width;
}

/** A table in an element that scrolls; a click or an arrow key selects a row. */
class RowTable {
  constructor(element, { label, columns, onSelect }) {
    Object.assign(this, { columns, onSelect, rows: [], host: null, selected: null, sortedBy: 0, isDescending: false });
    this.head = el('div', { class: 'row head', role: 'row' });
    this.inside = el('div', { class: 'inside', role: 'rowgroup' });
    const keys = { onscroll: () => this.draw(), onkeydown: (event) => this.listen(event) };
    this.frame = el('div', { class: 'rows', tabindex: '0', 'aria-label': `${label}: arrow keys select a row`, ...keys }, el('div', { role: 'rowgroup', class: 'top' }, this.head), this.inside);
    element.setAttribute('role', 'table');
    element.setAttribute('aria-label', label);
    element.append(this.frame);
    this.drawHead();
  }

  /** Shows these rows. */
  show(host, rows, selected) {
    Object.assign(this, { host, rows: [...rows], selected });
    this.sort();
  }

  select(row) {
    this.selected = row;
    const at = this.rows.indexOf(row);
    const { scrollTop, clientHeight } = this.frame;
    const room = clientHeight - this.head.offsetHeight;
    if (at >= 0 && (at * ROW < scrollTop || (at + 1) * ROW > scrollTop + room)) this.frame.scrollTop = (at - 3) * ROW;
    this.draw();
  }

  listen(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || this.rows.length === 0 || event.target !== this.frame) return;
    event.preventDefault();
    const at = this.rows.indexOf(this.selected);
    const next = at < 0 ? (step > 0 ? 0 : this.rows.length - 1) : at + step;
    this.onSelect(this.rows[Math.max(0, Math.min(this.rows.length - 1, next))]);
  }

  sort() {
    const [, , key] = this.columns[this.sortedBy];
    // The rows come in record order: that is the order of the first column.
    if (this.sortedBy > 0 || this.isDescending) {
      const sign = this.isDescending ? -1 : 1;
      const keys = new Map(this.rows.map((row) => [row, key(row)]));
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
    fill(this.head, ...this.columns.map(([name], at) => {
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
    // Its height says how many rows are in sight.
    this.inside.style.height = `${Math.max(1, this.rows.length) * ROW}px`;
    const { scrollTop, clientHeight } = this.frame;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - 4);
    const shown = this.rows.slice(first, first + Math.ceil((clientHeight || 400) / ROW) + 8);
    fill(this.inside, ...shown.map((row, at) => this.row(row, first + at)));
  }

  row(own, at) {
    const isSelected = own === this.selected;
    const row = el(
      'div',
      { class: `row${isSelected ? ' selected' : ''}${own.isWatched ? ' watched' : ''}`, role: 'row', 'aria-rowindex': at + 2, onclick: () => this.onSelect(own) },
      ...this.columns.map(([, text]) => text(this.host, own)).map((text) => el('span', { role: 'cell', title: text }, ...withBreaks(text))),
    );
    row.style.top = `${at * ROW}px`;
    return row;
  }
}

/** The table of sessions. */
export function makeSessionTable(element, onSelect) {
  return new RowTable(element, { label: 'Sessions in the period', columns: SESSION_COLUMNS, onSelect });
}

/** The table of failed logons. */
export function makeAttemptTable(element, onSelect) {
  return new RowTable(element, { label: 'Failed logons in the period', columns: ATTEMPT_COLUMNS, onSelect });
}

/** What is written above the table of sessions. */
export function sessionsTitle(rows, people) {
  const halves = people.filter(({ isElevatedHalf }) => isElevatedHalf).length;
  const ofPeople = (people.length - halves).toLocaleString('en');
  const pairs = halves > 0 ? ' (a linked pair has two rows)' : '';
  return `Sessions in the period · ${ofPeople} of people${pairs}, ${plural(rows.length, 'session')} in all`;
}

/** What is written above the table of failed logons. */
export function attemptsTitle(attempts) {
  const failed = attempts.reduce((sum, { count }) => sum + count, 0);
  return `Failed logons in the period · ${plural(failed, 'failed logon')} in ${plural(attempts.length, 'row')}`;
}

/** The whole table of sessions as an element, for print. */
export function printedTable(host, sessions) {
  return printed(host, sessions, SESSION_COLUMNS);
}

/** The whole table of failed logons as an element, for print. */
export function printedAttempts(host, attempts) {
  return printed(host, attempts, ATTEMPT_COLUMNS);
}

function printed(host, own, columns) {
  const head = el('thead', {}, el('tr', {}, ...columns.map(([name]) => el('th', {}, name))));
  const rows = own.map((row) => el('tr', {}, ...columns.map(([, text]) => el('td', {}, ...withBreaks(text(host, row))))));
  return el('table', {}, head, el('tbody', {}, ...rows));
}
