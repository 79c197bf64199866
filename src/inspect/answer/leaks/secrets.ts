/** Where secrets of known forms end. Each looks at a bounded number of bytes; 0 means that there is none. */
import { C, CLASS, runEnd, textAt } from './bytes.ts';
import { looksRandom } from './checks.ts';

/** Longest token and longest secret in a known form, in bytes. */
export const MAX_TOKEN = 2048;
/** Longest hash in the form of crypt(3), in bytes. */
const MAX_CRYPT = 512;
/** Characters of a private number: curves of 256, 384 and 521 bits, RSA of 1024 to 4096. */
const JWK_LENGTHS: readonly number[] = [43, 64, 88, 171, 342, 512, 683];
const QUOTE = 0x22;

/** Behind `$2b$`: two digits of cost, then 53 characters of salt and hash. */
export function bcryptEnd(bytes: Uint8Array, from: number, end: number): number {
  const stop = runEnd(bytes, from + 3, end, C.base64 | C.domain, 53);
  return bytes[from + 2] === 0x24 && stop - from === 56 ? stop : 0;
}

/** Parameters, salt and hash in the form of crypt(3). */
export function cryptEnd(bytes: Uint8Array, from: number, end: number): number {
  let stop = from;
  const last = Math.min(end, from + MAX_CRYPT);
  while (stop < last && (CLASS[bytes[stop]] !== 0 || bytes[stop] === 0x24 || bytes[stop] === 0x2c)) stop++;
  return stop - from >= 24 && looksRandom(textAt(bytes, stop - 20, stop), 8) ? stop : 0;
}

/** The private number of a JSON Web Key (RFC 7517), behind its opening quote. */
export function jwkEnd(bytes: Uint8Array, from: number, end: number): number {
  const stop = runEnd(bytes, from, end, C.word | C.domain, MAX_TOKEN);
  if (!JWK_LENGTHS.includes(stop - from) || bytes[stop] !== QUOTE) return 0;
  return looksRandom(textAt(bytes, from, from + 42), 12) ? stop : 0;
}

/** A private key behind `-----BEGIN `; documents show such a line without a key behind it. */
export function pemEnd(bytes: Uint8Array, from: number, end: number): number {
  const head = textAt(bytes, from, Math.min(end, from + 40));
  if (!/^(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/.test(head)) return 0;
  const body = from + head.indexOf('-----') + 5;
  const stop = Math.min(end, body + 90);
  const key = textAt(bytes, body, stop).replace(/\\[nr]|[\r\n]/g, '');
  return /^[A-Za-z0-9+/=:, -]{30}/.test(key) ? stop : 0;
}

const token = { end: 0, sound: false };

/**
 * A JSON Web Token (RFC 7519) that begins at `at`. `end` is where to go on: what was looked at has no other beginning in it,
 * because a part of a word would stand before. One shared object.
 */
export function jwtEnd(bytes: Uint8Array, at: number, end: number): typeof token {
  token.sound = false;
  const header = partEnd(bytes, at, end);
  token.end = header;
  if (header - at < 16 || bytes[header] !== 0x2e) return token;
  const payload = partEnd(bytes, header + 1, end);
  token.end = payload;
  if (payload - header < 8 || bytes[payload] !== 0x2e) return token;
  const text = Buffer.from(textAt(bytes, at, Math.min(header, at + 400)), 'base64url').toString('latin1');
  if (!text.startsWith('{"') || !/"(?:alg|enc)"/.test(text)) return token;
  token.end = partEnd(bytes, payload + 1, end);
  token.sound = true;
  return token;
}

function partEnd(bytes: Uint8Array, from: number, end: number): number {
  const stop = Math.min(end, from + MAX_TOKEN);
  let i = from;
  while (i < stop && ((CLASS[bytes[i]] & C.word) !== 0 || bytes[i] === 0x2d)) i++;
  return i;
}

/** 12:34 */
export function hasColumn(bytes: Uint8Array, from: number, end: number): boolean {
  const colon = runEnd(bytes, from, end, C.digit, 7);
  return bytes[colon] === 0x3a && colon + 1 < end && (CLASS[bytes[colon + 1]] & C.digit) !== 0;
}

/** A coordinate that tells a house: four digits behind the point are about ten metres. */
export function isPrecise(bytes: Uint8Array, from: number, end: number): boolean {
  let i = from;
  if (bytes[i] === 0x2d) i++;
  const whole = runEnd(bytes, i, end, C.digit, 4);
  if (whole === i || whole - i > 3 || bytes[whole] !== 0x2e) return false;
  return runEnd(bytes, whole + 1, end, C.digit, 20) - whole > 4;
}
