/**
 * The previous value and its time, for transitions and inconsistency.
 * Cells: [value hi, value lo, seconds, milliseconds].
 */
import { readTime, spanValue, type Work, writeTime } from './cells.ts';

export const LAST_CELLS = 4;

export function applyLast(w: Work, at: number, value: number): void {
  const { cells, values } = w;
  const known = cells[at + 1] !== 0 || cells[at] !== 0;
  const present = w.subjectLo !== 0 || w.subjectHi !== 0;
  values[value] = known ? 1 : 0;
  values[value + 1] = known && present && (cells[at] !== w.subjectHi || cells[at + 1] !== w.subjectLo) ? 1 : 0;
  values[value + 2] = known ? spanValue(Math.max(0, w.nowMs - readTime(cells, at + 2))) : 0;
  if (w.readOnly || !present) return;
  cells[at] = w.subjectHi;
  cells[at + 1] = w.subjectLo;
  writeTime(cells, at + 2, w.nowMs);
}
