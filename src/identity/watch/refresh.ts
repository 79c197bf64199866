/**
 * Refresh tokens that are used again. Where an authorization server rotates them (RFC 9700, 4.14.2), a refresh token that has
 * been exchanged once comes a second time only from a copy: the owner's or the thief's.
 */
import { FLAG } from '../../enrich/facts.ts';
import { Cache } from '../cache.ts';
import type { Presented } from '../contract.ts';
import type { Watch } from '../desk.ts';
import type { Namer } from '../pseudonym.ts';
import { headerOf } from '../read.ts';

export interface RefreshOptions {
  /** Paths of token endpoints, as they stand in requests. */
  readonly endpoints: readonly string[];
  /** How long a used token is remembered, in ms. */
  readonly rememberMs: number;
  /** A client whose answer was lost asks again within this time, in ms: no evidence. */
  readonly graceMs: number;
  readonly namer: Namer;
}

/** Used tokens remembered, in one generation. */
const MAX_USED = 200_000;
/** Largest body of a token request that is looked at, in bytes. */
const MAX_BODY = 16_384;

export function createRefreshWatch(options: RefreshOptions): Watch {
  const endpoints = new Set(options.endpoints);
  /** Name of a used token → Unix ms of its first use. */
  const used = new Cache<number>(MAX_USED);
  const isFor = ({ method, target }: Presented): boolean => method === 'POST' && endpoints.has(target.split('?', 1)[0]);
  const nameOf = (presented: Presented): string => {
    const token = isFor(presented) ? refreshTokenOf(presented) : '';
    return token === '' ? '' : options.namer.name('refresh', token);
  };
  return {
    needsBody: isFor,
    seen(presented) {
      const name = nameOf(presented);
      if (name === '') return 0;
      const first = used.get(name, presented.nowMs);
      return first !== undefined && presented.nowMs - first > options.graceMs ? FLAG.REFRESH_REUSED : 0;
    },
    answered(presented, _found, _caller, { status, nowMs }) {
      if (status < 200 || status > 299) return 0;
      const name = nameOf(presented);
      if (name !== '' && used.get(name, nowMs) === undefined) used.set(name, nowMs, nowMs + options.rememberMs);
      return 0;
    },
  };
}

/** `refresh_token` of a token request (RFC 6749, 6) as a form, or as JSON, which some servers take; '' for none. */
function refreshTokenOf({ body, headers }: Presented): string {
  if (body === null || body.length === 0 || body.length > MAX_BODY) return '';
  const text = new TextDecoder().decode(body);
  const type = headerOf(headers, 'content-type').split(';', 1)[0].trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') {
    const form = new URLSearchParams(text);
    return form.get('grant_type') === 'refresh_token' ? (form.get('refresh_token') ?? '') : '';
  }
  if (type !== 'application/json') return '';
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    return typeof value?.refresh_token === 'string' ? value.refresh_token : '';
  } catch {
    return '';
  }
}
