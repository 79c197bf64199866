/**
 * Generic cell rate algorithm (ITU-T I.371, as a virtual schedule): the theoretical arrival time moves on by one
 * emission interval per event; an event that comes earlier than the tolerance allows is over the limit. Detection counts
 * every arrival, admitted or not, but the schedule may not run further ahead than a few periods, so that an actor who
 * stops is soon within its limit again.
 * Cells: [theoretical arrival time, seconds, milliseconds].
 */
import { readTime, spanValue, type Work, writeTime } from './cells.ts';

export const RATE_CELLS = 2;

/** How many periods the schedule may run ahead at most. */
export const RATE_MAX_PERIODS_AHEAD = 4;

export function applyRate(w: Work, at: number, value: number, limit: number, periodMs: number, burst: number): void {
  const interval = periodMs / limit;
  const tolerance = burst * interval;
  const stored = readTime(w.cells, at);
  const tat = Math.min(
    Math.max(stored, w.nowMs) + (w.readOnly ? 0 : interval * w.weight),
    w.nowMs + tolerance + RATE_MAX_PERIODS_AHEAD * periodMs,
  );
  // The schedule keeps whole milliseconds; above 1,000 events a second the interval is rounded up to one.
  if (!w.readOnly) writeTime(w.cells, at, Math.ceil(tat));
  w.values[value] = spanValue(tat - w.nowMs - tolerance);
  w.values[value + 1] = limit;
}
