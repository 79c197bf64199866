/** The request line: its method as a number, and whether it is one at all. */
import { BUSINESS, F, type RawExchange } from '../event/exchange.ts';
import { METHODS } from './facts.ts';
import { TARGET_FORM, type Target } from './target.ts';

const GET = METHODS.indexOf('GET');
const HEAD = METHODS.indexOf('HEAD');
const POST = METHODS.indexOf('POST');
const PUT = METHODS.indexOf('PUT');
const DELETE = METHODS.indexOf('DELETE');
const PATCH = METHODS.indexOf('PATCH');
const OPTIONS = METHODS.indexOf('OPTIONS');
const CONNECT = METHODS.indexOf('CONNECT');
const TRACE = METHODS.indexOf('TRACE');
const OTHER = METHODS.indexOf('OTHER');
/** Longest method name that is believed; the longest registered one has 17 bytes. */
const MAX_METHOD_BYTES = 24;

const METHOD_BYTES = METHODS.map((name) => new TextEncoder().encode(name));

/** Index in METHODS of the token `buf[start, end)`; methods are case-sensitive (RFC 9110, 9.1). */
export function methodOf(buf: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length <= 0) return 0;
  switch (buf[start]) {
    case 0x47:
      return is(buf, start, length, METHOD_BYTES[GET]) ? GET : OTHER;
    case 0x48:
      return is(buf, start, length, METHOD_BYTES[HEAD]) ? HEAD : OTHER;
    case 0x50:
      if (is(buf, start, length, METHOD_BYTES[POST])) return POST;
      if (is(buf, start, length, METHOD_BYTES[PUT])) return PUT;
      return is(buf, start, length, METHOD_BYTES[PATCH]) ? PATCH : OTHER;
    case 0x44:
      return is(buf, start, length, METHOD_BYTES[DELETE]) ? DELETE : OTHER;
    case 0x4f:
      return is(buf, start, length, METHOD_BYTES[OPTIONS]) ? OPTIONS : OTHER;
    case 0x43:
      return is(buf, start, length, METHOD_BYTES[CONNECT]) ? CONNECT : OTHER;
    case 0x54:
      return is(buf, start, length, METHOD_BYTES[TRACE]) ? TRACE : OTHER;
    default:
      return OTHER;
  }
}

function is(buf: Uint8Array, start: number, length: number, word: Uint8Array): boolean {
  if (length !== word.length) return false;
  for (let i = 1; i < length; i++) if (buf[start + i] !== word[i]) return false;
  return true;
}

/** True where the request line is not one: a method that is no token, a target in no form, a version that is no HTTP. */
export function isMalformed(raw: RawExchange, method: number, target: Target): boolean {
  const { buf, spans } = raw;
  if (raw.kind === BUSINESS) return false;
  const start = spans[F.method];
  const end = spans[F.method + 1];
  if (end <= start) return spans[F.request + 1] > spans[F.request];
  if (method === OTHER) {
    if (end - start > MAX_METHOD_BYTES) return true;
    for (let i = start; i < end; i++) {
      const c = buf[i];
      // Extension methods are upper-case words with hyphens in every registry (IANA): "M-SEARCH", "VERSION-CONTROL".
      if ((c < 0x41 || c > 0x5a) && c !== 0x2d) return true;
    }
  }
  if (target.form === TARGET_FORM.none) return true;
  if (target.form === TARGET_FORM.other && method !== CONNECT) return true;
  const protocol = spans[F.protocol];
  if (spans[F.protocol + 1] <= protocol) return false;
  return !(
    buf[protocol] === 0x48 &&
    buf[protocol + 1] === 0x54 &&
    buf[protocol + 2] === 0x54 &&
    buf[protocol + 3] === 0x50
  );
}
