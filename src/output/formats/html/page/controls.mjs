// The switch of the axes, the filters, and the classes with their counts.
import { FOLDED_CLOCK, RECORD_ORDER, TRUE_CLOCK, setBackCount } from './axis.mjs';
import { el, fill, fillKeepingFocus, byId } from './dom.mjs';
import { countKinds, emptyFilter, isFiltering } from './filter.mjs';
import { parseMoment, secondText } from './time.mjs';
import { kindName, plural } from './words.mjs';

/** A typed text filters when nothing was typed for so many milliseconds. */
const TEXT_AFTER = 150;

const AXES = [[RECORD_ORDER, 'Record order'], [FOLDED_CLOCK, 'Clock, folded'], [TRUE_CLOCK, 'Clock, true scale']];

/** What left to right means on an axis. */
export function axisMeaning(host, mode) {
  const count = setBackCount(host);
  if (mode === RECORD_ORDER) {
    const why = count > 0 ? `The clock was set back ${plural(count, 'time')}, so left` : 'Left';
    return `${why} to right is the order of the records: nothing overlaps. Each boot has its own scale; its length is written in its band.`;
  }
  const lanes = 'Boots that overlap are in separate rows; the parts of a boot between clock changes have letters in record order (2a, 2b).';
  if (mode === FOLDED_CLOCK) return `Clock time as logged; times of 30 minutes and more without a boot are folded. ${lanes}`;
  return `Clock time as logged, every second has the same width. ${lanes}`;
}

/** Shows the switch; `onChoose` gets the axis. */
export function showAxes(host, mode, onChoose) {
  fillKeepingFocus(byId('axes'), ...AXES.map(([own, name], at) => el(
    'button',
    { type: 'button', 'aria-pressed': String(own === mode), title: `Key ${at + 1}`, onclick: () => onChoose(own) },
    name,
  )));
  byId('axis-meaning').textContent = axisMeaning(host, mode);
}

/**
 * The filters of a computer. The fields are made once for a computer: made anew while somebody types or tabs, they would
 * lose the focus. `getFilter` gives the filter that is on, `onChange` gets the changed one. Gives the function that shows a
 * filter in the fields.
 */
export function makeFilterFields(host, getFilter, onChange) {
  const change = (part) => onChange({ ...getFilter(), ...part });
  const people = new Map();
  host.sessions.filter(({ isPerson }) => isPerson).forEach(({ account }) => people.set(account.key, account.full));
  const sources = [...new Set(host.sessions.filter(({ isPerson }) => isPerson).map(({ source }) => source).filter(Boolean))].sort();
  const select = (label, all, options, name) => el(
    'select',
    { 'aria-label': label, onchange: (event) => change({ [name]: event.target.value }) },
    el('option', { value: '' }, `${all} (${options.length})`),
    ...options.map(([key, text]) => el('option', { value: key }, text)),
  );
  const byName = (a, b) => a[1].localeCompare(b[1], 'en');
  const [account, source] = [
    select('Person', 'Every person', [...people].sort(byName), 'account'),
    select('Source', 'Every source', sources.map((own) => [own, own]), 'source'),
  ];
  const [from, to] = [momentField(host, 'From', 'from', getFilter, change), momentField(host, 'to', 'to', getFilter, change)];
  let waiting = 0;
  const text = el('input', {
    type: 'search',
    id: 'filter-text',
    placeholder: 'Text, record, Logon ID',
    'aria-label': 'Text, record or Logon ID',
    oninput: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => change({ text: text.value }), TEXT_AFTER);
    },
  });
  const clear = () => {
    clearInvalid();
    onChange(emptyFilter());
  };
  const reset = el('button', { type: 'button', class: 'link', onclick: clear }, 'Reset');
  fill(byId('filters'), text, account, source, from, to, reset);
  return (filter) => {
    // What is being typed may be newer than the filter.
    if (document.activeElement !== text || !filter.text) {
      clearTimeout(waiting);
      text.value = filter.text;
    }
    [account.value, source.value] = [filter.account, filter.source];
    [[from, filter.from], [to, filter.to]].forEach(([field, time]) => showMoment(host, field, time));
  };
}

/** What is wrong with a text, as an end of a period; empty if nothing is. */
function faultOf(name, moment, { from, to }) {
  if (moment === null) return 'is no time such as 2024-05-02 08:11';
  if (name === 'to') return from !== null && moment.last < from ? 'is before the time from which the period begins' : '';
  return to !== null && moment.first > to ? 'is after the time to which the period lasts' : '';
}

/**
 * A field for one end of a period: `from` is the beginning of the day, hour or minute that is typed, `to` its end. What cannot
 * be an end stays in the field, which says so, and changes no filter.
 */
function momentField(host, label, name, getFilter, change) {
  return el('input', {
    type: 'text',
    placeholder: `${label} 2024-05-02`,
    title: `2024-05-02, 2024-05-02 08, 2024-05-02 08:11 or 2024-05-02 08:11:09, UTC: the ${name === 'to' ? 'end' : 'beginning'} of it`,
    'aria-label': `${label}, UTC`,
    class: 'moment',
    autocomplete: 'off',
    onchange: (event) => {
      const value = event.target.value.trim();
      const moment = value ? parseMoment(host.base, value) : null;
      const fault = value ? faultOf(name, moment, getFilter()) : '';
      event.target.setAttribute('aria-invalid', String(fault !== ''));
      event.target.dataset.fault = fault;
      change(fault ? {} : { [name]: moment && (name === 'to' ? moment.last : moment.first) });
    },
  });
}

