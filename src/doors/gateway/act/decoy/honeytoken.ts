/**
 * Honeytokens: ids that only decoys give out. They look like random UUIDs (version 4), and half of one is a keyed code of the
 * other half, so that nothing has to be remembered: whoever shows one later has read a decoy.
 */

import { createHmac } from 'node:crypto';
import type { Config } from '../../../../config/schema.ts';
import { derive } from '../tokens.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/gi;
/** Most UUIDs that are looked at in one text, and how much of a text: a stranger sends it. */
const MAX_CANDIDATES = 16;
const MAX_CHARS = 8192;
const HALF = 8;

/** The key of this installation's honeytokens. Making it costs a hash, so keep it. */
export function honeyKey(secret: Buffer): Buffer {
  return derive(secret, 'honeytoken');
}

/** A honeytoken from eight bytes, which should look random. */
export function honeytoken(key: Buffer, seed: Buffer): string {
  const bytes = Buffer.alloc(16);
  seed.copy(bytes, 0, 0, HALF);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  code(key, bytes.subarray(0, HALF)).copy(bytes, HALF);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** 62 bits of code with the two bits of a UUID's variant before them. */
function code(key: Buffer, half: Buffer): Buffer {
  const out = createHmac('sha256', key).update(half).digest().subarray(0, HALF);
  out[0] = (out[0] & 0x3f) | 0x80;
  return out;
}

/**
 * True where a text (a path, a header, a body) contains an id that only a decoy can have given out. A random UUID is taken for
 * one with a probability of 2^-62. Looks at the first 8192 characters and 16 UUIDs.
 */
export function isDecoyValue(text: string, secret: Buffer): boolean {
  const found = text.slice(0, MAX_CHARS).match(UUID);
  if (found === null) return false;
  const key = honeyKey(secret);
  return found.slice(0, MAX_CANDIDATES).some((uuid) => {
    const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    return code(key, bytes.subarray(0, HALF)).equals(bytes.subarray(HALF));
  });
}

/** Recognises values that only our invented answers contain; null where the configuration gives none. */
export function decoyTest({ policies }: Pick<Config, 'policies'>, secret: Buffer): ((text: string) => boolean) | null {
  if (!policies.some(({ ladder }) => ladder?.includes('decoy') === true)) return null;
  return (text) => isDecoyValue(text, secret);
}
