/** Support for tests of revocation: callers, clocks, and a small authorization server on the loopback address. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { revocation, sharedSignals } from '../../config/signing.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller } from '../contract.ts';
import { callerOf } from '../scheme.ts';

export const NOW = 1_800_000_000_000;

export const callerWith = (known: Partial<Caller>): Caller =>
  callerOf(known.scheme ?? AUTH_SCHEME.jwt, AUTH_OUTCOME.accepted, { issuedMs: NOW - 60_000, ...known });

export const revocationSettings = (value: unknown = {}) => revocation.parse(value);
export const signalSettings = (value: unknown) => sharedSignals.parse(value);

export interface Pem {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly pem: string;
}

export function ecKey(): Pem {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { ...pair, pem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A request as a server has got it. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoopbackServer {
  readonly url: string;
  readonly got: Got[];
  /** Resolves when `count` requests have come. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A server that answers as it is told. */
export async function loopback(answer: (got: Got) => Answer | Promise<Answer>): Promise<LoopbackServer> {
  const got: Got[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server: Server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const one = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body };
    const { status, headers = {}, body: text = '' } = await answer(one);
    res.writeHead(status, headers).end(text);
    got.push(one);
    for (const { count, resolve } of waiting) if (got.length >= count) resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    arrived: (count) =>
      new Promise((resolve) => {
        if (got.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Collects what a callback is told; {@link until} resolves once there are so many. */
export class Heard<T> {
  readonly all: T[] = [];
  private readonly waiting: { count: number; resolve: () => void }[] = [];
  readonly take = (one: T): void => {
    this.all.push(one);
    for (const { count, resolve } of this.waiting) if (this.all.length >= count) resolve();
  };
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.all.length >= count) resolve();
      else this.waiting.push({ count, resolve });
    });
  }
}

/** Pauses that end at once, and how long they would have been. */
export function hurried(): { readonly pauses: number[]; schedule(act: () => void, ms: number): () => void } {
  const pauses: number[] = [];
  return {
    pauses,
    schedule(act, ms) {
      pauses.push(ms);
      const handle = setImmediate(act);
      return () => clearImmediate(handle);
    },
  };
}
