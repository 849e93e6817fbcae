// The head: what was read, what became of every event, what the logs cover, what was found.
import { el, fill, byId, sizeCanvas } from './dom.mjs';
import { makeAxis, makeView, pixelOf, TRUE_CLOCK } from './axis.mjs';
import { CanvasPainter, fitText } from './theme.mjs';
import { DAY, dayStart, dayText, exactText, monthText } from './time.mjs';
import { plural, shortChannel } from './words.mjs';

const ROW = 15;
const ORDER = ['error', 'warning', 'info'];

/** Fills what concerns the whole case. */
export function showCase(data) {
  const { logs, records, unreadable } = data.log_counts;
  const sessions = data.hosts.reduce((sum, host) => sum + host.sessions, 0);
  byId('made-by').textContent = `${data.made_by} · case report · times are UTC`;
  byId('case-line').textContent = `${plural(data.hosts.length, 'computer')} · ${plural(sessions, 'session')} · `
    + `${plural(logs, 'log')}, ${plural(records, 'record')}, ${unreadable.toLocaleString('en')} unreadable · `
    + (data.finding_kinds ? 'each computer has a page of its own' : 'every bar cites its records');
  if (data.index) {
    const link = el('a', { href: `${data.index}#${encodeURIComponent(data.hosts[0].name)}` }, 'the list of all of them');
    fill(byId('accounting'), `One of ${plural(data.written.computers, 'computer')} of a case: see `, link, ', and there what became of each event that was read.');
  } else {
    byId('accounting').textContent = accountingText(data.accounting);
  }
  const leftOut = data.found.sessions - data.written.sessions;
  const remarks = [
    leftOut > 0 ? `A filter left out ${leftOut.toLocaleString('en')} of ${plural(data.found.sessions, 'session')}.` : '',
    ...data.uncovered.map((text) => `Nothing is known: ${text}`),
    data.incomplete ? `Some evidence ${data.index ? 'of the case ' : ''}could not be read or verified: see ${data.index ? 'that list' : 'the findings'}.` : '',
  ].filter(Boolean);
  byId('loss').hidden = remarks.length === 0;
  byId('loss').textContent = remarks.join(' ');
}

/** `What became of each event that was read: 4624: 730 = 212 in rows + 518 of Windows itself`. */
export function accountingText(accounting) {
  const events = accounting.map(([event, read, placed, wellKnown, duplicates, reported]) => {
    const parts = [
      [placed, 'in rows'],
      [wellKnown, 'of Windows itself'],
      [duplicates, 'copies'],
      [reported, 'of another provider'],
    ].filter(([count]) => count > 0);
    const sum = parts.map(([count, name]) => `${count.toLocaleString('en')} ${name}`).join(' + ') || '0';
    return `${event}: ${read.toLocaleString('en')} = ${sum}`;
  });
  return events.length > 0 ? `What became of each event that was read: ${events.join('; ')}` : 'No logon or logoff event was read.';
}

/** What each log covers of a computer, in the true time of its clock. */
export function showCoverage(host, colours) {
  const canvas = byId('coverage-canvas');
  const channels = [...new Set(host.boots.flatMap(({ coverage }) => coverage.map(({ channel }) => channel)))].sort();
  byId('coverage-title').textContent = `What the logs cover · ${host.name}, ${plural(channels.length, 'channel')}, true clock`;
  const width = Math.max(260, canvas.parentElement.clientWidth);
  const height = channels.length * ROW + 20;
  const painter = new CanvasPainter(sizeCanvas(canvas, width, height));
  const left = Math.min(150, width * 0.3);
  const view = makeView(makeAxis(host, TRUE_CLOCK), width - left - 70);
  const marks = timeMarks(view, host.base, painter);
  for (const { x } of marks) painter.rect(left + x, 0, 1, height - 14, colours.grid);
  const names = channels.map((channel, at) => drawChannel(painter, host, channel, { y: at * ROW, left, view, colours, width }));
  for (const { x, text: mark } of marks) painter.text(mark, left + x, height - 3, colours.soft, { size: 10 });
  canvas.setAttribute('aria-label', `What the logs cover of ${host.name}: ${names.join('; ')}`);
}

