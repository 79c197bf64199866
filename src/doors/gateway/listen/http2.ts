/** The HTTP/2 server, with bounds on what one connection may ask of us. */

import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { Readable } from 'node:stream';
import { http2Start } from '../../../identity/fingerprint/http2.ts';
import { sendProblem } from '../http/problem.ts';
import { REJECT } from '../http/rejections.ts';
import { connectionOf, noteHttp2 } from './connection.ts';
import { type Body, type Hub, refused, refusedFor, type Session } from './hub.ts';

/** Streams that one connection may have open at once. */
export const MAX_STREAMS = 128;

/** Resets, pings and settings that one connection may send at once, and how many more each second. */
export const CALM_BURST = 200;
export const CALM_PER_S = 20;

/** Memory of one connection's streams, tables and queues, in MB. */
const SESSION_MEMORY_MB = 10;
/** Frames that are against the protocol, and streams beyond the limit, before the connection is closed. */
const MAX_INVALID_FRAMES = 100;
const MAX_REJECTED_STREAMS = 100;
/** Entries of one SETTINGS frame: there are seven kinds. */
const MAX_SETTINGS = 16;
/** Pseudo-header fields. */
const PSEUDO_FIELDS = 8;
/** What HTTP/2 counts for each field besides its letters (RFC 9113, 6.5.2). */
const FIELD_OVERHEAD = 32;

const SESSION = Symbol('session');
type Known = ServerHttp2Session & { [SESSION]?: Session };

/** An HTTP/2 server that is given sockets by its `connection` event. */
export function createHttp2(hub: Hub): Http2Server {
  const { limits } = hub;
  const fields = limits.headerCount + PSEUDO_FIELDS;
  const server = createServer({
    // Twice what is allowed may come in, so that a little too much is answered with 431 and not with a reset.
    maxHeaderListPairs: fields * 2,
    maxSessionMemory: SESSION_MEMORY_MB,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
    maxSettings: MAX_SETTINGS,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: (limits.headerBytes + limits.targetBytes + fields * FIELD_OVERHEAD) * 2,
    },
  });
  server.setTimeout(limits.idleMs);
  server.on('timeout', (session: Known) => onIdle(limits.idleMs, session));
  server.on('session', (session: Known) => onSession(hub, session));
  server.on('stream', (stream: ServerHttp2Stream) => onStream(hub, stream));
  const take = (req: Http2ServerRequest, res: Http2ServerResponse) => onRequest(hub, req, res);
  server.on('request', take);
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  server.on('connect', take);
  return server;
}

function onSession(hub: Hub, raw: Known): void {
  const session: Session = {
    connection: connectionOf(raw.socket, hub.trusted),
    streams: new Set(),
    bodies: new Set(),
    level: 0,
    levelMs: hub.now(),
    close: () => raw.close(),
    destroy: () => raw.destroy(),
  };
  raw[SESSION] = session;
  hub.sessions.add(session);
  raw.once('close', () => hub.sessions.delete(session));
  raw.on('ping', () => calm(hub, session, raw));
  raw.on('remoteSettings', () => calm(hub, session, raw));
  if (hub.draining) raw.close();
}

/** Nothing has moved for a while. Requests may wait for us, but answers do not wait for a client that takes none. */
function onIdle(idleMs: number, raw: Known): void {
  const streams = raw[SESSION]?.streams;
  if (!streams || streams.size === 0) raw.close();
  else if (Array.from(streams).every((stream) => stream.writableEnded)) raw.destroy();
  else raw.setTimeout(idleMs);
}

function onStream(hub: Hub, stream: ServerHttp2Stream): void {
  const raw = stream.session as Known;
  const session = raw?.[SESSION];
  if (!session) return;
  session.streams.add(stream);
  stream.once('close', () => {
    session.streams.delete(stream);
    // Given up by the client before the answer was whole. Our own failures have a code that no browser sends.
    if (stream.aborted && stream.rstCode !== constants.NGHTTP2_INTERNAL_ERROR) calm(hub, session, raw);
  });
}

/** One more frame that costs us more than it costs the client (CVE-2023-44487): too many, and the connection is closed. */
function calm(hub: Hub, session: Session, raw: ServerHttp2Session): void {
  const nowMs = hub.now();
  session.level = Math.max(0, session.level - ((nowMs - session.levelMs) * CALM_PER_S) / 1000) + 1;
  session.levelMs = nowMs;
  if (session.level <= CALM_BURST || raw.destroyed) return;
  refused(hub, 'SP7121', session.connection.peer, 'too many resets or control frames');
  // Without an error Node would take the code for one of no importance.
  raw.destroy(new Error('flood'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

function onRequest(hub: Hub, req: Http2ServerRequest, res: Http2ServerResponse): void {
  const session = (req.stream?.session as Known | undefined)?.[SESSION];
  if (!session) return;
  const { connection } = session;
  const { session: raw } = req.stream;
  // Nothing has gone out yet: its window is what it has given us.
  if (connection.http2 === null && raw)
    noteHttp2(connection, http2Start(raw.remoteSettings, raw.state.remoteWindowSize ?? 0, req.rawHeaders));
  if (req.method === 'CONNECT') {
    refusedFor(hub, REJECT.method, connection);
    sendProblem(res, REJECT.method);
    return;
  }
  if (!req.stream.endAfterHeaders) watchBody(hub, session, req, res);
  try {
    hub.handlers.onRequest(req, res, connection);
  } catch (error) {
    refused(hub, 'SP9001', connection.peer, String(error));
    req.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

function watchBody(hub: Hub, session: Session, req: Http2ServerRequest, res: Http2ServerResponse): void {
  const body: Body = { req, res, moved: false, seenMs: hub.now() };
  const stream = req as Readable;
  const push = stream.push;
  stream.push = (chunk: Buffer | null): boolean => {
    body.moved = true;
    if (chunk === null) session.bodies.delete(body);
    return push.call(stream, chunk);
  };
  session.bodies.add(body);
  req.stream.once('close', () => session.bodies.delete(body));
}
