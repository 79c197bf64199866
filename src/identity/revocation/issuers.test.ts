import { decodeJwt, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { createFetcher } from '../http.ts';
import { filesOf } from '../signed/testing.ts';
import { type IssuerNews, IssuerTeller } from './issuers.ts';
import {
  type Answer,
  callerWith,
  ecKey,
  Heard,
  hurried,
  type LoopbackServer,
  loopback,
  NOW,
  revocationSettings,
} from './testing.ts';

const key = ecKey();
const ISSUER = 'https://idp.example';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** An authorization server that answers in turn, and a teller of its issuer. */
async function room(answers: Answer[], auth: object, more: object = {}) {
  const server: LoopbackServer = await loopback(() => answers.shift() ?? { status: 200 });
  const fetcher = createFetcher();
  const heard = new Heard<IssuerNews>();
  const teller = new IssuerTeller({
    settings: revocationSettings({ issuers: [{ issuer: ISSUER, endpoint: `${server.url}/revoke`, auth }], ...more }),
    files: filesOf({ SECRET: 'secret with: odd/parts' }, { 'client.pem': key.pem }),
    fetch: fetcher.fetch,
    now: () => NOW,
    settled: heard.take,
    schedule: hurried().schedule,
  });
  closing.push(
    () => teller.close(),
    () => fetcher.close(),
    () => server.close(),
  );
  return { server, teller, heard };
}

const BASIC = { method: 'basic', id: 'sally port', secret: { env: 'SECRET' } };
const SIGNED = { method: 'private_key_jwt', id: 'sallyport', key: 'client.pem', kid: 'k1' };

describe('telling issuers (RFC 7009)', () => {
  it('posts the token with our client id and secret', async () => {
    const { server, teller, heard } = await room([], BASIC);
    expect(teller.tell(ISSUER, 'the-token', 'jti-1')).toBe(true);
    await heard.until(1);
    const [{ method, path, headers, body }] = server.got;
    expect([method, path, headers['content-type']]).toEqual(['POST', '/revoke', 'application/x-www-form-urlencoded']);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      token: 'the-token',
      token_type_hint: 'access_token',
    });
    const pair = Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
    expect(pair).toBe('sally+port:secret+with%3A+odd%2Fparts');
    expect(heard.all).toEqual([{ issuer: ISSUER, credential: 'jti-1', outcome: 'done', attempts: 1, code: '' }]);
  });

  it('signs an assertion of its own where the issuer wants one', async () => {
    const { server, teller, heard } = await room([], SIGNED);
    teller.tell(ISSUER, 'the-token', 'jti-1', 'refresh_token');
    await heard.until(1);
    const form = new URLSearchParams(server.got[0].body);
    expect(form.get('token_type_hint')).toBe('refresh_token');
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', key.publicKey, {
      issuer: 'sallyport',
      subject: 'sallyport',
      audience: ISSUER,
      currentDate: new Date(NOW),
    });
    expect([protectedHeader.kid, (payload.exp ?? 0) - (payload.iat ?? 0)]).toEqual(['k1', 60]);
    teller.tell(ISSUER, 'another', 'jti-2');
    await heard.until(2);
    const second = decodeJwt(new URLSearchParams(server.got[1].body).get('client_assertion') ?? '');
    expect(second.jti).not.toBe(payload.jti);
  });

  it('tries again while the issuer is down, and not where it refuses', async () => {
    const { server, teller, heard } = await room(
      [{ status: 503 }, { status: 429 }, { status: 200 }, { status: 400 }],
      BASIC,
    );
    teller.tell(ISSUER, 'a', 'jti-1');
    teller.tell(ISSUER, 'b', 'jti-2');
    await heard.until(2);
    expect(heard.all.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
      ['done', 3],
      ['refused', 1],
    ]);
    expect(server.got).toHaveLength(4);
  });

  it('gives up, and keeps the queue bounded', async () => {
    const { server, teller, heard } = await room([], BASIC, { attempts: 2, queue: 1 });
    await server.close();
    expect([teller.tell(ISSUER, 'a', 'jti-1'), teller.tell(ISSUER, 'b', 'jti-2')]).toEqual([true, false]);
    await heard.until(2);
    expect(heard.all.map(({ outcome, code }) => `${outcome} ${code}`)).toEqual(['no-room SP7605', 'gave-up SP7604']);
    expect(teller.tell('https://nobody.example', 'c', 'jti-3')).toBe(false);
    expect(teller.tell(ISSUER, '', 'jti-3')).toBe(false);
  });

  it('learns of a token when it is presented after it was revoked, once', async () => {
    const { server, teller, heard } = await room([], BASIC);
    const { seen } = teller.watch();
    const found = {
      authorization: '',
      authScheme: 'bearer',
      authValue: 'raw-token',
      cookie: '',
      key: '',
      keyHeader: '',
      dpop: '',
      ambiguous: false,
    };
    const caller = callerWith({ credential: 'jti-1', issuer: ISSUER });
    expect(seen(null, found, caller)).toBe(0);
    const revoked = { ...caller, outcome: AUTH_OUTCOME.revoked };
    seen(null, { ...found, authScheme: 'basic' }, revoked);
    seen(null, found, revoked);
    seen(null, found, revoked);
    await heard.until(1);
    expect(server.got.map(({ body }) => new URLSearchParams(body).get('token'))).toEqual(['raw-token']);
  });

  it('needs a key of the kind that the algorithm takes', async () => {
    await expect(room([], { ...SIGNED, algorithm: 'RS256' })).rejects.toMatchObject({ code: 'SP7602' });
  });
});
