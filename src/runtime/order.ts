/**
 * Puts the events of a log in order. Lines come nearly in order: several files, several workers of one server, clocks
 * that were set. An event is applied once the watermark — the latest time seen, less the lateness bound — has passed it.
 *
 * Order is (time, kind, facts): among events of one millisecond, requests before responses, then by a hash over the
 * row's facts. Rows that are equal there are equal to the engine, so shuffling a log within the bound changes nothing;
 * line numbers would not give that. Events wait in buckets of one second.
 */

import { type FactBatch, prefetch, ROWS_PER_LINE } from '../enrich/facts.ts';
import { BUSINESS } from '../event/exchange.ts';
import { MinHeap } from '../lib/heap.ts';

/** Rows that may wait at once (about 100 MiB with their text). Beyond it the oldest second goes early, and is counted. */
export const MAX_WAITING_ROWS = 262_144;
/** Rows of one batch at most: a reference to a row is batch × this + row. */
export const MAX_BATCH_ROWS = 65_536;
/** Batches that may wait at once: a reference must stay below 2^53. */
const MAX_BATCHES = 16_384;

const RESPONSE = 1;
/** Bits in a sort key: millisecond and kind above 24 bits of hash above 18 bits of index. */
const INDEX_RANGE = 2 ** 18;
const HASH_RANGE = 2 ** 24;

interface Bucket {
  n: number;
  keys: Float64Array;
  refs: Float64Array;
}

/** A jump ahead by more than this is believed only when the next line confirms it: one wrong clock reading must not
 * make everything after it late. */
const JUMP_MS = 3_600_000;

class SourceClock {
  latest = Number.NEGATIVE_INFINITY;
  /** How long nothing has come, 0 where something did: a source that has nothing to say holds nobody back. */
  idleMs = 0;
  private jump = Number.NaN;

  see(time: number): void {
    if (time <= this.latest) {
      this.jump = Number.NaN;
      return;
    }
    // The first time is such a jump too: a wrong one would make the whole source late.
    if (time - this.latest <= JUMP_MS) this.advanceTo(time);
    else if (time - this.jump > JUMP_MS) {
      this.latest = this.jump;
      this.jump = time;
    } else if (time >= this.jump - JUMP_MS) this.advanceTo(Math.max(time, this.jump));
    else this.jump = time;
  }

  /** Nothing has come for a while: a first time that nobody confirmed is all there is to go by. */
  rest(idleMs: number): void {
    this.idleMs = idleMs;
    if (this.latest === Number.NEGATIVE_INFINITY && !Number.isNaN(this.jump)) this.advanceTo(this.jump);
  }

  private advanceTo(time: number): void {
    this.latest = time;
    this.jump = Number.NaN;
  }
}

export type Apply = (rows: FactBatch, row: number, response: boolean, nowMs: number) => void;

export class OrderBuffer {
  private readonly latenessMs: number;
  private readonly apply: Apply;
  /** Called when every event of a batch was applied: its memory can be used again. */
  private readonly release: (rows: FactBatch) => void;
  private readonly buckets = new Map<number, Bucket>();
  private readonly seconds = new MinHeap();
  private readonly spare: Bucket[] = [];
  private readonly batches: (FactBatch | null)[] = [];
  private readonly remaining: number[] = [];
  private readonly freeBatches: number[] = [];
  private readonly sourceTimes = new Map<number, SourceClock>();
  private waiting = 0;
  /** Kept so that the reads behind it are. */
  private prefetched = 0;
  /** Everything before this second has been applied. */
  private appliedSec = Number.NEGATIVE_INFINITY;
  private lastMs = Number.NEGATIVE_INFINITY;
  /** Events that came after their second had been applied: applied at once, with the time of the last one. */
  late = 0;
  /** Seconds that had to go before the bound, because too many rows were waiting. */
  forcedSeconds = 0;

  constructor(latenessMs: number, apply: Apply, release: (rows: FactBatch) => void = () => {}) {
    this.latenessMs = latenessMs;
    this.apply = apply;
    this.release = release;
  }

