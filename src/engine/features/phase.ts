/**
 * Where in the minute events fall: a population of independent clients fills it evenly, one that a timer or a fault moves
 * comes in the same seconds again and again.
 * Cells: [minute number, events, minutes in which there were some, 30 × events of two seconds].
 */
import type { Work } from './cells.ts';

const SLOTS = 30;
const SLOTS_AT = 3;
export const PHASE_CELLS = SLOTS_AT + SLOTS;

const MINUTE_MS = 60_000;
const SLOT_MS = MINUTE_MS / SLOTS;
/** Events after which all counts are halved, and minutes without any after which they are forgotten. */
const MEMORY = 2048;
const FORGOTTEN_MINUTES = 30;

export function applyPhase(w: Work, at: number, value: number): void {
  const { cells, values } = w;
  if (!w.readOnly) {
    const minute = Math.floor(w.nowMs / MINUTE_MS);
    if (minute > cells[at] + FORGOTTEN_MINUTES) cells.fill(0, at, at + PHASE_CELLS);
    if (minute > cells[at]) {
      cells[at] = minute;
      cells[at + 2]++;
    }
    const slot = Math.floor((w.nowMs - Math.floor(w.nowMs / MINUTE_MS) * MINUTE_MS) / SLOT_MS);
    cells[at + SLOTS_AT + slot]++;
    cells[at + 1]++;
    if (cells[at + 1] >= MEMORY) fade(cells, at);
  }
  const n = cells[at + 1];
  let most = 0;
  let fullest = 0;
  // Two slots side by side, so that what falls across a border is seen whole.
  for (let s = 0; s < SLOTS; s++) {
    const pair = cells[at + SLOTS_AT + s] + cells[at + SLOTS_AT + ((s + 1) % SLOTS)];
    if (pair <= most) continue;
    most = pair;
    fullest = s;
  }
  values[value] = n;
  values[value + 1] = n === 0 ? 0 : Math.floor((most * 1000) / n);
  values[value + 2] = (fullest * SLOT_MS) / 1000;
  values[value + 3] = cells[at + 2];
}

function fade(cells: Int32Array, at: number): void {
  let n = 0;
  for (let s = 0; s < SLOTS; s++) {
    cells[at + SLOTS_AT + s] >>= 1;
    n += cells[at + SLOTS_AT + s];
  }
  cells[at + 1] = n;
}
