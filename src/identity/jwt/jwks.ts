/**
 * Keys of an issuer. Fetched keys are used until they are older than their time to live and then renewed behind requests, not
 * before them; where the issuer cannot be asked the ones before go on for a while. A key id that is not among them leads to
 * at most one question per cool-down, so that strangers cannot make us ask.
 */
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { type Fetcher, Unavailable } from '../http.ts';

/** One or several keys that may have signed a token. */
export type KeySource = JWTVerifyGetKey;

export interface RemoteOptions {
  /** Of the key set; or of the issuer, whose metadata name it. */
  readonly jwksUrl?: string;
  readonly issuer?: string;
  readonly fetch: Fetcher;
  readonly timeoutMs: number;
  /** How long fetched keys count as fresh. */
  readonly ttlMs: number;
  /** How long they go on where the issuer cannot be asked. */
  readonly staleMs: number;
  /** Shortest time between two questions. */
  readonly coolDownMs: number;
}

/** Keys of one set that are taken over; further ones are left out. */
const MAX_KEYS = 100;

export class RemoteKeys {
  private readonly options: RemoteOptions;
  private jwksUrl: string;
  private local: ReturnType<typeof createLocalJWKSet> | null = null;
  private fetchedMs = 0;
  private triedMs = 0;
  private pending: Promise<void> | null = null;
  /** Questions asked so far. */
  asked = 0;

  constructor(options: RemoteOptions) {
    this.options = options;
    this.jwksUrl = options.jwksUrl ?? '';
  }

  /** A source of keys for a token that is looked at now. It rejects with {@link Unavailable} where there are none. */
  at(nowMs: number): KeySource {
    return async (header, token) => {
      const age = nowMs - this.fetchedMs;
      if (this.local === null || age > this.options.ttlMs + this.options.staleMs) await this.renew(nowMs, true);
      else if (age > this.options.ttlMs) void this.renew(nowMs, false);
      try {
        return await this.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || this.isCool(nowMs)) throw error;
        await this.renew(nowMs, false);
        return this.find(header, token);
      }
    };
  }

  private find(...[header, token]: Parameters<KeySource>): Promise<CryptoKey> {
    if (this.local === null) throw new Unavailable('no keys');
    return this.local(header, token);
  }

  private isCool(nowMs: number): boolean {
    return nowMs - this.triedMs < this.options.coolDownMs;
  }

  /** Asks, or waits for who is asking. What fails is thrown only where nothing could be used instead. */
  private async renew(nowMs: number, needed: boolean): Promise<void> {
    if (this.pending === null) {
      if (this.isCool(nowMs) && this.triedMs !== 0) {
        if (needed) throw new Unavailable('asked a moment ago');
        return;
      }
      this.triedMs = nowMs;
      this.pending = this.ask(nowMs).finally(() => {
        this.pending = null;
      });
      // Renewals behind requests are waited for by nobody.
      this.pending.catch(() => {});
    }
    try {
      await this.pending;
    } catch (error) {
      if (needed) throw new Unavailable('keys of the issuer', { cause: error });
    }
  }

  private async ask(nowMs: number): Promise<void> {
    this.asked++;
    if (this.jwksUrl === '') this.jwksUrl = await discover(this.options);
    const { status, text } = await this.options.fetch({
      method: 'GET',
      url: this.jwksUrl,
      headers: { accept: 'application/jwk-set+json, application/json' },
      timeoutMs: this.options.timeoutMs,
    });
    if (status !== 200) throw new Error(`status ${status}`);
    this.local = createLocalJWKSet(publicKeys(JSON.parse(text)));
    this.fetchedMs = nowMs;
  }
}

/**
 * Of a key set what verifies: shared secrets in it would be known to everybody, and private parts are not ours to hold.
 * Throws where it is no key set.
 */
export function publicKeys(value: unknown): JSONWebKeySet {
  const keys = (value as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new Error('not a set of keys');
  const usable = keys.filter((key) => typeof key === 'object' && key !== null && key.kty !== 'oct' && !('d' in key));
  return { keys: usable.slice(0, MAX_KEYS) } as JSONWebKeySet;
}

/** OpenID Connect Discovery 1.0, else RFC 8414: the document must name the very issuer that it was asked of. */
async function discover({ issuer = '', fetch, timeoutMs }: RemoteOptions): Promise<string> {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  const places = [
    `${url.origin}${path}/.well-known/openid-configuration`,
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
  ];
  for (const place of places) {
    const { status, text } = await fetch({
      method: 'GET',
      url: place,
      headers: { accept: 'application/json' },
      timeoutMs,
    });
    if (status !== 200) continue;
    const metadata = JSON.parse(text) as { issuer?: unknown; jwks_uri?: unknown };
    if (metadata.issuer !== issuer) throw new Error('its metadata name another issuer');
    if (typeof metadata.jwks_uri !== 'string') throw new Error('its metadata name no keys');
    if (url.protocol === 'https:' && !metadata.jwks_uri.startsWith('https:'))
      throw new Error('its keys are not behind https');
    return metadata.jwks_uri;
  }
  throw new Error('no metadata');
}
