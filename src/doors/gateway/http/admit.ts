/**
 * The door of the door: is this one sound request, with one length, one host and one target? Node's parser refuses most of
 * what is not; here is the rest (conformance-cases.ts shows both). Everything that follows may rely on an Inbound.
 *
 * This runs for every request: one pass over the header list, no regular expression, no closure.
 */
import type { IncomingMessage } from 'node:http';
import type { HeaderList, Inbound, Req, Res, RouteSettings } from '../contract.ts';
import type { Connection } from '../listen/connection.ts';
import { limitBody } from './body.ts';
import {
  type ConnectionOptions,
  createConnectionOptions,
  joinCookies,
  readConnection,
  removeNamed,
  wantsTrailers,
} from './hop.ts';
import { equalsFolded, KIND, kindOf } from './names.ts';
import { REJECT, type Rejection } from './rejections.ts';
import { isAuthority, isCleanTarget, readAbsolute, sameAuthority } from './target.ts';

/** Limits and routes that requests are held against. */
export interface AdmitSettings {
  /** Bytes of all names and values. */
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
  /** `host` without user information, `target` in origin form. */
  readonly routeOf: (method: string, host: string, target: string) => RouteSettings;
}

/** An Inbound, and whether the peer is one of our own proxies, so that its forwarding headers count. */
export interface Admitted extends Inbound {
  readonly trusted: boolean;
  /** The connection it came on: its certificate, how it began TLS. */
  readonly connection: Connection;
}

/** Methods that are passed on. Node's HTTP/1 parser knows no others; over HTTP/2 others are refused for being the same. */
const METHODS = new Set(
  `GET HEAD POST PUT PATCH DELETE OPTIONS ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE
  NOTIFY PROPFIND PROPPATCH PURGE QUERY REBIND REPORT SEARCH SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE`.split(/\s+/),
);

/** More digits than this are no length of anything. */
const MAX_LENGTH_DIGITS = 15;

const COLON = 0x3a;

/** What one pass over the headers found. One object, filled again for each request. */
interface Findings {
  host: string;
  hosts: number;
  /** :authority of HTTP/2. */
  authority: string;
  /** −1: no Content-Length. */
  length: number;
  coding: string;
  codings: number;
  upgrade: string;
  expect: string;
  cookies: number;
  bytes: number;
  readonly connection: ConnectionOptions;
  rejection: Rejection | null;
}

const found: Findings = {
  host: '',
  hosts: 0,
  authority: '',
  length: -1,
  coding: '',
  codings: 0,
  upgrade: '',
  expect: '',
  cookies: 0,
  bytes: 0,
  connection: createConnectionOptions(),
  rejection: null,
};

function reset(): void {
  found.host = '';
  found.hosts = 0;
  found.authority = '';
  found.length = -1;
  found.coding = '';
  found.codings = 0;
  found.upgrade = '';
  found.expect = '';
  found.cookies = 0;
  found.bytes = 0;
  found.connection.close = false;
  found.connection.upgrade = false;
  found.connection.names = null;
  found.connection.invalid = false;
  found.rejection = null;
}

/**
 * Checks a request. Gives back what goes on through the gateway, or why it does not; the caller answers the latter with
 * `sendProblem`. `nowMs` is Unix time, `nowAt` the same moment on the monotonic clock, both in ms. A body without a known
 * length is counted from now on: beyond the route's limit it is refused while it comes in. Never throws.
 */
export function admit(
  req: Req,
  res: Res,
  connection: Connection,
  settings: AdmitSettings,
  nowMs: number,
  nowAt: number,
): Admitted | Rejection {
  const h2 = req.httpVersionMajor === 2 && 'stream' in req;
  const method = req.method as string;
  if (!METHODS.has(method) || (!h2 && !isVersion1(req))) return startProblem(method, h2 || isVersion1(req));
  reset();
  const headers: HeaderList = [];
  const raw = req.rawHeaders;
  if (raw.length > settings.headerCount * 2 + (h2 ? PSEUDO_PAIRS : 0)) return REJECT.headerTooLarge;
  readHeaders(raw, headers, h2);
  if (found.rejection !== null) return found.rejection;
  if (found.bytes > settings.headerBytes) return REJECT.headerTooLarge;

  const old = !h2 && req.httpVersionMinor === 0;
  const bodyLength = framing(req, h2, old);
  const target = found.rejection === null ? targetOf(req.url as string, method, settings.targetBytes, h2, old) : '';
  if (found.rejection !== null) return found.rejection;
  const upgrading = !h2 && (req as IncomingMessage & { upgrade?: boolean }).upgrade === true;
  if (upgrading && bodyLength !== 0) return REJECT.upgradeBody;
  if (found.expect !== '' && !old && !equalsFolded(found.expect, '100-continue')) return REJECT.expectation;

  const route = settings.routeOf(method, found.host, target);
  if (bodyLength > route.bodyLimitBytes) return REJECT.bodyTooLarge;
  tidy(headers);
  if (bodyLength < 0) limitBody(req, res, route.bodyLimitBytes);
  return {
    req,
    res,
    method,
    target,
    host: found.host,
    protocol: h2 ? 'HTTP/2.0' : old ? 'HTTP/1.0' : 'HTTP/1.1',
    scheme: connection.scheme,
    peer: connection.peer,
    peerPort: connection.peerPort,
    headers,
    bodyLength,
    upgrade: upgrading ? found.upgrade.toLowerCase() : '',
    expectsContinue: found.expect !== '' && !old && bodyLength !== 0,
    route,
    startedMs: nowMs,
    startedAt: nowAt,
    trusted: connection.trusted,
    connection,
  };
}

/** :method, :scheme, :authority and :path stand among the raw headers of HTTP/2. Entries, not pairs. */
const PSEUDO_PAIRS = 8;

