// Who came from where: what is shown of the hops now, and what each action does.
import { byId, el, fill, oncePerFrame } from './dom.mjs';
import { CanvasPainter, readColours } from './theme.mjs';
import { SvgPainter } from './svg-painter.mjs';
import { readBlock } from './columns.mjs';
import { makeView, zoomAt } from './axis.mjs';
import { BASES, allHops, chooseHops, edgesOf, graphOf, makeHops, nameOfNode, OTHER_ADDRESSES, stepsOf } from './hops.mjs';
import { GRAPH_LIMITS, drawGraph, graphKey, lineSaid } from './hop-graph.mjs';
import { drawHopAxes, layOutAxes, makeHopAxes, offsetLength } from './hop-axes.mjs';
import { ROWS_AT_ONCE, lineRows, showHop, showHops, showLines, sourceText } from './hop-tables.mjs';
import { parseMoment, secondText } from './time.mjs';
import { plural } from './words.mjs';

const ZOOM_STEP = 1.4;
/** A printed table has at most so many rows. */
const MOST_PRINTED = 2000;
/** The list of names that a field offers is no longer than this. */
const MOST_NAMES = 2000;

/** The section of hops of a page, from its model (`makeHops`). `linkTo` gives what leads to a session, or nothing. */
export class HopSection {
  constructor(model, linkTo) {
    const ruler = new CanvasPainter(document.createElement('canvas').getContext('2d'));
    Object.assign(this, { model, linkTo, ruler, choice: allHops(), line: null, hop: null, first: 0, colours: readColours() });
    this.choice.hasMachines = model.all.every(({ isMachine }) => isMachine);
    this.resetRows();
    byId('hops').hidden = false;
    this.redrawAxes = oncePerFrame(() => this.drawAxes());
    this.showControls();
    this.listen();
    this.refresh();
  }

  resetRows() {
    Object.assign(this, { mostLines: ROWS_AT_ONCE / 4, mostHops: ROWS_AT_ONCE });
  }

  showControls() {
    const names = new Set();
    for (const hop of this.model.all) {
      for (const name of [hop.target, hop.source, hop.isMachine ? '' : hop.account]) if (name) names.add(name);
    }
    const change = (part) => this.choose(part);
    this.whose = el('input', {
      type: 'search',
      list: 'hop-names',
      placeholder: 'Computer, account, address, session',
      'aria-label': 'Whose hops: a computer, an account, an address or a session',
      class: 'whose',
      autocomplete: 'off',
      onchange: (event) => change({ whose: event.target.value }),
    });
    const moment = (label, name) => el('input', {
      type: 'text',
      placeholder: `${label} 2024-05-02`,
      title: '2024-05-02, 2024-05-02 08:11 or 2024-05-02 08:11:09, on the common clock',
      'aria-label': `Hops ${label}, UTC`,
      class: 'moment',
      onchange: (event) => {
        const { value } = event.target;
        const time = value ? parseMoment(this.model.base, value) : null;
        event.target.setAttribute('aria-invalid', String(value !== '' && time === null));
        if (value === '' || time !== null) change({ [name]: time });
      },
    });
    const tick = (text, name) => el('label', {}, el('input', { type: 'checkbox', checked: this.choice[name], onchange: (event) => change({ [name]: event.target.checked }) }), ` ${text}`);
    const sure = [['', 'Any confidence'], ['high', 'Computer: high'], ['medium', 'Computer: medium or high'], ['unsure', 'Low or contradicting']];
    fill(
      byId('hop-filters'),
      this.whose,
      el('datalist', { id: 'hop-names' }, ...[...names].sort().slice(0, MOST_NAMES).map((name) => el('option', { value: name }))),
      el('select', { 'aria-label': 'Confidence', onchange: (event) => change({ least: event.target.value }) }, ...sure.map(([value, text]) => el('option', { value }, text))),
      moment('from', 'from'),
      moment('to', 'to'),
      tick('with the steps before and after', 'withSteps'),
      tick("also computers' accounts", 'hasMachines'),
      el('button', { type: 'button', class: 'link', onclick: () => this.reset() }, 'Reset'),
    );
    const move = (text, title, action) => el('button', { type: 'button', title, 'aria-label': title, onclick: action }, text);
    fill(
      byId('hop-zoom'),
      move('+', 'Zoom in', () => this.zoom(ZOOM_STEP)),
      move('−', 'Zoom out', () => this.zoom(1 / ZOOM_STEP)),
      move('←', 'Earlier', () => this.scroll(-0.2)),
      move('→', 'Later', () => this.scroll(0.2)),
      move('All', 'All times', () => this.zoom(0)),
    );
  }

