/**
 * How providers of webhooks sign what they send. Each entry takes a request apart; comparing, times and replays are the same
 * for all (webhooks.ts). Sources: the developer documentation of each provider, and the Standard Webhooks specification.
 */
import { hash } from 'node:crypto';
import type { WebhookSettings } from '../../config/signing.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { Presented } from '../contract.ts';
import { decoded, headerOf, mac, malformed, onlyValue, type Refused, type TextEncoding } from './parts.ts';

/** Most signatures in one header: providers send two while a secret is being changed. */
const MAX_SIGNATURES = 8;
/** Longest header that is looked at, in characters, and longest id of a delivery. */
const MAX_HEADER = 4096;
const MAX_ID = 256;
/** Most fields of a form that Twilio's way of signing sorts. */
const MAX_FIELDS = 1000;

/** What a delivery claims. */
export interface Delivery {
  /** Any of these may be the right one. */
  readonly signatures: readonly Buffer[];
  /** Unix ms that is signed; 0 where the provider signs no time. */
  readonly timeMs: number;
  expected(secret: Buffer): Buffer;
}

export interface Provider {
  /** Header that shows that a request is one of this provider, in small letters. */
  readonly header: string;
  /** The secret that is used, from what the provider shows its customers. */
  secret(given: Buffer): Buffer;
  read(presented: Presented): Delivery | Refused;
}

const asGiven = (given: Buffer) => given;
const EMPTY = new Uint8Array(0);
const bodyOf = (presented: Presented) => presented.body ?? EMPTY;

const only = (presented: Presented, name: string, most = MAX_HEADER) => onlyValue(presented, name, most);

const secondsOf = (text: string): number | null => (/^\d{1,12}$/.test(text) ? Number(text) * 1000 : null);

interface OverBody {
  readonly header: string;
  readonly prefix: string;
  readonly encoding: TextEncoding;
  readonly hash: string;
}

/** A signature over the body alone. */
function overBody({ header, prefix, encoding, hash: name }: OverBody): Provider {
  return {
    header,
    secret: asGiven,
    read(presented) {
      const value = only(presented, header);
      if (typeof value !== 'string') return value;
      const signature = value.startsWith(prefix) ? decoded(value.slice(prefix.length), encoding) : null;
      if (signature === null) return malformed(`${header} is not in the form expected.`);
      return { signatures: [signature], timeMs: 0, expected: (secret) => mac(name, secret, bodyOf(presented)) };
    },
  };
}

const stripe: Provider = {
  header: 'stripe-signature',
  secret: asGiven,
  read(presented) {
    const value = only(presented, 'stripe-signature');
    if (typeof value !== 'string') return value;
    let time = '';
    const signatures: Buffer[] = [];
    for (const part of value.split(',')) {
      const [key, text = ''] = part.trim().split('=', 2);
      if (key === 't' && time === '') time = text;
      const signature = key === 'v1' && signatures.length < MAX_SIGNATURES ? decoded(text, 'hex') : null;
      if (signature) signatures.push(signature);
    }
    const timeMs = secondsOf(time);
    if (timeMs === null || signatures.length === 0) return malformed('Stripe-Signature is not in the form expected.');
    return { signatures, timeMs, expected: (secret) => mac('sha256', secret, `${time}.`, bodyOf(presented)) };
  },
};

const slack: Provider = {
  header: 'x-slack-signature',
  secret: asGiven,
  read(presented) {
    const value = only(presented, 'x-slack-signature');
    const time = only(presented, 'x-slack-request-timestamp');
    if (typeof value !== 'string') return value;
    if (typeof time !== 'string') return time;
    const timeMs = secondsOf(time);
    const signature = value.startsWith('v0=') ? decoded(value.slice(3), 'hex') : null;
    if (timeMs === null || signature === null) return malformed('X-Slack-Signature is not in the form expected.');
    const expected = (secret: Buffer) => mac('sha256', secret, `v0:${time}:`, bodyOf(presented));
    return { signatures: [signature], timeMs, expected };
  },
};

/** Standard Webhooks: `v1,` signatures with a shared secret, which is base64 after `whsec_`. */
const standard: Provider = {
  header: 'webhook-signature',
  secret(given) {
    const text = given.toString('latin1');
    return text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : given;
  },
  read(presented) {
    const value = only(presented, 'webhook-signature');
    const id = only(presented, 'webhook-id', MAX_ID);
    const time = only(presented, 'webhook-timestamp');
    if (typeof value !== 'string') return value;
    if (typeof id !== 'string') return id;
    if (typeof time !== 'string') return time;
    const timeMs = secondsOf(time);
    const signatures: Buffer[] = [];
    for (const part of value.split(' ', MAX_SIGNATURES)) {
      const signature = part.startsWith('v1,') ? decoded(part.slice(3), 'base64') : null;
      if (signature) signatures.push(signature);
    }
    if (timeMs === null || signatures.length === 0) return malformed('Webhook-Signature is not in the form expected.');
    const expected = (secret: Buffer) => mac('sha256', secret, `${id}.${time}.`, bodyOf(presented));
    return { signatures, timeMs, expected };
  },
};

/** Twilio: the URL, then names and values of a form in the order of names; or the URL with the hash of another body. */
function twilio(url: string | undefined): Provider {
  return {
    header: 'x-twilio-signature',
    secret: asGiven,
    read(presented) {
      const value = only(presented, 'x-twilio-signature');
      if (typeof value !== 'string') return value;
      const signature = decoded(value, 'base64');
      if (signature === null) return malformed('X-Twilio-Signature is not in the form expected.');
      const signed = twilioText(presented, url ?? `${presented.scheme}://${presented.host}`);
      if (typeof signed !== 'string') return signed;
      return { signatures: [signature], timeMs: 0, expected: (secret) => mac('sha1', secret, signed) };
    },
  };
}

function twilioText(presented: Presented, origin: string): string | Refused {
  const url = origin + presented.target;
  const body = Buffer.from(bodyOf(presented));
  if (body.length === 0) return url;
  const type = headerOf(presented.headers, 'content-type') ?? '';
  if (!type.toLowerCase().startsWith('application/x-www-form-urlencoded')) {
    const query = presented.target.indexOf('?');
    const given = query < 0 ? null : new URLSearchParams(presented.target.slice(query)).get('bodySHA256');
    if (given?.toLowerCase() === hash('sha256', body, 'hex')) return url;
    return { outcome: AUTH_OUTCOME.signature, detail: 'bodySHA256 does not fit the body.' };
  }
  const text = body.toString('utf8');
  if (text.split('&', MAX_FIELDS + 1).length > MAX_FIELDS) return malformed('The form has too many fields.');
  const byName = (a: readonly string[], b: readonly string[]) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
  const pairs = [...new URLSearchParams(text)].sort(byName);
  return url + pairs.map(([name, value]) => name + value).join('');
}

/** The provider that a configuration names. */
export function providerOf(settings: WebhookSettings): Provider {
  switch (settings.provider) {
    case 'github':
      return overBody({ header: 'x-hub-signature-256', prefix: 'sha256=', encoding: 'hex', hash: 'sha256' });
    case 'shopify':
      return overBody({ header: 'x-shopify-hmac-sha256', prefix: '', encoding: 'base64', hash: 'sha256' });
    case 'stripe':
      return stripe;
    case 'slack':
      return slack;
    case 'standard':
      return standard;
    case 'twilio':
      return twilio(settings.url);
    case 'generic': {
      const header = (settings.header ?? 'x-signature').toLowerCase();
      return overBody({ header, prefix: settings.prefix, encoding: settings.encoding, hash: settings.hash });
    }
  }
}
