/** What others are told of revocations, whoever wants them, and what of shared signals outlives a restart: the whole gateway. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, exportJWK, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AUTH_SCHEME } from '../../../enrich/kinds.ts';
import { newKey } from '../../../identity/keys/format.ts';
import { ecKey, loopback } from '../../../identity/revocation/testing.ts';
import { type House, openHouse } from '../testing.ts';
import { Closing, httpUpstream } from '../upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

const TOKEN = 'token-of-sufficient-length';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const idp = ecKey();
const made = newKey({ id: 'k1', secret: null });

interface World extends House {
  /** What waits for the receiver of our events, acknowledged with this question. */
  told(): Promise<Record<string, unknown>[]>;
  readonly revoked: string[];
  /** A token of the issuer, and a security event of it. */
  token(jti: string): Promise<string>;
  push(set: string): Promise<number>;
  get(headers: Record<string, string>): Promise<number>;
  manage(method: string, path: string, body?: object): Promise<{ status: number; value: Record<string, unknown> }>;
}

/** An identity provider with its keys and a revocation endpoint; the tokens that it was told to revoke. */
async function provider() {
  const jwk = { ...(await exportJWK(idp.publicKey)), kid: 'k', alg: 'ES256' };
  const revoked: string[] = [];
  const server = await loopback(({ path, body }) => {
    if (path === '/revoke') revoked.push(new URLSearchParams(body).get('token') ?? '');
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ keys: [jwk] }) };
  });
  closing.add(() => server.close());
  return { url: server.url, revoked, server };
}

