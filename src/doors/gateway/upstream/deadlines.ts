/**
 * One timer for all exchanges that are under way. A timer each would be exact to the millisecond and cost more than the
 * rest of the bookkeeping; deadlines of seconds do not need that.
 */

/** How often is looked, in ms: deadlines come up to this much late. */
export const SWEEP_MS = 50;

/** Something with a deadline. The list is kept in these fields. */
export interface Timed {
  before: Timed | null;
  after: Timed | null;
  /** Called at every sweep; may take itself out of the list. `now` is in ms. */
  tick(now: number): void;
}

export class Deadlines {
  private first: Timed | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly now: () => number;
  size = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  add(item: Timed): void {
    item.before = null;
    item.after = this.first;
    if (this.first) this.first.before = item;
    this.first = item;
    this.size++;
    if (this.timer) return;
    this.timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.timer.unref();
  }

  /** Takes an item out that is in the list. */
  remove(item: Timed): void {
    if (item.before) item.before.after = item.after;
    else this.first = item.after;
    if (item.after) item.after.before = item.before;
    item.before = null;
    item.after = null;
    this.size--;
  }

  sweep(): void {
    const now = this.now();
    let item = this.first;
    while (item) {
      const after: Timed | null = item.after;
      item.tick(now);
      item = after;
    }
    if (this.size === 0 && this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }
}
