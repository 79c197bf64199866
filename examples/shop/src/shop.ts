/** The shop as a whole: rooms, router, server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Accounts, type Mail } from './accounts.ts';
import { assetRoutes } from './assets.ts';
import { Catalogue, catalogueRoutes } from './catalogue.ts';
import { checkoutRoutes } from './checkout.ts';
import { Codes, codeRoutes } from './codes.ts';
import { customerRoutes } from './customers.ts';
import { graphRoutes } from './graph.ts';
import type { Route } from './http.ts';
import { type Inventory, makeInventory, readInventory } from './inventory.ts';
import { type LogFormat, openJournal } from './journal.ts';
import { isLoopback } from './loopback.ts';
import { machineRoutes } from './machines.ts';
import { Orders, orderRoutes } from './orders.ts';
import { Router } from './router.ts';
import { Counter } from './serve.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';

export interface ShopOptions {
  /** Address to listen on; 127.0.0.1 without it. */
  readonly host?: string;
  /** 0 or nothing for a free one. */
  readonly port?: number;
  /** An inventory, or the path of a file with one; drawn from the seed without it. */
  readonly data?: Inventory | string;
  readonly seed?: string;
  /** Listens on addresses that others can reach. The shop is full of holes: think twice. */
  readonly allowRemote?: boolean;
  /** Path of the log, '-' for standard output; no log without it. */
  readonly log?: string;
  readonly logFormat?: LogFormat;
  /** Gets the mail that the shop sends; thrown away without it. */
  readonly mail?: Mail;
  /** Key of the payment provider's signatures. */
  readonly webhookSecret?: string;
  /** Tells a Sallyport before it who was served and what happened, in headers that it takes out. */
  readonly signals?: boolean;
  /** Hands out signed tokens (ES256), and their key at /.well-known/jwks.json. */
  readonly tokens?: boolean;
  /** Told of failures that belong to nobody's request. */
  readonly onError?: (error: Error) => void;
}

export interface RunningShop {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly inventory: Inventory;
  /** Takes no more, answers what it has, and ends connections that are still open after a second. */
  close(): Promise<void>;
}

const GRACE_MS = 1000;
export const DEFAULT_SEED = 'shop';
export const DEFAULT_WEBHOOK_SECRET = 'not-a-secret';

/**
 * Starts the shop.
 * @throws Error when the address is not loopback and `allowRemote` is not set, when the port is taken, or the inventory
 *   cannot be read.
 */
export async function startShop(options: ShopOptions = {}): Promise<RunningShop> {
  const { host = '127.0.0.1', port = 0, allowRemote = false } = options;
  if (!allowRemote && !isLoopback(host)) throw new Error(refusal(host));
  const { data } = options;
  const inventory =
    typeof data === 'string' ? readInventory(data) : (data ?? makeInventory(options.seed ?? DEFAULT_SEED));
  const onError = options.onError ?? (() => {});
  const journal = openJournal(options.log, options.logFormat ?? 'combined', onError);
  const tokens = options.tokens ? new Tokens() : null;
  const sessions = new Sessions(inventory.keys, tokens);
  const router = new Router([...routesOf(inventory, sessions, options), ...(tokens?.routes() ?? [])]);
  const counter = new Counter({ router, sessions, journal, signals: options.signals ?? false, onError });
  const server = createServer((request, response) => counter.serve(request, response));
  configure(server);
  try {
    await listen(server, port, host);
  } catch (error) {
    await journal.close();
    throw error;
  }
  const { address, family, port: taken } = server.address() as AddressInfo;
  const close = async () => {
    await closeServer(server);
    await journal.close();
  };
  // A name may stand for more than it says.
  if (!allowRemote && !isLoopback(address)) {
    await close();
    throw new Error(refusal(address));
  }
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`, port: taken, inventory, close };
}

function refusal(host: string): string {
  return `${host} is not a loopback address, and this shop is weak on purpose: --allow-remote if you must`;
}

function routesOf(inventory: Inventory, sessions: Sessions, options: ShopOptions): Route[] {
  const accounts = new Accounts(inventory.accounts, options.mail ?? (() => {}));
  const catalogue = new Catalogue(inventory);
  const orders = new Orders(accounts, catalogue);
  const codes = new Codes(inventory.codes);
  return [
    ...assetRoutes(catalogue),
    ...catalogueRoutes(catalogue),
    ...customerRoutes(accounts, sessions),
    ...orderRoutes(orders),
    ...codeRoutes(codes),
    ...checkoutRoutes(catalogue, orders),
    ...graphRoutes({ accounts, catalogue, codes, orders, sessions }),
    ...machineRoutes({ accounts, catalogue, orders }, options.webhookSecret ?? DEFAULT_WEBHOOK_SECRET),
  ];
}

/** Weak is not the same as fragile: slow and silent clients are let go. */
function configure(server: Server): void {
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 15_000;
  server.maxRequestsPerSocket = 0;
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
