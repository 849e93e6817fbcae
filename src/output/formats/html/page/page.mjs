// The page: what is shown now, and what each action does.
import { readBlock } from './columns.mjs';
import { makeHost, sessionDetails } from './host.mjs';
import { axisPlaceAt, firstMode, fitView, locate, makeAxis, makeView, movedCursor, pinnedAt, placeAt, toPixel, zoomAt } from './axis.mjs';
import { emptyFilter, filterAttempts, filterCounts, filterSessions } from './filter.mjs';
import { makeLanes } from './lanes.mjs';
import { drawChart, layOut, LANES_AT_ONCE } from './chart.mjs';
import { CanvasPainter, changeTheme, readColours, useLightTheme } from './theme.mjs';
import { byId, el, fill, oncePerFrame, sizeCanvas } from './dom.mjs';
import { OVERVIEW_HEIGHT, drawOverview, drawWindow } from './overview.mjs';
import { drawPunchCard, punchCard } from './punch-card.mjs';
import { showLegend } from './legend.mjs';
import { showCase, showCoverage, showFindings, showLogsWithoutLine } from './case-head.mjs';
import { ComputerList } from './computers.mjs';
import { computerOf, openHops } from './hop-section.mjs';
import { showIndex } from './index.mjs';
import { showSelected, showWho } from './panels.mjs';
import { attemptsTitle, isInView, makeAttemptTable, makeSessionTable, sessionsTitle } from './table.mjs';
import { clearInvalid, filterSentence, makeFilterFields, showAxes, showFilterLine, showKeys, showKinds } from './controls.mjs';
import { listenToChart, listenToKeys, listenToOverview } from './input.mjs';
import { forgetPrint, preparePrint } from './print.mjs';
import { extentOf } from './presence.mjs';
import { secondText } from './time.mjs';
import { GAPS, attemptLines, countedSentence, gapLine, lostLine, plural, sessionLine, unitLine } from './words.mjs';

/** The table follows the chart when it has stood still for so many milliseconds. */
const ROWS_AFTER = 80;

class Page {
  constructor(data) {
    Object.assign(this, { data, host: null, hops: null, view: null, hits: [], selected: null, cursor: null, filter: emptyFilter() });
    this.mostLanes = LANES_AT_ONCE;
    this.redraw = oncePerFrame(() => this.draw());
    this.showRows = oncePerFrame(() => this.showTable());
    this.computers = new ComputerList(byId('computer-list'), data.hosts, (index) => this.open(index));
    this.table = makeSessionTable(byId('table'), (session) => this.select(session));
    this.failed = makeAttemptTable(byId('attempts'), (attempt) => this.select(attempt));
    this.applyTheme();
  }

  /** Opens a computer: its block is unpacked now. */
  async open(index) {
    const row = this.data.hosts[index];
    if (!row) return;
    this.computers.choose(index);
    const block = await readBlock(byId(row.block));
    if (this.computers.chosen !== index) return;
    this.host = makeHost(block);
    Object.assign(this, { selected: null, cursor: null, filter: emptyFilter(), mostLanes: LANES_AT_ONCE });
    byId('computer-name').textContent = this.host.name;
    byId('computer-counts').textContent = countsText(this.host);
    showFindings(this.data, this.host, (findings) => this.showFinding(findings));
    this.showInFields = makeFilterFields(this.host, () => this.filter, (filter) => this.setFilter(filter));
    showCoverage(this.host, this.colours);
    showLogsWithoutLine(this.data, this.host);
    showSelected(this.host, null);
    this.chooseAxis(firstMode(this.host));
    history.replaceState(null, '', `#${encodeURIComponent(row.name)}`);
  }

  /** What leads to a session: where its computer is on the page, the chart; else the list of all computers. */
  linkTo(id) {
    const name = computerOf(id);
    const index = this.data.hosts.findIndex((host) => host.name === name);
    if (index >= 0) return el('button', { type: 'button', class: 'link', onclick: () => this.openSession(index, id) }, `Show ${id} in the chart`);
    return this.data.index ? el('a', { href: `${this.data.index}#${encodeURIComponent(name)}` }, `${name} in the list of all computers`) : null;
  }

