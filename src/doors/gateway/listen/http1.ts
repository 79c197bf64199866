/** The HTTP/1.1 server: Node's own, with its limits set, and with what it leaves open decided. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLingering } from '../http/linger.ts';
import { equalsFolded, KIND, kindOf } from '../http/names.ts';
import { sendProblem } from '../http/problem.ts';
import { REJECT } from '../http/rejections.ts';
import { endAfter, onClientError, openAnswer } from './client-error.ts';
import { type Connection, connectionOf } from './connection.ts';
import { type Hub, ignore, refused, refusedFor } from './hub.ts';
import { Http1Request } from './request.ts';

/** Requests that may wait on one connection behind an answer that is not finished (pipelining). */
export const MAX_PIPELINED = 32;

/** Bounds of how often slow headers are looked for, in ms. */
const MIN_CHECK_MS = 20;
const MAX_CHECK_MS = 2_000;

/** An HTTP/1.1 server that hands requests to the hub's handlers. It listens itself, or is given sockets by `connection`. */
export function createHttp1(hub: Hub): Server {
  const { limits } = hub;
  const server = createServer({
    IncomingMessage: Http1Request as unknown as typeof IncomingMessage,
    // Header and target have limits of their own; here is only what the parser may hold of both.
    maxHeaderSize: limits.headerBytes + limits.targetBytes,
    headersTimeout: limits.headerTimeoutMs,
    // A large upload may take long: it is the pause in it that is bounded.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, limits.headerTimeoutMs >> 2)),
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  });
  // Beyond this count Node would drop headers in silence; they are counted at admission.
  server.maxHeadersCount = 0;
  const take = (req: IncomingMessage, res: ServerResponse) => onRequest(hub, req, res);
  server.on('connection', (socket: Socket) => onConnection(hub, socket));
  server.on('request', take);
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) =>
    onUpgrade(hub, server, req, socket, head),
  );
  server.on('connect', (req: IncomingMessage, socket: Duplex) => onConnect(hub, req, socket));
  server.on('clientError', (error, socket) => onClientError(hub, error, socket));
  return server;
}

function onConnection(hub: Hub, socket: Socket): void {
  const connection = connectionOf(socket, hub.trusted);
  // A connection comes a second time where an upgrade was not taken up.
  if (hub.plain.has(connection)) return;
  hub.plain.add(connection);
  socket.once('close', () => hub.plain.delete(connection));
}

function onRequest(hub: Hub, req: IncomingMessage, res: ServerResponse): void {
  (req as Http1Request).taken = true;
  const socket = req.socket;
  const connection = connectionOf(socket, hub.trusted);
  // After a refusal that closes the connection, what follows on it may be anything.
  if (connection.closing || isLingering(socket)) return;
  if (hub.draining) res.shouldKeepAlive = false;
  const last = connection.last;
  connection.last = res;
  if (last !== null && !last.writableFinished && !countQueued(connection, res)) {
    connection.closing = true;
    refusedFor(hub, REJECT.pipeline, connection);
    sendProblem(res, REJECT.pipeline);
    return;
  }
  run(hub, () => hub.handlers.onRequest(req, res, connection), connection);
}

/** Notes one more request that waits for an answer before its own; false where there are too many. */
function countQueued(connection: Connection, res: ServerResponse): boolean {
  if (connection.queued >= MAX_PIPELINED) return false;
  connection.queued++;
  res.once('close', () => connection.queued--);
  return true;
}

/** Nothing that a handler throws may end the process: other people's requests are in it. */
function run(hub: Hub, handler: () => void, connection: Connection): void {
  try {
    handler();
  } catch (error) {
    refused(hub, 'SP9001', connection.peer, String(error));
    connection.socket.destroy();
  }
}

/** Takes a socket that Node's parser has let go of; null where it is not to be served. */
function released(hub: Hub, socket: Duplex): Connection | null {
  const connection = connectionOf(socket, hub.trusted);
  if (connection.closing || isLingering(socket)) return null;
  socket.on('error', ignore);
  if (openAnswer(connection) === null) return connection;
  // Answers to earlier requests are still to be written, and nobody keeps their order any more.
  connection.closing = true;
  endAfter(connection, socket, null);
  return null;
}

/** A gateway is no forward proxy. */
function onConnect(hub: Hub, req: IncomingMessage, socket: Duplex): void {
  (req as Http1Request).taken = true;
  const connection = released(hub, socket);
  if (connection === null) return;
  refusedFor(hub, REJECT.method, connection);
  sendProblem(bareResponse(req, socket), REJECT.method);
}

/**
 * Node has taken its parser off the socket by now. A WebSocket goes its way; any other `Upgrade` may be passed over (RFC
 * 9110, 7.8), so the request is put back without it and read once more, as if it had not asked.
 */
function onUpgrade(hub: Hub, server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  (req as Http1Request).taken = true;
  const connection = released(hub, socket);
  if (connection === null) return;
  if (!isWebSocket(req)) {
    if (head.length > 0) socket.unshift(head);
    socket.unshift(Buffer.from(withoutUpgrade(req), 'latin1'));
    server.emit('connection', socket as Socket);
    return;
  }
  const res = bareResponse(req, socket);
  connection.last = res;
  run(hub, () => hub.handlers.onUpgrade(req, socket, head, connection, res), connection);
}

function isWebSocket(req: IncomingMessage): boolean {
  return req.method === 'GET' && req.httpVersion === '1.1' && equalsFolded(req.headers.upgrade ?? '', 'websocket');
}

/** The head of a request as it came, but for `Upgrade`. The parser has seen to it that no value holds a line end. */
function withoutUpgrade(req: IncomingMessage): string {
  let text = `${req.method} ${req.url} HTTP/${req.httpVersion}\r\n`;
  const raw = req.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (kindOf(raw[i]) !== KIND.upgrade) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

/** An answer to a request that Node has made none for. The connection ends with it. */
function bareResponse(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket as Socket);
  res.once('finish', () => {
    res.detachSocket(socket as Socket);
    (socket as Socket).destroySoon();
  });
  return res;
}
