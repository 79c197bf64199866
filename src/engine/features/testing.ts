/** Work on one record, for the tests of features. Not part of the package. */
import type { Work } from './cells.ts';
import { SketchPool } from './sketch-pool.ts';

export interface Bench {
  readonly w: Work;
  /** Sets the time of the next event, in ms. */
  at(nowMs: number): Work;
  /** The cells of the record, for comparisons. */
  cells(): number[];
}

/** A record of `size` cells that stands at cell 3 of its page: features must not assume that it starts at 0. */
export function bench(size: number, poolSlots = 64): Bench {
  const w: Work = {
    cells: new Int32Array(size + 6),
    values: new Int32Array(8),
    nowMs: 0,
    nowSec: 0,
    nowRest: 0,
    subjectHi: 0,
    subjectLo: 0,
    number: -1,
    weight: 1,
    amount: -1,
    step: 0,
    hit: false,
    readOnly: false,
    pool: new SketchPool(poolSlots),
  };
  w.cells.fill(-77, 0, 3);
  w.cells.fill(-77, size + 3);
  return {
    w,
    at(nowMs) {
      w.nowMs = nowMs;
      w.nowSec = Math.floor(nowMs / 1000);
      w.nowRest = nowMs - w.nowSec * 1000;
      return w;
    },
    cells: () => Array.from(w.cells.subarray(3, size + 3)),
  };
}

/** First cell of the record. */
export const AT = 3;

/** True where a feature wrote outside of its own cells. */
export function spilled({ w }: Bench): boolean {
  return [...w.cells.subarray(0, AT), ...w.cells.subarray(-3)].some((c) => c !== -77);
}

/** 2024-03-04 00:00 UTC, a Monday. */
export const MONDAY = 1_709_510_400_000;
/** 2038-01-19 03:14:08 UTC: one second more than a signed 32-bit count of them holds. */
export const AFTER_2038 = 2_147_483_648_000;
/** Starts from which every time-dependent feature must behave alike: near the epoch, today, around and after 2038. */
export const STARTS = [1_000_000, MONDAY, AFTER_2038 - 5000, AFTER_2038 + 86_400_000 * 365];