  async openSession(index, id) {
    if (this.computers.chosen !== index) await this.open(index);
    const session = this.host.sessions.find((own) => sessionDetails(this.host, own).id === id);
    if (session) this.select(session);
    byId('computer-name').scrollIntoView();
  }

  chooseAxis(mode) {
    this.axis = makeAxis(this.host, mode);
    this.view = makeView(this.axis, this.plotWidth());
    this.cursor = movedCursor(this.host, this.view, this.cursor);
    showAxes(this.host, mode, (own) => this.chooseAxis(own));
    this.refilter();
  }

  setFilter(filter) {
    this.filter = filter;
    this.showInFields(filter);
    this.refilter();
  }

  refilter() {
    const { host, axis, filter } = this;
    this.sessions = filterSessions(host, filter);
    const counts = filterCounts(host, filter);
    this.attempts = filterAttempts(host, filter);
    this.lanes = makeLanes(axis, host.units, this.sessions, counts, this.attempts);
    this.bars = new Map(this.sessions.map((session) => [session, barOf(axis, session)]));
    this.punch = punchCard(host, this.sessions);
    this.layOut();
    showKinds(host, filter, { sessions: this.sessions, counts, attempts: this.attempts }, (own) => this.setFilter(own));
    showFilterLine(host, filter, this, (own) => this.setFilter(own));
    this.showWho();
    this.redraw();
  }

  layOut() {
    this.chart = layOut(this.host, this.axis, this.lanes, this.mostLanes);
    const { hiddenLanes } = this.chart;
    const note = byId('chart-note');
    const { counted } = this.host;
    note.hidden = hiddenLanes === 0 && counted === 0;
    const more = el('button', { type: 'button', class: 'link', onclick: () => {
      this.mostLanes += LANES_AT_ONCE;
      this.layOut();
      this.redraw();
    } }, `Show ${Math.min(LANES_AT_ONCE, hiddenLanes)} more`);
    fill(
      note,
      counted > 0 ? `${countedSentence(counted)} ` : null,
      hiddenLanes > 0 ? `${plural(hiddenLanes, 'more account')} below. ` : null,
      hiddenLanes > 0 ? more : null,
    );
  }

  plotWidth() {
    const width = byId('chart-frame').clientWidth;
    this.labelWidth = width < 560 ? 84 : 118;
    return Math.max(120, width - this.labelWidth);
  }

  setView(view) {
    this.view = view;
    // A cursor that is not pinned stays under the pointer, where the time is another one now.
    if (this.cursor && !this.cursor.isPinned) this.setCursor(this.cursor.x);
    this.redraw();
  }

  zoomBy(factor) {
    const x = this.cursor?.isPinned ? toPixel(this.view, this.cursor.at) : -1;
    const middle = x >= 0 && x <= this.view.width ? x : this.view.width / 2;
    this.setView(zoomAt(this.view, middle, this.view.zoom * factor));
  }

  scrollBy(pixels) {
    this.setView(makeView(this.axis, this.view.width, this.view.zoom, this.view.scroll + pixels));
  }

  /** Shows what a drag would zoom to, from one pixel to another; null: nothing any more. */
  showRange(canvas, range) {
    const mark = byId(`${canvas}-range`);
    mark.hidden = range === null;
    if (range === null) return;
    mark.style.left = `${Math.min(...range)}px`;
    mark.style.width = `${Math.abs(range[1] - range[0])}px`;
  }

  /** Puts a place of the axis in the middle. */
  centre(place) {
    const at = toPixel(this.view, place) + this.view.scroll;
    this.setView(makeView(this.axis, this.view.width, this.view.zoom, at - this.view.width / 2));
  }

  fitUnit(unit) {
    const [from, to] = [unit.first, unit.last].map((time) => locate(this.axis, { unit: unit.index, time }));
    this.setView(fitView(this.view, from, to));
    this.announce(unitLine(this.host, unit));
  }

