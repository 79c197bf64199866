/**
 * When visits begin: inhomogeneous Poisson arrivals by thinning, that excite further ones (a Hawkes process); and
 * bursts.
 */
import { Heap } from '../core/heap.ts';
import type { Random } from '../core/random.ts';
import { meanIntensity } from './rhythm.ts';

/** An intensity over time with mean 1, and its largest value. */
export interface Intensity {
  readonly maximum: number;
  at(timeMs: number): number;
}

export interface Excitation {
  /** Arrivals that one arrival brings about on average, below 1. */
  readonly branching: number;
  /** Mean delay of those, in ms. */
  readonly delayMs: number;
}

/**
 * A Hawkes process with an exponential kernel, drawn lazily as the cluster process that it is: immigrants come by
 * thinning, and every arrival has a Poisson number of followers.
 *
 * @see Lewis & Shedler 1979 (thinning), Hawkes & Oakes 1974 (clusters)
 */
export class Arrivals {
  /** Whether the arrival returned last followed another one. */
  excited = false;
  private readonly intensity: Intensity;
  private readonly excitation: Excitation;
  private readonly random: Random;
  private readonly endMs: number;
  /** Mean ms between candidates at the largest intensity. */
  private readonly gapMs: number;
  private immigrant: number;
  private readonly followers = new Heap<null>();

  /** @param perDay arrivals a day, followers included, on average over the time from start to end */
  constructor(
    perDay: number,
    intensity: Intensity,
    excitation: Excitation,
    random: Random,
    startMs: number,
    endMs: number,
  ) {
    if (!(excitation.branching >= 0 && excitation.branching < 1)) throw new RangeError('branching lies in [0, 1)');
    this.intensity = intensity;
    this.excitation = excitation;
    this.random = random;
    this.endMs = endMs;
    const share = (1 - excitation.branching) / started(excitation, endMs - startMs);
    const immigrants = (perDay * share) / meanIntensity(intensity, startMs, endMs);
    this.gapMs = 86_400_000 / (immigrants * intensity.maximum);
    this.immigrant = this.thin(startMs);
  }

  /** The next arrival, Unix ms; Infinity after the last. */
  next(): number {
    this.excited = this.followers.minimum < this.immigrant;
    const timeMs = this.excited ? this.followers.minimum : this.immigrant;
    if (timeMs >= this.endMs) return Number.POSITIVE_INFINITY;
    if (this.excited) this.followers.pop();
    else this.immigrant = this.thin(timeMs);
    const { branching, delayMs } = this.excitation;
    if (branching > 0) {
      for (let n = this.random.poisson(branching); n > 0; n--) {
        this.followers.push(timeMs + this.random.exponential(delayMs), null);
      }
    }
    return timeMs;
  }

  private thin(fromMs: number): number {
    const { random, intensity } = this;
    if (!Number.isFinite(this.gapMs)) return Number.POSITIVE_INFINITY;
    for (let timeMs = fromMs; timeMs < this.endMs; ) {
      timeMs += random.exponential(this.gapMs);
      if (random.uniform() * intensity.maximum < intensity.at(timeMs)) return timeMs;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * What a process that begins with nothing reaches of its full rate, on average over a time: in a short world the
 * followers of those who came before it are missing.
 */
function started({ branching, delayMs }: Excitation, lengthMs: number): number {
  const relaxations = ((1 - branching) * lengthMs) / delayMs;
  return 1 - (branching * (1 - Math.exp(-relaxations))) / relaxations;
}

/** How a burst goes, from its moment on. */
export type Shape =
  /** Rises in minutes and falls off exponentially: a newsletter, an advertisement on television. */
  | 'spike'
  /** Gathers before the moment, jumps at it, and falls off: a sale that begins at noon. */
  | 'sale'
  /** Swells and ebbs over hours: a warning by mail that is read sooner or later. */
  | 'wave'
  /** Everybody within seconds, and a tail of those who wait longer and longer: machines that come back. */
  | 'stampede';

/** Ms after the moment of a burst at which one of its visits begins; negative for those who are early. */
export function drawOffset(shape: Shape, scaleMs: number, random: Random): number {
  switch (shape) {
    case 'spike':
      return random.uniform() * 0.08 * scaleMs + random.exponential(scaleMs / 2);
    case 'sale':
      return random.chance(0.25) ? -random.exponential(scaleMs / 6) : random.exponential(scaleMs / 3);
    case 'wave':
      return random.exponential(scaleMs / 4) + random.exponential(scaleMs / 2);
    case 'stampede':
      return random.chance(0.7) ? random.uniform() * 0.05 * scaleMs : random.exponential(scaleMs / 4);
  }
}

/** Start times of `n` visits of bursts at the given moments, sorted; only those within the world. */
export function burstTimes(
  n: number,
  moments: readonly number[],
  shape: Shape,
  scaleMs: number,
  random: Random,
  startMs: number,
  endMs: number,
): Float64Array {
  const times = new Float64Array(n);
  let kept = 0;
  for (let tries = 0; kept < n && tries < 4 * n; tries++) {
    const timeMs = random.pick(moments) + drawOffset(shape, scaleMs, random);
    if (timeMs >= startMs && timeMs < endMs) times[kept++] = timeMs;
  }
  return times.subarray(0, kept).sort();
}
