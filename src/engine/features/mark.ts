/**
 * That something happened: when it was last, how often in the running window, and with which amount. Exact, because rules
 * of a workflow stand on it: windows are fixed (a day is a day of UTC), and nothing is estimated.
 * Cells: [seconds, milliseconds, window number, times in it, amount's high part + 1, low part, seconds of the first time].
 */
import { CELL_MAX, readTime, spanValue, type Work, writeTime } from './cells.ts';

export const MARK_CELLS = 7;

/** Amounts are kept in two cells of so many units. */
const PART = 2_147_483_648;

/** Writes what was known before this event, and how often it happened with this one. */
export function applyMark(w: Work, at: number, value: number, windowMs: number): void {
  const { cells, values } = w;
  const known = cells[at] !== 0 || cells[at + 1] !== 0;
  const window = Math.floor(w.nowMs / windowMs);
  let n = window === cells[at + 2] >>> 0 ? cells[at + 3] : 0;
  // A late event counts in the window that is running.
  if (window < cells[at + 2] >>> 0) n = cells[at + 3];
  const comparable = known && w.amount >= 0 && cells[at + 4] > 0;
  values[value] = known ? 1 : 0;
  values[value + 1] = known ? spanValue(Math.max(0, w.nowMs - readTime(cells, at))) : 0;
  values[value + 3] = comparable ? 1 : 0;
  values[value + 4] = comparable ? spanValue(w.amount - ((cells[at + 4] - 1) * PART + cells[at + 5])) : 0;
  values[value + 5] = known ? Math.max(0, w.nowSec - (cells[at + 6] >>> 0)) : 0;
  if (w.readOnly) {
    values[value + 2] = n;
    return;
  }
  if (!known) cells[at + 6] = w.nowSec;
  if (n < CELL_MAX) n++;
  values[value + 2] = n;
  if (w.nowMs >= readTime(cells, at)) writeTime(cells, at, w.nowMs);
  if (window > cells[at + 2] >>> 0) cells[at + 2] = window;
  cells[at + 3] = n;
  if (w.amount < 0) return;
  cells[at + 4] = Math.floor(w.amount / PART) + 1;
  cells[at + 5] = w.amount % PART;
}
