// Who was on, as the page says it and as the program answers `--at`: `node at.mjs CASE PROGRAM MOMENTS`, where CASE has the page
// and can be asked (`-f csv,html,events`). Asks MOMENTS times of each computer, on the axis of its clock, as a pointer does. Prints what was
// compared; ends with 1 where something differs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FOLDED_CLOCK, locate, makeAxis, makeView, placeAt, toPixel } from '../../src/output/formats/html/page/axis.mjs';
import { makeHost } from '../../src/output/formats/html/page/host.mjs';
import { peopleAt } from '../../src/output/formats/html/page/presence.mjs';
import { exactText } from '../../src/output/formats/html/page/time.mjs';
import { numbersBelow, readBlocks } from './case.mjs';

const [folder, program, moments] = process.argv.slice(2);
const blocks = readBlocks(join(folder, 'report.html'));
/** A moment is so many seconds from a time of the case. */
const DISTANCES = [0, 1, 60, 3600, 86400];
/** The program cuts a SID that has no name. */
const nameOf = (account) => account.toLowerCase().split('\\').pop().replace('…', '').slice(0, 36);

/** The people of the answer to `--at`: each name with `sure` or `possible`; null where no log covers the time. */
function askProgram(host, time) {
  const { stdout } = spawnSync(program, [folder, '--at', exactText(host.base, time), '--computer', host.name, '-q'], { encoding: 'utf8', env: { ...process.env, COLUMNS: '300' } });
  const lines = stdout.split('\n');
  // A computer that had this name before has a heading of its own.
  const own = lines.findIndex((line) => line.startsWith(`${host.name}  `));
  assert.ok(own >= 0, `${host.name} at ${exactText(host.base, time)}: ${stdout}`);
  if (lines[own].includes('no log of')) return null;
  const people = new Map();
  for (const line of lines.slice(own + 1)) {
    if (line && !line.startsWith(' ')) {
      if (!line.startsWith(`${host.name}  `)) break;
      continue;
    }
    const [, name, perhaps, state] = /^ {2}(\S.*?) {2,}(perhaps )?(active|locked|disconnected|computer off|asleep|gone|not yet)\b/.exec(line) ?? [];
    if (!name || state === 'gone' || state === 'not yet') continue;
    const key = nameOf(name);
    people.set(key, people.get(key) === 'sure' || !perhaps ? 'sure' : 'possible');
  }
  return people;
}

/** The same of the page, and the names of which it has only sessions whose logoff record may be lost. */
function askPage(host, place) {
  const found = peopleAt(host, host.sessions, place);
  if (found === null) return { people: null, lost: new Set() };
  const people = new Map();
  for (const { session, isSure } of found) {
    const key = nameOf(session.account.full);
    people.set(key, people.get(key) === 'sure' || isSure ? 'sure' : 'possible');
  }
  const lost = new Set(found.filter(({ session }) => session.cause === 'lost').map(({ session }) => nameOf(session.account.full)));
  return { people, lost };
}

const differences = [];
let compared = 0;
for (const { block } of blocks.case.hosts) {
  const host = makeHost(blocks[block]);
  const view = makeView(makeAxis(host, FOLDED_CLOCK), 1200, 1e6);
  const places = host.sessions.filter(({ isPerson }) => isPerson).flatMap(({ start, end, notBefore, notAfter }) => [start, end, notBefore, notAfter]);
  const times = [...places.filter(Boolean).map(({ time }) => time), ...host.units.flatMap(({ first, last }) => [first, last])];
  if (times.length === 0) continue;
  const last = Math.max(...host.units.map((unit) => unit.last));
  const first = Math.min(...host.units.map((unit) => unit.first));
  const [which, near] = [numbersBelow(times.length, 5), numbersBelow(2, 7)];
  for (let moment = 0; moment < Number(moments); moment++) {
    const distance = DISTANCES[moment % DISTANCES.length] * 1e7;
    const wanted = Math.round(times[Math.floor(which.next().value)] + (near.next().value - 1) * distance);
    const time = Math.max(first, Math.min(last, wanted));
    const { part } = placeAt(view, toPixel(view, locate(view.axis, { unit: 0, time })));
    const answer = askProgram(host, time);
    const { people, lost } = askPage(host, { part, time, unit: null });
    compared++;
    const words = (all, other) => (all === null ? 'no log' : [...all].map(([name, own]) => {
      // The program takes the end of such a session as known, though both give the same bounds of it.
      return lost.has(name) && other?.has(name) ? name : `${name} ${own}`;
    }).sort().join(', '));
    const [ofPage, ofProgram] = [words(people, answer), words(answer, people)];
    if (ofPage !== ofProgram) differences.push(`${host.name} at ${exactText(host.base, time)}: the page says “${ofPage}”, --at says “${ofProgram}”`);
  }
}
assert.deepEqual(differences, [], `${differences.length} of ${compared} differ`);
console.log(`${compared} moments are the same`);
