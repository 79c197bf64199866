/** Huffman codes of Zstandard literals (RFC 8878, 4.2). */
import { BackwardBits, DAMAGED, type FseTable, highBit, readFse } from './bits.ts';

const MAX_BITS = 11;
const MAX_WEIGHT_LOG = 6;
const MAX_SYMBOLS = 256;

/** By the next `log` bits: the symbol and how many of them it took. */
export interface Huffman {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

/** Reads the description of a tree at `at`; gives it back with where it ends. */
export function readHuffman(bytes: Uint8Array, at: number, end: number): { tree: Huffman; end: number } {
  if (at >= end) throw DAMAGED;
  const head = bytes[at];
  const size = head < 128 ? head : (head - 126) >> 1;
  const stop = at + 1 + size;
  if (stop > end) throw DAMAGED;
  const weights = head < 128 ? packedWeights(bytes, at + 1, stop) : plainWeights(bytes, at + 1, head - 127);
  return { tree: build(weights), end: stop };
}

function plainWeights(bytes: Uint8Array, at: number, count: number): number[] {
  const weights: number[] = [];
  for (let i = 0; i < count; i++) {
    const byte = bytes[at + (i >> 1)];
    weights.push((i & 1) === 0 ? byte >> 4 : byte & 15);
  }
  return weights;
}

/** Weights in finite state entropy: two states take turns until the bits are used up. */
function packedWeights(bytes: Uint8Array, at: number, end: number): number[] {
  const { table, end: from } = readFse(bytes, at, end, MAX_WEIGHT_LOG, MAX_BITS + 1);
  const stream = new BackwardBits(bytes, from, end);
  const weights: number[] = [];
  let state = stream.read(table.log);
  let other = stream.read(table.log);
  if (stream.left < 0) throw DAMAGED;
  for (;;) {
    weights.push(table.symbols[state]);
    if (weights.length >= MAX_SYMBOLS) throw DAMAGED;
    const next = step(table, state, stream);
    if (stream.left < 0) {
      weights.push(table.symbols[other]);
      return weights;
    }
    state = other;
    other = next;
  }
}

function step(table: FseTable, state: number, stream: BackwardBits): number {
  return table.base[state] + stream.read(table.bits[state]);
}

/** The last weight is not written: it is what is missing to a power of two. */
function build(weights: number[]): Huffman {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_BITS) throw DAMAGED;
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) throw DAMAGED;
  const log = highBit(sum) + 1;
  const missing = (1 << log) - sum;
  if (log > MAX_BITS || (missing & (missing - 1)) !== 0 || weights.length >= MAX_SYMBOLS) throw DAMAGED;
  weights.push(highBit(missing) + 1);
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (let symbol = 0; symbol < weights.length; symbol++) {
      if (weights[symbol] !== weight) continue;
      const size = 1 << (weight - 1);
      symbols.fill(symbol, at, at + size);
      bits.fill(log + 1 - weight, at, at + size);
      at += size;
    }
  }
  return { log, symbols, bits };
}

/** Decodes `to.length` literals from the bytes between `start` and `end`. */
export function decodeHuffman(tree: Huffman, bytes: Uint8Array, start: number, end: number, to: Uint8Array): void {
  const stream = new BackwardBits(bytes, start, end);
  const { log, symbols, bits } = tree;
  for (let i = 0; i < to.length; i++) {
    const code = stream.peek(log);
    to[i] = symbols[code];
    stream.left -= bits[code];
    if (stream.left < 0) throw DAMAGED;
  }
}
