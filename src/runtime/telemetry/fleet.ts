/** Several processes shown as one: the owner of state asks each worker for its numbers and adds them up at scrape. */
import type { MetricRegistry, MetricsSnapshot } from './metrics.ts';

/** Workers at most, as in gateway.workers; further ones are not shown. */
const MAX_WORKERS = 64;

export class MetricsFleet {
  readonly #own: MetricRegistry;
  readonly #declare: () => MetricRegistry;
  /** What ended workers have counted: a counter that fell would look like a restart of everything. */
  readonly #ended: MetricRegistry;
  readonly #latest = new Map<number, MetricsSnapshot>();

  /** `declare` gives a fresh registry with the same families as `own`. */
  constructor(own: MetricRegistry, declare: () => MetricRegistry) {
    this.#own = own;
    this.#declare = declare;
    this.#ended = declare();
  }

  /** The newest numbers of a worker: they replace those it gave before. */
  report(worker: number, snapshot: MetricsSnapshot): void {
    if (this.#latest.has(worker) || this.#latest.size < MAX_WORKERS) this.#latest.set(worker, snapshot);
  }

  /** A worker has ended. What it counted stays counted; what it held open is gone. */
  ended(worker: number): void {
    const last = this.#latest.get(worker);
    this.#latest.delete(worker);
    if (last !== undefined) this.#ended.absorb(last, false);
  }

  /** Everything added up, for {@link render}. The owner's own hooks have run. */
  total(): MetricRegistry {
    this.#own.collect();
    const total = this.#declare();
    total.absorb(this.#own.snapshot());
    total.absorb(this.#ended.snapshot(), false);
    for (const snapshot of this.#latest.values()) total.absorb(snapshot);
    return total;
  }
}
