/**
 * Decoy paths: places that nobody has a reason to visit, laid out by the operator. There are none by default, because a
 * path that no site has does not exist; docs and the detector's README say how to choose some, for instance one that
 * only robots.txt mentions, under Disallow.
 */
import { WORD_HASH_PRIME, WORD_HASH_SEED } from './words.ts';

/** Most decoys of one installation: facts keep an id of 16 bits. */
export const MAX_DECOYS = 4096;
/** From this id on a decoy is no path but a value, which a door has found in a request. */
export const DECOY_VALUES = 0x8000;

const encoder = new TextEncoder();

/**
 * Compiled decoy paths. A path is meant exactly; one that ends in `/*` is meant with everything below it. Percent signs
 * in the request are decoded and the case of letters is ignored.
 */
export class DecoySet {
  /** The paths as given; the id of a decoy is its index + 1. */
  readonly paths: readonly string[];
  /** FNV hash → id, for exact paths and for prefixes (id negative). */
  readonly ids = new Map<number, number>();
  readonly bytes: readonly Uint8Array[];

  /** RangeError for a path that does not begin with a slash, is only a slash or a star, or stands there twice. */
  constructor(paths: readonly string[]) {
    if (paths.length > MAX_DECOYS) throw new RangeError(`more than ${MAX_DECOYS} decoys`);
    this.paths = paths;
    this.bytes = paths.map((path) => encoder.encode(path.replace(/\/\*$/, '').toLowerCase()));
    paths.forEach((path, i) => {
      const prefix = path.endsWith('/*');
      const bytes = this.bytes[i];
      if (bytes[0] !== 0x2f || bytes.length < 2)
        throw new RangeError(`a decoy is a path below the root, not "${path}"`);
      let hash = WORD_HASH_SEED;
      for (const byte of bytes) hash = Math.imul(hash ^ fold(byte), WORD_HASH_PRIME);
      if (this.ids.has(hash)) throw new RangeError(`the decoy "${path}" stands there twice`);
      this.ids.set(hash, prefix ? -(i + 1) : i + 1);
    });
  }

  get size(): number {
    return this.paths.length;
  }
}

/** No decoys. */
export const NO_DECOYS = new DecoySet([]);

const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 10; i++) HEX[0x30 + i] = i;
for (let i = 0; i < 6; i++) {
  HEX[0x41 + i] = 10 + i;
  HEX[0x61 + i] = 10 + i;
}

const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

/** Longest path compared with a decoy: longer ones are none. */
const MAX_PATH_BYTES = 1024;
const path = new Uint8Array(MAX_PATH_BYTES);

/**
 * The decoy that the path `buf[pathStart, pathEnd)` (no query) touches: index + 1 in `decoys.paths`, 0 for none. Never
 * throws; allocates nothing.
 */
export function decoyOf(buf: Uint8Array, pathStart: number, pathEnd: number, decoys: DecoySet): number {
  if (decoys.size === 0) return 0;
  let hash = WORD_HASH_SEED;
  let n = 0;
  for (let i = pathStart; i < pathEnd && n < MAX_PATH_BYTES; i++) {
    let byte = buf[i];
    if (byte === 0x3f) break;
    if (byte === 0x25 && i + 2 < pathEnd) {
      const value = (HEX[buf[i + 1]] << 4) | HEX[buf[i + 2]];
      if (value >= 0) {
        byte = value;
        i += 2;
      }
    }
    byte = fold(byte);
    if (byte === 0x2f && n > 0) {
      const id = decoys.ids.get(hash);
      if (id !== undefined && id < 0 && same(decoys.bytes[-id - 1], n)) return -id;
    }
    path[n++] = byte;
    hash = Math.imul(hash ^ byte, WORD_HASH_PRIME);
  }
  const id = decoys.ids.get(hash);
  if (id === undefined) return 0;
  const index = id < 0 ? -id : id;
  return same(decoys.bytes[index - 1], n) ? index : 0;
}

function same(decoy: Uint8Array, length: number): boolean {
  if (decoy.length !== length) return false;
  for (let i = 0; i < length; i++) if (decoy[i] !== path[i]) return false;
  return true;
}
