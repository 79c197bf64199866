/** What the servers of this room share: who is connected, and whether we are still taking anybody. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CidrSet } from '../../../lib/cidr.ts';
import type { Req, Res } from '../contract.ts';
import type { Rejection } from '../http/rejections.ts';
import type { Connection } from './connection.ts';
import type { Limits } from './settings.ts';

/** Who takes requests. None of these may throw; what one throws anyway ends its connection, not the process. */
export interface Handlers {
  onRequest(req: Req, res: Res, connection: Connection): void;
  /**
   * A request to change the protocol to WebSocket. `res` is bound to the socket for as long as nobody answers 101: any
   * refusal can be written to it. Who answers 101 calls `res.detachSocket(socket)` first.
   */
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, connection: Connection, res: ServerResponse): void;
  /** Something was refused before it became a request. `peer` may be ''. For metrics and logs. */
  onRefused?(code: string, peer: string, why: string): void;
}

/** An HTTP/2 connection. */
export interface Session {
  readonly connection: Connection;
  readonly streams: Set<ServerHttp2Stream>;
  /** Bodies under way, for their idle timeout. */
  readonly bodies: Set<Body>;
  /** Resets and control frames, as a leaking bucket: level and the time it was last looked at, in ms. */
  level: number;
  levelMs: number;
  /** Refuses new streams and ends once the open ones have. */
  close(): void;
  destroy(): void;
}

/** A request body over HTTP/2. */
export interface Body {
  readonly req: Req;
  readonly res: Res;
  moved: boolean;
  seenMs: number;
}

export interface Hub {
  readonly handlers: Handlers;
  readonly limits: Limits;
  trusted: CidrSet;
  /** Every accepted socket, whatever stage it is in. */
  readonly sockets: Set<Socket>;
  /** Connections that speak HTTP/1. */
  readonly plain: Set<Connection>;
  readonly sessions: Set<Session>;
  draining: boolean;
  /** Monotonic clock in ms. */
  readonly now: () => number;
}

export function createHub(handlers: Handlers, limits: Limits, trusted: CidrSet, now: () => number): Hub {
  return {
    handlers,
    limits,
    trusted,
    sockets: new Set(),
    plain: new Set(),
    sessions: new Set(),
    draining: false,
    now,
  };
}

/** Counts a new socket in; false, and the socket is gone, where there are too many or we are closing. */
export function accept(hub: Hub, socket: Socket): boolean {
  if (hub.draining || hub.sockets.size >= hub.limits.connections) {
    socket.on('error', ignore);
    // A reset needs no further packets and leaves nothing behind in the kernel.
    socket.resetAndDestroy();
    if (!hub.draining) refused(hub, 'SP7115', socket.remoteAddress ?? '', 'too many connections');
    return false;
  }
  hub.sockets.add(socket);
  socket.once('close', () => hub.sockets.delete(socket));
  return true;
}

/** Tells the observer of a refusal, if there is one. */
export function refused(hub: Hub, code: string, peer: string, why: string): void {
  hub.handlers.onRefused?.(code, peer, why);
}

/** The same for what has a code and a text already. */
export function refusedFor(hub: Hub, rejection: Rejection, connection: Connection | undefined): void {
  refused(hub, rejection.code, connection?.peer ?? '', rejection.detail ?? rejection.title);
}

export function ignore(): void {}
