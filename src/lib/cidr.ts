/** Networks, and sets of them: from text, merged, asked by lanes without allocating anything. */
import { ip, parseIpText } from './ip.ts';

/** A block of addresses, both ends included, as four unsigned 32-bit lanes. */
export interface Cidr {
  readonly v4: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/**
 * "10.0.0.0/8", "2001:db8::/32", or a single address. Host bits may be set and are cleared. Null for anything else:
 * ports, zones and prefix lengths out of range included.
 */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  if (!/^[0-9a-f:.]+$/i.test(address) || (/\./.test(address) && /:\d+$/.test(address))) return null;
  if (!parseIpText(address)) return null;
  const v4 = ip.v4;
  const mapped = v4 && address.includes(':');
  const width = v4 && !mapped ? 32 : 128;
  let prefix = width;
  if (slash >= 0) {
    const digits = text.slice(slash + 1);
    if (!/^\d{1,3}$/.test(digits) || Number(digits) > width) return null;
    prefix = Number(digits);
  }
  if (mapped && prefix < 96) return null;
  const bits = width === 32 ? prefix + 96 : prefix;
  const lanes = [ip.a, ip.b, ip.c, ip.d];
  const first: number[] = [];
  const last: number[] = [];
  for (let i = 0; i < 4; i++) {
    const kept = bits - i * 32;
    const mask = kept >= 32 ? -1 : kept <= 0 ? 0 : -1 << (32 - kept);
    first.push((lanes[i] & mask) >>> 0);
    last.push((lanes[i] | ~mask) >>> 0);
  }
  return { v4, first, last };
}

/** −1, 0 or 1: the order of two addresses of four unsigned lanes. */
function compare(x: readonly number[], y: readonly number[]): number {
  for (let i = 0; i < 4; i++) if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1;
  return 0;
}

/** True where nothing lies between the end of a block and the start of the next. */
function touches(last: readonly number[], first: readonly number[]): boolean {
  if (compare(first, last) <= 0) return true;
  const next = [...last];
  for (let i = 3; i >= 0; i--) {
    if (next[i] !== 0xffffffff) {
      next[i]++;
      break;
    }
    next[i] = 0;
  }
  return compare(first, next) === 0;
}

/** Sorted blocks without overlaps. */
function merged(blocks: Cidr[]): Cidr[] {
  const sorted = [...blocks].sort((x, y) => compare(x.first, y.first));
  const out: Cidr[] = [];
  for (const block of sorted) {
    const previous = out[out.length - 1];
    if (previous && touches(previous.last, block.first)) {
      const last = compare(previous.last, block.last) < 0 ? block.last : previous.last;
      out[out.length - 1] = { v4: block.v4, first: previous.first, last };
    } else out.push(block);
  }
  return out;
}

/** A set of networks with look-ups by binary search that allocate nothing. Immutable. */
export class CidrSet {
  /** Number of blocks after merging. */
  readonly size: number;
  private readonly first4: Uint32Array;
  private readonly last4: Uint32Array;
  /** Four lanes a block. */
  private readonly first6: Uint32Array;
  private readonly last6: Uint32Array;

  constructor(blocks: readonly Cidr[]) {
    const v4 = merged(blocks.filter((block) => block.v4));
    const v6 = merged(blocks.filter((block) => !block.v4));
    this.first4 = Uint32Array.from(v4, (block) => block.first[3]);
    this.last4 = Uint32Array.from(v4, (block) => block.last[3]);
    this.first6 = Uint32Array.from(v6.flatMap((block) => block.first));
    this.last6 = Uint32Array.from(v6.flatMap((block) => block.last));
    this.size = v4.length + v6.length;
  }

  /** The set of what the texts name. RangeError that names the first one which is no address or network. */
  static of(texts: Iterable<string>): CidrSet {
    const blocks: Cidr[] = [];
    for (const text of texts) {
      const block = parseCidr(text.trim());
      if (!block) throw new RangeError(`not an address or network: "${text}"`);
      blocks.push(block);
    }
    return new CidrSet(blocks);
  }

  /** Does the set hold an IPv4 address (32 bits, signed or not)? */
  hasV4(address: number): boolean {
    const wanted = address >>> 0;
    let low = 0;
    let high = this.first4.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.first4[middle] <= wanted) low = middle + 1;
      else high = middle;
    }
    return low > 0 && wanted <= this.last4[low - 1];
  }

  /** Does the set hold the IPv6 address of four lanes (signed or not)? */
  hasV6(a: number, b: number, c: number, d: number): boolean {
    return this.find6(a, b, c, d) >= 0;
  }

  /** Does the set hold the address that {@link parseIp} read last? */
  hasParsed(): boolean {
    return ip.v4 ? this.hasV4(ip.d) : this.hasV6(ip.a, ip.b, ip.c, ip.d);
  }

  /** Does the set hold the whole actor: the IPv4 address, or all of the IPv6 /64? Never true for (0, 0), "absent". */
  hasKey(hi: number, lo: number): boolean {
    if (hi === 0) return lo !== 0 && this.hasV4(lo);
    const block = this.find6(hi, lo, 0, 0);
    return block >= 0 && block === this.find6(hi, lo, -1, -1);
  }

  /** The block that holds an IPv6 address, or −1. */
  private find6(a: number, b: number, c: number, d: number): number {
    let low = 0;
    let high = this.first6.length >>> 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order(this.first6, middle, a, b, c, d) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && order(this.last6, low - 1, a, b, c, d) >= 0 ? low - 1 : -1;
  }
}

/** The order of block bound `index` against an address. */
function order(bounds: Uint32Array, index: number, a: number, b: number, c: number, d: number): number {
  const at = index << 2;
  if (bounds[at] !== a >>> 0) return bounds[at] < a >>> 0 ? -1 : 1;
  if (bounds[at + 1] !== b >>> 0) return bounds[at + 1] < b >>> 0 ? -1 : 1;
  if (bounds[at + 2] !== c >>> 0) return bounds[at + 2] < c >>> 0 ? -1 : 1;
  return bounds[at + 3] === d >>> 0 ? 0 : bounds[at + 3] < d >>> 0 ? -1 : 1;
}
