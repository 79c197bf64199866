/**
 * What a header field is to a gateway, told from its name without making a string: by length first, then by letters. Case
 * does not count, and an underscore counts as a dash, because many applications behind (CGI, WSGI) cannot tell them apart.
 */

export const KIND = {
  /** End to end and none of our business. */
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  /** Goes no further than the next hop (RFC 9110, 7.6.1). */
  hop: 5,
  te: 6,
  upgrade: 7,
  expect: 8,
  /** `Sallyport-…`: only the gateway may say these. */
  own: 9,
  forwardedFor: 10,
  forwardedProto: 11,
  forwardedHost: 12,
  /** What some proxy or other uses to tell the client's address or its own port: believed by applications. */
  forwardedOther: 13,
  forwarded: 14,
  via: 15,
  cookie: 16,
} as const;

const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/** True where `name` begins with `lower`, which is in small letters, digits and dashes. */
function begins(name: string, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const c = name.charCodeAt(i);
    const wanted = lower.charCodeAt(i);
    if (c === wanted) continue;
    const folded = c | 0x20;
    if (folded === wanted && folded >= LOWER_A && folded <= LOWER_Z) continue;
    if (c !== UNDERSCORE || wanted !== DASH) return false;
  }
  return true;
}

/** True where both are the same but for case; `lower` is in small letters. */
export function equalsFolded(text: string, lower: string): boolean {
  return text.length === lower.length && begins(text, lower);
}

/** The {@link KIND} of a header field. Takes some 10 ns and allocates nothing. */
export function kindOf(name: string): number {
  const length = name.length;
  switch (name.charCodeAt(0) | 0x20) {
    case 0x63: // c
      return kindOfC(name, length);
    case 0x65: // e
      return length === 6 && begins(name, 'expect') ? KIND.expect : KIND.other;
    case 0x66: // f
      return length === 9 && begins(name, 'forwarded') ? KIND.forwarded : KIND.other;
    case 0x68: // h
      if (length === 4) return begins(name, 'host') ? KIND.host : KIND.other;
      return length === 14 && begins(name, 'http2-settings') ? KIND.hop : KIND.other;
    case 0x6b: // k
      return length === 10 && begins(name, 'keep-alive') ? KIND.hop : KIND.other;
    case 0x70: // p
      return length >= 16 && isProxyField(name, length) ? KIND.hop : KIND.other;
    case 0x73: // s
      return length >= 10 && begins(name, 'sallyport-') ? KIND.own : KIND.other;
    case 0x74: // t
      if (length === 2) return begins(name, 'te') ? KIND.te : KIND.other;
      if (length === 14) return begins(name, 'true-client-ip') ? KIND.forwardedOther : KIND.other;
      return length === 17 && begins(name, 'transfer-encoding') ? KIND.transferEncoding : KIND.other;
    case 0x75: // u
      return length === 7 && begins(name, 'upgrade') ? KIND.upgrade : KIND.other;
    case 0x76: // v
      return length === 3 && begins(name, 'via') ? KIND.via : KIND.other;
    case 0x78: // x
      return kindOfX(name, length);
    default:
      return KIND.other;
  }
}

function kindOfC(name: string, length: number): number {
  if (length === 6) return begins(name, 'cookie') ? KIND.cookie : KIND.other;
  if (length === 10) return begins(name, 'connection') ? KIND.connection : KIND.other;
  return length === 14 && begins(name, 'content-length') ? KIND.contentLength : KIND.other;
}

function isProxyField(name: string, length: number): boolean {
  if (!begins(name, 'proxy-')) return false;
  if (length === 16) return begins(name, 'proxy-connection');
  if (length === 18) return begins(name, 'proxy-authenticate');
  if (length === 19) return begins(name, 'proxy-authorization');
  return length === 25 && begins(name, 'proxy-authentication-info');
}

function kindOfX(name: string, length: number): number {
  if (length === 9) return begins(name, 'x-real-ip') ? KIND.forwardedOther : KIND.other;
  if (length === 11) return begins(name, 'x-client-ip') ? KIND.forwardedOther : KIND.other;
  if (length < 13 || !begins(name, 'x-forwarded-')) return KIND.other;
  if (length === 15 && begins(name, 'x-forwarded-for')) return KIND.forwardedFor;
  if (length === 16 && begins(name, 'x-forwarded-host')) return KIND.forwardedHost;
  if (length === 17 && begins(name, 'x-forwarded-proto')) return KIND.forwardedProto;
  return KIND.forwardedOther;
}

/** A stream of events: without an end, and to be passed on at once. `headers`: names and values in turn. */
export function isEventStream(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i].length === 12 && headers[i].toLowerCase() === 'content-type')
      return headers[i + 1].startsWith('text/event-stream');
  return false;
}
