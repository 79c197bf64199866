/**
 * Records of one dimension: flat pages of 32-bit cells behind an open-addressing index, with a quota per partition.
 *
 * Quotas, not the order of eviction, protect state (design, invariant 7): anonymous records can only push out anonymous
 * ones. Within a partition the victim is the longest unseen of a few neighbours under a hand that goes round (sampled
 * LRU, as in Redis); it is deterministic because the hand is part of the state.
 */

import { HEADER } from '../engine/program.ts';
import { mix32 } from '../lib/hash.ts';

export const PARTITION = { anonymous: 0, established: 1, mitigated: 2 } as const;
const PARTITIONS = 3;

const PAGE_BITS = 14;
const PAGE_RECORDS = 1 << PAGE_BITS;
/** Keys found lately, less one. Small, since every table has them and all share one cache. */
const RECENT_MASK = 0x7ff;
/** Neighbours compared when a record has to go. */
const VICTIM_PROBES = 8;
/** How many more the hand passes over, at most, while it looks for records of the right partition. */
const VICTIM_SCAN = 4096;

export interface Quota {
  readonly anonymous: number;
  readonly established: number;
  readonly mitigated: number;
}

export class Table {
  readonly stride: number;
  readonly quota: readonly number[];
  readonly counts = new Int32Array(PARTITIONS);
  pages: Int32Array[] = [];
  /** Slot + 1 and hash per bucket, side by side; 0 is empty. */
  private index = new Int32Array(2 * 1024);
  private mask = 1023;
  /** Slots ever used, and the ones given back. */
  private used = 0;
  private free: number[] = [];
  /**
   * Slot + 1 and hash by the low bits of the hash: an exchange's second event finds its records without a probe. The hash
   * stands here because a look at the wrong record would wait for memory.
   */
  private readonly recent = new Int32Array(2 * (RECENT_MASK + 1));
  private hand = 0;
  evicted = 0;
  /** Called with a record that is about to go, so that what hangs on it can be released. */
  private readonly onEvict: (cells: Int32Array, at: number) => void;

  constructor(stride: number, quota: Quota, onEvict: (cells: Int32Array, at: number) => void) {
    this.stride = stride;
    this.quota = [quota.anonymous, quota.established, quota.mitigated];
    this.onEvict = onEvict;
  }

  get size(): number {
    return this.counts[0] + this.counts[1] + this.counts[2];
  }
  get bytes(): number {
    return this.pages.length * PAGE_RECORDS * this.stride * 4 + this.index.byteLength;
  }

  /** Page and offset of a slot. */
  page(slot: number): Int32Array {
    return this.pages[slot >>> PAGE_BITS];
  }
  offset(slot: number): number {
    return (slot & (PAGE_RECORDS - 1)) * this.stride;
  }

  /** The slot of a key, or −1. */
  find(hi: number, lo: number): number {
    const hash = mix32(hi ^ Math.imul(lo, 0x9e3779b1));
    const { recent } = this;
    const place = (hash & RECENT_MASK) * 2;
    const hint = recent[place] - 1;
    if (hint >= 0 && recent[place + 1] === hash) {
      const cells = this.pages[hint >>> PAGE_BITS];
      const at = (hint & (PAGE_RECORDS - 1)) * this.stride;
      if (cells[at] === hi && cells[at + 1] === lo && cells[at + HEADER.firstSec] !== 0) return hint;
    }
    const slot = this.probe(hash, hi, lo);
    if (slot >= 0) {
      recent[place] = slot + 1;
      recent[place + 1] = hash;
    }
    return slot;
  }

  private probe(hash: number, hi: number, lo: number): number {
    const { index, mask } = this;
    let i = hash & mask;
    for (;;) {
      const slot = index[2 * i] - 1;
      if (slot < 0) return -1;
      if (index[2 * i + 1] === hash) {
        const cells = this.pages[slot >>> PAGE_BITS];
        const at = (slot & (PAGE_RECORDS - 1)) * this.stride;
        if (cells[at] === hi && cells[at + 1] === lo) return slot;
      }
      i = (i + 1) & mask;
    }
  }

  /**
   * A new record for a key that has none, in the anonymous partition; −1 where that would push out a record seen less
   * than `minIdleSec` ago (pressure: the caller collapses the key instead).
   */
  insert(hi: number, lo: number, nowSec: number, minIdleSec: number): number {
    if (this.counts[PARTITION.anonymous] >= this.quota[PARTITION.anonymous]) {
      const victim = this.victim(PARTITION.anonymous);
      if (victim < 0) return -1;
      if (nowSec - (this.page(victim)[this.offset(victim) + HEADER.lastSec] >>> 0) < minIdleSec) return -1;
      this.remove(victim);
    }
    const slot = this.free.length > 0 ? (this.free.pop() as number) : this.used++;
    if (slot >>> PAGE_BITS >= this.pages.length) this.pages.push(new Int32Array(PAGE_RECORDS * this.stride));
    const cells = this.page(slot);
    const at = this.offset(slot);
    cells.fill(0, at, at + this.stride);
    cells[at + HEADER.hi] = hi;
    cells[at + HEADER.lo] = lo;
    cells[at + HEADER.firstSec] = nowSec;
    cells[at + HEADER.lastSec] = nowSec;
    this.counts[PARTITION.anonymous]++;
    this.link(slot, mix32(hi ^ Math.imul(lo, 0x9e3779b1)));
    return slot;
  }

