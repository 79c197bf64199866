/**
 * A request to switch protocols: asked of the server over a connection of its own, and where the server agrees the two
 * connections become a tunnel. A refusal is passed on as the ordinary answer it is, and ends the connection.
 */
import { type ClientRequest, type IncomingMessage, request as requestHttp, ServerResponse } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ForwardHooks, HeaderList, Inbound, Outcome } from '../contract.ts';
import { linger } from '../http/linger.ts';
import { problemBytes } from '../http/problem.ts';
import type { Surroundings } from './attempts.ts';
import { CONNECT_TIMEOUT, tlsName } from './connector.ts';
import type { Timed } from './deadlines.ts';
import { classify, FAILURES, type Failure, isServerFault } from './failure.ts';
import type { Group, Server } from './group.ts';
import { readHead } from './head.ts';
import { MAX_ANSWER_HEAD_BYTES } from './lane.ts';
import { Tunnel } from './tunnel.ts';

/**
 * Protocols that are not passed on: behind a switch to another HTTP, or to TLS, requests would go past every check that
 * is made here.
 */
const NOT_THROUGH = /^(h2c?|http|tls)(\/|$)/;

/** When trying again makes sense where no server takes the request, in seconds. */
const RETRY_AFTER_S = 1;

/** How much a client may say before the server has answered, in bytes; then it is held back. */
const MAX_EARLY_BYTES = 65_536;

export class Upgrade implements Timed {
  before: Timed | null = null;
  after: Timed | null = null;
  private readonly around: Surroundings;
  private readonly group: Group;
  private readonly inbound: Inbound;
  private readonly socket: Duplex;
  /** What the client said before there was anybody to say it to. */
  private early: Buffer[];
  private earlyBytes: number;
  private readonly hooks: ForwardHooks;
  private readonly tunnelIdleMs: number | undefined;
  private server: Server | null = null;
  private request: ClientRequest | null = null;
  private connectTimer: NodeJS.Timeout | null = null;
  private tunnel: Tunnel | null = null;
  private status = 0;
  private bytes = 0;
  private firstByteMs = 0;
  private due: number;
  /** The connection to the server stands, TLS included. */
  private connected = false;
  private over = false;

  constructor(
    around: Surroundings,
    group: Group,
    inbound: Inbound,
    socket: Duplex,
    head: Buffer,
    hooks: ForwardHooks,
    tunnelIdleMs?: number,
  ) {
    this.around = around;
    this.group = group;
    this.inbound = inbound;
    this.socket = socket;
    this.early = head.length > 0 ? [head] : [];
    this.earlyBytes = head.length;
    this.hooks = hooks;
    this.tunnelIdleMs = tunnelIdleMs;
    this.due = inbound.route.timeoutMs > 0 ? inbound.startedAt + inbound.route.timeoutMs : 0;
    around.active++;
    around.deadlines.add(this);
  }

  /** Asks the server. `headers` are what it is to see, without Connection and Upgrade. */
  start(headers: HeaderList): void {
    const { socket, group } = this;
    socket.on('error', () => {});
    socket.once('close', this.onClientClose);
    // Only whoever reads hears that the client has left.
    socket.on('data', this.onEarly);
    socket.once('end', this.onClientClose);
    // It may have left while it was asked about, when nobody listened.
    if (socket.destroyed || socket.readableEnded) {
      this.onClientClose();
      return;
    }
    const now = this.around.now();
    const refusal = this.refusalOf(now);
    if (refusal) {
      this.fail(refusal, RETRY_AFTER_S);
      return;
    }
    this.server = group.pick(now, null);
    if (!this.server) {
      this.fail(FAILURES.noServer, RETRY_AFTER_S);
      return;
    }
    this.server.outstanding++;
    try {
      this.ask(this.server, headers);
    } catch {
      this.fail(FAILURES.unsendable);
    }
  }

  private refusalOf(now: number): Failure | null {
    const { bodyLength, upgrade } = this.inbound;
    // A body in front of the new protocol would leave open where the one ends and the other begins.
    if (bodyLength !== 0 || upgrade === '' || NOT_THROUGH.test(upgrade)) return FAILURES.noSwitch;
    return this.group.breaker.admit(now) > 0 ? FAILURES.breakerOpen : null;
  }

