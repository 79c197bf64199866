/**
 * Heavy hitters of a population: Space-Saving (Metwally et al. 2005) with k = 1,024 counters behind a Count-Min sketch
 * (Cormode & Muthukrishnan 2005). A value gets a counter only when the sketch says that it has come as often as the
 * smallest counter, so a flood of values that come once each cannot push out those that matter.
 *
 * Shares are kept per window. At its end each counter's share flows into its usual share with weight 1/4, so that what
 * is usual drifts and never jumps, and counting starts again.
 */
import { mix32 } from '../../lib/hash.ts';

export const TOP_COUNTERS = 1024;
const TABLE_SIZE = TOP_COUNTERS * 4;
const SKETCH_WIDTH = 4096;
const SKETCH_ROWS = 4;
/** Makes the rows of the sketch independent, also for keys of which one lane is 0 (addresses, routes, systems). */
const ROW_SALT = Int32Array.from({ length: SKETCH_ROWS }, (_, row) => mix32(row + 1));
/** Usual share of a value that was never seen in a finished window, in permille. */
const USUAL_FLOOR = 1;
/** A window with fewer events than this says nothing of what is usual: nights of small sites. */
const MIN_WINDOW = 200;

export class TopTable {
  private readonly hi = new Int32Array(TOP_COUNTERS);
  private readonly lo = new Int32Array(TOP_COUNTERS);
  private readonly counts = new Int32Array(TOP_COUNTERS);
  private readonly usual = new Int32Array(TOP_COUNTERS);
  private readonly table = new Int32Array(TABLE_SIZE);
  private readonly sketch = new Int32Array(SKETCH_WIDTH * SKETCH_ROWS);
  private used = 0;
  private total = 0;
  private window = 0;
  /** Finished windows: before the first one nothing is usual. */
  private finished = 0;
  private minCount = 0;
  private minHand = 0;

  /** Counts one event of a value and writes [share ‰, usual share ‰, n, total] to `values`. */
  apply(values: Int32Array, at: number, hi: number, lo: number, nowMs: number, windowMs: number): void {
    const window = Math.floor(nowMs / windowMs);
    if (window > this.window) this.roll(window);
    this.total++;
    let slot = this.find(hi, lo);
    if (slot < 0) slot = this.admit(hi, lo);
    else this.counts[slot]++;
    const n = slot < 0 ? 0 : this.counts[slot];
    values[at] = Math.floor((n * 1000) / this.total);
    values[at + 1] = this.finished === 0 || slot < 0 ? -1 : Math.max(USUAL_FLOOR, this.usual[slot]);
    values[at + 2] = n;
    values[at + 3] = this.total;
  }

  private find(hi: number, lo: number): number {
    let i = mix32(hi ^ lo) & (TABLE_SIZE - 1);
    while (this.table[i] !== 0) {
      const slot = this.table[i] - 1;
      if (this.hi[slot] === hi && this.lo[slot] === lo) return slot;
      i = (i + 1) & (TABLE_SIZE - 1);
    }
    return -1;
  }

  private admit(hi: number, lo: number): number {
    const estimate = this.sketchAdd(hi, lo);
    if (this.used < TOP_COUNTERS) return this.place(this.used++, hi, lo, 1, 0);
    if (estimate <= this.minCount) return -1;
    const victim = this.smallest();
    if (estimate <= this.counts[victim]) return -1;
    this.remove(victim);
    return this.place(victim, hi, lo, estimate, 0);
  }

  private place(slot: number, hi: number, lo: number, n: number, usual: number): number {
    this.hi[slot] = hi;
    this.lo[slot] = lo;
    this.counts[slot] = n;
    this.usual[slot] = usual;
    let i = mix32(hi ^ lo) & (TABLE_SIZE - 1);
    while (this.table[i] !== 0) i = (i + 1) & (TABLE_SIZE - 1);
    this.table[i] = slot + 1;
    return slot;
  }

  /** A counter with the smallest count. The hand goes round once before the smallest count is looked for anew. */
  private smallest(): number {
    for (; this.minHand < TOP_COUNTERS; this.minHand++)
      if (this.counts[this.minHand] <= this.minCount) return this.minHand;
    let min = this.counts[0];
    let at = 0;
    for (let i = 1; i < TOP_COUNTERS; i++)
      if (this.counts[i] < min) {
        min = this.counts[i];
        at = i;
      }
    this.minCount = min;
    this.minHand = at;
    return at;
  }

  private remove(slot: number): void {
    let i = mix32(this.hi[slot] ^ this.lo[slot]) & (TABLE_SIZE - 1);
    while (this.table[i] !== slot + 1) i = (i + 1) & (TABLE_SIZE - 1);
    // Backward-shift deletion keeps every probe sequence whole without tombstones.
    let hole = i;
    let j = i;
    for (;;) {
      j = (j + 1) & (TABLE_SIZE - 1);
      const other = this.table[j] - 1;
      if (other < 0) break;
      const home = mix32(this.hi[other] ^ this.lo[other]) & (TABLE_SIZE - 1);
      if (((j - home) & (TABLE_SIZE - 1)) >= ((j - hole) & (TABLE_SIZE - 1))) {
        this.table[hole] = this.table[j];
        hole = j;
      }
    }
    this.table[hole] = 0;
  }

  private sketchAdd(hi: number, lo: number): number {
    let least = 0x7fffffff;
    for (let row = 0; row < SKETCH_ROWS; row++) {
      const i = row * SKETCH_WIDTH + (mix32(lo ^ Math.imul(hi, 0x9e3779b1) ^ ROW_SALT[row]) & (SKETCH_WIDTH - 1));
      const n = ++this.sketch[i];
      if (n < least) least = n;
    }
    return least;
  }

  private roll(window: number): void {
    if (this.total < MIN_WINDOW) this.counts.fill(0);
    else {
      for (let i = 0; i < this.used; i++) {
        const share = Math.floor((this.counts[i] * 1000) / this.total);
        // The first finished window is taken as usual; afterwards it moves by a quarter of the difference.
        this.usual[i] = this.finished === 0 ? share : this.usual[i] + Math.trunc((share - this.usual[i]) / 4);
        this.counts[i] = 0;
      }
      this.finished++;
    }
    this.sortByUsual();
    this.sketch.fill(0);
    this.total = 0;
    this.minCount = 0;
    this.minHand = 0;
    this.window = window;
  }

  /**
   * Victims are looked for from the first slot on, and in a new window all counts are 0: what is usual stands last, so
   * that passing values at the start of a window do not push it out before it has come again.
   */
  private sortByUsual(): void {
    const [hi, lo, usual] = [this.hi.slice(), this.lo.slice(), this.usual.slice()];
    const order = Array.from({ length: this.used }, (_, i) => i).sort((a, b) => usual[a] - usual[b] || a - b);
    this.table.fill(0);
    order.forEach((from, to) => {
      this.place(to, hi[from], lo[from], 0, usual[from]);
    });
  }

  snapshot(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this));
  }

  restore(s: Record<string, unknown>): void {
    for (const name of ['hi', 'lo', 'counts', 'usual', 'table', 'sketch'] as const)
      this[name].set(s[name] as Int32Array);
    this.used = s.used as number;
    this.total = s.total as number;
    this.window = s.window as number;
    this.finished = s.finished as number;
    this.minCount = s.minCount as number;
    this.minHand = s.minHand as number;
  }
}
