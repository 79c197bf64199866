/** JWTs in the identity matrix: plain ones, and such as are bound to a key or a certificate. */
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { ClientCertificate, Desk, Presented } from '../contract.ts';
import {
  bearer,
  COMES_TO,
  deskFrom,
  goodClaims,
  issuerOf,
  type MatrixRow,
  NOW,
  NOW_SEC,
  noCell,
  PROBLEMS,
  proofFor,
  request,
  revokedUntil,
  signed,
  type TestKey,
  testKey,
} from '../testing.ts';

const { valid, expired, audience, algorithm, replayed, bound: boundElsewhere, oversized, garbage } = COMES_TO;
const revoked = revokedUntil(NOW + 3_600_000);
/** A proof that says nothing of the request. */
const unproven = { outcome: AUTH_OUTCOME.binding, problem: PROBLEMS.bound };

const deskFor = (key: TestKey, more: Record<string, unknown> = {}): Desk =>
  deskFrom({ jwt: [{ ...issuerOf(key), algorithms: [key.alg], ...more }], dpop: {} });

const certificate = (thumbprint: string): ClientCertificate => ({
  thumbprint,
  subject: 'CN=shop',
  names: [],
  issuer: 'CN=ca',
  serial: '01',
  fromMs: NOW - 1000,
  untilMs: NOW + 1000,
});

/** Text of a token without a signature: `alg` none. */
function unsigned(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

export const ROWS: readonly MatrixRow[] = [
  {
    scheme: 'JWT',
    async make() {
      const key = await testKey();
      const desk = deskFor(key, { single_use: true });
      const good = await signed(key);
      const stolen = await signed(key, goodClaims({ jti: 'stolen-1' }));
      const old = await signed(key, goodClaims({ exp: NOW_SEC - 60 }));
      const elsewhere = await signed(key, goodClaims({ aud: 'https://other.example' }));
      const bound = await signed(key, goodClaims({ cnf: { 'x5t#S256': 'A'.repeat(43) } }));
      return {
        desk,
        cells: {
          valid: { requests: [bearer(good)], ...valid },
          expired: { requests: [bearer(old)], ...expired },
          audience: { requests: [bearer(elsewhere)], ...audience },
          algorithm: { requests: [bearer(unsigned(goodClaims()))], ...algorithm },
          replayed: { requests: [bearer(good), bearer(good)], ...replayed },
          revoked: {
            requests: [bearer(stolen)],
            ...revoked,
            before: (at) => at.revoke('stolen-1', NOW + 3_600_000),
          },
          'bound elsewhere': { requests: [bearer(bound)], ...boundElsewhere },
          oversized: { requests: [bearer(`${good}${'a'.repeat(9000)}`)], ...oversized },
          garbage: { requests: [bearer('eyJhbGciOiJFUzI1NiJ9.e30')], ...garbage },
        },
      };
    },
  },
  {
    scheme: 'JWT bound to a certificate (RFC 8705)',
    async make() {
      const key = await testKey();
      const mine = 'B'.repeat(43);
      const desk = deskFor(key);
      const cnf = { cnf: { 'x5t#S256': mine } };
      const over = { certificate: certificate(mine) };
      const good = await signed(key, goodClaims(cnf));
      const old = await signed(key, goodClaims({ ...cnf, exp: NOW_SEC - 60 }));
      const elsewhere = await signed(key, goodClaims({ ...cnf, aud: 'https://other.example' }));
      const forged = await signed(await testKey('RS256'), goodClaims(cnf));
      const thief = { certificate: certificate('C'.repeat(43)) };
      return {
        desk,
        cells: {
          valid: { requests: [bearer(good, over)], ...valid },
          expired: { requests: [bearer(old, over)], ...expired },
          audience: { requests: [bearer(elsewhere, over)], ...audience },
          algorithm: { requests: [bearer(forged, over)], ...algorithm },
          replayed: noCell('the TLS connection proves the key anew each time: the token may come as often as it likes'),
          revoked: { requests: [bearer(good, over), bearer(good, over)], ...revoked },
          'bound elsewhere': { requests: [bearer(good, over), bearer(good, thief)], ...boundElsewhere },
          oversized: { requests: [bearer('eyJ'.padEnd(9000, 'a'), over)], ...oversized },
          garbage: { requests: [bearer('eyJ..', over)], ...garbage },
        },
      };
    },
  },
  {
    scheme: 'JWT bound to a key (DPoP, RFC 9449)',
    async make() {
      const key = await testKey();
      const client = await testKey('ES256', 'client');
      const thief = await testKey('ES256', 'thief');
      const desk = deskFor(key);
      const cnf = { cnf: { jkt: await thumbprint(client) } };
      const good = await signed(key, goodClaims(cnf));
      const old = await signed(key, goodClaims({ ...cnf, exp: NOW_SEC - 60 }));
      const elsewhere = await signed(key, goodClaims({ ...cnf, aud: 'https://other.example' }));
      const send = async (token: string, by = client, over = {}, header = {}): Promise<Presented> =>
        withProof(token, await proofFor(by, token, request(), over, header));
      const once = await send(good);
      return {
        desk,
        cells: {
          valid: { requests: [await send(good)], ...valid },
          expired: { requests: [await send(old)], ...expired },
          audience: { requests: [await send(elsewhere)], ...audience },
          algorithm: {
            requests: [await send(good, await testKey('RS256', 'rsa'), {}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } })],
            ...unproven,
          },
          replayed: { requests: [once, once], ...replayed },
          revoked: { requests: [await send(good), await send(good)], ...revoked },
          'bound elsewhere': { requests: [await send(good, thief)], ...boundElsewhere },
          oversized: { requests: [withProof(good, 'p'.repeat(5000))], ...unproven },
          garbage: { requests: [withProof(good, 'a.b.c')], ...unproven },
        },
      };
    },
  },
];

const withProof = (token: string, proof: string): Presented =>
  request(['Authorization', `DPoP ${token}`, 'DPoP', proof]);

async function thumbprint(key: TestKey): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose');
  return calculateJwkThumbprint(key.jwk, 'sha256');
}
