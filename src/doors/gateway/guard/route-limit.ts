/** What is under way on one route, and how much more may be. */
import { Gradient, type GradientOptions } from './gradient.ts';

/** A window ends when it has so many samples and is so old, in ms: few samples never move a limit. */
const WINDOW_SAMPLES = 20;
const WINDOW_MS = 250;
/** Latencies that a probe lets pass first: what ends soonest is what was short. At most so many ms. */
const SETTLE_LATENCIES = 3;
const SETTLE_MAX_MS = 5000;

export class RouteLimit {
  readonly name: string;
  inFlight = 0;
  /** Requests at once; read on every request. */
  limit: number;
  admitted = 0;
  refused = 0;
  private readonly gradient: Gradient;
  private readonly fixed: number;
  private samples = 0;
  private sumMs = 0;
  private maxInFlight = 0;
  private windowStartMs = 0;
  /** Only requests that came from this time on are samples, in Unix ms. */
  private sampleFromMs = 0;
  /** Only what ends from this time on is a sample, in Unix ms. */
  private endFromMs = 0;

  /** `fixed` 0: adaptive. */
  constructor(name: string, fixed: number, options: GradientOptions) {
    this.name = name;
    this.fixed = fixed;
    this.gradient = new Gradient(options);
    this.limit = fixed > 0 ? fixed : this.gradient.limit;
  }

  get adaptive(): boolean {
    return this.fixed === 0;
  }

  get shortMs(): number {
    return this.gradient.shortMs;
  }

  get longMs(): number {
    return this.gradient.longMs;
  }

  /** Takes over other bounds; what was learned stays. */
  bound(options: GradientOptions): void {
    this.gradient.bound(options);
    if (this.fixed === 0) this.limit = this.gradient.limit;
  }

  enter(): void {
    this.admitted++;
    if (++this.inFlight > this.maxInFlight) this.maxInFlight = this.inFlight;
  }

  /** A request that came at `startMs` is over after `latencyMs`. `sample` is false where that says nothing of the service. */
  leave(startMs: number, latencyMs: number, sample: boolean): void {
    this.inFlight--;
    if (this.fixed > 0) return;
    const nowMs = startMs + latencyMs;
    // After a probe has begun, what waited in the old queue has to be out before latencies count.
    if (this.sampleFromMs === Number.POSITIVE_INFINITY && this.inFlight <= this.limit) {
      this.sampleFromMs = nowMs;
      this.endFromMs = nowMs + Math.min(SETTLE_MAX_MS, SETTLE_LATENCIES * this.gradient.shortMs);
      this.restart(this.endFromMs);
    }
    if (!sample || startMs < this.sampleFromMs || nowMs < this.endFromMs) return;
    this.sumMs += latencyMs;
    if (++this.samples < WINDOW_SAMPLES || nowMs - this.windowStartMs < WINDOW_MS) return;
    this.close(nowMs);
  }

  private close(nowMs: number): void {
    const { gradient } = this;
    const wasProbing = gradient.probing;
    gradient.window(this.sumMs / this.samples, this.maxInFlight);
    this.limit = gradient.limit;
    this.restart(nowMs);
    if (gradient.probing && !wasProbing) this.sampleFromMs = Number.POSITIVE_INFINITY;
  }

  private restart(nowMs: number): void {
    this.samples = 0;
    this.sumMs = 0;
    this.maxInFlight = this.inFlight;
    this.windowStartMs = nowMs;
  }
}
