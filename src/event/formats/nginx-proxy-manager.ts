/**
 * nginx Proxy Manager's own format, of its proxy hosts and of its default host:
 *
 *     [time] cache upstream-status status - METHOD scheme host "target" [Client a] [Length n] [Gzip r] [Sent-to s] "agent" "referrer"
 *     [time] status - METHOD scheme host "target" [Client a] [Length n] [Gzip r] "agent" "referrer"
 */
import { F, type RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LogFormat } from '../format.ts';
import { BARE, BRACKETED, cutTail, QUOTED, tail } from './combined-tail.ts';
import { bytesOf, isAbsent, setText, startsWith, statusOf, unescapeQuoted } from './scan.ts';
import { clfTime, timeCursor } from './time.ts';

function parse(buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  if (end - start < 40 || buf[start] !== 0x5b || buf[start + 3] !== 0x2f) return BAD_LINE.no_match;
  cutTail(buf, start, end);
  let q = 1;
  while (q < tail.count && tail.kind[q] === BARE) q++;
  // In front of the quoted target: status, "-", method, scheme, host.
  if (q < 6 || q > 9 || !isAbsent(buf, tail.start[q - 4], tail.end[q - 4])) return BAD_LINE.no_match;
  if (q >= tail.count) return BAD_LINE.truncated;
  if (tail.kind[q] !== QUOTED) return BAD_LINE.no_match;
  const ms = clfTime(buf, start + 1, tail.end[0]);
  if (Number.isNaN(ms) || timeCursor.at !== tail.end[0] - 1) return BAD_LINE.bad_time;
  const status = statusOf(buf, tail.start[q - 5], tail.end[q - 5]);
  if (status < 0) return BAD_LINE.bad_status;
  if (q + 1 >= tail.count) return BAD_LINE.truncated;
  out.timeMs = ms;
  out.timeMeaning = 'end';
  out.status = status;
  setText(out, F.method, buf, tail.start[q - 3], tail.end[q - 3]);
  setText(out, F.host, buf, tail.start[q - 1], tail.end[q - 1]);
  setUnescaped(out, F.target, q, buf);
  let texts = 0;
  for (let i = q + 1; i < tail.count; i++) {
    if (tail.kind[i] === BRACKETED) readLabelled(buf, tail.start[i], tail.end[i], out);
    else if (tail.kind[i] === QUOTED) setUnescaped(out, texts++ === 0 ? F.agent : F.referrer, i, buf);
  }
  return BAD_LINE.ok;
}

function setUnescaped(out: RawExchange, field: number, i: number, buf: Uint8Array): void {
  const from = tail.start[i];
  const to = tail.end[i];
  setText(out, field, buf, from, tail.escaped[i] === 1 ? unescapeQuoted(buf, from, to) : to);
}

function readLabelled(buf: Uint8Array, start: number, end: number, out: RawExchange): void {
  const close = end > start && buf[end - 1] === 0x5d ? end - 1 : end;
  if (startsWith(buf, start, close, '[Client ')) setText(out, F.address, buf, start + 8, close);
  else if (startsWith(buf, start, close, '[Length ')) out.bytes = bytesOf(buf, start + 8, close);
}

export const NGINX_PROXY_MANAGER: LogFormat = {
  id: 'nginx-proxy-manager',
  title: 'nginx Proxy Manager access log',
  timeMeaning: 'end',
  resolutionMs: 1000,
  parser: () => parse,
};
