import { createHmac } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../../enrich/kinds.ts';
import {
  AUDIENCE,
  askerOf,
  bearer,
  deskFrom,
  goodClaims,
  ISSUER,
  issuerOf,
  NOW,
  NOW_SEC,
  request,
  SECRET,
  settingsOf,
  signed,
  type TestKey,
  testKey,
} from '../testing.ts';

let key: TestKey;
let rsa: TestKey;
beforeAll(async () => {
  key = await testKey();
  rsa = await testKey('RS256');
});

const SHARED = 'a shared secret of thirty-two bytes or more';
const base = () => issuerOf(key, rsa);

const asker = (...jwt: unknown[]) => askerOf(deskFrom({ jwt }, { env: { SHARED } }));

describe('forged tokens', () => {
  it('signed with a public key as if it were a shared secret are refused', async () => {
    const ask = asker(base());
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = `${part({ alg: 'HS256', kid: rsa.kid })}.${part(goodClaims())}`;
    const token = `${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`;
    expect((await ask(token)).outcome).toBe(AUTH_OUTCOME.algorithm);
  });

  it('that bring their own key are refused', async () => {
    const ask = asker(base());
    const mine = await testKey('ES256', key.kid);
    for (const header of [{ jwk: mine.jwk }, { jku: 'https://evil.example/keys' }, { x5u: 'https://evil.example' }])
      expect((await ask(await signed(mine, goodClaims(), header))).outcome).toBe(AUTH_OUTCOME.signature);
  });

  it('without a signature, or with one cut off, are refused', async () => {
    const ask = asker(base());
    const token = await signed(key);
    const [header, payload] = token.split('.');
    expect((await ask(`${header}.${payload}.`)).outcome).toBe(AUTH_OUTCOME.signature);
    expect((await ask(`${header}.${payload}.AAAA`)).outcome).toBe(AUTH_OUTCOME.signature);
    const none = Buffer.from('{"alg":"None"}').toString('base64url');
    expect((await ask(`${none}.${payload}.`)).outcome).toBe(AUTH_OUTCOME.algorithm);
  });

  it('of an issuer with another algorithm than pinned are refused, though its key is known', async () => {
    const ask = asker({ ...base(), algorithms: ['ES256'] });
    expect((await ask(await signed(rsa))).outcome).toBe(AUTH_OUTCOME.algorithm);
    expect((await ask(await signed(key))).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('tell nothing about their claims', async () => {
    const ask = asker(base());
    const stranger = await testKey('ES256', key.kid);
    const wrong: JWTPayload[] = [{}, { exp: 1 }, { aud: 'x' }, { nbf: NOW_SEC + 999 }];
    for (const over of wrong)
      expect((await ask(await signed(stranger, goodClaims(over)))).outcome).toBe(AUTH_OUTCOME.signature);
  });

  it('with unknown critical headers are refused', async () => {
    const token = await new SignJWT(goodClaims())
      .setProtectedHeader({ alg: key.alg, kid: key.kid, crit: ['http://x'], 'http://x': 1 })
      .sign(key.privateKey, { crit: { 'http://x': true } });
    const caller = await asker(base())(token);
    expect(caller.outcome).toBe(AUTH_OUTCOME.algorithm);
    expect(caller.principal).toBe('');
  });
});

describe('claims', () => {
  it('are taken from where the configuration says', async () => {
    const claims = {
      principal: 'user.id',
      roles: 'realm_access.roles',
      partner: 'https://example.com/partner',
      plan: 'plan',
    };
    const ask = asker({ ...base(), claims, roles: { csr: 'support', boss: 'admin' }, principal_prefix: 'kc|' });
    const token = goodClaims({
      user: { id: 4711 },
      realm_access: { roles: ['csr', 'boss', 'other'] },
      'https://example.com/partner': 'acme',
      plan: 'gold',
      sid: 's-1',
      jti: 'token-1',
    });
    expect(await ask(await signed(key, token))).toMatchObject({
      scheme: AUTH_SCHEME.jwt,
      outcome: AUTH_OUTCOME.accepted,
      principal: 'kc|4711',
      partner: 'acme',
      role: ROLE.admin,
      plan: 'gold',
      session: 's-1',
      credential: 'token-1',
      scopes: ['orders:read', 'orders:write'],
      untilMs: NOW + 3_600_000,
      issuedMs: NOW - 10_000,
      issuer: ISSUER,
    });
  });

  it('that are odd are left out: inherited names, objects, long texts', async () => {
    const ask = asker({ ...base(), claims: { principal: '__proto__.x', partner: 'sub', plan: 'constructor.name' } });
    const caller = await ask(await signed(key, goodClaims({ sub: 'x'.repeat(300), scope: undefined, scp: 3 })));
    expect(caller).toMatchObject({ outcome: AUTH_OUTCOME.accepted, principal: '', partner: '', plan: '', scopes: [] });
    expect(caller.role).toBe(ROLE.service);
  });

  it('without a usable jti the credential is named by a keyed hash', async () => {
    const ask = asker(base());
    const token = await signed(key, goodClaims({ jti: 'with spaces\n' }));
    const { credential } = await ask(token);
    expect(credential).toMatch(/^token-[\w-]{22}$/);
    expect((await asker(base())(token)).credential).toBe(credential);
  });
});

describe('time', () => {
  it('ends a token that is known, after the tolerance', async () => {
    const ask = asker({ ...base(), clock_tolerance_s: 5 });
    const token = await signed(key, goodClaims({ exp: NOW_SEC + 60 }));
    expect((await ask(token)).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await ask(token, NOW + 64_000)).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await ask(token, NOW + 65_000)).outcome).toBe(AUTH_OUTCOME.expired);
  });

  it('lets an early token in later', async () => {
    const ask = asker(base());
    const token = await signed(key, goodClaims({ nbf: NOW_SEC + 60 }));
    expect((await ask(token)).outcome).toBe(AUTH_OUTCOME.early);
    expect((await ask(token, NOW + 60_000)).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('a token without an end is malformed; one that is too old by iat is expired', async () => {
    expect((await asker(base())(await signed(key, goodClaims({ exp: undefined })))).outcome).toBe(
      AUTH_OUTCOME.malformed,
    );
    const ask = asker({ ...base(), max_age_s: 600 });
    const token = await signed(key, goodClaims({ iat: NOW_SEC - 590, exp: NOW_SEC + 86_400 }));
    expect((await ask(token)).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await ask(token, NOW + 60_000)).outcome).toBe(AUTH_OUTCOME.expired);
  });
});

describe('issuers', () => {
  it('are told apart, and one cannot sign for another', async () => {
    const other = await testKey('ES256', 'other');
    const second = { issuer: 'https://two.example', audience: ['two'], jwks: { keys: [other.jwk] } };
    const ask = asker(base(), second);
    const two = { iss: 'https://two.example', aud: 'two' };
    expect((await ask(await signed(other, goodClaims(two)))).issuer).toBe('https://two.example');
    expect((await ask(await signed(key, goodClaims(two)))).outcome).toBe(AUTH_OUTCOME.signature);
    expect((await ask(await signed(other, goodClaims({ iss: 'https://three.example' })))).outcome).toBe(
      AUTH_OUTCOME.issuer,
    );
  });

  it('with a shared secret take it alone', async () => {
    const ask = asker({ issuer: ISSUER, audience: [AUDIENCE], algorithms: ['HS256'], secret: { env: 'SHARED' } });
    const token = (secret: string) =>
      new SignJWT(goodClaims()).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
    expect((await ask(await token(SHARED))).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await ask(await token(`${SHARED}!`))).outcome).toBe(AUTH_OUTCOME.signature);
    expect((await ask(await signed(key))).outcome).toBe(AUTH_OUTCOME.algorithm);
  });

  it('contradictions are told', () => {
    const wrong = (more: object) => () => settingsOf({ jwt: [{ issuer: ISSUER, audience: ['a'], ...more }] });
    expect(wrong({})).toThrow(/one of discovery/);
    expect(wrong({ jwks_url: ISSUER, discovery: true })).toThrow(/one of discovery/);
    expect(wrong({ jwks_url: ISSUER, algorithms: ['RS256', 'HS256'] })).toThrow(/HS256/);
    expect(wrong({ secret: { env: 'SHARED' } })).toThrow(/HS256/);
    expect(wrong({ jwks_url: 'http://issuer.example' })).toThrow(/https/);
    expect(() => asker({ issuer: ISSUER, audience: ['a'], jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } })).toThrow(
      /SP7512|key set/,
    );
  });

  it('typ is looked at where it is asked for', async () => {
    const ask = asker({ ...base(), typ: 'at+jwt' });
    expect((await ask(await signed(key, goodClaims(), { typ: 'application/at+jwt' }))).outcome).toBe(
      AUTH_OUTCOME.accepted,
    );
    expect((await ask(await signed(key, goodClaims(), { typ: 'JWT' }))).outcome).toBe(AUTH_OUTCOME.malformed);
  });
});

it('garbage never pushes out tokens that are known', async () => {
  const desk = deskFrom({ jwt: [base()], cached_tokens: 100 });
  const token = await signed(key);
  await desk.identify(bearer(token));
  for (let i = 0; i < 500; i++) await desk.identify(bearer(`eyJhbGciOiJFUzI1NiJ9.${i}.x`));
  expect(desk.identify(bearer(token))).not.toBeInstanceOf(Promise);
});

it('beside a token, an API key adds partner and plan, and a false one makes the request fail', async () => {
  const { newKey } = await import('../keys/format.ts');
  const apiKey = newKey({ id: 'app', secret: SECRET });
  const keys = { entries: [{ id: 'app', hash: apiKey.hash, partner: 'acme', plan: 'gold', scopes: ['everything'] }] };
  const desk = deskFrom({ jwt: [base()], keys });
  const both = async (second: string) =>
    desk.identify(request(['Authorization', `Bearer ${await signed(key)}`, 'X-Api-Key', second]));
  expect(await both(apiKey.key)).toMatchObject({
    principal: 'user-1',
    partner: 'acme',
    plan: 'gold',
    scheme: AUTH_SCHEME.jwt,
  });
  expect((await both(apiKey.key)).scopes).not.toContain('everything');
  expect(await both(newKey({ secret: SECRET }).key)).toMatchObject({ outcome: AUTH_OUTCOME.unknown, principal: '' });
  desk.revoke('app', 0);
  expect(await both(apiKey.key)).toMatchObject({ outcome: AUTH_OUTCOME.revoked });
});
