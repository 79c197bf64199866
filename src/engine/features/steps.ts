/**
 * Steps between consecutive numeric object ids of one actor on one route: someone who walks ids takes the same step
 * again and again, someone who follows links does not. Who walks with several workers at once comes from one of the last few ids,
 * not always from the very last, and who is held back leaves out what was refused: a short step from any of them is one of a walk.
 * Cells: [last id hi, last id lo (32 bits each), last step, steps, steps like the one before, short steps,
 * three earlier ids, the latest first].
 */
import { CELL_MAX, type Work } from './cells.ts';

/** The longest step that is a short one. */
const SHORT = 3;
/** Ids before the last one that a step may come from. */
const EARLIER = 3;
const FIRST_EARLIER = 6;
export const STEPS_CELLS = FIRST_EARLIER + 2 * EARLIER;

const TWO32 = 4_294_967_296;

export function applySteps(w: Work, at: number, value: number): void {
  const { cells, values } = w;
  let n = cells[at + 3];
  let same = cells[at + 4];
  let short = cells[at + 5];
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
        if ((isShort(step) || isNearEarlier(w, at)) && short < CELL_MAX) short++;
        cells[at + 2] = step;
      }
    }
    for (let i = at + STEPS_CELLS - 1; i >= at + FIRST_EARLIER + 2; i--) cells[i] = cells[i - 2];
    cells[at + FIRST_EARLIER] = cells[at];
    cells[at + FIRST_EARLIER + 1] = cells[at + 1];
    cells[at] = Math.floor(w.number / TWO32);
    cells[at + 1] = (w.number % TWO32) | 0;
    cells[at + 3] = n;
    cells[at + 4] = same;
    cells[at + 5] = short;
  }
  values[value] = n;
  values[value + 1] = same;
  values[value + 2] = short;
}

const isShort = (step: number): boolean => step >= -SHORT && step <= SHORT && step !== 0;

function isNearEarlier({ cells, number }: Work, at: number): boolean {
  const end = at + STEPS_CELLS;
  for (let i = at + FIRST_EARLIER; i < end; i += 2) {
    const id = cells[i] * TWO32 + (cells[i + 1] >>> 0);
    if (id !== 0 && isShort(number - id)) return true;
  }
  return false;
}
