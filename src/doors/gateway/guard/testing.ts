/** A service with a queue in front of it, and load that is played: for tests of limits and of shedding. */
import type { LoadSample, LoadSource } from './load.ts';

/** A source of load that a test plays. */
export function playedLoad(): LoadSource & { play(sample: LoadSample): void } {
  let listener: (sample: LoadSample) => void = () => {};
  return {
    start(to) {
      listener = to;
    },
    stop() {
      listener = () => {};
    },
    play: (sample) => listener(sample),
  };
}

/** Uniform numbers in [0, 1) from a seed (a linear congruential generator: enough for arrivals). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Simulated {
  /** Requests at once that the service works on. */
  capacity: number;
  /** Mean time of work on one, in ms; exponential. */
  serviceMs: number;
  /** Arrivals per second. */
  perSecond: number;
}

/** What comes to the service asks `enter` first; null is a refusal. */
export type Enter = (nowMs: number) => ((latencyMs: number) => void) | null;

/** Poisson arrivals to `capacity` servers with one queue. Calls can change `world` between two runs. */
export class Simulation {
  nowMs = 1_000_000;
  admitted = 0;
  refused = 0;
  latencySumMs = 0;
  completed = 0;
  readonly world: Simulated;
  private readonly enter: Enter;
  private readonly random: () => number;
  /** Ends of what is being worked on, and what waits. */
  private readonly busy: { endMs: number; startMs: number; leave: (latencyMs: number) => void }[] = [];
  private readonly queue: { startMs: number; leave: (latencyMs: number) => void }[] = [];
  private nextMs = 1_000_000;

  constructor(world: Simulated, enter: Enter, seed = 1) {
    this.world = world;
    this.enter = enter;
    this.random = uniform(seed);
  }

  /** Goes on for so many seconds, with figures from nothing. */
  run(seconds: number): { admitted: number; refused: number; meanMs: number; perSecond: number } {
    this.admitted = 0;
    this.refused = 0;
    this.completed = 0;
    this.latencySumMs = 0;
    const untilMs = this.nowMs + seconds * 1000;
    for (;;) {
      const ends = this.busy.reduce((least, job) => Math.min(least, job.endMs), Number.POSITIVE_INFINITY);
      this.nowMs = Math.min(ends, this.nextMs);
      if (this.nowMs > untilMs) break;
      if (ends <= this.nextMs) this.finish(ends);
      else this.arrive();
    }
    this.nowMs = untilMs;
    const meanMs = this.latencySumMs / Math.max(1, this.completed);
    return { admitted: this.admitted, refused: this.refused, meanMs, perSecond: this.completed / seconds };
  }

  private exponential(mean: number): number {
    return -Math.log(1 - this.random()) * mean;
  }

  private arrive(): void {
    this.nextMs = this.nowMs + this.exponential(1000 / this.world.perSecond);
    const leave = this.enter(this.nowMs);
    if (leave === null) {
      this.refused++;
      return;
    }
    this.admitted++;
    this.queue.push({ startMs: this.nowMs, leave });
    this.work();
  }

  private finish(endMs: number): void {
    const at = this.busy.findIndex((job) => job.endMs === endMs);
    const [job] = this.busy.splice(at, 1);
    this.completed++;
    this.latencySumMs += endMs - job.startMs;
    job.leave(endMs - job.startMs);
    this.work();
  }

  private work(): void {
    while (this.busy.length < this.world.capacity && this.queue.length > 0) {
      const job = this.queue.shift();
      if (job) this.busy.push({ ...job, endMs: this.nowMs + this.exponential(this.world.serviceMs) });
    }
  }
}
