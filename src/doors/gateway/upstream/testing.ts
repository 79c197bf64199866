/** Real servers in front and behind, and a client that sees every byte: for tests of the upstream room and of the gateway. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createServer2, type Http2Server } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { parseConfig } from '../../../config/parse.ts';
import type { HeaderList, Inbound, Outcome, Req, Res, RouteSettings } from '../contract.ts';
import { stripHopByHop } from '../http/hop.ts';
import { routeOf as presetRoute } from '../http/testing.ts';
import { createForwarder, type ForwarderOptions, type UpdatableForwarder, type UpstreamConfig } from './index.ts';

export function routeOf(part: Partial<RouteSettings> = {}): RouteSettings {
  return presetRoute({ timeoutMs: 10_000, bodyLimitBytes: 64 * 1024 * 1024, ...part });
}

/** The upstream part of a configuration, with all its defaults. */
export function configOf(yaml: string): UpstreamConfig {
  return parseConfig(yaml, 'test.yaml');
}

export async function listening(server: Server | Http2Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Things to be closed at the end of a test, last first. */
export class Closing {
  private readonly all: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.all.push(close);
  }

  async run(): Promise<void> {
    for (const close of this.all.splice(0).reverse()) await close();
  }
}

/** A promise and its handle. */
export function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A number that grows, and that can be waited for. */
export class Count {
  private waiting: { count: number; resolve: () => void }[] = [];
  value = 0;

  up(by = 1): void {
    this.value += by;
    for (const each of this.waiting) if (this.value >= each.count) each.resolve();
    this.waiting = this.waiting.filter((each) => this.value < each.count);
  }

