/** Opens the listeners of the configuration: plain, TLS, HTTP/2 without TLS, behind the PROXY protocol. */
import type { Server as HttpServer } from 'node:http';
import type { Http2Server } from 'node:http2';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { CidrSet } from '../../../lib/cidr.ts';
import { SallyportError } from '../../../lib/errors.ts';
import { parseIpText } from '../../../lib/ip.ts';
import { plainAddress } from './connection.ts';
import { cut, drain } from './drain.ts';
import { createHttp1 } from './http1.ts';
import { createHttp2 } from './http2.ts';
import { accept, createHub, type Handlers, type Hub, ignore, refused } from './hub.ts';
import { type ListenConfig, type ListenerSettings, limitsOf, listenersOf, readTls } from './settings.ts';
import { sniff } from './sniff.ts';
import { sweep, sweepInterval } from './sweep.ts';

export interface ListenOptions {
  readonly config: ListenConfig;
  readonly handlers: Handlers;
  /** Folder that paths of the configuration are relative to; the working directory when left out. */
  readonly baseDir?: string;
  /** Monotonic clock in ms. */
  readonly now?: () => number;
}

/** Where a listener is reached. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** `https://127.0.0.1:8443`, for messages. */
  readonly url: string;
}

export interface Listeners {
  readonly addresses: readonly ListenAddress[];
  /** Open connections, those included that have not sent anything yet. */
  connections(): number;
  /**
   * Takes certificates, keys and `clients.trusted_proxies` anew from a configuration with the same listeners; new
   * connections have them. SP7120 where one cannot be used: then nothing has changed.
   */
  update(config: ListenConfig): void;
  /** Stops accepting, lets requests under way end for up to `ms`, then cuts what is left. */
  drain(ms: number): Promise<void>;
  /** Stops at once. */
  close(): Promise<void>;
}

/** The servers behind all listeners, which sockets are handed to. */
interface Servers {
  readonly http1: HttpServer;
  readonly http2: Http2Server;
}

/** One listener: the server that accepts, and the one whose certificate can be replaced. */
interface Listener {
  readonly settings: ListenerSettings;
  readonly server: Server;
  readonly tls: TlsServer | null;
}

/** Longest queue of connections not yet accepted; the kernel may allow less (net.core.somaxconn). */
const BACKLOG = 4096;

/**
 * Opens every listener. SP7119 where an address cannot be had, SP7120 where a certificate cannot be used; then none is
 * left open.
 */
export async function openListeners(options: ListenOptions): Promise<Listeners> {
  const { config, handlers, baseDir = process.cwd(), now = () => performance.now() } = options;
  const hub = createHub(handlers, limitsOf(config), CidrSet.of(config.clients.trusted_proxies), now);
  // One pair of servers takes the sockets of all listeners that have a stage before them. They do not listen themselves;
  // the event starts Node's check for slow headers.
  const servers: Servers = { http1: createHttp1(hub), http2: createHttp2(hub) };
  servers.http1.emit('listening');
  const listeners = listenersOf(config).map((settings) => createListener(hub, servers, settings, baseDir));
  const opened: Listener[] = [];
  try {
    for (const listener of listeners) {
      await listen(listener);
      opened.push(listener);
    }
  } catch (error) {
    servers.http1.close(ignore);
    await Promise.all(opened.map(({ server }) => closeServer(server)));
    throw error;
  }
  return handle(hub, servers, listeners, baseDir);
}

function handle(hub: Hub, servers: Servers, listeners: readonly Listener[], baseDir: string): Listeners {
  const timer = setInterval(() => sweep(hub), sweepInterval(hub.limits.bodyIdleMs));
  timer.unref();
  let closed: Promise<unknown> | null = null;
  const stopListening = () => {
    closed ??= Promise.all(listeners.map(({ server }) => closeServer(server)));
    return closed;
  };
  const closeIdle = () => {
    servers.http1.closeIdleConnections();
    for (const { server } of listeners) (server as Partial<HttpServer>).closeIdleConnections?.();
  };
  const end = async () => {
    clearInterval(timer);
    servers.http1.close(ignore);
    await stopListening();
    // Servers are done a moment before the last sockets say so themselves. All have been destroyed by now.
    await Promise.all(Array.from(hub.sockets, (socket) => new Promise((resolve) => socket.once('close', resolve))));
  };
  return {
    addresses: listeners.map(addressOf),
    connections: () => hub.sockets.size,
    update: (config) => update(hub, listeners, config, baseDir),
    drain: async (ms) => {
      await drain(hub, ms, stopListening, closeIdle);
      await end();
    },
    close: async () => {
      hub.draining = true;
      const ended = end();
      cut(hub);
      await ended;
    },
  };
}