  /** Names a source whose times hold the watermark back until it is closed. */
  open(source: number): void {
    this.sourceTimes.set(source, new SourceClock());
  }

  /** Takes a batch; it belongs to the buffer until it is released. */
  add(rows: FactBatch, source: number): void {
    if (rows.count === 0) {
      this.release(rows);
      return;
    }
    const id = this.freeBatches.pop() ?? this.batches.length;
    if (id >= MAX_BATCHES) throw new RangeError('too many batches wait: batches must be larger');
    this.batches[id] = rows;
    let events = 0;
    const clock = this.sourceTimes.get(source) ?? new SourceClock();
    clock.idleMs = 0;
    for (let row = 0; row < rows.count; row++) {
      const start = rows.timeMs[row];
      const end = start + rows.durationMs[row];
      if (rows.kind[row] !== BUSINESS) {
        this.insert(id * MAX_BATCH_ROWS + row, start, 0, rows.order[row]);
        events++;
      }
      this.insert(id * MAX_BATCH_ROWS + row, end, RESPONSE, rows.order[row]);
      events++;
      clock.see(end);
    }
    this.remaining[id] = events;
    this.waiting += rows.count;
  }

  /** A source has ended: it no longer holds the watermark back. */
  close(source: number): void {
    this.sourceTimes.delete(source);
    if (this.sourceTimes.size === 0) this.drain(Number.POSITIVE_INFINITY);
    else this.advance();
  }

  /** A followed source has had nothing for so long. Where all are idle, time goes on without them. */
  idle(source: number, idleMs: number): void {
    this.sourceTimes.get(source)?.rest(idleMs);
    this.advance();
  }

  private watermark(): number {
    let slowest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    let idleMs = Number.POSITIVE_INFINITY;
    for (const clock of this.sourceTimes.values()) {
      latest = Math.max(latest, clock.latest);
      idleMs = Math.min(idleMs, clock.idleMs);
      if (clock.idleMs === 0) slowest = Math.min(slowest, clock.latest);
    }
    return idleMs > 0 && idleMs < Number.POSITIVE_INFINITY ? latest + idleMs : slowest;
  }

  /** Applies everything that the watermark has passed. */
  advance(): void {
    const watermark = this.watermark();
    this.drain(Math.floor((watermark - this.latenessMs) / 1000));
    while (this.waiting > MAX_WAITING_ROWS && this.seconds.size > 0) {
      this.forcedSeconds++;
      this.drain((this.seconds.peek() as number) + 1);
    }
  }

  /** The end of all input: applies everything that still waits. */
  finish(): void {
    this.sourceTimes.clear();
    this.drain(Number.POSITIVE_INFINITY);
  }

  /** Latest time of a source, to read next from the one that lags most; −Infinity before its first event. */
  timeOf(source: number): number {
    return this.sourceTimes.get(source)?.latest ?? Number.POSITIVE_INFINITY;
  }

  private insert(ref: number, timeMs: number, kind: number, order: number): void {
    let second = Math.floor(timeMs / 1000);
    let within = Math.floor(timeMs - second * 1000);
    if (second < this.appliedSec) {
      this.late++;
      second = this.appliedSec;
      within = 0;
    }
    let bucket = this.buckets.get(second);
    if (bucket === undefined) {
      bucket = this.spare.pop() ?? { n: 0, keys: new Float64Array(64), refs: new Float64Array(64) };
      this.buckets.set(second, bucket);
      this.seconds.push(second);
    }
    if (bucket.n === bucket.keys.length) {
      const keys = new Float64Array(bucket.n * 2);
      const refs = new Float64Array(bucket.n * 2);
      keys.set(bucket.keys);
      refs.set(bucket.refs);
      bucket.keys = keys;
      bucket.refs = refs;
    }
    const hash = (order >>> 8) * INDEX_RANGE;
    bucket.keys[bucket.n] = (within * 2 + kind) * HASH_RANGE * INDEX_RANGE + hash + (bucket.n % INDEX_RANGE);
    bucket.refs[bucket.n] = ref * 2 + kind;
    bucket.n++;
  }

