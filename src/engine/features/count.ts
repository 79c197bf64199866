/**
 * Events in a sliding window, from two fixed windows: the running one, and the previous one weighted by the part of it
 * that the sliding window still covers. The error is that of an even spread within the previous window.
 * Cells: [window number, count in it, count in the one before].
 */
import { CELL_MAX, type Work } from './cells.ts';

export const COUNT_CELLS = 3;

export function applyCount(w: Work, at: number, value: number, windowMs: number): void {
  const { cells, nowMs } = w;
  const window = Math.floor(nowMs / windowMs);
  // Without a sign, like seconds: windows of one second outgrow 31 bits in 2038.
  const stored = cells[at] >>> 0;
  let current = cells[at + 1];
  let previous = cells[at + 2];
  if (window !== stored) {
    // A late event (window < stored) counts in the stored window: time never runs backwards inside a record.
    if (window === stored + 1) {
      previous = current;
      current = 0;
    } else if (window > stored) {
      previous = 0;
      current = 0;
    }
  }
  if (!w.readOnly) {
    current = Math.min(CELL_MAX, current + w.weight);
    if (window > stored) cells[at] = window;
    cells[at + 1] = current;
    cells[at + 2] = previous;
  }
  const into = nowMs - window * windowMs;
  const estimate = previous === 0 ? current : current + Math.floor((previous * (windowMs - into)) / windowMs);
  w.values[value] = Math.min(estimate, CELL_MAX);
}
