/** One-time values: each may be used once until it expires anyway. Bounded; where there is no room nothing is accepted. */
import type { Spent } from './verdict.ts';

/** Values that wait for their end at once, unless more are asked for. */
export const MAX_NONCES = 200_000;
const SWEEP_MS = 10_000;

export class Nonces {
  private readonly used = new Map<string, number>();
  private readonly most: number;
  private sweptMs = 0;

  /** `most`: values remembered at once. */
  constructor(most = MAX_NONCES) {
    this.most = most;
  }

  /** Uses a value up. One whose end has come counts as used before. */
  spend(nonce: string, untilMs: number, nowMs: number): Spent {
    if (untilMs <= nowMs) return 'seen';
    const until = this.used.get(nonce);
    if (until !== undefined && until > nowMs) return 'seen';
    if (nowMs - this.sweptMs > SWEEP_MS || this.used.size >= this.most) this.sweep(nowMs);
    if (this.used.size >= this.most) return 'full';
    this.used.set(nonce, untilMs);
    return 'first';
  }

  private sweep(nowMs: number): void {
    // Where it is full of what has not ended, looking through all of it with each request would take too long.
    if (this.used.size >= this.most && nowMs - this.sweptMs < FULL_SWEEP_MS) return;
    this.sweptMs = nowMs;
    for (const [nonce, until] of this.used) if (until <= nowMs) this.used.delete(nonce);
  }
}

/** Shortest time between two searches while there is no room. */
const FULL_SWEEP_MS = 1000;
