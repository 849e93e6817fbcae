// A computer as the page works with it: its boots, the intervals between the steps of its clock in record
// order ("units"), its sessions and findings.
import { MINUTE } from './time.mjs';
import { coveredPeriods } from './coverage.mjs';
import { logonIdText, unpackColumn, unpackSparse } from './columns.mjs';

/** Steps of the clock up to this many ticks leave times comparable: no fold is drawn. */
const SMALL_STEP = MINUTE;

/** The model of one computer, from its block. */
export function makeHost(data) {
  const host = {
    name: data.name,
    base: data.base,
    channels: data.channels,
    sources: data.sources,
    accounts: data.accounts.map(makeAccount),
    covered: coveredPeriods(data),
    boots: [],
    units: [],
    sessions: [],
    findings: data.findings,
    counts: [],
    attempts: [],
    data,
  };
  data.boots.forEach((row, index) => host.boots.push(makeBoot(host, row, index)));
  makeSessions(host, data);
  host.findings = data.findings.map((finding) => placeFinding(host, finding));
  host.counts = data.counts.map((row) => makeCount(host, row));
  host.counted = host.counts.reduce((sum, { count }) => sum + count, 0);
  const lanes = accountsByName(host.accounts);
  host.attempts = data.attempts.map((row, at) => makeAttempt(host, lanes, row, at));
  nameOrigins(host);
  host.classes = [...new Set([...host.sessions, ...host.counts].map(({ kind }) => kind))];
  return host;
}

/** Failed logons: a record of one names the account as somebody typed it, and mostly without a SID. */
function makeAttempt(host, lanes, [bootIndex, interval, first, last, account, source, reason, count, records, isWatched], row) {
  const boot = host.boots[bootIndex];
  return {
    boot,
    place: { time: Number(first), unit: boot.unitOf[interval] ?? boot.unitOf.at(-1) ?? -1 },
    last: Number(last),
    account: account === null ? null : sameAccount(lanes, host.accounts[account]),
    source: source === null ? '' : host.data.attempt_sources[source],
    reason: reason === null ? '' : host.data.attempt_reasons[reason],
    count,
    records,
    isWatched,
    row,
    isAttempt: true,
  };
}

/** The accounts with a SID, by their name without a domain. */
function accountsByName(accounts) {
  const byName = new Map();
  for (const account of accounts.filter(({ sid }) => sid)) {
    const name = account.name.toLowerCase();
    byName.set(name, [...(byName.get(name) ?? []), account]);
  }
  return byName;
}

/** The account with a SID that was meant: of the same name, and of the same domain, or of any where none is said. */
function sameAccount(byName, account) {
  if (account.sid) return account;
  const label = (domain) => domain.split('.')[0].toLowerCase();
  const named = byName.get(account.name.toLowerCase()) ?? [];
  return named.find(({ domain }) => !account.domain || label(domain) === label(account.domain)) ?? account;
}

function makeAccount([domain, user, sid], index) {
  const name = user || sid || 'an unknown account';
  const full = domain && user ? `${domain}\\${user}` : name;
  return { index, name, full, sid, domain, origin: '', key: sid || full.toLowerCase() };
}

/**
 * Tells accounts of one name apart: gives each of them its domain as `origin`, or its SID where the domain is the same too.
 * Accounts that nothing on the page is of do not count.
 */
function nameOrigins(host) {
  const used = new Set([host.sessions, host.counts, host.attempts].flatMap((list) => list.map(({ account }) => account?.key)));
  const byName = new Map();
  for (const account of host.accounts.filter(({ key }) => used.has(key))) {
    const name = account.name.toLowerCase();
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(account);
  }
  for (const accounts of byName.values()) {
    for (const account of accounts) {
      const others = accounts.filter(({ key }) => key !== account.key);
      if (others.length === 0) continue;
      const isShared = others.some(({ domain }) => domain.toLowerCase() === account.domain.toLowerCase());
      account.origin = (isShared && account.sid) || account.domain || 'no domain';
    }
  }
}

/** The units of a boot: its intervals, where a step of at most a minute divides nothing. */
function makeBoot(host, row, index) {
  const boot = { ...row, index, units: [], unitOf: [], steps: [] };
  row.intervals.forEach(([first, last], at) => {
    const before = boot.units.at(-1);
    const step = before ? first - row.intervals[at - 1][1] : 0;
    if (before && Math.abs(step) <= SMALL_STEP) {
      before.first = Math.min(before.first, first);
      before.last = Math.max(before.last, last);
    } else {
      const unit = { index: host.units.length, boot, at: boot.units.length, first, last, step };
      boot.units.push(unit);
      host.units.push(unit);
    }
    boot.unitOf.push(host.units.length - 1);
  });
  boot.length = boot.units.reduce((sum, unit) => sum + unit.last - unit.first, 0);
  const placeIn = (place) => place && { time: Number(place[0]), unit: boot.unitOf[place[1]] ?? boot.unitOf.at(-1) };
  boot.power = row.power.map((own) => ({ ...own, from: placeIn(own.from), to: placeIn(own.to) }));
  boot.coverage = row.coverage.map((own) => ({
    ...own,
    first: placeIn(own.first),
    last: placeIn(own.last),
    gaps: own.gaps.map((gap) => ({ ...gap, after: placeIn(gap.after), before: placeIn(gap.before) })),
  }));
  return boot;
}

