/** Support for tests of signed requests: requests, secrets and settings that are easy to vary. */
import {
  type HmacSettings,
  type MessageSettings,
  signatures,
  type WebhookSettings,
  webhooks,
} from '../../config/signing.ts';
import type { Caller, Presented } from '../contract.ts';
import { createReader } from '../read.ts';
import type { Scheme } from '../scheme.ts';
import type { KeyFiles } from './parts.ts';

/** 2027-01-15T08:00:00Z. */
export const NOW = 1_800_000_000_000;

export function presentedOf(known: Partial<Presented> = {}): Presented {
  return {
    method: 'POST',
    target: '/partner/orders?dry=1',
    scheme: 'https',
    host: 'api.example.com',
    headers: [],
    certificate: null,
    body: Buffer.from('{"amount":5}'),
    address: '192.0.2.7',
    nowMs: NOW,
    ...known,
  };
}

/** Secrets by the name of their variable, PEM files by name. */
export function filesOf(
  secrets: Readonly<Record<string, string | Buffer>>,
  pems: Record<string, string> = {},
): KeyFiles {
  return {
    secret: (source) => Buffer.from(secrets['env' in source ? source.env : source.file]),
    pem: (name) => pems[name],
  };
}

export function hmacSettings(value: unknown): HmacSettings {
  return signatures.parse({ hmac: [value] }).hmac[0];
}

export function messageSettings(value: unknown): MessageSettings {
  return signatures.parse({ messages: [value] }).messages[0];
}

export function webhookSettings(value: unknown): WebhookSettings {
  return webhooks.parse([value])[0];
}

const read = createReader([]);

/** What a scheme says of a request; null where it does not find itself addressed. */
export async function asked(scheme: Scheme, presented: Presented): Promise<Caller | null> {
  const found = read(presented);
  if (!scheme.present(presented, found)) return null;
  return scheme.identify(scheme.needsBody?.(presented, found) ? presented : { ...presented, body: null }, found);
}
