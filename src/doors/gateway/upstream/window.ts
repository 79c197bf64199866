/**
 * Two counters over the last stretch of time: all of something, and those of them that are marked. The stretch is cut
 * into slots; the oldest slot is forgotten as a whole, so that what is counted covers between n − 1 and n slots.
 */

/** Slots of a window. */
const SLOTS = 10;

export class SlidingWindow {
  private readonly slotMs: number;
  private readonly all = new Float64Array(SLOTS);
  private readonly marked = new Float64Array(SLOTS);
  private slot = 0;
  /** Sums over the slots, kept so that reading costs nothing. */
  total = 0;
  markedTotal = 0;

  /** `lengthMs` is the length of the stretch. */
  constructor(lengthMs: number) {
    this.slotMs = lengthMs / SLOTS;
  }

  /** Forgets what is too old at `now` (ms on a clock that never goes back; going back changes nothing). */
  advance(now: number): void {
    const slot = Math.floor(now / this.slotMs);
    const steps = Math.min(slot - this.slot, SLOTS);
    if (steps <= 0) return;
    for (let i = 1; i <= steps; i++) {
      const at = (slot - steps + i) % SLOTS;
      this.total -= this.all[at];
      this.markedTotal -= this.marked[at];
      this.all[at] = 0;
      this.marked[at] = 0;
    }
    this.slot = slot;
  }

  /** Counts one, marked or not, at `now`. */
  add(now: number, marked: boolean): void {
    this.advance(now);
    const at = this.slot % SLOTS;
    this.all[at]++;
    this.total++;
    if (!marked) return;
    this.marked[at]++;
    this.markedTotal++;
  }

  /** Marks one more at `now` without counting it anew. */
  mark(now: number): void {
    this.advance(now);
    this.marked[this.slot % SLOTS]++;
    this.markedTotal++;
  }

  clear(): void {
    this.all.fill(0);
    this.marked.fill(0);
    this.total = 0;
    this.markedTotal = 0;
  }
}
