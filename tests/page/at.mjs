// Who was on, as the page says it and as the program answers `--at`: `node at.mjs CASE PROGRAM MOMENTS`, where CASE has the page
// and can be asked (`-f csv,html,events`). Asks MOMENTS times of each computer, on the axis of its clock, as a pointer does. Prints what was
// compared; ends with 1 where something differs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FOLDED_CLOCK, locate, makeAxis, makeView, placeAt, toPixel } from '../../src/output/formats/html/page/axis.mjs';
import { makeHost } from '../../src/output/formats/html/page/host.mjs';
import { peopleAt, stateAt } from '../../src/output/formats/html/page/presence.mjs';
import { exactText } from '../../src/output/formats/html/page/time.mjs';
import { numbersBelow, readBlocks } from './case.mjs';

const [folder, program, moments] = process.argv.slice(2);
const blocks = readBlocks(join(folder, 'report.html'));
/** A moment is so many seconds from a time of the case. */
const DISTANCES = [0, 1, 60, 3600, 86400];
/** The program cuts a SID that has no name. */
const nameOf = (account) => account.toLowerCase().split('\\').pop().replace('…', '').slice(0, 36);

/** What the program says of a session while the computer was off or asleep; the page says what its user had done before. */
const AWAY = ['computer off', 'asleep'];

/** The sessions of the answer to `--at`, by person: the words of each; null where no log covers the time. */
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
    const [, name, words] = /^ {2}(\S.*?) {2,}((?:perhaps )?(?:active|locked|disconnected|computer off|asleep)|gone|not yet)\b/.exec(line) ?? [];
    if (!name || words === 'gone' || words === 'not yet') continue;
    add(people, nameOf(name), words);
  }
  return people;
}

function add(people, name, words) {
  people.set(name, [...(people.get(name) ?? []), words]);
}

/** The same of the page. The program has no word for a screen saver. */
function askPage(host, place) {
  const found = peopleAt(host, host.sessions, place);
  if (found === null) return null;
  const people = new Map();
  for (const { session, isSure } of found) {
    const unit = host.units.find((own) => own.boot === session.boot && own.first <= place.time && place.time <= own.last);
    const state = stateAt(session, { time: place.time, unit: unit?.index ?? session.boot.units[0]?.index ?? 0 });
    const words = state === '' || state === 'screen saver on' ? 'active' : state;
    add(people, nameOf(session.account.full), isSure ? words : `perhaps ${words.replace('perhaps ', '')}`);
  }
  return people;
}

/** All that one side says, as a text. Where the other side says that the computer was off or asleep, only how sure the sessions are. */
function textOf(all, other) {
  if (all === null) return 'no log';
  const isAway = [...all.values(), ...(other?.values() ?? [])].flat().some((words) => AWAY.includes(words.replace('perhaps ', '')));
  const text = (words) => (isAway ? (words.startsWith('perhaps ') ? 'perhaps' : 'there') : words);
  return [...all].map(([name, own]) => `${name} ${own.map(text).sort().join(' and ')}`).sort().join(', ');
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
    const people = askPage(host, { part, time, unit: null });
    compared++;
    const [ofPage, ofProgram] = [textOf(people, answer), textOf(answer, people)];
    if (ofPage !== ofProgram) differences.push(`${host.name} at ${exactText(host.base, time)}: the page says “${ofPage}”, --at says “${ofProgram}”`);
  }
}
assert.deepEqual(differences, [], `${differences.length} of ${compared} differ`);
console.log(`${compared} moments are the same`);
