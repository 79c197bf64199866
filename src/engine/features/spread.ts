/**
 * Regularity of arrivals: the mean gap and the mean absolute deviation from it, running means over the first gaps and
 * exponential ones after {@link SPREAD_MEMORY}. The deviation over the mean is what detectors call variation; for an
 * exponential (random) stream it is 0.74, for a metronome 0.
 * Cells: [seconds, milliseconds, gaps, mean in ms, mean absolute deviation in ms].
 */
import { CELL_MAX, readTime, spanValue, type Work, writeTime } from './cells.ts';

export const SPREAD_CELLS = 5;

/** Gaps over which the means remember. */
export const SPREAD_MEMORY = 32;

export function applySpread(w: Work, at: number, value: number, breakMs: number): void {
  const { cells, values } = w;
  const previous = readTime(cells, at);
  let n = cells[at + 2];
  let mean = cells[at + 3];
  let deviation = cells[at + 4];
  if (!w.readOnly) {
    const gap = previous === 0 ? -1 : w.nowMs - previous;
    writeTime(cells, at, Math.max(w.nowMs, previous));
    if (gap > breakMs) {
      n = 0;
      mean = 0;
      deviation = 0;
    } else if (gap >= 0) {
      if (n < CELL_MAX) n++;
      const memory = Math.min(n, SPREAD_MEMORY);
      // The first gap sets the mean; its deviation is not known yet.
      if (n > 1) deviation += Math.round((Math.abs(gap - mean) - deviation) / (memory - 1));
      mean += Math.round((gap - mean) / memory);
    }
    cells[at + 2] = n;
    cells[at + 3] = mean;
    cells[at + 4] = deviation;
  }
  values[value] = n;
  values[value + 1] = spanValue(mean);
  values[value + 2] = mean > 0 ? Math.min(100_000, Math.floor((deviation * 1000) / mean)) : 100_000;
}
