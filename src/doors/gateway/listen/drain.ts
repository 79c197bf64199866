/** Stopping without losing a request: nobody new, idle connections closed, those in use told that this is the last answer. */
import type { ServerResponse } from 'node:http';
import type { Hub } from './hub.ts';

/** How often is looked for connections that have become idle, in ms. */
const DRAIN_CHECK_MS = 25;

/** Tells everybody that this is the end: GOAWAY on HTTP/2, `Connection: close` on what HTTP/1 still answers. */
function announce(hub: Hub): void {
  for (const session of hub.sessions) session.close();
  for (const connection of hub.plain) {
    const last = connection.last as ServerResponse | null;
    if (last !== null && !last.headersSent) last.shouldKeepAlive = false;
  }
}

/** Closes HTTP/1 connections that wait for a request. One of which a header has come in part is not idle. */
function closeIdle(hub: Hub, closeIdleConnections: () => void): void {
  closeIdleConnections();
  for (const socket of hub.sockets) if (socket.bytesRead === 0) socket.destroy();
}

/** Cuts everything that is open. */
export function cut(hub: Hub): void {
  for (const session of hub.sessions) session.destroy();
  for (const connection of hub.plain) connection.socket.destroy();
  for (const socket of hub.sockets) socket.destroy();
}

/**
 * Waits until every connection has ended, at most `ms`; what is still open then is cut. `stopListening` and
 * `closeIdleConnections` are those of the servers.
 */
export function drain(
  hub: Hub,
  ms: number,
  stopListening: () => void,
  closeIdleConnections: () => void,
): Promise<void> {
  hub.draining = true;
  stopListening();
  announce(hub);
  closeIdle(hub, closeIdleConnections);
  return new Promise((resolve) => {
    const finish = () => {
      clearInterval(interval);
      clearTimeout(deadline);
      cut(hub);
      resolve();
    };
    const look = () => {
      if (hub.sockets.size === 0) return finish();
      announce(hub);
      closeIdle(hub, closeIdleConnections);
    };
    const interval = setInterval(look, DRAIN_CHECK_MS);
    const deadline = setTimeout(finish, ms);
    if (hub.sockets.size === 0) finish();
  });
}
