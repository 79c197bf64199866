/**
 * AWS Signature Version 4 for services of one's own: clients sign with any AWS SDK. Headers only, no presigned URLs, no
 * chunked or unsigned payloads. (AWS documentation, "Create a signed AWS API request".)
 */
import { hash } from 'node:crypto';
import type { HmacSettings } from '../../config/signing.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { Presented } from '../contract.ts';
import { allOf, decoded, type HmacClaim, headerOf, mac, malformed, type Refused } from './parts.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Longest Authorization, in characters, and most headers that may be signed. */
const MAX_AUTHORIZATION = 4096;
const MAX_SIGNED = 50;
/** Most parameters of a query that are sorted. */
const MAX_PARAMETERS = 500;

/** Reads the claim of a request. `authValue` is Authorization without its scheme. */
export function sigv4Claim(settings: HmacSettings): (presented: Presented, authValue: string) => HmacClaim | Refused {
  return (presented, authValue) => {
    if (authValue.length > MAX_AUTHORIZATION) {
      return { outcome: AUTH_OUTCOME.oversized, detail: 'Authorization is too long.' };
    }
    const fields = fieldsOf(authValue);
    const [key, date, region, service, end, ...more] = (fields.get('Credential') ?? '').split('/');
    const signed = (fields.get('SignedHeaders') ?? '').split(';');
    const signature = decoded(fields.get('Signature') ?? '', 'hex');
    if (end !== 'aws4_request' || more.length > 0 || signature === null || signed.length > MAX_SIGNED) {
      return malformed('Authorization is not in the form of AWS Signature Version 4.');
    }
    if (region !== settings.region || service !== settings.service) {
      return { outcome: AUTH_OUTCOME.audience, detail: 'The signature is for another region or service.' };
    }
    const time = headerOf(presented.headers, 'x-amz-date') ?? '';
    const timeMs = timeOf(time);
    if (timeMs === null || time.slice(0, 8) !== date) return malformed('X-Amz-Date is missing or not of this date.');
    if (!signed.includes('host') || !signed.includes('x-amz-date')) {
      return malformed('Host and X-Amz-Date must be signed.');
    }
    const request = canonicalRequest(presented, signed);
    if (typeof request !== 'string') return request;
    const text = `${ALGORITHM}\n${time}\n${date}/${region}/${service}/aws4_request\n${hash('sha256', request, 'hex')}`;
    return {
      key,
      timeMs,
      nonce: '',
      signature,
      expected: (secret) => signatureOf(secret, date, region, service, text),
    };
  };
}

function signatureOf(secret: Uint8Array, date: string, region: string, service: string, text: string): Buffer {
  const first = mac('sha256', Buffer.concat([Buffer.from('AWS4'), secret]), date);
  const key = mac('sha256', mac('sha256', mac('sha256', first, region), service), 'aws4_request');
  return mac('sha256', key, text);
}

function fieldsOf(value: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of value.split(',')) {
    const at = part.indexOf('=');
    if (at > 0) fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  return fields;
}

function timeOf(text: string): number | null {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!found) return null;
  const [, year, month, day, hour, minute, second] = found;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : time;
}

function canonicalRequest(presented: Presented, signed: readonly string[]): string | Refused {
  const query = presented.target.indexOf('?');
  const path = query < 0 ? presented.target : presented.target.slice(0, query);
  const body = hash('sha256', presented.body ?? new Uint8Array(0), 'hex');
  const declared = headerOf(presented.headers, 'x-amz-content-sha256');
  if (declared !== null && declared !== body) {
    return { outcome: AUTH_OUTCOME.signature, detail: 'X-Amz-Content-Sha256 does not fit the body.' };
  }
  const resource = canonicalTarget(path, query < 0 ? '' : presented.target.slice(query + 1));
  if (resource === null) return malformed('The target cannot be read.');
  const headers = signed.map((name) => {
    const value = name === 'host' ? presented.host : allOf(presented.headers, name).replace(/, /g, ',');
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`;
  });
  return [presented.method, resource, headers.join(''), signed.join(';'), body].join('\n');
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Without dot segments and doubled slashes, and encoded once more than it came, as all services but S3 want it. */
function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(encode(segment));
  }
  const slash = kept.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${kept.join('/')}${slash}`;
}

/** Path and query, a line each; null where they cannot be decoded. */
function canonicalTarget(path: string, query: string): string | null {
  const parts = query.split('&').filter((part) => part !== '');
  if (parts.length > MAX_PARAMETERS) return null;
  try {
    const pairs = parts.map((part) => {
      const at = part.indexOf('=');
      const name = at < 0 ? part : part.slice(0, at);
      return [encode(decodeURIComponent(name)), at < 0 ? '' : encode(decodeURIComponent(part.slice(at + 1)))] as const;
    });
    const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
    return `${canonicalPath(path)}\n${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`;
  } catch {
    return null;
  }
}
