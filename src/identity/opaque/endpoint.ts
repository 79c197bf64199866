/** The introspection endpoint of an issuer (RFC 7662): what is asked, and how answers are read. */
import { decodeJwt, errors, jwtVerify } from 'jose';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { Claims } from '../claims.ts';
import type { Fetcher, Told } from '../http.ts';
import type { Issuer } from '../jwt/issuer.ts';
import type { KeySource, RemoteKeys } from '../jwt/jwks.ts';

export interface EndpointOptions {
  readonly url: string;
  /** How we show who we are: HTTP Basic, in the form, or by a token of our own. */
  readonly auth: 'basic' | 'post' | 'bearer';
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: number;
  /** What is asked for: plain JSON, a signed answer (RFC 9701), or the token's JWT itself (phantom). */
  readonly answer: 'json' | 'signed' | 'phantom';
  /** Whose JWTs count as phantom tokens and signed answers. */
  readonly issuers: readonly Issuer[];
  /** Keys of signed answers, and who signs them. */
  readonly keys: RemoteKeys | null;
  readonly issuer: string;
  readonly fetch: Fetcher;
}

export interface Introspected {
  readonly active: boolean;
  readonly claims: Claims;
  /** The JWT that stands for the token inside; '' for none. */
  readonly inner: string;
  /** AUTH_OUTCOME where the inner token itself is expired or for somebody else; 0 else. */
  readonly wrong: number;
}

const ACCEPT = {
  json: 'application/json',
  signed: 'application/token-introspection+jwt',
  phantom: 'application/jwt, application/json;q=0.5',
} as const;

/** What may be wrong with an inner token that its issuer has signed. */
const TELLING: readonly number[] = [AUTH_OUTCOME.expired, AUTH_OUTCOME.early, AUTH_OUTCOME.audience];
const INACTIVE: Introspected = { active: false, claims: {}, inner: '', wrong: 0 };

/** Asks about one token. Rejects where the answer cannot be had or is not to be believed. */
export async function introspect(options: EndpointOptions, token: string, nowMs: number): Promise<Introspected> {
  const form = new URLSearchParams({ token, token_type_hint: 'access_token' });
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: ACCEPT[options.answer],
  };
  const { clientId, clientSecret } = options;
  if (options.auth === 'basic') {
    // RFC 6749, 2.3.1: both are form-encoded before they are joined.
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else if (options.auth === 'bearer') headers.authorization = `Bearer ${clientSecret}`;
  else {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  }
  const { url, timeoutMs } = options;
  return read(options, await options.fetch({ method: 'POST', url, headers, body: form.toString(), timeoutMs }), nowMs);
}

async function read(options: EndpointOptions, told: Told, nowMs: number): Promise<Introspected> {
  // Endpoints that hand out phantom tokens say so for a token that is no longer active.
  if (told.status === 204 && options.answer === 'phantom') return INACTIVE;
  // A token that the endpoint cannot even read is the sender's fault: it must not count as an outage (the breaker would let
  // one stranger shut out everybody).
  if (told.status === 400) return INACTIVE;
  if (told.status !== 200) throw new Error(`introspection answered ${told.status}`);
  if (told.mediaType === 'application/jwt' && options.answer === 'phantom')
    return phantom(options, told.text.trim(), nowMs);
  if (told.mediaType === 'application/token-introspection+jwt') return signed(options, told.text.trim(), nowMs);
  // Who asked for a signature does not go without.
  if (options.answer === 'signed') throw new Error('the answer is not signed');
  return plain(JSON.parse(told.text));
}

function plain(value: unknown): Introspected {
  if (typeof value !== 'object' || value === null || typeof (value as Claims).active !== 'boolean')
    throw new Error('the answer does not say whether the token is active');
  const claims = value as Claims;
  return claims.active === true ? { active: true, claims, inner: '', wrong: 0 } : INACTIVE;
}

async function phantom(options: EndpointOptions, jwt: string, nowMs: number): Promise<Introspected> {
  const { iss } = decodeJwt(jwt);
  for (const issuer of options.issuers) {
    if (issuer.options.issuer !== iss) continue;
    const verified = await issuer.verify(jwt, nowMs);
    if ('claims' in verified) return { active: true, claims: verified.claims, inner: jwt, wrong: 0 };
    if (TELLING.includes(verified.outcome)) return { ...INACTIVE, wrong: verified.outcome };
  }
  throw new Error('the inner token is of no issuer of identity.jwt, or does not verify');
}

/** RFC 9701: signed by the issuer, meant for us, with what introspection tells as one claim. */
async function signed(options: EndpointOptions, jwt: string, nowMs: number): Promise<Introspected> {
  if (options.keys === null) throw new Error('there are no keys for signed answers');
  const keys: KeySource = options.keys.at(nowMs);
  const { payload } = await jwtVerify(jwt, keys, {
    typ: 'token-introspection+jwt',
    issuer: options.issuer,
    audience: options.clientId,
    algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    currentDate: new Date(nowMs),
  });
  const inner = payload.token_introspection;
  if (inner === undefined) throw new errors.JWTInvalid('no token_introspection');
  return plain(inner);
}
