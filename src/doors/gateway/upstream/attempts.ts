/**
 * The side of an exchange that looks to the servers: which one, over which connection, how often, and what is held
 * against whom afterwards. What becomes of the client is for the exchange built on it.
 */
import type { Client, Dispatcher } from 'undici';
import type { HeaderList, Inbound } from '../contract.ts';
import type { Deadlines } from './deadlines.ts';
import { FAILURES, type Failure, isIdempotent } from './failure.ts';
import type { Group, Server } from './group.ts';
import type { Waiter } from './lane.ts';
import type { RequestBody } from './request-body.ts';

/** What all exchanges share. */
export interface Surroundings {
  readonly deadlines: Deadlines;
  /** ms that never go back; the clock of `Inbound.startedAt`. */
  readonly now: () => number;
  /** Unix ms. */
  readonly wallNow: () => number;
  /** Longest pause in a request body, in ms. */
  bodyIdleMs: number;
  /** Exchanges that are under way, so that closing can wait for them. */
  active: number;
  onIdle: (() => void) | null;
}

/** What undici gives back as the reason of an abort that was ours. */
export const ABANDONED = new Error('abandoned');

export abstract class Attempts implements Waiter {
  protected readonly around: Surroundings;
  protected readonly group: Group;
  protected readonly inbound: Inbound;
  protected readonly headers: HeaderList;
  protected abstract readonly body: RequestBody | null;

  /** Server of the present or last try. */
  protected server: Server | null = null;
  protected retries = 0;
  /** The request of the present try was handed to a connection that stands: some of it may have been written. */
  protected sent = false;
  /** Something of an answer came, be it a broken head. */
  protected answered = false;
  protected over = false;
  private client: Client | null = null;
  private abort: ((error?: Error) => void) | null = null;
  /** The outcome of the present try was counted. */
  private counted = false;

  constructor(around: Surroundings, group: Group, inbound: Inbound, headers: HeaderList) {
    this.around = around;
    this.group = group;
    this.inbound = inbound;
    this.headers = headers;
  }

  /** Answers the client with a failure. `retryAfterSec` where coming again makes sense. */
  protected abstract refuse(failure: Failure, retryAfterSec?: number): void;

  /** The first try, where the breaker lets it through. */
  protected begin(): void {
    const now = this.around.now();
    const waitMs = this.group.breaker.admit(now);
    if (waitMs > 0) {
      this.refuse(FAILURES.breakerOpen, waitMs / 1000);
      return;
    }
    this.group.budget.request(now);
    this.attempt(now);
  }

  /** Tries once more if that is safe and the budget allows it. False where it is not to be. */
  protected again(failure: Failure): boolean {
    const { group, inbound, body } = this;
    if (!failure.again || this.answered || this.retries >= group.settings.retries.max) return false;
    if (!isIdempotent(inbound.method)) return false;
    // A body that was begun is gone, and with it the chance to send the same request; but for one that is whole in memory.
    if (body && (body.started || body.destroyed) && body.whole === null) return false;
    const now = this.around.now();
    if (!group.budget.take(now)) return false;
    this.retries++;
    this.counted = false;
    this.attempt(now);
    return true;
  }

  private attempt(now: number): void {
    const server = this.group.pick(now, this.server);
    this.server = server;
    if (!server) {
      const { health } = this.group.settings;
      this.refuse(FAILURES.noServer, health ? health.intervalMs / 1000 : 1);
      return;
    }
    server.outstanding++;
    if (server.lane.acquire(this)) return;
    server.outstanding--;
    this.refuse(FAILURES.queueFull, 1);
  }

  /** The lane has a connection for us. */
  granted(client: Client): void {
    this.client = client;
    this.sent = false;
    const { inbound, body } = this;
    // undici closes the connection after HEAD, and that is as well: a server that sends a body along would otherwise
    // have it taken for the next answer.
    client.dispatch(
      {
        path: inbound.target,
        method: inbound.method as Dispatcher.HttpMethod,
        headers: this.headers,
        body: body?.whole ?? body,
        servername: this.server!.dispatchName,
      } as unknown as Dispatcher.DispatchOptions,
      this as Dispatcher.DispatchHandler,
    );
  }

  /** undici: the request is about to be written. */
  onConnect(abort: (error?: Error) => void): void {
    if (this.over) {
      abort(ABANDONED);
      return;
    }
    this.abort = abort;
    this.sent = true;
    this.body?.sending();
  }

  /** undici: the first byte of an answer has come. */
  onResponseStarted(): void {
    this.answered = true;
  }

  /** Counts how the server did, once a try. */
  protected count(failed: boolean): void {
    if (this.counted || !this.server) return;
    this.counted = true;
    this.group.record(this.server, this.around.now(), failed);
  }

  /** Ends what is still going on with the server: its connection is closed, or the place in the queue given up. */
  protected letGo(): void {
    if (this.abort) {
      this.abort(ABANDONED);
    } else if (!this.client && this.server?.lane.leave(this)) {
      this.server.outstanding--;
    }
    // A connection that is still being made is given up in onConnect.
  }

  /** The try is over for the server. Its connection is free again after a whole answer, and thrown away otherwise. */
  protected giveBack(whole: boolean): void {
    const { client, server } = this;
    this.abort = null;
    this.client = null;
    if (!client || !server) return;
    server.outstanding--;
    if (whole) server.lane.release(client);
    else server.lane.drop(client);
  }
}
