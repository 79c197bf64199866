/** A listener with a handler that echoes what it saw, and a client that sends bytes as they are. For tests. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectNet, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Config, configSchema } from '../../../config/schema.ts';
import type { Req, Res } from '../contract.ts';
import { type AdmitSettings, type Admitted, admit } from '../http/admit.ts';
import { upstreamHeaders } from '../http/forwarded.ts';
import { sendProblem } from '../http/problem.ts';
import { isRejection } from '../http/rejections.ts';
import { compileRoutes } from '../http/routes.ts';
import type { Connection } from './connection.ts';
import type { Handlers } from './hub.ts';
import { type Listeners, openListeners } from './listeners.ts';

/** What the handler saw of one request. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly protocol: string;
  readonly scheme: string;
  readonly peer: string;
  readonly trusted: boolean;
  readonly bodyLength: number;
  readonly upgrade: string;
  readonly expectsContinue: boolean;
  readonly headers: readonly string[];
  readonly upstream: readonly string[];
  readonly certificate: Connection['certificate'];
  readonly handshake: Connection['handshake'];
  readonly http2: Connection['http2'];
  readonly software: string;
}

export interface Echo {
  readonly config: Config;
  readonly listeners: Listeners;
  readonly port: number;
  /** Requests that were admitted, oldest first. */
  readonly seen: Seen[];
  /** Codes of what was refused before it was a request. */
  readonly refused: string[];
  /** How bodies ended that did not end well. */
  readonly failed: string[];
}

/** A part of `sallyport.yaml`; `listen` is on a free port of the loopback unless it says otherwise. */
export type EchoConfig = Record<string, unknown>;

function seenOf(inbound: Admitted): Seen {
  const { req: _, res: __, route: ___, connection, peer, trusted, ...rest } = inbound;
  const { certificate, handshake, http2, software } = connection;
  return { peer, trusted, ...rest, certificate, handshake, http2, software, upstream: upstreamHeaders(inbound) };
}

/**
 * Opens listeners whose handler answers `GET` and others with JSON: what was seen, with `body` and `trailers`. `/hold` is
 * answered when `release` is called, `/early` before its body has been read, `/throw` throws.
 */
export async function startEcho(
  config: EchoConfig = {},
  more: { baseDir?: string; handlers?: Partial<Handlers> } = {},
): Promise<Echo & { release(): void }> {
  const parsed = configSchema.parse({ upstream: 'http://127.0.0.1:9', listen: '127.0.0.1:0', ...config });
  const { gateway } = parsed;
  const settings = {
    headerBytes: gateway.header_bytes,
    headerCount: gateway.header_count,
    targetBytes: gateway.target_bytes,
    routeOf: compileRoutes(parsed),
  };
  const log: Log = { settings, seen: [], refused: [], failed: [], held: [] };
  const handlers: Handlers = {
    onRequest: (req, res, connection) => onRequest(log, req, res, connection),
    onUpgrade: (req, socket, head, connection, res) => onUpgrade(log, req, socket, head, connection, res),
    onRefused: (code) => void log.refused.push(code),
    ...more.handlers,
  };
  const listeners = await openListeners({ config: parsed, handlers, baseDir: more.baseDir });
  const { seen, refused, failed } = log;
  const release = () => {
    for (const answer of log.held.splice(0)) answer();
  };
  return { config: parsed, listeners, port: listeners.addresses[0].port, seen, refused, failed, release };
}

interface Log {
  readonly settings: AdmitSettings;
  readonly seen: Seen[];
  readonly refused: string[];
  readonly failed: string[];
  readonly held: (() => void)[];
}

function onRequest(log: Log, req: Req, res: Res, connection: Connection): void {
  const inbound = admit(req, res, connection, log.settings, 0, 0);
  if (isRejection(inbound)) {
    sendProblem(res, inbound);
    return;
  }
  const what = seenOf(inbound);
  log.seen.push(what);
  if (inbound.target === '/throw') throw new Error('a handler failed');
  if (inbound.target === '/early') sendProblem(res, { status: 403, code: 'SP7110', title: 'Early' });
  else if (inbound.target === '/hold') log.held.push(() => readThenEcho(req, res, what, inbound, log.failed));
  else readThenEcho(req, res, what, inbound, log.failed);
}

