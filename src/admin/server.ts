/** The admin listener: live page, operator API, metrics and health on one plain HTTP port, loopback unless told otherwise. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SallyportError } from '../lib/errors.ts';
import { Access, type Caller } from './access.ts';
import type { AdminOptions } from './options.ts';
import { AdminError, problem, send } from './reply.ts';
import { find, type Route } from './routes.ts';
import { LiveStreams } from './streams.ts';

/** Bounds of the listener: ms, connections, bytes. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 20_000;
const KEEP_ALIVE_MS = 5_000;
const MOST_CONNECTIONS = 256;
const MOST_HEADER_BYTES = 16 * 1024;

export interface Admin {
  /** `http://127.0.0.1:9464`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the admin listener. SallyportError SP7006 where it cannot listen. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { clock, operator } = options;
  const access = new Access({ token: options.token, hosts: options.hosts ?? [], clock });
  const streams = new LiveStreams(operator, clock);
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES }, (req, res) => {
    void answer(req, res, { options, access, streams });
  });
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MOST_CONNECTIONS;
  // Sockets that break while idle are nobody's error.
  server.on('clientError', (_, socket) => socket.destroy());
  const { port } = await listening(server, options.listen);
  access.listeningOn(port);
  return { url: urlOf(options.listen.address, port), close: () => closing(server, streams) };
}

interface Parts {
  readonly options: AdminOptions;
  readonly access: Access;
  readonly streams: LiveStreams;
}

async function answer(req: IncomingMessage, res: ServerResponse, parts: Parts): Promise<void> {
  res.on('error', () => {});
  try {
    const reply = await replyTo(req, res, parts);
    if (reply !== null) send(req, res, reply);
  } catch (error) {
    if (!(error instanceof SallyportError)) parts.options.onDefect?.(error);
    send(req, res, problem(error));
  }
}

function replyTo(req: IncomingMessage, res: ServerResponse, parts: Parts) {
  parts.access.checkHost(req);
  const target = req.url ?? '';
  const path = target.split('?', 1)[0];
  const found = find(req.method ?? '', path);
  if (found === null) throw new AdminError(404, 'SP7003', 'there is no such path');
  if (!('route' in found)) {
    const allow = [...new Set([...found, ...(found.includes('GET') ? ['HEAD'] : [])])].join(', ');
    throw new AdminError(405, 'SP7003', 'the path does not know this method', { Allow: allow });
  }
  const caller = admitted(req, found.route, parts);
  const query = new URLSearchParams(target.slice(path.length));
  return found.route.handle({ req, res, ...parts, params: found.params, query, caller });
}

function admitted(req: IncomingMessage, route: Route, { access, options }: Parts): Caller | null {
  if (route.access === 'open' || (route.access === 'metrics' && options.metricsWithoutToken)) return null;
  const caller = access.caller(req);
  if (route.method !== 'GET') access.checkIntent(req, caller);
  return caller;
}

function listening(server: Server, { address, port }: AdminOptions['listen']): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'something else listens there' : (error.code ?? error.message);
      reject(new SallyportError('SP7006', `the admin listener: ${address}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, address, () => resolve(server.address() as AddressInfo));
  });
}

/** A URL that a browser on the same machine can open: of "everywhere", loopback is one. */
function urlOf(address: string, port: number): string {
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function closing(server: Server, streams: LiveStreams): Promise<void> {
  return new Promise((resolve) => {
    streams.close();
    server.close(() => resolve());
    server.closeIdleConnections();
    // What is under way has a moment to end; nobody waits for a client that does not read.
    setTimeout(() => server.closeAllConnections(), 1000).unref();
  });
}
