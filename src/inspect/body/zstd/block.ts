/** Compressed blocks of Zstandard (RFC 8878, 3.1.1.3): literals, and sequences that say where to copy from. */
import { BackwardBits, buildFse, DAMAGED, type FseTable, readFse, singleFse } from './bits.ts';
import { decodeHuffman, type Huffman, readHuffman } from './huffman.ts';

/** Largest content of one block, in bytes. */
export const MAX_BLOCK = 131_072;

/** Further bits of codes of lengths; what they are added to follows from them. */
const LITERAL_BITS = [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_BITS = [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const LITERAL_BASE = bases(LITERAL_BITS, 0);
const MATCH_BASE = bases(MATCH_BITS, 3);
/** Larger offsets reach behind any output that is kept. */
const MAX_OFFSET_CODE = 27;

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

function bases(bits: readonly number[], first: number): number[] {
  let sum = first;
  return bits.map((count) => {
    const base = sum;
    sum += 1 << count;
    return base;
  });
}

/** Distributions that hold where a block brings none (RFC 8878, 3.1.1.3.2.2). */
const LITERAL_TABLE = buildFse(
  [
    4,
    3,
    ...new Array<number>(11).fill(2),
    1,
    1,
    1,
    ...new Array<number>(9).fill(2),
    3,
    2,
    1,
    1,
    1,
    1,
    1,
    -1,
    -1,
    -1,
    -1,
  ],
  6,
);
const OFFSET_TABLE = buildFse([1, 1, 1, 1, 1, 1, 2, 2, 2, ...new Array<number>(15).fill(1), -1, -1, -1, -1, -1], 5);
const MATCH_TABLE = buildFse(
  [1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array<number>(37).fill(1), -1, -1, -1, -1, -1, -1, -1],
  6,
);

/** What blocks of one frame hand on to the next. */
export interface FrameState {
  /** Where the output of the frame begins. */
  readonly start: number;
  readonly offsets: [number, number, number];
  huffman: Huffman | null;
  literalTable: FseTable | null;
  offsetTable: FseTable | null;
  matchTable: FseTable | null;
}

export function newFrame(start: number): FrameState {
  return { start, offsets: [1, 4, 8], huffman: null, literalTable: null, offsetTable: null, matchTable: null };
}

/**
 * Decodes the block between `at` and `end` of `bytes` into `out` from `to` on, where MAX_BLOCK bytes must be free. Gives back
 * where the output ends. Throws DAMAGED.
 */
export function decodeBlock(
  bytes: Uint8Array,
  at: number,
  end: number,
  frame: FrameState,
  out: Uint8Array,
  to: number,
): number {
  const { literals, end: next } = readLiterals(bytes, at, end, frame);
  return sequences(bytes, next, end, frame, literals, out, to);
}

function readLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  frame: FrameState,
): { literals: Uint8Array; end: number } {
  if (end - start < 2) throw DAMAGED;
  const kind = bytes[start] & 3;
  const format = (bytes[start] >> 2) & 3;
  if (kind >= 2) return packedLiterals(bytes, start, end, frame, kind, format);
  let size = bytes[start] >> 3;
  let at = start + 1;
  if (format === 1) {
    size = (bytes[start] >> 4) | (bytes[start + 1] << 4);
    at = start + 2;
  } else if (format === 3) {
    size = (bytes[start] >> 4) | (bytes[start + 1] << 4) | (bytes[start + 2] << 12);
    at = start + 3;
  }
  const stop = at + (kind === 0 ? size : 1);
  if (size > MAX_BLOCK || stop > end) throw DAMAGED;
  const literals = kind === 0 ? bytes.subarray(at, stop) : new Uint8Array(size).fill(bytes[at]);
  return { literals, end: stop };
}

function packedLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  frame: FrameState,
  kind: number,
  format: number,
): { literals: Uint8Array; end: number } {
  const width = format < 2 ? 10 : format === 2 ? 14 : 18;
  const headBytes = format < 2 ? 3 : format + 2;
  if (start + headBytes > end) throw DAMAGED;
  // Up to 40 bits: more than the operators on bits take.
  let head = 0;
  for (let i = headBytes - 1; i >= 0; i--) head = head * 256 + bytes[start + i];
  const sizes = Math.floor(head / 16);
  const size = sizes % 2 ** width;
  const packed = Math.floor(sizes / 2 ** width);
  let at = start + headBytes;
  const stop = at + packed;
  if (size > MAX_BLOCK || stop > end) throw DAMAGED;
  if (kind === 2) {
    const read = readHuffman(bytes, at, stop);
    frame.huffman = read.tree;
    at = read.end;
  }
  const tree = frame.huffman;
  if (tree === null) throw DAMAGED;
  const literals = new Uint8Array(size);
  if (format === 0) decodeHuffman(tree, bytes, at, stop, literals);
  else fourStreams(tree, bytes, at, stop, literals);
  return { literals, end: stop };
}

function fourStreams(tree: Huffman, bytes: Uint8Array, start: number, end: number, to: Uint8Array): void {
  const quarter = (to.length + 3) >> 2;
  if (start + 6 > end || quarter * 3 > to.length) throw DAMAGED;
  let at = start + 6;
  for (let i = 0; i < 4; i++) {
    const size = i < 3 ? bytes[start + i * 2] | (bytes[start + i * 2 + 1] << 8) : end - at;
    if (size < 1 || at + size > end) throw DAMAGED;
    decodeHuffman(tree, bytes, at, at + size, to.subarray(i * quarter, i < 3 ? (i + 1) * quarter : to.length));
    at += size;
  }
}

