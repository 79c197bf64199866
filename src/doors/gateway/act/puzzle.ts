/**
 * The puzzle: find a nonce so that SHA-256 of prefix and nonce begins with n zero bits (Back 2002, Hashcash; the hash is
 * another). Finding one takes 2^n tries on average, checking it one hash.
 */
import { hash } from 'node:crypto';

/** Longest nonce in digits: 2^53 has sixteen. */
const NONCE = /^\d{1,16}$/;

/** A nonce as the protocol allows it: a decimal number, as JSON number or text. null for anything else. */
export function readNonce(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
  return typeof value === 'string' && NONCE.test(value) ? value : null;
}

/** Leading zero bits of SHA-256(prefix ‖ nonce). */
export function zeroBits(prefix: string, nonce: string): number {
  const digest = hash('sha256', prefix + nonce, 'buffer');
  const at = digest.findIndex((byte) => byte !== 0);
  return at < 0 ? 256 : at * 8 + Math.clz32(digest[at]) - 24;
}

/**
 * Difficulty by risk: the base up to even risk, the most at certainty, in equal steps between. A step doubles the work.
 * `risk` is 0 to 1.
 */
export function difficulty(risk: number, baseBits: number, maxBits: number): number {
  if (maxBits <= baseBits || !(risk > 0.5)) return baseBits;
  return baseBits + Math.round((maxBits - baseBits) * (Math.min(risk, 1) - 0.5) * 2);
}
