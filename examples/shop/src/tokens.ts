/** Signed tokens (RFC 7519, ES256) in place of opaque ones, and the key that everybody may check them with. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { json, type Route } from './http.ts';

export const ISSUER = 'https://shop.example';
export const AUDIENCE = 'shop';
/** How long a token says that it is good, in seconds. The shop itself never looks: a weakness. */
const LIFETIME_S = 3600;
const KEY_ID = 'shop-1';

/** Signs with a key of its own that ends with the process. */
export class Tokens {
  private readonly pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  /** `session` is the public part of the session that it belongs to. */
  mint(name: string, session: string, nowMs: number): string {
    const issued = Math.floor(nowMs / 1000);
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: name, sid: session, iat: issued, exp: issued + LIFETIME_S };
    const text = `${encoded({ alg: 'ES256', typ: 'JWT', kid: KEY_ID })}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** The public key as a set (RFC 7517). */
  routes(): Route[] {
    const key = { ...this.pair.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' };
    return [{ method: 'GET', template: '/.well-known/jwks.json', handle: () => json(200, { keys: [key] }) }];
  }
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