  private ask(server: Server, headers: HeaderList): void {
    const { inbound, group } = this;
    const url = new URL(server.url);
    const { ca, verify, serverName } = group.settings.tls;
    const name = tlsName(server.url, serverName);
    const secure = url.protocol === 'https:';
    const tls = { rejectUnauthorized: verify, servername: name, ...(ca === '' ? {} : { ca }) };
    const request = (secure ? requestHttps : requestHttp)({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      method: inbound.method,
      path: inbound.target,
      headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', inbound.upgrade] as never,
      agent: false,
      maxHeaderSize: MAX_ANSWER_HEAD_BYTES,
      allowHalfOpen: true,
      ...(secure ? tls : {}),
    } as RequestOptions);
    this.request = request;
    this.connectTimer = setTimeout(() => {
      request.destroy(Object.assign(new Error('no connection in time'), { code: CONNECT_TIMEOUT }));
    }, group.settings.connectTimeoutMs);
    request.once('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        this.connected = true;
        clearTimeout(this.connectTimer!);
      });
    });
    request.once('upgrade', (answer, socket, first) => this.onSwitched(answer, socket, first));
    request.once('response', (answer) => this.onRefused(answer));
    request.on('error', (error) => this.fail(classify(error, this.connected)));
    request.end();
  }

  private onSwitched(answer: IncomingMessage, server: Socket, first: Buffer): void {
    if (this.over) {
      server.destroy();
      return;
    }
    const agreed = answer.headers.upgrade ?? '';
    if (agreed.toLowerCase() !== this.inbound.upgrade) {
      server.destroy();
      this.fail(FAILURES.badAnswer);
      return;
    }
    const { headers } = readHead(bufferList(answer.rawHeaders), true);
    if (!this.tellHead(101, headers)) {
      server.destroy();
      return;
    }
    this.due = 0;
    this.count(false);
    let text = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    this.socket.write(`${text}Connection: Upgrade\r\nUpgrade: ${agreed}\r\n\r\n`, 'latin1');
    this.stopListening();
    const tunnel = new Tunnel(this.socket, server, (ended) => this.finish(ended, ''), this.tunnelIdleMs);
    this.tunnel = tunnel;
    tunnel.down += first.length;
    tunnel.up += this.earlyBytes;
    if (first.length > 0) this.socket.write(first);
    for (const chunk of this.early.splice(0)) server.write(chunk);
  }

  /** The server said something else than 101: its answer goes to the client, whose connection ends with it. */
  private onRefused(answer: IncomingMessage): void {
    if (this.over) return;
    const status = answer.statusCode ?? 0;
    const { headers } = readHead(bufferList(answer.rawHeaders), status === 204);
    if (!this.tellHead(status, headers)) return;
    this.count(isServerFault(status));
    const res = new ServerResponse(this.inbound.req as IncomingMessage);
    res.shouldKeepAlive = false;
    res.assignSocket(this.socket as Socket);
    res.writeHead(status, answer.statusMessage, headers);
    answer.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      const limit = this.inbound.route.responseLimitBytes;
      if (limit > 0 && this.bytes > limit) this.fail(FAILURES.answerTooLarge);
      else if (!res.write(chunk)) answer.pause();
    });
    res.on('drain', () => answer.resume());
    answer.once('end', () => {
      res.end();
      res.detachSocket(this.socket as Socket);
      closeSoon(this.socket);
      this.finish('', '');
    });
    answer.once('error', () => this.fail(FAILURES.brokeOff));
  }

  /** Tells the hooks of the head; a hook that throws ends it all. */
  private tellHead(status: number, headers: HeaderList): boolean {
    this.firstByteMs = this.around.wallNow();
    try {
      this.hooks.head(status, headers);
    } catch {
      this.fail(FAILURES.internal);
      return false;
    }
    this.status = status;
    return true;
  }

  /** Looks whether time is up; a tunnel has none. */
  tick(now: number): void {
    if (this.due > 0 && now >= this.due) this.fail(FAILURES.deadline);
  }

  private readonly onEarly = (chunk: Buffer): void => {
    this.early.push(chunk);
    this.earlyBytes += chunk.length;
    if (this.earlyBytes > MAX_EARLY_BYTES) this.socket.pause();
  };

  private stopListening(): void {
    this.socket.off('data', this.onEarly);
    this.socket.off('end', this.onClientClose);
    this.socket.off('close', this.onClientClose);
  }

  private readonly onClientClose = (): void => {
    this.finish('client', '');
    this.request?.destroy();
    this.socket.destroy();
  };

  private fail(failure: Failure, retryAfterSec?: number): void {
    if (this.over || this.tunnel) return;
    if (failure.blame) this.count(true);
    const { socket, inbound } = this;
    if (this.status > 0) {
      socket.destroy();
    } else if (socket.writable) {
      const { status, code, title } = failure;
      const retry = status === 503 ? retryAfterSec : undefined;
      const text = problemBytes({ status, code, title, retryAfterSec: retry }, inbound.method === 'HEAD');
      this.status = status;
      this.bytes = Buffer.byteLength(text, 'latin1') - text.indexOf('\r\n\r\n') - 4;
      socket.write(text, 'latin1');
      closeSoon(socket);
    }
    this.finish(failure.ended, failure.code);
    this.request?.destroy();
  }

  private count(failed: boolean): void {
    if (this.server) this.group.record(this.server, this.around.now(), failed);
  }

  private finish(ended: Outcome['ended'], code: string): void {
    if (this.over) return;
    this.over = true;
    const { around, tunnel, server } = this;
    if (this.connectTimer) clearTimeout(this.connectTimer);
    this.stopListening();
    around.deadlines.remove(this);
    around.active--;
    if (server) server.outstanding--;
    this.hooks.done({
      status: this.status,
      bytes: tunnel ? tunnel.down : this.bytes,
      bodyBytes: tunnel ? tunnel.up : 0,
      ended,
      code,
      server: server?.url ?? '',
      retries: 0,
      firstByteMs: this.firstByteMs,
    });
    if (around.active === 0) around.onIdle?.();
  }
}

function bufferList(raw: readonly string[]): Buffer[] {
  return raw.map((text) => Buffer.from(text, 'latin1'));
}

/** Closes once all is written, reading on for a moment so that it arrives. */
function closeSoon(socket: Duplex): void {
  linger(socket);
  (socket as Duplex & { destroySoon(): void }).destroySoon();
}
