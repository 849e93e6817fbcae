// What the pointer and the keys do with chart and tables, in Chromium: `node chart.mjs PAGE PROFILE COMPUTER FAILED WATCHED`, where
// FAILED is the number of failed logons of the computer by attempts.csv, and WATCHED how many of its sessions have the flag
// `watched` by sessions.csv. Ends with 1 where something does not hold.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';

const [page, profile, computer, failed, watched] = process.argv.slice(2);
const textOf = (id) => `document.getElementById('${id}').textContent`;
const isThere = `document.getElementById('computer-name')?.textContent === ${JSON.stringify(computer)} && document.querySelector('#table [role=cell]')`;

/** The pixels, below the dates, of a column of the chart that has the colour of the cursor from top to bottom; -1 without one. */
const CURSOR = `(() => {
  const canvas = document.getElementById('chart');
  const ratio = canvas.width / canvas.clientWidth;
  const newCanvas = (width, height) => Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true });
  const copy = newCanvas(canvas.width, canvas.height);
  copy.drawImage(canvas, 0, 0);
  const pixels = copy.getImageData(0, 0, canvas.width, canvas.height);
  const probe = newCanvas(1, 1);
  probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim();
  probe.fillRect(0, 0, 1, 1);
  const wanted = probe.getImageData(0, 0, 1, 1).data;
  const isCursor = (x, y) => [0, 1, 2].every((part) => Math.abs(pixels.data[(y * canvas.width + x) * 4 + part] - wanted[part]) < 90);
  for (let x = 0; x < canvas.width; x++) {
    let rows = 0;
    for (let y = 45; y < canvas.height; y++) rows += isCursor(x, y);
    if (rows > (canvas.height - 45) * 0.8) return x / ratio;
  }
  return -1;
})()`;

async function mouse({ send, value }, type, x, y) {
  const box = await value("(() => { const { left, top } = document.getElementById('chart').getBoundingClientRect(); return [left, top]; })()");
  const button = type === 'mouseMoved' ? 'none' : 'left';
  await send('Input.dispatchMouseEvent', { type, x: box[0] + x, y: box[1] + y, button, clickCount: 1 });
}

async function click(driver, x, y) {
  for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased']) await mouse(driver, type, x, y);
}

const frame = ({ value }) => value('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))');

/** A pinned cursor stands at its time after each change of the view: what a pointer finds there is the same second. */
async function cursorKeepsItsTime(driver) {
  const { value, press } = driver;
  await value("document.getElementById('chart').scrollIntoView(), document.getElementById('chart-frame').focus()");
  const bottom = await value("document.getElementById('chart').clientHeight - 3");
  await press('0');
  let seen = 0;
  for (const keys of [['w', 'w', 'd'], ['0', 'w', 'w', 'w', 'w', 'a'], ['s', 'd'], ['0']]) {
    await press('w');
    await press('w');
    await frame(driver);
    await click(driver, 700, bottom);
    await frame(driver);
    const pinned = await value(textOf('who-title'));
    assert.match(pinned, /^Who was logged on at /);
    for (const key of keys) await press(key);
    await frame(driver);
    assert.equal(await value(textOf('who-title')), pinned, 'a pinned list is of one time');
    const x = await value(CURSOR);
    await press('c');
    if (x < 0) continue;
    seen++;
    await mouse(driver, 'mouseMoved', x + 1, bottom);
    await frame(driver);
    const [at, there] = [pinned, await value(textOf('who-title'))].map((text) => Date.parse(text.replace('Who was logged on at ', '')));
    await mouse(driver, 'mouseMoved', x + 3, bottom);
    await frame(driver);
    const next = Date.parse((await value(textOf('who-title'))).replace('Who was logged on at ', ''));
    assert.ok(Math.abs(at - there) <= Math.abs(next - there) + 1000, `${pinned}, and at its line ${new Date(there).toISOString()}`);
  }
  assert.ok(seen >= 2, `the line of the cursor is in the view ${seen} times`);
}

