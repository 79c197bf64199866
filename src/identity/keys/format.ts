/**
 * How keys look: `<prefix>_<id>_<secret><checksum>`, such as sp_live_7Kq2mZ_…. The prefix lets scanners of repositories and
 * logs recognise a leaked key, and the checksum (CRC-32, six digits of base 62) tells a key from what only looks like one
 * without asking anybody.
 */
import { createHmac, hash, randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Letters of an id, of a secret (30 digits of base 62 are 178 bits) and of a checksum. */
const ID_LENGTH = 8;
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
/** Longest key that is looked at, in characters, of whatever format. */
export const MAX_KEY_LENGTH = 512;

/** A key that was made: the only moment at which its secret is known. */
export interface NewKey {
  readonly id: string;
  /** What the client is given. It is not kept anywhere. */
  readonly key: string;
  /** What the configuration keeps: see {@link hashKey}. */
  readonly hash: string;
}

/**
 * Makes a key. `prefix`: sp_live, sp_test or another; `secret`: the installation's, for a keyed hash, or null for a plain
 * SHA-256, which is safe for keys of this length only because nobody can guess them. `random` gives that many random bytes.
 */
export function newKey(
  options: { readonly prefix?: string; readonly id?: string; readonly secret: Buffer | null },
  random: (bytes: number) => Uint8Array = randomBytes,
): NewKey {
  const id = options.id ?? digits(ID_LENGTH, random);
  const body = `${options.prefix ?? 'sp_live'}_${id}_${digits(SECRET_LENGTH, random)}`;
  const key = body + checksumOf(body);
  return { id, key, hash: hashKey(key, options.secret) };
}

/** What is kept of a key: `hmac-sha256:…` under the secret of the installation, or `sha256:…`. Works for keys of any format. */
export function hashKey(key: string, secret: Buffer | null): string {
  const plain = hash('sha256', key, 'hex');
  return secret === null ? `sha256:${plain}` : `hmac-sha256:${keyed(plain, secret)}`;
}

/** The keyed hash of a plain one (hex): a stored SHA-256 can be taken over into it without knowing the key. */
export function keyed(plainHex: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(plainHex).digest('hex');
}

/** Six digits of base 62 over everything before them. */
export function checksumOf(body: string): string {
  let rest = crc32(body);
  let out = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    out = DIGITS[rest % 62] + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}

/**
 * Does `text` say that it is one of these keys, and is it whole? `other`: not of this format; `broken`: it begins like one,
 * and its checksum is wrong. Anybody can compute the checksum: it proves nothing.
 */
export function formOf(text: string, prefix: string): 'whole' | 'broken' | 'other' {
  if (!text.startsWith(prefix) || text[prefix.length] !== '_') return 'other';
  const at = text.length - CHECKSUM_LENGTH;
  if (at <= prefix.length + 1 || !/^[\w-]+$/.test(text)) return 'broken';
  return checksumOf(text.slice(0, at)) === text.slice(at) ? 'whole' : 'broken';
}

/** Random digits of base 62, without favouring any. */
function digits(count: number, random: (bytes: number) => Uint8Array): string {
  let out = '';
  while (out.length < count) {
    for (const byte of random(count * 2)) if (byte < 248 && out.length < count) out += DIGITS[byte % 62];
  }
  return out;
}

const TABLE = new Int32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** CRC-32 (IEEE 802.3) of a text's characters, which are ASCII in keys. */
function crc32(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ text.charCodeAt(i)) & 0xff];
  return ~crc >>> 0;
}
