// What the checks share: a case as the page reads it and as its tables say it.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Rows of a CSV table as objects. */
export function readTable(path) {
  const rows = [];
  let [row, cell, isQuoted] = [[], '', false];
  for (const character of readFileSync(path, 'utf8')) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === '"') {
      cell += '"';
    } else if (!isQuoted && (character === ',' || character === '\n')) {
      row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
      cell = '';
      if (character === '\n') {
        rows.push(row);
        row = [];
      }
    } else {
      cell += character;
    }
  }
  const [names, ...values] = rows;
  return values.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at]])));
}

/** The data blocks of a page, by the id of their elements. */
export function readBlocks(path) {
  const page = readFileSync(path, 'utf8');
  const blocks = {};
  for (const [, type, id, text] of page.matchAll(/<script type="application\/(json|gzip)" id="([^"]+)">([^<]*)<\/script>/g)) {
    const json = type === 'json' ? text : gunzipSync(Buffer.from(text, 'base64')).toString('utf8');
    blocks[id] = JSON.parse(json);
  }
  return blocks;
}

/** Ticks since the base of a computer, of a time in a table; null for an empty cell. */
export function ticksOf(base, text) {
  if (!text) return null;
  const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000;
  return (seconds - base) * 1e7 + Number(text.slice(20, 27));
}

/** Numbers that look random and are the same in every run. */
export function* numbersBelow(limit, seed = 1) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state / 2 ** 32) * limit;
  }
}
