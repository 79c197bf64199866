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
import { type CombinedLayout, DEFAULT_LAYOUT, LayoutLearner, rolesOfLine } from './combined-layout.ts';
import { applyRole, closingQuote, cutTail, ROLE, tail } from './combined-tail.ts';
import { setRequestLine } from './request-line.ts';
import {
  CLOSE_BRACKET,
  COLON,
  COMMA,
  cursor,
  DASH,
  isAbsent,
  isDigit,
  looksLikeAddress,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  setText,
  skipSpaces,
  TAB,
  unescapeQuoted,
} from './scan.ts';
import { clfTime, isoTime, timeCursor } from './time.ts';

/** Tokens before the time that are looked at; a line with more is not of this family. */
const MAX_HEAD_TOKENS = 12;

/** Host, address, ident, a request id or two, user: with more, something else stands in front. */
const MAX_PLAIN_TOKENS = 6;

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

/** Set by {@link readHead}: where the time starts, behind its bracket; −1 where there is none. */
let timeAt = -1;
/** Set by {@link readRequest}. */
let afterBytes = 0;

const headStart = new Int32Array(MAX_HEAD_TOKENS);
const headEnd = new Int32Array(MAX_HEAD_TOKENS);
let headCount = 0;

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
  if (
    p + 6 < end &&
    buf[p + 1] === DASH &&
    buf[p + 2] === SPACE &&
    buf[p + 3] === DASH &&
    buf[p + 4] === SPACE &&
    buf[p + 5] === OPEN_BRACKET
  ) {
    timeAt = p + 6;
    setText(out, F.address, buf, start, p);
  } else {
    cutHead(buf, start, end);
    if (timeAt < 0 || !readHead(plan, buf, out)) return BAD_LINE.no_match;
  }
  const reason = readTime(buf, end, out);
  if (reason !== BAD_LINE.ok) return reason;
  out.timeMeaning = meaning;
  const failure = readRequest(buf, timeCursor.at + 1, end, out);
  if (failure !== BAD_LINE.ok) return failure;
  if (afterBytes < end) readTail(plan, buf, afterBytes, end, out);
  return BAD_LINE.ok;
}

/** Cuts the tokens in front of the time and sets {@link timeAt}. */
function cutHead(buf: Uint8Array, start: number, end: number): void {
  timeAt = -1;
  headCount = 0;
  let i = start;
  while (headCount < MAX_HEAD_TOKENS) {
    while (i < end && (buf[i] === SPACE || buf[i] === TAB)) i++;
    if (i >= end || buf[i] === QUOTE || buf[i] === 0x7b) return;
    const from = i;
    while (i < end && buf[i] !== SPACE && buf[i] !== TAB && !(buf[i] === OPEN_BRACKET && isTimeAt(buf, i + 1, end))) i++;
    if (i > from) {
      headStart[headCount] = from;
      headEnd[headCount++] = i;
    }
    if (i < end && buf[i] === OPEN_BRACKET) {
      // Without anything in front it is an error log or another family.
      if (headCount > 0) timeAt = i + 1;
      return;
    }
  }
}

/** `17/May/…` or `2015-05-…`: tells the time's bracket from that of an IPv6 address or a name. */
function isTimeAt(buf: Uint8Array, at: number, end: number): boolean {
  if (at + 10 > end || !isDigit(buf[at])) return false;
  return (buf[at + 2] === 0x2f && buf[at + 6] === 0x2f) || (buf[at + 4] === DASH && buf[at + 7] === DASH);
}

/**
 * Gives the tokens in front of the time to host, forwarded, address and principal. False where they are none of that: a
 * syslog or container prefix in front has its own reader.
 */
function readHead(plan: Plan, buf: Uint8Array, out: RawExchange): boolean {
  let first = 0;
  // A list "203.0.113.5, 198.51.100.7" is one field: its last element is the nearest peer.
  while (first < headCount - 1 && buf[headEnd[first] - 1] === COMMA) first++;
  if (headCount - first > MAX_PLAIN_TOKENS) return false;
  if (first > 0) out.set(F.forwarded, headStart[0], headEnd[first - 1] - 1);
  let address = first;
  if (first + 1 < headCount && looksLikeAddress(buf, headStart[first + 1], headEnd[first + 1])) {
    address = first + 1;
    const start = headStart[first];
    const end = headEnd[first];
    const isForwarded = first > 0 || (!plan.firstIsHost && isBareAddress(buf, start, end));
    if (isForwarded && first > 0) out.set(F.forwarded, headStart[0], end);
    else setText(out, isForwarded ? F.forwarded : F.host, buf, start, end);
  } else if (headCount >= 4 && first === 0 && !looksLikeAddress(buf, headStart[0], headEnd[0])) {
    // Two names: the virtual host and a client whose name was looked up. "name - user id" has its dash second.
    if (!isAbsent(buf, headStart[1], headEnd[1])) {
      address = 1;
      setText(out, F.host, buf, headStart[0], headEnd[0]);
    }
  }
  if (isForeign(buf, address)) return false;
  setText(out, F.address, buf, headStart[address], headEnd[address]);
  // "- user": with its address taken out of the log a line has two tokens, and the last is the user.
  const user = headCount === 2 && isAbsent(buf, headStart[0], headEnd[0]) ? 1 : address + 2;
  if (user < headCount) setText(out, F.principal, buf, headStart[headCount - 1], headEnd[headCount - 1]);
  return true;
}

/** True where the tokens tell of a prefix: a date or a bar in front, or an address behind the one taken for it. */
function isForeign(buf: Uint8Array, address: number): boolean {
  const first = headStart[0];
  if (headEnd[0] - first >= 19 && isTimeAt(buf, first, headEnd[0]) && buf[first + 10] === 0x54) return true;
  if (buf[headStart[address]] === 0x7c) return true;
  for (let i = address + 1; i < headCount; i++) if (looksLikeAddress(buf, headStart[i], headEnd[i])) return true;
  return false;
}

/** An address without a port: one with a port is a virtual host. */
function isBareAddress(buf: Uint8Array, start: number, end: number): boolean {
  if (!looksLikeAddress(buf, start, end)) return false;
  if (buf[start] === OPEN_BRACKET) return buf[end - 1] === CLOSE_BRACKET;
  let colons = 0;
  for (let i = start; i < end; i++) if (buf[i] === COLON) colons++;
  return colons !== 1;
}

/** Reads the time at {@link timeAt}, up to its bracket. */
function readTime(buf: Uint8Array, end: number, out: RawExchange): BadLine {
  let ms = clfTime(buf, timeAt, end);
  if (ms !== ms && timeAt + 5 < end && buf[timeAt + 4] === DASH) ms = isoTime(buf, timeAt, end);
  if (ms !== ms) return timeAt + 26 > end ? BAD_LINE.truncated : BAD_LINE.bad_time;
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
    headCount = 0;
    if (parseCombined(plan, 'end', copy, 0, copy.length, scratch) !== BAD_LINE.ok) continue;
    if (headCount >= 2 && looksLikeAddress(copy, headStart[1], headEnd[1])) {
      learner.sawFirst(looksLikeAddress(copy, headStart[0], headEnd[0]));
    }
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
