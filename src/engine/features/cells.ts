/**
 * What every feature works on: a record's cells (signed 32-bit integers in a flat page), the place of its own cells in
 * them, and the values it writes for judging. Features never allocate and never read a clock.
 */
import type { SketchPool } from './sketch-pool.ts';

/** A 32-bit cell cannot hold more: counters stop here instead of wrapping. */
export const CELL_MAX = 0x7fffffff;

/** Longest time span that fits in a value, about 24 days in milliseconds. */
export const SPAN_MAX_MS = 0x7fffffff;

/** What features share during one batch. One object, reused. */
export interface Work {
  /** Cells of the page that holds the current record. */
  cells: Int32Array;
  values: Int32Array;
  /** Time of the event in ms, and its whole seconds and rest. */
  nowMs: number;
  nowSec: number;
  nowRest: number;
  /** The subject of `distinct`, `last` and `top`; (0, 0) means absent and the feature leaves its cells alone. */
  subjectHi: number;
  subjectLo: number;
  /** Numeric object id for `steps`, −1 for none. */
  number: number;
  /** What the event counts as, for `count`, `rate` and `pace`. */
  weight: number;
  /** Amount of money in minor units for `mark`, −1 for none. */
  amount: number;
  /** Step for `path` (features/path.ts), 0 for none. */
  step: number;
  /** Whether the feature's `hit` condition holds, for `sprt` and `cusum`. */
  hit: boolean;
  /** True where the record is only read: values are written, cells are not. */
  readOnly: boolean;
  readonly pool: SketchPool;
}

/**
 * Milliseconds kept in two cells, seconds and rest, because a 32-bit cell holds only 24 days of milliseconds. Seconds are
 * read without a sign, or every memory would end in 2038; times before 1970 count as its first moment.
 */
export function readTime(cells: Int32Array, at: number): number {
  return (cells[at] >>> 0) * 1000 + cells[at + 1];
}

export function writeTime(cells: Int32Array, at: number, ms: number): void {
  if (ms < 0) ms = 0;
  const sec = Math.floor(ms / 1000);
  cells[at] = sec;
  cells[at + 1] = ms - sec * 1000;
}

/** `ms` as a value: whole and within a cell. */
export function spanValue(ms: number): number {
  return ms > SPAN_MAX_MS ? SPAN_MAX_MS : ms < -SPAN_MAX_MS ? -SPAN_MAX_MS : Math.round(ms);
}
