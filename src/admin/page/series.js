/** From ticks to what the chart draws. Pure functions; times are Unix seconds. */

/** Least seconds on the time axis: with fewer, the first requests would fill the whole width. */
export const LEAST_SPAN = 90;

/**
 * The seconds that are shown, both included. The axis begins with what is known and grows up to `span`, so that the first
 * minute is not a sliver at the right edge.
 */
export function windowOf(firstSec, lastSec, span) {
  const length = Math.min(span, Math.max(LEAST_SPAN, lastSec - firstSec + 1));
  return { from: lastSec - length + 1, to: lastSec };
}

/** Ticks of every second of a window, null where none was told. */
export function secondsOf(ticks, { from, to }) {
  return Array.from({ length: to - from + 1 }, (_, i) => ticks.get(from + i) ?? null);
}

/**
 * What got through and what was tried, added up second by second. The sum begins with everything known before the
 * window, so that the curve stays where it is while the window moves on.
 */
export function addedUp(ticks, { from, to }) {
  let served = 0;
  let tried = 0;
  for (const [sec, tick] of ticks) {
    if (sec >= from) continue;
    served += tick.abusive_served;
    tried += tick.abusive_served + tick.abusive_held;
  }
  const sums = { served: [], tried: [] };
  for (let sec = from; sec <= to; sec++) {
    const tick = ticks.get(sec);
    served += tick?.abusive_served ?? 0;
    tried += (tick?.abusive_served ?? 0) + (tick?.abusive_held ?? 0);
    sums.served.push(served);
    sums.tried.push(tried);
  }
  return sums;
}

/** The smallest of 1, 2, 3, 4, 6, 8 × 10ⁿ, from 4 on, that is not below `n`: half of it is a whole number. */
export function niceCeiling(n) {
  for (let unit = 1; ; unit *= 10) {
    for (const factor of [1, 2, 3, 4, 6, 8]) if (factor * unit >= n && factor * unit >= 4) return factor * unit;
  }
}

const short = (n) => n.toFixed(1).replace(/\.0$/, '');

/** An area of steps between two heights a second, as a path in a box of width × height whose top stands for `top`. */
export function steps(lower, upper, top, width, height) {
  const n = upper.length;
  const y = (value) => short(height - (Math.min(value, top) / top) * height);
  const x = (i) => short((i / n) * width);
  let path = '';
  let open = false;
  let back = '';
  const close = () => {
    if (open) path += `${back}Z`;
    open = false;
  };
  for (let i = 0; i < n; i++) {
    if (upper[i] <= lower[i]) {
      close();
      continue;
    }
    path += open ? `V${y(upper[i])}H${x(i + 1)}` : `M${x(i)} ${y(lower[i])}V${y(upper[i])}H${x(i + 1)}`;
    // The way back runs along the lower edge, from right to left.
    back = open ? `V${y(lower[i])}H${x(i)}${back}` : `V${y(lower[i])}H${x(i)}`;
    open = true;
  }
  close();
  return path;
}

/** A line through the values, as a path; it may leave the box at the top. */
export function line(values, top, width, height) {
  const n = values.length;
  return values
    .map(
      (value, i) => `${i === 0 ? 'M' : 'L'}${short(((i + 1) / n) * width)} ${short(height - (value / top) * height)}`,
    )
    .join('');
}