  reach(count: number): Promise<void> {
    if (this.value >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}

/** Lets a server of Node's listen until the end of the test. Gives back its URL. */
export async function served(closing: Closing, server: HttpServer): Promise<string> {
  closing.add(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return listening(server);
}

/** An application on a server of Node's. Gives back its URL. */
export function httpUpstream(closing: Closing, listener: RequestListener): Promise<string> {
  return served(closing, createServer({ keepAliveTimeout: 60_000 }, listener));
}

/** A server that sees and says bytes. Gives back its URL. */
export async function rawUpstream(closing: Closing, onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcp({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  closing.add(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return listening(server);
}

/**
 * A server that answers the first request on each connection with these bytes and then does what is said. With `pieces`
 * the bytes up to there come first, and the rest when they have arrived.
 */
export function scripted(
  closing: Closing,
  answer: string,
  after: 'keep' | 'end' | 'reset',
  pieces = answer.length,
): Promise<string> {
  const bytes = Buffer.from(answer, 'latin1');
  const finish = (socket: Socket) => {
    const rest = bytes.subarray(pieces);
    if (after === 'end') socket.end(rest);
    else socket.write(rest, () => after === 'reset' && socket.resetAndDestroy());
  };
  return rawUpstream(closing, (socket) => {
    let seen = '';
    const onData = (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (!seen.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      socket.resume();
      socket.write(bytes.subarray(0, pieces), () => setImmediate(() => finish(socket)));
    };
    socket.on('data', onData);
  });
}

export interface Front {
  readonly forwarder: UpdatableForwarder;
  readonly port: number;
  readonly url: string;
  /** What the hooks were told, in order. */
  readonly outcomes: Outcome[];
  readonly heads: { status: number; headers: HeaderList }[];
  /** Requests that were handed to the forwarder. */
  count(): number;
  /** Resolves when so many requests were handed to the forwarder. */
  begun(count: number): Promise<void>;
  /** Resolves when so many exchanges are over. */
  over(count: number): Promise<Outcome[]>;
}

export interface FrontOptions extends Partial<Omit<ForwarderOptions, 'config'>> {
  readonly route?: Partial<RouteSettings>;
  readonly http2?: boolean;
  /** Sees the request before it is handed over, as other rooms do. */
  readonly onRequest?: (req: Req, res: Res) => void;
  /** Does what comes before the request goes on; false where it does not go on. */
  readonly before?: (inbound: Inbound) => Promise<boolean>;
  /** Changes the head on its way, as other rooms do. */
  readonly onHead?: (status: number, headers: HeaderList) => void;
}

/** A gateway of nothing but this room. */
export async function front(closing: Closing, config: UpstreamConfig, options: FrontOptions = {}): Promise<Front> {
  const forwarder = createForwarder({ ...options, config });
  const route = routeOf(options.route);
  const outcomes: Outcome[] = [];
  const heads: Front['heads'] = [];
  const begun = new Count();
  const over = new Count();
  const hooks = {
    head(status: number, headers: HeaderList) {
      options.onHead?.(status, headers);
      heads.push({ status, headers: [...headers] });
    },
    done(outcome: Outcome) {
      outcomes.push(outcome);
      over.up();
    },
  };
  const handle = (req: Req, res: Res, expectsContinue = false) => {
    const inbound = inboundOf(req, res, route, expectsContinue);
    options.onRequest?.(req, res);
    const go = () => {
      forwarder.forward(inbound, inbound.headers, hooks);
      begun.up();
    };
    if (options.before === undefined) go();
    else void options.before(inbound).then((goesOn) => goesOn && go());
  };
  const server = options.http2 ? createServer2() : createServer({ keepAliveTimeout: 60_000 });
  server.on('request', (req: Req, res: Res) => handle(req, res));
  server.on('checkContinue', (req: Req, res: Res) => handle(req, res, true));
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const inbound = inboundOf(req, null as unknown as ServerResponse, route, false);
    const go = () => {
      forwarder.upgrade(inbound, socket, head, inbound.headers, hooks);
      begun.up();
    };
    if (options.before === undefined) go();
    else void options.before(inbound).then((goesOn) => goesOn && go());
  });
  const url = await listening(server);
  closing.add(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await forwarder.close();
    server.close();
  });
  return {
    ...{ forwarder, port: Number(new URL(url).port), url, outcomes, heads },
    count: () => begun.value,
    begun: (count) => begun.reach(count),
    over: async (count) => {
      await over.reach(count);
      return outcomes;
    },
  };
}

function inboundOf(req: Req, res: Res, route: RouteSettings, expectsContinue: boolean): Inbound {
  const headers: HeaderList = [];
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) if (!raw[i].startsWith(':')) headers.push(raw[i], raw[i + 1]);
  if (req.headers[':authority']) headers.push('Host', String(req.headers[':authority']));
  stripHopByHop(headers);
  const h2 = req.httpVersionMajor === 2;
  const chunked = req.headers['transfer-encoding'] !== undefined;
  const open = h2 && !(req as { stream: { endAfterHeaders?: boolean } }).stream.endAfterHeaders;
  const length = req.headers['content-length'];
  const now = performance.now();
  return {
    req,
    res,
    method: req.method ?? '',
    target: req.url ?? '',
    host: req.headers.host ?? '',
    protocol: `HTTP/${req.httpVersionMajor}.${req.httpVersionMinor}`,
    scheme: 'http',
    peer: '127.0.0.1',
    peerPort: 1,
    headers,
    bodyLength: length === undefined ? (chunked || open ? -1 : 0) : Number(length),
    upgrade: (req.headers.upgrade ?? '').toLowerCase(),
    expectsContinue,
    route,
    startedMs: Date.now(),
    startedAt: now,
  };
}

/** What came back on a connection, byte for byte, until it was closed or `until` says it is enough. */
export interface Seen {
  readonly text: string;
  /** end: closed in order; reset: broken; open: enough was seen. */
  readonly closed: 'end' | 'reset' | 'open';
}

/** Sends bytes and gives back what comes. */
export function talk(port: number, bytes: string | Buffer, until?: (text: string) => boolean): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    const finish = (closed: Seen['closed']) => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.(text)) finish('open');
    });
    socket.once('end', () => finish('end'));
    socket.once('error', () => finish('reset'));
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

/** One GET over a connection of its own, which is closed by the gateway after the answer. */
export function get(port: number, path = '/', extra = ''): Promise<Seen> {
  return talk(port, `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${extra}\r\n`);
}
