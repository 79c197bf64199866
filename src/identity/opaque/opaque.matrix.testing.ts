/** Opaque and phantom tokens in the identity matrix. */
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import {
  AUDIENCE,
  bearer,
  COMES_TO,
  deskFrom,
  fakeIssuer,
  goodClaims,
  issuerOf,
  type MatrixRow,
  NOW,
  NOW_SEC,
  noCell,
  revokedUntil,
  signed,
  testKey,
} from '../testing.ts';

const { valid, expired, audience, bound: boundElsewhere, oversized, garbage, unknown } = COMES_TO;
const URL_OF = 'https://issuer.example/introspect';
const env = { CLIENT_SECRET: 'a-client-secret-of-length' };
const base = { url: URL_OF, client_id: 'gateway', client_secret: { env: 'CLIENT_SECRET' }, audience: [AUDIENCE] };

/** The same for both, whatever the issuer answers. */
const COMMON = {
  valid: { requests: [bearer('good')], ...valid },
  expired: { requests: [bearer('old')], ...expired },
  audience: { requests: [bearer('elsewhere')], ...audience },
  replayed: noCell('a bearer token is meant to be sent with every request: a second time is no replay'),
  revoked: { requests: [bearer('good'), bearer('good')], ...revokedUntil(NOW + 3_600_000) },
  'bound elsewhere': { requests: [bearer('bound')], ...boundElsewhere },
  oversized: { requests: [bearer('a'.repeat(9000))], ...oversized },
};

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
      const desk = deskFrom({ introspection: base }, { env, ...issuer });
      return {
        desk,
        cells: {
          ...COMMON,
          algorithm: noCell('an opaque token is not signed: only its issuer knows what it means'),
          garbage: { requests: [bearer('{"not":"a token"}')], ...garbage },
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
      const introspection = { ...base, answer: 'phantom' };
      const desk = deskFrom({ jwt: [issuerOf(key)], introspection }, { env, ...issuer });
      const unchecked = { outcome: AUTH_OUTCOME.unavailable, problem: { status: 503, code: 'SP7505' } as const };
      return {
        desk,
        cells: {
          ...COMMON,
          // An inner token that does not verify is a mistake of the issuer, not of the client: nobody could be asked.
          algorithm: { requests: [bearer('forged')], ...unchecked },
          garbage: { requests: [bearer('nobody-knows-me')], ...unknown },
        },
      };
    },
  },
];