  listen() {
    const frame = byId('hop-axes');
    const keys = {
      w: () => this.zoom(ZOOM_STEP),
      '+': () => this.zoom(ZOOM_STEP),
      s: () => this.zoom(1 / ZOOM_STEP),
      '-': () => this.zoom(1 / ZOOM_STEP),
      a: () => this.scroll(-0.2),
      ArrowLeft: () => this.scroll(-0.2),
      d: () => this.scroll(0.2),
      ArrowRight: () => this.scroll(0.2),
      n: () => this.step(1),
      ArrowDown: () => this.step(1),
      p: () => this.step(-1),
      ArrowUp: () => this.step(-1),
      0: () => this.zoom(0),
    };
    frame.addEventListener('keydown', (event) => {
      const action = keys[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    });
    const at = (event) => {
      const box = frame.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    frame.addEventListener('click', (event) => {
      const { x, y } = at(event);
      const hit = this.hits.filter((area) => x >= area.left && x <= area.right && y >= area.top && y <= area.bottom).at(-1);
      if (hit) this.select(hit.hop);
    });
    frame.addEventListener('wheel', (event) => {
      if (!event.ctrlKey || !this.view) return;
      event.preventDefault();
      this.view = zoomAt(this.view, at(event).x - this.labelWidth, this.view.zoom * 1.0025 ** -event.deltaY);
      this.redrawAxes();
    }, { passive: false });
  }

  choose(part) {
    Object.assign(this.choice, part);
    Object.assign(this, { line: null, hop: null, first: 0 });
    this.resetRows();
    this.refresh();
  }

  reset() {
    const hasMachines = this.model.all.every(({ isMachine }) => isMachine);
    this.choice = { ...allHops(), hasMachines };
    this.showControls();
    this.choose({});
  }

  /** Everything again, for what was chosen. */
  refresh() {
    this.chosen = chooseHops(this.model, this.choice);
    this.graph = graphOf(this.chosen, GRAPH_LIMITS);
    this.showCounts();
    this.drawGraph();
    this.showHopsOfLine();
  }

  showCounts() {
    const { model, chosen, choice, graph } = this;
    const sum = (hops) => hops.reduce((all, { count }) => all + count, 0);
    const all = sum(model.all) + model.leftOut;
    const machines = sum(model.all.filter(({ isMachine }) => isMachine));
    byId('hops-line').textContent = `${plural(sum(chosen), 'hop')} shown of ${all.toLocaleString('en')}: each is a logon over the network or by Remote Desktop`
      + `${choice.hasMachines || machines === 0 ? '' : `; ${machines.toLocaleString('en')} are of computers' own accounts`}. A line says “came from”, not why.`;
    const isUnknown = choice.whose.trim() !== '' && chosen.length === 0;
    this.whose.setAttribute('aria-invalid', String(isUnknown));
    const notes = [
      isUnknown ? 'No hop has this name, period and confidence. Give the full name.' : '',
      graph.hiddenNodes > 0 ? `The graph shows the ${graph.nodes.length} busiest; ${plural(graph.hiddenNodes, 'more computer or address', 'more computers and addresses')} and ${plural(graph.hiddenHops, 'hop')} to or from them are left out: choose a computer or an account to see those around it.` : '',
      graph.hiddenNodes === 0 && graph.hiddenEdges > 0 ? `The graph shows the ${graph.edges.length} busiest lines of ${graph.edges.length + graph.hiddenEdges}.` : '',
      model.counted.length > 0 ? `${plural(sum(model.counted), 'hop')} are only counted here: they have lines, but no time and no account; hops.csv has each.` : '',
      model.leftOut > 0 ? `${plural(model.leftOut, 'hop')} of rare lines are only in hops.csv.` : '',
    ].filter(Boolean);
    byId('hops-note').hidden = notes.length === 0;
    byId('hops-note').textContent = notes.join(' ');
  }

  drawGraph() {
    const { graph, model, ruler, line } = this;
    const frame = byId('hop-graph');
    const isEmpty = graph.nodes.length === 0;
    if (isEmpty) fill(frame, el('p', { class: 'remark' }, 'No hop to show.'));
    else drawGraph(frame, graph, { hosts: model.hosts, ruler, width: frame.clientWidth, chosen: line?.key, onNode: (node) => this.chooseNode(node), onEdge: (edge) => this.chooseLine(edge) });
    const used = new Set(graph.edges.flatMap(({ bases }) => [...bases]));
    fill(byId('hop-key'), ...graphKey(BASES.filter(([word]) => used.has(word))));
  }

  /** A box is a name for the field. */
  chooseNode(node) {
    if (node === OTHER_ADDRESSES) return;
    const name = nameOfNode(node);
    const whose = this.choice.whose.toLowerCase() === name.toLowerCase() ? '' : name;
    this.whose.value = whose;
    this.choose({ whose });
    byId('hops-live').textContent = whose ? `Hops of ${name}: ${byId('hops-line').textContent}` : 'All hops';
  }

  chooseLine(line) {
    this.line = this.line?.key === line.key ? null : line;
    Object.assign(this, { hop: null, first: 0, mostHops: ROWS_AT_ONCE });
    this.drawGraph();
    this.showHopsOfLine();
    byId('hops-live').textContent = this.line && this.line.from ? lineSaid(this.line) : '';
  }

  /** The tables and the axes: of the chosen line, else of all that is shown. */
  showHopsOfLine() {
    this.hops = (this.line?.hops ?? this.chosen).filter(({ at }) => at >= 0);
    this.showTables();
    this.makeAxes();
  }

  showTables() {
    const { base } = this.model;
    const again = (name) => () => {
      this[name] += ROWS_AT_ONCE;
      this.showTables();
    };
    const lines = lineRows(edgesOf(this.chosen), this.chosen);
    showLines(byId('hop-lines'), lines, { base, chosen: this.line?.key, most: this.mostLines, onLine: (line) => this.chooseLine(line), onMore: again('mostLines') });
    const ofLine = this.line ? ` · ${this.line.from ? lineSaid(this.line) : `to ${nameOfNode(this.line.to)}: ${this.line.fromText}`}` : '';
    byId('hop-rows-title').textContent = `${plural(this.hops.length, 'hop')}${ofLine}`;
    showHops(byId('hop-rows'), this.hops, { base, chosen: this.hop, most: this.mostHops, onHop: (hop) => this.select(hop), onMore: again('mostHops') });
    const ids = this.hop ? [this.hop.row.target_session, this.hop.row.source_session].filter(Boolean) : [];
    showHop(byId('hop-selected'), this.hop, ids.map((id) => this.linkTo(id)).filter(Boolean));
  }

  /** The axes, from the step at `first` on. */
  makeAxes() {
    const steps = stepsOf(this.hops);
    byId('hop-axes-part').hidden = steps.length === 0;
    this.axes = null;
    if (steps.length === 0) return;
    this.axes = layOutAxes(makeHopAxes(this.model, steps, this.first));
    this.view = null;
    this.showClock();
    const { first, next, total } = this.axes;
    const turn = (text, to) => el('button', { type: 'button', class: 'link', onclick: () => { this.first = to; this.makeAxes(); } }, text);
    const isWhole = first === 0 && next === total;
    fill(
      byId('hop-axes-note'),
      isWhole ? null : `Steps ${first + 1} to ${next} of ${total.toLocaleString('en')}, by time: choose a computer, an account, a line or a span to see fewer. `,
      first > 0 ? turn('To the first ones', 0) : null,
      next < total ? turn('The next ones', next) : null,
    );
    this.drawAxes();
  }

  /** How the clocks stood, in words. */
  showClock() {
    const { model, axes } = this;
    const names = axes.rows.map(({ name }) => name).filter((name) => name !== 'address');
    const unknown = names.filter((name) => (model.hosts.get(name)?.offset ?? null) === null);
    const offsets = names.map((name) => model.hosts.get(name)).filter((host) => host?.offset);
    const text = (host) => `${host.name} ${host.offset > 0 ? 'ahead' : 'behind'} by ${offsetLength(host.offset)}`;
    const known = unknown.length < names.length;
    byId('hop-clock').textContent = [
      known ? `Times are those of the clock of ${model.reference}; the known difference of each other clock (hosts.csv) is subtracted` : 'No clock could be compared (hosts.csv): each row has the time of its own clock, so rows may differ',
      known && offsets.length > 0 ? `; taken off: ${offsets.slice(0, 6).map(text).join(', ')}${offsets.length > 6 ? ` and ${offsets.length - 6} more` : ''}` : '',
      known && unknown.length > 0 ? `; not compared, and so as its own clock read: ${unknown.slice(0, 6).join(', ')}${unknown.length > 6 ? ` and ${unknown.length - 6} more` : ''}` : '',
      '. An arrow stands where the session began.',
    ].join('');
  }

  drawAxes() {
    const frame = byId('hop-axes');
    const { axes, colours, hop, ruler } = this;
    if (!axes || frame.clientWidth === 0) return;
    const width = frame.clientWidth;
    this.labelWidth = width < 560 ? 104 : 150;
    if (this.view?.width !== width - this.labelWidth) this.view = makeView(axes.axis, width - this.labelWidth, this.view?.zoom ?? 1, this.view?.scroll ?? 0);
    const painter = new SvgPainter(width, axes.height, ruler);
    this.hits = drawHopAxes(painter, axes, this.view, { labelWidth: this.labelWidth, colours, chosen: hop }).hits;
    painter.root.setAttribute('aria-hidden', 'true');
    fill(frame, painter.root);
  }

  zoom(factor) {
    if (!this.view) return;
    const { axis, width, zoom } = this.view;
    this.view = factor === 0 ? makeView(axis, width) : zoomAt(this.view, width / 2, zoom * factor);
    this.redrawAxes();
  }

  scroll(share) {
    if (!this.view) return;
    const { axis, width, zoom, scroll } = this.view;
    this.view = makeView(axis, width, zoom, scroll + share * width);
    this.redrawAxes();
  }

  step(by) {
    const at = this.hops.indexOf(this.hop);
    const next = this.hops[at < 0 ? (by > 0 ? 0 : this.hops.length - 1) : at + by];
    if (next) this.select(next);
  }

  select(hop) {
    this.hop = this.hop === hop ? null : hop;
    this.showTables();
    this.drawAxes();
    if (this.hop) byId('hops-live').textContent = `${sourceText(hop)} to ${hop.target}, ${hop.account}, ${secondText(this.model.base, hop.time)}`;
  }

  /** What a printer gets: all rows, in the colours of paper; and what the screen has again. */
  showAll(isPrint) {
    this.resetRows();
    if (isPrint) Object.assign(this, { mostLines: MOST_PRINTED, mostHops: MOST_PRINTED });
    this.showTables();
    this.repaint();
  }

  /** After a change of the colours, or of the width. */
  repaint() {
    this.colours = readColours();
    this.drawGraph();
    this.drawAxes();
  }
}

/** The computer of a session's name: `COMPUTER/BOOT/LOGONID`. */
export const computerOf = (id) => id.split('/').slice(0, -2).join('/');

/** Shows the hops of a page; `linkTo` gives what leads to a session. */
export async function openHops(linkTo) {
  return new HopSection(makeHops(await readBlock(byId('hop-data'))), linkTo);
}
