/** Splitting a request line (RFC 9112, section 3) and a URL. */
import { F, type RawExchange } from '../exchange.ts';
import { COLON, cursor, isAbsent, isDigit, SLASH, SPACE, startsWith, unescapeQuoted } from './scan.ts';

const LONGEST_METHOD = 32;

/**
 * Sets method, target and protocol from the request line `buf[start, end)`; where it is not one (a TLS handshake,
 * another protocol, `HELP`) the whole goes to `request`: still an exchange, and evidence of probing. `escaped` says that
 * a backslash stands in it: the target is then unescaped in place, after splitting, so that `\x20` does not split it.
 *
 * The target is all between the first and the last space: clients do send raw spaces in it.
 */
export function setRequestLine(out: RawExchange, buf: Uint8Array, start: number, end: number, escaped: boolean): void {
  if (isAbsent(buf, start, end)) return;
  let space = start;
  while (space < end && buf[space] !== SPACE) space++;
  if (space < end && isMethod(buf, start, space)) {
    let last = end - 1;
    while (last > space && buf[last] !== SPACE) last--;
    if (last > space + 1 && isHttp(buf, last + 1, end)) {
      out.set(F.method, start, space);
      out.set(F.protocol, last + 1, end);
      out.set(F.target, space + 1, escaped ? unescapeQuoted(buf, space + 1, last) : last);
      return;
    }
    if (last === space && isBareTarget(buf, space + 1, end)) {
      out.set(F.method, start, space);
      out.set(F.target, space + 1, escaped ? unescapeQuoted(buf, space + 1, end) : end);
      return;
    }
  }
  out.set(F.request, start, end);
}

function isMethod(buf: Uint8Array, start: number, end: number): boolean {
  if (start >= end || end - start > LONGEST_METHOD) return false;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    const lower = c | 0x20;
    if ((lower < 0x61 || lower > 0x7a) && c !== 0x2d && c !== 0x5f) return false;
  }
  return true;
}

function isHttp(buf: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 6 &&
    buf[start] === 0x48 &&
    buf[start + 1] === 0x54 &&
    buf[start + 2] === 0x54 &&
    buf[start + 3] === 0x50 &&
    buf[start + 4] === SLASH &&
    isDigit(buf[start + 5])
  );
}

/** HTTP/0.9, or a log that leaves the protocol out: "GET /path". */
function isBareTarget(buf: Uint8Array, start: number, end: number): boolean {
  return start < end && (buf[start] === SLASH || startsWith(buf, start, end, 'http'));
}

/**
 * Sets `host` (unless it is set) and `target` from a URL the log itself composed, `https://host:port/path?query`. What
 * has no scheme is taken as a target. For what the client sent in absolute form use {@link setRequestLine}: there the
 * form is evidence.
 */
export function setUrl(out: RawExchange, buf: Uint8Array, start: number, end: number): void {
  if (isAbsent(buf, start, end)) return;
  const authority = afterScheme(buf, start, end);
  if (authority < 0) {
    out.set(F.target, start, end);
    return;
  }
  let path = authority;
  while (path < end && buf[path] !== SLASH && buf[path] !== 0x3f) path++;
  if (out.spans[F.host] === out.spans[F.host + 1] && path > authority) out.set(F.host, authority, path);
  // A URL without a path asks for "/": its scheme's second slash stands for it.
  if (path < end) out.set(F.target, path, end);
  else out.set(F.target, authority - 1, authority);
}

/** Where the authority of an absolute URL starts, −1 where there is no `scheme://`. */
function afterScheme(buf: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && i < start + 10) {
    const lower = buf[i] | 0x20;
    if (lower < 0x61 || lower > 0x7a) break;
    i++;
  }
  if (i === start || i + 2 >= end || buf[i] !== COLON || buf[i + 1] !== SLASH || buf[i + 2] !== SLASH) return -1;
  return i + 3;
}

/**
 * Joins a path and a query that the log wrote apart into one target, somewhere in the line's own bytes that no field in
 * use points to. Where no gap is long enough the path stands alone. The line's bytes are final afterwards.
 */
export function joinQuery(out: RawExchange, start: number, end: number, queryStart: number, queryEnd: number): void {
  const { buf, spans } = out;
  if (queryStart < queryEnd && buf[queryStart] === 0x3f) queryStart++;
  if (isAbsent(buf, queryStart, queryEnd)) return;
  const pathStart = spans[F.target];
  const pathEnd = spans[F.target + 1];
  for (let i = pathStart; i < pathEnd; i++) if (buf[i] === 0x3f) return;
  const length = pathEnd - pathStart + 1 + queryEnd - queryStart;
  const at = findGap(out, start, end, queryStart, queryEnd, length);
  if (at < 0) return;
  buf.copyWithin(at, pathStart, pathEnd);
  buf[at + pathEnd - pathStart] = 0x3f;
  buf.copyWithin(at + pathEnd - pathStart + 1, queryStart, queryEnd);
  out.set(F.target, at, at + length);
}

/** The start of `length` bytes that overlap no span in use and not the query, −1 where there are none. */
function findGap(
  out: RawExchange,
  start: number,
  end: number,
  queryStart: number,
  queryEnd: number,
  length: number,
): number {
  let at = start;
  while (at + length <= end) {
    let next = at;
    if (queryStart < at + length && queryEnd > at) next = queryEnd;
    for (let f = 0; f < out.spans.length; f += 2) {
      const s = out.spans[f];
      const e = out.spans[f + 1];
      if (s < e && s < at + length && e > at && e > next) next = e;
    }
    if (next === at) return at;
    at = next;
  }
  return -1;
}

/**
 * Finds the end of a quoted text that starts at `at` (after its opening quote): the position of the closing quote, or
 * −1 where the line ends first. `cursor.escaped` says whether a backslash was met.
 */
export function quoteEnd(buf: Uint8Array, at: number, end: number): number {
  let escaped = false;
  while (at < end) {
    const c = buf[at];
    if (c === 0x22) {
      cursor.escaped = escaped;
      return at;
    }
    if (c === 0x5c) {
      escaped = true;
      at++;
    }
    at++;
  }
  cursor.escaped = escaped;
  return -1;
}