  /** Moves a record to a partition; where that one is full, its longest unseen neighbour goes back to anonymous. */
  move(slot: number, partition: number): void {
    const cells = this.page(slot);
    const at = this.offset(slot);
    const from = cells[at + HEADER.partition];
    if (from === partition) return;
    if (this.counts[partition] >= this.quota[partition]) {
      const victim = this.victim(partition);
      if (victim < 0) return;
      if (this.counts[PARTITION.anonymous] >= this.quota[PARTITION.anonymous] && from !== PARTITION.anonymous) {
        this.remove(victim);
      } else {
        this.page(victim)[this.offset(victim) + HEADER.partition] = PARTITION.anonymous;
        this.counts[partition]--;
        this.counts[PARTITION.anonymous]++;
      }
    }
    cells[at + HEADER.partition] = partition;
    this.counts[from]--;
    this.counts[partition]++;
  }

  private victim(partition: number): number {
    let best = -1;
    // Seconds are read without a sign, here and wherever records keep them: else they end in 2038.
    let oldest = 0xffffffff;
    let probes = 0;
    for (let scanned = 0; scanned < VICTIM_SCAN && probes < VICTIM_PROBES; scanned++) {
      const slot = this.hand;
      this.hand = this.hand + 1 >= this.used ? 0 : this.hand + 1;
      const cells = this.page(slot);
      const at = this.offset(slot);
      // A free slot has no key and no partition of its own.
      if (cells[at + HEADER.firstSec] === 0 || cells[at + HEADER.partition] !== partition) continue;
      probes++;
      const lastSec = cells[at + HEADER.lastSec] >>> 0;
      if (lastSec < oldest) {
        oldest = lastSec;
        best = slot;
      }
    }
    return best;
  }

  remove(slot: number): void {
    const cells = this.page(slot);
    const at = this.offset(slot);
    this.onEvict(cells, at);
    this.unlink(slot, mix32(cells[at] ^ Math.imul(cells[at + 1], 0x9e3779b1)));
    this.counts[cells[at + HEADER.partition]]--;
    cells[at + HEADER.firstSec] = 0;
    cells[at + HEADER.partition] = 0;
    this.free.push(slot);
    this.evicted++;
  }

  private link(slot: number, hash: number): void {
    if ((this.size + 1) * 10 > (this.mask + 1) * 7) this.growIndex();
    this.put(slot, hash);
  }

  private put(slot: number, hash: number): void {
    const { index, mask } = this;
    let i = hash & mask;
    while (index[2 * i] !== 0) i = (i + 1) & mask;
    index[2 * i] = slot + 1;
    index[2 * i + 1] = hash;
  }

  private growIndex(): void {
    const old = this.index;
    this.mask = this.mask * 2 + 1;
    this.index = new Int32Array(2 * (this.mask + 1));
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) this.put(old[i] - 1, old[i + 1]);
  }

  private unlink(slot: number, hash: number): void {
    const { index, mask } = this;
    let hole = hash & mask;
    while (index[2 * hole] !== slot + 1) hole = (hole + 1) & mask;
    // Backward-shift deletion: no tombstones, so a flood of short-lived keys does not lengthen the probes.
    for (let j = (hole + 1) & mask; index[2 * j] !== 0; j = (j + 1) & mask) {
      const home = index[2 * j + 1] & mask;
      if (((j - home) & mask) >= ((j - hole) & mask)) {
        index[2 * hole] = index[2 * j];
        index[2 * hole + 1] = index[2 * j + 1];
        hole = j;
      }
    }
    index[2 * hole] = 0;
  }

  /** Calls `visit` for every live record. */
  forEach(visit: (cells: Int32Array, at: number) => void): void {
    for (let slot = 0; slot < this.used; slot++) {
      const at = this.offset(slot);
      if (this.page(slot)[at + HEADER.firstSec] !== 0) visit(this.page(slot), at);
    }
  }

  /** What is used of it. */
  snapshot(): Record<string, unknown> {
    const { counts, index, mask, used, free, hand, evicted, stride } = this;
    const pages = this.pages.map((page, i) => page.subarray(0, Math.max(0, used - i * PAGE_RECORDS) * stride));
    return { counts, pages, index, mask, used, free, hand, evicted, stride };
  }

  /** Takes over what {@link snapshot} gave, and keeps none of its memory. RangeError where the layout is another one. */
  restore(s: Record<string, unknown>): void {
    if (s.stride !== this.stride) throw new RangeError(`record of ${String(s.stride)} cells, expected ${this.stride}`);
    this.counts.set(s.counts as Int32Array);
    this.pages = (s.pages as Int32Array[]).map((used) => {
      const page = new Int32Array(PAGE_RECORDS * this.stride);
      page.set(used);
      return page;
    });
    this.index = new Int32Array(s.index as Int32Array);
    this.mask = s.mask as number;
    this.used = s.used as number;
    this.free = s.free as number[];
    this.hand = s.hand as number;
    this.evicted = s.evicted as number;
    this.recent.fill(0);
  }
}
