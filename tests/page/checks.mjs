// Checks the functions of the page on a case folder: `node checks.mjs CASE`. The case has CSV tables and the page,
// made with `--rows all`. Prints what was checked; ends with 1 where something does not hold.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeHost, sessionDetails } from '../../src/output/formats/html/page/host.mjs';
import { axisLabels } from '../../src/output/formats/html/page/axis-labels.mjs';
import { fitView, locate, makeAxis, makeView, pixelOf, placeAt, toPixel, zoomAt } from '../../src/output/formats/html/page/axis.mjs';
import { countKinds, emptyFilter, filterAttempts, filterCounts, filterSessions } from '../../src/output/formats/html/page/filter.mjs';
import { marksInView, measureLane } from '../../src/output/formats/html/page/bars.mjs';
import { findingParts, logsWithoutLine } from '../../src/output/formats/html/page/case-head.mjs';
import { drawChart, laneOrigins, laneTitles, layOut } from '../../src/output/formats/html/page/chart.mjs';
import { failedIn, makeLanes } from '../../src/output/formats/html/page/lanes.mjs';
import { extentOf, spansOf, whoWasOn } from '../../src/output/formats/html/page/presence.mjs';
import { dayText, exactText, secondText } from '../../src/output/formats/html/page/time.mjs';
import { numbersBelow, readBlocks, readTable, ticksOf } from './case.mjs';

const MODES = ['record', 'folded', 'true'];
const MOMENTS = 1000;
const folder = process.argv[2];
const blocks = readBlocks(join(folder, 'report.html'));
const tables = Object.fromEntries(['sessions', 'boots', 'timeline', 'attempts', 'findings', 'logs'].map((name) => [name, readTable(join(folder, `${name}.csv`))]));
const hosts = blocks.case.hosts.map(({ block }) => makeHost(blocks[block]));

/** Every session of the table is in the page, with the same facts. */
function sessionsAreThoseOfTheTable(host, rows) {
  assert.equal(host.sessions.length, rows.length);
  host.sessions.forEach((session, at) => {
    const row = rows[at];
    const details = sessionDetails(host, session);
    const time = (place) => (place ? exactText(host.base, place.time) : '');
    assert.deepEqual(
      [details.id, time(session.start), time(session.end), time(session.notBefore), time(session.notAfter)],
      [row.session_id, row.start, row.end, row.end_not_before, row.end_not_after],
    );
    assert.deepEqual(
      [session.kind, session.cause, session.basis, session.confidence, details.logonId, details.linked],
      [row.session_class, row.end_cause, row.end_basis, row.confidence, row.logon_id, row.linked_logon_id],
    );
    assert.deepEqual(
      [details.startRecord, details.initiatedRecord, details.terminatedRecord, details.evidence, details.attachments],
      [row.start_record, row.initiated_record, row.terminated_record, row.evidence, row.attachments],
    );
  });
}

/** The other computer that an attempt came from: a desktop names its own computer. */
function sourceOf({ source_ip: ip, workstation, logon_type: type, attempt }) {
  if (['127.0.0.1', '::1'].includes(ip)) return '';
  if (ip && ip !== '0.0.0.0') return ip;
  return attempt === 'refused-credentials' || ['3', '8'].includes(type) ? workstation : '';
}