function drawChannel(painter, host, channel, { y, left, view, colours, width }) {
  const own = host.boots.flatMap(({ coverage }) => coverage.filter((row) => row.channel === channel));
  const short = shortChannel(channel);
  painter.text(fitText(painter, short, left - 8, { size: 11 }), 0, y + 10, colours.ink, { size: 11 });
  painter.rect(left, y + 2, view.width, 8, colours.off);
  for (const { first, last } of own) {
    for (let unit = first.unit; unit <= last.unit; unit++) {
      const from = pixelOf(view, { unit, time: unit === first.unit ? first.time : host.units[unit].first });
      const to = pixelOf(view, { unit, time: unit === last.unit ? last.time : host.units[unit].last });
      painter.rect(left + from, y + 2, Math.max(1, to - from), 8, colours.other);
    }
  }
  painter.text(plural(own.length, 'boot'), width, y + 10, colours.soft, { size: 10, align: 'right' });
  const times = own.flatMap(({ first, last }) => [first.time, last.time]);
  return `${short}, ${plural(own.length, 'boot')}, ${exactText(host.base, Math.min(...times))} to ${exactText(host.base, Math.max(...times))}`;
}

/**
 * The logs that have no line in the coverage of this computer: those without an event that is used for boots and sessions, as
 * `{ channel, records }`, and the number of logs that name no computer.
 */
export function logsWithoutLine(data, host) {
  const split = (texts) => new Set(texts.flatMap((text) => text.split('; ')).filter(Boolean));
  const names = split([host.name, ...host.boots.map((boot) => boot.names)]);
  const hasLine = new Set(host.boots.flatMap(({ coverage }) => coverage.map(({ channel }) => channel.toLowerCase())));
  const ofHost = data.logs.filter((log) => [...split([log.computers])].some((name) => names.has(name)));
  const channels = new Map();
  for (const log of ofHost) {
    const own = [...split([log.channels])].filter((channel) => !hasLine.has(channel.toLowerCase()));
    // The records of a log of several channels are not counted for each of them.
    const records = split([log.channels]).size === 1 ? log.records : null;
    own.forEach((channel) => channels.set(channel, records === null ? null : records + (channels.get(channel) ?? 0)));
  }
  const rest = [...channels].map(([channel, records]) => ({ channel, records })).sort((a, b) => (a.channel < b.channel ? -1 : 1));
  return { rest, nameless: data.logs.filter(({ computers }) => !computers).length };
}

/** Says which logs were read and have no line in the coverage, and why. */
export function showLogsWithoutLine(data, host) {
  const { rest, nameless } = logsWithoutLine(data, host);
  const names = rest.map(({ channel, records }) => `${channel}${records === null ? '' : ` (${plural(records, 'record')})`}`);
  byId('coverage-rest').textContent = [
    names.length > 0 ? `Logs that name this computer and have no line, because they have none of its events that are used for boots and sessions: ${names.join(', ')}.` : '',
    nameless > 0 ? `${plural(nameless, 'log names', 'logs name')} no computer: see logs.csv.` : '',
  ].join(' ').trim();
}

/** The first days of months, or days of a short record, that have room on a linear axis. */
function timeMarks(view, base, painter) {
  const [part] = view.axis.times;
  if (!part) return [];
  const isShort = part.to - part.from < 60 * DAY;
  const [text, step] = isShort ? [shortDay, DAY] : [monthText, 30 * DAY];
  const perTick = view.ofTime / (part.to - part.from || 1);
  const every = Math.max(1, Math.ceil(64 / (step * perTick)));
  const marks = [];
  let shown = '';
  for (let at = 0; at * every * step <= part.to - part.from && marks.length < 40; at++) {
    const time = part.from + at * every * step;
    const label = text(base, time);
    const x = pixelOf(view, { unit: part.unit, time: part.from }) + (dayStart(base, time) - part.from) * perTick;
    if (label === shown || x < 0 || x + painter.measure(label, { size: 10 }) > view.width + 60) continue;
    marks.push({ x, text: label });
    shown = label;
  }
  return marks;
}

