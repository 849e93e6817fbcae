// Counts instead of marks, where marks would cover each other.
import { pixelsOfPart, toPixel } from './axis.mjs';

/** The width of a bin, in pixels. */
export const BIN = 3;

/** How many of these begin in each bin of a view; `peak` is the largest number. */
export function binCounts(view, items) {
  const bins = new Uint32Array(Math.ceil(view.width / BIN) + 1);
  let peak = 0;
  for (const item of items) {
    const x = toPixel(view, { t: item.t ?? item.t0, g: item.g ?? item.g0 });
    if (x < 0 || x >= view.width) continue;
    const bin = Math.floor(x / BIN);
    bins[bin] += item.count ?? 1;
    if (bins[bin] > peak) peak = bins[bin];
  }
  return { bins, peak };
}

/** The share of its height that a bin takes: a logarithm, so that one among thousands is to be seen. */
export function binHeight(count, peak) {
  return count === 0 ? 0 : Math.max(0.25, Math.log2(1 + count) / Math.log2(1 + peak));
}

/** Are bars drawn better as a strip? */
export function isDense(view, bars) {
  let [shown, narrow] = [0, 0];
  for (const bar of bars) {
    const [left, right] = pixelsOfPart(view, bar);
    if (right < 0 || left > view.width) continue;
    shown++;
    if (right - left < 4) narrow++;
    if (shown > 400) return true;
  }
  return (shown > 40 && narrow * 2 > shown);
}

/** Are thin bars drawn better as a strip? */
export function isThinDense(view, bars) {
  let shown = 0;
  for (const bar of bars) {
    const [left, right] = pixelsOfPart(view, bar);
    if (right >= 0 && left <= view.width) shown++;
    if (shown > 160 || shown > view.width / 9) return true;
  }
  return false;
}

/**
 * Marks nearer than some pixels become one, with their `count`. `items` are in order; `distance` gives the pixels for a
 * count, because a longer number needs more room.
 */
export function mergeMarks(view, items, distance) {
  const merged = [];
  const least = distance(1);
  for (const item of items) {
    const x = toPixel(view, item);
    if (x < -least || x > view.width + least) continue;
    const last = merged.at(-1);
    const count = item.count ?? 1;
    if (last && x - last.right <= distance(last.count)) {
      last.items.push(item);
      last.right = x;
      last.count += count;
    } else {
      merged.push({ x, right: x, items: [item], count });
    }
  }
  return merged;
}