  /** Applies all buckets before `untilSec`. */
  private drain(untilSec: number): void {
    for (;;) {
      const second = this.seconds.peek();
      if (second === undefined || second >= untilSec) break;
      this.seconds.pop();
      const bucket = this.buckets.get(second) as Bucket;
      this.buckets.delete(second);
      this.appliedSec = second + 1;
      this.applyBucket(bucket);
      bucket.n = 0;
      if (this.spare.length < 256 && bucket.keys.length <= 65_536) this.spare.push(bucket);
    }
    if (untilSec !== Number.POSITIVE_INFINITY && untilSec > this.appliedSec) this.appliedSec = untilSec;
  }

  /** Rows of a bucket were written long ago, and mostly side by side. */
  private prefetch(bucket: Bucket): void {
    let last = -1;
    for (let i = 0; i < bucket.n; i++) {
      const at = Math.floor(bucket.refs[i] / 2);
      const line = Math.floor(at / ROWS_PER_LINE);
      if (line === last) continue;
      last = line;
      this.prefetched ^= prefetch(this.batches[Math.floor(at / MAX_BATCH_ROWS)] as FactBatch, at % MAX_BATCH_ROWS);
    }
  }

  private applyBucket(bucket: Bucket): void {
    const { n } = bucket;
    this.prefetch(bucket);
    if (n > INDEX_RANGE) {
      this.applySorted(
        bucket,
        Array.from({ length: n }, (_, i) => i),
      );
      return;
    }
    const sorted = bucket.keys.subarray(0, n).sort();
    for (let i = 0; i < n; ) {
      // Equal down to the 24 bits of hash: settle the run by everything there is.
      let end = i + 1;
      const group = Math.floor(sorted[i] / INDEX_RANGE);
      while (end < n && Math.floor(sorted[end] / INDEX_RANGE) === group) end++;
      if (end === i + 1) this.applyRef(bucket.refs[sorted[i] % INDEX_RANGE]);
      else
        this.applySorted(
          bucket,
          Array.from(sorted.subarray(i, end), (key) => key % INDEX_RANGE),
        );
      i = end;
    }
  }

  private applySorted(bucket: Bucket, indexes: number[]): void {
    const refs = indexes.map((i) => bucket.refs[i]);
    refs.sort((a, b) => this.compare(a, b));
    for (const ref of refs) this.applyRef(ref);
  }

  private compare(a: number, b: number): number {
    const rowsA = this.batches[Math.floor(a / 2 / MAX_BATCH_ROWS)] as FactBatch;
    const rowsB = this.batches[Math.floor(b / 2 / MAX_BATCH_ROWS)] as FactBatch;
    const rowA = Math.floor(a / 2) % MAX_BATCH_ROWS;
    const rowB = Math.floor(b / 2) % MAX_BATCH_ROWS;
    const timeA = rowsA.timeMs[rowA] + (a % 2) * rowsA.durationMs[rowA];
    const timeB = rowsB.timeMs[rowB] + (b % 2) * rowsB.durationMs[rowB];
    return timeA - timeB || (a % 2) - (b % 2) || (rowsA.order[rowA] >>> 0) - (rowsB.order[rowB] >>> 0);
  }

  private applyRef(ref: number): void {
    const response = ref % 2 === RESPONSE;
    const at = Math.floor(ref / 2);
    const id = Math.floor(at / MAX_BATCH_ROWS);
    const row = at % MAX_BATCH_ROWS;
    const rows = this.batches[id] as FactBatch;
    const time = rows.timeMs[row] + (response ? rows.durationMs[row] : 0);
    // Late events take the time of the last one: inside the engine time never runs backwards.
    if (time > this.lastMs) this.lastMs = time;
    this.apply(rows, row, response, this.lastMs);
    if (--this.remaining[id] > 0) return;
    this.batches[id] = null;
    this.freeBatches.push(id);
    this.waiting -= rows.count;
    this.release(rows);
  }
}
