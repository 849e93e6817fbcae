// Hops: rows of hops.csv as the page has them, which of them are shown, and what the graph draws of them. Nothing is
// decided here: who came from where stands in the rows.
import { SECOND } from './time.mjs';
import { isEndBounded } from './presence.mjs';

/** How sure a hop is of its source: also the name of the style of its line. */
export const SURENESS = ['high', 'medium', 'low', 'contradicting', 'outside'];

/** The bases, the strongest first, each with the letter that stands for it in the graph. */
export const BASES = [
  ['connection', 'C'], ['explicit', 'E'], ['address', 'A'], ['ticket', 'T'], ['nla-pair', 'N'], ['workstation', 'W'],
  ['same-guid', 'G'], ['same-user', 'U'],
];

/** Ticks since `base`, of a time in a table. */
function ticksOf(base, text) {
  if (!text) return null;
  return (Date.parse(`${text.slice(0, 19)}Z`) / 1000 - base) * SECOND + Number(text.slice(20, 27));
}

const asObjects = ({ columns, rows }) => rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
const listed = (text) => (text ? text.split('; ') : []);

/** The hops of a page, from their block. Times are ticks since `base`; `common` is a time by the clock of the reference. */
export function makeHops(block) {
  const rows = asObjects(block.hops);
  const first = rows.find(({ time }) => time)?.time;
  const base = first ? Date.parse(`${first.slice(0, 19)}Z`) / 1000 : 0;
  const hosts = new Map(asObjects(block.hosts).map((row) => [row.host, makeHostRow(row)]));
  const offsetOf = (name) => hosts.get(name)?.offset ?? 0;
  const sessions = new Map(asObjects(block.sessions).map((row) => [row.session_id, makeStay(base, row)]));
  const hops = rows.map((row, at) => {
    const time = ticksOf(base, row.time);
    const account = [row.user_domain, row.user_name].filter(Boolean).join('\\') || row.user_sid || 'an unknown account';
    return { ...sourceOf(row), row, at, time, common: time - offsetOf(row.target_computer), account, count: 1 };
  });
  const counted = asObjects(block.counted).map((row) => ({ ...sourceOf(row), row, at: -1, account: '', count: row.count }));
  const all = [...hops, ...counted];
  return { base, hosts, sessions, hops, counted, all, leftOut: block.left_out, reference: referenceOf(hosts) };
}

function makeHostRow(row) {
  const offset = row.clock_offset_seconds;
  return { name: row.host, hasLog: row.has_security_log === true, offset: offset === null ? null : Math.round(offset * SECOND), row };
}

const referenceOf = (hosts) => [...hosts.values()].find(({ row }) => row.clock_offset_basis === 'reference')?.name ?? '';

/** What the axes need of a session: when it was there, surely and possibly. */
function makeStay(base, row) {
  const time = (name) => ticksOf(base, row[name]);
  const [start, end, notBefore, notAfter] = ['start', 'end', 'end_not_before', 'end_not_after'].map(time);
  const isBounded = isEndBounded({ basis: row.end_basis ?? '', cause: row.end_cause, notBefore, notAfter });
  const isOpen = row.end_cause === 'open';
  const seen = isBounded ? (notBefore ?? end ?? start) : end;
  const gone = isBounded && !isOpen ? (notAfter ?? end ?? seen) : seen;
  return { id: row.session_id, start, seen, gone, isOpen, isEndKnown: !isBounded, kind: row.session_class ?? '', row };
}

/** What a row says of its source: the nodes that it came from, and how sure that is. */
function sourceOf(row) {
  const flags = new Set(listed(row.flags));
  const known = {
    flags,
    target: row.target_computer,
    source: row.source_computer ?? '',
    bases: listed(row.basis),
    isMachine: flags.has('machine'),
    candidates: flags.has('contradicting') ? listed(row.candidates).map((text) => text.replace(/ \([^()]*\)$/, '')) : [],
  };
  if (known.source) return { ...known, from: [computerNode(known.source)], sureness: row.host_confidence ?? 'low' };
  if (known.candidates.length > 0) return { ...known, from: known.candidates.map(computerNode), sureness: 'contradicting' };
  if (flags.has('from-outside')) return { ...known, from: [`address ${row.source_address ?? 'not known'}`], sureness: 'outside' };
  return { ...known, from: [], sureness: flags.has('loopback') ? 'loopback' : 'none' };
}

