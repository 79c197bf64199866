/**
 * The clients of `bench gateway`: kept-alive connections that ask as fast as they are answered, or at a fixed pace. A
 * program of its own, so that it can be held to the core on which the proxy is not, and started once for all rounds.
 *
 * Reads a command in JSON from each line of standard input ({@link LoadOrder}), prints a line of JSON for each
 * ({@link LoadResult}).
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Prng } from '../lib/prng.ts';
import { RequestMix } from '../lib/request-mix.ts';
import { quantile } from '../lib/stats.ts';

export interface LoadOrder {
  readonly port: number;
  readonly kind: 'get' | 'post';
  readonly connections: number;
  readonly requests: number;
  /** Requests a second; 0: as fast as they are answered. */
  readonly perSecond: number;
  readonly seed: number;
}

export interface LoadResult {
  readonly wallS: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** From sending, or from when it was due at a fixed pace, to the last byte of the answer. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Connections that broke or answers that could not be read. */
  readonly errors: number;
}

const END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const PACE_MS = 1;

class Client {
  readonly socket: Socket;
  private readonly run: Run;
  private pending = '';
  /** Bytes of the body that are still to come; −1: a head is. */
  private rest = -1;
  private status = '';
  private since = 0;

  constructor(run: Run, port: number) {
    this.run = run;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.once('connect', () => run.ready(this));
    this.socket.on('data', (chunk) => this.take(chunk));
    this.socket.on('error', () => run.broke(this));
    this.socket.on('close', () => run.broke(this));
  }

  send(text: string, since: number): void {
    this.since = since;
    this.rest = -1;
    this.socket.write(text, 'latin1');
  }

  private take(chunk: Buffer): void {
    if (this.rest >= 0) this.rest -= chunk.length;
    else {
      this.pending += chunk.toString('latin1');
      const end = this.pending.indexOf(END);
      if (end < 0) return;
      const head = this.pending.slice(0, end);
      this.status = head.slice(9, 12);
      const length = LENGTH.exec(head)?.[1];
      if (length === undefined) {
        this.run.broke(this);
        return;
      }
      this.rest = Number(length) - (this.pending.length - end - END.length);
      this.pending = '';
    }
    if (this.rest === 0) this.run.answered(this, this.status, this.since);
  }
}

class Run {
  private readonly order: LoadOrder;
  private readonly done: (result: LoadResult) => void;
  private readonly mix: RequestMix;
  private readonly clients = new Set<Client>();
  private readonly idle: Client[] = [];
  private readonly latencies: Float64Array;
  private readonly statuses: Record<string, number> = {};
  private sent = 0;
  private ended = 0;
  private errors = 0;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(order: LoadOrder, done: (result: LoadResult) => void) {
    this.order = order;
    this.done = done;
    this.mix = new RequestMix(order.kind, new Prng(order.seed));
    this.latencies = new Float64Array(order.requests);
    for (let i = 0; i < order.connections; i++) this.clients.add(new Client(this, order.port));
  }

  ready(client: Client): void {
    this.idle.push(client);
    if (this.idle.length === this.order.connections) this.begin();
  }

  private begin(): void {
    this.startedAt = performance.now();
    if (this.order.perSecond > 0) this.timer = setInterval(() => this.pace(), PACE_MS);
    else for (const client of this.idle.splice(0)) this.next(client, performance.now());
  }

  /** Sends what is due; what finds no free connection waits, and its wait counts. */
  private pace(): void {
    const now = performance.now();
    const { perSecond, requests } = this.order;
    for (;;) {
      const due = this.startedAt + (this.sent * 1000) / perSecond;
      if (due > now || this.sent >= requests) return;
      const client = this.idle.pop();
      if (client === undefined) return;
      // The pace of the timer is no latency: what is sent within one step of it was sent on time.
      this.next(client, now - due > 2 * PACE_MS ? due : now);
    }
  }

  private next(client: Client, since: number): void {
    if (this.sent >= this.order.requests) return;
    this.sent++;
    client.send(this.mix.next(), since);
  }

  answered(client: Client, status: string, since: number): void {
    const now = performance.now();
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.latencies[this.ended++] = now - since;
    if (this.order.perSecond > 0) this.idle.push(client);
    else this.next(client, now);
    this.finishIfOver();
  }

  broke(client: Client): void {
    if (!this.clients.delete(client)) return;
    this.errors++;
    client.socket.destroy();
    this.ended++;
    // Without a connection its request, and with none the others, will not be answered.
    if (this.clients.size === 0) this.ended = this.order.requests;
    this.finishIfOver();
  }

  private finishIfOver(): void {
    if (this.ended < this.order.requests) return;
    clearInterval(this.timer);
    const wallS = (performance.now() - this.startedAt) / 1000;
    const clients = [...this.clients];
    this.clients.clear();
    for (const { socket } of clients) socket.destroy();
    const latencies = [...this.latencies];
    this.done({
      wallS,
      statuses: this.statuses,
      p50Us: quantile(latencies, 0.5) * 1000,
      p99Us: quantile(latencies, 0.99) * 1000,
      errors: this.errors,
    });
  }
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as LoadOrder;
  const result = await new Promise<LoadResult>((resolve) => new Run(order, resolve));
  console.log(JSON.stringify(result));
}
