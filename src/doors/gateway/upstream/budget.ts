/**
 * How many requests may be tried again: a share of those of the last ten seconds, and a few besides so that a quiet
 * group has some at all. Without a budget, retries double the load on servers just when they cannot bear it.
 */
import type { GroupSettings } from './settings.ts';
import { SlidingWindow } from './window.ts';

/** Stretch of time that is looked at, in ms. */
export const BUDGET_WINDOW_MS = 10_000;

export class RetryBudget {
  private readonly window = new SlidingWindow(BUDGET_WINDOW_MS);
  private readonly share: number;
  private readonly least: number;

  constructor(settings: GroupSettings['retries']) {
    this.share = settings.percent / 100;
    this.least = (settings.minPerSecond * BUDGET_WINDOW_MS) / 1000;
  }

  /** A request has come. */
  request(now: number): void {
    this.window.add(now, false);
  }

  /** Takes one retry out of the budget; false where there is none left. */
  take(now: number): boolean {
    const window = this.window;
    window.advance(now);
    if (window.markedTotal + 1 > window.total * this.share + this.least) return false;
    window.mark(now);
    return true;
  }
}
