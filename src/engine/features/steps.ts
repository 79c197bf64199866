/**
 * Steps between consecutive numeric object ids of one actor on one route: someone who walks ids takes the same step
 * again and again, someone who follows links does not.
 * Cells: [last id hi, last id lo (32 bits each), last step, steps, steps like the one before, steps of exactly one].
 */
import { CELL_MAX, type Work } from './cells.ts';

export const STEPS_CELLS = 6;

const TWO32 = 4_294_967_296;

export function applySteps(w: Work, at: number, value: number): void {
  const { cells, values } = w;
  let n = cells[at + 3];
  let same = cells[at + 4];
  let plusOne = cells[at + 5];
  if (!w.readOnly && w.number >= 0) {
    const previous = cells[at] * TWO32 + (cells[at + 1] >>> 0);
    const lastStep = cells[at + 2];
    // The record starts with id 0: the first real id only sets it.
    if (previous !== 0) {
      const difference = w.number - previous;
      const step = difference > CELL_MAX || difference < -CELL_MAX ? CELL_MAX : difference;
      if (step !== 0) {
        if (n < CELL_MAX) n++;
        if (step === lastStep && same < CELL_MAX) same++;
        if ((step === 1 || step === -1) && plusOne < CELL_MAX) plusOne++;
        cells[at + 2] = step;
      }
    }
    cells[at] = Math.floor(w.number / TWO32);
    cells[at + 1] = (w.number % TWO32) | 0;
    cells[at + 3] = n;
    cells[at + 4] = same;
    cells[at + 5] = plusOne;
  }
  values[value] = n;
  values[value + 1] = same;
  values[value + 2] = plusOne;
}
