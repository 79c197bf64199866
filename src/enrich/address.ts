/**
 * Who is on the other end: the rightmost address of the chain of proxies that is not one of our own.
 *
 * Every proxy appends the address it saw, so only what our own proxies wrote can be believed. The walk starts with the
 * peer and goes left through X-Forwarded-For (or RFC 7239 Forwarded) for as long as it stands on a trusted proxy.
 * What is further left may be invented by the client and is never looked at.
 */
import type { CidrSet } from '../lib/cidr.ts';
import { ip, parseIp } from '../lib/ip.ts';

/** Proxies in a chain that are followed: a longer chain is a forgery, and ends where the bound falls. */
export const MAX_HOPS = 32;

/** Where {@link clientAddress} writes. (0, 0) in all lanes where no address could be read. */
export interface ClientAddress {
  /** Key of the actor: IPv4 (0, address), IPv6 the first 64 bits. */
  ipHi: number;
  ipLo: number;
  /** Key of its network: IPv4 (0, address of the /24), IPv6 the first 48 bits. */
  networkHi: number;
  networkLo: number;
}

/** A fresh result object, to be kept and reused. */
export const createClientAddress = (): ClientAddress => ({ ipHi: 0, ipLo: 0, networkHi: 0, networkLo: 0 });

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/** The element of the last {@link element} call, trimmed and without quotes. */
const span = { start: 0, end: 0 };

/** The walk stands on this address. */
const found = { any: false, hi: 0, lo: 0 };

/**
 * Finds the client of one exchange and writes its keys to `out`. `buf[addrStart, addrEnd)` is the peer as logged (a
 * port is allowed; where a log puts a whole list there, its last element is the peer); `buf[xffStart, xffEnd)` is
 * X-Forwarded-For or Forwarded, whole, and may be empty. The header counts only if the peer is in `trusted`. Garbage
 * ("unknown", "_hidden", a host name) ends the walk: the client is then the last proxy before it. Where all are trusted it
 * is the leftmost one. Returns false, and absent keys, when the peer itself is no address. Allocates nothing.
 */
export function clientAddress(
  buf: Uint8Array,
  addrStart: number,
  addrEnd: number,
  xffStart: number,
  xffEnd: number,
  trusted: CidrSet,
  out: ClientAddress,
): boolean {
  found.any = false;
  const exhausted = walk(buf, addrStart, addrEnd, trusted, MAX_HOPS);
  if (exhausted && found.any && xffEnd > xffStart) walk(buf, xffStart, xffEnd, trusted, MAX_HOPS);
  if (!found.any) {
    out.ipHi = 0;
    out.ipLo = 0;
    out.networkHi = 0;
    out.networkLo = 0;
    return false;
  }
  out.ipHi = found.hi;
  out.ipLo = found.lo;
  out.networkHi = found.hi;
  out.networkLo = found.hi === 0 ? found.lo & 0xffffff00 : found.lo & 0xffff0000;
  return true;
}

/** Walks one list from the right; true where it came to its left end on trusted ground. */
function walk(buf: Uint8Array, start: number, end: number, trusted: CidrSet, hops: number): boolean {
  let right = end;
  while (hops-- > 0) {
    let left = right;
    while (left > start && buf[left - 1] !== COMMA) left--;
    if (element(buf, left, right)) {
      if (!parseIp(buf, span.start, span.end) || !stand()) return false;
      if (trusted.size === 0 || !trusted.hasParsed()) return false;
    }
    if (left === start) return true;
    right = left - 1;
  }
  return false;
}

/** Makes the parsed address the one the walk stands on; false for what cannot be the source of a packet. */
function stand(): boolean {
  if (ip.v4) {
    if (ip.d === 0) return false;
    found.hi = 0;
    found.lo = ip.d;
  } else if (ip.a !== 0) {
    found.hi = ip.a;
    found.lo = ip.b;
  } else {
    // 0::/32 would collide with the keys of IPv4. Of it only the loopback address exists; it is this host, as in IPv4.
    if (ip.b !== 0 || ip.c !== 0 || ip.d !== 1) return false;
    found.hi = 0;
    found.lo = 0x7f000001;
  }
  found.any = true;
  return true;
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}

/** Trims one element to its address and puts it in {@link span}; false for an empty one (RFC 9110 allows them). */
function element(buf: Uint8Array, start: number, end: number): boolean {
  while (start < end && isBlank(buf[start])) start++;
  while (end > start && isBlank(buf[end - 1])) end--;
  if (start === end) return false;
  // What starts with a digit is an address already.
  const value = buf[start] <= 0x39 && buf[start] >= 0x30 ? -1 : forParameter(buf, start, end);
  if (value >= 0) {
    start = value;
    let stop = start;
    while (stop < end && buf[stop] !== SEMICOLON) stop++;
    end = stop;
    while (end > start && isBlank(buf[end - 1])) end--;
  }
  if (end - start >= 2 && buf[start] === QUOTE && buf[end - 1] === QUOTE) {
    start++;
    end--;
  }
  span.start = start;
  span.end = end;
  return true;
}

/** Where the value of RFC 7239's `for=` starts, or −1: the element is then a plain address. */
function forParameter(buf: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 3 < end; at++) {
    const atStart = at === start || buf[at - 1] === SEMICOLON || isBlank(buf[at - 1]);
    if (
      atStart &&
      buf[at + 3] === EQUALS &&
      (buf[at] | 0x20) === 0x66 &&
      (buf[at + 1] | 0x20) === 0x6f &&
      (buf[at + 2] | 0x20) === 0x72
    ) {
      return at + 4;
    }
  }
  return -1;
}
