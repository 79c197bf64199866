/**
 * What everybody has already: a limit for each address. Its threshold is the middle of what such limits are set to
 * (nginx examples: 1 to 10 a second with a burst; CDN defaults: 100 to 2,000 in 1 to 5 minutes): two requests a second,
 * averaged over a minute. A lower one is passed by a single page with its assets.
 */
import { THROTTLE } from '../actions.ts';
import type { Verdicts } from '../holds.ts';
import type { TruthColumns } from '../truth.ts';

export const LIMIT_PER_MINUTE = 120;
const WINDOW_MS = 60_000;

/** Requests beyond `perMinute` of their address in the last 60 s, themselves and refused ones included. */
export function addressLimit(truth: TruthColumns, perMinute: number = LIMIT_PER_MINUTE): Verdicts {
  const level = new Uint8Array(truth.rows);
  const window = new SlidingWindow(truth.texts.address.length, truth.rows, WINDOW_MS);
  for (let row = 0; row < truth.rows; row++) {
    if (window.add(truth.address[row], row, truth.timeMs) > perMinute) level[row] = THROTTLE;
  }
  return { name: 'address-limit', level };
}

/** Counts the rows of each key in the time before now. Rows must come in order of time. */
export class SlidingWindow {
  private readonly widthMs: number;
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  private readonly count: Int32Array;
  /** Next row of the same key. */
  private readonly next: Int32Array;

  constructor(keys: number, rows: number, widthMs: number) {
    this.widthMs = widthMs;
    this.head = new Int32Array(keys).fill(-1);
    this.tail = new Int32Array(keys).fill(-1);
    this.count = new Int32Array(keys);
    this.next = new Int32Array(rows).fill(-1);
  }

  /** Adds a row and returns how many of its key lie within the window, this one included. */
  add(key: number, row: number, timeMs: Float64Array): number {
    if (this.count[key] === 0) this.head[key] = row;
    else this.next[this.tail[key]] = row;
    this.tail[key] = row;
    this.count[key]++;
    while (timeMs[this.head[key]] <= timeMs[row] - this.widthMs) {
      this.head[key] = this.next[this.head[key]];
      this.count[key]--;
    }
    return this.count[key];
  }

  /** Forgets what was counted for a key. */
  clear(key: number): void {
    this.count[key] = 0;
  }
}
