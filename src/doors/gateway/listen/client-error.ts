/** What Node's HTTP/1 parser refuses, answered with a problem document instead of an empty line of status. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseBody } from '../http/body.ts';
import { isLingering } from '../http/linger.ts';
import { sendRawProblem } from '../http/problem.ts';
import { REJECT, type Rejection } from '../http/rejections.ts';
import { type Connection, knownConnection } from './connection.ts';
import { type Hub, refusedFor } from './hub.ts';

/** Error of the parser, or of the socket. */
export interface ClientError extends Error {
  code?: string;
  reason?: string;
  rawPacket?: Buffer;
  bytesParsed?: number;
}

/** By the parser's error code. What is not here is answered as no HTTP. */
const BY_CODE: Readonly<Record<string, Rejection>> = {
  ERR_HTTP_REQUEST_TIMEOUT: REJECT.headerTooSlow,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: REJECT.bodyMalformed,
  HPE_CR_EXPECTED: REJECT.header,
  HPE_INVALID_CHUNK_SIZE: REJECT.bodyMalformed,
  HPE_INVALID_CONTENT_LENGTH: REJECT.lengthInvalid,
  HPE_INVALID_HEADER_TOKEN: REJECT.header,
  HPE_INVALID_TRANSFER_ENCODING: REJECT.codingInvalid,
  HPE_INVALID_URL: REJECT.targetInvalid,
  HPE_LF_EXPECTED: REJECT.header,
  HPE_PAUSED_H2_UPGRADE: REJECT.version,
  HPE_UNEXPECTED_CONTENT_LENGTH: REJECT.lengthInvalid,
  HPE_UNEXPECTED_SPACE: REJECT.header,
};

/** What to answer for an error of the parser; null where nobody is there to be answered. */
export function rejectionOf(error: ClientError): Rejection | null {
  const code = error.code ?? '';
  if (code === 'HPE_INVALID_EOF_STATE' || !(code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT'))
    return null;
  if (code === 'HPE_HEADER_OVERFLOW') return isInTarget(error) ? REJECT.targetTooLong : REJECT.headerTooLarge;
  if (/present with/.test(error.reason ?? '')) return REJECT.lengthAndCoding;
  if (code === 'HPE_INVALID_VERSION' && error.reason === 'Invalid HTTP version') return REJECT.version;
  return BY_CODE[code] ?? REJECT.notHttp;
}

/** True where the parser ran out of room within the request line: no line had ended, and a request line it is. */
function isInTarget({ rawPacket, bytesParsed }: ClientError): boolean {
  if (!rawPacket) return false;
  const seen = rawPacket.subarray(0, bytesParsed ?? rawPacket.length);
  return seen.indexOf(10) < 0 && /^[A-Z-]{3,16} [/h]/i.test(seen.toString('latin1', 0, 20));
}

/** Takes `clientError` of an HTTP/1 server: answers where that makes sense, and closes the connection. */
export function onClientError(hub: Hub, error: ClientError, socket: Duplex): void {
  const connection = knownConnection(socket);
  // A connection that is being closed may say what it likes.
  if (connection?.closing || isLingering(socket)) return;
  if (connection) connection.closing = true;
  const rejection = rejectionOf(error);
  if (rejection === null || isUnused(socket)) {
    endAfter(connection, socket, null);
    return;
  }
  if (error.code !== 'HPE_CLOSED_CONNECTION') refusedFor(hub, rejection, connection);
  const last = openAnswer(connection);
  if (last === null) sendRawProblem(socket, rejection);
  else if (last.req.complete) endAfter(connection, socket, error.code === 'HPE_CLOSED_CONNECTION' ? null : rejection);
  else refuseBody(last.req, last, isHeaderLimit(rejection) ? rejection : REJECT.bodyMalformed);
}

/** The answer that the newest request still waits for. */
export function openAnswer(connection: Connection | undefined): (ServerResponse & { req: IncomingMessage }) | null {
  const last = connection?.last as (ServerResponse & { req: IncomingMessage }) | null | undefined;
  return last && !last.writableFinished && !last.destroyed ? last : null;
}

function isHeaderLimit(rejection: Rejection): boolean {
  return rejection === REJECT.headerTooLarge;
}

/** A connection on which nothing was ever sent: a browser opened it in advance. Nobody reads an answer there. */
function isUnused(socket: Duplex): boolean {
  return (socket as Duplex & { bytesRead?: number }).bytesRead === 0;
}

/** Closes the connection once requests before the unreadable one have been answered, with a last answer where there is one. */
export function endAfter(connection: Connection | undefined, socket: Duplex, rejection: Rejection | null): void {
  const last = openAnswer(connection);
  if (last === null || !last.req.complete) {
    socket.destroy();
    return;
  }
  last.once('close', () => {
    if (rejection === null) socket.end();
    else if (!isLingering(socket)) sendRawProblem(socket, rejection);
  });
}