/** A server for one listener, with no stage between socket and parser that its settings do not ask for. */
function createListener(hub: Hub, servers: Servers, settings: ListenerSettings, baseDir: string): Listener {
  const tls = settings.tls === null ? null : createTls(hub, servers, settings, baseDir);
  if (settings.proxyProtocol || settings.h2c || tls !== null) {
    const server = createNetServer({ allowHalfOpen: true, noDelay: true });
    server.on('connection', (socket) => onRaw(hub, servers, settings, tls, socket));
    return finish(hub, { settings, server, tls });
  }
  const server = createHttp1(hub);
  // This one runs before the server's own listener, which would start to read.
  server.prependListener('connection', (socket: Socket) => accept(hub, socket));
  return finish(hub, { settings, server, tls });
}

function finish(hub: Hub, listener: Listener): Listener {
  // Refuses in the kernel's callback, before there is a socket object.
  listener.server.maxConnections = hub.limits.connections;
  return listener;
}

/** A connection whose first bytes are to be looked at. */
function onRaw(hub: Hub, servers: Servers, settings: ListenerSettings, tls: TlsServer | null, socket: Socket): void {
  if (!accept(hub, socket)) return;
  if (settings.proxyProtocol && !isTrusted(hub, socket)) {
    refused(hub, 'SP7114', plainAddress(socket.remoteAddress ?? ''), 'not from a trusted proxy');
    socket.on('error', ignore);
    socket.resetAndDestroy();
    return;
  }
  sniff(socket, {
    proxyProtocol: settings.proxyProtocol,
    h2c: settings.h2c && tls === null,
    tls: tls !== null,
    timeoutMs: hub.limits.headerTimeoutMs,
    pass: (ready, http2) => {
      const target = tls ?? (http2 ? servers.http2 : servers.http1);
      target.emit('connection', ready);
    },
    refused: (_, why) => refused(hub, 'SP7114', plainAddress(socket.remoteAddress ?? ''), why),
  });
}

function isTrusted(hub: Hub, socket: Socket): boolean {
  return parseIpText(plainAddress(socket.remoteAddress ?? '')) && hub.trusted.hasParsed();
}

function createTls(hub: Hub, servers: Servers, settings: ListenerSettings, baseDir: string): TlsServer {
  const config = settings.tls;
  if (config === null) throw new SallyportError('SP9001', 'a listener without tls has no certificate');
  const server = createTlsServer({
    ...readTls(config, baseDir),
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: hub.limits.headerTimeoutMs,
    requestCert: config.client_ca !== undefined,
    rejectUnauthorized: config.client_ca !== undefined && config.client_auth === 'required',
    noDelay: true,
    allowHalfOpen: true,
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const target = socket.alpnProtocol === 'h2' ? servers.http2 : servers.http1;
    target.emit('connection', socket);
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}

function listen({ server, settings }: Listener): Promise<void> {
  const { address, port } = settings;
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => {
      reject(new SallyportError('SP7119', `${urlOf(address, port, settings)}: ${cause.message}`, { cause }));
    };
    server.once('error', failed);
    server.listen({ host: address, port, backlog: BACKLOG }, () => {
      server.off('error', failed);
      // Running out of file descriptors is reported here; the listener goes on once there are some again.
      server.on('error', ignore);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function urlOf(address: string, port: number, settings: ListenerSettings): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${settings.tls === null ? 'http' : 'https'}://${host}:${port}`;
}

function addressOf({ server, settings }: Listener): ListenAddress {
  const { address, port } = server.address() as AddressInfo;
  return { address, port, tls: settings.tls !== null, url: urlOf(address, port, settings) };
}

/** Everything is read before anything is replaced. */
function update(hub: Hub, listeners: readonly Listener[], config: ListenConfig, baseDir: string): void {
  const fresh = listenersOf(config);
  const trusted = CidrSet.of(config.clients.trusted_proxies);
  const contexts = listeners.map(({ settings }) => {
    const same = fresh.find(({ address, port }) => address === settings.address && port === settings.port);
    const tls = same?.tls ?? settings.tls;
    return tls === null ? null : readTls(tls, baseDir);
  });
  listeners.forEach(({ tls }, i) => {
    const context = contexts[i];
    if (tls !== null && context !== null) tls.setSecureContext(context);
  });
  hub.trusted = trusted;
}
