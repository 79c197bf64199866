/**
 * What scoring leaves out when computing or memory is short, in the declared order: 1 bodies and content rules, 2 statistics
 * of responses, 3 counters. At 3 only the allowlist and standing mitigations are left. Levels go up and down one at a
 * time, up after a short while and down after a long one, so that they do not flap.
 */

export type DegradationLevel = 0 | 1 | 2 | 3;
export type StepReason = 'lag' | 'memory' | 'recovered';

/** How loaded the process is, at the end of an interval. */
export interface LoadState {
  /** On a monotonic clock, in ms. */
  readonly atMs: number;
  /** Delay of the event loop as a multiple of what starts level 1; level 2 starts at 2, level 3 at 4. */
  readonly lag: number;
  /** Resident memory as a share of what this process may hold; 0 where that is unknown. */
  readonly memory: number;
}

export type StepListener = (level: DegradationLevel, reason: StepReason, load: LoadState) => void;

/** How long a higher level has to be wanted without a break, and a lower one, in ms. */
const RISE_MS = 300;
const FALL_MS = 5000;
/** A level is left when the load is below this share of where it began. */
const LEAVE_AT = 0.6;
const LEAVE_MEMORY_AT = 0.95;
/** Shares of the memory at which each level is wanted. */
const MEMORY_STEPS = [0, 0.85, 0.93, 1] as const;

export class Degradation {
  level: DegradationLevel = 0;
  /** Steps up taken so far. */
  steps = 0;
  private readonly onStep: StepListener | undefined;
  private risingSinceMs = Number.NaN;
  private fallingSinceMs = Number.NaN;

  /** `onStep` is called for every step: for the journal and the metrics. */
  constructor(onStep?: StepListener) {
    this.onStep = onStep;
  }

  sample(load: LoadState): void {
    const { level } = this;
    const lag = level < 3 && load.lag >= lagAt(level + 1);
    if (lag || (level < 3 && load.memory >= MEMORY_STEPS[level + 1])) {
      this.fallingSinceMs = Number.NaN;
      if (Number.isNaN(this.risingSinceMs)) this.risingSinceMs = load.atMs;
      if (load.atMs - this.risingSinceMs >= RISE_MS) this.step(1, lag ? 'lag' : 'memory', load);
      return;
    }
    this.risingSinceMs = Number.NaN;
    const calm = load.lag < lagAt(level) * LEAVE_AT && load.memory < MEMORY_STEPS[level] * LEAVE_MEMORY_AT;
    if (level === 0 || !calm) {
      this.fallingSinceMs = Number.NaN;
      return;
    }
    if (Number.isNaN(this.fallingSinceMs)) this.fallingSinceMs = load.atMs;
    if (load.atMs - this.fallingSinceMs >= FALL_MS) this.step(-1, 'recovered', load);
  }

  private step(by: 1 | -1, reason: StepReason, load: LoadState): void {
    this.level = (this.level + by) as DegradationLevel;
    if (by > 0) this.steps++;
    this.risingSinceMs = Number.NaN;
    this.fallingSinceMs = Number.NaN;
    this.onStep?.(this.level, reason, load);
  }
}

function lagAt(level: number): number {
  return 2 ** (level - 1);
}