  fitSelected() {
    const bar = this.selected && barOf(this.axis, this.selected);
    if (bar) this.setView(fitView(this.view, { t: bar.t0, g: bar.g0 }, { t: bar.t1, g: bar.g1 }, 0.1));
  }

  stepBoot(step) {
    const { units } = this.host;
    if (units.length === 0) return;
    const middle = placeAt(this.view, this.view.width / 2);
    const now = this.unit ?? units.findIndex(({ index, last }) => (middle?.unit === null ? last >= (middle?.time ?? 0) : index === middle?.unit));
    this.unit = Math.max(0, Math.min(units.length - 1, (this.view.zoom > 1.001 ? now + step : now)));
    this.fitUnit(units[this.unit]);
  }

  stepSession(step) {
    this.stepThrough(this.sessions.filter(({ isPerson }) => isPerson), step);
  }

  stepAttempt(step) {
    this.stepThrough(this.attempts, step);
  }

  stepThrough(rows, step) {
    const at = rows.indexOf(this.selected);
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    if (next) this.select(next);
  }

  /** Goes to the next finding that has a place, or to the one before. */
  stepFinding(step) {
    const { findings } = this.chart;
    const at = findings.findIndex(({ finding }) => finding === this.finding);
    const next = findings[at < 0 ? (step > 0 ? 0 : findings.length - 1) : at + step];
    if (next) this.showFinding([next.finding]);
  }

  /** Selects a session or a failed logon. */
  select(row) {
    this.selected = row;
    showSelected(this.host, row);
    this.table.select(row);
    this.failed.select(row);
    const bar = row && barOf(this.axis, row);
    if (bar && !isInView(this.view, bar)) this.centre({ t: bar.t0, g: bar.g0 });
    if (row) this.announce(row.isAttempt ? attemptLines(this.host, [row]) : sessionLine(this.host, row));
    this.redraw();
  }

  showFinding(findings) {
    const first = findings.find(({ place }) => place);
    this.finding = first;
    if (first) {
      this.centre(locate(this.axis, first.place));
      this.pinPlace(first.place);
    }
    this.announce(findings[0].message);
  }

  hover(at, hit) {
    const note = byId('hover');
    const text = at && hit ? this.hoverText(hit, at) : '';
    note.hidden = !text;
    note.textContent = text;
    if (text) {
      const left = Math.min(at.x + this.labelWidth + 12, byId('chart-frame').clientWidth - note.offsetWidth - 4);
      note.style.left = `${Math.max(0, left)}px`;
      note.style.top = `${at.y + 16}px`;
    }
    if (!this.cursor?.isPinned) this.setCursor(at && at.x >= 0 ? at.x : null);
  }

  hoverText(hit, at) {
    if (hit.session) return `${hit.count > 1 ? `${hit.count} marks, the first: ` : ''}${sessionLine(this.host, hit.session)}`;
    if (hit.attempts) return attemptLines(this.host, hit.attempts);
    if (hit.unit) return unitLine(this.host, hit.unit);
    if (hit.findings) return hit.findings.slice(0, 6).map(({ code, message, record }) => `${code}: ${message} ${record}`).join('\n');
    if (hit.gap) return gapLine(this.host, hit.gap);
    if (hit.lost) return lostLine(hit.lost);
    const count = hit.bins?.[Math.floor(at.x / 3)] ?? 0;
    return count > 0 ? `${plural(count, 'session')} began here` : '';
  }

  /** Puts the cursor at a pixel, where it is not pinned; without one, it goes. */
  setCursor(x) {
    const place = x === null ? null : placeAt(this.view, x);
    this.cursor = place ? { place, isPinned: false, x, at: axisPlaceAt(this.view, x) } : null;
    this.showWho();
    this.redraw();
  }

  /** Pins the cursor to the time at a pixel: it keeps that time, whatever the view is later. */
  pin(x) {
    this.setCursor(x);
    if (!this.cursor) return;
    this.cursor.isPinned = true;
    this.announce(this.showWho());
  }

  /** Pins the cursor to a time that a record gives. */
  pinPlace(place) {
    this.cursor = pinnedAt(this.view, place);
    this.announce(this.showWho());
    this.redraw();
  }