/** The list of a pinned cursor follows the filter, and the cursor keeps its time on another axis. */
async function listFollowsTheFilter(driver) {
  const { value, press } = driver;
  const names = "[...document.querySelectorAll('.who-rows b')].map((name) => name.textContent)";
  await press('Escape');
  await press('n');
  await press('f');
  // A session at the end of the axis is not in the middle of the view.
  for (const share of [0.5, 0.25, 0.1, 0.75, 0.9]) {
    if ((await value(names)).length > 0) break;
    await press('c');
    await frame(driver);
    const x = await value(`118 + (document.getElementById('chart').clientWidth - 118) * ${share}`);
    await click(driver, x, await value("document.getElementById('chart').clientHeight - 3"));
    await frame(driver);
  }
  const title = await value(textOf('who-title'));
  assert.ok((await value(names)).length > 0, title);
  for (const person of await value("[...document.querySelector('[aria-label=Person]').options].map(({ value }) => value).filter(Boolean)")) {
    await value(`(() => { const field = document.querySelector('[aria-label=Person]'); field.value = ${JSON.stringify(person)}; field.dispatchEvent(new Event('change')); })()`);
    const full = await value("document.querySelector('[aria-label=Person]').selectedOptions[0].textContent");
    for (const name of await value(names)) assert.ok(full.endsWith(name), `${name} is listed where only ${full} is shown`);
    assert.equal(await value(textOf('who-title')), title);
  }
  await value("(() => { const field = document.querySelector('[aria-label=Person]'); field.value = ''; field.dispatchEvent(new Event('change')); })()");
  const listed = await value(names);
  for (const key of ['3', '2']) {
    await press(key);
    await frame(driver);
    assert.equal(await value(textOf('who-title')), title, 'on another axis');
    assert.deepEqual(await value(names), listed);
  }
  await press('Escape');
  assert.equal(await value(textOf('who-title')), 'Who was logged on');
}

/** No cell of the tables is cut: names, addresses and records can be read. */
async function cellsAreWhole({ value }) {
  const cut = await value(`[...document.querySelectorAll('.data-table [role=cell]')]
    .filter((cell) => cell.offsetParent && (cell.scrollHeight > cell.clientHeight + 1 || cell.scrollWidth > cell.clientWidth + 1)).map((cell) => cell.textContent)`);
  assert.deepEqual(cut, []);
  const edges = await value(`['table', 'attempts'].flatMap((id) => {
    const left = (row) => [...row.children].map((cell) => Math.round(cell.getBoundingClientRect().left));
    const [head, row] = ['.head', '.inside .row'].map((own) => document.querySelector('#' + id + ' ' + own));
    return row && row.offsetParent ? [[left(head), left(row)]] : [];
  })`);
  for (const [head, row] of edges) assert.deepEqual(head, row, 'each head stands above its cells');
}

/** Failed logons are in a table of their own, are reached by keys and by a click, and can be hidden. */
async function failedLogonsAreReached(driver) {
  const { value, press, until } = driver;
  await press('0');
  await until(`${textOf('attempts-title')}.includes('${failed} failed logon')`);
  const rows = await value("document.querySelectorAll('#attempts .inside .row').length");
  await value("document.getElementById('chart-frame').focus()");
  const seen = new Set();
  for (let step = 0; step < rows; step++) {
    await press('x');
    assert.equal(await value(textOf('selected-title')), 'Selected failed logons');
    assert.match(await value(textOf('selected')), /Security#\d+|#\d+/);
    assert.match(await value(textOf('live')), /failed/);
    seen.add(await value(textOf('selected')));
  }
  assert.ok(seen.size >= Math.min(rows, 2), 'each press goes to the next row');
  await value("document.querySelector('#attempts .rows').focus()");
  await press('ArrowUp');
  await press('ArrowDown');
  assert.equal(await value("document.querySelectorAll('#attempts .row.selected').length"), 1);
  await value("document.querySelector('#kinds .failed').click()");
  await until("document.querySelectorAll('#attempts .inside .row').length === 0");
  assert.match(await value(textOf('filter-line')), /without failed logons\. .* and 0 of \d+ failed logons/);
  await press('Escape');
}

/** What is on the watch list is marked in the table and found by its word. */
async function watchedIsMarked({ value, send, until }) {
  await value("document.getElementById('filter-text').focus()");
  await send('Input.insertText', { text: 'watched' });
  await until(`${textOf('filter-line')}.includes('“watched”')`);
  await until(`${textOf('table-title')}.includes(', ${watched} session')`);
  await until("[...document.querySelectorAll('#table .inside .row')].every((row) => row.textContent.includes('· watched'))");
  await value("[...document.querySelectorAll('#filters button')].at(-1).click()");
}

for (const width of [1400, 390]) {
  await withPage(`${page}#${encodeURIComponent(computer)}`, profile, width, async (driver) => {
    await driver.until(isThere);
    if (width === 1400) {
      await cellsAreWhole(driver);
      await cursorKeepsItsTime(driver);
      await listFollowsTheFilter(driver);
    }
    if (failed !== '0') await failedLogonsAreReached(driver);
    if (watched !== '0') await watchedIsMarked(driver);
    assert.ok(await driver.value('document.documentElement.scrollWidth') <= width);
    assert.deepEqual(driver.problems, []);
  });
}
console.log('all hold');
