import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../enrich/kinds.ts';
import type { Caller } from './contract.ts';
import { createDenylist } from './denylist.ts';
import { createDesk } from './desk.ts';
import { callerOf, NOBODY, type Scheme } from './scheme.ts';
import { bearer, deskFrom, NOW, request } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const { accepted, unavailable, revoked, malformed } = AUTH_OUTCOME;
const scheme = (over: Partial<Scheme> = {}): Scheme => ({
  name: 'test',
  present: () => true,
  identify: () => callerOf(AUTH_SCHEME.key, accepted, { credential: 'c', principal: 'p' }),
  close() {},
  ...over,
});

describe('a desk', () => {
  it('answers at once where its scheme does, and takes the first that is present', () => {
    const desk = createDesk({ schemes: [scheme({ present: () => false, identify: () => NOBODY }), scheme()] });
    expect(desk.identify(request())).toMatchObject({ credential: 'c' });
    expect(createDesk({ schemes: [] }).identify(request())).toBe(NOBODY);
  });

  it('never throws or rejects, whatever a scheme does', async () => {
    const seen: string[] = [];
    const fail = (): never => {
      throw new Error('defect');
    };
    const parts: Partial<Scheme>[] = [
      { present: fail },
      { identify: fail },
      { identify: async () => fail() },
      { identify: () => Promise.reject(new Error('later')) },
      { needsBody: fail, answered: fail, close: fail },
    ];
    for (const part of parts) {
      const desk = createDesk({
        schemes: [scheme(part)],
        watches: [{ answered: fail }],
        onDefect: (name) => {
          seen.push(name);
          fail();
        },
      });
      const caller = await desk.identify(request());
      expect([unavailable, accepted]).toContain(caller.outcome);
      expect(desk.needsBody(request())).toBe(false);
      expect(desk.answered(request(), caller, { status: 200, headers: [], loggedIn: true, nowMs: NOW })).toBe(0);
      await desk.close();
    }
    expect(seen).toEqual(expect.arrayContaining(['desk', 'test', 'needsBody', 'answered', 'close']));
  });

  it('a credential that stands twice is refused, before anybody looks at it', () => {
    let looked = 0;
    const counting = scheme({
      identify: () => {
        looked++;
        return NOBODY;
      },
    });
    const twice = request(['Authorization', 'Bearer a', 'Authorization', 'Bearer b']);
    expect(createDesk({ schemes: [counting] }).identify(twice)).toMatchObject({ outcome: malformed });
    expect(looked).toBe(0);
  });

  it('what is revoked counts no more with the next request, until it is restored', () => {
    const desk = createDesk({ schemes: [scheme()] });
    const ask = (nowMs = NOW) => desk.identify(request([], { nowMs })) as Caller;
    desk.revoke('c', NOW + 1000);
    expect(ask()).toMatchObject({ outcome: revoked, principal: '', credential: 'c' });
    expect(ask(NOW + 1000).outcome).toBe(accepted);
    desk.revoke('c', 0);
    expect(ask(NOW + 1e12).outcome).toBe(revoked);
    desk.restore('c');
    expect(ask().outcome).toBe(accepted);
  });

  it('headers that only we may write are taken out of every request', () => {
    const desk = deskFrom({ forward: { principal: 'X-User', scopes: 'X-Scopes' } });
    for (const presented of [request(), bearer('claimed'), request(['Cookie', 'sid=1'])]) {
      const caller = desk.identify(presented) as Caller;
      expect([...caller.removed]).toEqual(['x-user', 'x-scopes']);
      expect(caller.added).toEqual([]);
    }
  });

  it('tells the upstream who was proven, without letting names break headers', () => {
    const named = (principal: string) => createDeskOf(principal).identify(request(['X-Api-Key', 'k'])) as Caller;
    const createDeskOf = (principal: string) => {
      const schemes = [scheme({ identify: () => callerOf(AUTH_SCHEME.jwt, accepted, { principal }) })];
      return deskFrom({ forward: { principal: 'X-User' } }, { schemes });
    };
    expect(named('user-1').added).toEqual(['X-User', 'user-1']);
    expect(named('a\r\nX-Admin: 1').added).toEqual(['X-User', 'a%0D%0AX-Admin%3A%201']);
    expect(named('50%').added).toEqual(['X-User', '50%25']);
  });
});

it('the denylist is bounded, and what ends first goes first', () => {
  const list = createDenylist(16);
  for (let i = 0; i < 100; i++) list.revoke(`c${i}`, NOW + i);
  const held = Array.from({ length: 100 }, (_, i) => list.isRevoked(callerOf(1, 2, { credential: `c${i}` }), 0));
  expect(held.filter(Boolean).length).toBeLessThanOrEqual(16);
  expect(held[99]).toBe(true);
});

it('any request is answered by a fully set up desk without an exception', async () => {
  const defects: unknown[] = [];
  const settings = {
    keys: { entries: [] },
    certificates: { header: 'x-forwarded-client-cert' },
    jwt: [{ issuer: 'i', audience: ['a'], jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] } }],
    dpop: {},
    refresh: { token_endpoints: ['/orders'] },
  };
  const options = {
    trustsEdge: true,
    onDefect: (_: string, error: unknown) => defects.push(error),
  };
  const desk = deskFrom(settings, options);
  const name = fc.constantFrom(
    'Authorization',
    'Cookie',
    'DPoP',
    'X-Api-Key',
    'X-Forwarded-Client-Cert',
    'Content-Type',
  );
  const part = fc.constantFrom(
    'Bearer ',
    'DPoP ',
    'eyJhbGciOiJFUzI1NiJ9',
    '.',
    'sid=',
    's:',
    'sp_',
    'Hash=',
    'Cert="',
    '%',
    '"',
    ';',
    ',',
    '=',
  );
  const value = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 6 }), async (headers) => {
      const presented = request(headers.flat(), { method: 'POST', body: Buffer.from(headers.join('&')) });
      const caller = await desk.identify(presented);
      desk.answered(presented, caller, { status: 200, headers: headers.flat(), loggedIn: true, nowMs: NOW });
      expect(caller.outcome).not.toBe(accepted);
    }),
  );
  expect(defects).toEqual([]);
});