  showWho() {
    return showWho(this.host, this.sessions, this.cursor?.place ?? null);
  }

  togglePin() {
    if (this.cursor?.isPinned) this.setCursor(null);
    else this.pin(this.cursor?.x ?? this.view.width / 2);
  }

  clear() {
    Object.assign(this, { selected: null, cursor: null });
    clearInvalid();
    showSelected(this.host, null);
    this.setFilter(emptyFilter());
  }

  toggleTheme() {
    changeTheme();
    this.applyTheme();
  }

  toggleKeys() {
    const keys = byId('keys');
    keys.hidden = !keys.hidden;
    byId('keys-button').setAttribute('aria-expanded', String(!keys.hidden));
  }

  applyTheme() {
    this.colours = readColours();
    this.computers.colours = this.colours;
    this.computers.draw();
    showLegend(byId('legend'), this.colours);
    this.hops?.repaint();
    if (!this.host) return;
    showCoverage(this.host, this.colours);
    this.redraw();
  }

  announce(text) {
    byId('live').textContent = text;
  }

  resize() {
    this.computers.draw();
    this.hops?.repaint();
    if (!this.view) return;
    this.view = makeView(this.axis, this.plotWidth(), this.view.zoom, this.view.scroll);
    showCoverage(this.host, this.colours);
    this.draw();
  }

  draw() {
    const { chart, view, colours, selected } = this;
    // A window without any width, as while it is being opened: there is nothing to draw on.
    if (byId('overview').parentElement.clientWidth === 0) return;
    const painter = new CanvasPainter(sizeCanvas(byId('chart'), this.labelWidth + view.width, chart.height));
    this.hits = drawChart(painter, chart, view, { labelWidth: this.labelWidth, colours, selected, cursor: this.cursorMark() });
    this.drawOverview();
    clearTimeout(this.waitsForRows);
    if (this.hasRowsOf === chart) {
      this.waitsForRows = setTimeout(this.showRows, ROWS_AFTER);
    } else {
      this.hasRowsOf = chart;
      this.showRows();
    }
  }

  /** What does not change with the window is drawn once for a chart, a width and a theme. */
  drawOverview() {
    const { chart, view, colours } = this;
    const overview = byId('overview');
    const width = overview.parentElement.clientWidth;
    const { drawn } = this;
    if (drawn?.chart !== chart || drawn.width !== width || drawn.colours !== colours) {
      const image = document.createElement('canvas');
      drawOverview(new CanvasPainter(sizeCanvas(image, width, OVERVIEW_HEIGHT)), chart, width, colours);
      this.drawn = { chart, width, colours, image };
      this.drawPunchCard();
    }
    const context = sizeCanvas(overview, width, OVERVIEW_HEIGHT);
    context.drawImage(this.drawn.image, 0, 0, width, OVERVIEW_HEIGHT);
    drawWindow(new CanvasPainter(context), chart.axis, width, view, colours);
  }

  drawPunchCard() {
    const canvas = byId('punch-card');
    const width = canvas.parentElement.clientWidth;
    const painter = new CanvasPainter(sizeCanvas(canvas, width, OVERVIEW_HEIGHT));
    drawPunchCard(painter, this.punch, this.host.base, width, OVERVIEW_HEIGHT, this.colours);
    canvas.setAttribute('aria-label', `Days and hours with people on: ${plural(this.punch.length, 'day')}`);
  }

  /** The cursor on the chart, at its place whatever the view is now. */
  cursorMark() {
    if (!this.cursor) return null;
    const { place, isPinned, at } = this.cursor;
    const text = place.isGap ? GAPS[place.part.kind] : secondText(this.host.base, place.time);
    return { x: toPixel(this.view, at), text: `${text}${isPinned ? ' · pinned' : ''}` };
  }

