/**
 * Envoy's default text log, and Istio's, which puts reasons between the flags and the sizes:
 *
 *     [start] "METHOD path PROTOCOL" status flags [details termination "failure"] received sent duration upstream
 *         "forwarded" "agent" "request id" "authority" "upstream host" [cluster local downstream-local client …]
 *
 * The peer's address stands in Istio's lines only; elsewhere the last of X-Forwarded-For is the nearest there is.
 */
import { F, type RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LogFormat } from '../format.ts';
import { BARE, BRACKETED, cutTail, QUOTED, tail } from './combined-tail.ts';
import { setRequestLine } from './request-line.ts';
import {
  bytesOf,
  duration,
  isAbsent,
  looksLikeAddress,
  setAddressList,
  setText,
  statusOf,
  unescapeQuoted,
} from './scan.ts';
import { isoTime, timeCursor } from './time.ts';

function parse(buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  if (buf[start] !== 0x5b || end - start < 30 || buf[start + 5] !== 0x2d) return BAD_LINE.no_match;
  cutTail(buf, start, end);
  const { kind } = tail;
  if (tail.count < 3 || kind[0] !== BRACKETED || kind[1] !== QUOTED || kind[2] !== BARE) return BAD_LINE.no_match;
  const ms = isoTime(buf, tail.start[0] + 1, tail.end[0] - 1);
  if (Number.isNaN(ms) || timeCursor.at !== tail.end[0] - 1) return BAD_LINE.bad_time;
  const status = statusOf(buf, tail.start[2], tail.end[2]);
  if (status < 0) return BAD_LINE.bad_status;
  // The four numbers stand in front of the first quoted text but one: Istio's failure reason is quoted too.
  const texts = firstText();
  if (texts < 0) return tail.count < 9 ? BAD_LINE.truncated : BAD_LINE.no_match;
  out.timeMs = ms;
  out.timeMeaning = 'start';
  out.status = status;
  out.bytes = bytesOf(buf, tail.start[texts - 3], tail.end[texts - 3]);
  out.durationMs = duration(buf, tail.start[texts - 2], tail.end[texts - 2], 1);
  setRequestLine(out, buf, tail.start[1], tail.end[1], tail.escaped[1] === 1);
  readTexts(texts, buf, out);
  return BAD_LINE.ok;
}

/** Index of X-Forwarded-For: the quoted text behind four bare numbers. */
function firstText(): number {
  const { kind } = tail;
  for (let i = 7; i < tail.count; i++) {
    const isText = kind[i] === QUOTED && kind[i - 1] === BARE && kind[i - 2] === BARE && kind[i - 3] === BARE;
    if (isText && kind[i - 4] === BARE) return i;
  }
  return -1;
}

function readTexts(at: number, buf: Uint8Array, out: RawExchange): void {
  const isThere = (i: number): boolean => i < tail.count && tail.kind[i] === QUOTED;
  if (isThere(at + 1)) {
    const from = tail.start[at + 1];
    const to = tail.end[at + 1];
    setText(out, F.agent, buf, from, tail.escaped[at + 1] === 1 ? unescapeQuoted(buf, from, to) : to);
  }
  if (isThere(at + 3)) setText(out, F.host, buf, tail.start[at + 3], tail.end[at + 3]);
  // Istio: cluster, upstream local, downstream local, downstream remote.
  const peer = at + 8;
  const hasPeer = peer < tail.count && looksLikeAddress(buf, tail.start[peer], tail.end[peer]);
  const from = tail.start[at];
  const to = tail.end[at];
  if (hasPeer) {
    out.set(F.address, tail.start[peer], tail.end[peer]);
    setText(out, F.forwarded, buf, from, to);
  } else if (!isAbsent(buf, from, to)) {
    setAddressList(out, buf, from, to);
  }
}

export const ENVOY: LogFormat = {
  id: 'envoy',
  title: 'Envoy or Istio access log (text)',
  timeMeaning: 'start',
  resolutionMs: 1,
  parser: () => parse,
};
