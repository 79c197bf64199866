/**
 * The combined family: what Apache, nginx and most others write by default, and what operators make of it. One forward
 * scan over the bytes:
 *
 *     [host[:port]] [forwarded,] address ident [id …] user [time] "request" status bytes tail…
 *
 * Address, ident and user may be missing, spaces may be missing, the tail may be anything (combined-tail.ts). Escapes
 * (`\xHH`, `\"`, `\\`) in target, referrer and agent are undone in place, after the request line was split; in a
 * `request` that is not HTTP they stay, so that it can be shown.
 *
 * A line cut off after the status is an exchange with what it has; cut before it, it is `truncated`.
 */
import { F, type RawExchange, type TimeMeaning } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LineParser, type LogFormat } from '../format.ts';
import { addressPair, cutHead, forgetHead, readHead } from './combined-head.ts';
import { type CombinedLayout, DEFAULT_LAYOUT, LayoutLearner, rolesOfLine } from './combined-layout.ts';
import { applyRole, closingQuote, cutTail, ROLE, tail } from './combined-tail.ts';
import { setRequestLine } from './request-line.ts';
import {
  CLOSE_BRACKET,
  cursor,
  DASH,
  isDigit,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  setText,
  skipSpaces,
  TAB,
  unescapeQuoted,
} from './scan.ts';
import { clfTime, isoTime, timeCursor } from './time.ts';

/** A layout in the form the parser reads. */
interface Plan {
  readonly firstIsHost: boolean;
  /** True where two quoted texts at the end are referrer and agent, in this order. */
  readonly standard: boolean;
  readonly signatures: Int32Array;
  readonly counts: Int32Array;
  readonly roles: readonly Uint8Array[];
}

/** Signature of a tail of two quoted texts. */
const TWO_QUOTED = 5;

function planOf(layout: CombinedLayout): Plan {
  const two = layout.tails.find((t) => t.signature === TWO_QUOTED && t.tokens === 2);
  return {
    firstIsHost: layout.firstAddress === 'host',
    standard: two === undefined || (two.roles[0] === ROLE.referrer && two.roles[1] === ROLE.agent),
    signatures: Int32Array.from(layout.tails, (t) => t.signature),
    counts: Int32Array.from(layout.tails, (t) => t.tokens),
    roles: layout.tails.map((t) => Uint8Array.from(t.roles)),
  };
}

/** Set by {@link readRequest}. */
let afterBytes = 0;

function parseCombined(
  plan: Plan,
  meaning: TimeMeaning,
  buf: Uint8Array,
  start: number,
  end: number,
  out: RawExchange,
): BadLine {
  let p = start;
  while (p < end && buf[p] !== SPACE) p++;
  let timeAt = p + 6;
  if (
    p + 6 < end &&
    buf[p + 1] === DASH &&
    buf[p + 2] === SPACE &&
    buf[p + 3] === DASH &&
    buf[p + 4] === SPACE &&
    buf[p + 5] === OPEN_BRACKET
  ) {
    setText(out, F.address, buf, start, p);
  } else {
    timeAt = cutHead(buf, start, end);
    if (timeAt < 0 || !readHead(plan.firstIsHost, buf, out)) return BAD_LINE.no_match;
  }
  const reason = readTime(buf, timeAt, end, out);
  if (reason !== BAD_LINE.ok) return reason;
  out.timeMeaning = meaning;
  const failure = readRequest(buf, timeCursor.at + 1, end, out);
  if (failure !== BAD_LINE.ok) return failure;
  if (afterBytes < end) readTail(plan, buf, afterBytes, end, out);
  return BAD_LINE.ok;
}

/** Reads the time at `timeAt`, up to its bracket. */
function readTime(buf: Uint8Array, timeAt: number, end: number, out: RawExchange): BadLine {
  let ms = clfTime(buf, timeAt, end);
  if (Number.isNaN(ms) && timeAt + 5 < end && buf[timeAt + 4] === DASH) ms = isoTime(buf, timeAt, end);
  if (Number.isNaN(ms)) return timeAt + 26 > end ? BAD_LINE.truncated : BAD_LINE.bad_time;
  if (timeCursor.at >= end) return BAD_LINE.truncated;
  if (buf[timeCursor.at] !== CLOSE_BRACKET) return BAD_LINE.bad_time;
  out.timeMs = ms;
  return BAD_LINE.ok;
}

