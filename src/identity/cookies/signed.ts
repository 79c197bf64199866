/** Cookies that an application has signed with a secret that we know, too. Several secrets: the application changes them. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * `express`: `s:<value>.<base64 of HMAC-SHA-256, without padding>`, as cookie-signature and express-session write it.
 * `hmac`: `<value>.<HMAC-SHA-256 in base64url, base64 or hexadecimal>`.
 */
export type SignedKind = 'express' | 'hmac';

/** Longest cookie value that is looked at, in characters. */
export const MAX_COOKIE = 4096;

/** The value that was signed; null where no secret fits, '' where the cookie has not this form at all. */
export function unsigned(raw: string, kind: SignedKind, secrets: readonly Buffer[]): string | null {
  const text = decoded(raw);
  const body = kind === 'express' ? (text.startsWith('s:') ? text.slice(2) : '') : text;
  const dot = body.lastIndexOf('.');
  if (dot <= 0 || dot === body.length - 1) return '';
  const value = body.slice(0, dot);
  const given = signatureOf(body.slice(dot + 1));
  let good = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(value).digest();
    // All are tried: which secret fits would tell how old the cookie is.
    if (given.length === expected.length && timingSafeEqual(given, expected)) good = true;
  }
  return good ? value : null;
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** 64 hexadecimal digits, or base64 of either alphabet; of no length where it is neither. */
function signatureOf(text: string): Buffer {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}
