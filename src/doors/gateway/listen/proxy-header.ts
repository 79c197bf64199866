/**
 * The header of the PROXY protocol (HAProxy's specification, versions 1 and 2), with which a balancer says who is really
 * calling. Read from the first bytes of a connection, bounded, without trusting any length before it is checked.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { type Peer, plainAddress } from './connection.ts';

/** Longest header of version 1, line end included (specification, 2.1). */
export const MAX_V1_BYTES = 107;

/** Longest header of version 2 taken, in bytes: 216 of addresses, the rest for extensions, which are passed over. */
export const MAX_V2_BYTES = 16 + 4096;

export type ProxyHeader =
  | { readonly state: 'more' }
  | { readonly state: 'invalid'; readonly why: string }
  /** `peer` is null where the header names nobody: a balancer's own health check, or an unknown protocol. */
  | { readonly state: 'done'; readonly bytes: number; readonly peer: Peer | null };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1_PREFIX = Buffer.from('PROXY ', 'latin1');
const V2_FIXED_BYTES = 16;
const VERSION_2 = 2;
const LOCAL = 0;
const PROXY = 1;
const UNSPECIFIED = 0;
const INET = 1;
const INET6 = 2;
const UNIX = 3;
const STREAM = 1;
/** Bytes of both addresses and ports by family. */
const ADDRESS_BYTES = [0, 12, 36, 216];
const CR = 13;
const LF = 10;

const MORE: ProxyHeader = { state: 'more' };

const invalid = (why: string): ProxyHeader => ({ state: 'invalid', why });

/** Reads the header at the start of `buf`. Never throws; `more` only while fewer bytes are there than a header may have. */
export function readProxyHeader(buf: Buffer): ProxyHeader {
  if (buf.length === 0) return MORE;
  if (buf[0] === SIGNATURE[0]) return readV2(buf);
  if (buf[0] === V1_PREFIX[0]) return readV1(buf);
  return invalid('no PROXY protocol header');
}

/** True where `buf` is the beginning of `wanted`, or has it at its own beginning. */
export function agrees(buf: Buffer, wanted: Buffer): boolean {
  const length = Math.min(buf.length, wanted.length);
  for (let i = 0; i < length; i++) if (buf[i] !== wanted[i]) return false;
  return true;
}

function readV2(buf: Buffer): ProxyHeader {
  if (!agrees(buf, SIGNATURE)) return invalid('no PROXY protocol header');
  if (buf.length < V2_FIXED_BYTES) return MORE;
  const command = buf[12] & 15;
  const family = buf[13] >>> 4;
  const transport = buf[13] & 15;
  const rest = buf.readUInt16BE(14);
  if (buf[12] >>> 4 !== VERSION_2) return invalid('unknown version');
  if (command !== LOCAL && command !== PROXY) return invalid('unknown command');
  if (family > UNIX) return invalid('unknown address family');
  const bytes = V2_FIXED_BYTES + rest;
  if (bytes > MAX_V2_BYTES) return invalid('too long');
  if (command === PROXY && family !== UNSPECIFIED) {
    if (transport !== STREAM) return invalid('not a stream');
    if (rest < ADDRESS_BYTES[family]) return invalid('too short for its addresses');
  }
  if (buf.length < bytes) return MORE;
  return { state: 'done', bytes, peer: command === LOCAL ? null : peerV2(buf, family) };
}

function peerV2(buf: Buffer, family: number): Peer | null {
  if (family === INET) {
    return { address: `${buf[16]}.${buf[17]}.${buf[18]}.${buf[19]}`, port: buf.readUInt16BE(24) };
  }
  return family === INET6 ? { address: ipv6Text(buf, 16), port: buf.readUInt16BE(48) } : null;
}

/** Sixteen bytes as text by RFC 5952; an IPv4-mapped one as IPv4. */
export function ipv6Text(buf: Buffer, start: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 8; i++) groups.push(buf.readUInt16BE(start + i * 2));
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return buf.subarray(start + 12, start + 16).join('.');
  }
  const { at, length } = longestZeros(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, at))}::${text(groups.slice(at + length))}`;
}

function longestZeros(groups: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best.length) best = { at: i, length: end - i };
  }
  return best;
}

function readV1(buf: Buffer): ProxyHeader {
  if (!agrees(buf, V1_PREFIX)) return invalid('no PROXY protocol header');
  const end = buf.subarray(0, MAX_V1_BYTES).indexOf(LF);
  if (end < 0) return buf.length >= MAX_V1_BYTES ? invalid('too long') : MORE;
  if (buf[end - 1] !== CR) return invalid('line does not end in CR LF');
  const words = buf.toString('latin1', 0, end - 1).split(' ');
  const bytes = end + 1;
  if (words[1] === 'UNKNOWN') return { state: 'done', bytes, peer: null };
  const peer = peerV1(words);
  return peer ? { state: 'done', bytes, peer } : invalid('not the addresses it says');
}

/** `PROXY TCP4 source destination port port`. */
function peerV1(words: readonly string[]): Peer | null {
  if (words.length !== 6) return null;
  const isAddress = words[1] === 'TCP4' ? isIPv4 : words[1] === 'TCP6' ? isIPv6 : null;
  if (!isAddress?.(words[2]) || !isAddress(words[3]) || !isPort(words[4]) || !isPort(words[5])) return null;
  return { address: plainAddress(words[2].toLowerCase()), port: Number(words[4]) };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}
