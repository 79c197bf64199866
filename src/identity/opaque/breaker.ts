/** Stops asking who does not answer: after failures in a row it waits, and then lets one question through to find out. */
export class Breaker {
  private readonly failures: number;
  private readonly openMs: number;
  private inARow = 0;
  private openUntilMs = 0;

  /** `failures` in a row open it for `openMs`. */
  constructor(failures: number, openMs: number) {
    this.failures = failures;
    this.openMs = openMs;
  }

  /** May somebody be asked now? Who is told yes says afterwards what came of it. */
  allows(nowMs: number): boolean {
    if (this.inARow < this.failures) return true;
    if (nowMs < this.openUntilMs) return false;
    // One question; the others go on being refused until it is known what came of it.
    this.openUntilMs = nowMs + this.openMs;
    return true;
  }

  succeeded(): void {
    this.inARow = 0;
  }

  failed(nowMs: number): void {
    this.inARow++;
    if (this.inARow >= this.failures) this.openUntilMs = nowMs + this.openMs;
  }
}
