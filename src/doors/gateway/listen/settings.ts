/** What the configuration says about listeners, in the units that this room counts in. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { parseListen } from '../../../config/listen.ts';
import type { Config } from '../../../config/schema.ts';
import { SallyportError } from '../../../lib/errors.ts';

/** The parts of the configuration that listeners are made from. */
export type ListenConfig = Pick<Config, 'listen' | 'gateway' | 'clients'>;

/** Where the gateway listens when the configuration does not say. */
export const DEFAULT_LISTEN = '127.0.0.1:8080';

type ListenerEntry = Exclude<Extract<Config['listen'], readonly unknown[]>[number], string | number>;
export type TlsConfig = NonNullable<ListenerEntry['tls']>;

export interface ListenerSettings {
  readonly address: string;
  readonly port: number;
  readonly tls: TlsConfig | null;
  readonly h2c: boolean;
  readonly proxyProtocol: boolean;
}

/** Limits of all listeners. */
export interface Limits {
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyIdleMs: number;
  readonly idleMs: number;
  /** Connections at once, over all listeners of the process. */
  readonly connections: number;
}

/** The listeners of a configuration, with every default filled in. */
export function listenersOf(config: ListenConfig): ListenerSettings[] {
  const entries = Array.isArray(config.listen) ? config.listen : [config.listen ?? DEFAULT_LISTEN];
  return entries.map((entry) => {
    const full = typeof entry === 'object' ? entry : { address: entry, h2c: false, proxy_protocol: false };
    const parsed = parseListen(full.address);
    if (!parsed) throw new SallyportError('SP1005', `listen: "${full.address}" is no address to listen on`);
    return {
      ...parsed,
      tls: 'tls' in full && full.tls ? full.tls : null,
      h2c: full.h2c,
      proxyProtocol: full.proxy_protocol,
    };
  });
}

export function limitsOf({ gateway }: ListenConfig): Limits {
  return {
    headerBytes: gateway.header_bytes,
    headerCount: gateway.header_count,
    targetBytes: gateway.target_bytes,
    headerTimeoutMs: Math.ceil(gateway.header_timeout_s * 1000),
    bodyIdleMs: Math.ceil(gateway.body_idle_timeout_s * 1000),
    idleMs: Math.ceil(gateway.idle_timeout_s * 1000),
    connections: gateway.connections,
  };
}

function readPem(path: string, baseDir: string, what: string): Buffer {
  try {
    return readFileSync(resolve(baseDir, path));
  } catch (cause) {
    throw new SallyportError('SP7120', `${what} cannot be read: ${path}`, { cause });
  }
}

/**
 * Reads certificate, key and client authorities; paths are relative to `baseDir`. SP7120 where a file cannot be read, is no
 * PEM, or key and certificate do not belong together.
 */
export function readTls(tls: TlsConfig, baseDir: string): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: readPem(tls.cert, baseDir, 'the certificate'),
    key: readPem(tls.key, baseDir, 'the key'),
    minVersion: tls.min_version,
  };
  if (tls.client_ca !== undefined) context.ca = readPem(tls.client_ca, baseDir, 'client_ca');
  try {
    createSecureContext(context);
  } catch (cause) {
    const message = `${tls.cert} and ${tls.key} cannot be used together: ${(cause as Error).message}`;
    throw new SallyportError('SP7120', message, { cause });
  }
  return context;
}
