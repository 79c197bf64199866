/** Secrets and certificates that outputs name: read when they are needed, kept out of every message. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OutputAuth, OutputTls } from '../../../config/outputs.ts';
import { DeliveryError } from './contract.ts';

/** Where names of files and variables lead. */
export interface Surroundings {
  /** Folder of the configuration. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Longest secret that a header takes, in characters. */
const MAX_SECRET = 8192;

function read({ folder }: Surroundings, name: string): string {
  try {
    return readFileSync(resolve(folder, name), 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new DeliveryError('SP8307', `"${name}" cannot be read: ${reason}`);
  }
}

/** The header with the secret, as name and value. SP8307 where there is none. */
export function authHeader(auth: OutputAuth | undefined, around: Surroundings): Record<string, string> {
  if (auth === undefined) return {};
  const { secret, header, prefix } = auth;
  const named = 'file' in secret ? `file "${secret.file}"` : `variable "${secret.env}"`;
  const text = 'file' in secret ? read(around, secret.file) : (around.env[secret.env] ?? '');
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new DeliveryError('SP8307', `the secret in ${named} is empty or not set`);
  if (value.length > MAX_SECRET || !/^[\x20-\x7e]+$/.test(value)) {
    throw new DeliveryError('SP8307', `the secret in ${named} cannot stand in a header`);
  }
  return { [header.toLowerCase()]: `${prefix}${value}` };
}

/** Settings of a TLS connection, as Node takes them. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2';
}

/** SP8307 where a file cannot be read. */
export function tlsOptions(tls: OutputTls | undefined, around: Surroundings): TlsOptions {
  return {
    ...(tls?.ca !== undefined && { ca: read(around, tls.ca) }),
    ...(tls?.cert !== undefined && { cert: read(around, tls.cert) }),
    ...(tls?.key !== undefined && { key: read(around, tls.key) }),
    ...(tls?.server_name !== undefined && { servername: tls.server_name }),
    rejectUnauthorized: tls?.verify ?? true,
    minVersion: 'TLSv1.2',
  };
}
