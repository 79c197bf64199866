/**
 * Takes a request target apart: authority, path, query. The path comes out the way a server would look it up, because
 * `/login`, `//login/`, `/x/../login`, `/%6cogin` and `/login;a=b` ask for the same thing and must count as one:
 * percent-decoded once, repeated slashes and dot segments resolved, path parameters (`;…`) and a trailing slash dropped.
 * An encoded slash stays encoded: it is part of a value, not a separator (RFC 3986, 2.2).
 */
import { hashBytes, lanes } from '../lib/hash.ts';

export const TARGET_FORM = {
  none: 0, // no target at all
  origin: 1, // "/path?query"
  absolute: 2, // "http://host/path?query"
  asterisk: 3, // "*", for OPTIONS
  other: 4, // authority form, or not a target
} as const;

/** Longer paths are read up to here: nothing beyond it tells routes apart. In bytes. */
export const MAX_PATH_BYTES = 8192;

const SLASH = 0x2f;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const HASH = 0x23;
const SEMICOLON = 0x3b;
const DOT = 0x2e;

const ROOT = new Uint8Array([SLASH]);

/** A target taken apart. One is kept by who reads targets and filled again for each: see {@link readTarget}. */
export class Target {
  form: number = TARGET_FORM.none;
  /** The bytes the path stands in: the log's own, or scratch where it had to be rewritten. */
  path: Uint8Array = ROOT;
  pathStart = 0;
  pathEnd = 1;
  pathHi = 0;
  pathLo = 0;
  /** The undecoded query in the buffer that was read, without "?". */
  queryStart = 0;
  queryEnd = 0;
  /** Authority of the absolute form. */
  hostStart = 0;
  hostEnd = 0;
  readonly scratch = new Uint8Array(MAX_PATH_BYTES);
}

/** Reads the target `buf[start, end)` into `out`; the path's hash is keyed by `seed`. Never throws, allocates nothing. */
export function readTarget(buf: Uint8Array, start: number, end: number, seed: number, out: Target): void {
  out.hostStart = 0;
  out.hostEnd = 0;
  out.path = buf;
  let at = start;
  if (start >= end) {
    out.form = TARGET_FORM.none;
  } else if (buf[start] === SLASH) {
    out.form = TARGET_FORM.origin;
  } else {
    at = readAuthority(buf, start, end, out);
  }
  const limit = end - at > MAX_PATH_BYTES ? at + MAX_PATH_BYTES : end;
  let clean = true;
  let previous = 0;
  let stop = at;
  for (; stop < limit; stop++) {
    const c = buf[stop];
    if (c === QUESTION || c === HASH) break;
    if (c === PERCENT || c === SEMICOLON || (previous === SLASH && (c === SLASH || c === DOT))) clean = false;
    previous = c;
  }
  readQuery(buf, stop, end, out);
  out.pathStart = at;
  out.pathEnd = stop;
  if (!clean) rewrite(buf, at, stop, out);
  if (out.pathEnd - out.pathStart > 1 && out.path[out.pathEnd - 1] === SLASH) out.pathEnd--;
  if (out.pathEnd <= out.pathStart && out.form !== TARGET_FORM.none) {
    out.path = ROOT;
    out.pathStart = 0;
    out.pathEnd = 1;
  }
  hashBytes(out.path, out.pathStart, out.pathEnd, seed);
  out.pathHi = lanes.hi;
  out.pathLo = lanes.lo;
}

/** Where the path starts behind "http://host"; `start` itself for anything else that is not the origin form. */
function readAuthority(buf: Uint8Array, start: number, end: number, out: Target): number {
  out.form = buf[start] === 0x2a && end - start === 1 ? TARGET_FORM.asterisk : TARGET_FORM.other;
  const authority = afterScheme(buf, start, end);
  if (authority < 0) return start;
  out.form = TARGET_FORM.absolute;
  let at = authority;
  while (at < end && buf[at] !== SLASH && buf[at] !== QUESTION && buf[at] !== HASH) at++;
  out.hostStart = authority;
  out.hostEnd = at;
  return at;
}

/** The offset behind "http://" or "https://", −1 where there is none. Also used for referrers. */
export function afterScheme(buf: Uint8Array, start: number, end: number): number {
  if (end - start < 7) return -1;
  if ((buf[start] | 32) !== 0x68 || (buf[start + 1] | 32) !== 0x74) return -1;
  if ((buf[start + 2] | 32) !== 0x74 || (buf[start + 3] | 32) !== 0x70) return -1;
  let at = start + 4;
  if ((buf[at] | 32) === 0x73) at++;
  if (at + 2 >= end || buf[at] !== 0x3a || buf[at + 1] !== SLASH || buf[at + 2] !== SLASH) return -1;
  return at + 3;
}

function readQuery(buf: Uint8Array, stop: number, end: number, out: Target): void {
  let at = stop;
  // Only a path cut at MAX_PATH_BYTES has more bytes here before its query.
  while (at < end && buf[at] !== QUESTION && buf[at] !== HASH) at++;
  if (at >= end || buf[at] === HASH) {
    out.queryStart = end;
    out.queryEnd = end;
    return;
  }
  let queryEnd = at + 1;
  while (queryEnd < end && buf[queryEnd] !== HASH) queryEnd++;
  out.queryStart = at + 1;
  out.queryEnd = queryEnd;
}

/** Writes the path a server would look up into the target's scratch. */
function rewrite(buf: Uint8Array, start: number, end: number, out: Target): void {
  const to = out.scratch;
  let length = 0;
  let skip = false;
  for (let i = start; i < end; i++) {
    let c = buf[i];
    if (c === SLASH) {
      skip = false;
      length = closeSegment(to, length);
      if (length === 0 || to[length - 1] !== SLASH) to[length++] = SLASH;
      continue;
    }
    if (c === SEMICOLON) skip = true;
    if (skip) continue;
    if (c === PERCENT && i + 2 < end) {
      const byte = hexByte(buf[i + 1], buf[i + 2]);
      if (byte >= 0 && byte !== SLASH) {
        c = byte;
        i += 2;
      }
    }
    to[length++] = c;
  }
  out.path = to;
  out.pathStart = 0;
  out.pathEnd = closeSegment(to, length);
}

/** Resolves a last segment of "." or ".."; returns the new length. */
function closeSegment(to: Uint8Array, length: number): number {
  if (length === 0 || to[length - 1] !== DOT) return length;
  if (length >= 2 && to[length - 2] === SLASH) return length - 1;
  if (length >= 3 && to[length - 2] === DOT && to[length - 3] === SLASH) {
    let at = length - 3;
    while (at > 0 && to[at - 1] !== SLASH) at--;
    return at > 0 ? at : 1;
  }
  return length;
}

function hexByte(a: number, b: number): number {
  const high = hexDigit(a);
  const low = hexDigit(b);
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 32;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
