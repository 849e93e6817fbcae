// What the keyboard reaches of the hops, in Chromium: `node keys.mjs PAGE PROFILE`. Ends with 1 where something does not
// hold.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';

const [page, profile] = process.argv.slice(2);
const FOCUSED = "(document.activeElement.dataset.node ?? document.activeElement.id)";

/** Tab, until the focus is where `wanted` says. */
async function tabTo(driver, wanted) {
  for (let round = 0; round < 60; round++) {
    if (await driver.value(wanted)) return;
    await driver.press('Tab');
  }
  assert.fail(`no key reaches ${wanted}`);
}

await withPage(page, profile, 1400, async (driver) => {
  const { value, until, press } = driver;
  await until("document.querySelector('.hop-node') && document.getElementById('computer-name').textContent");

  // One stop for the whole graph; the arrows go from box to box, and each box says what it is.
  await tabTo(driver, "document.activeElement.matches('.hop-node')");
  assert.equal(await value("document.querySelectorAll('#hop-graph .hop-node[tabindex=\"0\"]').length"), 1);
  const reached = new Set([await value(FOCUSED)]);
  const boxes = await value("document.querySelectorAll('#hop-graph .hop-node').length");
  for (let column = 0; column < 8; column++) await press('ArrowLeft');
  for (let row = 0; row < 12; row++) await press('ArrowUp');
  for (let column = 0; column < 8; column++) {
    for (let row = 0; row < 12; row++) {
      reached.add(await value(FOCUSED));
      await press('ArrowDown');
    }
    for (let row = 0; row < 12; row++) {
      reached.add(await value(FOCUSED));
      await press('ArrowUp');
    }
    await press('ArrowRight');
  }
  assert.equal(reached.size, boxes, `the arrows reach ${[...reached].join(', ')}`);
  assert.match(await value("document.activeElement.getAttribute('aria-label')"), /hop|logon/);

  // Enter chooses: the field has the name, the rows are those of the box, the focus stays, and it is said aloud.
  const all = await value("document.querySelectorAll('#hop-rows tbody tr').length");
  const box = await value(FOCUSED);
  await press('Enter');
  const name = box.slice(box.indexOf(' ') + 1);
  assert.equal(await value("document.querySelector('.whose').value"), name);
  assert.match(await value("document.getElementById('hops-live').textContent"), new RegExp(`^Hops of ${name.replaceAll('.', '\\.')}`));
  assert.ok(await value("document.querySelectorAll('#hop-rows tbody tr').length") <= all);
  assert.equal(await value(FOCUSED), box);
  await press('Enter');
  assert.equal(await value("document.querySelector('.whose').value"), '');
  assert.equal(await value("document.querySelectorAll('#hop-rows tbody tr').length"), all);

  // A row of the lines is a button: it keeps the hops of its line.
  await tabTo(driver, "document.activeElement.matches('#hop-lines td button')");
  await press('Enter');
  const count = await value("Number(document.querySelector('#hop-lines tr.chosen td.n').textContent)");
  assert.equal(await value("document.querySelectorAll('#hop-rows tbody tr').length"), count);
  assert.equal(await value("document.querySelectorAll('#hop-graph .hop-line.chosen').length"), 1);

  // The axes: N selects a hop, whose records are shown; W zooms.
  await value("document.getElementById('hop-axes').focus()");
  await press('n');
  assert.match(await value("document.getElementById('hop-selected').textContent"), /evidence.*#\d+/);
  const picture = await value("document.getElementById('hop-axes').innerHTML");
  await press('w');
  await until(`document.getElementById('hop-axes').innerHTML !== ${JSON.stringify(picture)}`);

  // A selected hop leads to its session in the chart.
  await value("document.querySelector('#hop-selected button').click()");
  await until("document.getElementById('selected').textContent.includes('Logon ID')");

  // At 390 pixels nothing but the frames that scroll by themselves is wider than the window.
  await driver.send('Emulation.setDeviceMetricsOverride', { width: 390, height: 800, deviceScaleFactor: 1, mobile: false });
  await until("document.getElementById('hop-axes').firstElementChild.viewBox.baseVal.width < 390");
  assert.ok(await value('document.documentElement.scrollWidth') <= 390);
  assert.deepEqual(driver.problems, []);
});
console.log('all reached');
