/**
 * What an actor does an hour, against its own past: an average for each hour of the week that is renewed with every week,
 * and Page's cumulative sum of how far hours went beyond it. What goes into the averages is held within twice what was
 * usual, so that nobody teaches a new pace in an hour.
 * Cells: [hour number, its sum so far, mean of hours, mean deviation, cumulative sum, hours known, peak, 84 × two hours].
 */
import { CELL_MAX, type Work } from './cells.ts';
import { HOURS_OF_WEEK, hourOfWeek } from './cusum.ts';

const WEEK_AT = 7;
/** Cell of the cumulative sum: what an undo starts anew. */
export const PACE_SUM = 4;
export const PACE_CELLS = WEEK_AT + HOURS_OF_WEEK / 2;

const HOUR_MS = 3_600_000;
/** Hours that a mean remembers. */
const MEMORY = 168;
/** Hours before anything is usual. */
export const PACE_SETTLED = 24;
/** Means and deviations are kept in sixteenths, so that small ones move. */
const PLACES = 16;
/** Most that one hour adds to the cumulative sum, what it has to exceed, and where the sum ends: thousandths of a deviation. */
const STEP_MAX = 8000;
const ALLOWANCE = 500;
const SUM_MAX = 100_000;
/** Sums beyond this are kept as this. */
const HOUR_MAX = 100_000_000;

/** A number in 16 bits: 11 of digits and 5 of magnitude, 0 for "never seen". Errs by less than 0.1 %. */
function pack(n: number): number {
  let digits = n + 1;
  let magnitude = 0;
  while (digits > 2047) {
    digits >>= 1;
    magnitude++;
  }
  return (magnitude << 11) | digits;
}
const unpack = (code: number): number => (code & 2047) * (1 << (code >> 11)) - 1;

/** What is usual at an hour of the week; −1 where that hour never came. */
function usualAt(cells: Int32Array, at: number, hour: number): number {
  const code = (cells[at + WEEK_AT + (hour >> 1)] >>> ((hour & 1) << 4)) & 0xffff;
  return code === 0 ? -1 : unpack(code);
}

function setUsual(cells: Int32Array, at: number, hour: number, n: number): void {
  const shift = (hour & 1) << 4;
  const cell = at + WEEK_AT + (hour >> 1);
  cells[cell] = (cells[cell] & ~(0xffff << shift)) | (pack(n) << shift);
}

/** How far `sum` is beyond what is usual, in thousandths of the usual deviation. */
function excess(cells: Int32Array, at: number, sum: number, usual: number): number {
  const deviation = Math.max(cells[at + 3], Math.floor(cells[at + 2] / 4), PLACES);
  const beyond = Math.floor(((sum - usual) * PLACES * 1000) / deviation) - ALLOWANCE;
  return beyond > STEP_MAX ? STEP_MAX : beyond;
}

function close(cells: Int32Array, at: number, hour: number, sum: number): void {
  const hours = cells[at + 5];
  const own = usualAt(cells, at, hour);
  const mean = Math.floor(cells[at + 2] / PLACES);
  const usual = own >= 0 ? own : mean;
  const settled = hours >= PACE_SETTLED;
  if (settled)
    cells[at + PACE_SUM] = Math.min(SUM_MAX, Math.max(0, cells[at + PACE_SUM] + excess(cells, at, sum, usual)));
  const kept = settled ? Math.min(sum, Math.max(usual, mean) * 2 + 1) : sum;
  const weight = Math.min(hours + 1, MEMORY);
  cells[at + 3] += Math.trunc((Math.abs(kept - usual) * PLACES - cells[at + 3]) / weight);
  cells[at + 2] += Math.trunc((kept * PLACES - cells[at + 2]) / weight);
  setUsual(cells, at, hour, own < 0 ? kept : own + Math.trunc((kept - own) / 4));
  cells[at + 6] = Math.max(kept, cells[at + 6] - (cells[at + 6] >> 8));
  if (hours < CELL_MAX) cells[at + 5] = hours + 1;
}

/** Closes the hours that have passed: those without anything count as 0, for a week at most. */
function moveOn(cells: Int32Array, at: number, hour: number): void {
  const stored = cells[at];
  if (stored !== 0) {
    close(cells, at, hourOfWeek(stored * HOUR_MS), cells[at + 1]);
    const idle = Math.min(hour - stored - 1, HOURS_OF_WEEK);
    for (let i = idle; i >= 1; i--) close(cells, at, hourOfWeek((hour - i) * HOUR_MS), 0);
  }
  cells[at] = hour;
  cells[at + 1] = 0;
}

export function applyPace(w: Work, at: number, value: number, weight: number): void {
  const { cells, values } = w;
  const hour = Math.max(1, Math.floor(w.nowMs / HOUR_MS));
  if (!w.readOnly) {
    if (hour > cells[at]) moveOn(cells, at, hour);
    cells[at + 1] = Math.min(HOUR_MAX, cells[at + 1] + weight);
  }
  const sum = hour > cells[at] ? 0 : cells[at + 1];
  const ofWeek = hourOfWeek(hour * HOUR_MS);
  const own = usualAt(cells, at, ofWeek);
  const mean = Math.floor(cells[at + 2] / PLACES);
  const usual = own >= 0 ? own : mean;
  const hours = cells[at + 5];
  const running = hours < PACE_SETTLED ? 0 : Math.max(0, excess(cells, at, sum, usual));
  values[value] = sum;
  values[value + 1] = usual;
  values[value + 2] = own >= 0 ? 1 : 0;
  values[value + 3] = hours;
  values[value + 4] = Math.min(SUM_MAX, cells[at + PACE_SUM] + running);
  values[value + 5] = cells[at + 6];
}
