/** One-time values: each may be used once until it expires anyway. Bounded; where there is no room nothing is accepted. */

/** Values that wait for their end at once. */
export const MAX_NONCES = 200_000;
const SWEEP_MS = 10_000;

export class Nonces {
  private readonly used = new Map<string, number>();
  private sweptMs = 0;

  /** Uses a value up; false where it was used before, has expired, or nothing more can be remembered. */
  spend(nonce: string, untilMs: number, nowMs: number): boolean {
    if (untilMs <= nowMs || this.used.has(nonce)) return false;
    if (nowMs - this.sweptMs > SWEEP_MS || this.used.size >= MAX_NONCES) this.sweep(nowMs);
    if (this.used.size >= MAX_NONCES) return false;
    this.used.set(nonce, untilMs);
    return true;
  }

  private sweep(nowMs: number): void {
    this.sweptMs = nowMs;
    for (const [nonce, until] of this.used) if (until <= nowMs) this.used.delete(nonce);
  }
}
