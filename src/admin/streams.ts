/**
 * Live events for browsers and scripts, as server-sent events (WHATWG HTML, 9.2). One subscription serves all of them. A
 * reader that does not keep up is cut off: it comes back and reads the state anew, while its queue would only grow.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveEvent, OperatorPort } from '../runtime/live/operator.ts';
import { AdminError, SECURITY_HEADERS } from './reply.ts';

/** Streams at once. */
export const MOST_STREAMS = 32;
/** Bytes that may wait for one reader, beyond what its socket holds. */
export const MOST_QUEUED_BYTES = 256 * 1024;
/** An event that tells the time alone, so that proxies keep the connection and a page notices a dead one. In ms. */
export const HEARTBEAT_MS = 5_000;
/** How long a browser waits before it comes back, in ms. */
const RETRY_MS = 2000;

export class LiveStreams {
  private readonly operator: OperatorPort;
  private readonly clock: () => number;
  private readonly readers = new Map<ServerResponse, number>();
  private unsubscribe: (() => void) | null = null;
  private heartbeat: NodeJS.Timeout | null = null;
  private droppedReaders = 0;

  constructor(operator: OperatorPort, clock: () => number) {
    this.operator = operator;
    this.clock = clock;
  }

  get open(): number {
    return this.readers.size;
  }

  /** Readers that were cut off because they did not keep up. */
  get dropped(): number {
    return this.droppedReaders;
  }

  /** Begins a stream that ends with its caller's proof. @throws AdminError SP7023 */
  add(req: IncomingMessage, res: ServerResponse, untilMs: number): void {
    if (this.readers.size >= MOST_STREAMS) {
      throw new AdminError(503, 'SP7023', `${MOST_STREAMS} streams are open`, { 'Retry-After': '10' });
    }
    // Times of the server end requests that take long; this one is meant to.
    req.socket.setTimeout(0);
    res.writeHead(200, { ...SECURITY_HEADERS, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    res.write(`retry: ${RETRY_MS}\n\n`);
    this.readers.set(res, untilMs);
    res.on('close', () => this.leave(res));
    res.on('error', () => this.leave(res));
    if (this.readers.size === 1) this.start();
    this.tell(res, { type: 'status', status: this.operator.status() });
  }

  /** Ends all streams. */
  close(): void {
    for (const res of [...this.readers.keys()]) {
      this.leave(res);
      res.end();
    }
  }

  private start(): void {
    this.unsubscribe = this.operator.subscribe((event) => this.broadcast(textOf(event)));
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  private leave(res: ServerResponse): void {
    if (!this.readers.delete(res) || this.readers.size > 0) return;
    this.unsubscribe?.();
    this.unsubscribe = null;
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    this.heartbeat = null;
  }

  private beat(): void {
    const nowMs = this.clock();
    for (const [res, untilMs] of this.readers) {
      if (untilMs <= nowMs) res.end();
    }
    this.broadcast(`event: beat\ndata: ${JSON.stringify({ now: new Date(nowMs).toISOString() })}\n\n`);
  }

  private broadcast(text: string): void {
    for (const res of this.readers.keys()) this.write(res, text);
  }

  private tell(res: ServerResponse, event: LiveEvent): void {
    this.write(res, textOf(event));
  }

  private write(res: ServerResponse, text: string): void {
    if (res.writableEnded || res.destroyed) return;
    res.write(text);
    if (res.writableLength <= MOST_QUEUED_BYTES) return;
    this.droppedReaders++;
    this.leave(res);
    res.destroy();
  }
}

/** JSON has no line breaks of its own, so one data line holds it. */
const textOf = (event: LiveEvent): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
