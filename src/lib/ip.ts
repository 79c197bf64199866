/**
 * IP addresses as integers: parsing from bytes, text for people, and sets of networks.
 *
 * An address is four signed 32-bit lanes; IPv4 counts as v4-mapped (::ffff:a.b.c.d), so that its 32 bits stand in the
 * last lane. As the key of an actor it is two lanes: IPv4 (0, address), IPv6 the first 64 bits, because a /64 is the
 * smallest unit one subscriber controls.
 */

/** The last address that {@link parseIp} read: use it before the next call. One shared object, nothing is allocated. */
export const ip = { v4: false, a: 0, b: 0, c: 0, d: 0 };

/** Longest text taken for an address: brackets, 45 characters, a zone and a port. */
const MAX_TEXT = 96;
const DOT = 0x2e;
const COLON = 0x3a;
const PERCENT = 0x25;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const UNDERSCORE = 0x5f;

const groups = new Int32Array(8);

/**
 * Reads `buf[start, end)` into {@link ip}: IPv4, IPv6, either with a port (`1.2.3.4:80`, `[::1]:80`), IPv6 with a zone
 * (`fe80::1%eth0`), IPv4-mapped IPv6 (becomes IPv4). False, and {@link ip} undefined, for anything else. An IPv6
 * address without brackets is never taken for one with a port.
 */
export function parseIp(buf: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || end - start > MAX_TEXT) return false;
  if (buf[start] === OPEN) {
    const close = buf.indexOf(CLOSE, start);
    if (close < 0 || close >= end) return false;
    return parseV6(buf, start + 1, close) && (close + 1 === end || isPort(buf, close + 1, end));
  }
  const stop = Math.min(start + 5, end);
  for (let i = start; i < stop; i++) {
    if (buf[i] === DOT) return parseV4(buf, start, end);
    if (buf[i] === COLON) return parseV6(buf, start, end);
  }
  return false;
}

/** The four octets at `start`, each without leading zeros; −1 or the offset behind them. The value goes to `ip.d`. */
function readQuad(buf: Uint8Array, start: number, end: number): number {
  let at = start;
  let address = 0;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0) {
      if (at >= end || buf[at] !== DOT) return -1;
      at++;
    }
    let value = 0;
    const first = at;
    while (at < end && at - first < 4) {
      const digit = buf[at] - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at === first || value > 255 || (at - first > 1 && buf[first] === 48)) return -1;
    address = (address << 8) | value;
  }
  ip.d = address;
  return at;
}

function parseV4(buf: Uint8Array, start: number, end: number): boolean {
  const at = readQuad(buf, start, end);
  if (at < 0 || (at !== end && !isPort(buf, at, end))) return false;
  setV4();
  return true;
}

function setV4(): void {
  ip.v4 = true;
  ip.a = 0;
  ip.b = 0;
  ip.c = 0xffff;
}

/** ":" and up to five digits, or RFC 7239's obfuscated form ":_name". */
function isPort(buf: Uint8Array, start: number, end: number): boolean {
  if (buf[start] !== COLON || end - start < 2) return false;
  if (buf[start + 1] === UNDERSCORE) return true;
  if (end - start > 6) return false;
  for (let i = start + 1; i < end; i++) if (buf[i] < 48 || buf[i] > 57) return false;
  return true;
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function isZone(buf: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    const letter = c | 0x20;
    if (!((c >= 48 && c <= 57) || (letter >= 97 && letter <= 122) || c === 0x2d || c === DOT || c === COLON))
      return false;
  }
  return true;
}

function parseV6(buf: Uint8Array, start: number, end: number): boolean {
  let count = 0;
  let gap = -1;
  let at = start;
  if (end - at < 2) return false;
  if (buf[at] === COLON) {
    if (buf[at + 1] !== COLON) return false;
    gap = 0;
    at += 2;
  }
  while (at < end && buf[at] !== PERCENT) {
    if (count === 8) return false;
    const first = at;
    let value = 0;
    while (at < end && at - first < 5) {
      const digit = hexValue(buf[at]);
      if (digit < 0) break;
      value = (value << 4) | digit;
      at++;
    }
    if (at < end && buf[at] === DOT) {
      at = readQuad(buf, first, end);
      if (at < 0 || count > 6 || (at !== end && buf[at] !== PERCENT)) return false;
      groups[count++] = ip.d >>> 16;
      groups[count++] = ip.d & 0xffff;
      break;
    }
    if (at === first || at - first > 4) return false;
    groups[count++] = value;
    if (at === end || buf[at] === PERCENT) break;
    if (buf[at] !== COLON || ++at >= end) return false;
    if (buf[at] === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    } else if (buf[at] === PERCENT) return false;
  }
  if (at < end && !isZone(buf, at + 1, end)) return false;
  return gap < 0 ? count === 8 && setV6(8, count) : count < 8 && setV6(gap, count);
}

