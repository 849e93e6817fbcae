// The tables of hops: the lines of the graph, the hops themselves, and all that the table says of one. They have what the
// pictures have.
import { el, fill } from './dom.mjs';
import { secondText } from './time.mjs';
import { computerNode, isComputerNode, nameOfNode } from './hops.mjs';
import { LINE_NAMES } from './hop-graph.mjs';
import { plural } from './words.mjs';

/** So many rows are shown at first; a click shows as many more. */
export const ROWS_AT_ONCE = 100;

const WITHOUT_SOURCE = { none: 'not known', loopback: 'the computer itself, or a tunnel' };

/** Where a hop came from, in words. */
export function sourceText(hop) {
  if (hop.source) return hop.source;
  if (hop.sureness === 'contradicting') return hop.row.candidates ?? '';
  if (hop.sureness === 'outside') return `outside: ${hop.row.source_address ?? ''}`;
  const address = hop.row.source_address;
  return `${WITHOUT_SOURCE[hop.sureness]}${address ? ` (${address})` : ''}`;
}

/** How sure the computer is, and what speaks against it. */
export function surenessText({ sureness, flags }) {
  const word = { outside: '', none: '', loopback: '' }[sureness] ?? sureness;
  const remarks = ['no-source-log', 'reused-address', 'address-unsure', 'passed-on', 'spoofable-name', 'ticket-cached'].filter((flag) => flags.has(flag));
  return [word, ...remarks].filter(Boolean).join(', ');
}

/** The lines of the graph, and for each computer the hops that have no line, as rows of their table. */
export function lineRows(edges, hops) {
  const lines = edges.map((edge) => ({ ...edge, fromText: fromText(edge), sure: LINE_NAMES[edge.sureness] }));
  const others = new Map();
  for (const hop of hops.filter(({ from }) => from.length === 0)) {
    const key = `${hop.sureness}\n${hop.target}`;
    if (!others.has(key)) others.set(key, { key, to: computerNode(hop.target), fromText: WITHOUT_SOURCE[hop.sureness], sure: '', count: 0, hops: [], bases: new Set(), accounts: new Set() });
    const row = others.get(key);
    row.count += hop.count;
    row.hops.push(hop);
    if (hop.account) row.accounts.add(hop.account);
  }
  return [...lines, ...[...others.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))];
}

function fromText({ from }) {
  return isComputerNode(from) ? nameOfNode(from) : `outside: ${nameOfNode(from)}`;
}

function shortList(values) {
  const all = [...values];
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
}

function table(head, rows, most, onMore) {
  const left = rows.length - most;
  return [
    el('table', {}, el('thead', {}, el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))), el('tbody', {}, ...rows.slice(0, most).map((row) => row()))),
    left > 0 ? el('p', { class: 'remark' }, `${plural(left, 'more row')}, which hops.csv has. `, el('button', { type: 'button', class: 'link', onclick: onMore }, `Show ${Math.min(ROWS_AT_ONCE, left)}`)) : null,
  ];
}

/** Names and times stay on one line; of other texts there may be several. */
const cells = (texts) => texts.map((text) => el('td', {}, text));
const longCells = (texts) => texts.map((text) => el('td', { class: 'text' }, text));

/** Shows the lines; `onLine` gets the one that was chosen, whose key is `chosen`. */
export function showLines(element, lines, { base, chosen, most, onLine, onMore }) {
  const time = (hop) => (hop ? secondText(base, hop.time) : '');
  const row = (line) => () => {
    const timed = line.hops.filter(({ at }) => at >= 0);
    const choose = el('button', { type: 'button', class: 'link', 'aria-pressed': String(line.key === chosen), onclick: () => onLine(line) }, line.fromText);
    return el(
      'tr',
      { class: line.key === chosen ? 'chosen' : null },
      el('td', {}, choose),
      ...cells([nameOfNode(line.to)]),
      el('td', { class: 'n' }, line.count.toLocaleString('en')),
      ...longCells([line.sure, [...line.bases].join(', '), shortList(line.accounts)]),
      ...cells([time(timed[0]), time(timed.at(-1))]),
    );
  };
  fill(element, ...table(['Came from', 'To', 'Hops', 'Confidence', 'Based on', 'Accounts', 'First', 'Last'], lines.map(row), most, onMore));
}

/** Shows the hops; `onHop` gets the one that was chosen. */
export function showHops(element, hops, { base, chosen, most, onHop, onMore }) {
  const row = (hop) => () => {
    const choose = el('button', { type: 'button', class: 'link', 'aria-pressed': String(hop === chosen), onclick: () => onHop(hop) }, secondText(base, hop.time));
    const { source_session: session, session_confidence: confidence, hop_number: number, logon_type: type } = hop.row;
    const there = session ? `${session} (${confidence ?? ''})` : '';
    return el(
      'tr',
      { class: hop === chosen ? 'chosen' : null },
      el('td', {}, choose),
      ...cells([secondText(base, hop.common)]),
      ...longCells([sourceText(hop)]),
      ...cells([hop.target]),
      ...longCells([hop.account]),
      el('td', { class: 'n' }, String(type ?? '')),
      ...longCells([hop.bases.join(', '), surenessText(hop), there]),
      el('td', { class: 'n' }, String(number ?? '')),
    );
  };
  const head = ['Time as logged', 'Common clock', 'Came from', 'To', 'Account', 'Type', 'Based on', 'Confidence', 'Session there', 'Step'];
  fill(element, ...table(head, hops.map(row), most, onMore));
}

/** Shows everything that hops.csv says of a hop; `links` are elements that lead on. */
export function showHop(element, hop, links) {
  const said = hop ? Object.entries(hop.row).filter(([, value]) => value !== null && value !== '') : [];
  element.hidden = !hop;
  fill(
    element,
    el('h3', {}, 'Selected hop'),
    el('dl', {}, ...said.flatMap(([name, value]) => [el('dt', {}, name.replaceAll('_', ' ')), el('dd', {}, String(value))])),
    links.length > 0 ? el('p', {}, ...links) : null,
  );
}
