/**
 * What follows status and bytes in a line of the combined family: an open list of quoted, bracketed and bare tokens
 * whose order every operator chooses. Here it is cut into tokens, and each token gets a role: from the layout that
 * detection learned, or, for a line of a shape that was not sampled, from its position and look.
 */
import { F, type RawExchange } from '../exchange.ts';
import {
  CLOSE_BRACKET,
  cursor,
  duration,
  durationWithUnit,
  isAbsent,
  isDigit,
  looksLikeAddress,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  setText,
  startsWith,
  TAB,
  unescapeQuoted,
} from './scan.ts';

/** More tokens than this are passed over. */
export const MAX_TAIL_TOKENS = 24;

export const QUOTED = 1;
export const BARE = 2;
export const BRACKETED = 3;

/** What a token of the tail is. Names are part of the layout that detection hands to other threads. */
export const ROLE = {
  skip: 0,
  referrer: 1,
  agent: 2,
  session: 3,
  forwarded: 4,
  host: 5,
  seconds: 6, // duration
  milliseconds: 7,
  microseconds: 8,
  withUnit: 9, // duration with its unit written behind it
  keyed: 10, // name=value
  maybeForwarded: 11, // forwarded where it looks like addresses: absent in all sampled lines
} as const;

/** What a token looks like; the evidence from which roles are learned. */
export const SHAPE = {
  absent: 0,
  integer: 1,
  float: 2,
  withUnit: 3,
  url: 4,
  agent: 5,
  addresses: 6,
  host: 7,
  token: 8, // eight or more letters and digits: an id of some kind
  keyed: 9,
  other: 10,
} as const;
export const SHAPES = 11;

/** Tokens of the last tail cut by {@link cutTail}. */
export const tail = {
  count: 0,
  /** Two bits a token for the first fifteen: tails of one layout share it. */
  signature: 0,
  kind: new Uint8Array(MAX_TAIL_TOKENS),
  start: new Int32Array(MAX_TAIL_TOKENS),
  end: new Int32Array(MAX_TAIL_TOKENS),
  escaped: new Uint8Array(MAX_TAIL_TOKENS),
};

/**
 * Where the quoted text starting at `at` ends: its closing quote, or `end` where the line was cut inside it. A quote
 * counts as closing when white space, another quote or the line's end follows; others are raw quotes of a server that
 * does not escape. `cursor.escaped` says whether a backslash was met.
 */
export function closingQuote(buf: Uint8Array, at: number, end: number): number {
  let escaped = false;
  let first = -1;
  for (let i = at; i < end; i++) {
    const c = buf[i];
    if (c === QUOTE) {
      const next = i + 1 < end ? buf[i + 1] : SPACE;
      if (next === SPACE || next === QUOTE || next === TAB) {
        cursor.escaped = escaped;
        return i;
      }
      if (first < 0) first = i;
    } else if (c === 0x5c) {
      escaped = true;
      i++;
    }
  }
  cursor.escaped = escaped;
  return first < 0 ? end : first;
}

/** Cuts `buf[at, end)` into {@link tail}. */
export function cutTail(buf: Uint8Array, at: number, end: number): void {
  let n = 0;
  let signature = 0;
  while (n < MAX_TAIL_TOKENS) {
    while (at < end && (buf[at] === SPACE || buf[at] === TAB)) at++;
    if (at >= end) break;
    const c = buf[at];
    let kind = BARE;
    tail.escaped[n] = 0;
    if (c === QUOTE) {
      kind = QUOTED;
      tail.start[n] = at + 1;
      at = closingQuote(buf, at + 1, end);
      tail.end[n] = at;
      tail.escaped[n] = cursor.escaped ? 1 : 0;
      at++;
    } else {
      tail.start[n] = at;
      const bracket = c === OPEN_BRACKET ? bracketEnd(buf, at, end) : -1;
      if (bracket >= 0) kind = BRACKETED;
      at = bracket >= 0 ? bracket : bareEnd(buf, at, end);
      tail.end[n] = Math.min(at, end);
    }
    tail.kind[n] = kind;
    if (n < 15) signature = (signature << 2) | kind;
    n++;
  }
  tail.count = n;
  tail.signature = signature;
}

/** Behind the bracket that closes; −1 where more follows it, as the port does an IPv6 address. */
function bracketEnd(buf: Uint8Array, at: number, end: number): number {
  while (at < end && buf[at] !== CLOSE_BRACKET) at++;
  const next = at + 1 < end ? buf[at + 1] : SPACE;
  return next === SPACE || next === TAB || next === QUOTE || next === OPEN_BRACKET ? at + 1 : -1;
}

/** A bare token ends at white space or a quote, but `name="value"` is one token. */
function bareEnd(buf: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = buf[at];
    if (c === SPACE || c === TAB) return at;
    if (c === QUOTE) return buf[at - 1] === 0x3d ? Math.min(end, closingQuote(buf, at + 1, end) + 1) : at;
    at++;
  }
  return at;
}