/** Reads request, status and bytes from `at` on and sets {@link afterBytes}. */
function readRequest(buf: Uint8Array, at: number, end: number, out: RawExchange): BadLine {
  while (at < end && buf[at] === SPACE) at++;
  if (at < end && buf[at] !== QUOTE) at = skipBetween(buf, at, end, out);
  if (at >= end) return BAD_LINE.truncated;
  let from = at + 1;
  let escaped = false;
  let quotes = 0;
  let last = 0;
  for (let i = from; i < end; i++) {
    const c = buf[i];
    if (c === QUOTE) {
      quotes++;
      last = i;
      let s = i + 1;
      while (s < end && buf[s] === SPACE) s++;
      if (isStatusAt(buf, s, end)) return readStatus(buf, from, i, escaped, s, end, out);
      if (s < end && buf[s] === QUOTE && quotes === 1 && i > from && !hasSpace(buf, from, i)) {
        // A quoted host in front of the request.
        setText(out, F.host, buf, from, i);
        i = s;
        from = s + 1;
        quotes = 0;
        escaped = false;
      }
    } else if (c === 0x5c) {
      escaped = true;
      i++;
    }
  }
  return quotes === 0 || (quotes === 1 && isCutBehind(buf, last, end)) ? BAD_LINE.truncated : BAD_LINE.bad_status;
}

function readStatus(
  buf: Uint8Array,
  from: number,
  to: number,
  escaped: boolean,
  at: number,
  end: number,
  out: RawExchange,
): BadLine {
  let p = at + 1;
  if (buf[at] !== DASH) {
    out.status = (buf[at] - 0x30) * 100 + (buf[at + 1] - 0x30) * 10 + (buf[at + 2] - 0x30);
    p = at + 3;
  }
  if (p < end && buf[p] === SPACE) p++;
  afterBytes = p;
  let n = 0;
  let i = p;
  while (i < end && i - p < 15) {
    const d = buf[i] - 0x30;
    if (d < 0 || d > 9) break;
    n = n * 10 + d;
    i++;
  }
  if (i > p) {
    if (i >= end || buf[i] === SPACE || buf[i] === QUOTE) {
      out.bytes = n;
      afterBytes = i;
    }
  } else if (p < end && buf[p] === DASH && (p + 1 >= end || buf[p + 1] === SPACE)) {
    afterBytes = p + 1;
  }
  setRequestLine(out, buf, from, to, escaped);
  return BAD_LINE.ok;
}

/** A status: three digits or "-", with nothing but white space, a quote or the line's end behind it. */
function isStatusAt(buf: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  // A quoted "-" further back is no status.
  if (buf[at] === DASH) return at + 1 >= end || buf[at + 1] === SPACE;
  if (at + 3 > end || !isDigit(buf[at]) || !isDigit(buf[at + 1]) || !isDigit(buf[at + 2])) return false;
  const next = at + 3;
  return next >= end || buf[next] === SPACE || buf[next] === QUOTE || buf[next] === TAB;
}

/** True where nothing stands behind a quote but the beginning of a status: the line was cut there. */
function isCutBehind(buf: Uint8Array, quote: number, end: number): boolean {
  let i = quote + 1;
  while (i < end && buf[i] === SPACE) i++;
  const from = i;
  while (i < end && isDigit(buf[i])) i++;
  return i === end && i - from < 3;
}

