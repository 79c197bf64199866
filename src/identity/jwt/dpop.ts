/**
 * DPoP (RFC 9449): a proof, signed for this one request, that the caller holds the key a token is bound to. What is cheap is
 * looked at first, the signature last but one, and only a proof that is good uses up its jti.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  type JWK,
  jwtVerify,
} from 'jose';
import { Cache } from '../cache.ts';
import type { Presented } from '../contract.ts';
import type { ReplayPort } from '../replay.ts';

export interface DpopOptions {
  /** Signatures that proofs may have: asymmetric ones only. */
  readonly algorithms: readonly string[];
  /** How old a proof may be, and how far in the future, in ms. */
  readonly maxAgeMs: number;
  readonly futureMs: number;
  /** Origins that clients may know this API by (https://api.example); empty: what the request says. */
  readonly origins: readonly string[];
  /** Proofs carry a nonce of ours (RFC 9449, 8). */
  readonly nonce: boolean;
  readonly secret: Buffer;
  readonly replay: ReplayPort;
}

export type ProofProblem =
  | ''
  | 'missing'
  | 'malformed'
  | 'request'
  | 'time'
  | 'nonce'
  | 'key'
  | 'token'
  | 'signature'
  | 'replayed';

export interface Proof {
  readonly problem: ProofProblem;
  /** SHA-256 thumbprint of the key (RFC 7638); '' where the proof is not good. */
  readonly jkt: string;
}

/** Longest proof in characters: a large RSA key fits. */
const MAX_PROOF = 4096;
/** Longest jti, in characters. */
const MAX_JTI = 256;
/** How long a nonce is handed out, in ms; it counts for as long again. */
const NONCE_MS = 180_000;
/** Keys that are kept imported, in one generation. */
const MAX_KEYS = 5000;
/** How long an imported key is kept, in ms. */
const KEY_MS = 3_600_000;

const bad = (problem: ProofProblem): Proof => ({ problem, jkt: '' });

export class Dpop {
  private readonly options: DpopOptions;
  private readonly keys = new Cache<CryptoKey | Uint8Array>(MAX_KEYS);

  constructor(options: DpopOptions) {
    this.options = options;
  }

  get algorithms(): readonly string[] {
    return this.options.algorithms;
  }

  /** Looks at a proof for `token`, whose key has the thumbprint `jkt`. Never rejects. */
  async check(proof: string, token: string, jkt: string, presented: Presented): Promise<Proof> {
    if (proof === '') return bad('missing');
    if (proof.length > MAX_PROOF) return bad('malformed');
    try {
      return await this.verify(proof, token, jkt, presented);
    } catch {
      return bad('malformed');
    }
  }

  private async verify(proof: string, token: string, expected: string, presented: Presented): Promise<Proof> {
    const { options } = this;
    const { nowMs } = presented;
    const header = decodeProtectedHeader(proof);
    const { jwk, alg } = header;
    if (header.typ !== 'dpop+jwt' || typeof jwk !== 'object' || jwk === null || typeof alg !== 'string')
      return bad('malformed');
    if (!options.algorithms.includes(alg) || 'd' in jwk || jwk.kty === 'oct') return bad('malformed');
    const claims = decodeJwt(proof);
    const { jti, iat } = claims;
    if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI || typeof iat !== 'number')
      return bad('malformed');
    if (claims.htm !== presented.method || !this.isFor(claims.htu, presented)) return bad('request');
    if (iat * 1000 < nowMs - options.maxAgeMs || iat * 1000 > nowMs + options.futureMs) return bad('time');
    if (claims.ath !== hash('sha256', token, 'base64url')) return bad('token');
    const jkt = await calculateJwkThumbprint(jwk as JWK, 'sha256');
    if (jkt !== expected) return bad('key');
    if (options.nonce && !this.isNonce(claims.nonce, nowMs)) return bad('nonce');
    try {
      await jwtVerify(proof, await this.keyOf(jkt, jwk as JWK, alg, nowMs), {
        algorithms: [alg],
        typ: 'dpop+jwt',
        currentDate: new Date(nowMs),
        clockTolerance: Math.ceil((options.futureMs + options.maxAgeMs) / 1000),
      });
    } catch {
      return bad('signature');
    }
    const use = await options.replay.firstUse(`dpop:${jkt}:${jti}`, iat * 1000 + options.maxAgeMs, nowMs);
    return use === 'first' ? { problem: '', jkt } : bad('replayed');
  }

  private async keyOf(jkt: string, jwk: JWK, alg: string, nowMs: number): Promise<CryptoKey | Uint8Array> {
    const name = `${alg}:${jkt}`;
    const known = this.keys.get(name, nowMs);
    if (known !== undefined) return known;
    const key = await importJWK(jwk, alg);
    this.keys.set(name, key, nowMs + KEY_MS);
    return key;
  }

  /** Without query and fragment, after normalisation (RFC 9449, 4.3, rule 9). */
  private isFor(htu: unknown, presented: Presented): boolean {
    if (typeof htu !== 'string') return false;
    const path = presented.target.split('?', 1)[0];
    const { origins } = this.options;
    const named = addressOf(htu);
    if (named === '') return false;
    if (origins.length === 0) return named === addressOf(`${presented.scheme}://${presented.host}${path}`);
    return origins.some((origin) => named === addressOf(origin + path));
  }

  /** The nonce that proofs are to carry now. Nothing is stored for it: it is a keyed hash of the time. */
  nonceAt(nowMs: number): string {
    return this.nonceOf(Math.floor(nowMs / NONCE_MS));
  }

  /** The nonce for the next proof, where proofs carry one; '' else. */
  nextNonce(nowMs: number): string {
    return this.options.nonce ? this.nonceAt(nowMs) : '';
  }

  private nonceOf(slot: number): string {
    return createHmac('sha256', this.options.secret).update(`dpop-nonce\0${slot}`).digest('base64url').slice(0, 22);
  }

  private isNonce(nonce: unknown, nowMs: number): boolean {
    if (typeof nonce !== 'string') return false;
    const slot = Math.floor(nowMs / NONCE_MS);
    return [slot, slot - 1].some((n) => {
      const expected = Buffer.from(this.nonceOf(n));
      const given = Buffer.from(nonce);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

function addressOf(text: string): string {
  try {
    const { origin, pathname } = new URL(text);
    return origin + pathname;
  } catch {
    return '';
  }
}
