// The periods that the logs of a computer cover, as `--at` takes them: about other times, nothing is known.

/** Periods that overlap as one, in their order. */
function merged(periods) {
  const all = [];
  for (const [first, last] of [...periods].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const before = all.at(-1);
    if (before && first <= before[1]) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}

/** What the clock never showed, because it was set forward over it, or set back between two boots. */
function neverShown(boots) {
  const shown = [];
  let before = null;
  for (const { intervals } of boots.filter((boot) => boot.intervals.length > 0)) {
    // While the computer was off, its clock went on.
    if (before !== null && before < intervals[0][0]) shown.push([before, intervals[0][0]]);
    shown.push(...intervals);
    before = intervals.at(-1)[1];
  }
  const all = merged(shown);
  return all.slice(1).map(([first], at) => [all[at][1], first]);
}

/** The periods of a computer, from its block. */
export function coveredPeriods({ log_times: logs, boots }) {
  const holes = neverShown(boots);
  return merged(logs).flatMap(([first, last]) => {
    const within = holes.filter(([begin, end]) => first <= begin && end <= last);
    const begins = [first, ...within.map(([, end]) => end)];
    const ends = [...within.map(([begin]) => begin), last];
    return begins.map((begin, at) => [begin, ends[at]]);
  });
}

/** Does some log of the computer cover this time? */
export function isCovered({ covered }, time) {
  return covered.length === 0 || covered.some(([first, last]) => first <= time && time <= last);
}
