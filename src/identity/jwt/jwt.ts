/**
 * Tokens that say themselves whom they are for: JWTs of issuers that are named. A token is verified once (80 to 190 µs) and
 * then known by its hash until it ends (1 µs); what is wrong is remembered for a short time.
 */
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import { type GoodToken, TokenScheme } from '../bearer.ts';
import { claimed, timeAt } from '../claims.ts';
import type { Caller, Presented } from '../contract.ts';
import { tokenOf } from '../read.ts';
import type { ReplayPort } from '../replay.ts';
import { callerOf, type Found, type Scheme } from '../scheme.ts';
import { type Bindings, confirmationOf } from './binding.ts';
import type { Issuer } from './issuer.ts';

export interface JwtOptions {
  readonly issuers: readonly Issuer[];
  readonly maxBytes: number;
  /** Verified tokens kept in one generation of the cache. */
  readonly cached: number;
  readonly bindings: Bindings;
  readonly replay: ReplayPort;
  /** No other scheme reads bearer tokens: what does not look like a JWT is a broken one. */
  readonly only: boolean;
  /** Bearer tokens that are API keys. */
  readonly isKey: (token: string) => boolean;
  /** Names tokens without a jti. */
  readonly name: (token: string) => string;
}

interface Known extends GoodToken {
  /** Unix ms from which it counts no more, tolerance included. */
  readonly endMs: number;
  readonly singleUse: boolean;
}

/** How long a failure is remembered, in ms; keys may have been rotated meanwhile. */
const NEGATIVE_MS = 10_000;
/** How long a verified token is believed without looking again, in ms: a key that its issuer has withdrawn counts no longer. */
const VERIFIED_MS = 300_000;
/** Verifications under way at once: each holds a token, and more of them would only wait for each other. */
const MAX_PENDING = 2000;
/** Longest jti that names a token; longer ones and odd ones are hashed. */
const PLAIN_JTI = /^[\w.:/+=-]{1,128}$/;

const { accepted, malformed, oversized, issuer, algorithm, expired, replayed, unavailable } = AUTH_OUTCOME;
const fails = (outcome: number, detail: string): Caller => callerOf(AUTH_SCHEME.jwt, outcome, { detail });
const OVERSIZED = fails(oversized, 'the token is too long');
const MALFORMED = fails(malformed, 'the token is not a JWT');
const ISSUER = fails(issuer, 'the token is of an issuer that does not count here');
const ALGORITHM = fails(algorithm, 'the token is signed in a way that does not count here');
const UNAVAILABLE = fails(unavailable, 'the keys of the issuer are not at hand');
const DETAILS: Readonly<Record<number, string>> = {
  [expired]: 'the token has expired',
  [AUTH_OUTCOME.early]: 'the token is not valid yet',
  [AUTH_OUTCOME.audience]: 'the token is for somebody else',
  [AUTH_OUTCOME.signature]: 'the signature of the token is wrong',
};

/** Three parts, the first of which begins like the JSON of a header. */
const looksLikeJwt = (token: string): boolean => token.startsWith('eyJ') && token.split('.', 4).length === 3;

/** The scheme `jwt`. */
export function createJwt(options: JwtOptions): Scheme {
  return new JwtScheme(options);
}

class JwtScheme extends TokenScheme<Known> {
  readonly name = 'jwt';
  private readonly options: JwtOptions;

  constructor(options: JwtOptions) {
    super(options.cached);
    this.options = options;
  }

  present(_: Presented, found: Found): boolean {
    const token = tokenOf(found);
    return token !== '' && (looksLikeJwt(token) || (this.options.only && !this.options.isKey(token)));
  }

  protected misshapen(token: string): Caller | null {
    if (token.length > this.options.maxBytes) return OVERSIZED;
    return looksLikeJwt(token) ? null : MALFORMED;
  }

  protected tooBusy(pending: number): Caller | null {
    return pending >= MAX_PENDING ? UNAVAILABLE : null;
  }

  protected async ask(digest: string, token: string, nowMs: number): Promise<Known | Caller> {
    const from = this.issuerOf(token);
    if (!('options' in from)) return this.remember(digest, from, nowMs);
    const verified = await from.verify(token, nowMs);
    if ('outcome' in verified) {
      const { outcome } = verified;
      if (outcome === unavailable) return UNAVAILABLE;
      if (outcome === malformed) return this.remember(digest, MALFORMED, nowMs);
      if (outcome === algorithm) return this.remember(digest, ALGORITHM, nowMs);
      if (outcome === issuer) return this.remember(digest, ISSUER, nowMs);
      return this.remember(digest, fails(outcome, DETAILS[outcome] ?? ''), nowMs);
    }
    const known = this.knownOf(verified.claims, from, token);
    this.good.set(digest, known, Math.min(known.endMs, nowMs + VERIFIED_MS));
    return known;
  }

  /** The issuer whose keys have to verify the token, by what it says itself; or why there is none. */
  private issuerOf(token: string): Issuer | Caller {
    let named: unknown;
    let alg: unknown;
    try {
      named = decodeJwt(token).iss;
      alg = decodeProtectedHeader(token).alg;
    } catch {
      return MALFORMED;
    }
    const of = this.options.issuers.filter(({ options }) => options.issuer === named);
    if (of.length === 0) return ISSUER;
    return of.find(({ options }) => options.algorithms.includes(alg as string)) ?? ALGORITHM;
  }

  private remember(digest: string, caller: Caller, nowMs: number): Caller {
    if (caller.outcome !== AUTH_OUTCOME.early) this.bad.set(digest, caller, nowMs + NEGATIVE_MS);
    return caller;
  }

  private knownOf(claims: JWTPayload, { options }: Issuer, token: string): Known {
    const { jti } = claims;
    const untilMs = timeAt(claims, 'exp');
    const caller = callerOf(AUTH_SCHEME.jwt, accepted, {
      ...claimed(claims, options.map),
      credential: typeof jti === 'string' && PLAIN_JTI.test(jti) ? jti : this.options.name(token),
      untilMs,
      issuedMs: timeAt(claims, 'iat'),
      issuer: options.issuer,
    });
    const ageEndMs = options.maxAgeSec === 0 ? untilMs : timeAt(claims, 'iat') + options.maxAgeSec * 1000;
    const endMs = Math.min(untilMs, ageEndMs) + options.toleranceSec * 1000;
    return { caller, cnf: confirmationOf(claims.cnf), endMs, singleUse: options.singleUse };
  }

  /** A verified token in this request: with the key it is bound to, and for the first time where it counts once. */
  protected use(known: Known, token: string, presented: Presented, found: Found): Caller | Promise<Caller> {
    if (known.endMs <= presented.nowMs)
      return { ...known.caller, principal: '', outcome: expired, detail: DETAILS[expired] };
    const bound = this.options.bindings.check(known.caller, known.cnf, token, presented, found);
    if (!known.singleUse) return bound;
    return Promise.resolve(bound).then((caller) => this.once(caller, known, presented));
  }

  private async once(caller: Caller, known: Known, { nowMs }: Presented): Promise<Caller> {
    if (caller.outcome !== accepted) return caller;
    const key = `jti:${caller.issuer}:${caller.credential}`;
    if ((await this.options.replay.firstUse(key, known.endMs, nowMs)) === 'first') return caller;
    const flags = caller.flags | FLAG.REPLAYED;
    return { ...caller, principal: '', outcome: replayed, flags, detail: 'the token was used before' };
  }
}