function showMoment(host, field, time) {
  if (field.getAttribute('aria-invalid') === 'true') return;
  field.value = time === null ? '' : secondText(host.base, time);
}

/** The parts of a filter in words; those for a class are in the buttons of the classes. */
export function filterWords(host, { text, account, source, from, to }) {
  const when = (time) => secondText(host.base, time);
  const period = [from === null ? '' : `from ${when(from)}`, to === null ? '' : `to ${when(to)}`].filter(Boolean).join(' ');
  return [
    period && `${period} UTC`,
    account && `person ${host.accounts.find(({ key }) => key === account)?.full ?? account}`,
    source && `source ${source}`,
    text && `text “${text}”`,
  ].filter(Boolean);
}

const failedCount = (attempts) => attempts.reduce((sum, { count }) => sum + count, 0);

/** What a filter shows of how much, in a sentence; empty where nothing is left out. */
export function filterSentence(host, filter, { sessions, attempts = [] }) {
  if (!isFiltering(filter)) return '';
  const hidden = [...filter.hidden].map(kindName);
  const failed = host.attempts.length > 0 ? ` and ${failedCount(attempts).toLocaleString('en')} of ${plural(failedCount(host.attempts), 'failed logon')}` : '';
  const parts = [...filterWords(host, filter), hidden.length > 0 ? `without ${hidden.join(', ')}` : ''].filter(Boolean);
  return `Filter: ${parts.join('; ')}. It keeps ${sessions.length.toLocaleString('en')} of ${plural(host.sessions.length, 'session')}${failed}.`;
}

/** Says which filter is on, and offers to clear the period. */
export function showFilterLine(host, filter, kept, onChange) {
  const line = byId('filter-line');
  const invalid = [...byId('filters').querySelectorAll('[aria-invalid="true"]')].map(({ value, dataset }) => `“${value}” ${dataset.fault}, and filters nothing. `);
  const sentence = filterSentence(host, filter, kept);
  const hasPeriod = filter.from !== null || filter.to !== null || invalid.length > 0;
  const clear = () => {
    clearInvalid();
    onChange({ ...filter, from: null, to: null });
    byId('filters').querySelector('.moment').focus();
  };
  line.hidden = !sentence && invalid.length === 0;
  fill(
    line,
    invalid.length > 0 ? el('span', { class: 'error' }, ...invalid) : null,
    sentence,
    hasPeriod ? el('button', { type: 'button', class: 'link', id: 'clear-period', onclick: clear }, 'Clear the period') : null,
  );
}

/** The fields are no longer marked as wrong, so that they show the filter again. */
export function clearInvalid() {
  byId('filters').querySelectorAll('[aria-invalid="true"]').forEach((field) => field.setAttribute('aria-invalid', 'false'));
}

/** The classes, and the failed logons, each with its count: a click hides one or shows it again. */
export function showKinds(host, filter, { sessions, counts, attempts }, onChange) {
  const all = countKinds(host.sessions, host.counts);
  const own = countKinds(sessions, counts);
  if (host.attempts.length > 0) {
    all.set('failed', failedCount(host.attempts));
    own.set('failed', failedCount(attempts));
  }
  const isAny = isFiltering(filter);
  const toggle = (kind) => {
    const hidden = new Set(filter.hidden);
    if (!hidden.delete(kind)) hidden.add(kind);
    onChange({ ...filter, hidden });
  };
  fillKeepingFocus(byId('kinds'), ...[...host.classes, ...(host.attempts.length > 0 ? ['failed'] : [])].map((kind) => {
    const count = isAny ? `${(own.get(kind) ?? 0).toLocaleString('en')} of ${all.get(kind).toLocaleString('en')}` : all.get(kind).toLocaleString('en');
    return el(
      'button',
      { type: 'button', class: `kind ${kind || 'unknown'}`, 'aria-pressed': String(!filter.hidden.has(kind)), onclick: () => toggle(kind) },
      el('span', { class: 'swatch', 'aria-hidden': 'true' }),
      `${kindName(kind)} ${count}`,
    );
  }));
}

/** The keys, as a table. */
export const KEYS = [
  ['W S  + −', 'zoom in and out'],
  ['A D  ← →', 'move'],
  ['[ ]', 'the boot before, the next boot'],
  ['N P  ↓ ↑', 'the next session, the session before'],
  ['X Z', 'the next row of failed logons, the row before'],
  ['G B', 'the next finding, the finding before'],
  ['F  Enter', 'fit what is selected'],
  ['0', 'all times'],
  ['C', 'keep the cursor in its place, or release it'],
  ['1 2 3', 'axes'],
  ['/', 'text'],
  ['T', 'theme'],
  ['?', 'keys'],
  ['Esc', 'clear'],
  ['Drag', 'moves; with Shift it zooms to what is between'],
  ['Ctrl + wheel', 'zooms at the pointer; Shift + wheel moves'],
];

/** Fills the panel of keys. */
export function showKeys() {
  fill(byId('keys'), el('dl', {}, ...KEYS.flatMap(([key, meaning]) => [el('dt', {}, key), el('dd', {}, meaning)])));
}
