/**
 * The connections to one server: at most so many, kept alive between requests, and a bounded queue in front of them.
 *
 * Each connection is an undici client of its own. undici's pool would do the same, but looks through all its connections
 * for every request, keeps no bound on its queue, and cannot take a request back whose client has gone.
 */
import type { EventEmitter } from 'node:events';
import { Client } from 'undici';
import { connectorFor } from './connector.ts';
import type { GroupSettings } from './settings.ts';

/** Requests that may wait for a connection to one server. */
export const MAX_WAITING = 1024;

/** Longest head of an answer, in bytes. */
export const MAX_ANSWER_HEAD_BYTES = 65_536;

/** A server says how long it keeps a connection; we give it up this much earlier, in ms. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** Somebody who needs a connection. */
export interface Waiter {
  /** A connection is theirs until they give it back with `release` or `drop`. */
  granted(client: Client): void;
}

export type LaneSettings = Pick<GroupSettings, 'connections' | 'connectTimeoutMs' | 'keepAliveMs' | 'tls'>;

function ignore(): void {}

export class Lane {
  private readonly url: string;
  private readonly settings: LaneSettings;
  private readonly connect: ReturnType<typeof connectorFor>;
  /** Last in, first out: what is not needed falls idle and is closed. */
  private readonly idle: Client[] = [];
  private readonly waiting = new Set<Waiter>();
  /** Clients that exist, idle or not. */
  private open = 0;
  private closed: (() => void) | null = null;

  constructor(url: string, settings: LaneSettings) {
    this.url = url;
    this.settings = settings;
    const { ca, verify, serverName } = settings.tls;
    this.connect = connectorFor(url, { timeoutMs: settings.connectTimeoutMs, ca, verify, serverName });
  }

  /** Grants a connection now, or queues the waiter. False where the queue is full. */
  acquire(waiter: Waiter): boolean {
    const client = this.idle.pop() ?? (this.open < this.settings.connections ? this.create() : null);
    if (client) waiter.granted(client);
    else if (this.waiting.size < MAX_WAITING) this.waiting.add(waiter);
    else return false;
    return true;
  }

  /** Takes a waiter out of the queue. False where it is not in there. */
  leave(waiter: Waiter): boolean {
    return this.waiting.delete(waiter);
  }

  /** Gives a connection back after a whole answer. */
  release(client: Client): void {
    if (this.waiting.size > 0) this.next().granted(client);
    else if (this.closed) this.discard(client);
    else this.idle.push(client);
  }

  /**
   * Throws a connection away after anything else. undici is still in the middle of tidying up when it reports an error:
   * a request handed to the same client from there breaks it.
   */
  drop(client: Client): void {
    setImmediate(() => void client.destroy());
    this.open--;
    if (this.waiting.size > 0) this.next().granted(this.create());
    else if (this.open === 0) this.closed?.();
  }

  /** Closes what is idle now and the rest as it is given back; resolves when nothing is left. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.closed = resolve;
      if (this.open === 0) resolve();
      for (const client of this.idle.splice(0)) this.discard(client);
    });
  }

  private next(): Waiter {
    const first = this.waiting.values().next().value as Waiter;
    this.waiting.delete(first);
    return first;
  }

  private create(): Client {
    this.open++;
    const client = new Client(this.url, {
      connect: this.connect,
      // One request on a connection at a time: a second one behind it would be sent again when the first one fails.
      pipelining: 1,
      keepAliveTimeout: this.settings.keepAliveMs,
      keepAliveMaxTimeout: this.settings.keepAliveMs,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
      // Deadlines are the exchange's own; undici's would count from something else.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_ANSWER_HEAD_BYTES,
      strictContentLength: true,
    });
    // undici reports a handler that threw as an event; without a listener that would end the process.
    (client as EventEmitter).on('error', ignore);
    return client;
  }

  private discard(client: Client): void {
    void client.close().then(() => {
      this.open--;
      if (this.open === 0) this.closed?.();
    });
  }
}
