/**
 * What an adaptive attacker learns from answers: for each thing that he can choose (network, pace, dress, cover) a bandit
 * of its own, by Thompson sampling over Beta beliefs that fade, because defences change what they do.
 */
import type { Random } from '../core/random.ts';

export interface Arm {
  /** What it is worth if it passes, in parts of the best arm: fast and cheap is worth more than slow and dear. */
  readonly worth: number;
}

export class Bandit<T extends Arm> {
  readonly arms: readonly T[];
  private readonly passed: Float64Array;
  private readonly stopped: Float64Array;
  private readonly memory: number;

  /** `memory`: answers after which an observation still counts for 1/e. */
  constructor(arms: readonly T[], memory = 400) {
    this.arms = arms;
    this.passed = new Float64Array(arms.length).fill(1);
    this.stopped = new Float64Array(arms.length).fill(1);
    this.memory = memory;
  }

  /** Index of the arm to play now. */
  choose(random: Random): number {
    let best = 0;
    let most = -1;
    for (let i = 0; i < this.arms.length; i++) {
      const value = this.arms[i].worth * beta(this.passed[i], this.stopped[i], random);
      if (value > most) {
        most = value;
        best = i;
      }
    }
    return best;
  }

  /** An arm passed, in parts of 1: 1 served, 0 refused. */
  learn(arm: number, pass: number): void {
    const keep = Math.exp(-1 / this.memory);
    for (let i = 0; i < this.arms.length; i++) {
      this.passed[i] = 1 + (this.passed[i] - 1) * keep;
      this.stopped[i] = 1 + (this.stopped[i] - 1) * keep;
    }
    this.passed[arm] += pass;
    this.stopped[arm] += 1 - pass;
  }

  /** Believed chance that an arm passes. */
  belief(arm: number): number {
    return this.passed[arm] / (this.passed[arm] + this.stopped[arm]);
  }
}

/** Beta(a, b) for a, b ≥ 1 as a ratio of Gammas. */
function beta(a: number, b: number, random: Random): number {
  const x = gamma(a, random);
  return x / (x + gamma(b, random));
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), for shapes of 1 or more. */
function gamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
