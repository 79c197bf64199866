/** World time on a real clock, and a bucket of tokens that keeps a rate. Both are given the real time; ms throughout. */

export class WorldClock {
  private readonly startedMs: number;
  private readonly startMs: number;
  private readonly factor: number;

  constructor(startedMs: number, startMs: number, factor: number) {
    this.startedMs = startedMs;
    this.startMs = startMs;
    this.factor = factor;
  }

  world(realMs: number): number {
    return this.startMs + (realMs - this.startedMs) * this.factor;
  }

  real(worldMs: number): number {
    return this.startedMs + (worldMs - this.startMs) / this.factor;
  }
}

/** Bursts are a twentieth of a second long, so that the rate holds over any second. */
const BURST_SECONDS = 0.05;

export class Pace {
  private readonly perMs: number;
  private readonly depth: number;
  private tokens: number;
  private atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.perMs = perSecond / 1000;
    this.depth = Math.max(1, perSecond * BURST_SECONDS);
    this.tokens = this.depth;
    this.atMs = nowMs;
  }

  /** 0 if one may go now, and it is counted; otherwise in how many ms to ask again. */
  take(nowMs: number): number {
    this.tokens = Math.min(this.depth, this.tokens + Math.max(0, nowMs - this.atMs) * this.perMs);
    this.atMs = Math.max(this.atMs, nowMs);
    if (this.tokens >= 1) {
      this.tokens--;
      return 0;
    }
    return (1 - this.tokens) / this.perMs;
  }
}
