/**
 * Distinct values in a tumbling window: three hashes in the record, more in a slot of the pool (sketch-pool.ts).
 * Cells: [window number, n (in place) or −1 − slot (in the pool) , hash or generation, hash, hash].
 * When the pool takes the slot away, the count stands still for the rest of the window: −1 − slot with a generation
 * that no longer matches reads as the in-place maximum plus one.
 */
import { mix32 } from '../../lib/hash.ts';
import type { Work } from './cells.ts';

export const DISTINCT_CELLS = 5;
const IN_PLACE = 3;

export function applyDistinct(w: Work, at: number, value: number, windowMs: number): void {
  const { cells, values, pool } = w;
  const window = Math.floor(w.nowMs / windowMs);
  if (window > cells[at] >>> 0) {
    if (w.readOnly) {
      values[value] = 0;
      values[value + 1] = 0;
      return;
    }
    releaseDistinct(w, at);
    cells[at] = window;
  }
  const state = cells[at + 1];
  const hash = w.subjectHi ^ mix32(w.subjectLo);
  values[value + 1] = 0;
  if (w.readOnly || (w.subjectLo === 0 && w.subjectHi === 0)) {
    values[value] = state >= 0 ? state : slotCount(w, at, -1 - state);
    return;
  }
  if (state < 0) {
    const slot = -1 - state;
    if (pool.generations[slot] === cells[at + 2]) values[value + 1] = pool.add(slot, hash);
    values[value] = slotCount(w, at, slot);
    return;
  }
  for (let i = 0; i < state; i++) {
    if (cells[at + 2 + i] === hash) {
      values[value] = state;
      return;
    }
  }
  values[value] = state + 1;
  values[value + 1] = 1;
  if (state < IN_PLACE) {
    cells[at + 2 + state] = hash;
    cells[at + 1] = state + 1;
  } else spill(w, at, hash, (window + 1) * windowMs);
}

function spill(w: Work, at: number, hash: number, expiresMs: number): void {
  const { cells, pool } = w;
  const slot = pool.take(w.nowMs, expiresMs);
  for (let i = 0; i < IN_PLACE; i++) pool.add(slot, cells[at + 2 + i]);
  pool.add(slot, hash);
  cells[at + 1] = -1 - slot;
  cells[at + 2] = pool.generations[slot];
}

function slotCount(w: Work, at: number, slot: number): number {
  return w.pool.generations[slot] === w.cells[at + 2] ? w.pool.counts[slot] : IN_PLACE + 1;
}

/** Gives back what the cells hold in the pool and empties them: at the end of a window, or of the record. */
export function releaseDistinct(w: { cells: Int32Array; pool: Work['pool'] }, at: number): void {
  const state = w.cells[at + 1];
  if (state < 0) w.pool.release(-1 - state, w.cells[at + 2]);
  w.cells[at + 1] = 0;
  w.cells[at + 2] = 0;
  w.cells[at + 3] = 0;
  w.cells[at + 4] = 0;
}
