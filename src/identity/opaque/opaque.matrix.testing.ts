/** Opaque and phantom tokens in the identity matrix. */
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { identityFrom } from '../compose.ts';
import type { Desk } from '../contract.ts';
import {
  AUDIENCE,
  bearer,
  fakeIssuer,
  goodClaims,
  ISSUER,
  type MatrixRow,
  NOW,
  NOW_SEC,
  noCell,
  PROBLEMS,
  SECRET,
  settingsOf,
  signed,
  testKey,
} from '../testing.ts';

const { accepted, expired, audience, revoked, binding, oversized, malformed, unavailable, unknown } = AUTH_OUTCOME;
const URL_OF = 'https://issuer.example/introspect';
const env = { CLIENT_SECRET: 'a-client-secret-of-length' };
const base = { url: URL_OF, client_id: 'gateway', client_secret: { env: 'CLIENT_SECRET' }, audience: [AUDIENCE] };

const revoke = (desk: Desk, [caller]: readonly { readonly credential: string }[]): void =>
  desk.revoke(caller.credential, NOW + 3_600_000);

const ANSWERS: Readonly<Record<string, object>> = {
  good: { active: true, ...goodClaims() },
  old: { active: true, ...goodClaims({ exp: NOW_SEC - 1 }) },
  elsewhere: { active: true, ...goodClaims({ aud: 'https://other.example' }) },
  bound: { active: true, ...goodClaims({ cnf: { 'x5t#S256': 'A'.repeat(43) } }) },
};

export const ROWS: readonly MatrixRow[] = [
  {
    scheme: 'opaque token (RFC 7662)',
    async make() {
      const issuer = fakeIssuer({
        [URL_OF]: ({ body }) => {
          const token = new URLSearchParams(body).get('token') ?? '';
          return { text: JSON.stringify(ANSWERS[token] ?? { active: false }) };
        },
      });
      const desk = identityFrom(settingsOf({ introspection: base }), { baseDir: '.', secret: SECRET, env, ...issuer });
      return {
        desk,
        cells: {
          valid: { requests: [bearer('good')], outcome: accepted, problem: null },
          expired: { requests: [bearer('old')], outcome: expired, problem: PROBLEMS.expired },
          audience: { requests: [bearer('elsewhere')], outcome: audience, problem: PROBLEMS.refused },
          algorithm: noCell('an opaque token is not signed: only its issuer knows what it means'),
          replayed: noCell('a bearer token is meant to be sent with every request: a second time is no replay'),
          revoked: {
            requests: [bearer('good'), bearer('good')],
            before: revoke,
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          'bound elsewhere': {
            requests: [bearer('bound')],
            outcome: binding,
            flags: FLAG.BOUND_ELSEWHERE,
            problem: PROBLEMS.bound,
          },
          oversized: { requests: [bearer('a'.repeat(9000))], outcome: oversized, problem: PROBLEMS.unreadable },
          garbage: { requests: [bearer('{"not":"a token"}')], outcome: malformed, problem: PROBLEMS.unreadable },
        },
      };
    },
  },
  {
    scheme: 'phantom token',
    async make() {
      const key = await testKey();
      const forger = await testKey('ES256');
      const inner: Record<string, string> = {
        good: await signed(key),
        old: await signed(key, goodClaims({ exp: NOW_SEC - 60 })),
        elsewhere: await signed(key, goodClaims({ aud: 'https://other.example' })),
        forged: await signed(forger),
        bound: await signed(key, goodClaims({ cnf: { 'x5t#S256': 'A'.repeat(43) } })),
      };
      const issuer = fakeIssuer({
        [URL_OF]: ({ body }) => {
          const jwt = inner[new URLSearchParams(body).get('token') ?? ''];
          return jwt === undefined ? { status: 204 } : { mediaType: 'application/jwt', text: jwt };
        },
      });
      const jwt = [{ issuer: ISSUER, audience: [AUDIENCE], jwks: { keys: [key.jwk] } }];
      const settings = settingsOf({ jwt, introspection: { ...base, answer: 'phantom' } });
      const desk = identityFrom(settings, { baseDir: '.', secret: SECRET, env, ...issuer });
      const unchecked = { outcome: unavailable, problem: { status: 503, code: 'SP7505' } as const };
      return {
        desk,
        cells: {
          valid: { requests: [bearer('good')], outcome: accepted, problem: null },
          expired: { requests: [bearer('old')], outcome: expired, problem: PROBLEMS.expired },
          audience: { requests: [bearer('elsewhere')], outcome: audience, problem: PROBLEMS.refused },
          // An inner token that does not verify is a mistake of the issuer, not of the client: nobody could be asked.
          algorithm: { requests: [bearer('forged')], ...unchecked },
          replayed: noCell('a bearer token is meant to be sent with every request: a second time is no replay'),
          revoked: {
            requests: [bearer('good'), bearer('good')],
            before: revoke,
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          'bound elsewhere': {
            requests: [bearer('bound')],
            outcome: binding,
            flags: FLAG.BOUND_ELSEWHERE,
            problem: PROBLEMS.bound,
          },
          oversized: { requests: [bearer('a'.repeat(9000))], outcome: oversized, problem: PROBLEMS.unreadable },
          garbage: { requests: [bearer('nobody-knows-me')], outcome: unknown, problem: PROBLEMS.refused },
        },
      };
    },
  },
];
