/**
 * Closing a connection whose peer may still be sending. A plain close with unread bytes in the receive buffer makes the
 * kernel send a reset, and a reset may throw away the answer that the peer has not read yet (RFC 9112, 9.6). So: end the
 * writing side, read on and discard for a moment, then close.
 */
import type { Duplex } from 'node:stream';

/** How long is read on after the answer, in ms. */
export const LINGER_MS = 1_000;

/** How much is read and thrown away meanwhile, in bytes. */
export const LINGER_BYTES = 256 * 1024;

const LINGERING = Symbol('lingering');

/** A socket as Node's HTTP server closes it: `destroySoon` is what it calls after the last answer. */
type Closable = Duplex & { destroySoon?: () => void; bytesRead?: number; [LINGERING]?: true };

/** True where the connection is to be closed and nothing that still comes in counts. */
export function isLingering(socket: Duplex): boolean {
  return (socket as Closable)[LINGERING] === true;
}

/** From now on, closing this socket after its last answer (`destroySoon`) reads on for a moment. */
export function linger(socket: Duplex): void {
  const closable = socket as Closable;
  if (closable[LINGERING]) return;
  closable[LINGERING] = true;
  closable.destroySoon = () => drainThenDestroy(closable);
}

function discard(): void {}

function drainThenDestroy(socket: Closable): void {
  if (socket.destroyed) return;
  if (socket.writable) socket.end();
  const limit = (socket.bytesRead ?? 0) + LINGER_BYTES;
  const stop = () => socket.destroy();
  const timer = setTimeout(stop, LINGER_MS);
  timer.unref();
  // The first of our listeners takes the socket back from the HTTP parser; without the parser's, nothing is parsed any more.
  socket.on('data', discard);
  socket.removeAllListeners('data');
  socket.on('data', () => {
    if ((socket.bytesRead ?? limit + 1) > limit) stop();
  });
  socket.once('end', stop);
  socket.once('error', stop);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
