/** Prefixes as numbers: parsing, drawing an address in one, and writing addresses as RFC 5952 wants them. */
import type { Random } from '../core/random.ts';

export interface Prefix {
  readonly family: 4 | 6;
  readonly bits: number;
  /** IPv4: one number of 32 bits. IPv6: eight groups of 16 bits. */
  readonly groups: readonly number[];
}

/** Reads 192.0.2.0/24 or 2001:db8::/32. @throws RangeError if it is neither. */
export function parsePrefix(text: string): Prefix {
  const [address, length] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  const bits = Number(length);
  const groups = family === 4 ? [ipv4(address)] : ipv6(address);
  if (!(bits >= 0 && bits <= (family === 4 ? 32 : 128)) || groups.some((group) => !Number.isInteger(group))) {
    throw new RangeError(`not a prefix: ${text}`);
  }
  return { family, bits, groups };
}

function ipv4(text: string): number {
  const parts = text.split('.').map(Number);
  return parts.length === 4 && parts.every((part) => part >= 0 && part < 256)
    ? parts.reduce((sum, part) => sum * 256 + part, 0)
    : Number.NaN;
}

function ipv6(text: string): number[] {
  const [head, tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail === undefined && left.length !== 8) return [Number.NaN];
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

/** An address of a host in an IPv4 prefix; network and broadcast addresses of /24s are left out. */
export function drawIpv4(prefix: Prefix, random: Random): string {
  const size = 2 ** (32 - prefix.bits);
  let value = prefix.groups[0] + random.below(size);
  if (size >= 256) {
    const last = value & 255;
    if (last === 0) value++;
    else if (last === 255) value--;
  }
  return formatIpv4(value);
}

export function formatIpv4(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/**
 * Who holds the IPv6 address. A home has a /56 of its own and a random interface id (RFC 8981), a phone one /64 of
 * many, a server a small number given by hand.
 */
export type Holder = 'home' | 'phone' | 'server';

/** An address in an IPv6 prefix: a subnet of 64 bits, and an interface id in it. */
export function drawIpv6(prefix: Prefix, random: Random, holder: Holder = 'home'): string {
  const groups = [...prefix.groups];
  for (let bit = prefix.bits; bit < 64; ) {
    const index = bit >> 4;
    const free = 16 - (bit & 15);
    groups[index] = (groups[index] & ~((1 << free) - 1)) | random.below(2 ** free);
    bit += free;
  }
  // Of a /56 the first subnets are used: the byte before the interface id is mostly small.
  if (prefix.bits <= 56 && holder !== 'phone')
    groups[3] = (groups[3] & 0xff00) | (random.chance(0.8) ? random.below(4) : random.below(256));
  return formatIpv6(withInterface(groups, random, holder));
}

function withInterface(groups: number[], random: Random, holder: Holder): number[] {
  for (let i = 4; i < 8; i++) groups[i] = holder === 'server' ? 0 : random.below(65_536);
  if (holder === 'server') groups[7] = random.chance(0.5) ? 1 : 2 + random.below(30);
  return groups;
}

/** The same /64 with a new interface id, as hosts with privacy extensions draw one every day. */
export function rotateInterface(address: string, random: Random): string {
  if (!address.includes(':')) return address;
  return formatIpv6(withInterface(ipv6(address), random, 'home'));
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as ::. */
export function formatIpv6(groups: readonly number[]): string {
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > length) {
      best = i;
      length = j - i;
    }
    i = Math.max(i, j - 1);
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return best < 0 ? hex(groups) : `${hex(groups.slice(0, best))}::${hex(groups.slice(best + length))}`;
}
