/** Two sockets joined into one: what comes out of either goes into the other, no faster than it is taken. */
import type { Duplex } from 'node:stream';
import { breakOff } from './sockets.ts';

/** A tunnel through which nothing passes for this long is closed, in ms. Longer than any sensible ping interval. */
export const TUNNEL_IDLE_MS = 3_600_000;

/** The same where one side has said its last word already, in ms. */
export const HALF_CLOSED_IDLE_MS = 60_000;

type Ended = '' | 'client' | 'upstream' | 'deadline';

/** A socket with its time-out; streams without one (tests, HTTP/2) are never idle. */
type Timeable = Duplex & { setTimeout?: (ms: number, onTimeout?: () => void) => unknown };

export class Tunnel {
  private readonly client: Timeable;
  private readonly server: Timeable;
  private readonly done: (ended: Ended) => void;
  private readonly halfClosedMs: number;
  private ended: Ended = '';
  private open = 2;
  /** Bytes to the client, and from it. */
  down = 0;
  up = 0;

  /**
   * Joins them at once; both must be connected. Either side may end its direction and go on reading. A side that breaks
   * takes the other one down. `done` is called when both are closed.
   */
  constructor(client: Duplex, server: Duplex, done: (ended: Ended) => void, idleMs = TUNNEL_IDLE_MS) {
    this.client = client;
    this.server = server;
    this.done = done;
    this.halfClosedMs = Math.min(idleMs, HALF_CLOSED_IDLE_MS);
    this.pump(this.client, this.server, 'client');
    this.pump(this.server, this.client, 'upstream');
    // Whatever passes, passes the client's socket: its clock is enough.
    this.client.setTimeout?.(idleMs, () => this.tearDown('deadline'));
    this.server.setTimeout?.(0);
  }

  /** Closes both at once. */
  tearDown(ended: Ended): void {
    this.ended ||= ended;
    this.client.destroy();
    this.server.destroy();
  }

  private pump(from: Timeable, to: Timeable, side: 'client' | 'upstream'): void {
    from.on('data', (chunk: Buffer) => {
      if (side === 'client') this.up += chunk.length;
      else this.down += chunk.length;
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.once('end', () => {
      to.end();
      this.client.setTimeout?.(this.halfClosedMs);
    });
    // What an error means is told by the close that follows it.
    from.on('error', () => {
      this.ended ||= side;
    });
    from.once('close', () => {
      // Without an end the other side would wait for more for ever.
      if (!from.readableEnded) {
        this.ended ||= side;
        breakOff(to);
      }
      if (--this.open === 0) this.done(this.ended);
    });
    from.resume();
  }
}
