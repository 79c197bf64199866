/**
 * Inner tokens: whatever a caller has shown outside, the upstream gets one short-lived token of ours that says who it is
 * (phantom tokens). Signed (JWS), so that everybody behind can check it; or encrypted (JWE), so that only the upstream reads it.
 */
import { randomUUID } from 'node:crypto';
import {
  CompactEncrypt,
  type CryptoKey,
  EncryptJWT,
  exportJWK,
  type JWK,
  type JWTPayload,
  type KeyObject,
  SignJWT,
} from 'jose';
import { AUTH_SCHEME, ROLE } from '../../enrich/kinds.ts';
import type { Caller } from '../contract.ts';

export interface MintKey {
  readonly key: CryptoKey | KeyObject | Uint8Array;
  readonly alg: string;
  readonly kid: string;
}

export interface MintOptions {
  /** Signs inner tokens; null where they are only encrypted under a shared key. */
  readonly sign: MintKey | null;
  /** Encrypts them; null where they are only signed. Around a signature where both are there. */
  readonly encrypt: (MintKey & { readonly enc: string }) | null;
  readonly issuer: string;
  readonly audience: string;
  readonly ttlMs: number;
  /** Header that it is sent in; `Bearer ` stands before it in Authorization. Small letters. */
  readonly header: string;
  /** AUTH_SCHEMEs whose callers get one. */
  readonly schemes: readonly number[];
  /** Headers that carried the credential outside: the upstream is not to see them. */
  readonly outside: readonly string[];
}

const ROLE_OF = new Map(Object.entries(ROLE).map(([name, role]) => [role as number, name]));

/** Dresses accepted callers. What was minted is kept with the caller it is for, as long as that is cached itself. */
export function createMint(options: MintOptions): (caller: Caller, nowMs: number) => Caller | Promise<Caller> {
  const minted = new WeakMap<Caller, { readonly dressed: Caller; readonly untilMs: number }>();
  const mint = async (caller: Caller, nowMs: number): Promise<Caller> => {
    const endMs = caller.untilMs === 0 ? nowMs + options.ttlMs : Math.min(caller.untilMs, nowMs + options.ttlMs);
    const token = await tokenFor(caller, nowMs, endMs, options);
    const dressed: Caller = {
      ...caller,
      scheme: caller.scheme === AUTH_SCHEME.opaque ? AUTH_SCHEME.phantom : caller.scheme,
      added: [...caller.added, options.header, options.header === 'authorization' ? `Bearer ${token}` : token],
      removed: [...caller.removed, options.header, ...options.outside],
    };
    // Half its life: what was handed out a moment before its end would be late where it is read.
    minted.set(caller, { dressed, untilMs: nowMs + (endMs - nowMs) / 2 });
    return dressed;
  };
  return (caller, nowMs) => {
    if (!options.schemes.includes(caller.scheme)) return caller;
    const known = minted.get(caller);
    return known !== undefined && known.untilMs > nowMs ? known.dressed : mint(caller, nowMs);
  };
}

async function tokenFor(caller: Caller, nowMs: number, endMs: number, options: MintOptions): Promise<string> {
  const { sign, encrypt } = options;
  const claims = claimsOf(caller, nowMs, endMs, options);
  if (sign === null) {
    if (encrypt === null) throw new Error('neither a key to sign nor one to encrypt');
    const { key, alg, enc, kid } = encrypt;
    return new EncryptJWT(claims).setProtectedHeader({ alg, enc, kid, typ: 'JWT' }).encrypt(key);
  }
  const jws = await new SignJWT(claims)
    .setProtectedHeader({ alg: sign.alg, kid: sign.kid, typ: 'at+jwt' })
    .sign(sign.key);
  if (encrypt === null) return jws;
  const { key, alg, enc, kid } = encrypt;
  return new CompactEncrypt(new TextEncoder().encode(jws))
    .setProtectedHeader({ alg, enc, kid, cty: 'JWT' })
    .encrypt(key);
}

function claimsOf(caller: Caller, nowMs: number, endMs: number, { issuer, audience }: MintOptions): JWTPayload {
  const claims: JWTPayload = {
    iss: issuer,
    aud: audience,
    iat: Math.floor(nowMs / 1000),
    exp: Math.floor(endMs / 1000),
    jti: randomUUID(),
    role: ROLE_OF.get(caller.role) ?? 'unknown',
    scope: caller.scopes.join(' '),
  };
  const texts = { sub: caller.principal, client_id: caller.partner, plan: caller.plan, sid: caller.session };
  for (const [name, text] of Object.entries(texts)) if (text !== '') claims[name] = text;
  return claims;
}

/** The public key set by which upstreams check inner tokens; empty where they are not signed by a key pair. */
export async function publicSet(sign: MintKey | null): Promise<{ readonly keys: readonly JWK[] }> {
  if (sign === null || sign.key instanceof Uint8Array) return { keys: [] };
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open } = await exportJWK(sign.key);
  return { keys: [{ ...open, alg: sign.alg, kid: sign.kid, use: 'sig' }] };
}
