/**
 * W3C Trace Context (Recommendation, level 1, and the random flag of level 2): `traceparent` and `tracestate`. Reading
 * allocates nothing, because it is done for every request and most requests are not traced.
 */

/** Flags: the caller has sampled this trace; the right half of the trace id is random. */
export const SAMPLED = 0x01;
export const RANDOM = 0x02;

/** What {@link traceparentFlags} gives for a value that is none. */
export const INVALID = -1;

const LENGTH = 55;
const ZERO = 0x30;

/** Length of a tracestate that is passed on at most, in characters; the specification asks for 512 at least. */
const MAX_TRACESTATE_LENGTH = 1024;
/** Members of a tracestate at most (section 3.3.1.1). */
const MAX_MEMBERS = 32;

/** Small letters only: the specification says so, and what others would refuse must not look valid here. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;

/**
 * The flags of a traceparent, 0 to 255, or {@link INVALID}. Versions after 00 may be longer and are read as far as they are
 * alike (section 3.2.4); version ff, capitals and ids of zeros alone are refused.
 */
export function traceparentFlags(text: string): number {
  if (!TRACEPARENT.test(text)) return INVALID;
  const known = text.charCodeAt(0) === ZERO && text.charCodeAt(1) === ZERO;
  if (known && text.length > LENGTH) return INVALID;
  const flags = hexDigit(text.charCodeAt(53)) * 16 + hexDigit(text.charCodeAt(54));
  // Of a version not known only the flag that is sure to keep its meaning counts.
  return known ? flags : flags & SAMPLED;
}

/** 32 hex digits: only for a value that {@link traceparentFlags} has accepted. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);
/** 16 hex digits: the span of the caller. */
export const parentIdOf = (traceparent: string): string => traceparent.slice(36, 52);

/** The header of version 00 for a span of ours. */
export function traceparentOf(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-${flags < 16 ? '0' : ''}${flags.toString(16)}`;
}

const hexDigit = (code: number): number => (code <= 0x39 ? code - 0x30 : code - 0x57);

const KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
/** Printable ASCII without comma and equals sign, not ending in a space. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * A tracestate as it may be passed on: its members in their order, empty ones left out. '' where it is not valid: then
 * the whole of it is dropped, as section 3.3.1 demands, and the traceparent is kept.
 */
export function cleanTracestate(text: string): string {
  if (text === '' || text.length > MAX_TRACESTATE_LENGTH) return '';
  const members: string[] = [];
  const keys = new Set<string>();
  for (const part of text.split(',')) {
    const member = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    const at = member.indexOf('=');
    const key = member.slice(0, at);
    if (at < 1 || keys.has(key) || !KEY.test(key) || !VALUE.test(member.slice(at + 1))) return '';
    keys.add(key);
    members.push(member);
  }
  return members.length > MAX_MEMBERS ? '' : members.join(',');
}

/** What {@link readTraceHeaders} has found: one shared object, read it before the next call. */
export const traceHeaders = { traceparent: '', tracestate: '' };

/**
 * Finds both headers in a list of names and values in turn. Two traceparents count as an invalid one; several tracestates
 * are one list (RFC 9110, section 5.3).
 */
export function readTraceHeaders(headers: readonly string[]): void {
  traceHeaders.traceparent = '';
  traceHeaders.tracestate = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name.length === 11 && name.toLowerCase() === 'traceparent') {
      traceHeaders.traceparent = traceHeaders.traceparent === '' ? headers[i + 1] || '-' : '-';
    } else if (name.length === 10 && name.toLowerCase() === 'tracestate') {
      const before = traceHeaders.tracestate;
      traceHeaders.tracestate = before === '' ? headers[i + 1] : `${before},${headers[i + 1]}`;
    }
  }
}

/** Takes both headers out of a list, in place, and puts the given ones in; '' for none. */
export function writeTraceHeaders(headers: string[], traceparent: string, tracestate: string): void {
  let kept = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    const ours =
      (name.length === 11 && name.toLowerCase() === 'traceparent') ||
      (name.length === 10 && name.toLowerCase() === 'tracestate');
    if (ours) continue;
    headers[kept++] = name;
    headers[kept++] = headers[i + 1];
  }
  headers.length = kept;
  if (traceparent !== '') headers.push('traceparent', traceparent);
  if (tracestate !== '') headers.push('tracestate', tracestate);
}
