/** Every way in which a request can be refused before anything else looks at it. What clients read stands here. */
import type { ErrorCode } from '../../../lib/errors.ts';
import type { HeaderList } from '../contract.ts';
import type { Problem } from './problem.ts';

/** A refused request: what to answer. Told from an Inbound by {@link isRejection}. */
export interface Rejection extends Problem {
  readonly refused: true;
}

/** True where a request was refused. */
export function isRejection(result: object): result is Rejection {
  return 'refused' in result;
}

/** `close`: the framing cannot be trusted, so nothing that follows on the connection can be either. */
function rejection(
  status: number,
  code: ErrorCode,
  title: string,
  detail?: string,
  more: { close?: boolean; headers?: HeaderList; retryAfterSec?: number } = {},
): Rejection {
  return Object.freeze({ refused: true, status, code, title, detail, close: more.close ?? status === 400, ...more });
}

const MALFORMED = 'Malformed request';
const FRAMING = 'Ambiguous request length';
const TARGET = 'Invalid request target';
const HOST = 'Invalid host';
const HEADER = 'Invalid header field';

/** Methods that are passed on, for `Allow`. */
const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

export const REJECT = {
  notHttp: rejection(400, 'SP7101', MALFORMED),
  headerTooLarge: rejection(431, 'SP7102', 'Request header too large', undefined, { close: true }),
  headerTooSlow: rejection(408, 'SP7103', 'Request header too slow', undefined, { close: true }),
  targetTooLong: rejection(414, 'SP7104', 'Request target too long', undefined, { close: true }),
  bodyTooLarge: rejection(413, 'SP7105', 'Request body too large'),
  lengthInvalid: rejection(400, 'SP7106', FRAMING, 'Content-Length is repeated or is not a number.'),
  lengthAndCoding: rejection(400, 'SP7106', FRAMING, 'Content-Length and Transfer-Encoding exclude each other.'),
  codingRepeated: rejection(400, 'SP7106', FRAMING, 'Transfer-Encoding is repeated.'),
  coding: rejection(501, 'SP7107', 'Transfer coding not supported', 'Only chunked is supported.', { close: true }),
  codingInvalid: rejection(400, 'SP7107', 'Transfer coding not supported', 'Only chunked is supported, once.'),
  codingIn10: rejection(400, 'SP7107', 'Transfer coding not supported', 'HTTP/1.0 has no transfer codings.'),
  hostMissing: rejection(400, 'SP7108', HOST, 'Host is missing.'),
  hostRepeated: rejection(400, 'SP7108', HOST, 'Host is repeated.'),
  hostInvalid: rejection(400, 'SP7108', HOST, 'The host is not a valid name or address.'),
  hostMismatch: rejection(400, 'SP7108', HOST, 'The target and the Host header name different hosts.'),
  targetInvalid: rejection(400, 'SP7109', TARGET),
  targetFragment: rejection(400, 'SP7109', TARGET, 'A fragment is not sent to a server.'),
  method: rejection(405, 'SP7110', 'Method not allowed', undefined, { close: true, headers: ['allow', ALLOW] }),
  methodUnknown: rejection(501, 'SP7110', 'Method not known', undefined, { close: true }),
  header: rejection(400, 'SP7111', HEADER),
  headerUnderscore: rejection(400, 'SP7111', HEADER, 'A name with underscores stands for one with dashes.'),
  connectionOptions: rejection(400, 'SP7111', HEADER, 'Connection lists what it must not.'),
  expectation: rejection(417, 'SP7112', 'Expectation failed', 'Only 100-continue is supported.', { close: true }),
  version: rejection(505, 'SP7113', 'HTTP version not supported', undefined, { close: true }),
  pipeline: rejection(503, 'SP7115', 'Too many requests at once on one connection', undefined, {
    close: true,
    retryAfterSec: 1,
  }),
  upgradeBody: rejection(400, 'SP7116', 'Upgrade refused', 'A request for an upgrade has no body.'),
  bodyTooSlow: rejection(408, 'SP7117', 'Request body too slow', undefined, { close: true }),
  bodyMalformed: rejection(400, 'SP7118', 'Malformed request body'),
} as const;
