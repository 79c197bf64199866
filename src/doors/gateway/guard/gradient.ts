/**
 * How many requests at once a service can take, found from its latency: Gradient2 of Netflix's concurrency-limits (2018),
 * with one addition.
 *
 * As published, the long average learns the latency of a queue as if it were the service's own, so that under overload that
 * does not end the limit creeps up without end. Here, when the limit was reached for long, it is halved for a moment: what
 * the latency is then is the service's own, and becomes the long average. It costs nothing where the limit was twice too
 * high, and it finds out as quickly that a service has become slower for good (the same idea as BBR's ProbeRTT).
 */

export interface GradientOptions {
  readonly minLimit: number;
  readonly initialLimit: number;
  readonly maxLimit: number;
}

/** How much slower than usual a service may get before the limit falls. */
const TOLERANCE = 1.5;
/** Least share of the limit that one step leaves before smoothing. */
const GRADIENT_MIN = 0.5;
/** Share of a new value in the limit. */
const SMOOTHING = 0.2;
/** Requests that may queue: the limit grows by so many a step (smoothed) while latency is as usual. */
const QUEUE_MIN = 4;
/** Windows that the long average spans; at a quarter of a second each, 2.5 min. */
const LONG_WINDOWS = 600;
/** First windows that count alike in the long average. */
const WARM_UP_WINDOWS = 10;
/** The long average is let down by this factor while it is more than twice the latency of now. */
const LONG_DRIFT = 0.95;
/** Latencies below this are noise of timers, in ms. */
const NOISE_MS = 1;
/** Windows in a row at the limit after which the service's own latency is looked for. */
const PROBE_AFTER_WINDOWS = 40;
/** Share of the limit that counts as having reached it. */
const REACHED = 0.95;

export class Gradient {
  /** Latency of the last window and the long average, in ms; 0 before the first window. */
  shortMs = 0;
  longMs = 0;
  /** True while the limit is halved to see the service's own latency. */
  probing = false;
  private options: GradientOptions;
  private estimate: number;
  private windows = 0;
  private reached = 0;

  constructor(options: GradientOptions) {
    this.options = options;
    this.estimate = clamp(options.initialLimit, options.minLimit, options.maxLimit);
  }

  /** Requests at once, a whole number. */
  get limit(): number {
    return Math.max(this.options.minLimit, Math.floor(this.probing ? this.estimate / 2 : this.estimate));
  }

  /** Takes over other bounds; what was learned stays. */
  bound(options: GradientOptions): void {
    this.options = options;
    this.estimate = clamp(this.estimate, options.minLimit, options.maxLimit);
  }

  /** One window is over: mean latency of what ended in it, in ms, and the most requests that were under way at once. */
  window(rttMs: number, maxInFlight: number): void {
    const short = rttMs + NOISE_MS;
    this.shortMs = short;
    if (this.probing) {
      this.longMs = short;
      this.probing = false;
      this.reached = 0;
      return;
    }
    this.learnLong(short);
    this.reached = maxInFlight >= this.estimate * REACHED ? this.reached + 1 : 0;
    // A limit that is not nearly used says nothing about whether more would fit.
    if (maxInFlight < this.estimate / 2) return;
    const gradient = clamp((TOLERANCE * this.longMs) / short, GRADIENT_MIN, 1);
    const wanted = this.estimate * gradient + Math.max(QUEUE_MIN, Math.sqrt(this.estimate));
    const { minLimit, maxLimit } = this.options;
    this.estimate = clamp(this.estimate * (1 - SMOOTHING) + wanted * SMOOTHING, minLimit, maxLimit);
    // At the least limit there is nothing to halve, but what the service takes there is its own latency as well.
    this.probing = this.reached >= PROBE_AFTER_WINDOWS;
  }

  private learnLong(short: number): void {
    this.windows++;
    const share = this.windows <= WARM_UP_WINDOWS ? 1 / this.windows : 2 / (LONG_WINDOWS + 1);
    this.longMs += (short - this.longMs) * share;
    if (this.longMs > 2 * short) this.longMs *= LONG_DRIFT;
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
