// The list of computers, those of most interest first. Only the rows in sight exist, so that 10,000 are no burden.
import { el, fill, sizeCanvas } from './dom.mjs';
import { CanvasPainter } from './theme.mjs';
import { plural } from './words.mjs';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BITS = [[1, 'band', 3, 8], [8, 'network', 10, 2], [2, 'desktop', 4, 5], [4, 'remote', 4, 5]];

/** The indices of the computers whose names hold `text`, by interest; in an index, those with a finding of this kind. */
export function sortedComputers(hosts, text, kind = null) {
  const wanted = text.trim().toLowerCase();
  const isWanted = (host) => host.name.toLowerCase().includes(wanted) && (kind === null || host.kinds.includes(kind));
  const found = hosts.map((host, index) => ({ host, index })).filter(({ host }) => isWanted(host));
  return found.sort((a, b) => b.host.score - a.host.score || a.index - b.index).map(({ index }) => index);
}

/** Draws the strip of a computer: boots, who was on, crashes, cleared logs. */
export function drawStrip(painter, strip, width, colours) {
  const place = width / strip.length;
  [...strip].forEach((digit, at) => {
    const bits = ALPHABET.indexOf(digit);
    for (const [bit, colour, top, height] of BITS) {
      if (bits & bit) painter.rect(at * place, top, place + 0.3, height, colours[colour]);
    }
    if (bits & 16) painter.rect(at * place + place - 1.2, 1, 1.6, 12, colours.crash);
    if (bits & 32) painter.rect(at * place, 0, 1.6, 14, colours.error);
  });
}

/** The rows of the list on a page that shows their computers: a click on a row opens it there. */
export const ROWS_WITH_STRIPS = {
  height: 94,
  stripWidth: 186,
  element: 'div',
  attributes: () => ({}),
  lines: (host) => [host.reasons.slice(0, 3).join(', ') || `${plural(host.sessions, 'session')}, nothing remarkable`],
};

/** The list, in an element that scrolls; `onChoose` gets the index of a computer, `rows` says how they look. */
export class ComputerList {
  constructor(element, hosts, onChoose, rows = ROWS_WITH_STRIPS) {
    Object.assign(this, { element, hosts, onChoose, rows, chosen: -1, shown: sortedComputers(hosts, ''), colours: null });
    this.inside = el('div', { class: 'inside' });
    element.append(this.inside);
    element.addEventListener('scroll', () => this.draw());
    element.addEventListener('keydown', (event) => this.onKey(event));
  }

  find(text, kind = null) {
    this.shown = sortedComputers(this.hosts, text, kind);
    this.element.scrollTop = 0;
    this.draw();
  }

  choose(index) {
    this.chosen = index;
    const at = this.shown.indexOf(index);
    const { scrollTop, clientHeight } = this.element;
    const { height } = this.rows;
    if (at >= 0 && (at * height < scrollTop || (at + 1) * height > scrollTop + clientHeight)) this.element.scrollTop = at * height;
    this.draw();
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rows.height) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, End: this.shown.length, Home: -this.shown.length }[event.key];
    if (!step || this.shown.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.shown.indexOf(this.chosen) + step;
    this.onChoose(this.shown[Math.max(0, Math.min(this.shown.length - 1, at))]);
  }

  draw() {
    if (!this.colours) return;
    const { scrollTop, clientHeight } = this.element;
    const { height } = this.rows;
    const first = Math.max(0, Math.floor(scrollTop / height) - 1);
    const rows = this.shown.slice(first, first + Math.ceil((clientHeight || 600) / height) + 2);
    this.inside.style.height = `${this.shown.length * height}px`;
    this.element.style.maxHeight = `${Math.max(1, this.shown.length) * height + 4}px`;
    fill(this.inside, ...rows.map((index, at) => this.row(index, (first + at) * height)));
    const active = this.inside.querySelector('[aria-selected="true"]');
    if (active) this.element.setAttribute('aria-activedescendant', active.id);
  }

  row(index, top) {
    const host = this.hosts[index];
    const canvas = el('canvas', { 'aria-hidden': 'true' });
    const { stripWidth, element, attributes, lines } = this.rows;
    drawStrip(new CanvasPainter(sizeCanvas(canvas, stripWidth, 14)), host.strip, stripWidth, this.colours);
    const row = el(
      element,
      {
        ...attributes(host),
        class: 'computer-row',
        id: `computer-row-${index}`,
        role: 'option',
        'aria-selected': String(index === this.chosen),
        onclick: () => this.onChoose(index),
      },
      el('strong', {}, host.name),
      canvas,
      ...lines(host).map((line) => el('span', { title: line }, line)),
    );
    row.style.top = `${top}px`;
    row.style.height = `${this.rows.height - 4}px`;
    return row;
  }
}
