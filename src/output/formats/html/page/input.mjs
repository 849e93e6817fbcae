// Pointer and keys: what they do with the chart and the overview.
import { hitAt } from './chart.mjs';
import { axisPlaceAt, fitView, makeView, zoomAt } from './axis.mjs';
import { placeOnOverview } from './overview.mjs';
import { byId } from './dom.mjs';

/** A press that moves less than this is a click. */
const CLICK = 4;
const ZOOM_STEP = 1.4;

/** Connects the chart with the page. */
export function listenToChart(page) {
  const canvas = byId('chart');
  const frame = byId('chart-frame');
  const pointers = new Map();
  let press = null;
  const position = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - page.labelWidth, y: event.clientY - box.top };
  };
  canvas.addEventListener('pointerdown', (event) => {
    pointers.set(event.pointerId, position(event));
    press = { ...position(event), scroll: page.view.scroll, zooms: event.shiftKey, moved: false };
    if (event.pointerType === 'mouse') canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const at = position(event);
    if (pointers.size === 2) return pinch(page, pointers, event.pointerId, at);
    if (!press) return page.hover(at, hitAt(page.hits, at.x, at.y));
    if (Math.abs(at.x - press.x) > CLICK) press.moved = true;
    if (press.moved && press.zooms) page.showRange('chart', [press.x, at.x].map((x) => Math.max(0, x) + page.labelWidth));
    if (press.moved && !press.zooms) page.setView(makeView(page.axis, page.view.width, page.view.zoom, press.scroll + press.x - at.x));
    return undefined;
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (!press) return;
    const at = position(event);
    page.showRange('chart', null);
    if (press.zooms && press.moved) fitPixels(page, press.x, at.x);
    else if (!press.moved && event.type === 'pointerup') click(page, at);
    press = null;
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', () => page.hover(null, null));
  canvas.addEventListener('wheel', (event) => {
    if (event.ctrlKey) page.setView(zoomAt(page.view, position(event).x, page.view.zoom * 1.0025 ** -event.deltaY));
    else if (event.shiftKey) page.scrollBy(event.deltaY || event.deltaX);
    else return;
    event.preventDefault();
  }, { passive: false });
  frame.addEventListener('focus', () => page.announce('Chart. Press question mark for the keys.'));
}

function pinch(page, pointers, id, at) {
  const [a, b] = [...pointers.values()];
  const before = Math.abs(a.x - b.x);
  pointers.set(id, at);
  const [c, d] = [...pointers.values()];
  const ratio = Math.max(Math.abs(c.x - d.x), 1) / Math.max(before, 1);
  page.setView(zoomAt(page.view, (c.x + d.x) / 2, page.view.zoom * ratio));
}

function fitPixels(page, from, to) {
  const [left, right] = [Math.min(from, to), Math.max(from, to)].map((x) => axisPlaceAt(page.view, x));
  page.setView(fitView(page.view, left, right, 0));
}

function click(page, at) {
  const hit = hitAt(page.hits, at.x, at.y);
  if (hit?.session) page.select(hit.session);
  else if (hit?.attempts) page.select(hit.attempts[0]);
  else if (hit?.findings) page.showFinding(hit.findings);
  else if (hit?.unit) page.fitUnit(hit.unit);
  else if (at.x >= 0) page.pin(at.x);
}

/** A drag in the overview sets the window; a click there centres it. */
export function listenToOverview(page) {
  const canvas = byId('overview');
  let from = null;
  const place = (event) => placeOnOverview(page.axis, canvas.clientWidth, event.clientX - canvas.getBoundingClientRect().left);
  canvas.addEventListener('pointerdown', (event) => {
    from = { x: event.clientX, place: place(event) };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!from) return;
    const { left } = canvas.getBoundingClientRect();
    page.showRange('overview', [from.x, event.clientX].map((x) => Math.max(0, Math.min(canvas.clientWidth, x - left))));
  });
  canvas.addEventListener('pointercancel', () => {
    page.showRange('overview', null);
    from = null;
  });
  canvas.addEventListener('pointerup', (event) => {
    page.showRange('overview', null);
    if (!from) return;
    const isClick = Math.abs(event.clientX - from.x) <= CLICK;
    const [left, right] = [from.place, place(event)].sort((a, b) => a.t - b.t || a.g - b.g);
    if (isClick) page.centre(left);
    else page.setView(fitView(page.view, left, right, 0));
    from = null;
  });
}

/** The keys. Those that a field needs are its own. */
export function listenToKeys(page) {
  const actions = {
    w: () => page.zoomBy(ZOOM_STEP),
    '+': () => page.zoomBy(ZOOM_STEP),
    '=': () => page.zoomBy(ZOOM_STEP),
    s: () => page.zoomBy(1 / ZOOM_STEP),
    '-': () => page.zoomBy(1 / ZOOM_STEP),
    a: () => page.scrollBy(-page.view.width / 5),
    ArrowLeft: () => page.scrollBy(-page.view.width / 5),
    d: () => page.scrollBy(page.view.width / 5),
    ArrowRight: () => page.scrollBy(page.view.width / 5),
    '[': () => page.stepBoot(-1),
    ']': () => page.stepBoot(1),
    n: () => page.stepSession(1),
    ArrowDown: () => page.stepSession(1),
    p: () => page.stepSession(-1),
    ArrowUp: () => page.stepSession(-1),
    x: () => page.stepAttempt(1),
    z: () => page.stepAttempt(-1),
    g: () => page.stepFinding(1),
    b: () => page.stepFinding(-1),
    f: () => page.fitSelected(),
    Enter: () => page.fitSelected(),
    0: () => page.setView(makeView(page.axis, page.view.width)),
    c: () => page.togglePin(),
    1: () => page.chooseAxis('record'),
    2: () => page.chooseAxis('folded'),
    3: () => page.chooseAxis('true'),
    '/': () => byId('filter-text').focus(),
    t: () => page.toggleTheme(),
    '?': () => page.toggleKeys(),
    Escape: () => page.clear(),
  };
  /** Outside of the chart these keys belong to the page and its buttons. */
  const ofChart = new Set(['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'Enter']);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !page.view) return;
    const isField = event.target.matches('input, select, textarea');
    if (isField) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (ofChart.has(key) && event.target.id !== 'chart-frame') return;
    const action = actions[key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
