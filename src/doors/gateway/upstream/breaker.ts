/**
 * Circuit breaker of a group: closed, open, half open (Nygard, "Release It!"). Half open lets a share of requests through
 * and no others; which ones is counted, not drawn, so that the same traffic is treated in the same way every time.
 */
import type { GroupSettings } from './settings.ts';
import { SlidingWindow } from './window.ts';

/** Probes that must go well, in a row, before the breaker closes. */
const PROBES_TO_CLOSE = 3;

/** Where so little comes that the share is less, one request in this time is let through, in ms. */
const PROBE_EVERY_MS = 1_000;

export type BreakerState = 'closed' | 'open' | 'half open';

export class Breaker {
  private readonly settings: GroupSettings['breaker'];
  private readonly window: SlidingWindow;
  private state: BreakerState = 'closed';
  private openUntil = 0;
  /** Hundredths of a request that may go through; 100 is one. */
  private credit = 0;
  private lastProbe = 0;
  private goodProbes = 0;

  constructor(settings: GroupSettings['breaker']) {
    this.settings = settings;
    this.window = new SlidingWindow(settings.windowMs);
  }

  /** May a request go on at `now`? 0: yes; else the time in ms after which asking again makes sense. */
  admit(now: number): number {
    if (this.state === 'closed') return 0;
    if (this.state === 'open') {
      if (now < this.openUntil) return this.openUntil - now;
      this.state = 'half open';
      this.goodProbes = 0;
      this.credit = 100 - this.settings.probePercent;
    }
    this.credit += this.settings.probePercent;
    if (this.credit < 100 && now - this.lastProbe < PROBE_EVERY_MS) return PROBE_EVERY_MS;
    this.credit = Math.max(0, this.credit - 100);
    this.lastProbe = now;
    return 0;
  }

  /** One try has ended: well, or by a fault of the servers. What clients did themselves is not told here. */
  record(now: number, failed: boolean): void {
    if (!this.settings.enabled) return;
    if (this.state === 'half open') {
      if (failed) this.open(now);
      else if (++this.goodProbes >= PROBES_TO_CLOSE) this.close();
      return;
    }
    if (this.state === 'open') return;
    const window = this.window;
    window.add(now, failed);
    if (!failed || window.total < this.settings.minRequests) return;
    if (window.markedTotal * 100 >= window.total * this.settings.failurePercent) this.open(now);
  }

  /** As an operator would name it at `now`. */
  stateAt(now: number): BreakerState {
    return this.state === 'open' && now >= this.openUntil ? 'half open' : this.state;
  }

  private open(now: number): void {
    this.state = 'open';
    this.openUntil = now + this.settings.openMs;
    this.window.clear();
  }

  private close(): void {
    this.state = 'closed';
    this.window.clear();
  }
}
