/**
 * Tokens that only their issuer can read (RFC 7662). Answers are kept for a short while, equal questions are asked once, and
 * an issuer that does not answer is left alone for some seconds: its tokens are then not known to be bad, only not checked.
 */
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import { type GoodToken, TokenScheme } from '../bearer.ts';
import { type ClaimMap, type Claims, claimed, textAt, timeAt } from '../claims.ts';
import type { Caller, Presented } from '../contract.ts';
import { type Bindings, confirmationOf } from '../jwt/binding.ts';
import { tokenOf } from '../read.ts';
import { callerOf, type Found, type Scheme } from '../scheme.ts';
import { Breaker } from './breaker.ts';
import { type EndpointOptions, type Introspected, introspect } from './endpoint.ts';

export interface OpaqueOptions {
  readonly endpoint: EndpointOptions;
  readonly map: ClaimMap;
  /** One of these must be meant; empty: whatever the issuer says is active. */
  readonly audience: readonly string[];
  readonly maxBytes: number;
  readonly cached: number;
  /** How long an answer counts: the longest time that a token goes on after its issuer has revoked it. */
  readonly cacheMs: number;
  readonly negativeMs: number;
  readonly maxPending: number;
  /** Bearer tokens that are API keys. */
  readonly isKey: (token: string) => boolean;
  readonly bindings: Bindings;
  readonly name: (token: string) => string;
}

/** Failures in a row after which the issuer is left alone, and for how long, in ms. */
const FAILURES = 5;
const OPEN_MS = 5000;
/** RFC 6750, 2.1: what a bearer token may consist of. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/;

const { accepted, malformed, oversized, unknown, expired, early, audience, unavailable } = AUTH_OUTCOME;
const fails = (outcome: number, detail: string): Caller => callerOf(AUTH_SCHEME.opaque, outcome, { detail });
const OVERSIZED = fails(oversized, 'the token is too long');
const MALFORMED = fails(malformed, 'the token has letters that tokens do not have');
const INACTIVE = fails(unknown, 'the issuer says that the token does not count');
const EXPIRED = fails(expired, 'the token has expired');
const EARLY = fails(early, 'the token is not valid yet');
const AUDIENCE = fails(audience, 'the token is for somebody else');
const WRONG: Readonly<Record<number, Caller>> = { [expired]: EXPIRED, [early]: EARLY, [audience]: AUDIENCE };
const UNAVAILABLE = fails(unavailable, 'the issuer does not answer');

/** The scheme `opaque`: it takes every bearer token that no other scheme has taken. */
export function createOpaque(options: OpaqueOptions): Scheme {
  return new OpaqueScheme(options);
}

class OpaqueScheme extends TokenScheme<GoodToken> {
  readonly name = 'opaque';
  private readonly options: OpaqueOptions;
  private readonly breaker = new Breaker(FAILURES, OPEN_MS);

  constructor(options: OpaqueOptions) {
    super(options.cached);
    this.options = options;
  }

  present(_: Presented, found: Found): boolean {
    const token = tokenOf(found);
    return token !== '' && !this.options.isKey(token);
  }

  protected misshapen(token: string): Caller | null {
    if (token.length > this.options.maxBytes) return OVERSIZED;
    return BEARER.test(token) ? null : MALFORMED;
  }

  protected tooBusy(pending: number, nowMs: number): Caller | null {
    return pending >= this.options.maxPending || !this.breaker.allows(nowMs) ? UNAVAILABLE : null;
  }

  protected use(good: GoodToken, token: string, presented: Presented, found: Found): Caller | Promise<Caller> {
    return this.options.bindings.check(good.caller, good.cnf, token, presented, found);
  }

  protected async ask(digest: string, token: string, nowMs: number): Promise<GoodToken | Caller> {
    let told: Introspected;
    try {
      told = await introspect(this.options.endpoint, token, nowMs);
    } catch {
      this.breaker.failed(nowMs);
      return UNAVAILABLE;
    }
    this.breaker.succeeded();
    const failure = told.active ? this.wrong(told.claims, nowMs) : (WRONG[told.wrong] ?? INACTIVE);
    if (failure !== null) {
      if (failure !== EARLY) this.bad.set(digest, failure, nowMs + this.options.negativeMs);
      return failure;
    }
    const known = this.knownOf(told, token);
    const endMs = known.caller.untilMs === 0 ? Number.MAX_SAFE_INTEGER : known.caller.untilMs;
    this.good.set(digest, known, Math.min(endMs, nowMs + this.options.cacheMs));
    return known;
  }

  /** What is wrong with a token that its issuer calls active. */
  private wrong(claims: Claims, nowMs: number): Caller | null {
    const exp = timeAt(claims, 'exp');
    if (exp !== 0 && exp <= nowMs) return EXPIRED;
    if (timeAt(claims, 'nbf') > nowMs) return EARLY;
    const { audience: wanted } = this.options;
    if (wanted.length === 0) return null;
    const given: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    return given.some((aud) => wanted.includes(aud as string)) ? null : AUDIENCE;
  }

  private knownOf({ claims, inner }: Introspected, token: string): GoodToken {
    const caller = callerOf(inner === '' ? AUTH_SCHEME.opaque : AUTH_SCHEME.phantom, accepted, {
      ...claimed(claims, this.options.map),
      credential: this.options.name(token),
      untilMs: timeAt(claims, 'exp'),
      issuedMs: timeAt(claims, 'iat'),
      issuer: textAt(claims, 'iss') || this.options.endpoint.issuer,
      added: inner === '' ? [] : ['authorization', `Bearer ${inner}`],
      removed: inner === '' ? [] : ['authorization', 'dpop'],
    });
    return { caller, cnf: confirmationOf(claims.cnf) };
  }
}
