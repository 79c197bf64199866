import { calculateJwkThumbprint } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { authorise } from '../access.ts';
import type { Caller, Presented } from '../contract.ts';
import {
  bearer,
  deskFrom,
  goodClaims,
  issuerOf,
  NOW,
  NOW_SEC,
  proofFor,
  request,
  signed,
  type TestKey,
  testKey,
} from '../testing.ts';

let key: TestKey;
let client: TestKey;
let token: string;
beforeAll(async () => {
  key = await testKey();
  client = await testKey('ES256', 'client');
  token = await signed(key, goodClaims({ cnf: { jkt: await calculateJwkThumbprint(client.jwk) } }));
});

const deskOf = (dpop: unknown = {}) => deskFrom({ jwt: [issuerOf(key)], dpop });

const RULE = { required: true, schemes: [], scopes: [], roles: [] };
const send = (proof: string, over: Partial<Presented> = {}, of = token): Presented =>
  request(['Authorization', `DPoP ${of}`, 'DPoP', proof], over);

describe('proofs', () => {
  it('are good for one request, once', async () => {
    const desk = deskOf();
    const proof = await proofFor(client, token, request());
    expect((await desk.identify(send(proof))).outcome).toBe(AUTH_OUTCOME.accepted);
    const again = await desk.identify(send(proof));
    expect([again.outcome, again.flags & FLAG.REPLAYED]).toEqual([AUTH_OUTCOME.replayed, FLAG.REPLAYED]);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['of another method', { htm: 'POST' }, true],
    ['of another path', { htu: 'https://api.example/other' }, true],
    ['of another host', { htu: 'https://evil.example/orders' }, true],
    ['without a target', { htu: undefined }, true],
    ['for another token', { ath: 'A'.repeat(43) }, false],
    ['that is too old', { iat: NOW_SEC - 61 }, false],
    ['from the future', { iat: NOW_SEC + 6 }, false],
    ['without a time', { iat: 'now' }, true],
    ['without a jti', { jti: undefined }, true],
    ['with a jti without end', { jti: 'j'.repeat(300) }, true],
  ])('%s do not count', async (_, over, suspicious) => {
    const caller = await deskOf().identify(send(await proofFor(client, token, request(), over)));
    expect(caller.outcome).toBe(AUTH_OUTCOME.binding);
    expect((caller.flags & FLAG.BOUND_ELSEWHERE) !== 0).toBe(suspicious);
    expect(caller.principal).toBe('');
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another type', { typ: 'JWT' }],
    ['without a key', { jwk: undefined }],
    ['with a shared secret', { jwk: { kty: 'oct', k: 'AAAA' } }],
  ])('%s do not count', async (_, header) => {
    const caller = await deskOf().identify(send(await proofFor(client, token, request(), {}, header)));
    expect(caller.outcome).toBe(AUTH_OUTCOME.binding);
  });

  it('signed by somebody who only knows the public key do not count', async () => {
    const thief = await testKey('ES256', 'thief');
    const { kid: _kid, alg: _alg, use: _use, ...jwk } = client.jwk;
    const caller = await deskOf().identify(send(await proofFor(thief, token, request(), {}, { jwk })));
    expect(caller).toMatchObject({ outcome: AUTH_OUTCOME.binding, detail: 'the signature of the proof is wrong' });
  });

  it('leave no use behind where they do not count', async () => {
    const desk = deskOf();
    const thief = await testKey('ES256', 'thief');
    const { kid: _kid, alg: _alg, use: _use, ...jwk } = client.jwk;
    await desk.identify(send(await proofFor(thief, token, request(), { jti: 'same' }, { jwk })));
    const good = await desk.identify(send(await proofFor(client, token, request(), { jti: 'same' })));
    expect(good.outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('may name their target in other words for the same thing', async () => {
    const proof = await proofFor(client, token, request(), { htu: 'HTTPS://API.example:443/orders?x=1#y' });
    expect((await deskOf().identify(send(proof))).outcome).toBe(AUTH_OUTCOME.accepted);
    const outside = deskOf({ origins: ['https://public.example'] });
    const named = await proofFor(client, token, request(), { htu: 'https://public.example/orders' });
    expect((await outside.identify(send(named))).outcome).toBe(AUTH_OUTCOME.accepted);
  });
});

describe('bound tokens', () => {
  it('do not count as bearer tokens, nor unbound ones under DPoP', async () => {
    const desk = deskOf();
    expect(await desk.identify(bearer(token))).toMatchObject({
      outcome: AUTH_OUTCOME.binding,
      flags: FLAG.BOUND_ELSEWHERE,
    });
    const unbound = await signed(key);
    const proof = await proofFor(client, unbound, request());
    expect(await desk.identify(send(proof, {}, unbound))).toMatchObject({ outcome: AUTH_OUTCOME.binding, flags: 0 });
  });

  it('do not count where proofs are not looked at, or the binding is not understood', async () => {
    const desk = deskFrom({ jwt: [issuerOf(key)] });
    expect((await desk.identify(send(await proofFor(client, token, request())))).outcome).toBe(AUTH_OUTCOME.binding);
    for (const cnf of [{ kid: 'x' }, 'text', {}]) {
      const odd = await signed(key, goodClaims({ cnf } as never));
      expect((await desk.identify(bearer(odd))).outcome).toBe(AUTH_OUTCOME.binding);
    }
  });
});

describe('nonces', () => {
  it('are handed out with the refusal and count for a while', async () => {
    const desk = deskOf({ nonce: true, max_age_s: 600 });
    const first: Caller = await desk.identify(send(await proofFor(client, token, request())));
    const refusal = authorise(first, RULE);
    expect(refusal).toMatchObject({ status: 401, challenge: expect.stringContaining('DPoP error="use_dpop_nonce"') });
    expect(first.flags & FLAG.BOUND_ELSEWHERE).toBe(0);
    const [name, nonce] = refusal?.headers ?? [];
    expect(name).toBe('dpop-nonce');
    const proof = async (nowMs: number) =>
      send(await proofFor(client, token, request([], { nowMs }), { nonce }), { nowMs });
    expect((await desk.identify(await proof(NOW))).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await desk.identify(await proof(NOW + 180_000))).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await desk.identify(await proof(NOW + 360_000))).outcome).toBe(AUTH_OUTCOME.binding);
  });
});