async function world(dir: string, issuer: Awaited<ReturnType<typeof provider>>): Promise<World> {
  const upstream = await httpUpstream(closing, (_, res) => res.end('served'));
  vi.stubEnv('SSF_TOKEN', TOKEN);
  closing.add(() => vi.unstubAllEnvs());
  writeFileSync(join(dir, 'ssf.pem'), ecKey().pem);
  const house = await openHouse({
    upstream,
    dir,
    settings: {
      gateway: { routes: [{ match: { path: '/**' }, auth: {} }] },
      identity: {
        keys: { entries: [{ id: 'k1', principal: 'billing', hash: made.hash }] },
        jwt: [{ issuer: issuer.url, audience: ['us'], jwks_url: `${issuer.url}/jwks`, algorithms: ['ES256'] }],
        revocation: {
          issuers: [
            {
              issuer: issuer.url,
              endpoint: `${issuer.url}/revoke`,
              auth: { method: 'basic', id: 'us', secret: { env: 'SSF_TOKEN' } },
            },
          ],
        },
        shared_signals: {
          receivers: [
            {
              name: 'idp',
              issuer: issuer.url,
              audience: 'us',
              jwks: `${issuer.url}/jwks`,
              push_token: { env: 'SSF_TOKEN' },
            },
          ],
          transmitter: {
            issuer: 'https://api.example',
            key: join(dir, 'ssf.pem'),
            streams: [{ name: 'siem', audience: 'https://siem.example', token: { env: 'SSF_TOKEN' } }],
          },
        },
      },
    },
  });
  closing.add(() => house.close());
  const authorization = `Bearer ${TOKEN}`;
  const post = (path: string, body: string, type: string) =>
    fetch(house.url + path, { method: 'POST', body, headers: { authorization, 'content-type': type } });
  const sign = (claims: Record<string, unknown>, typ: string) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'k', typ })
      .setIssuer(issuer.url)
      .setAudience('us')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(idp.privateKey);
  return {
    ...house,
    revoked: issuer.revoked,
    token: (jti) => sign({ sub: 'ann', jti }, 'at+jwt'),
    push: async (set) => (await post('/ssf/receive/idp', set, 'application/secevent+jwt')).status,
    get: async (headers) => (await fetch(`${house.url}/api`, { headers })).status,
    async told() {
      const { sets } = (await (await post('/ssf/poll/siem', '{}', 'application/json')).json()) as {
        sets: Record<string, string>;
      };
      await post('/ssf/poll/siem', JSON.stringify({ ack: Object.keys(sets) }), 'application/json');
      return Object.values(sets).map(decodeJwt);
    },
    async manage(method, path, body) {
      const answer = await fetch(`${house.url}/ssf/${path}`, {
        method,
        headers: { authorization },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, value: text === '' ? {} : JSON.parse(text) };
    },
  };
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-signals-'));
  closing.add(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const credential = (id: string) => ({ kind: 'credential', id }) as const;
const order = { untilMs: 0, by: 'ann', reason: 'leaked' };

describe('what is revoked', () => {
  it('is told to listeners in the same way by an operator and by a verdict', async () => {
    const issuer = await provider();
    const w = await world(folder(), issuer);
    const untilMs = Date.now() + 60_000;
    const by = { untilMs, mitigation: 'M-0123456789' };
    await w.office.revoke({ target: credential('k1'), ...order });
    w.office.condemned({ credential: 'k2', issuer: '', scheme: AUTH_SCHEME.key, principal: 'billing', ...by });
    await w.office.revoke({ target: credential('jti-1'), issuer: issuer.url, ...order });
    w.office.condemned({
      credential: 'jti-2',
      issuer: issuer.url,
      scheme: AUTH_SCHEME.jwt,
      principal: 'ann',
      ...by,
    });
    await vi.waitUntil(() => w.office.standing(9).length === 4);
    const [key, otherKey, token, otherToken] = await w.told();
    const change = (name: string, who: string) => ({
      sub_id: { format: 'iss_sub', iss: 'https://api.example', sub: 'billing' },
      events: {
        [`${CAEP}credential-change`]: {
          credential_type: 'api-key',
          change_type: 'revoke',
          friendly_name: name,
          initiating_entity: who,
        },
      },
    });
    expect(key).toMatchObject(change('k1', 'admin'));
    expect(otherKey).toMatchObject(change('k2', 'policy'));
    const session = (jti: string, who: string) => ({
      sub_id: { format: 'jwt_id', iss: issuer.url, jti },
      events: { [`${CAEP}session-revoked`]: { initiating_entity: who } },
    });
    expect(token).toMatchObject(session('jti-1', 'admin'));
    expect(otherToken).toMatchObject(session('jti-2', 'policy'));
  });

  it('stays revoked where it was told, and whoever takes it back is told so, after a restart, too', async () => {
    const issuer = await provider();
    const dir = folder();
    const before = await world(dir, issuer);
    const token = await before.token('jti-1');
    expect(await before.get({ authorization: `Bearer ${token}` })).toBe(200);
    const revoked = await before.office.revoke({ target: credential('jti-1'), ...order });
    expect(revoked.told).toEqual({ issuers: [], streams: ['siem'] });
    expect(await before.get({ authorization: `Bearer ${token}` })).toBe(401);
    await vi.waitUntil(() => before.office.standing(1)[0].told.issuers.length === 1);
    expect(issuer.revoked).toEqual([token]);
    const user = { kind: 'principal', id: 'ann', issuer: '' } as const;
    await before.office.revoke({ target: user, ...order });
    expect(await before.office.restore(user, 'ann', 'a mistake')).toEqual({ issuers: [], streams: ['siem'] });
    await before.close();
    const after = await world(dir, issuer);
    const stays = { issuers: [issuer.url], streams: ['siem'] };
    expect(after.office.standing(1)[0].told).toEqual(stays);
    expect(await after.office.restore(credential('jti-1'), 'ann', 'a mistake')).toEqual(stays);
    const entries: { kind: string; data: object }[] = [];
    for await (const { kind, data } of after.live.ledger.entries()) entries.push({ kind, data });
    expect(entries.findLast(({ kind }) => kind === 'key.restored')?.data).toMatchObject({
      told_issuers: [issuer.url],
      told_streams: ['siem'],
    });
    // Here it counts again; what the issuer says of it is not ours to say.
    expect(await after.get({ authorization: `Bearer ${token}` })).toBe(200);
  });
});

describe('after a restart', () => {
  it('a security event that was taken does not count again', async () => {
    const issuer = await provider();
    const dir = folder();
    const before = await world(dir, issuer);
    const set = await new SignJWT({
      sub_id: { format: 'jwt_id', iss: issuer.url, jti: 'k1' },
      events: { [`${CAEP}session-revoked`]: {} },
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'secevent+jwt' })
      .setIssuer(issuer.url)
      .setAudience('us')
      .setJti('e1')
      .setIssuedAt()
      .sign(idp.privateKey);
    const key = { 'X-API-Key': made.key };
    expect([await before.push(set), await before.get(key)]).toEqual([202, 401]);
    await before.office.restore(credential('k1'), 'ann', 'the provider was wrong');
    await before.close();
    const after = await world(dir, issuer);
    expect([await after.push(set), await after.get(key)]).toEqual([202, 200]);
  });

  it('a stream is as its receiver wanted it, and the ledger knows who has changed it', async () => {
    const issuer = await provider();
    const dir = folder();
    const before = await world(dir, issuer);
    const status = { stream_id: 'siem', status: 'paused', reason: 'we move house' };
    expect(await before.manage('POST', 'status', status)).toEqual({ status: 200, value: status });
    const ann = { format: 'iss_sub', iss: 'https://api.example', sub: 'ann' };
    expect((await before.manage('POST', 'subjects:remove', { stream_id: 'siem', subject: ann })).status).toBe(204);
    await before.close();
    const after = await world(dir, issuer);
    expect((await after.manage('GET', 'status?stream_id=siem')).value).toEqual(status);
    await after.manage('POST', 'status', { stream_id: 'siem', status: 'enabled' });
    const of = (id: string) => ({ target: { kind: 'principal', id, issuer: '' } as const, ...order });
    expect((await after.office.revoke(of('ann'))).told.streams).toEqual([]);
    expect((await after.office.revoke(of('bob'))).told.streams).toEqual(['siem']);
    expect((await after.told()).map(({ sub_id }) => (sub_id as { sub: string }).sub)).toEqual(['bob']);
    const changes: unknown[] = [];
    for await (const { kind, by, reason, data } of after.live.ledger.entries())
      if (kind === 'signals.stream') changes.push([by, reason, data.change, data.change === 'status' ? data.to : '']);
    expect(changes).toEqual([
      ['receiver:siem', 'we move house', 'status', 'paused'],
      ['receiver:siem', '', 'subject-removed', ''],
      ['receiver:siem', '', 'status', 'enabled'],
    ]);
  });
});