function sequences(
  bytes: Uint8Array,
  start: number,
  end: number,
  frame: FrameState,
  literals: Uint8Array,
  out: Uint8Array,
  to: number,
): number {
  if (start >= end) throw DAMAGED;
  let count = bytes[start];
  let at = start + 1;
  if (count >= 128) {
    if (at + 2 > end) throw DAMAGED;
    if (count < 255) count = ((count - 128) << 8) + bytes[at++];
    else {
      count = bytes[at] + (bytes[at + 1] << 8) + 0x7f00;
      at += 2;
    }
  }
  if (count === 0) {
    out.set(literals, to);
    return to + literals.length;
  }
  if (at >= end || (bytes[at] & 3) !== 0) throw DAMAGED;
  const modes = bytes[at++];
  const tables = { at, bytes, end };
  frame.literalTable = table(tables, modes >> 6, LITERAL_TABLE, frame.literalTable, 9, LITERAL_BITS.length - 1);
  frame.offsetTable = table(tables, (modes >> 4) & 3, OFFSET_TABLE, frame.offsetTable, 8, MAX_OFFSET_CODE + 4);
  frame.matchTable = table(tables, (modes >> 2) & 3, MATCH_TABLE, frame.matchTable, 9, MATCH_BITS.length - 1);
  return copy(new BackwardBits(bytes, tables.at, end), count, frame, literals, out, to);
}

function table(
  from: { at: number; readonly bytes: Uint8Array; readonly end: number },
  mode: number,
  preset: FseTable,
  before: FseTable | null,
  maxLog: number,
  maxSymbol: number,
): FseTable {
  if (mode === 0) return preset;
  if (mode === 1) {
    if (from.at >= from.end || from.bytes[from.at] > maxSymbol) throw DAMAGED;
    return singleFse(from.bytes[from.at++]);
  }
  if (mode === 2) {
    const read = readFse(from.bytes, from.at, from.end, maxLog, maxSymbol);
    from.at = read.end;
    return read.table;
  }
  if (before === null) throw DAMAGED;
  return before;
}

/** Carries out the sequences. No byte is written beyond one block, whatever they say. */
function copy(
  stream: BackwardBits,
  count: number,
  frame: FrameState,
  literals: Uint8Array,
  out: Uint8Array,
  to: number,
): number {
  const { literalTable, offsetTable, matchTable } = frame;
  if (literalTable === null || offsetTable === null || matchTable === null) throw DAMAGED;
  let literalState = stream.read(literalTable.log);
  let offsetState = stream.read(offsetTable.log);
  let matchState = stream.read(matchTable.log);
  let used = 0;
  let at = to;
  for (let left = count; left > 0; left--) {
    const offsetCode = offsetTable.symbols[offsetState];
    const matchCode = matchTable.symbols[matchState];
    const literalCode = literalTable.symbols[literalState];
    if (offsetCode > MAX_OFFSET_CODE) throw DAMAGED;
    const value = (1 << offsetCode) + wide(stream, offsetCode);
    const match = MATCH_BASE[matchCode] + stream.read(MATCH_BITS[matchCode]);
    const length = LITERAL_BASE[literalCode] + stream.read(LITERAL_BITS[literalCode]);
    const offset = offsetOf(frame.offsets, value, length);
    const after = at + length;
    if (stream.left < 0 || used + length > literals.length || after + match - to > MAX_BLOCK) throw DAMAGED;
    if (offset <= 0 || offset > after - frame.start) throw DAMAGED;
    for (let i = 0; i < length; i++) out[at + i] = literals[used + i];
    used += length;
    // Byte by byte: a match may reach into what it writes itself.
    for (let i = 0; i < match; i++) out[after + i] = out[after + i - offset];
    at = after + match;
    if (left === 1) break;
    literalState = literalTable.base[literalState] + stream.read(literalTable.bits[literalState]);
    matchState = matchTable.base[matchState] + stream.read(matchTable.bits[matchState]);
    offsetState = offsetTable.base[offsetState] + stream.read(offsetTable.bits[offsetState]);
  }
  const rest = literals.length - used;
  if (at + rest - to > MAX_BLOCK) throw DAMAGED;
  out.set(literals.subarray(used), at);
  return at + rest;
}

/** Up to 27 bits, in two goes. */
function wide(stream: BackwardBits, count: number): number {
  if (count <= 16) return stream.read(count);
  const high = stream.read(count - 16);
  return high * 65_536 + stream.read(16);
}

/** The offset that a value stands for: one of the last three, or a new one (RFC 8878, 3.1.1.5). */
function offsetOf(last: [number, number, number], value: number, literals: number): number {
  if (value > 3) {
    last[2] = last[1];
    last[1] = last[0];
    last[0] = value - 3;
    return last[0];
  }
  const place = literals === 0 ? value : value - 1;
  if (place === 0) return last[0];
  const offset = place === 3 ? last[0] - 1 : last[place];
  if (place > 1) last[2] = last[1];
  last[1] = last[0];
  last[0] = offset;
  return offset;
}