  showTable() {
    const { view, bars } = this;
    const isWhole = view.zoom <= 1.001;
    const rows = isWhole ? this.sessions : this.sessions.filter((session) => bars.get(session) && isInView(view, bars.get(session)));
    const people = rows.filter(({ isPerson }) => isPerson);
    byId('table-title').textContent = sessionsTitle(rows, people);
    this.table.show(this.host, byId('all-rows').checked ? rows : people, this.selected);
    const attempts = isWhole ? this.attempts : this.attempts.filter((attempt) => isInView(view, barOf(this.axis, attempt)));
    byId('attempts-section').hidden = this.host.attempts.length === 0;
    byId('attempts-title').textContent = attemptsTitle(attempts);
    this.failed.show(this.host, attempts, this.selected);
  }

  print() {
    const useThemeAgain = useLightTheme();
    const ruler = new CanvasPainter(document.createElement('canvas').getContext('2d'));
    const remarks = { computers: this.data.hosts.map(({ name }) => name), filter: filterSentence(this.host, this.filter, this), findings: [...this.host.findings, ...this.data.findings] };
    preparePrint(this.chart, this, readColours(), ruler, remarks);
    const restore = () => {
      forgetPrint();
      useThemeAgain();
      this.hops?.showAll(false);
      this.applyTheme();
    };
    window.addEventListener('afterprint', restore, { once: true });
    this.colours = readColours();
    showLegend(byId('legend'), this.colours);
    this.hops?.showAll(true);
    showCoverage(this.host, this.colours);
  }
}

/** A session, or a row of failed logons, from its first place on an axis to its last one; null without a place. */
function barOf(axis, session) {
  const extent = session.isAttempt ? { begin: session.place, gone: { ...session.place, time: session.last } } : extentOf(session);
  if (!extent) return null;
  const places = [extent.begin, extent.gone].map((place) => locate(axis, place)).sort((a, b) => a.t - b.t || a.g - b.g);
  return { t0: places[0].t, g0: places[0].g, t1: places[1].t, g1: places[1].g };
}

function countsText(host) {
  const crashes = host.boots.filter(({ cause }) => cause === 'crash').length;
  const starts = host.boots.flatMap(({ power }) => power).filter(({ kind }) => kind === 'off').length;
  const own = host.sessions.filter(({ isPerson, isElevatedHalf }) => isPerson && !isElevatedHalf);
  const people = new Set(own.map(({ account }) => account.key)).size;
  const failed = host.attempts.reduce((sum, { count }) => sum + count, 0);
  return [
    plural(host.boots.length, 'boot'),
    crashes > 0 ? `${crashes} ended in a crash` : '',
    starts > 0 ? plural(starts, 'Fast Startup or hibernation', 'Fast Startups or hibernations') : '',
    `${plural(host.sessions.length + host.counted, 'session')}, ${own.length.toLocaleString('en')} by ${plural(people, 'person', 'people')}`,
    failed > 0 ? plural(failed, 'failed logon') : '',
  ].filter(Boolean).join(' · ');
}

/** Shows the page. */
export async function start() {
  const data = await readBlock(byId('case'));
  byId('page').hidden = false;
  showCase(data);
  if (data.finding_kinds) {
    await showIndex(data);
    return;
  }
  showKeys();
  const page = new Page(data);
  listenToChart(page);
  listenToOverview(page);
  listenToKeys(page);
  byId('all-rows').addEventListener('change', () => page.showRows());
  byId('theme-button').addEventListener('click', () => page.toggleTheme());
  byId('keys-button').addEventListener('click', () => page.toggleKeys());
  byId('print-button').addEventListener('click', () => window.print());
  byId('find-computer').addEventListener('input', (event) => page.computers.find(event.target.value));
  window.addEventListener('beforeprint', () => page.host && page.print());
  window.addEventListener('resize', oncePerFrame(() => page.resize()));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => page.applyTheme());
  if (data.hosts.length === 0) {
    byId('computer').hidden = true;
    byId('loss').hidden = false;
    byId('loss').textContent += ' The logs name no computer.';
    showFindings(data, null, () => {});
    return;
  }
  // A page without hops has no script for them either.
  if (byId('hop-data')) page.hops = await openHops((id) => page.linkTo(id));
  const wanted = decodeURIComponent(location.hash.slice(1));
  const named = data.hosts.findIndex(({ name }) => name === wanted);
  await page.open(named >= 0 ? named : page.computers.shown[0]);
}


