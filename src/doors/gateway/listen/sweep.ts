/** Looks at request bodies now and then, and ends those that no longer come. Nothing is done for it while a request runs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { refuseBody } from '../http/body.ts';
import { REJECT } from '../http/rejections.ts';
import type { Connection } from './connection.ts';
import { type Hub, refusedFor } from './hub.ts';

/** Bounds of the time between two looks, in ms. A pause may be that much longer than allowed. */
const MIN_SWEEP_MS = 20;
const MAX_SWEEP_MS = 5_000;

/** How often {@link sweep} is to be called, in ms. */
export function sweepInterval(bodyIdleMs: number): number {
  return Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, bodyIdleMs >> 2));
}

/** One look at every connection. */
export function sweep(hub: Hub): void {
  const nowMs = hub.now();
  for (const connection of hub.plain) sweepPlain(hub, connection, nowMs);
  for (const session of hub.sessions) {
    for (const body of session.bodies) {
      if (body.moved) {
        body.moved = false;
        body.seenMs = nowMs;
      } else if (isStalled(body.req, body.res.headersSent) && nowMs - body.seenMs >= hub.limits.bodyIdleMs) {
        session.bodies.delete(body);
        refusedFor(hub, REJECT.bodyTooSlow, session.connection);
        refuseBody(body.req, body.res, REJECT.bodyTooSlow);
      }
    }
  }
}

function sweepPlain(hub: Hub, connection: Connection, nowMs: number): void {
  const res = connection.last as (ServerResponse & { req: IncomingMessage }) | null;
  if (res === null) return;
  if (res.writableFinished || res.destroyed) {
    // An idle connection has no reason to keep its last request in memory.
    connection.last = null;
    return;
  }
  const { socket } = connection;
  const bytes = res.writableEnded ? socket.writableLength : (socket as Socket).bytesRead;
  if (bytes !== connection.seenBytes) {
    connection.seenBytes = bytes;
    connection.seenMs = nowMs;
    return;
  }
  if (res.writableEnded) {
    // The answer is complete, but the client does not take it.
    if (nowMs - connection.seenMs >= hub.limits.idleMs) socket.destroy();
    return;
  }
  if (res.req.complete || !isStalled(res.req, res.headersSent)) return;
  if (nowMs - connection.seenMs < hub.limits.bodyIdleMs) return;
  connection.closing = true;
  refusedFor(hub, REJECT.bodyTooSlow, connection);
  refuseBody(res.req, res, REJECT.bodyTooSlow);
}

/**
 * True where it is the client that is slow: there is room for more of the body. Once an answer is on its way both sides may
 * take their time: a stream in both directions is like that.
 */
function isStalled(req: object, answering: boolean): boolean {
  const body = req as Readable;
  return !answering && body.readableLength < body.readableHighWaterMark;
}
