// What a page says of a log without a line in the coverage, and of accounts that have no room in the chart on paper, in Chromium:
// `node paper.mjs PAGE PROFILE`, where PAGE has one computer, 70 accounts and a log of the channel Setup with one record. Ends
// with 1 where something does not hold.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';

const [page, profile] = process.argv.slice(2);

await withPage(page, profile, 1400, async ({ value, until, problems }) => {
  await until("document.querySelector('#table [role=cell]') && document.getElementById('coverage-rest')");
  const coverage = await value("document.getElementById('coverage-rest').textContent");
  assert.equal(coverage, 'Logs that name this computer and have no line, because they have none of its events that are used for boots and sessions: Setup (1 record).');
  assert.match(await value("document.getElementById('chart-note').textContent"), /^10 more accounts below/);
  await value("window.dispatchEvent(new Event('beforeprint'))");
  const paper = await value("[...document.querySelectorAll('#print > p')].map((part) => part.textContent)");
  assert.ok(paper.includes('Not in this chart: 10 more accounts; sessions.csv and attempts.csv have all of them.'), paper.join('\n'));
  // Sixty lanes are on several sheets, so that each can be read.
  const heights = await value("[...document.querySelectorAll('.printed-chart svg')].map((sheet) => sheet.viewBox.baseVal.height)");
  assert.ok(heights.length > 1 && heights.every((height) => height <= 600), `sheets of ${heights.join(', ')}`);
  assert.ok(!paper.some((text) => text.includes('This print has')), 'one computer alone needs no word about others');
  assert.deepEqual(problems, []);
});
console.log('all said');
