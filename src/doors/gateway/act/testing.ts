/** A gateway of which only the act room is there: real servers, a clock and timers that tests turn. For tests only. */
import { createHash } from 'node:crypto';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
} from 'node:http';
import { connect, createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { answers, challenge, gateway } from '../../../config/serve.ts';
import { ALLOW, type Verdict } from '../../../runtime/live/verdict.ts';
import type { HeaderList, Inbound, Outcome, Req, Res } from '../contract.ts';
import { routeOf } from '../http/testing.ts';
import { zeroBits } from './puzzle.ts';
import { type ActResponder, createResponder } from './responder.ts';
import type { ActConfig, ActOptions, Timers } from './settings.ts';

export const SECRET = createHash('sha256').update('a secret for tests').digest();
/** 3 March 2026, 14:02:30 UTC. */
export const START_MS = Date.UTC(2026, 2, 3, 14, 2, 30);

const ROUTE = routeOf({ timeoutMs: 0, bodyLimitBytes: 1 << 20 });

export type Changes = { [K in keyof ActConfig]?: Partial<ActConfig[K]> };

/** The defaults of the configuration with some keys changed. */
export function configWith(changes: Changes = {}): ActConfig {
  const served = gateway.parse({});
  return {
    challenge: { ...challenge.parse({ difficulty_bits: 8, max_difficulty_bits: 10 }), ...changes.challenge },
    answers: { ...answers.parse({ contact: 'help@shop.example', brand: 'Sample shop' }), ...changes.answers },
    tarpit: { ...served.tarpit, ...changes.tarpit },
    throttle: { ...served.throttle, ...changes.throttle },
  };
}

/** A verdict about one actor, five minutes from {@link START_MS}. */
export function verdictOf(action: Verdict['action'], changes: Partial<Verdict> = {}): Verdict {
  return {
    ...ALLOW,
    action,
    planned: action,
    mode: 'enforce',
    class: 'credential-attack',
    risk: 0.5,
    mitigation: 'M-0123456789',
    untilMs: START_MS + 300_000,
    actor: 'a1b2c3d4e5f60718',
    dimension: 'ip',
    ...changes,
  };
}

/** Timers that fire when a test moves the time. */
export class FakeTimers implements Timers {
  private readonly waiting = new Map<object, { at: number; run: () => void }>();
  nowMs = START_MS;

  set(run: () => void, ms: number): unknown {
    const timer = {};
    this.waiting.set(timer, { at: this.nowMs + ms, run });
    return timer;
  }

  clear(timer: unknown): void {
    this.waiting.delete(timer as object);
  }

  get pending(): number {
    return this.waiting.size;
  }

  /** Moves the clock and runs what is due, in order. */
  advance(ms: number): void {
    this.nowMs += ms;
    const due = [...this.waiting].filter(([, t]) => t.at <= this.nowMs).sort((a, b) => a[1].at - b[1].at);
    for (const [timer, { run }] of due) if (this.waiting.delete(timer)) run();
  }
}

/** Bytes that look random and are the same in every run. */
export function countedRandom(): (n: number) => Buffer {
  let count = 0;
  return (n) => createHash('sha256').update(`random ${count++}`).digest().subarray(0, n);
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export class Rig {
  readonly timers = new FakeTimers();
  readonly responder: ActResponder;
  readonly outcomes: Outcome[] = [];
  /** Actor and class of challenges that were solved. */
  readonly solved: string[] = [];
  readonly spent = new Map<string, number>();
  /** Requests that have come in so far. */
  seen = 0;
  /** What the next requests meet. */
  verdict: Verdict = verdictOf('block');
  private readonly server: Server | Http2Server;
  private readonly waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(http2: boolean, changes: Changes, options: Partial<ActOptions>) {
    this.responder = createResponder({
      config: configWith(changes),
      secret: SECRET,
      clock: () => this.timers.nowMs,
      random: countedRandom(),
      timers: this.timers,
      gate: {
        spend: (nonce, untilMs) => {
          if (this.spent.has(nonce)) return 'seen';
          this.spent.set(nonce, untilMs);
          return 'first';
        },
        solved: (actor, classOf) => this.solved.push(`${actor} ${classOf}`),
      },
      ...options,
    });
    const handle = (req: Req, res: Res): void => this.handle(req, res);
    this.server = http2 ? createHttp2Server(handle) : createServer(handle);
  }

  static async start(changes: Changes = {}, options: Partial<ActOptions> = {}, http2 = false): Promise<Rig> {
    const rig = new Rig(http2, changes, options);
    await new Promise<void>((resolve) => rig.server.listen(0, '127.0.0.1', resolve));
    return rig;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private handle(req: Req, res: Res): void {
    const inbound = inboundOf(req, res);
    const refused = (outcome: Outcome): void => this.note(() => this.outcomes.push(outcome));
    // Behind the gateway: an application that shows what it was told.
    const proceed = (added: HeaderList): void => {
      const page = String(req.headers.accept ?? '').includes('text/html');
      (res as import('node:http').ServerResponse).writeHead(200, { 'content-type': page ? 'text/html' : 'text/plain' });
      res.end(page ? '<!doctype html><title>Behind</title><h1>The page behind</h1>' : JSON.stringify(added));
    };
    if (this.responder.owns(inbound.target)) this.responder.serve(inbound, refused);
    else this.responder.carryOut(inbound, this.verdict, proceed, refused);
    this.note(() => this.seen++);
  }

  private note(change: () => void): void {
    change();
    for (const waiter of [...this.waiting]) if (waiter.done()) waiter.resolve();
  }

  /** Settles once so many outcomes were told. */
  ended(count: number): Promise<Outcome[]> {
    return this.until(() => this.outcomes.length >= count).then(() => this.outcomes);
  }

  /** Settles once so many requests have come in and were acted on. */
  arrived(count: number): Promise<void> {
    return this.until(() => this.seen >= count);
  }

  private until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ done, resolve }));
  }

  /** One request over HTTP/1.1. */
  ask(path: string, options: RequestOptions & { body?: string } = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const req = httpRequest({ port: this.port, host: '127.0.0.1', path, agent: false, ...options }, (res) => {
        void textOf(res).then((text) => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
      });
      req.once('error', reject);
      req.end(options.body);
    });
  }

  /** One request over HTTP/2. */
  ask2(headers: Record<string, string>, body?: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const session = connect(this.url);
      const stream = session.request(headers, { endStream: body === undefined });
      let reply = { status: 0, headers: {} as Reply['headers'], text: '' };
      stream.once('response', (got) => {
        reply = { ...reply, status: Number(got[':status']), headers: got as Reply['headers'] };
      });
      stream.setEncoding('utf8').on('data', (chunk) => {
        reply = { ...reply, text: reply.text + chunk };
      });
      stream.once('error', reject);
      stream.once('end', () => session.close(() => resolve(reply)));
      if (body !== undefined) stream.end(body);
    });
  }

  async close(): Promise<void> {
    this.responder.close();
    if ('closeAllConnections' in this.server) this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function textOf(res: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    res.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    res.once('close', () => resolve(text));
  });
}

function inboundOf(req: Req, res: Res): Inbound {
  const length = Number(req.headers['content-length'] ?? (req.headers['transfer-encoding'] ? -1 : 0));
  const open = 'stream' in req && !req.stream.endAfterHeaders && !req.headers['content-length'];
  return {
    req,
    res,
    method: req.method ?? 'GET',
    target: req.url ?? '/',
    host: String(req.headers[':authority'] ?? req.headers.host ?? ''),
    protocol: `HTTP/${req.httpVersion}`,
    scheme: 'http',
    peer: '127.0.0.1',
    peerPort: 1,
    headers: [],
    bodyLength: open ? -1 : length,
    upgrade: '',
    expectsContinue: false,
    route: ROUTE,
    startedMs: START_MS,
    startedAt: 0,
  };
}

/** Finds a nonce, as a client does. */
export function solve(prefix: string, bits: number): number {
  for (let nonce = 0; ; nonce++) if (zeroBits(prefix, String(nonce)) >= bits) return nonce;
}
