/** Request targets and authorities (RFC 9110, 4.2 and 7.1; RFC 9112, 3.2): what a gateway takes, and in which form. */
import { isIPv6 } from 'node:net';
import { equalsFolded } from './names.ts';

/** Longest host with port (RFC 1035 names have 255 bytes). */
export const MAX_AUTHORITY_LENGTH = 261;

const SLASH = 0x2f;
const COLON = 0x3a;
const OPEN = 0x5b;

/** Marks of which characters a host name may have: letters, digits, and - . _ ~ */
const HOST_CHARS = new Uint8Array(256);
for (let c = 0; c < 128; c++) if (/[A-Za-z0-9._~-]/.test(String.fromCharCode(c))) HOST_CHARS[c] = 1;

/**
 * True for `name`, `name:port`, `192.0.2.1`, `[2001:db8::1]:port`. No user information, no empty name or port, no percent
 * encoding: nobody serves such a host, and what reads them differently can be played off against each other.
 */
export function isAuthority(text: string): boolean {
  const length = text.length;
  if (length === 0 || length > MAX_AUTHORITY_LENGTH) return false;
  let at = 0;
  if (text.charCodeAt(0) === OPEN) {
    at = text.indexOf(']') + 1;
    // A zone means something on one machine only.
    if (text.indexOf('%') >= 0 || !isIPv6(text.slice(1, at - 1))) return false;
  } else {
    for (; at < length; at++) {
      const c = text.charCodeAt(at);
      if (c > 127 || HOST_CHARS[c] === 0) break;
    }
    if (at === 0) return false;
  }
  return at === length || isPort(text, at);
}

/** ":" and a number up to 65,535 at `at`, to the end. */
function isPort(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== COLON || text.length - at < 2 || text.length - at > 6) return false;
  let port = 0;
  for (let i = at + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65_535;
}

/** True where both authorities are the same but for case and the default port of either scheme. */
export function sameAuthority(a: string, b: string): boolean {
  if (a === b) return true;
  const left = withoutDefaultPort(a.toLowerCase());
  return left === withoutDefaultPort(b.toLowerCase());
}

function withoutDefaultPort(authority: string): string {
  if (authority.endsWith(':80')) return authority.slice(0, -3);
  return authority.endsWith(':443') ? authority.slice(0, -4) : authority;
}

/** An absolute target taken apart; `target` is its origin form. */
export interface AbsoluteTarget {
  readonly authority: string;
  readonly target: string;
}

/**
 * Reads `http://host/path?query` into its authority and origin form; null where it is no http or https URL. The authority is
 * not checked. An OPTIONS request without a path asks for `*` (RFC 9112, 3.2.4).
 */
export function readAbsolute(text: string, method: string): AbsoluteTarget | null {
  const from = equalsFolded(text.slice(0, 7), 'http://') ? 7 : equalsFolded(text.slice(0, 8), 'https://') ? 8 : 0;
  if (from === 0) return null;
  let end = from;
  while (end < text.length && text.charCodeAt(end) !== SLASH && text[end] !== '?') end++;
  const authority = text.slice(from, end);
  if (end === text.length) return { authority, target: method === 'OPTIONS' ? '*' : '/' };
  const rest = text.slice(end);
  return { authority, target: rest.charCodeAt(0) === SLASH ? rest : `/${rest}` };
}

/** True where a target has only visible ASCII characters and bytes above 127: HTTP/2 leaves more to the server than a parser of text does. */
export function isCleanTarget(target: string): boolean {
  for (let i = 0; i < target.length; i++) {
    const c = target.charCodeAt(i);
    if (c <= 0x20 || c === 0x7f || c > 0xff) return false;
  }
  return true;
}