/** The name of the node of a computer. That of an address begins with another word. */
export const computerNode = (name) => `computer ${name}`;
export const nameOfNode = (node) => node.slice(node.indexOf(' ') + 1);
export const isComputerNode = (node) => node.startsWith('computer ');

const firstLabel = (name) => name.split('.')[0];

/** No choice at all. */
export function allHops() {
  return { whose: '', from: null, to: null, hasMachines: false, withSteps: true, least: '' };
}

/** Does a name mean the computer, the account, the address or the session of a hop? Letters of either case are the same. */
function means(hop, wanted) {
  const { row } = hop;
  const isComputer = (name) => name && (name.toLowerCase() === wanted || firstLabel(name).toLowerCase() === wanted);
  const users = [hop.account, row.user_name, row.user_sid, row.source_user, row.source_user?.split('\\').at(-1)];
  const sessions = [row.target_session, row.source_session].filter(Boolean).flatMap((id) => [id, id.replace(/^([^./]+)\.[^/]*/, '$1')]);
  const others = [row.source_address, ...sessions, `${row.user_name}@${row.user_domain}`];
  return [hop.target, hop.source, ...hop.candidates].some(isComputer)
    || [...users, ...others].some((name) => name && name.toLowerCase() === wanted);
}

/** The hops that a choice keeps: those of whom it names, and with them the steps before and after, as `--trail` says. */
export function chooseHops(hops, choice) {
  const wanted = choice.whose.trim().toLowerCase();
  const hasMachines = choice.hasMachines || wanted.endsWith('$');
  let kept = hops.all.filter((hop) => hasMachines || !hop.isMachine);
  if (wanted) {
    const own = kept.filter((hop) => means(hop, wanted));
    kept = choice.withSteps ? withStepsOf(hops.hops, own) : own;
  }
  // Of a hop that is only counted nobody knows the time: no span has it.
  return kept.filter((hop) => (choice.from === null || hop.common >= choice.from)
    && (choice.to === null || hop.common <= choice.to) && isSureEnough(hop, choice.least));
}

function isSureEnough({ sureness }, least) {
  if (least === 'unsure') return ['low', 'contradicting'].includes(sureness);
  const wanted = { high: ['high'], medium: ['high', 'medium'] }[least];
  return !wanted || wanted.includes(sureness);
}

/** These hops, those by which their sessions came about, and those that went on from there. */
function withStepsOf(all, own) {
  const byTarget = new Map(all.map((hop) => [hop.row.target_session, hop]));
  const bySource = new Map();
  for (const hop of all) {
    const id = hop.row.source_session;
    if (!id) continue;
    if (bySource.has(id)) bySource.get(id).push(hop);
    else bySource.set(id, [hop]);
  }
  const kept = new Set(own);
  const follow = (next) => {
    const seen = new Set(own);
    const left = [...own];
    for (let hop = left.pop(); hop; hop = left.pop()) {
      for (const other of next(hop).filter((one) => !seen.has(one))) {
        seen.add(other);
        kept.add(other);
        left.push(other);
      }
    }
  };
  follow(({ row }) => [byTarget.get(row.source_session)].filter(Boolean));
  follow(({ row }) => bySource.get(row.target_session) ?? []);
  return [...kept].sort((a, b) => a.at - b.at);
}

/** The lines of the graph: one for all hops between two nodes that are as sure. */
export function edgesOf(hops) {
  const edges = new Map();
  for (const hop of hops) {
    for (const from of hop.from) {
      const to = computerNode(hop.target);
      const key = [from, to, hop.sureness].join('\n');
      if (!edges.has(key)) edges.set(key, { key, from, to, sureness: hop.sureness, count: 0, hops: [], bases: new Set(), accounts: new Set() });
      const edge = edges.get(key);
      edge.count += hop.count;
      edge.hops.push(hop);
      hop.bases.forEach((basis) => edge.bases.add(basis));
      if (hop.account) edge.accounts.add(hop.account);
    }
  }
  const order = (edge) => SURENESS.indexOf(edge.sureness);
  return [...edges.values()].sort((a, b) => b.count - a.count || order(a) - order(b) || (a.key < b.key ? -1 : 1));
}

