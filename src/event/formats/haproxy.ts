/**
 * HAProxy's HTTP log (`option httplog`, also the HTTPS form):
 *
 *     client:port [accept date] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cookie cookie state conns queues
 *         {captured|request|headers} {captured|response|headers} "METHOD target PROTOCOL"
 *
 * The date is the start and carries no time zone: it is read as UTC. Captured request headers have no names in the
 * log; what looks like an agent, a URL, a list of addresses or a host is taken as that. HAProxy writes bytes that could
 * break its line as `#HH`.
 */
import { F, type RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LogFormat } from '../format.ts';
import { SHAPE, shapeOf } from './combined-tail.ts';
import { setRequestLine } from './request-line.ts';
import {
  bytesOf,
  hexDigit,
  integer,
  isAbsent,
  looksLikeAddress,
  QUOTE,
  SLASH,
  SPACE,
  setText,
  startsWith,
  statusOf,
  tokenEnd,
} from './scan.ts';
import { clfTime, timeCursor } from './time.ts';

/** Fields in front of the captured headers, separated by single spaces. */
const FIXED = 12;
const at = new Int32Array(FIXED);
const to = new Int32Array(FIXED);

function parse(buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  let i = start;
  let n = 0;
  for (; n < FIXED && i < end; n++) {
    at[n] = i;
    i = tokenEnd(buf, i, end);
    to[n] = i;
    i++;
  }
  if (n < 2 || buf[at[1]] !== 0x5b || buf[to[1] - 1] !== 0x5d || !isClient(buf)) return BAD_LINE.no_match;
  if (n < 7) return BAD_LINE.truncated;
  const slashes = count(buf, at[4], to[4], SLASH);
  if (slashes !== 4) return slashes >= 1 && slashes <= 3 ? BAD_LINE.no_request : BAD_LINE.no_match;
  const ms = clfTime(buf, at[1] + 1, to[1] - 1);
  if (Number.isNaN(ms) || timeCursor.at !== to[1] - 1) return BAD_LINE.bad_time;
  const status = statusOf(buf, at[5], to[5]);
  if (status < 0) return BAD_LINE.bad_status;
  if (n < FIXED) return BAD_LINE.truncated;
  const quote = requestQuote(buf, i, end);
  if (quote < 0) return BAD_LINE.truncated;
  out.timeMs = ms;
  out.timeMeaning = 'start';
  out.status = status;
  out.bytes = bytesOf(buf, at[6], to[6]);
  out.durationMs = lastTimer(buf);
  setText(out, F.address, buf, at[0], to[0]);
  readCookie(buf, out);
  if (buf[i] === 0x7b) readCaptured(buf, i + 1, closingBrace(buf, i, quote), out);
  readRequest(buf, quote + 1, end, out);
  return BAD_LINE.ok;
}

function isClient(buf: Uint8Array): boolean {
  return looksLikeAddress(buf, at[0], to[0]) || startsWith(buf, at[0], to[0], 'unix@');
}

function count(buf: Uint8Array, start: number, end: number, byte: number): number {
  let n = 0;
  for (let i = start; i < end; i++) if (buf[i] === byte) n++;
  return n;
}

/** Ta, the last timer: the whole exchange. A "+" in front says that the log was written before the end. */
function lastTimer(buf: Uint8Array): number {
  let i = to[4] - 1;
  while (buf[i] !== SLASH) i--;
  if (buf[i + 1] === 0x2b) i++;
  return integer(buf, i + 1, to[4]);
}

/** The quote in front of the request: behind the queues, or behind the braces of captured headers. */
function requestQuote(buf: Uint8Array, from: number, end: number): number {
  if (from < end && buf[from] === QUOTE) return from;
  for (let i = from; i + 2 < end; i++) {
    if (buf[i] === 0x7d && buf[i + 1] === SPACE && buf[i + 2] === QUOTE) return i + 2;
  }
  return -1;
}

function closingBrace(buf: Uint8Array, from: number, quote: number): number {
  for (let i = from; i < quote; i++) if (buf[i] === 0x7d) return i;
  return quote;
}

/** A captured request cookie, `NAME=value`. */
function readCookie(buf: Uint8Array, out: RawExchange): void {
  if (isAbsent(buf, at[7], to[7])) return;
  let eq = at[7];
  while (eq < to[7] && buf[eq] !== 0x3d) eq++;
  if (eq < to[7]) setText(out, F.session, buf, eq + 1, to[7]);
}

/** Captured request headers, `{a|b|c}`: each goes where it looks to belong, the first of a kind only. */
function readCaptured(buf: Uint8Array, from: number, end: number, out: RawExchange): void {
  let start = from;
  for (let i = from; i <= end; i++) {
    if (i < end && buf[i] !== 0x7c) continue;
    const shape = shapeOf(buf, start, i);
    if (shape === SHAPE.agent) setFirst(out, F.agent, start, i);
    else if (shape === SHAPE.url) setFirst(out, F.referrer, start, i);
    else if (shape === SHAPE.addresses) setFirst(out, F.forwarded, start, i);
    else if (shape === SHAPE.host) setFirst(out, F.host, start, i);
    start = i + 1;
  }
}

function setFirst(out: RawExchange, field: number, start: number, end: number): void {
  if (out.spans[field + 1] === 0) out.set(field, start, end);
}

function readRequest(buf: Uint8Array, start: number, end: number, out: RawExchange): void {
  let stop = start;
  while (stop < end && buf[stop] !== QUOTE) stop++;
  setRequestLine(out, buf, start, stop, false);
  const from = out.spans[F.target];
  if (out.spans[F.target + 1] > 0) out.set(F.target, from, unescapeHash(buf, from, out.spans[F.target + 1]));
}

function unescapeHash(buf: Uint8Array, start: number, end: number): number {
  let w = start;
  for (let r = start; r < end; r++) {
    let c = buf[r];
    if (c === 0x23 && r + 2 < end) {
      const high = hexDigit(buf[r + 1]);
      const low = hexDigit(buf[r + 2]);
      if (high >= 0 && low >= 0) {
        c = high * 16 + low;
        r += 2;
      }
    }
    buf[w++] = c;
  }
  return w;
}

export const HAPROXY: LogFormat = {
  id: 'haproxy',
  title: 'HAProxy HTTP log (times read as UTC)',
  timeMeaning: 'start',
  resolutionMs: 1,
  parser: () => parse,
};
