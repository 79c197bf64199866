/** For the tests: visitors written by hand, a world around a shop, and servers that misbehave. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, Client, Inventory, Label, Operation, Request, Role, Source, Visitor } from '../contract.ts';
import type { LiveOptions } from './options.ts';

export const PEOPLE: Label = { cohort: 'people', campaign: '', family: '', level: '' };
export const ATTACK: Label = { cohort: 'attack', campaign: 'try', family: 'stuffing', level: 'E1' };

export const CURL: Client = {
  address: '198.51.100.7',
  agent: 'curl/8.5.0',
  protocol: 'HTTP/1.1',
  headers: { accept: '*/*' },
};

export const CHROME: Client = {
  address: '203.0.113.20',
  agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  protocol: 'HTTP/1.1',
  headers: {
    'sec-ch-ua': '"Chromium";v="140"',
    'upgrade-insecure-requests': '1',
    accept: 'text/html',
    'accept-language': 'en-US,en;q=0.9',
  },
};

export type Step = (last: Answer | undefined) => Omit<Request, 'client'> & { readonly client?: Client };

/** Takes one step after the other, `everyMs` of world time apart; what came back is kept. */
export class Scripted implements Visitor {
  readonly label: Label;
  nextAt: number;
  readonly answers: Answer[] = [];
  readonly times: number[] = [];
  private readonly steps: readonly Step[];
  private readonly everyMs: number;

  constructor(steps: readonly Step[], label = PEOPLE, startMs = 0, everyMs = 1) {
    this.steps = steps;
    this.label = label;
    this.nextAt = startMs;
    this.everyMs = everyMs;
  }

  send(): Request {
    return { client: CURL, ...this.steps[this.answers.length](this.answers.at(-1)) };
  }

  receive(answer: Answer, nowMs: number): void {
    this.answers.push(answer);
    this.times.push(nowMs);
    const more = this.answers.length < this.steps.length;
    this.nextAt = more ? Math.max(nowMs, this.nextAt + this.everyMs) : Number.POSITIVE_INFINITY;
  }
}

export function sourceOf(...visitors: readonly Visitor[]): Source {
  return { name: 'script', arrivals: () => [...visitors].sort((a, b) => a.nextAt - b.nextAt)[Symbol.iterator]() };
}

/** The same step again and again. */
export function repeated(count: number, step: Omit<Request, 'client'> & { client?: Client }): Step[] {
  return Array.from({ length: count }, () => () => step);
}

export function operation(role: Role, method: string, template: string, bodyProperties: string[] = []): Operation {
  const pathParameters = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const id = `${role} ${template}`;
  return { id, role, method, template, pathParameters, queryParameters: [], bodyProperties, authenticated: false };
}

export const OPERATIONS: readonly Operation[] = [
  operation('page', 'GET', '/'),
  operation('list', 'GET', '/api/products'),
  operation('search', 'GET', '/api/search'),
  operation('detail', 'GET', '/api/products/{productId}'),
  operation('signup', 'POST', '/api/signup', ['username', 'email', 'password']),
  operation('login', 'POST', '/api/login', ['username', 'password']),
  operation('reset', 'POST', '/api/password-reset', ['username']),
  operation('reset', 'POST', '/api/password-reset/confirm', ['username', 'code', 'password']),
  operation('profile', 'GET', '/api/users/{userId}'),
  operation('order-list', 'GET', '/api/orders'),
  operation('order', 'GET', '/api/orders/{orderId}'),
  operation('redeem', 'POST', '/api/codes/redeem', ['code']),
  operation('redeem', 'GET', '/api/gift-cards/{code}'),
  operation('quote', 'POST', '/api/quotes', ['product', 'quantity']),
  operation('checkout', 'POST', '/api/checkout', ['quote', 'product', 'quantity', 'price']),
  operation('export', 'GET', '/api/partner/export'),
  operation('telemetry', 'POST', '/api/telemetry', ['device']),
];

export const INVENTORY: Inventory = {
  accounts: [
    { name: 'anna.b', password: 'first-one', orders: [10_001, 10_003] },
    { name: 'carl.d', password: 'second-one', orders: [10_002] },
  ],
  keys: [
    { id: 'partner-1', secret: 'pk_1', owner: 'one', kind: 'partner' },
    { id: 'device-1', secret: 'dk_1', owner: 'store', kind: 'device' },
  ],
  products: 90,
  codes: ['BCDF2', 'GHJK3', 'LMNP4', 'QRST5', 'VWXZ6', 'BBBB7', 'CCCC2', 'DDDD3'],
  codeAlphabet: 'BCDFGHJKLMNPQRSTVWXZ234567',
  codeLength: 5,
  words: ['desk', 'chair', 'lamp'],
};

/** Options for a run of a second of world time in no time. */
export function options(url: string, more: Partial<LiveOptions> & Pick<LiveOptions, 'sources'>): LiveOptions {
  const site = { operations: OPERATIONS, inventory: INVENTORY, host: 'shop.example' };
  return {
    url,
    world: { site, startMs: 0, endMs: 60_000 },
    factor: 20,
    ...more,
    limits: { requestsPerSecond: 5000, seconds: 20, ...more.limits },
  };
}

export interface Listening {
  readonly server: Server;
  readonly url: string;
  connections(): Promise<number>;
  /** Resolves when no connection is open any more; the test times out if some stay. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** A server on a free port that answers as it is told. */
export function listen(answer: RequestListener): Promise<Listening> {
  const server = createServer(answer);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const connections = () => new Promise<number>((done) => server.getConnections((_error, count) => done(count)));
      resolve({
        server,
        url: `http://127.0.0.1:${port}`,
        connections,
        empty: async () => {
          while ((await connections()) > 0) await new Promise(setImmediate);
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
