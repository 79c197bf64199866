/** One issuer of JWTs: whose tokens count here, signed how, for whom. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { ClaimMap } from '../claims.ts';
import { Unavailable } from '../http.ts';
import { type KeySource, publicKeys, type RemoteKeys } from './jwks.ts';

export interface IssuerOptions {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** All that count: asymmetric ones, or those of shared secrets, never both. `none` is no algorithm anywhere in here. */
  readonly algorithms: readonly string[];
  readonly keys: RemoteKeys | JSONWebKeySet | Uint8Array;
  readonly toleranceSec: number;
  /** `typ` that the header must have; '' for any. */
  readonly typ: string;
  /** Oldest token in seconds since `iat`; 0: whatever `exp` says. */
  readonly maxAgeSec: number;
  /** A jti counts once. */
  readonly singleUse: boolean;
  readonly map: ClaimMap;
}

export type Verified = { readonly claims: JWTPayload } | { readonly outcome: number };

/** Keys that are tried where a token does not say by which one it is signed. */
const MAX_TRIED = 4;

export class Issuer {
  readonly options: IssuerOptions;
  private readonly key: (nowMs: number) => KeySource | Uint8Array;

  constructor(options: IssuerOptions) {
    this.options = options;
    const { keys } = options;
    if (keys instanceof Uint8Array) this.key = () => keys;
    else if ('keys' in keys) {
      const local = createLocalJWKSet(publicKeys(keys));
      this.key = () => local;
    } else this.key = (nowMs) => keys.at(nowMs);
  }

  /** Verifies signature first and claims then, so that nothing about claims is told for a forged token. Never rejects. */
  async verify(token: string, nowMs: number): Promise<Verified> {
    const { options } = this;
    const rules: JWTVerifyOptions = {
      issuer: options.issuer,
      audience: [...options.audience],
      algorithms: [...options.algorithms],
      clockTolerance: options.toleranceSec,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', ...(options.singleUse ? ['jti'] : [])],
      ...(options.typ === '' ? {} : { typ: options.typ }),
      ...(options.maxAgeSec === 0 ? {} : { maxTokenAge: options.maxAgeSec }),
    };
    try {
      return await this.tried(token, rules, nowMs);
    } catch (error) {
      return { outcome: outcomeOf(error) };
    }
  }

  private async tried(token: string, rules: JWTVerifyOptions, nowMs: number): Promise<Verified> {
    const key = this.key(nowMs);
    try {
      const { payload } =
        key instanceof Uint8Array ? await jwtVerify(token, key, rules) : await jwtVerify(token, key, rules);
      return { claims: payload };
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return await eachOf(error, token, rules);
    }
  }
}

async function eachOf(
  candidates: errors.JWKSMultipleMatchingKeys,
  token: string,
  rules: JWTVerifyOptions,
): Promise<Verified> {
  let tried = 0;
  for await (const candidate of candidates) {
    if (tried++ >= MAX_TRIED) break;
    try {
      return { claims: (await jwtVerify(token, candidate, rules)).payload };
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  return { outcome: AUTH_OUTCOME.signature };
}

const CLAIMS: Readonly<Record<string, number>> = {
  aud: AUTH_OUTCOME.audience,
  iss: AUTH_OUTCOME.issuer,
  nbf: AUTH_OUTCOME.early,
  exp: AUTH_OUTCOME.malformed,
};

/** What an error of verification means. What is none of these is a token that cannot be read. */
function outcomeOf(error: unknown): number {
  if (error instanceof Unavailable) return AUTH_OUTCOME.unavailable;
  if (error instanceof errors.JWTExpired) return AUTH_OUTCOME.expired;
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIMS[error.claim] ?? AUTH_OUTCOME.malformed;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return AUTH_OUTCOME.algorithm;
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
    return AUTH_OUTCOME.signature;
  return AUTH_OUTCOME.malformed;
}
