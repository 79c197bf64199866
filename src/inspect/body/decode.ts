/**
 * Content codings (RFC 9110, 8.4.1) undone within bounds. What can be decoded is decoded as far as it goes: the beginning
 * of a body, or what stands before a mistake. A body that says it is encoded and is not is looked at as it came, because
 * most servers do so, too.
 */
import { promisify } from 'node:util';
import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import type { BodyProblem } from '../contract.ts';
import type { BodyLimits } from './limits.ts';
import { ZstdReader } from './zstd/reader.ts';

/** Codings in a row. Nobody compresses twice by mistake, and thrice nobody does. */
const MAX_CODINGS = 2;
/** Output up to which decoding is done at once, in bytes: about 0.2 ms. More is done beside the event loop. */
const AT_ONCE = 65_536;
/** Size of the pieces in which more comes, in bytes. */
const PIECE = 131_072;
/** The same for damaged ones. */
const SMALL_PIECE = 4096;
/** Longest time for one coding, in ms. Bounded output and input make it far shorter; this holds where they do not. */
const MAX_MS = 1_000;

/** A body without its codings. */
export interface Decoded {
  readonly bytes: Buffer;
  /** '', encoding, bomb, or truncated. */
  readonly problem: BodyProblem;
  /** There is more than this. */
  readonly cut: boolean;
}

type Coding = 'gzip' | 'deflate' | 'raw' | 'br' | 'zstd';

/** What one coding gave. `full`: there would be more. `failed`: the rest is damaged. */
interface Step {
  readonly bytes: Buffer;
  readonly full: boolean;
  readonly failed: boolean;
  /** Bytes of input that this took. */
  readonly taken: number;
}

const NAMES: Readonly<Record<string, Coding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
};

/**
 * Undoes the codings that `encoding` (the value of Content-Encoding) lists. `cut`: `bytes` are only the beginning. At once
 * where there is none or little comes of it. Never throws and never rejects.
 */
export function decodeBody(
  bytes: Buffer,
  encoding: string,
  limits: BodyLimits,
  cut = false,
): Decoded | Promise<Decoded> {
  const codings = readCodings(encoding);
  if (codings === null) return { bytes: bounded(bytes, limits), problem: 'encoding', cut };
  if (codings.length === 0) return { bytes: bounded(bytes, limits), problem: '', cut: cut || tooMuch(bytes, limits) };
  return run(codings, limits, { bytes, full: cut, failed: false, taken: 0 });
}

const tooMuch = (bytes: Buffer, limits: BodyLimits): boolean => bytes.length > limits.decodedBytes;
const bounded = (bytes: Buffer, limits: BodyLimits): Buffer => bytes.subarray(0, limits.decodedBytes);

/** Codings in the order in which they are to be undone; null where one is not known or there are too many. */
function readCodings(encoding: string): Coding[] | null {
  if (encoding === '') return [];
  const codings: Coding[] = [];
  for (const item of encoding.toLowerCase().split(',', MAX_CODINGS * 4)) {
    const name = item.trim();
    if (name === '' || name === 'identity') continue;
    if (!Object.hasOwn(NAMES, name) || codings.length === MAX_CODINGS) return null;
    codings.unshift(NAMES[name]);
  }
  return codings;
}

/** Undoes codings one after another, going on at once for as long as they are done at once. */
function run(codings: readonly Coding[], limits: BodyLimits, so: Step): Decoded | Promise<Decoded> {
  if (codings.length === 0 || so.failed) return settle(limits, so);
  const [coding, ...rest] = codings;
  const went = (step: Step): Decoded | Promise<Decoded> => {
    // Nothing came of it at all: it was never encoded like that.
    if (step.failed && step.bytes.length === 0)
      return { bytes: bounded(so.bytes, limits), problem: 'encoding', cut: so.full };
    if (isBomb(step, limits)) return { bytes: step.bytes, problem: 'bomb', cut: true };
    return run(rest, limits, { ...step, full: step.full || so.full });
  };
  const kind = coding === 'deflate' && !hasZlibHead(so.bytes) ? 'raw' : coding;
  const step = undo(kind, so.bytes, so.full, limits.decodedBytes);
  return step instanceof Promise ? step.then(went) : went(step);
}

function settle(limits: BodyLimits, step: Step): Decoded {
  if (isBomb(step, limits)) return { bytes: step.bytes, problem: 'bomb', cut: true };
  const problem = step.failed ? 'encoding' : '';
  return { bytes: bounded(step.bytes, limits), problem, cut: step.full || step.failed };
}