function onUpgrade(
  log: Log,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connection: Connection,
  res: ServerResponse,
): void {
  const inbound = admit(req, res, connection, log.settings, 0, 0);
  if (isRejection(inbound)) {
    sendProblem(res, inbound);
    return;
  }
  log.seen.push(seenOf(inbound));
  if (inbound.target === '/refuse') {
    sendProblem(res, { status: 403, code: 'SP7110', title: 'No' });
    return;
  }
  res.detachSocket(socket as Socket);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  if (head.length > 0) socket.write(head);
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('end', () => socket.end());
}

function readThenEcho(req: Req, res: Res, what: Seen, inbound: Admitted, failed: string[]): void {
  const chunks: Buffer[] = [];
  if (inbound.expectsContinue) res.writeContinue();
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('error', (error: Error & { code?: string }) => failed.push(error.code ?? error.message));
  req.on('end', () => {
    if (res.writableEnded) return;
    const text = JSON.stringify({ ...what, body: Buffer.concat(chunks).toString('latin1'), trailers: req.rawTrailers });
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-length', Buffer.byteLength(text));
    res.end(text);
  });
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes the answers at the start of `bytes` apart; all of them have a length, or no body. `rest` is what is not whole. */
export function parseAnswers(bytes: Buffer, isHead = false): { answers: RawAnswer[]; rest: Buffer } {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { answers, rest };
    const [line, ...fields] = rest.toString('latin1', 0, end).split('\r\n');
    const headers: Record<string, string> = {};
    for (const field of fields) {
      const colon = field.indexOf(':');
      headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
    }
    const status = Number(line.split(' ')[1]);
    const length = status < 200 || isHead ? 0 : Number(headers['content-length'] ?? 0);
    if (rest.length < end + 4 + length) return { answers, rest };
    answers.push({ status, headers, body: rest.toString('utf8', end + 4, end + 4 + length) });
    rest = rest.subarray(end + 4 + length);
  }
}

/** A client without manners. */
export class RawClient {
  readonly socket: Socket;
  received: Buffer = Buffer.alloc(0);
  closed = false;
  private waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('end', () => this.wake());
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connectNet({ port, host: '127.0.0.1' });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      // A connection that was accepted and reset counts as opened.
      socket.once('error', (error: Error & { code?: string }) =>
        error.code === 'ECONNRESET' ? resolve() : reject(error),
      );
    });
    return client;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  /** Waits until `condition` holds or the connection is closed. */
  async until(condition: () => boolean): Promise<void> {
    while (!this.closed && !condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Waits for `count` answers, or for the end of the connection. */
  async answers(count: number, isHead = false): Promise<RawAnswer[]> {
    await this.until(() => parseAnswers(this.received, isHead).answers.length >= count);
    return parseAnswers(this.received, isHead).answers;
  }

  /** Waits for the end of the connection. */
  async end(): Promise<void> {
    await this.until(() => false);
  }
}

/** A PROXY protocol header of version 2: an IPv4 address as text or an IPv6 address as its sixteen bytes. */
export function proxyV2(
  peer: { address: string | Buffer; port: number },
  extensions: Buffer = Buffer.alloc(0),
): Buffer {
  const v4 = typeof peer.address === 'string';
  const source = v4 ? Buffer.from(String(peer.address).split('.').map(Number)) : (peer.address as Buffer);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(peer.port, 0);
  ports.writeUInt16BE(443, 2);
  const rest = Buffer.concat([source, Buffer.alloc(source.length), ports, extensions]);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\0\0\0', 'latin1');
  head[13] = v4 ? 0x11 : 0x21;
  head.writeUInt16BE(rest.length, 14);
  return Buffer.concat([head, rest]);
}

/** Waits until `condition` holds, looking each time the event loop comes round. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
