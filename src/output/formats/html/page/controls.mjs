// The switch of the axes, the filters, and the classes with their counts.
import { FOLDED_CLOCK, RECORD_ORDER, TRUE_CLOCK, setBackCount } from './axis.mjs';
import { el, fill, byId } from './dom.mjs';
import { countKinds, emptyFilter, isFiltering } from './filter.mjs';
import { parseMoment } from './time.mjs';
import { kindName, plural } from './words.mjs';

const AXES = [[RECORD_ORDER, 'Record order'], [FOLDED_CLOCK, 'Clock, folded'], [TRUE_CLOCK, 'Clock, true scale']];

/** What left to right means on an axis. */
export function axisMeaning(host, mode) {
  const count = setBackCount(host);
  if (mode === RECORD_ORDER) {
    const why = count > 0 ? `The clock was set back ${plural(count, 'time')}, so left` : 'Left';
    return `${why} to right is the order of the records: nothing overlaps. Each boot has its own scale; its length is written in its band.`;
  }
  const lanes = 'Boots that overlap are in separate rows; a boot whose clock was set is lettered in record order (2a, 2b).';
  if (mode === FOLDED_CLOCK) return `Clock time as logged; times of 30 minutes and more without a boot are folded. ${lanes}`;
  return `Clock time as logged, every second has the same width. ${lanes}`;
}

/** Shows the switch; `onChoose` gets the axis. */
export function showAxes(host, mode, onChoose) {
  fill(byId('axes'), ...AXES.map(([own, name], at) => el(
    'button',
    { type: 'button', 'aria-pressed': String(own === mode), title: `Key ${at + 1}`, onclick: () => onChoose(own) },
    name,
  )));
  byId('axis-meaning').textContent = axisMeaning(host, mode);
}

/** The filters of a computer; `onChange` gets the changed filter. */
export function showFilters(host, filter, onChange) {
  const change = (part) => onChange({ ...filter, ...part });
  const people = new Map();
  host.sessions.filter(({ isPerson }) => isPerson).forEach(({ account }) => people.set(account.key, account.full));
  const sources = [...new Set(host.sessions.filter(({ isPerson }) => isPerson).map(({ source }) => source).filter(Boolean))].sort();
  const select = (label, all, options, value, name) => el(
    'select',
    { 'aria-label': label, onchange: (event) => change({ [name]: event.target.value }) },
    el('option', { value: '' }, `${all} (${options.length})`),
    ...options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)),
  );
  const moment = (label, name) => el('input', {
    type: 'text',
    placeholder: `${label} 2024-05-02`,
    title: '2024-05-02, 2024-05-02 08:11 or 2024-05-02 08:11:09, UTC',
    'aria-label': `${label}, UTC`,
    class: 'moment',
    onchange: (event) => {
      const { value } = event.target;
      const time = value ? parseMoment(host.base, value) : null;
      event.target.setAttribute('aria-invalid', String(value !== '' && time === null));
      if (value === '' || time !== null) change({ [name]: time });
    },
  });
  let waiting = 0;
  const text = el('input', {
    type: 'search',
    id: 'filter-text',
    placeholder: 'Text, record, Logon ID',
    'aria-label': 'Text, record or Logon ID',
    oninput: (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => onChange({ ...filter, text: event.target.value }, false), 150);
    },
  });
  text.value = filter.text;
  const byName = (a, b) => a[1].localeCompare(b[1], 'en');
  fill(
    byId('filters'),
    text,
    select('Person', 'Every person', [...people].sort(byName), filter.account, 'account'),
    select('Source', 'Every source', sources.map((source) => [source, source]), filter.source, 'source'),
    moment('From', 'from'),
    moment('to', 'to'),
    el('button', { type: 'button', class: 'link', onclick: () => onChange(emptyFilter()) }, 'Reset'),
  );
}

/** The classes, each with its count: a click hides one or shows it again. */
export function showKinds(host, filter, shown, counts, onChange) {
  const all = countKinds(host.sessions, host.counts);
  const own = countKinds(shown, counts);
  const isAny = isFiltering(filter);
  const toggle = (kind) => {
    const hidden = new Set(filter.hidden);
    if (!hidden.delete(kind)) hidden.add(kind);
    onChange({ ...filter, hidden });
  };
  fill(byId('kinds'), ...host.classes.map((kind) => {
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
  ['F  Enter', 'fit the selected session'],
  ['0', 'the whole record'],
  ['C', 'pin the cursor, or let it go'],
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
