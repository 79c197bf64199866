/**
 * What stands in front of the time in a line of the combined family:
 *
 *     [host[:port]] [forwarded,] address ident [id …] user
 */
import { F, type RawExchange } from '../exchange.ts';
import { quoteEnd } from './request-line.ts';
import {
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DASH,
  isAbsent,
  isDigit,
  looksLikeAddress,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  setAddressList,
  setText,
  TAB,
} from './scan.ts';

/** Tokens before the time that are looked at; a line with more is not of this family. */
const MAX_HEAD_TOKENS = 12;
/** Host, address, ident, a request id or two, user: with more, something else stands in front. */
const MAX_PLAIN_TOKENS = 6;

const headStart = new Int32Array(MAX_HEAD_TOKENS);
const headEnd = new Int32Array(MAX_HEAD_TOKENS);
let headCount = 0;
/** True where the first token stood in quotes, as a list of forwarded addresses does. */
let isFirstQuoted = false;

/** Before a line whose head may not be cut: {@link addressPair} then tells of no other line's. */
export function forgetHead(): void {
  headCount = 0;
}

/** What the first two tokens of the head last cut are, where the second is an address. */
export function addressPair(buf: Uint8Array): 'none' | 'addresses' | 'host' {
  if (headCount < 2 || !looksLikeAddress(buf, headStart[1], headEnd[1])) return 'none';
  return looksLikeAddress(buf, headStart[0], headEnd[0]) ? 'addresses' : 'host';
}

/** Cuts the tokens in front of the time and returns where the time starts, behind its bracket; −1 where none is. */
export function cutHead(buf: Uint8Array, start: number, end: number): number {
  headCount = 0;
  isFirstQuoted = start < end && buf[start] === QUOTE;
  let i = start;
  if (isFirstQuoted) {
    i = quoteEnd(buf, start + 1, end);
    if (i < 0) return -1;
    headStart[0] = start + 1;
    headEnd[0] = i++;
    headCount = 1;
  }
  while (headCount < MAX_HEAD_TOKENS) {
    while (i < end && (buf[i] === SPACE || buf[i] === TAB)) i++;
    if (i >= end || buf[i] === QUOTE || buf[i] === 0x7b) return -1;
    const from = i;
    while (i < end && buf[i] !== SPACE && buf[i] !== TAB && !(buf[i] === OPEN_BRACKET && isTimeAt(buf, i + 1, end)))
      i++;
    if (i > from) {
      headStart[headCount] = from;
      headEnd[headCount++] = i;
    }
    if (i < end && buf[i] === OPEN_BRACKET) {
      // Without anything in front it is an error log or another family.
      return headCount > 0 ? i + 1 : -1;
    }
  }
  return -1;
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
export function readHead(firstIsHost: boolean, buf: Uint8Array, out: RawExchange): boolean {
  let first = 0;
  if (isFirstQuoted) return readQuotedFirst(buf, out);
  // A list "203.0.113.5, 198.51.100.7" is one field: its last element is the nearest peer.
  while (first < headCount - 1 && buf[headEnd[first] - 1] === COMMA) first++;
  if (headCount - first > MAX_PLAIN_TOKENS) return false;
  if (first > 0) out.set(F.forwarded, headStart[0], headEnd[first - 1] - 1);
  let address = first;
  if (first + 1 < headCount && looksLikeAddress(buf, headStart[first + 1], headEnd[first + 1])) {
    address = first + 1;
    const start = headStart[first];
    const end = headEnd[first];
    const isForwarded = first > 0 || (!firstIsHost && isBareAddress(buf, start, end));
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

/** `"203.0.113.5, 198.51.100.7" [address] ident user`. */
function readQuotedFirst(buf: Uint8Array, out: RawExchange): boolean {
  if (headCount > MAX_PLAIN_TOKENS) return false;
  let user = 2;
  if (headCount > 1 && looksLikeAddress(buf, headStart[1], headEnd[1])) {
    setText(out, F.forwarded, buf, headStart[0], headEnd[0]);
    out.set(F.address, headStart[1], headEnd[1]);
    user = 3;
  } else if (!isAbsent(buf, headStart[0], headEnd[0])) {
    setAddressList(out, buf, headStart[0], headEnd[0]);
  }
  if (isForeign(buf, user - 2)) return false;
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