/** Spreads `count` groups around the gap "::" before group `gap`. Always true. */
function setV6(gap: number, count: number): true {
  const shift = 8 - count;
  for (let i = 7; i >= 0; i--) groups[i] = i >= gap + shift ? groups[i - shift] : i >= gap ? 0 : groups[i];
  ip.v4 = false;
  ip.a = (groups[0] << 16) | groups[1];
  ip.b = (groups[2] << 16) | groups[3];
  ip.c = (groups[4] << 16) | groups[5];
  ip.d = (groups[6] << 16) | groups[7];
  if (ip.a === 0 && ip.b === 0 && ip.c === 0xffff) setV4();
  return true;
}

const encoder = new TextEncoder();

/** {@link parseIp} of a string, for configuration and tests: it allocates. */
export function parseIpText(text: string): boolean {
  const bytes = encoder.encode(text);
  return parseIp(bytes, 0, bytes.length);
}

function dotted(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The first 64 bits of an IPv6 address with "::" for the rest, by RFC 5952 (the trailing run is the longest). */
function prefixText(hi: number, lo: number): string {
  const parts = [hi >>> 16, hi & 0xffff, lo >>> 16, lo & 0xffff];
  while (parts.length > 0 && parts[parts.length - 1] === 0) parts.pop();
  return `${parts.map((group) => group.toString(16)).join(':')}::`;
}

/** An actor's key as text: "192.0.2.7", or "2001:db8::/64" for IPv6. (0, 0) means absent and gives "". */
export function formatIp(hi: number, lo: number): string {
  if (hi !== 0) return `${prefixText(hi, lo)}/64`;
  return lo === 0 ? '' : dotted(lo);
}

/** A network key as text: "192.0.2.0/24" or "2001:db8:7::/48". (0, 0) gives "". */
export function formatNetwork(hi: number, lo: number): string {
  if (hi !== 0) return `${prefixText(hi, lo & 0xffff0000)}/48`;
  return lo === 0 ? '' : `${dotted(lo & 0xffffff00)}/24`;
}

/** What an address is for, by the registries of RFC 6890. */
export const SCOPE = {
  public: 0,
  /** Private, loopback, link-local, unique-local, and the shared space of carrier NAT (RFC 6598): seen from inside only. */
  internal: 1,
  /** Documentation and benchmarking: never on a wire, but common in examples and generated logs. */
  documentation: 2,
  /** Multicast, "this network", class E, IPv6 outside 2000::/3: no client has it. */
  reserved: 3,
} as const;

/** The {@link SCOPE} of an actor's key. */
export function scopeOf(hi: number, lo: number): number {
  return hi === 0 ? scopeV4(lo) : scopeV6(hi, lo);
}

function scopeV4(address: number): number {
  const first = address >>> 24;
  const two = address >>> 16;
  if (first === 10 || first === 127) return SCOPE.internal;
  if (two >>> 4 === 0xac1 || two === 0xc0a8 || two === 0xa9fe || address >>> 22 === 0x191) return SCOPE.internal;
  if (first === 0 || first >= 224) return SCOPE.reserved;
  const three = address >>> 8;
  if (three === 0xc00002 || three === 0xc63364 || three === 0xcb0071 || address >>> 17 === 0x6309) {
    return SCOPE.documentation;
  }
  return three === 0xc00000 ? SCOPE.reserved : SCOPE.public;
}

function scopeV6(hi: number, lo: number): number {
  if (hi >>> 25 === 0x7e || hi >>> 22 === 0x3fa) return SCOPE.internal;
  if (hi === 0x20010db8 || hi >>> 12 === 0x3fff0) return SCOPE.documentation;
  // 2001:2::/48 is for benchmarking (RFC 5180).
  if (hi === 0x20010002 && lo >>> 16 === 0) return SCOPE.documentation;
  // 64:ff9b::/96 and 64:ff9b:1::/48 carry translated IPv4 clients (RFC 6052, RFC 8215).
  if (hi === 0x0064ff9b) return lo >>> 16 === 1 ? SCOPE.internal : SCOPE.public;
  return hi >>> 29 === 1 ? SCOPE.public : SCOPE.reserved;
}
