/**
 * Small readers over bytes that the formats share. None allocates; none reads outside the range it is given. Where a
 * second result is needed it stands in {@link cursor}, to be read before the next call.
 */
import { F, type RawExchange } from '../exchange.ts';

export const SPACE = 0x20;
export const TAB = 0x09;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** Second results: where the last reader stopped, and whether a quoted text holds a backslash. */
export const cursor = { at: 0, escaped: false };

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** First position at or after `at` that is neither space nor tab. */
export function skipSpaces(buf: Uint8Array, at: number, end: number): number {
  while (at < end && (buf[at] === SPACE || buf[at] === TAB)) at++;
  return at;
}

/** First position at or after `at` that holds a space or tab, or `end`. */
export function tokenEnd(buf: Uint8Array, at: number, end: number): number {
  while (at < end && buf[at] !== SPACE && buf[at] !== TAB) at++;
  return at;
}

/** True where the range is empty or a lone "-": how access logs write "absent". */
export function isAbsent(buf: Uint8Array, start: number, end: number): boolean {
  return start >= end || (end - start === 1 && buf[start] === DASH);
}

/** Sets a field unless its text is absent ("-" or empty). */
export function setText(out: RawExchange, field: number, buf: Uint8Array, start: number, end: number): void {
  if (!isAbsent(buf, start, end)) out.set(field, start, end);
}

/** True where `buf` holds the ASCII text `text` at `at`, within `end`. */
export function startsWith(buf: Uint8Array, at: number, end: number, text: string): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buf[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The whole range as a non-negative integer, −1 where it is anything else or longer than 15 digits. */
export function integer(buf: Uint8Array, start: number, end: number): number {
  if (start >= end || end - start > 15) return -1;
  let n = 0;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    if (c < 0x30 || c > 0x39) return -1;
    n = n * 10 + (c - 0x30);
  }
  return n;
}

/**
 * The whole range as a non-negative decimal such as `0.005` or `1.5e3`, times `scale`; NaN where it is anything else.
 * Digits beyond the fifteenth are dropped, so the result is the same on every machine.
 */
export function decimal(buf: Uint8Array, start: number, end: number, scale: number): number {
  let n = 0;
  let digits = 0;
  let shift = 0;
  let seenDot = false;
  let i = start;
  for (; i < end; i++) {
    const c = buf[i];
    if (c === DOT && !seenDot) {
      seenDot = true;
    } else if (isDigit(c)) {
      if (digits < 15) {
        n = n * 10 + (c - 0x30);
        if (n > 0) digits++;
        if (seenDot) shift++;
      } else if (!seenDot) {
        shift--;
      }
    } else {
      break;
    }
  }
  if (i === start || (seenDot && i === start + 1)) return Number.NaN;
  if (i < end) {
    if ((buf[i] | 0x20) !== 0x65) return Number.NaN;
    const negative = buf[i + 1] === DASH;
    const from = i + 1 + (negative || buf[i + 1] === 0x2b ? 1 : 0);
    const exponent = integer(buf, from, end);
    if (exponent < 0 || exponent > 30) return Number.NaN;
    shift += negative ? exponent : -exponent;
  }
  if (shift > 40) return 0;
  return shift >= 0 ? (n * scale) / power10(shift) : n * scale * power10(-shift);
}

function power10(n: number): number {
  let p = 1;
  while (n-- > 0) p *= 10;
  return p;
}

/** A duration as the nearest whole millisecond, −1 where the range is not a decimal. `scale`: milliseconds per unit. */
export function duration(buf: Uint8Array, start: number, end: number, scale: number): number {
  const ms = decimal(buf, start, end, scale);
  return ms >= 0 ? Math.min(0x7fffffff, Math.round(ms)) : -1;
}

