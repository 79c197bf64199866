/**
 * Page's cumulative sum (Page 1954) of log-likelihood ratios for a change in a population's rate of hits, against the
 * rate that is usual at this hour of the week. It never falls below 0, so it notices a change soon after it starts.
 * Cells: [sum in millinats, observations, hits since the sum last stood at 0].
 */
import { CELL_MAX, type Work } from './cells.ts';

export const CUSUM_CELLS = 3;

const HOUR_MS = 3_600_000;
/** Unix time 0 was a Thursday; the week of the baseline starts on Monday 00:00 UTC. */
const MONDAY_OFFSET_HOURS = 72;
export const HOURS_OF_WEEK = 168;

/** Hour of the week of a Unix time in ms, 0 = Monday 00:00 UTC. */
export function hourOfWeek(ms: number): number {
  const hour = (Math.floor(ms / HOUR_MS) + MONDAY_OFFSET_HOURS) % HOURS_OF_WEEK;
  return hour < 0 ? hour + HOURS_OF_WEEK : hour;
}

/** Weights by hour of week; a table of length one holds for every hour. */
export interface CusumTable {
  readonly hit: Int32Array;
  readonly miss: Int32Array;
  readonly p0Permille: Int32Array;
}

export function applyCusum(w: Work, at: number, value: number, table: CusumTable, ceiling: number): void {
  const { cells, values } = w;
  const hour = table.hit.length === 1 ? 0 : hourOfWeek(w.nowMs);
  let sum = cells[at];
  let n = cells[at + 1];
  let hits = cells[at + 2];
  if (!w.readOnly) {
    sum += w.hit ? table.hit[hour] : table.miss[hour];
    if (n < CELL_MAX) n++;
    if (w.hit && hits < CELL_MAX) hits++;
    if (sum <= 0) {
      sum = 0;
      n = 0;
      hits = 0;
    } else if (sum > ceiling) sum = ceiling;
    cells[at] = sum;
    cells[at + 1] = n;
    cells[at + 2] = hits;
  }
  values[value] = sum;
  values[value + 1] = n;
  values[value + 2] = hits;
  values[value + 3] = table.p0Permille[hour];
}