/** `9 Sep` */
const shortDay = (base, time) => dayText(base, time).replace(/ \d+$/, '');

/**
 * The findings of a page: those of the computer that is shown, those of no computer, and how many the other computers have.
 * All together are the rows of findings.csv, except on the page of one computer of many.
 */
export function findingParts(data, host) {
  const ofAll = data.hosts.reduce((sum, own) => sum + own.findings, 0);
  const own = host?.findings ?? [];
  return { own, ofNone: data.findings, others: ofAll - own.length, total: ofAll + data.findings.length };
}

/** The findings by kind; a click shows those of a kind, and goes to the first of this computer. */
export function showFindings(data, host, onChoose) {
  const { own, ofNone, others, total } = findingParts(data, host);
  const list = byId('finding-list');
  fill(list);
  const show = (findings) => {
    fill(list, findingList(findings));
    onChoose(findings);
  };
  if (data.hosts.length < 2) {
    showFindingKinds(kindsOf([...own, ...ofNone], show), data.index ? `Findings of ${host.name}` : 'Findings');
    return;
  }
  byId('findings-title').textContent = `Findings · ${total.toLocaleString('en')} in the case`;
  const part = (findings, whose) => {
    const kinds = kindsOf(findings, show);
    const count = findings.length > 0 ? `${plural(findings.length, 'finding')} of ${plural(kinds.length, 'kind')}` : 'no finding';
    return [el('p', { class: 'remark' }, `${whose}: ${count}`), kindList(kinds)];
  };
  const rest = plural(data.hosts.length - 1, 'other computer');
  fill(
    byId('finding-kinds'),
    ...part(own, host.name),
    ...(ofNone.length > 0 ? part(ofNone, 'No computer of this list') : []),
    el('p', { class: 'remark' }, `${rest}: ${plural(others, 'finding')}; they are listed here when the computer is chosen.`),
  );
}

/** Findings by severity and code. */
function kindsOf(all, onShow) {
  const kinds = new Map();
  for (const finding of all) {
    const key = `${finding.severity} ${finding.code}`;
    if (!kinds.has(key)) kinds.set(key, []);
    kinds.get(key).push(finding);
  }
  return [...kinds.values()].map((findings) => {
    const [{ severity, code }] = findings;
    return { severity, code, count: findings.length, show: () => onShow(findings) };
  });
}

/** The kinds of findings, each with its number, and how many findings there are. */
export function showFindingKinds(kinds, title = 'Findings') {
  const count = kinds.reduce((sum, kind) => sum + kind.count, 0);
  byId('findings-title').textContent = `${title} · ${plural(count, 'finding')} of ${plural(kinds.length, 'kind')}`;
  fill(byId('finding-kinds'), kindList(kinds));
}

/** A list of kinds, the worst ones first; a click calls the `show` of a kind. */
function kindList(kinds) {
  const sorted = [...kinds].sort((a, b) => {
    return ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.count - a.count;
  });
  return el('ul', {}, ...sorted.map((kind) => {
    return el('li', {}, el('button', { type: 'button', class: `finding ${kind.severity}`, onclick: kind.show },
      el('span', { class: 'shape', 'aria-hidden': 'true' }, { error: '!', warning: '▲', info: '○' }[kind.severity]),
      el('span', { class: 'visually-hidden' }, kind.severity),
      el('b', {}, kind.count.toLocaleString('en')),
      kind.code.replaceAll('-', ' ')));
  }));
}

const MOST_LISTED = 200;

/** Findings as a list. */
export function findingList(findings, most = MOST_LISTED) {
  const rows = findings.slice(0, most).map(({ message, log, record, boot }) => {
    const where = [boot ? `boot ${boot.epoch}` : '', record, log].filter(Boolean).join(', ');
    return el('li', {}, message, where ? el('small', {}, ` (${where})`) : null);
  });
  const more = findings.length - rows.length;
  if (more > 0) rows.push(el('li', {}, `and ${more.toLocaleString('en')} more: see findings.csv`));
  return el('ul', { class: 'finding-rows' }, ...rows);
}
