/** Host names as bytes: normalised for hashing, compared for "same site". */
import { hashBytes, hashString, lanes } from '../lib/hash.ts';

/** Longest host name (RFC 1035); longer ones are cut. */
const MAX_HOST_BYTES = 255;
const COLON = 0x3a;
const DOT = 0x2e;

const scratch = new Uint8Array(MAX_HOST_BYTES);

/** The span of the last {@link trimHost}. */
export const host = { start: 0, end: 0 };

/** Narrows an authority to its host: no user, no port, no trailing dot. The result stands in {@link host}. */
export function trimHost(buf: Uint8Array, start: number, end: number): void {
  for (let i = end - 1; i >= start; i--) {
    if (buf[i] === 0x40) {
      start = i + 1;
      break;
    }
  }
  let at = end;
  while (at > start && buf[at - 1] >= 0x30 && buf[at - 1] <= 0x39) at--;
  // A colon behind a colon belongs to an IPv6 address without brackets.
  if (at > start && buf[at - 1] === COLON && !hasColon(buf, start, at - 1)) end = at - 1;
  else if (at > start + 1 && buf[at - 1] === COLON && buf[at - 2] === 0x5d) end = at - 1;
  if (end > start && buf[end - 1] === DOT) end--;
  host.start = start;
  host.end = end - start > MAX_HOST_BYTES ? start + MAX_HOST_BYTES : end;
}

function hasColon(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] === COLON) return true;
  return false;
}

/** Hashes an authority as {@link trimHost} narrows it, in lower case; the result stands in `lanes`. */
export function hashHost(buf: Uint8Array, start: number, end: number, seed: number): void {
  trimHost(buf, start, end);
  const length = host.end - host.start;
  for (let i = 0; i < length; i++) {
    const c = buf[host.start + i];
    scratch[i] = c >= 0x41 && c <= 0x5a ? c | 32 : c;
  }
  hashBytes(scratch, 0, length, seed);
}

/** Offset behind a leading "www.". */
export function withoutWww(buf: Uint8Array, start: number, end: number): number {
  const www =
    end - start > 4 &&
    (buf[start] | 32) === 0x77 &&
    (buf[start + 1] | 32) === 0x77 &&
    (buf[start + 2] | 32) === 0x77 &&
    buf[start + 3] === DOT;
  return www ? start + 4 : start;
}

/** True where two hosts (already trimmed) are equal but for "www." and case, or one lies below the other. */
export function sameSite(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const aFrom = withoutWww(a, aStart, aEnd);
  const bFrom = withoutWww(b, bStart, bEnd);
  let i = aEnd;
  let j = bEnd;
  while (i > aFrom && j > bFrom) {
    i--;
    j--;
    const x = a[i];
    const y = b[j];
    if (x === y) continue;
    if ((x | 32) !== (y | 32) || (x | 32) < 0x61 || (x | 32) > 0x7a) return false;
  }
  if (aEnd === aFrom || bEnd === bFrom) return false;
  if (i === aFrom && j === bFrom) return true;
  return i === aFrom ? b[j - 1] === DOT : a[i - 1] === DOT;
}

/** A fixed set of host names: exact ones, with or without "www.", and "*.example.com" for all below it. Ports are ignored. */
export class HostSet {
  readonly size: number;
  private readonly hi: Int32Array;
  private readonly lo: Int32Array;
  /** What stands behind the star, the dot included. */
  private readonly suffixes: readonly Uint8Array[];

  constructor(names: readonly string[], seed: number) {
    const bare = names.map((name) => name.toLowerCase().replace(/:\d+$/, ''));
    const hashes = bare.filter((name) => !name.startsWith('*.')).map((name) => hashString(name, seed));
    this.size = names.length;
    this.hi = Int32Array.from(hashes, (h) => h.hi);
    this.lo = Int32Array.from(hashes, (h) => h.lo);
    this.suffixes = bare.filter((name) => name.startsWith('*.')).map((name) => new TextEncoder().encode(name.slice(1)));
  }

  /** True where the authority `buf[start, end)` is one of the set. */
  has(buf: Uint8Array, start: number, end: number, seed: number): boolean {
    if (this.size === 0) return false;
    hashHost(buf, start, end, seed);
    const length = host.end - host.start;
    if (this.find(lanes.hi, lanes.lo)) return true;
    for (const suffix of this.suffixes) if (endsWith(length, suffix)) return true;
    const from = withoutWww(buf, host.start, host.end);
    if (from === host.start) return false;
    hashHost(buf, from, host.end, seed);
    return this.find(lanes.hi, lanes.lo);
  }

  // A handful of hosts: walking them is faster than any table.
  private find(hi: number, lo: number): boolean {
    for (let i = 0; i < this.hi.length; i++) if (this.lo[i] === lo && this.hi[i] === hi) return true;
    return false;
  }
}

/** Does the host that was hashed last, in lower case in scratch, end in `suffix` with something before it? */
function endsWith(length: number, suffix: Uint8Array): boolean {
  if (length <= suffix.length) return false;
  for (let i = 0; i < suffix.length; i++) if (scratch[length - suffix.length + i] !== suffix[i]) return false;
  return true;
}