/** Every failed logon of the table is a mark in one lane, at its time, and no merging of marks loses one. */
function failedLogonsAreThoseOfTheTable(host, rows) {
  const tried = new Set(rows.filter(({ attempt }) => attempt === 'failed-logon').map((row) => `${row.boot_epoch} ${row.user_name.toLowerCase()}`));
  const failed = rows.filter(({ attempt, boot_epoch: epoch, user_name: name }) => {
    return attempt === 'failed-logon' || (attempt === 'refused-credentials' && !tried.has(`${epoch} ${name.toLowerCase()}`));
  });
  assert.deepEqual(
    host.attempts.map(({ boot, place, last, count, source, records }) => {
      return [boot.epoch, exactText(host.base, place.time), exactText(host.base, last), count, source, records.split(/[# ]/)[1]];
    }),
    failed.map((row) => {
      return [Number(row.boot_epoch), row.first, row.last, Number(row.count), sourceOf(row), row.first_record.split('#')[1]];
    }),
  );
  const total = failed.reduce((sum, { count }) => sum + Number(count), 0);
  for (const mode of MODES) {
    const axis = makeAxis(host, mode);
    const lanes = makeLanes(axis, host.units, host.sessions, host.counts, host.attempts);
    assert.equal(lanes.reduce((sum, lane) => sum + failedIn(lane), 0), total, `${mode}: failed logons in lanes`);
    for (const width of [272, 1280]) {
      const view = makeView(axis, width);
      lanes.filter(({ isPerson }) => isPerson).forEach((lane) => marksDoNotCover(view, lane, `${mode}, ${lane.title}, ${width} pixels`));
    }
  }
  for (const { account } of host.attempts.filter((attempt) => attempt.account)) {
    const kept = filterAttempts(host, { ...emptyFilter(), account: account.key });
    assert.ok(kept.length > 0 && kept.every((attempt) => attempt.account.key === account.key), account.full);
  }
  return total;
}

/** Half the width of a cross and of the triangle of a UAC prompt, with their lines. */
const HALF_MARKS = { failed: 4.4, elevation: 4.8 };
const RULER = { measure: (text, { size }) => text.length * size * 0.65 };

/** Each mark of a lane is drawn, and neither it nor its number covers another one of its kind; kinds have their own rows. */
function marksDoNotCover(view, lane, where) {
  measureLane(lane);
  assert.deepEqual([...new Set(lane.marks.map(({ kind }) => kind))].sort(), [...lane.markKinds].sort(), where);
  const rowHeight = 12;
  assert.ok(lane.top >= rowHeight * lane.markKinds.length, `${where}: a row for each kind of marks`);
  for (const kind of lane.markKinds) {
    const own = lane.marks.filter((mark) => mark.kind === kind).sort((a, b) => a.t - b.t || a.g - b.g);
    const drawn = marksInView(RULER, view, lane.marks, kind);
    assert.deepEqual(drawn.flatMap(({ items }) => items), own, `${where}: marks`);
    let end = 0;
    for (const { x, right, text, textAt } of kind in HALF_MARKS ? drawn : []) {
      const [left, middle] = [HALF_MARKS[kind], (x + right) / 2];
      const shown = kind === 'failed' ? [x - left, right + left] : [middle - left, middle + left];
      const number = text ? [textAt, textAt + RULER.measure(text, { size: 9 })] : shown;
      assert.ok(Math.min(shown[0], number[0]) >= end, `${where}: ${kind} ${text} covers the one before it`);
      end = Math.max(shown[1], number[1]);
      assert.ok(end <= view.width, `${where}: ${kind} ${text} is cut at the edge`);
    }
  }
}

/** No two people have lanes that are labelled alike, however narrow the labels are. */
function lanesAreToldApart(host) {
  const axis = makeAxis(host, 'record');
  const rows = makeLanes(axis, host.units, host.sessions, host.counts, host.attempts).map((lane) => ({ lane }));
  for (const width of [72, 106, 400]) {
    const titles = laneTitles(RULER, rows, width, { size: 11 });
    const origins = laneOrigins(RULER, rows, width, { size: 10 });
    const labels = [...titles].map(([lane, title]) => `${title}, ${origins.get(lane) ?? ''}`);
    assert.equal(new Set(labels).size, labels.length, `${host.name}: ${labels.join('; ')}`);
  }
}

/** The numbers of findings in the head are those of findings.csv, for the case and for each computer. */
function findingsAreThoseOfTheTable(host) {
  const { own, ofNone, others, total } = findingParts(blocks.case, host);
  const names = new Set(hosts.map(({ name }) => name));
  const count = (isCounted) => tables.findings.filter(({ computer }) => isCounted(computer)).length;
  assert.deepEqual(
    [own.length, ofNone.length, others, total],
    [count((name) => name === host.name), count((name) => !names.has(name)), count((name) => names.has(name) && name !== host.name), tables.findings.length],
  );
}

/** Each channel of each log of a computer has a line in the coverage, or the page says that it has none. */
function everyLogIsAccountedFor(host) {
  const names = new Set([host.name, ...host.boots.flatMap((boot) => boot.names.split('; '))]);
  const { rest, nameless } = logsWithoutLine(blocks.case, host);
  const lines = new Set(host.boots.flatMap(({ coverage }) => coverage.map(({ channel }) => channel)));
  const own = tables.logs.filter(({ computers }) => computers.split('; ').some((name) => names.has(name)));
  const said = [...lines, ...rest.map(({ channel }) => channel)].sort();
  const read = [...new Set(own.flatMap(({ channels }) => channels.split('; ')))].sort();
  assert.deepEqual(said, read, `${host.name}: channels`);
  for (const { channel, records } of rest.filter((log) => log.records !== null)) {
    const logs = own.filter(({ channels }) => channels === channel);
    assert.equal(records, logs.reduce((sum, log) => sum + Number(log.records_read), 0), channel);
  }
  assert.equal(nameless, tables.logs.filter(({ computers }) => !computers).length);
}

/** The last time of the logs of a computer: an open session may have gone on until then. */
function lastLogged(host) {
  const names = new Set([host.name, ...host.boots.flatMap((boot) => boot.names.split('; '))]);
  const own = tables.logs.filter(({ computers, last_time: last }) => last && computers.split('; ').some((name) => names.has(name)));
  return Math.max(...own.map(({ last_time: last }) => ticksOf(host.base, last)));
}

/** What a row of sessions.csv alone says of a moment: sure, possible, absent, or null where the table does not say. */
function byTable(row, own, boot, { base, last }, time) {
  const at = (name) => ticksOf(base, row[name]);
  const logged = own.filter(({ basis }) => basis === 'logged').map(({ datetime }) => ticksOf(base, datetime));
  const evidence = [at('initiated_logoff'), at('end_not_before'), at('end'), ...logged].filter((value) => value !== null);
  const sureFrom = at('start') ?? (evidence.length > 0 ? Math.min(...evidence) : null);
  if (sureFrom === null) return null;
  const isBounded = ['bounded', ''].includes(row.end_basis) || row.end_cause === 'lost' || (row.end_not_before && row.end_not_after);
  const seen = Math.max(sureFrom, isBounded ? (at('end_not_before') ?? sureFrom) : at('end'));
  if (time >= sureFrom && time <= seen) return 'sure';
  if (time < sureFrom) {
    if (row.start) return 'absent';
    const from = ticksOf(base, boot?.start);
    return from === null ? null : time >= from ? 'possible' : 'absent';
  }
  if (!isBounded) return 'absent';
  const gone = row.end_cause === 'open' ? last : at('end_not_after') ?? (row.end_cause === 'lost' ? at('end') : null);
  return gone === null ? null : time <= gone ? 'possible' : 'absent';
}

/** Who was on, as the page says it and by brute force over the tables. */
function whoWasOnIsRight(host, rows) {
  const times = rows.flatMap((row) => [row.start, row.end].map((text) => ticksOf(host.base, text))).filter((time) => time !== null);
  if (times.length === 0) return 0;
  const boots = new Map(tables.boots.filter(({ computer }) => computer === host.name).map((boot) => [boot.boot_epoch, boot]));
  const timeline = new Map(rows.map((row) => [row.session_id, []]));
  tables.timeline.forEach((row) => timeline.get(row.session_id)?.push(row));
  const random = numbersBelow(times.length);
  const near = numbersBelow(6e9, 7);
  const last = lastLogged(host);
  const end = Math.max(...host.units.map((unit) => unit.last));
  const counts = { sure: 0, possible: 0 };
  for (let moment = 0; moment < MOMENTS; moment++) {
    // No axis goes on behind the last record of the boots.
    const time = Math.min(end, Math.round(times[Math.floor(random.next().value)] + near.next().value - 3e9));
    const found = new Map(whoWasOn(host, host.sessions, time).map(({ session, isSure }) => [session.row, isSure ? 'sure' : 'possible']));
    rows.forEach((row, at) => {
      // The tables do not give the readings on both sides of a step.
      if (row.flags.includes('clock-step') || host.sessions[at].boot.units.length > 1) return;
      const expected = byTable(row, timeline.get(row.session_id) ?? [], boots.get(row.boot_epoch), { base: host.base, last }, time);
      if (expected === null) return;
      assert.equal(found.get(at) ?? 'absent', expected, `${row.session_id} at ${exactText(host.base, time)}`);
      if (expected !== 'absent') counts[expected]++;
    });
  }
  return counts;
}

/** In record order the spans of a session never overlap, and together they last as long as its corrected duration. */
function spansAddUp(host, rows) {
  host.sessions.forEach((session, at) => {
    const spans = spansOf(session, host.units);
    for (let next = 1; next < spans.length; next++) {
      const [before, own] = [spans[next - 1], spans[next]];
      assert.ok(own.unit > before.unit || own.from >= before.to, `${rows[at].session_id} overlaps itself`);
    }
    const isLogged = session.start && session.basis === 'logged' && session.isTerminated && !session.initiated;
    if (!isLogged || rows[at].flags.includes('guest-tools')) return;
    const length = spans.reduce((sum, { from, to }) => sum + to - from, 0);
    const corrected = Number(rows[at].corrected_duration_seconds) * 1e7;
    // Small steps of the clock are not cut out.
    const small = 6e8 * host.data.boots[session.boot.index].intervals.length;
    assert.ok(Math.abs(length - corrected) <= small, `${rows[at].session_id}: ${length} ticks, and ${corrected} by the table`);
  });
}

/** A later time is further to the right within each part, and zooming keeps the time under the pointer. */
function axisGrows(host, mode) {
  const axis = makeAxis(host, mode);
  const random = numbersBelow(1, 3);
  for (const zoom of [1, 7.3, 250]) {
    const view = makeView(axis, 900, zoom, 0);
    for (const part of axis.times) {
      let last = -Infinity;
      for (let step = 0; step <= 20; step++) {
        const time = part.from + ((part.to - part.from) * step) / 20;
        const x = pixelOf(view, { unit: part.unit, time });
        assert.ok(x > last || part.to === part.from, `${mode}: ${time} is not right of the time before it`);
        last = x;
      }
    }
    for (let part = 1; part < axis.parts.length; part++) {
      assert.ok(axis.parts[part].t0 >= axis.parts[part - 1].t1 && axis.parts[part].g0 >= axis.parts[part - 1].g1);
    }
  }
  for (let round = 0; round < 60; round++) {
    const view = makeView(axis, 900, 1 + random.next().value * 40, random.next().value * 9000);
    const x = random.next().value * 900;
    const before = placeAt(view, x);
    if (!before || before.isGap) continue;
    const next = zoomAt(view, x, view.zoom * 1.7);
    const moved = pixelOf(next, { unit: before.unit ?? 0, time: before.time }) - x;
    const isAtEdge = next.scroll <= 0 || next.scroll >= next.length - next.width - 1e-6;
    const perTick = (before.part.t1 - before.part.t0) * next.ofTime / (before.part.to - before.part.from || 1);
    assert.ok(isAtEdge || Math.abs(moved) <= Math.max(1, perTick), `${mode}: zooming moved the time by ${moved} pixels`);
  }
}

/** No bar of a row covers another one. */
function barsDoNotCover(host, mode) {
  const axis = makeAxis(host, mode);
  const lanes = makeLanes(axis, host.units, host.sessions, host.counts);
  const view = makeView(axis, 1000);
  for (const lane of lanes) {
    for (const [bars, rows] of [[lane.bars, lane.rows], [lane.thin, lane.thinRows]]) {
      if (rows > 64) continue;
      const ends = [];
      for (const bar of bars) {
        const [left, right] = [toPixel(view, { t: bar.t0, g: bar.g0 }), toPixel(view, { t: bar.t1, g: bar.g1 })];
        assert.ok(left >= (ends[bar.row] ?? -Infinity) - 1e-6, `${mode}, ${lane.title}: a bar covers another one`);
        ends[bar.row] = right;
      }
    }
  }
  return lanes;
}

/** Every label of a time stands under its own date. */
function timesStandUnderTheirDates(host, mode) {
  const axis = makeAxis(host, mode);
  const measure = (text) => text.length * 6.2;
  const random = numbersBelow(1, 11);
  for (let round = 0; round < 80; round++) {
    const zoom = 1 + 300 * random.next().value ** 4;
    const view = makeView(axis, 700, zoom, random.next().value * 700 * zoom);
    const { dates, times } = axisLabels(view, host.base, measure);
    for (const { x, text, date } of times) {
      const shown = dates.filter((own) => own.x <= x + 1).at(-1);
      assert.equal(shown?.text, date, `${text} stands under ${shown?.text}`);
      const place = placeAt(view, x + 0.01);
      if (!place.isGap) assert.equal(dayText(host.base, place.time), date, `${mode}: ${text} at ${secondText(host.base, place.time)}`);
    }
  }
}

/** A boot that fills the view stands below its own date, and has times where its date has room. */
function bootsStandUnderTheirDates(host) {
  const axis = makeAxis(host, host.units.some(({ at }) => at > 0) ? 'record' : 'folded');
  const starts = new Map(tables.boots.filter(({ computer }) => computer === host.name).map((boot) => [boot.boot_epoch, boot.start.slice(0, 10)]));
  const measure = (text) => text.length * 6.2;
  let boots = 0;
  for (const boot of host.boots.filter(({ units, epoch }) => units.length === 1 && starts.get(String(epoch)))) {
    const [unit] = boot.units;
    const [from, to] = [unit.first, unit.last].map((time) => locate(axis, { unit: unit.index, time }));
    const view = fitView(makeView(axis, 1000), from, to);
    const [left, right] = [toPixel(view, from), toPixel(view, to)];
    const day = new Date(`${starts.get(String(boot.epoch))}T12:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).replace('Sept', 'Sep');
    if (dayText(host.base, unit.first) !== dayText(host.base, unit.last) || right - left < 500) continue;
    const { dates, times } = axisLabels(view, host.base, measure);
    const above = dates.filter(({ x }) => x <= (left + right) / 2).at(-1);
    assert.equal(above?.text, day, `boot ${boot.epoch} of ${host.name}`);
    assert.ok(times.some(({ x }) => x >= left && x <= right), `boot ${boot.epoch} of ${host.name} has times`);
    boots++;
  }
  return boots;
}

/** Marks at both ends of the axis are drawn whole: findings, ends, arrow heads, failed logons. */
function marksAreInside(host, mode) {
  const axis = makeAxis(host, mode);
  const lanes = makeLanes(axis, host.units, host.sessions, host.counts, host.attempts);
  const chart = layOut(host, axis, lanes);
  for (const width of [272, 1280]) {
    const view = makeView(axis, width);
    const edges = [];
    const note = {
      polygon: (points) => edges.push(...points.map(([x]) => x)),
      ring: (x, y, radius) => edges.push(x - radius, x + radius),
      measure: (text, { size }) => RULER.measure(text, { size }),
    };
    const painter = new Proxy(note, { get: (own, name) => own[name] ?? (() => {}) });
    // Labels have no polygons.
    drawChart(painter, chart, view, { labelWidth: 0, colours: { light: () => '' } });
    for (const x of edges) assert.ok(x >= 0 && x <= width, `${host.name}, ${mode}, ${width} pixels: a mark at ${x} is cut`);
    for (const place of [axis.parts[0], axis.parts.at(-1)].filter(Boolean)) {
      const [left, right] = [toPixel(view, { t: place.t0, g: place.g0 }), toPixel(view, { t: place.t1, g: place.g1 })];
      assert.ok(left >= 9 && right <= width - 9, 'there is room for marks on both sides');
    }
  }
}

/** Chart, counts and filtered sessions are one set. */
function filtersAgree(host) {
  const people = host.sessions.filter(({ isPerson }) => isPerson);
  const filters = [
    emptyFilter(),
    { ...emptyFilter(), hidden: new Set(['desktop']) },
    ...people.slice(0, 3).map(({ account }) => ({ ...emptyFilter(), account: account.key })),
    ...people.slice(0, 3).map((session) => ({ ...emptyFilter(), text: sessionDetails(host, session).logonId })),
    ...people.slice(0, 3).map((session) => ({ ...emptyFilter(), text: sessionDetails(host, session).startRecord })),
  ];
  for (const filter of filters) {
    const shown = filterSessions(host, filter);
    const counts = filterCounts(host, filter);
    const kinds = countKinds(shown, counts);
    assert.equal([...kinds.values()].reduce((sum, count) => sum + count, 0), shown.length + counts.reduce((sum, own) => sum + own.count, 0));
    const lanes = makeLanes(makeAxis(host, 'record'), host.units, shown, counts);
    const drawn = lanes.flatMap(({ bars, thin, marks, events }) => [...bars, ...thin, ...marks, ...events]);
    const halves = shown.filter(({ isElevatedHalf, isPerson, pair }) => isElevatedHalf && isPerson && shown.some((other) => other.pair === pair && !other.isElevatedHalf));
    const placed = shown.filter((session) => extentOf(session));
    assert.equal(drawn.length, placed.length - halves.length + counts.length, 'what is drawn is what is kept');
  }
}

for (const host of hosts) {
  const rows = tables.sessions.filter(({ computer }) => computer === host.name);
  sessionsAreThoseOfTheTable(host, rows);
  const counts = whoWasOnIsRight(host, rows);
  spansAddUp(host, rows);
  for (const mode of MODES) {
    axisGrows(host, mode);
    barsDoNotCover(host, mode);
    timesStandUnderTheirDates(host, mode);
    marksAreInside(host, mode);
  }
  const boots = bootsStandUnderTheirDates(host);
  filtersAgree(host);
  lanesAreToldApart(host);
  findingsAreThoseOfTheTable(host);
  everyLogIsAccountedFor(host);
  const failed = failedLogonsAreThoseOfTheTable(host, tables.attempts.filter(({ computer }) => computer === host.name));
  console.log(`${host.name}: ${rows.length} sessions, ${failed} failed logons, ${boots} boots below their dates, who was on ${JSON.stringify(counts)}`);
}