/** Passes over bare tokens between time and request (a host, a process id); a name with a dot is the host. */
function skipBetween(buf: Uint8Array, at: number, end: number, out: RawExchange): number {
  for (let n = 0; n < 4; n++) {
    if (at >= end || buf[at] === QUOTE) return at;
    const from = at;
    let dots = 0;
    while (at < end && buf[at] !== SPACE && buf[at] !== QUOTE) if (buf[at++] === 0x2e) dots++;
    if (dots > 0 && (buf[from] | 0x20) >= 0x61 && (buf[from] | 0x20) <= 0x7a) setText(out, F.host, buf, from, at);
    at = skipSpaces(buf, at, end);
  }
  return at < end && buf[at] === QUOTE ? at : end;
}

function hasSpace(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] === SPACE) return true;
  return false;
}

function readTail(plan: Plan, buf: Uint8Array, at: number, end: number, out: RawExchange): void {
  if (plan.standard && buf[at] === SPACE && buf[at + 1] === QUOTE && at + 2 < end) {
    const from = at + 2;
    const to = closingQuote(buf, from, end);
    const escaped = cursor.escaped;
    if (to + 2 < end && buf[to + 1] === SPACE && buf[to + 2] === QUOTE) {
      const from2 = to + 3;
      const to2 = closingQuote(buf, from2, end);
      if (to2 + 1 >= end) {
        if (cursor.escaped) setText(out, F.agent, buf, from2, unescapeQuoted(buf, from2, to2));
        else setText(out, F.agent, buf, from2, to2);
        setText(out, F.referrer, buf, from, escaped ? unescapeQuoted(buf, from, to) : to);
        return;
      }
    }
  }
  cutTail(buf, at, end);
  for (let k = 0; k < plan.signatures.length; k++) {
    if (plan.signatures[k] === tail.signature && plan.counts[k] === tail.count) {
      const roles = plan.roles[k];
      for (let n = 0; n < tail.count; n++) if (roles[n] !== ROLE.skip) applyRole(roles[n], n, buf, out);
      return;
    }
  }
  const roles = rolesOfLine(buf);
  for (let n = 0; n < tail.count; n++) applyRole(roles[n], n, buf, out);
}

/** A combined format with a layout that was learned, or the default one. */
export function combinedWith(layout: CombinedLayout, base: LogFormat = COMBINED): LogFormat {
  const plan = planOf(layout);
  const meaning = base.timeMeaning;
  return {
    ...base,
    parser: (): LineParser => (buf, start, end, out) => parseCombined(plan, meaning, buf, start, end, out),
  };
}

/** Learns the layout of the open end from sampled lines, each a buffer of its own (they are not changed). */
export function learnCombined(lines: readonly Uint8Array[], scratch: RawExchange): CombinedLayout {
  const learner = new LayoutLearner();
  const plan = planOf(DEFAULT_LAYOUT);
  for (const line of lines) {
    const copy = line.slice();
    scratch.reset(copy);
    forgetHead();
    if (parseCombined(plan, 'end', copy, 0, copy.length, scratch) !== BAD_LINE.ok) continue;
    const pair = addressPair(copy);
    if (pair !== 'none') learner.sawFirst(pair === 'addresses');
    if (afterBytes >= line.length) continue;
    cutTail(line, afterBytes, line.length);
    learner.sawTail(line);
  }
  return learner.layout();
}

const DEFAULT_PLAN = planOf(DEFAULT_LAYOUT);

/** nginx writes a line when the exchange has ended, and its `$time_local` is that moment. */
export const COMBINED: LogFormat = {
  id: 'combined',
  title: 'Common and combined log format (nginx, LiteSpeed, most others)',
  timeMeaning: 'end',
  resolutionMs: 1000,
  parser: () => (buf, start, end, out) => parseCombined(DEFAULT_PLAN, 'end', buf, start, end, out),
};

/** The same lines from Apache, whose `%t` is the moment the request arrived. */
export const APACHE_COMBINED: LogFormat = {
  id: 'apache-combined',
  title: 'Common and combined log format with Apache’s time (start of the request)',
  timeMeaning: 'start',
  resolutionMs: 1000,
  parser: () => (buf, start, end, out) => parseCombined(DEFAULT_PLAN, 'start', buf, start, end, out),
};