/** {@link SHAPE} of a token. */
export function shapeOf(buf: Uint8Array, start: number, end: number): number {
  if (isAbsent(buf, start, end)) return SHAPE.absent;
  let digits = 0;
  let dots = 0;
  let letters = 0;
  let others = 0;
  let firstComma = end;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    const lower = c | 0x20;
    if (isDigit(c)) digits++;
    else if (lower >= 0x61 && lower <= 0x7a) letters++;
    else if (c === 0x2e) dots++;
    else if (c !== 0x2d && c !== 0x5f) others++;
    if (c === 0x2c && firstComma === end) firstComma = i;
    if (c === 0x3d && i > start && letters === i - start - dashes(buf, start, i)) return SHAPE.keyed;
  }
  const length = end - start;
  if (digits === length) return SHAPE.integer;
  if (dots === 1 && digits === length - 1 && isDigit(buf[start]) && isDigit(buf[end - 1])) return SHAPE.float;
  if (isDigit(buf[start]) && letters <= 2 && durationWithUnit(buf, start, end) >= 0) return SHAPE.withUnit;
  if (looksLikeAddress(buf, start, firstComma)) return SHAPE.addresses;
  if (hasScheme(buf, start, end)) return SHAPE.url;
  if (looksLikeAgent(buf, start, end)) return SHAPE.agent;
  if (others === 0 && dots > 0 && letters > dots && length < 254) return SHAPE.host;
  if (length >= 8 && dots + others <= length / 8 && !hasSpace(buf, start, end)) return SHAPE.token;
  return SHAPE.other;
}

function dashes(buf: Uint8Array, start: number, end: number): number {
  let n = 0;
  for (let i = start; i < end; i++) if (buf[i] === 0x5f || buf[i] === 0x2d) n++;
  return n;
}

function hasSpace(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] === SPACE) return true;
  return false;
}

function hasScheme(buf: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end - 2, start + 16);
  for (let i = start + 1; i < limit; i++) {
    if (buf[i] === 0x3a) return buf[i + 1] === 0x2f && buf[i + 2] === 0x2f;
  }
  return false;
}

/** `Product/1.0 …`: a name, a slash, a version. */
function looksLikeAgent(buf: Uint8Array, start: number, end: number): boolean {
  if (startsWith(buf, start, end, 'Mozilla/')) return true;
  let i = start;
  while (i < end && i < start + 40 && buf[i] !== 0x2f && buf[i] !== SPACE) i++;
  return i > start && i + 1 < end && buf[i] === 0x2f && isDigit(buf[i + 1]);
}

/** Gives token `n` of {@link tail} to the field its role names. */
export function applyRole(role: number, n: number, buf: Uint8Array, out: RawExchange): void {
  const start = tail.start[n];
  const end = tail.end[n];
  switch (role) {
    case ROLE.referrer:
      setQuoted(out, F.referrer, n, buf);
      break;
    case ROLE.agent:
      setQuoted(out, F.agent, n, buf);
      break;
    case ROLE.session:
      setQuoted(out, F.session, n, buf);
      break;
    case ROLE.forwarded:
      setQuoted(out, F.forwarded, n, buf);
      break;
    case ROLE.maybeForwarded:
      if (shapeOf(buf, start, end) === SHAPE.addresses) setQuoted(out, F.forwarded, n, buf);
      break;
    case ROLE.host:
      if (out.spans[F.host + 1] === 0) setQuoted(out, F.host, n, buf);
      break;
    case ROLE.seconds:
      out.durationMs = duration(buf, start, end, 1000);
      break;
    case ROLE.milliseconds:
      out.durationMs = duration(buf, start, end, 1);
      break;
    case ROLE.microseconds:
      out.durationMs = duration(buf, start, end, 0.001);
      break;
    case ROLE.withUnit:
      out.durationMs = durationWithUnit(buf, start, end);
      break;
    case ROLE.keyed:
      applyKeyed(start, end, buf, out);
      break;
    default:
      break;
  }
}

function setQuoted(out: RawExchange, field: number, n: number, buf: Uint8Array): void {
  const start = tail.start[n];
  const end = tail.end[n];
  setText(out, field, buf, start, tail.escaped[n] === 1 ? unescapeQuoted(buf, start, end) : end);
}

/** `rt=0.005`, `xff="203.0.113.5"`: the names in common use; any other is passed over. */
function applyKeyed(start: number, end: number, buf: Uint8Array, out: RawExchange): void {
  let eq = start;
  while (eq < end && buf[eq] !== 0x3d) eq++;
  let from = eq + 1;
  let to = end;
  if (from < to && buf[from] === QUOTE) {
    from++;
    if (to > from && buf[to - 1] === QUOTE) to--;
  }
  const isName = (name: string): boolean => eq - start === name.length && startsWith(buf, start, eq, name);
  if (isName('rt') || isName('request_time') || isName('duration')) {
    const named = durationWithUnit(buf, from, to);
    out.durationMs = named >= 0 ? named : duration(buf, from, to, 1000);
  } else if (isName('xff') || isName('forwarded') || isName('x_forwarded_for')) {
    setText(out, F.forwarded, buf, from, to);
  } else if (isName('host') || isName('vhost')) {
    setText(out, F.host, buf, from, to);
  } else if (isName('session') || isName('sid')) {
    setText(out, F.session, buf, from, to);
  } else if (isName('user')) {
    setText(out, F.principal, buf, from, to);
  }
}
