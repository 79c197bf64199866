/**
 * AWS Application Load Balancer access log, and the classic load balancer's, which lacks the type in front. The time is
 * that of the answer; the duration is the sum of the three processing times. The balancer writes every request line in
 * absolute form: that form is its own, so host and target are taken apart.
 */
import { F, type RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LogFormat } from '../format.ts';
import { BARE, cutTail, QUOTED, tail } from './combined-tail.ts';
import { setRequestLine, setUrl } from './request-line.ts';
import { bytesOf, decimal, isAbsent, isDigit, looksLikeAddress, setText, statusOf, unescapeQuoted } from './scan.ts';
import { isoTime, timeCursor } from './time.ts';

function parse(buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  const first = start + typeLength(buf, start, end);
  if (first + 20 > end || !isDigit(buf[first]) || buf[first + 4] !== 0x2d) return BAD_LINE.no_match;
  cutTail(buf, first, end);
  // time, balancer, client, target, three times, two statuses, two sizes, request, agent
  if (tail.count < 4 || !looksLikeAddress(buf, tail.start[2], tail.end[2])) return BAD_LINE.no_match;
  for (let i = 0; i < Math.min(11, tail.count); i++) if (tail.kind[i] !== BARE) return BAD_LINE.no_match;
  const ms = isoTime(buf, tail.start[0], tail.end[0]);
  if (Number.isNaN(ms) || timeCursor.at !== tail.end[0]) return BAD_LINE.bad_time;
  if (tail.count < 12) return BAD_LINE.truncated;
  if (tail.kind[11] !== QUOTED) return BAD_LINE.no_match;
  const status = statusOf(buf, tail.start[7], tail.end[7]);
  if (status < 0) return BAD_LINE.bad_status;
  out.timeMs = ms;
  out.timeMeaning = 'end';
  out.status = status;
  out.bytes = bytesOf(buf, tail.start[10], tail.end[10]);
  out.durationMs = processingTime(buf);
  setText(out, F.address, buf, tail.start[2], tail.end[2]);
  readRequest(buf, first > start, out);
  return BAD_LINE.ok;
}

/** Length of the type and its space in front of an application balancer's line: `https `, `h2 `, `wss `. */
function typeLength(buf: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && i < start + 6 && buf[i] !== 0x20) {
    const lower = buf[i] | 0x20;
    if ((lower < 0x61 || lower > 0x7a) && !(i > start && isDigit(buf[i]))) return 0;
    i++;
  }
  return i > start && i < end && buf[i] === 0x20 ? i + 1 - start : 0;
}

/** Sum of the processing times in ms, each −1 where the balancer could not tell; −1 where it could tell none. */
function processingTime(buf: Uint8Array): number {
  let sum = -1;
  for (let i = 4; i < 7; i++) {
    const ms = decimal(buf, tail.start[i], tail.end[i], 1000);
    if (ms >= 0) sum = Math.max(0, sum) + ms;
  }
  return Math.min(0x7fffffff, Math.round(sum));
}

function readRequest(buf: Uint8Array, isApplication: boolean, out: RawExchange): void {
  setRequestLine(out, buf, tail.start[11], tail.end[11], tail.escaped[11] === 1);
  // "- http://host:80- -" is what stands for a request the balancer could not read.
  if (out.spans[F.target + 1] > 0) setUrl(out, buf, out.spans[F.target], out.spans[F.target + 1]);
  if (tail.count > 12 && tail.kind[12] === QUOTED) {
    const from = tail.start[12];
    const to = tail.end[12];
    setText(out, F.agent, buf, from, tail.escaped[12] === 1 ? unescapeQuoted(buf, from, to) : to);
  }
  // The name asked for in the TLS handshake, where the request names none.
  if (isApplication && out.spans[F.host + 1] === 0 && tail.count > 17 && !isAbsent(buf, tail.start[17], tail.end[17])) {
    setText(out, F.host, buf, tail.start[17], tail.end[17]);
  }
}

export const AWS_ALB: LogFormat = {
  id: 'aws-alb',
  title: 'AWS load balancer access log (application, classic)',
  timeMeaning: 'end',
  resolutionMs: 1,
  parser: () => parse,
};
