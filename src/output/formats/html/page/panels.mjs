// Who was on at the cursor, and the selected session with its records.
import { el, fill, byId } from './dom.mjs';
import { sessionDetails } from './host.mjs';
import { doubtOf, peopleAt, stateAt } from './presence.mjs';
import { exactText, lengthText, secondText } from './time.mjs';
import { CAUSES, GAPS, endText, kindName, lengthOf, plural, timeOnDay } from './words.mjs';

const MOST_ROWS = 60;

/** The units in which the clock read a time. */
function unitsAt(host, time) {
  return host.units.filter(({ first, last }) => first <= time && time <= last);
}

/** Who was on at a place of the axis; gives the sentence for who cannot see it. */
export function showWho(host, sessions, place) {
  const title = byId('who-title');
  const body = byId('who');
  if (!place) {
    title.textContent = 'Who was logged on';
    fill(body, el('p', { class: 'remark' }, 'Point at the chart, or press C to keep the cursor in its place.'));
    return '';
  }
  const { time, unit, part } = place;
  const people = peopleAt(host, sessions, place);
  const found = people ?? [];
  found.sort((a, b) => Number(b.isSure) - Number(a.isSure) || a.session.account.full.localeCompare(b.session.account.full, 'en'));
  title.textContent = `Who was logged on at ${exactText(host.base, time).replace(/\.\d+Z/, 'Z')}`;
  const units = people === null ? [] : unit === null ? unitsAt(host, time) : [host.units[unit]];
  const remarks = [people === null ? 'No log covers this time.' : whereText(host, units, part)];
  if (units.length > 1) remarks.push(`The clock showed this time ${units.length} times, because it was set back.`);
  const rows = found.slice(0, MOST_ROWS).map((own) => whoRow(host, own, time, units));
  if (found.length > MOST_ROWS) rows.push(el('li', {}, `and ${plural(found.length - MOST_ROWS, 'more session')}`));
  fill(
    body,
    el('p', { class: 'remark' }, remarks.join(' ')),
    found.length > 0 ? el('ul', { class: 'who-rows' }, ...rows) : el('p', {}, people === null ? 'Nothing is known of this time.' : nobodyText(units, part)),
  );
  const sure = found.filter(({ isSure }) => isSure).length;
  return `${title.textContent}: ${plural(sure, 'session')} surely, ${found.length - sure} possibly`;
}

function whereText(host, units, part) {
  if (part && part.kind !== 'time' && part.kind !== 'step') {
    const from = secondText(host.base, part.from);
    return `${GAPS[part.kind][0].toUpperCase()}${GAPS[part.kind].slice(1)}, between ${from} and ${secondText(host.base, part.to)}.`;
  }
  if (units.length === 0) return 'No boot that is known.';
  return `${units.length > 1 ? 'Boots' : 'Boot'} ${units.map(({ boot }) => boot.epoch).join(', ')}.`;
}

function nobodyText(units, part) {
  if (part && part.kind === 'unknown') return 'Nothing is known of this time.';
  return units.length > 0 || part ? 'None of the people shown was logged on.' : 'Nothing is known of this time.';
}

function whoRow(host, { session, isSure }, time, units) {
  const unit = units.find(({ boot }) => boot === session.boot)?.index ?? session.boot.units[0]?.index ?? 0;
  const state = isSure ? stateAt(session, { time, unit }) : '';
  const since = session.start ? `since ${timeOnDay(host.base, session.start.time, time)}` : 'start not known';
  const source = session.source ? ` from ${session.source}` : '';
  const watched = session.isWatched ? ', watched' : '';
  return el(
    'li',
    {},
    el('b', {}, session.account.origin ? session.account.full : session.account.name),
    el('span', {}, `${kindName(session.kind)}${source}, ${since}${state ? `, ${state}` : ''}${watched}`),
    el('span', { class: isSure ? 'sure' : 'possible' }, isSure ? 'there' : `possibly: ${doubtOf(session, time)}`),
  );
}

/** The facts of the selected session or row of failed logons. */
export function showSelected(host, session) {
  const body = byId('selected');
  byId('selected-title').textContent = session?.isAttempt ? 'Selected failed logons' : 'Selected session';
  if (!session) {
    fill(body, el('p', { class: 'remark' }, 'Click a bar or a row of the table; N and P go to the next session and the one before, X and Z to failed logons.'));
    return;
  }
  if (session.isAttempt) {
    showFacts(body, attemptFacts(host, session), `${host.name}/${session.boot.epoch}`);
    return;
  }
  const details = sessionDetails(host, session);
  const at = (place, record) => (place ? `${exactText(host.base, place.time)} ${record}` : '');
  const facts = [
    ['Person', session.account.full],
    ['SID', session.account.sid],
    ['Class', `${kindName(session.kind)}${details.logonType >= 0 ? `, logon type ${details.logonType}` : ''}`],
    ['Start', session.start ? at(session.start, details.startRecord) : 'not known'],
    ['Asked to log off', at(session.initiated, details.initiatedRecord)],
    ['End', `${endText(host.base, session)} ${details.terminatedRecord || details.endRecord}`],
    ['Terminated', details.terminated === undefined ? '' : `${exactText(host.base, Number(details.terminated))} ${details.terminatedRecord}`],
    ['How it ended', `${CAUSES[session.cause]}; ${session.basis || 'not logged'}, confidence ${session.confidence}`],
    ['Length', lengthOf(session, details.correction)],
    ['In use', details.active === undefined ? '' : lengthText(Number(details.active))],
    ['Boot', String(session.boot.epoch)],
    ['Logon ID', [details.logonId, details.linked ? `linked to ${details.linked}` : ''].filter(Boolean).join(', ')],
    ['Elevated', details.elevated],
    ['Started in session', details.parent],
    ['Source', session.source && [session.source, details.port ? `port ${details.port}` : ''].filter(Boolean).join(', ')],
    ['Client in the record', details.client === session.source ? '' : details.client],
    ['Program', details.method],
    ['Attached', details.attachments],
    ['Meanwhile', session.incidents.map(({ kind, time, record }) => `${kind} ${exactText(host.base, time)} ${record}`).join('; ')],
    ['Also cited', details.evidence],
    ['Inferred by', details.inferredBy],
    ['Remarks', details.flags],
    ['Session', details.id],
  ];
  showFacts(body, facts, details.id);
}

function attemptFacts(host, { account, place, last, count, source, reason, boot, records, isWatched }) {
  return [
    ['Account', account?.full ?? 'not said here: see attempts.csv'],
    ['SID', account?.sid ?? ''],
    ['Number', plural(count, 'failed logon')],
    ['First', exactText(host.base, place.time)],
    ['Last', exactText(host.base, last)],
    ['Source', source],
    ['Why it failed', reason],
    ['Boot', String(boot.epoch)],
    ['Records', records],
    ['Remarks', isWatched ? 'watched' : ''],
  ];
}

/** Names and values, without those that are empty. */
function showFacts(body, all, id) {
  const facts = all.filter(([, value]) => value.trim());
  const copy = el('button', { type: 'button', onclick: () => copyText(copy, `${id}: ${facts.map((fact) => fact.join(' ')).join('. ')}`) }, 'Copy the reference to its records');
  fill(body, el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])), copy);
}

/** Puts a text on the clipboard; a page that was opened as a file may do so at a click. */
function copyText(button, text) {
  const done = () => {
    button.textContent = 'Copied';
  };
  const failed = () => {
    button.textContent = 'The browser does not allow it';
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, failed);
  else failed();
}