/** The rare steps that need the whole list. */
function tidy(headers: HeaderList): void {
  if (found.connection.names !== null) removeNamed(headers, found.connection.names);
  if (found.cookies > 1) joinCookies(headers);
}

function isVersion1(req: Req): boolean {
  return req.httpVersionMajor === 1 && req.httpVersionMinor <= 1;
}

/** What is wrong with the method or the version. */
function startProblem(method: string, knownVersion: boolean): Rejection {
  if (!knownVersion) return REJECT.version;
  return method === 'CONNECT' || method === 'TRACE' || method === 'TRACK' ? REJECT.method : REJECT.methodUnknown;
}

/** Fills {@link found}, and `headers` with what is end to end. */
function readHeaders(raw: readonly string[], headers: HeaderList, h2: boolean): void {
  let bytes = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i];
    const value = raw[i + 1];
    bytes += name.length + value.length;
    const kind = kindOf(name);
    if (kind === KIND.other || kind >= KIND.forwardedFor) {
      if (h2) {
        if (name.charCodeAt(0) === COLON) {
          if (name === ':authority') found.authority = value;
          continue;
        }
        if (kind === KIND.cookie) found.cookies++;
      }
      headers.push(name, value);
    } else if (special(kind, name, value)) {
      // Leading zeros are valid, but some read them as octal.
      headers.push(name, kind === KIND.contentLength ? String(found.length) : value);
    }
  }
  found.bytes = bytes;
}

/** Notes a field that is about the message itself. True where it goes on. */
function special(kind: number, name: string, value: string): boolean {
  switch (kind) {
    case KIND.host:
      found.host = value;
      if (++found.hosts > 1) found.rejection = REJECT.hostRepeated;
      return true;
    case KIND.contentLength:
      noteLength(name, value);
      return true;
    case KIND.transferEncoding:
      found.coding = value;
      if (++found.codings > 1) found.rejection = REJECT.codingRepeated;
      if (name.indexOf('_') >= 0) found.rejection = REJECT.headerUnderscore;
      return false;
    case KIND.connection:
      readConnection(value, found.connection);
      if (found.connection.invalid) found.rejection = REJECT.connectionOptions;
      return false;
    case KIND.te:
      return wantsTrailers(value);
    case KIND.upgrade:
      found.upgrade = value;
      return false;
    case KIND.expect:
      found.expect = value;
      return false;
    default:
      return false;
  }
}

function noteLength(name: string, value: string): void {
  if (found.length >= 0) found.rejection = REJECT.lengthInvalid;
  if (name.indexOf('_') >= 0) found.rejection = REJECT.headerUnderscore;
  const digits = value.length;
  let length = 0;
  if (digits === 0) found.rejection = REJECT.lengthInvalid;
  for (let i = 0; i < digits; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) found.rejection = REJECT.lengthInvalid;
    length = length * 10 + digit;
  }
  // Beyond 2^53 the sum is not exact; such a number is over every limit anyway.
  if (digits > MAX_LENGTH_DIGITS && found.rejection === null) found.rejection = REJECT.bodyTooLarge;
  found.length = length;
}

/** Length of the body: 0 for none, −1 where only its end will tell. */
function framing(req: Req, h2: boolean, old: boolean): number {
  if (found.codings > 0) {
    if (old) found.rejection = REJECT.codingIn10;
    else if (found.length >= 0) found.rejection = REJECT.lengthAndCoding;
    else if (!equalsFolded(found.coding, 'chunked')) found.rejection = codingProblem(found.coding);
    return -1;
  }
  if (found.length >= 0) return found.length;
  if (!h2) return 0;
  return (req as { stream: { endAfterHeaders?: boolean } }).stream.endAfterHeaders === true ? 0 : -1;
}

/** 501 where the coding may be a sound one that we do not know (RFC 9112, 6.1), 400 where it is none. */
function codingProblem(coding: string): Rejection {
  const items = coding.split(',').map((item) => item.trim());
  return items.some((item) => !/^[\w-]+$/.test(item)) ? REJECT.codingInvalid : REJECT.coding;
}

/** The target in origin form, with the host settled in {@link found}. */
function targetOf(url: string, method: string, limit: number, h2: boolean, old: boolean): string {
  if (url.length > limit) return refuse(REJECT.targetTooLong);
  if (url.indexOf('#') >= 0) return refuse(REJECT.targetFragment);
  if (h2) {
    if (!isCleanTarget(url)) return refuse(REJECT.targetInvalid);
    settleAuthority();
    if (found.rejection !== null) return '';
  }
  if (found.hosts === 0 && !old) return refuse(REJECT.hostMissing);
  if (found.hosts === 1 && !isAuthority(found.host)) return refuse(REJECT.hostInvalid);
  if (url.charCodeAt(0) === 0x2f) return url;
  if (url === '*') return method === 'OPTIONS' ? url : refuse(REJECT.targetInvalid);
  const absolute = h2 ? null : readAbsolute(url, method);
  if (absolute === null) return refuse(REJECT.targetInvalid);
  if (!isAuthority(absolute.authority)) return refuse(REJECT.hostInvalid);
  if (found.hosts === 1 && !sameAuthority(absolute.authority, found.host)) return refuse(REJECT.hostMismatch);
  found.host = absolute.authority;
  return absolute.target;
}

/** Over HTTP/2 the host stands in :authority; a Host header may say the same (RFC 9113, 8.3.1). */
function settleAuthority(): void {
  if (found.authority === '') return;
  if (found.hosts === 1 && !sameAuthority(found.authority, found.host)) found.rejection = REJECT.hostMismatch;
  found.host = found.authority;
  found.hosts = 1;
}

function refuse(rejection: Rejection): string {
  found.rejection = rejection;
  return '';
}
