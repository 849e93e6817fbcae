// What the filters, the head and the print of a page say, in Chromium: `node fields.mjs PAGE PROFILE FINDINGS COMPUTER
// [FROM TO KEPT]…`, where FINDINGS is the number of rows of findings.csv, and COMPUTER has sessions on 2026-04-13. KEPT is how
// many of its sessions the program selects with `--since FROM --until TO`. Ends with 1 where something does not hold.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';

const [page, profile, findings, computer, ...kept] = process.argv.slice(2);
const FOCUSED = "document.activeElement.getAttribute('aria-label')";
const textOf = (id) => `document.getElementById('${id}').textContent`;
const field = (label) => `document.querySelector('[aria-label="${label}, UTC"]')`;
const isHidden = (id) => `document.getElementById('${id}').hidden`;

/** Types into a field as a person does, and leaves it by a key. */
async function type({ send, value, press }, label, text, key) {
  await value(`${field(label)}.focus(), ${field(label)}.select()`);
  await send('Input.insertText', { text });
  await press(key);
}

/** A period that is typed stays in its fields and is said in words; the focus stays where it was or goes on. */
async function periodIsShown(driver) {
  const { send, value, until, press } = driver;
  const all = await value(textOf('kinds'));
  await type(driver, 'From', '2026-04-13 10:44', 'Enter');
  assert.equal(await value(`${field('From')}.value`), '2026-04-13 10:44:00');
  assert.equal(await value(FOCUSED), 'From, UTC');
  assert.match(await value(textOf('filter-line')), /^Filter: from 2026-04-13 10:44:00 UTC\. It keeps \d+ of \d+ sessions\./);
  assert.equal(await value(isHidden('filter-line')), false);
  const since = await value(textOf('kinds'));
  assert.notEqual(since, all);
  await press('Tab');
  assert.equal(await value(FOCUSED), 'to, UTC');
  await send('Input.insertText', { text: '2026-04-13' });
  await press('Tab');
  assert.equal(await value("document.activeElement.textContent"), 'Reset');
  assert.match(await value(textOf('filter-line')), /from 2026-04-13 10:44:00 to 2026-04-13 23:59:59 UTC/);

  // What is no time is said to be none, stays in its field, and the filter before it stays on.
  await type(driver, 'to', '13.4.2026', 'Enter');
  assert.match(await value(textOf('filter-line')), /^“13\.4\.2026” is no time .*from 2026-04-13 10:44:00 to 2026-04-13 23:59:59 UTC/);
  assert.equal(await value(`${field('to')}.value`), '13.4.2026');
  await type(driver, 'to', '', 'Enter');
  await type(driver, 'to', ' ', 'Enter');
  assert.equal(await value(`${field('to')}.value`), '');
  assert.equal(await value(textOf('kinds')), since);

  // A text that is typed later leaves the period on; clearing the period leaves the text on.
  await value("document.getElementById('filter-text').focus()");
  await send('Input.insertText', { text: '4624 is in none' });
  await until(`${textOf('filter-line')}.includes('text “4624 is in none”')`);
  assert.match(await value(textOf('filter-line')), /from 2026-04-13 10:44:00 UTC; text/);
  assert.equal(await value(FOCUSED), 'Text, record or Logon ID');
  await value("document.getElementById('clear-period').click()");
  assert.equal(await value(`${field('From')}.value`), '');
  assert.equal(await value(FOCUSED), 'From, UTC');
  assert.match(await value(textOf('filter-line')), /^Filter: text/);
  await value("[...document.querySelectorAll('#filters button')].at(-1).click()");
  assert.equal(await value("document.getElementById('filter-text').value"), '');
  assert.equal(await value(isHidden('filter-line')), true);
  assert.equal(await value(textOf('kinds')), all);

  // A button of a class keeps the focus too.
  await value("document.querySelector('#kinds button').focus()");
  await press('Enter');
  assert.equal(await value("document.activeElement.getAttribute('aria-pressed')"), 'false');
  assert.match(await value(textOf('filter-line')), /^Filter: without /);
  await press('Enter');
}

/** A period keeps what the program selects by the same words; one that ends before it begins is refused. */
async function periodsAreThoseOfTheProgram(driver) {
  const { value } = driver;
  assert.ok(kept.length >= 6 && kept.length % 3 === 0, 'periods to compare');
  for (let at = 0; at < kept.length; at += 3) {
    const [from, to, count] = kept.slice(at, at + 3);
    await value("[...document.querySelectorAll('#filters button')].at(-1).click()");
    await type(driver, 'From', from, 'Enter');
    await type(driver, 'to', to, 'Enter');
    const line = await value(textOf('filter-line'));
    assert.equal(/ keeps ([\d,]+) of/.exec(line)?.[1], count, `${from} to ${to}: ${line}`);
    await type(driver, 'to', '1999-12-31', 'Enter');
    const refused = await value(textOf('filter-line'));
    assert.match(refused, /^“1999-12-31” is before the time from which the period begins, and filters nothing\. /);
    assert.ok(refused.includes(line.slice(0, line.indexOf(' It keeps'))), refused);
  }
  await value("[...document.querySelectorAll('#filters button')].at(-1).click()");
}

/** Paper has the computer that is chosen, names the others, and says which filter is on. */
async function printSaysWhatItHas({ value }) {
  const names = await value("JSON.parse(document.getElementById('case').textContent).hosts.map(({ name }) => name)");
  await value("window.dispatchEvent(new Event('beforeprint'))");
  for (const id of ['print-scope', 'print']) {
    const text = await value(textOf(id));
    assert.ok(text.includes(`one of ${names.length} computers: ${computer}. Each other one is printed when it is chosen`), text);
    for (const name of names) assert.ok(text.includes(name), name);
  }
  await value("window.dispatchEvent(new Event('afterprint'))");
  assert.equal(await value(textOf('print-scope')), '');
}

for (const width of [1400, 390]) {
  await withPage(`${page}#${encodeURIComponent(computer)}`, profile, width, async (driver) => {
    const { value, until } = driver;
    await until(`document.getElementById('computer-name')?.textContent === ${JSON.stringify(computer)} && document.querySelector('#table [role=cell]')`);

    // The head counts the findings of the case, and says whose findings are listed.
    assert.equal(await value(textOf('findings-title')), `Findings · ${findings} in the case`);
    const parts = await value("[...document.querySelectorAll('#finding-kinds > p')].map((part) => part.textContent)");
    assert.ok(parts[0].startsWith(`${computer}: `) && parts.at(-1).includes('other computer'), parts.join('; '));
    const counts = parts.map((part) => Number(/: (no|[\d,]+) finding/.exec(part)[1].replace(/no|,/g, '')));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), Number(findings), parts.join('; '));

    await periodIsShown(driver);
    await periodsAreThoseOfTheProgram(driver);
    await printSaysWhatItHas(driver);
    assert.ok(await value('document.documentElement.scrollWidth') <= width);
    assert.deepEqual(driver.problems, []);
  });
}
console.log('all shown');