/** `3b`: the number of a boot, and a letter where its clock was set. */
export function unitName({ boot, at }) {
  if (boot.units.length < 2) return String(boot.epoch);
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const high = Math.floor(at / letters.length);
  return `${boot.epoch}${high > 0 ? letters[(high - 1) % letters.length] : ''}${letters[at % letters.length]}`;
}

function makeSessions(host, { sessions: columns, differences, endings, classes }) {
  const sparse = Object.fromEntries(
    Object.entries(columns.sparse).map(([name, column]) => [name, unpackSparse(column)]),
  );
  const unpacked = (name) => unpackColumn(columns[name], differences);
  const [boots, starts, ends, logonIds] = ['boot', 'start', 'end', 'logon_id'].map(unpacked);
  const records = { start: unpacked('start_record'), terminated: unpacked('terminated_record') };
  host.columns = { ...columns, sparse, logonIds, records };
  for (let row = 0; row < columns.class.length; row++) {
    const boot = host.boots[boots[row]];
    const unit = (interval) => boot.unitOf[interval ?? 0] ?? boot.unitOf.at(-1) ?? -1;
    const [cause, basis, confidence] = endings[columns.ending[row]];
    const placed = (time, interval) => (time === undefined ? null : { time: Number(time), unit: unit(interval) });
    const initiated = sparse.initiated.get(row);
    host.sessions.push({
      row,
      boot,
      kind: classes[columns.class[row]],
      isPerson: columns.person[row] === 1,
      account: host.accounts[columns.account[row]],
      source: host.sources[columns.source[row]],
      start: sparse.no_start.has(row) ? null : placed(starts[row], sparse.start_interval.get(row)),
      end: sparse.no_end.has(row) ? null : placed(ends[row], sparse.end_interval.get(row)),
      notBefore: placed(sparse.not_before.get(row), sparse.seen_interval.get(row)),
      notAfter: placed(sparse.not_after.get(row), sparse.gone_interval.get(row)),
      initiated: initiated ? placed(initiated[0], initiated[2]) : null,
      isWatched: sparse.flags.get(row)?.split('; ').includes('watched') ?? false,
      isTerminated: columns.terminated_record[row] !== 0,
      isElevatedHalf: columns.elevated[row] === 2 && sparse.linked.has(row),
      pair: pairName(boot, logonIds[row], sparse.linked.get(row)),
      cause,
      basis,
      confidence,
      incidents: (sparse.incidents.get(row) ?? []).map(([kind, time, interval, channel, record]) => ({
        kind,
        ...placed(time, interval),
        record: `${host.channels[channel]}#${record}`,
      })),
    });
  }
}

/** The same for both halves of a linked logon; empty for other sessions. */
function pairName(boot, logonId, linked) {
  return linked === undefined ? '' : `${boot.index}/${[logonId, linked].map(String).sort().join('/')}`;
}

function placeFinding(host, finding) {
  const boot = host.boots[finding.boot];
  if (!boot || !finding.place || boot.unitOf.length === 0) return { ...finding, boot, place: null };
  const [time, interval] = finding.place;
  return { ...finding, boot, place: { time: Number(time), unit: boot.unitOf[interval] ?? boot.unitOf.at(-1) } };
}

function makeCount(host, [bootIndex, interval, hour, account, kind, count]) {
  const boot = host.boots[bootIndex];
  const place = { time: Number(hour) * 60 * MINUTE, unit: boot.unitOf[interval] ?? boot.unitOf.at(-1) ?? -1 };
  return { place, boot, account: host.accounts[account], kind: host.data.classes[kind], count };
}

/** Everything that the tables say of one session, and that only a closer look needs. */
export function sessionDetails(host, { row, boot }) {
  const { columns } = host;
  const { sparse } = columns;
  const get = (name) => sparse[name].get(row);
  const channel = host.channels[get('start_channel') ?? 0];
  const initiated = get('initiated');
  const terminated = columns.terminated_record[row] === 0 ? 0 : columns.records.terminated[row];
  const hasNumber = !sparse.no_logon_id.has(row);
  const logonId = hasNumber ? logonIdText(columns.logonIds[row]) : '';
  const startRecord = sparse.no_start.has(row) ? '' : `${channel}#${columns.records.start[row]}`;
  const repeated = get('repeated') ? `#${columns.records.start[row]}` : '';
  const [address, workstation] = host.data.clients[columns.client[row]];
  const [logonProcess, authenticationPackage, program] = host.data.methods[columns.method[row]];
  const flags = get('flags') ?? '';
  const key = logonId ? `${logonId}${repeated}` : startRecord || get('evidence')?.split('; ')[0] || '-';
  return {
    id: `${host.name}/${boot.epoch}/${key}`,
    logonId,
    linked: get('linked') === undefined ? '' : logonIdText(get('linked')),
    logonType: columns.logon_type[row],
    elevated: ['', 'no', 'yes'][columns.elevated[row]],
    startRecord,
    initiatedRecord: initiated ? `Security#${initiated[1]}` : '',
    terminatedRecord: terminated ? `Security#${terminated}` : '',
    endRecord: get('end_record') ?? '',
    terminated: get('terminated'),
    client: [address, workstation].filter(Boolean).join(' '),
    port: get('port'),
    method: [logonProcess, authenticationPackage, program].filter(Boolean).join(', '),
    parent: get('parent') ?? '',
    attachments: get('attachments') ?? '',
    evidence: get('evidence') ?? '',
    flags,
    inferredBy: get('inferred_by') ?? '',
    active: get('active'),
    correction: flags.includes('clock-step-unknown') ? NaN : Number(get('correction') ?? 0),
  };
}
