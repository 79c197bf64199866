/** Clients that read and order, one request after the other each, and remember what they were told. */
import { Agent, request } from 'node:http';
import { Prng } from '../../bench/lib/prng.ts';

export interface LoadOptions {
  readonly url: () => string;
  readonly clients: number;
  readonly seed: number;
  /** Begins the ids of orders: each is used once in the life of an upstream. */
  readonly name: string;
  /** Between two requests of a client, in ms; 0 for none. */
  readonly pauseMs?: number;
  /** Share of orders. */
  readonly orders?: number;
  /** Share of requests that their client gives up after some ms. */
  readonly aborts?: number;
  /** Addresses that requests come from, drawn anew for each; one a client where it is left out. */
  readonly people?: number;
  /** Keeps every answer with its time; for hours there is no room for that. */
  readonly keep?: boolean;
}

/** Pause of a client that was told nothing: there may be nobody. In ms. */
const REFUSED_PAUSE_MS = 10;
const TIMEOUT_MS = 20_000;
const LONGEST_PATIENCE_MS = 20;
const GIVEN_UP = 'given up';
const ORDER = '{"pieces":1}';

export interface Told {
  /** 0 where there was no whole answer. */
  readonly status: number;
  readonly error: string;
}

/** One answer. */
export interface Timed extends Told {
  readonly ms: number;
  /** When it was whole, by performance.now(). */
  readonly at: number;
}

export class Load {
  /** By id of the order. */
  readonly orders = new Map<string, Told>();
  /** By status, or by what went wrong. */
  readonly outcomes = new Map<string, number>();
  readonly answers: Timed[] = [];
  total = 0;
  private readonly options: LoadOptions;
  private stopped = false;
  private number = 0;
  private readonly running: Promise<void>[] = [];

  constructor(options: LoadOptions) {
    this.options = options;
  }

  start(): this {
    for (let i = 0; i < this.options.clients; i++) this.running.push(this.client(i));
    return this;
  }

  /** Lets every client finish what it is waiting for. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  count(outcome: string | RegExp): number {
    let sum = 0;
    for (const [name, n] of this.outcomes)
      if (typeof outcome === 'string' ? name === outcome : outcome.test(name)) sum += n;
    return sum;
  }

  /** Latency below which a share of answers stayed, in ms; of whole answers only. */
  percentile(share: number): number {
    const times = this.answers.filter((a) => a.status > 0).map((a) => a.ms);
    times.sort((a, b) => a - b);
    return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  }

  private async client(i: number): Promise<void> {
    const { seed, name, url, pauseMs = 0, orders = 0.3, aborts = 0, people, keep = true } = this.options;
    const prng = new Prng(seed * 1009 + i);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.stopped) {
      const isOrder = prng.next() < orders;
      const id = isOrder ? `${name}-${this.number++}` : '';
      const patienceMs = prng.next() < aborts ? prng.below(LONGEST_PATIENCE_MS) : 0;
      const path = isOrder ? '/orders' : `/items/${prng.skewed(500)}`;
      const who = people === undefined ? i : prng.below(people);
      const address = `10.20.${who >> 8}.${who & 255}`;
      const at = performance.now();
      // Without a body there is nothing but its method that speaks against sending it twice.
      const body = prng.next() < 0.5 ? '' : ORDER;
      const told = await ask({ url: url() + path, agent, address, order: id, body, patienceMs });
      const now = performance.now();
      this.total++;
      if (keep) this.answers.push({ ...told, ms: now - at, at: now });
      if (isOrder) this.orders.set(id, told);
      const outcome = told.status > 0 ? String(told.status) : told.error;
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      const pause = told.status === 0 && told.error !== GIVEN_UP ? REFUSED_PAUSE_MS : pauseMs;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + prng.next())));
    }
    agent.destroy();
  }
}

export interface Ask {
  readonly url: string;
  readonly agent?: Agent;
  /** Client's address as a proxy tells it. */
  readonly address: string;
  /** Makes it a POST with this id. */
  readonly order?: string;
  readonly body?: string;
  readonly patienceMs?: number;
}

/** One request, sent once whatever happens. Never rejects. */
export function ask({ url, agent, address, order = '', body = ORDER, patienceMs = 0 }: Ask): Promise<Told> {
  return new Promise((resolve) => {
    const headers: Record<string, string> = { 'x-forwarded-for': address, 'user-agent': 'robust/1.0' };
    if (order !== '') Object.assign(headers, { 'x-order': order, 'content-type': 'application/json' });
    const req = request(url, { agent, method: order === '' ? 'GET' : 'POST', headers, timeout: TIMEOUT_MS }, (res) => {
      res.resume();
      res.once('end', () => resolve(res.complete ? { status: res.statusCode ?? 0, error: '' } : NOT_WHOLE));
      res.once('close', () => resolve(NOT_WHOLE));
      // A reset after the head, too, cuts an answer off that was begun.
      res.once('error', () => resolve(NOT_WHOLE));
    });
    req.once('timeout', () => req.destroy(new Error('no answer in time')));
    req.once('error', (error: NodeJS.ErrnoException) => resolve({ status: 0, error: error.code ?? error.message }));
    if (patienceMs > 0) setTimeout(() => req.destroy(new Error(GIVEN_UP)), patienceMs);
    req.end(order === '' ? undefined : body);
  });
}

const NOT_WHOLE: Told = { status: 0, error: 'cut off' };
