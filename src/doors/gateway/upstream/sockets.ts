/** Closing sockets in the way that the other end understands. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Closes a connection so that its peer cannot take it for an end in good order: with a reset where it is plain TCP. Over
 * TLS an end without close_notify says the same.
 */
export function breakOff(socket: Duplex): void {
  const tcp = socket as Socket;
  if (typeof tcp.resetAndDestroy === 'function' && !('encrypted' in tcp) && !tcp.destroyed) tcp.resetAndDestroy();
  else socket.destroy();
}
