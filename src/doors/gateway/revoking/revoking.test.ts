/** What counts no more, through the whole gateway: by operators, verdicts and others, across reloads, restarts and workers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { identity } from '../../../config/identity.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../../enrich/kinds.ts';
import { newKey } from '../../../identity/keys/format.ts';
import { callerWith, ecKey, loopback } from '../../../identity/revocation/testing.ts';
import { ALLOW } from '../../../runtime/live/verdict.ts';
import { type House, openHouse } from '../testing.ts';
import { Closing, httpUpstream } from '../upstream/testing.ts';
import { Branch } from './branch.ts';
import { type BranchAsk, condemnedBy } from './revoking.ts';

const closing = new Closing();
afterEach(() => closing.run());

interface World extends House {
  readonly seen: IncomingHttpHeaders[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

async function world(settings: Record<string, unknown>, dir?: string): Promise<World> {
  const seen: IncomingHttpHeaders[] = [];
  const upstream = await httpUpstream(closing, (req, res) => {
    seen.push(req.headers);
    res.end('served');
  });
  const house = await openHouse({ upstream, settings, dir, ephemeral: dir === undefined });
  closing.add(() => house.close());
  const get = (path: string, headers: Record<string, string> = {}) => fetch(house.url + path, { headers });
  return { ...house, seen, get };
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-revoking-'));
  closing.add(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const made = newKey({ id: 'k1', secret: null });
const keys = { entries: [{ id: 'k1', principal: 'billing', hash: made.hash }] };
const settings = { identity: { keys }, gateway: { routes: [{ match: { path: '/api/**' }, auth: {} }] } };
const bearer = { 'X-API-Key': made.key };
const KEY = { issuer: '', scheme: AUTH_SCHEME.key, principal: 'billing' };
const order = { target: { kind: 'credential', id: 'k1' }, untilMs: 0, by: 'ann', reason: 'leaked' } as const;

describe('what an operator revokes', () => {
  it('is refused on every route from the next request on, and counts again once restored', async () => {
    const w = await world(settings);
    expect((await w.get('/api/x', bearer)).status).toBe(200);
    await w.office.revoke(order);
    for (const path of ['/api/x', '/open']) {
      const refused = await w.get(path, bearer);
      expect(refused.status).toBe(401);
      expect(await refused.json()).toMatchObject({ code: 'SP7502' });
    }
    expect((await w.get('/open')).status).toBe(200);
    await w.office.restore(order.target, 'ann', 'a mistake');
    expect((await w.get('/api/x', bearer)).status).toBe(200);
    await expect(w.office.restore(order.target, 'ann', 'again')).rejects.toMatchObject({ code: 'SP7610' });
  });

  it('stands through a reload', async () => {
    const w = await world(settings);
    await w.office.revoke(order);
    await w.gateway.update(w.loaded, w.live.enrichment);
    expect((await w.get('/api/x', bearer)).status).toBe(401);
  });

  it('stands through a restart, and the ledger says neither its id nor its name in the clear', async () => {
    const dir = folder();
    const before = await world(settings, dir);
    await before.office.revoke(order);
    await before.office.revoke({ ...order, target: { kind: 'session', id: 's1' }, untilMs: Date.now() + 60_000 });
    await before.office.revoke({ ...order, target: { kind: 'device', id: 'd1' } });
    await before.office.restore({ kind: 'device', id: 'd1' }, 'ann', 'found again');
    const state = await before.live.ledger.state(Date.now());
    expect([...state.revoked.keys()].join()).not.toContain('k1');
    await before.close();
    const after = await world(settings, dir);
    expect((await after.get('/api/x', bearer)).status).toBe(401);
    const standing = after.office.standing(10).map(({ target, by, reason }) => [target.kind, target.id, by, reason]);
    expect(standing).toContainEqual(['credential', 'k1', 'ann', 'leaked']);
    expect(standing).toContainEqual(['session', 's1', 'ann', 'leaked']);
    expect(standing).toHaveLength(2);
  });
});

describe('what a verdict revokes', () => {
  const verdict = {
    ...ALLOW,
    action: 'revoke',
    dimension: 'credential',
    mitigation: 'M-0123456789',
    untilMs: Date.now() + 600_000,
  } as const;

  it('is the credential of who is meant, and of nobody who shares an address', () => {
    const caller = callerWith({ credential: 'k1' });
    expect(condemnedBy(verdict, caller)).toMatchObject({ credential: 'k1', mitigation: 'M-0123456789' });
    expect(condemnedBy({ ...verdict, dimension: 'ip' }, caller)).toBeNull();
    expect(condemnedBy({ ...verdict, action: 'block' }, caller)).toBeNull();
    expect(condemnedBy(verdict, { ...caller, outcome: AUTH_OUTCOME.unknown })).toBeNull();
  });

  it('counts no more with the next request, and again when the mitigation is taken back', async () => {
    const w = await world(settings);
    const { runtime } = w.live;
    const judge = vi.spyOn(runtime, 'request').mockReturnValueOnce(verdict);
    expect((await w.get('/api/x', bearer)).status).toBe(401);
    expect(w.seen).toEqual([]);
    judge.mockRestore();
    // Nothing stands against it in the engine now: the desk itself refuses.
    expect((await w.get('/api/x', bearer)).status).toBe(401);
    expect(w.office.standing(1)).toMatchObject([{ by: 'engine', mitigation: 'M-0123456789' }]);
    w.office.undone(['M-ffffffffff'], 'ann', 'another one');
    expect((await w.get('/api/x', bearer)).status).toBe(401);
    w.office.undone(['M-0123456789'], 'ann', 'our own test');
    expect((await w.get('/api/x', bearer)).status).toBe(200);
  });

  it('does not take the place of what an operator has revoked', async () => {
    const w = await world(settings);
    await w.office.revoke(order);
    w.office.condemned({ credential: 'k1', ...KEY, untilMs: verdict.untilMs, mitigation: 'M-0123456789' });
    w.office.undone(['M-0123456789'], 'ann', 'undone');
    expect((await w.get('/api/x', bearer)).status).toBe(401);
  });
});

describe('security events', () => {
  it('arrive at their path, and their documents are found', async () => {
    const idp = ecKey();
    const jwk = { ...(await exportJWK(idp.publicKey)), kid: 'k', alg: 'ES256' };
    const keyServer = await loopback(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys: [jwk] }),
    }));
    closing.add(() => keyServer.close());
    const pem = join(folder(), 'ssf.pem');
    writeFileSync(pem, ecKey().pem);
    vi.stubEnv('SSF_TOKEN', 'token-of-sufficient-length');
    closing.add(() => vi.unstubAllEnvs());
    const w = await world({
      ...settings,
      identity: {
        keys,
        shared_signals: {
          receivers: [
            {
              name: 'idp',
              issuer: 'https://idp.example',
              audience: 'https://api.example',
              jwks: `${keyServer.url}/jwks`,
              algorithms: ['ES256'],
              push_token: { env: 'SSF_TOKEN' },
            },
          ],
          transmitter: {
            issuer: 'https://api.example',
            key: pem,
            streams: [{ name: 'siem', audience: 'https://siem.example', token: { env: 'SSF_TOKEN' } }],
          },
        },
      },
    });
    const set = await new SignJWT({
      sub_id: { format: 'jwt_id', iss: 'https://idp.example', jti: 'k1' },
      events: {
        'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {
          event_timestamp: Math.floor(Date.now() / 1000),
        },
      },
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'secevent+jwt' })
      .setIssuer('https://idp.example')
      .setAudience('https://api.example')
      .setJti('e1')
      .setIssuedAt()
      .sign(idp.privateKey);
    const post = (path: string, body: string, headers: Record<string, string>) =>
      fetch(w.url + path, { method: 'POST', body, headers });
    const type = { 'content-type': 'application/secevent+jwt' };
    const wrong = { ...type, authorization: 'Bearer another-of-sufficient-length' };
    expect((await post('/ssf/receive/idp', set, wrong)).status).toBe(401);
    expect((await w.get('/api/x', bearer)).status).toBe(200);
    const right = { ...type, authorization: 'Bearer token-of-sufficient-length' };
    expect((await post('/ssf/receive/idp', set, right)).status).toBe(202);
    expect((await w.get('/api/x', bearer)).status).toBe(401);
    expect(w.office.standing(1)).toMatchObject([{ by: 'signals', target: { id: 'k1' } }]);
    expect((await post('/ssf/receive/idp', 'x'.repeat(200_000), type)).status).toBe(413);
    const found = await (await w.get('/.well-known/ssf-configuration')).json();
    expect(found).toMatchObject({ issuer: 'https://api.example', jwks_uri: 'https://api.example/ssf/jwks' });
    expect(await (await w.get('/ssf/jwks')).json()).toMatchObject({ keys: [{ kid: 'ssf-1' }] });
    // None of these ever reaches the application.
    expect(w.seen).toHaveLength(1);
    expect((await w.get('/ssf/receive/other')).status).toBe(200);
  });
});

describe('a branch', () => {
  const branchOf = (ask: (ask: BranchAsk) => boolean) => {
    const branch = new Branch({ settings: identity.parse({}), baseDir: '.', worker: 2, clock: Date.now, ask });
    closing.add(() => branch.close());
    return branch;
  };

  it('knows what the office knows, and says what it condemns', () => {
    const asked: BranchAsk[] = [];
    const branch = branchOf((ask) => asked.push(ask) > 0);
    const deny = (id: string) =>
      ({ do: 'deny', target: { kind: 'credential', id }, terms: { untilMs: 0, by: 'us' } }) as const;
    branch.take({ standing: [deny('a'), deny('b')], paths: ['/ssf/jwks'] });
    branch.take({ change: { do: 'allow', target: { kind: 'credential', id: 'a' }, by: 'us' } });
    branch.take({ change: deny('c') });
    const revoked = (id: string) => branch.list.isRevoked(callerWith({ credential: id }), Date.now());
    expect(['a', 'b', 'c', 'd'].map(revoked)).toEqual([false, true, true, false]);
    const what = { credential: 'd', ...KEY, untilMs: Date.now() + 60_000, mitigation: 'M-0123456789' };
    branch.condemned(what);
    expect([revoked('d'), asked]).toEqual([true, [{ do: 'condemn', what }]]);
    // The connection was lost, and the office has gone on meanwhile.
    branch.take({ standing: [deny('b')] });
    expect(['a', 'b', 'c', 'd'].map(revoked)).toEqual([false, true, false, false]);
  });

  it('passes questions on, takes its own answers only, and has no more than so many under way', async () => {
    const asked: BranchAsk[] = [];
    const branch = branchOf((ask) => asked.push(ask) > 0);
    branch.take({ paths: ['/ssf/jwks'] });
    expect([branch.owns('/ssf/jwks'), branch.owns('/ssf/poll/x')]).toEqual([true, false]);
    const question = { method: 'GET', headers: {}, body: '' };
    const answers = Array.from({ length: 33 }, () => branch.serve('/ssf/jwks', question));
    expect((await answers[32]).status).toBe(503);
    const told = { status: 200, headers: {}, body: 'keys' };
    branch.take({ told: { worker: 1, id: 1, told: { ...told, body: 'of another worker' } } });
    branch.take({ told: { worker: 2, id: 1, told } });
    expect(await answers[0]).toEqual(told);
    await branch.close();
    expect((await answers[1]).status).toBe(503);
    const lost = branchOf(() => false);
    expect((await lost.serve('/ssf/jwks', question)).status).toBe(503);
  });
});
