/** Requests, errors and abusive requests over time, in buckets that widen when there would be too many. */
import { CLASSES } from '../engine/detector.ts';
import type { TimeBucket } from './report.ts';

/** Buckets kept at most; when there are more, their width doubles. */
const MAX_BUCKETS = 4096;
/** Buckets in a report. */
const REPORT_BUCKETS = 240;
const FIRST_WIDTH_MS = 1000;

interface Counts {
  requests: number;
  errors: number;
  readonly abusive: Int32Array;
}

export class Timeline {
  private widthMs = FIRST_WIDTH_MS;
  private buckets = new Map<number, Counts>();
  private current = Number.NaN;
  private counts: Counts | undefined;
  private lastSequence = -1;
  requests = 0;
  /** Requests of actors that already had a finding, each counted once. */
  abusiveRequests = 0;
  /** Those among them that the recommended action, in force since it was first the cheapest, would have met. */
  metRequests = 0;
  private lastMet = -1;
  firstMs = Number.NaN;
  lastMs = Number.NaN;

  event(nowMs: number, response: boolean, status: number): void {
    const counts = this.at(nowMs);
    if (response) {
      if (status >= 400) counts.errors++;
    } else {
      counts.requests++;
      this.requests++;
    }
    if (Number.isNaN(this.firstMs)) this.firstMs = nowMs;
    this.lastMs = nowMs;
  }

  /**
   * Counts an abusive request once per event, under the class of the first actor that says so; `met` where an action
   * on that actor would have met it.
   */
  abusive(nowMs: number, classIndex: number, sequence: number, met: boolean): void {
    if (met && sequence !== this.lastMet) {
      this.lastMet = sequence;
      this.metRequests++;
    }
    if (sequence === this.lastSequence) return;
    this.lastSequence = sequence;
    this.at(nowMs).abusive[classIndex]++;
    this.abusiveRequests++;
  }

  private at(nowMs: number): Counts {
    const bucket = Math.floor(nowMs / this.widthMs);
    if (bucket === this.current && this.counts !== undefined) return this.counts;
    this.current = bucket;
    this.counts = this.buckets.get(bucket);
    if (this.counts === undefined) {
      this.counts = { requests: 0, errors: 0, abusive: new Int32Array(CLASSES.length) };
      this.buckets.set(bucket, this.counts);
      if (this.buckets.size > MAX_BUCKETS) {
        this.widen();
        return this.at(nowMs);
      }
    }
    return this.counts;
  }

  private widen(): void {
    this.widthMs *= 2;
    this.buckets = merge(this.buckets, 2);
    this.current = Number.NaN;
  }

  snapshot(): Record<string, unknown> {
    const { widthMs, buckets, lastSequence, lastMet, requests, abusiveRequests, metRequests, firstMs, lastMs } = this;
    return { widthMs, buckets, lastSequence, lastMet, requests, abusiveRequests, metRequests, firstMs, lastMs };
  }

  restore(s: Record<string, unknown>): void {
    this.widthMs = s.widthMs as number;
    this.buckets = s.buckets as Map<number, Counts>;
    this.lastSequence = s.lastSequence as number;
    this.requests = s.requests as number;
    this.lastMet = s.lastMet as number;
    this.abusiveRequests = s.abusiveRequests as number;
    this.metRequests = s.metRequests as number;
    this.firstMs = s.firstMs as number;
    this.lastMs = s.lastMs as number;
    this.current = Number.NaN;
  }

  /** How many buckets of this width the log touches. */
  private spanIn(widthMs: number): number {
    return Math.floor(this.lastMs / widthMs) - Math.floor(this.firstMs / widthMs) + 1;
  }

  /** The buckets of the report, at most {@link REPORT_BUCKETS}, gaps filled with zeros. */
  report(): TimeBucket[] {
    if (this.buckets.size === 0) return [];
    const span = this.spanIn(this.widthMs);
    let factor = Math.max(1, Math.ceil(span / REPORT_BUCKETS));
    // The ends rarely fall on the borders of wider buckets: that may take one more.
    while (this.spanIn(this.widthMs * factor) > REPORT_BUCKETS) factor++;
    const merged = merge(this.buckets, factor);
    const width = this.widthMs * factor;
    const first = Math.floor(this.firstMs / width);
    const last = Math.floor(this.lastMs / width);
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const counts = merged.get(first + i);
      return {
        start: new Date((first + i) * width).toISOString(),
        requests: counts?.requests ?? 0,
        errors: counts?.errors ?? 0,
        abusive: Object.fromEntries(
          CLASSES.map((name, c) => [name, counts?.abusive[c] ?? 0] as const).filter(([, n]) => n > 0),
        ),
      };
    });
  }
}

function merge(buckets: Map<number, Counts>, factor: number): Map<number, Counts> {
  const merged = new Map<number, Counts>();
  for (const [bucket, counts] of buckets) {
    const key = Math.floor(bucket / factor);
    const into = merged.get(key);
    if (into === undefined) merged.set(key, { ...counts, abusive: counts.abusive.slice() });
    else {
      into.requests += counts.requests;
      into.errors += counts.errors;
      for (let i = 0; i < counts.abusive.length; i++) into.abusive[i] += counts.abusive[i];
    }
  }
  return merged;
}
