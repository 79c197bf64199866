/** JWTs in the identity matrix: plain ones, and such as are bound to a key or a certificate. */
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { identityFrom } from '../compose.ts';
import type { ClientCertificate, Desk, Presented } from '../contract.ts';
import {
  AUDIENCE,
  bearer,
  goodClaims,
  ISSUER,
  type MatrixRow,
  NOW,
  NOW_SEC,
  noCell,
  PROBLEMS,
  proofFor,
  request,
  SECRET,
  settingsOf,
  signed,
  type TestKey,
  testKey,
} from '../testing.ts';

const { accepted, expired, audience, algorithm, replayed, revoked, binding, oversized, malformed } = AUTH_OUTCOME;

function deskFor(key: TestKey, more: Record<string, unknown> = {}): Desk {
  const jwt = [{ issuer: ISSUER, audience: [AUDIENCE], algorithms: [key.alg], jwks: { keys: [key.jwk] }, ...more }];
  return identityFrom(settingsOf({ jwt, dpop: {} }), { baseDir: '.', secret: SECRET });
}

const revoke = (desk: Desk, [caller]: readonly { readonly credential: string }[]): void =>
  desk.revoke(caller.credential, NOW + 3_600_000);

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
          valid: { requests: [bearer(good)], outcome: accepted, problem: null },
          expired: { requests: [bearer(old)], outcome: expired, problem: PROBLEMS.expired },
          audience: { requests: [bearer(elsewhere)], outcome: audience, problem: PROBLEMS.refused },
          algorithm: { requests: [bearer(unsigned(goodClaims()))], outcome: algorithm, problem: PROBLEMS.refused },
          replayed: {
            requests: [bearer(good), bearer(good)],
            outcome: replayed,
            flags: FLAG.REPLAYED,
            problem: PROBLEMS.refused,
          },
          revoked: {
            requests: [bearer(stolen)],
            before: (at) => at.revoke('stolen-1', NOW + 3_600_000),
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          'bound elsewhere': {
            requests: [bearer(bound)],
            outcome: binding,
            flags: FLAG.BOUND_ELSEWHERE,
            problem: PROBLEMS.bound,
          },
          oversized: {
            requests: [bearer(`${good}${'a'.repeat(9000)}`)],
            outcome: oversized,
            problem: PROBLEMS.unreadable,
          },
          garbage: { requests: [bearer('eyJhbGciOiJFUzI1NiJ9.e30')], outcome: malformed, problem: PROBLEMS.unreadable },
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
          valid: { requests: [bearer(good, over)], outcome: accepted, problem: null },
          expired: { requests: [bearer(old, over)], outcome: expired, problem: PROBLEMS.expired },
          audience: { requests: [bearer(elsewhere, over)], outcome: audience, problem: PROBLEMS.refused },
          algorithm: { requests: [bearer(forged, over)], outcome: algorithm, problem: PROBLEMS.refused },
          replayed: noCell('the TLS connection proves the key anew each time: the token may come as often as it likes'),
          revoked: {
            requests: [bearer(good, over), bearer(good, over)],
            before: revoke,
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          'bound elsewhere': {
            requests: [bearer(good, over), bearer(good, thief)],
            outcome: binding,
            flags: FLAG.BOUND_ELSEWHERE,
            problem: PROBLEMS.bound,
          },
          oversized: {
            requests: [bearer('eyJ'.padEnd(9000, 'a'), over)],
            outcome: oversized,
            problem: PROBLEMS.unreadable,
          },
          garbage: { requests: [bearer('eyJ..', over)], outcome: malformed, problem: PROBLEMS.unreadable },
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
          valid: { requests: [await send(good)], outcome: accepted, problem: null },
          expired: { requests: [await send(old)], outcome: expired, problem: PROBLEMS.expired },
          audience: { requests: [await send(elsewhere)], outcome: audience, problem: PROBLEMS.refused },
          algorithm: {
            requests: [await send(good, await testKey('RS256', 'rsa'), {}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } })],
            outcome: binding,
            problem: PROBLEMS.bound,
          },
          replayed: { requests: [once, once], outcome: replayed, flags: FLAG.REPLAYED, problem: PROBLEMS.refused },
          revoked: {
            requests: [await send(good), await send(good)],
            before: revoke,
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          'bound elsewhere': {
            requests: [await send(good, thief)],
            outcome: binding,
            flags: FLAG.BOUND_ELSEWHERE,
            problem: PROBLEMS.bound,
          },
          oversized: { requests: [withProof(good, 'p'.repeat(5000))], outcome: binding, problem: PROBLEMS.bound },
          garbage: { requests: [withProof(good, 'a.b.c')], outcome: binding, problem: PROBLEMS.bound },
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
