// The list of a case with too many computers for one page: each has a page of its own, which its row opens.
import { byId, el, fill, oncePerFrame } from './dom.mjs';
import { changeTheme, readColours, useLightTheme } from './theme.mjs';
import { ComputerList } from './computers.mjs';
import { findingList, showFindingKinds } from './case-head.mjs';
import { computerOf, openHops } from './hop-section.mjs';
import { plural } from './words.mjs';

/** Where the parts of a row stand below each other. */
const NARROW = '(max-width: 860px)';
/** A printed list has at most so many rows. */
const MOST_PRINTED = 2000;

const countsOf = (host) => `${plural(host.boots, 'boot')} · ${plural(host.sessions, 'session')}, `
  + `${host.people_sessions.toLocaleString('en')} of people · ${plural(host.findings, 'finding')}`;

/** The rows: links, with what was counted, why the computer stands where it does, and its worst finding. */
const ROWS_WITH_LINKS = {
  get height() {
    return matchMedia(NARROW).matches ? 104 : 68;
  },
  stripWidth: 320,
  element: 'a',
  attributes: ({ page }) => ({ href: page, tabindex: '-1' }),
  lines: (host) => [
    countsOf(host),
    host.reasons.join(', ') || 'nothing remarkable',
    host.worst ? `${host.worst[0]}: ${host.worst[1]}` : '',
  ],
};

/** Shows the list; a kind of finding keeps the computers that have it. */
export async function showIndex(data) {
  byId('page').classList.add('index');
  const list = new ComputerList(byId('computer-list'), data.hosts, (index) => list.choose(index), ROWS_WITH_LINKS);
  const search = byId('find-computer');
  let kind = null;
  const find = () => {
    list.find(search.value, kind);
    const code = kind === null ? '' : ` with ${data.finding_kinds[kind][1]}`;
    byId('computers-title').textContent = `${plural(list.shown.length, 'computer')}${code}`;
  };
  const showKind = (own) => {
    kind = own;
    const ofNoComputer = own === null ? [] : data.findings.filter(({ code }) => code === data.finding_kinds[own][1]);
    fill(
      byId('finding-list'),
      own === null ? null : el('button', { type: 'button', class: 'link', onclick: () => showKind(null) }, 'Show all computers'),
      ofNoComputer.length > 0 ? findingList(ofNoComputer) : null,
    );
    find();
  };
  showFindingKinds(data.finding_kinds.map(([severity, code, count], own) => ({ severity, code, count, show: () => showKind(own) })));
  const pages = new Map(data.hosts.map(({ name, page }) => [name, page]));
  const linkTo = (id) => {
    const name = computerOf(id);
    return pages.has(name) ? el('a', { href: pages.get(name) }, `The page of ${name}`) : null;
  };
  const hops = byId('hop-data') ? await openHops(linkTo) : null;
  listenToIndex(list, data, { find, hops });
  find();
  const wanted = decodeURIComponent(location.hash.slice(1));
  list.choose(data.hosts.findIndex(({ name }) => name === wanted));
}

function listenToIndex(list, data, { find, hops }) {
  const applyTheme = () => {
    list.colours = readColours();
    list.draw();
    hops?.repaint();
  };
  byId('theme-button').addEventListener('click', () => {
    changeTheme();
    applyTheme();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme);
  byId('find-computer').addEventListener('input', find);
  byId('computer-list').addEventListener('keydown', (event) => {
    const host = data.hosts[list.chosen];
    if (event.key === 'Enter' && host) location.href = host.page;
  });
  byId('print-button').addEventListener('click', () => window.print());
  window.addEventListener('beforeprint', () => {
    const useThemeAgain = useLightTheme();
    printList(data, list.shown);
    hops?.showAll(true);
    const restore = () => {
      fill(byId('print'));
      useThemeAgain();
      hops?.showAll(false);
    };
    window.addEventListener('afterprint', restore, { once: true });
  });
  window.addEventListener('resize', oncePerFrame(applyTheme));
  applyTheme();
}

/** What a printer gets: the rows of the list that are shown now. */
function printList(data, shown) {
  const rows = shown.slice(0, MOST_PRINTED).map((index) => data.hosts[index]);
  const left = shown.length - rows.length;
  fill(
    byId('print'),
    el('h2', {}, byId('computers-title').textContent),
    el('table', {}, ...rows.map((host) => el('tr', {}, ...[host.name, countsOf(host), host.reasons.join(', ')].map((text) => el('td', {}, text))))),
    left > 0 ? el('p', {}, `and ${plural(left, 'more computer')}: see boots.csv`) : null,
  );
}