/** The letters of the bases of a line: `C·A`. */
export function basisLetters(bases) {
  return BASES.filter(([word]) => bases.has(word)).map(([, letter]) => letter).join('·');
}

/** The name of the node that stands for the addresses that have no node of their own. */
export const OTHER_ADDRESSES = 'address others';
/** So many addresses from outside have nodes of their own. */
const MOST_ADDRESSES = 8;

/**
 * What the graph shows of hops: at most so many nodes, the ends of the busiest lines, and the lines between them; for each
 * node the hops that came from nowhere known and from itself; and what is left out.
 */
export function graphOf(hops, { mostNodes, mostEdges }) {
  const all = mergeAddresses(edgesOf(hops));
  const alone = new Map();
  for (const hop of hops.filter(({ from }) => from.length === 0)) {
    const node = computerNode(hop.target);
    if (!alone.has(node)) alone.set(node, { none: 0, loopback: 0 });
    alone.get(node)[hop.sureness] += hop.count;
  }
  const shown = new Set();
  for (const { from, to } of all) {
    const added = [from, to].filter((node) => !shown.has(node));
    if (shown.size + new Set(added).size <= mostNodes) added.forEach((node) => shown.add(node));
  }
  const sumOf = ([, { none, loopback }]) => none + loopback;
  const busiest = [...alone].sort((a, b) => sumOf(b) - sumOf(a) || (a[0] < b[0] ? -1 : 1));
  for (const [node] of busiest) if (shown.size < mostNodes) shown.add(node);
  const edges = all.filter(({ from, to }) => shown.has(from) && shown.has(to)).slice(0, mostEdges);
  const nodes = new Set([...all.flatMap(({ from, to }) => [from, to]), ...alone.keys()]);
  const sum = (own) => own.reduce((total, { count }) => total + count, 0);
  return {
    nodes: [...shown],
    edges,
    stubs: new Map([...shown].map((node) => [node, alone.get(node) ?? { none: 0, loopback: 0 }])),
    hiddenNodes: nodes.size - shown.size,
    hiddenEdges: all.length - edges.length,
    hiddenHops: sum(all) - sum(edges),
  };
}

/** Of many addresses from outside the busiest keep their nodes; the others are one. */
function mergeAddresses(edges) {
  const counts = new Map();
  for (const { from, count } of edges.filter((edge) => !isComputerNode(edge.from))) counts.set(from, (counts.get(from) ?? 0) + count);
  if (counts.size <= MOST_ADDRESSES) return edges;
  const busiest = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_ADDRESSES - 1);
  const kept = new Set(busiest.map(([node]) => node));
  const merged = new Map();
  for (const edge of edges) {
    const isMerged = !isComputerNode(edge.from) && !kept.has(edge.from);
    const from = isMerged ? OTHER_ADDRESSES : edge.from;
    const key = [from, edge.to, edge.sureness].join('\n');
    const known = merged.get(key);
    if (!known) {
      merged.set(key, { ...edge, key, from, hops: [...edge.hops], addresses: new Set(isMerged ? [edge.from] : []) });
      continue;
    }
    known.count += edge.count;
    known.hops.push(...edge.hops);
    known.addresses.add(edge.from);
    known.accounts = new Set([...known.accounts, ...edge.accounts]);
  }
  return [...merged.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}

/** Hops that are one step: logons of one burst that say the same. */
export function stepsOf(hops) {
  const steps = new Map();
  for (const hop of hops.filter(({ at }) => at >= 0)) {
    const { group, source_session: session, flags, basis } = hop.row;
    const key = group === null ? `${hop.at}` : [group, session, flags, basis].join('\n');
    if (steps.has(key)) steps.get(key).push(hop);
    else steps.set(key, [hop]);
  }
  return [...steps.values()];
}
