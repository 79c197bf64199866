/**
 * Side slots for distinct counts that outgrow their record: most actors have one or two distinct values, so a record
 * keeps three in place and takes a slot of 64 bytes only for the fourth. The pool is bounded; a slot whose window has
 * run out is taken back first, then the one with the fewest values among a few neighbours.
 *
 * A slot holds up to 8 exact hashes, then 64 HyperLogLog registers of 8 bits (Flajolet et al. 2007; standard error
 * 1.04/√64 = 13 %). Estimates use integer and exactly rounded arithmetic only.
 */
import { ln } from '../../lib/fixed.ts';

export const SLOT_CELLS = 16;
/** Values kept exactly before the registers take over. */
export const EXACT_MAX = 8;
const REGISTERS = 64;
/** Neighbours looked at when a slot has to be taken from somebody. */
const STEAL_PROBES = 8;

/** m · ln(m / zeros): linear counting for small cardinalities. */
const LINEAR = new Int32Array(REGISTERS + 1);
for (let zeros = 1; zeros <= REGISTERS; zeros++) LINEAR[zeros] = Math.round(REGISTERS * ln(REGISTERS / zeros));

/** α₆₄ · m² · 2^16, the numerator of the raw estimate over Σ 2^(16−register). */
const RAW_NUMERATOR = 0.709 * REGISTERS * REGISTERS * 65536;

export class SketchPool {
  readonly capacity: number;
  readonly cells: Int32Array;
  readonly bytes: Uint8Array;
  /** Window number of the owner when it took the slot, and its window in ms, so that stale slots can be told. */
  readonly windows: Float64Array;
  readonly counts: Int32Array;
  private readonly free: Int32Array;
  private freeCount: number;
  private hand = 0;
  /** How often a slot was taken from a live owner: reported, because those counts then stand still. */
  stolen = 0;
  /** Generation per slot: an owner notices by it that its slot was taken. */
  readonly generations: Int32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.cells = new Int32Array(capacity * SLOT_CELLS);
    this.bytes = new Uint8Array(this.cells.buffer);
    this.windows = new Float64Array(capacity);
    this.counts = new Int32Array(capacity);
    this.generations = new Int32Array(capacity);
    this.free = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.free[i] = capacity - 1 - i;
    this.freeCount = capacity;
  }

  /** Takes a slot whose use ends at `expiresMs`; returns its number. Its cells are zero. */
  take(nowMs: number, expiresMs: number): number {
    const slot = this.freeCount > 0 ? this.free[--this.freeCount] : this.steal(nowMs);
    this.generations[slot]++;
    this.windows[slot] = expiresMs;
    this.counts[slot] = 0;
    this.cells.fill(0, slot * SLOT_CELLS, (slot + 1) * SLOT_CELLS);
    return slot;
  }

  /** Gives a slot back, if `generation` is still the one it was taken with. */
  release(slot: number, generation: number): void {
    if (this.generations[slot] !== generation) return;
    this.generations[slot]++;
    this.free[this.freeCount++] = slot;
  }

  private steal(nowMs: number): number {
    let best = this.hand;
    let fewest = 0x7fffffff;
    for (let i = 0; i < STEAL_PROBES; i++) {
      const slot = this.hand;
      this.hand = this.hand + 1 === this.capacity ? 0 : this.hand + 1;
      if (this.windows[slot] <= nowMs) return slot;
      if (this.counts[slot] < fewest) {
        fewest = this.counts[slot];
        best = slot;
      }
    }
    this.stolen++;
    return best;
  }

  /**
   * Adds a 32-bit hash. Returns 1 if it was surely not there before, else 0; {@link counts} then holds the number of
   * distinct values. Once registers are in use, a value that changes none counts as seen.
   */
  add(slot: number, hash: number): number {
    const n = this.counts[slot];
    const base = slot * SLOT_CELLS;
    if (n <= EXACT_MAX) {
      for (let i = 0; i < n; i++) if (this.cells[base + i] === hash) return 0;
      if (n < EXACT_MAX) {
        this.cells[base + n] = hash;
        this.counts[slot] = n + 1;
        return 1;
      }
      this.toRegisters(base);
      // Not among the eight exact ones, so surely new, also where it raises no register.
      this.setRegister(base, hash);
      this.counts[slot] = Math.max(EXACT_MAX + 1, this.estimate(base));
      return 1;
    }
    if (!this.setRegister(base, hash)) return 0;
    this.counts[slot] = Math.max(EXACT_MAX + 1, this.estimate(base));
    return 1;
  }

  private readonly scratch = new Int32Array(EXACT_MAX);

  private toRegisters(base: number): void {
    this.scratch.set(this.cells.subarray(base, base + EXACT_MAX));
    this.cells.fill(0, base, base + SLOT_CELLS);
    for (let i = 0; i < EXACT_MAX; i++) this.setRegister(base, this.scratch[i]);
  }

  private setRegister(base: number, hash: number): boolean {
    const register = base * 4 + (hash & (REGISTERS - 1));
    const rank = Math.min(27, Math.clz32(hash) + 1);
    if (this.bytes[register] >= rank) return false;
    this.bytes[register] = rank;
    return true;
  }

  private estimate(base: number): number {
    let zeros = 0;
    let sum = 0;
    for (let i = base * 4; i < base * 4 + REGISTERS; i++) {
      const rank = this.bytes[i];
      if (rank === 0) zeros++;
      sum += rank <= 16 ? 65536 >>> rank : 65536 / (1 << rank);
    }
    const raw = RAW_NUMERATOR / sum;
    return raw <= 2.5 * REGISTERS && zeros > 0 ? LINEAR[zeros] : Math.round(raw);
  }

  /** Everything needed to go on later: of slots that were never taken nothing. */
  snapshot(): Record<string, unknown> {
    const { capacity, free, freeCount } = this;
    // Slots are given out from the first on; at the bottom of the free ones lie those that never were.
    let untouched = 0;
    while (untouched < freeCount && free[untouched] === capacity - 1 - untouched) untouched++;
    const used = capacity - untouched;
    return {
      used,
      cells: this.cells.subarray(0, used * SLOT_CELLS),
      windows: this.windows.subarray(0, used),
      counts: this.counts.subarray(0, used),
      generations: this.generations.subarray(0, used),
      free: free.subarray(untouched, freeCount),
      hand: this.hand,
      stolen: this.stolen,
    };
  }

  restore(s: Record<string, unknown>): void {
    const untouched = this.capacity - (s.used as number);
    if (untouched < 0) throw new RangeError(`${String(s.used)} slots, and room for ${this.capacity}`);
    for (const name of ['cells', 'windows', 'counts', 'generations'] as const) {
      this[name].fill(0);
      this[name].set(s[name] as Int32Array);
    }
    const free = s.free as Int32Array;
    for (let i = 0; i < untouched; i++) this.free[i] = this.capacity - 1 - i;
    this.free.set(free, untouched);
    this.freeCount = untouched + free.length;
    this.hand = s.hand as number;
    this.stolen = s.stolen as number;
  }
}