/** {@link duration} of a text that names its unit: `12ms`, `0.5s`, `900us`, `900µs`, `15ns`; −1 otherwise. */
export function durationWithUnit(buf: Uint8Array, start: number, end: number): number {
  if (end - start < 2 || buf[end - 1] !== 0x73) return -1;
  const c = buf[end - 2];
  if (c === 0x6d) return duration(buf, start, end - 2, 1);
  if (c === 0x75) return duration(buf, start, end - 2, 0.001);
  if (c === 0x6e) return duration(buf, start, end - 2, 0.000001);
  // U+00B5 and U+03BC, the two letters in use for "micro", take two bytes each in UTF-8.
  if (c === 0xb5 || c === 0xbc) return duration(buf, start, end - 3, 0.001);
  return duration(buf, start, end - 1, 1000);
}

/** Three digits, or 0 for "-", "000" and "-1" (nothing was sent); −1 where the token is no status. */
export function statusOf(buf: Uint8Array, start: number, end: number): number {
  if (isAbsent(buf, start, end)) return 0;
  if (end - start === 2 && buf[start] === DASH && buf[start + 1] === 0x31) return 0;
  const n = integer(buf, start, end);
  return n >= 0 && n <= 999 ? n : -1;
}

/** A byte count, −1 where the token is "-" or no number. */
export function bytesOf(buf: Uint8Array, start: number, end: number): number {
  return integer(buf, start, end);
}

/**
 * True where the range has the shape of an address: IPv4 with or without a port, IPv6 with or without brackets. The
 * shape only: enrichment decides whether it is one.
 */
export function looksLikeAddress(buf: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 2 || length > 60) return false;
  if (buf[start] === OPEN_BRACKET) return looksLikeIPv6(buf, start + 1, end);
  let dots = 0;
  let i = start;
  for (; i < end; i++) {
    const c = buf[i];
    if (c === DOT) dots++;
    else if (!isDigit(c)) break;
  }
  if (dots === 3) return i === end || (buf[i] === COLON && integer(buf, i + 1, end) >= 0);
  return dots === 0 && looksLikeIPv6(buf, start, end);
}

function looksLikeIPv6(buf: Uint8Array, start: number, end: number): boolean {
  let colons = 0;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    const lower = c | 0x20;
    if (c === COLON) colons++;
    else if (c === CLOSE_BRACKET || c === 0x25) return colons >= 2;
    else if (!isDigit(c) && c !== DOT && (lower < 0x61 || lower > 0x66)) return false;
  }
  return colons >= 2;
}

/**
 * Turns the escapes of Apache and nginx (`\xHH`, `\"`, `\\`) back into the bytes the client sent, in place, and returns
 * the new end. Any other backslash stays: servers that do not escape write `..\..\new` as it came.
 */
export function unescapeQuoted(buf: Uint8Array, start: number, end: number): number {
  let w = start;
  for (let r = start; r < end; r++) {
    let c = buf[r];
    if (c === BACKSLASH && r + 1 < end) {
      const next = buf[r + 1];
      if (next === QUOTE || next === BACKSLASH) {
        c = next;
        r++;
      } else if (next === 0x78 && r + 3 < end) {
        const high = hexDigit(buf[r + 2]);
        const low = hexDigit(buf[r + 3]);
        if (high >= 0 && low >= 0) {
          c = high * 16 + low;
          r += 3;
        }
      }
    }
    buf[w++] = c;
  }
  return w;
}

export function hexDigit(c: number): number {
  if (isDigit(c)) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Sets `address` and `forwarded` from a list such as `203.0.113.5, 198.51.100.7`: the last is the nearest peer, all
 * before it are what X-Forwarded-For would have held.
 */
export function setAddressList(out: RawExchange, buf: Uint8Array, start: number, end: number): void {
  let comma = end - 1;
  while (comma >= start && buf[comma] !== COMMA) comma--;
  const last = skipSpaces(buf, comma + 1, end);
  setText(out, F.address, buf, last, end);
  if (comma > start) setText(out, F.forwarded, buf, start, comma);
}
