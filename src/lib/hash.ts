/**
 * Two 32-bit lanes of hash over bytes or numbers: the key of everything the engine keeps state for.
 *
 * Two lanes (64 bits) because at a million keys one lane would merge about a hundred pairs of actors. Lanes are signed
 * 32-bit integers, which V8 keeps unboxed. The construction follows cyrb53 (public domain): a multiply per word and lane,
 * finished with MurmurHash3's avalanche. It is keyed by the installation's seed, so that nobody outside can aim for
 * collisions; it is not a cryptographic hash, and what must survive a dictionary attack uses HMAC instead.
 */

/** The result of the last hash: read it before the next call. One shared object, so that hashing allocates nothing. */
export const lanes = { hi: 0, lo: 0 };

/** Hashes `buf[start, end)` under `seed`. The result stands in {@link lanes}; an empty range gives (0, 0), "absent". */
export function hashBytes(buf: Uint8Array, start: number, end: number, seed: number): void {
  if (end <= start) {
    lanes.hi = 0;
    lanes.lo = 0;
    return;
  }
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  let i = start;
  // Four bytes at a time; the shift brings what the multiplication moved up back down, which single bytes do not need.
  for (; i + 4 <= end; i += 4) {
    const c = buf[i] | (buf[i + 1] << 8) | (buf[i + 2] << 16) | (buf[i + 3] << 24);
    a = Math.imul(a ^ c, 2654435761);
    a ^= a >>> 15;
    b = Math.imul(b ^ c, 1597334677);
    b ^= b >>> 13;
  }
  for (; i < end; i++) {
    const c = buf[i];
    a = Math.imul(a ^ c, 2654435761);
    b = Math.imul(b ^ c, 1597334677);
  }
  finish(a, b, end - start);
}

/** Folds one more 64-bit value into a pair of lanes: the key of a combination such as principal × route. */
export function combine(hi: number, lo: number, hi2: number, lo2: number): void {
  let a = Math.imul(hi ^ 0x9e3779b1, 2654435761) ^ lo2;
  let b = Math.imul(lo ^ 0x85ebca77, 1597334677) ^ hi2;
  a = Math.imul(a ^ (a >>> 15), 2246822507) ^ hi2;
  b = Math.imul(b ^ (b >>> 13), 3266489909) ^ lo2;
  finish(a, b, 8);
}

function finish(a: number, b: number, length: number): void {
  a ^= length;
  const a1 = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  const b1 = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a1 ^ (a1 >>> 13), 3266489909);
  lanes.hi = b1 | 0;
  // (0, 0) means "absent" everywhere: no present value may hash to it.
  lanes.lo = a1 | 0 || 1;
}

const encoder = new TextEncoder();
/** Where short ASCII texts are written for hashing: an encoder costs more than most of them are long. */
const scratch = new Uint8Array(256);

/** {@link hashBytes} of a string's UTF-8 bytes. */
export function hashString(text: string, seed: number): { hi: number; lo: number } {
  const { length } = text;
  const copied = length <= scratch.length ? copyAscii(text) : 0;
  if (copied === length) hashBytes(scratch, 0, length, seed);
  else {
    const bytes = encoder.encode(text);
    hashBytes(bytes, 0, bytes.length, seed);
  }
  return { hi: lanes.hi, lo: lanes.lo };
}

/** Copies a text to the scratch bytes, up to its first character beyond ASCII. Returns how many were copied. */
function copyAscii(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return i;
    scratch[i] = code;
  }
  return text.length;
}

/** One 32-bit mix of a 32-bit integer (MurmurHash3's finaliser). */
export function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