function isBomb(step: Step, limits: BodyLimits): boolean {
  return step.bytes.length >= limits.decodedBytes && step.bytes.length > step.taken * limits.ratio;
}

/** RFC 1950, 2.2. Some send raw deflate data (RFC 1951) under this name. */
function hasZlibHead(bytes: Buffer): boolean {
  return (bytes[0] & 0x0f) === 8 && ((bytes[0] << 8) | bytes[1]) % 31 === 0;
}

function undo(coding: Coding, bytes: Buffer, cut: boolean, limit: number): Step | Promise<Step> {
  if (coding === 'zstd') return unzstd(bytes, cut, limit);
  const flush = cut ? { finishFlush: coding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH } : {};
  try {
    const options = { ...flush, maxOutputLength: Math.min(AT_ONCE, limit) };
    return { bytes: SYNC[coding](bytes, options), full: false, failed: false, taken: bytes.length };
  } catch {
    return stream(coding, bytes, flush, limit);
  }
}

const SYNC = { gzip: gunzipSync, deflate: inflateSync, raw: inflateRawSync, br: brotliDecompressSync };
const STREAMS = {
  gzip: createGunzip,
  deflate: createInflate,
  raw: createInflateRaw,
  br: createBrotliDecompress,
};

/**
 * Decodes piece by piece until the limit, the end, a mistake, or the end of patience. What zlib had decoded of the last piece is
 * lost when it meets a mistake, so a damaged stream is decoded again in small pieces, and without its checksum.
 */
async function stream(
  coding: Exclude<Coding, 'zstd'>,
  bytes: Buffer,
  flush: { finishFlush?: number },
  limit: number,
): Promise<Step> {
  const step = await pump(coding, bytes, { ...flush, chunkSize: PIECE }, limit);
  if (!step.failed) return step;
  const head = coding === 'gzip' ? gzipHead(bytes) : coding === 'deflate' ? ZLIB_HEAD : 0;
  if (head < 0) return step;
  const raw = coding === 'br' ? coding : 'raw';
  const again = await pump(raw, bytes.subarray(head), { ...flush, chunkSize: SMALL_PIECE }, limit);
  return { ...again, failed: true };
}

function pump(
  coding: Exclude<Coding, 'zstd'>,
  bytes: Buffer,
  options: { readonly finishFlush?: number; readonly chunkSize: number },
  limit: number,
): Promise<Step> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let total = 0;
    const decoder = STREAMS[coding](options);
    const end = (full: boolean, failed: boolean): void => {
      clearTimeout(timer);
      const taken = decoder.bytesWritten;
      decoder.destroy();
      resolve({ bytes: Buffer.concat(pieces, Math.min(total, limit)), full, failed, taken });
    };
    const timer = setTimeout(() => end(true, false), MAX_MS);
    decoder.on('data', (piece: Buffer) => {
      pieces.push(piece);
      total += piece.length;
      if (total > limit) end(true, false);
    });
    decoder.on('end', () => end(false, false));
    decoder.on('error', () => end(false, true));
    decoder.end(bytes);
  });
}

/** RFC 1950, 2.2. */
const ZLIB_HEAD = 2;

/** Length of the head of a gzip member (RFC 1952, 2.3); −1 where it is none. */
function gzipHead(bytes: Buffer): number {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return -1;
  const flags = bytes[3];
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + bytes[at] + (bytes[at + 1] << 8);
  // A name and a comment, each with a zero at its end.
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = bytes.indexOf(0, at) + 1;
  if ((flags & 2) !== 0) at += 2;
  return at > 0 && at <= bytes.length ? at : -1;
}

const turn = promisify(setImmediate);

/** Zstandard is decoded in JavaScript: other requests get their turn between pieces. */
function unzstd(bytes: Buffer, cut: boolean, limit: number): Step | Promise<Step> {
  const reader = new ZstdReader(bytes, limit);
  reader.run(AT_ONCE);
  return reader.done ? zstdStep(reader, cut) : goOn(reader, cut);
}

async function goOn(reader: ZstdReader, cut: boolean): Promise<Step> {
  while (!reader.done) {
    await turn();
    reader.run(PIECE);
  }
  return zstdStep(reader, cut);
}

function zstdStep(reader: ZstdReader, cut: boolean): Step {
  return {
    bytes: reader.output(),
    full: reader.full,
    failed: reader.failed && !(cut && reader.short),
    taken: reader.taken,
  };
}
