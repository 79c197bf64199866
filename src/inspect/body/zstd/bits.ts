/** Bits of Zstandard (RFC 8878, 4.1): streams that are read from their end, and tables of finite state entropy. */

/** Thrown and caught in this folder: the data is damaged. */
export const DAMAGED = Symbol('damaged');

/** Number of the highest bit that is set; −1 for 0. */
export const highBit = (value: number): number => 31 - Math.clz32(value);

/** A stream of bits that is read backwards. Beyond its beginning it holds zeros. */
export class BackwardBits {
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  /** Bits that are left. */
  left: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? bytes[end - 1] : 0;
    // The highest bit that is set marks the end.
    if (last === 0) throw DAMAGED;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.left = (end - start - 1) * 8 + highBit(last);
  }

  /** The next `count` bits, at most 24, without taking them. */
  peek(count: number): number {
    const from = this.left - count;
    const at = this.start + (from >> 3);
    const word = this.byte(at) | (this.byte(at + 1) << 8) | (this.byte(at + 2) << 16) | (this.byte(at + 3) << 24);
    return (word >>> (from & 7)) & ((1 << count) - 1);
  }

  read(count: number): number {
    if (count === 0) return 0;
    const value = this.peek(count);
    this.left -= count;
    return value;
  }

  private byte(at: number): number {
    return at >= this.start && at < this.end ? this.bytes[at] : 0;
  }
}

/** A table of finite state entropy: by state, the symbol, the bits to read, and what they are added to. */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** Makes a table of a distribution, in which −1 stands for "less than 1" (RFC 8878, 4.1.1). */
export function buildFse(distribution: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  const next = new Uint16Array(distribution.length);
  let high = size;
  for (let s = 0; s < distribution.length; s++) {
    if (distribution[s] !== -1) continue;
    symbols[--high] = s;
    next[s] = 1;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let s = 0; s < distribution.length; s++) {
    if (distribution[s] <= 0) continue;
    next[s] = distribution[s];
    for (let i = 0; i < distribution[s]; i++) {
      symbols[at] = s;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  for (let i = 0; i < size; i++) {
    const state = next[symbols[i]]++;
    bits[i] = log - highBit(state);
    base[i] = (state << bits[i]) - size;
  }
  return { log, symbols, bits, base };
}

/** A table with one symbol, which costs no bits. */
export function singleFse(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) };
}

/** Reads the description of a table at `at`; gives it back with where it ends. */
export function readFse(
  bytes: Uint8Array,
  at: number,
  end: number,
  maxLog: number,
  maxSymbol: number,
): { table: FseTable; end: number } {
  let bit = 0;
  const read = (count: number): number => {
    const from = at + (bit >> 3);
    if (from >= end) throw DAMAGED;
    const word = bytes[from] | ((bytes[from + 1] ?? 0) << 8) | ((bytes[from + 2] ?? 0) << 16);
    const value = (word >> (bit & 7)) & ((1 << count) - 1);
    bit += count;
    return value;
  };
  const log = read(4) + 5;
  if (log > maxLog) throw DAMAGED;
  const distribution: number[] = [];
  let left = 1 << log;
  while (left > 0) {
    const count = highBit(left + 1) + 1;
    const threshold = (1 << count) - 2 - left;
    const half = (1 << (count - 1)) - 1;
    let value = read(count);
    if ((value & half) < threshold) {
      // This one is a bit shorter.
      bit--;
      value &= half;
    } else if (value > half) value -= threshold;
    const probability = value - 1;
    left -= Math.abs(probability);
    distribution.push(probability);
    for (let zeros = probability === 0 ? 3 : 0; zeros === 3; ) {
      zeros = read(2);
      for (let i = 0; i < zeros; i++) distribution.push(0);
    }
    if (left < 0 || distribution.length > maxSymbol + 1) throw DAMAGED;
  }
  return { table: buildFse(distribution, log), end: at + ((bit + 7) >> 3) };
}
