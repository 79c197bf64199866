/** Who is calling, as the whole gateway sees it: what is refused, what the application is told, what stands in the facts. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { textOf } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, LEAK } from '../../enrich/kinds.ts';
import { newKey } from '../../identity/keys/format.ts';
import { HandLoad, type House, onRows, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

/** Echoes bodies; some paths give things away. */
function answer(req: IncomingMessage, res: ServerResponse): void {
  const given = GIVEN[req.url ?? ''];
  if (given !== undefined) {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(given));
    return;
  }
  const pieces: Buffer[] = [];
  req.on('data', (piece: Buffer) => pieces.push(piece));
  req.on('end', () => res.end(pieces.length === 0 ? 'served' : Buffer.concat(pieces)));
}

const PEM = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(8)}-----END PRIVATE KEY-----`;
const GIVEN: Readonly<Record<string, unknown>> = {
  '/leaky': { key: PEM },
  '/people': { items: [{ email: 'ann@example.org' }, { email: 'bo@example.org' }] },
};

interface World extends House {
  /** Headers of the requests that reached the application. */
  readonly seen: IncomingHttpHeaders[];
  /** AUTH_OUTCOME of every request, in order. */
  readonly outcomes: number[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

async function world(settings: Record<string, unknown>, load?: HandLoad): Promise<World> {
  const seen: IncomingHttpHeaders[] = [];
  const upstream = await httpUpstream(closing, (req, res) => {
    seen.push(req.headers);
    answer(req, res);
  });
  const house = await openHouse({
    upstream,
    settings: { routes: { login: ['/login'] }, ...settings },
    ephemeral: true,
    load,
  });
  closing.add(() => house.close());
  const outcomes: number[] = [];
  onRows(house, (rows, row, response) => {
    if (!response) outcomes.push(rows.authOutcome[row]);
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(house.url + path, { headers: { 'X-Forwarded-For': '198.51.100.7', ...headers } });
  return { ...house, seen, outcomes, get };
}

describe('a route that asks for a key', () => {
  const made = newKey({ id: 'k1', secret: null });
  const settings = {
    identity: {
      keys: { entries: [{ id: 'k1', principal: 'billing', partner: 'acme', scopes: ['read'], hash: made.hash }] },
      forward: { principal: 'X-Principal', partner: 'X-Partner' },
    },
    gateway: {
      routes: [
        { match: { path: '/admin/**' }, auth: { scopes: ['admin'] } },
        { match: { path: '/api/**' }, auth: { schemes: ['key'] }, sensitivity: 'money' },
      ],
    },
  };

  it('lets the right one on, and tells the application who it is and not by what', async () => {
    const w = await world(settings);
    const response = await w.get('/api/x', { 'X-API-Key': made.key, 'X-Principal': 'root' });
    expect([response.status, await response.text()]).toEqual([200, 'served']);
    expect(w.seen[0]).toMatchObject({ 'x-principal': 'billing', 'x-partner': 'acme' });
    expect(w.outcomes).toEqual([AUTH_OUTCOME.accepted]);
  });

  it('refuses everything else with a problem, and the application never sees it', async () => {
    const w = await world(settings);
    const bad = newKey({ id: 'k1', secret: null }).key;
    for (const [headers, status, outcome] of [
      [{}, 401, AUTH_OUTCOME.missing],
      [{ 'X-API-Key': bad }, 401, AUTH_OUTCOME.unknown],
      [{ 'X-API-Key': 'nonsense' }, 401, AUTH_OUTCOME.unknown],
    ] as const) {
      const response = await w.get('/api/x', headers);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('www-authenticate')).not.toBeNull();
      expect(await response.json()).toMatchObject({ status, code: expect.stringMatching(/^SP75/) });
      expect(w.outcomes.at(-1)).toBe(outcome);
    }
    expect(w.seen).toEqual([]);
  });

  it('says that a good key is not enough, and asks nobody elsewhere', async () => {
    const w = await world(settings);
    const response = await w.get('/admin/x', { 'X-API-Key': made.key });
    expect(response.status).toBe(403);
    expect(w.outcomes).toEqual([AUTH_OUTCOME.scope]);
    expect((await w.get('/public', { 'X-API-Key': 'nonsense', 'X-Principal': 'root' })).status).toBe(200);
    // Nobody else may say who somebody is.
    expect(w.seen[0]['x-principal']).toBeUndefined();
  });

  it('takes keys back at a reload, without a pause', async () => {
    const w = await world(settings);
    expect((await w.get('/api/x', { 'X-API-Key': made.key })).status).toBe(200);
    const { loaded, live } = w;
    const entries = [{ ...loaded.config.identity.keys?.entries[0], revoked: true }];
    const keys = { ...loaded.config.identity.keys, entries } as NonNullable<typeof loaded.config.identity.keys>;
    const next = { ...loaded, config: { ...loaded.config, identity: { ...loaded.config.identity, keys } } };
    await w.gateway.update(next, live.enrichment);
    expect((await w.get('/api/x', { 'X-API-Key': made.key })).status).toBe(401);
    expect(w.outcomes.at(-1)).toBe(AUTH_OUTCOME.revoked);
  });
});

describe('a token that is bound to a key', () => {
  it('gets the nonce for the next proof with every answer, and the first one with a refusal', async () => {
    vi.stubEnv('SALLYPORT_TEST_TOKENS', 'a secret of at least thirty-two bytes');
    closing.add(() => vi.unstubAllEnvs());
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const secret = { env: 'SALLYPORT_TEST_TOKENS' };
    const w = await world({
      identity: {
        jwt: [{ issuer: 'https://id.example', audience: ['shop'], algorithms: ['HS256'], secret }],
        dpop: { nonce: true },
      },
      gateway: { routes: [{ match: { path: '/me' }, auth: {} }] },
    });
    const token = await new SignJWT({ sub: 'alice', cnf: { jkt: await calculateJwkThumbprint(jwk, 'sha256') } })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://id.example')
      .setAudience('shop')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(Buffer.from('a secret of at least thirty-two bytes'));
    const ath = createHash('sha256').update(token).digest('base64url');
    const ask = async (jti: string, nonce?: string) => {
      const proof = await new SignJWT({ htm: 'GET', htu: `${w.url}/me`, ath, jti, ...(nonce && { nonce }) })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey);
      return w.get('/me', { authorization: `DPoP ${token}`, dpop: proof });
    };
    const first = await ask('1');
    const nonce = first.headers.get('dpop-nonce') ?? '';
    expect([first.status, nonce.length]).toEqual([401, 22]);
    const second = await ask('2', nonce);
    expect([second.status, second.headers.get('dpop-nonce')?.length]).toEqual([200, 22]);
    // A proof is good once, wherever it is remembered.
    expect((await ask('2', nonce)).status).toBe(401);
  });
});

describe('inner tokens', () => {
  it('can be checked with the keys that are published, where there are any', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-inner-'));
    closing.add(() => rmSync(dir, { recursive: true, force: true }));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(dir, 'inner.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const made = newKey({ id: 'k1', secret: null });
    const inner = { issuer: 'https://gw.example', audience: 'app', sign_key: join(dir, 'inner.pem'), schemes: ['key'] };
    const keys = { entries: [{ id: 'k1', principal: 'billing', hash: made.hash }] };
    const w = await world({ identity: { keys, inner_token: inner } });
    await w.get('/x', { 'X-API-Key': made.key });
    const set = createLocalJWKSet((await (await w.get('/.well-known/sallyport/jwks.json')).json()) as JSONWebKeySet);
    const token = (w.seen[0].authorization ?? '').replace(/^Bearer /, '');
    const { payload } = await jwtVerify(token, set, { issuer: 'https://gw.example', audience: 'app' });
    expect(payload.sub).toBe('billing');
    const without = await world({ identity: { keys } });
    expect((await without.get('/.well-known/sallyport/jwks.json')).status).toBe(404);
  });
});

describe('a route that asks for a token', () => {
  const VARIABLE = 'SALLYPORT_TEST_TOKENS';
  const SECRET = 'a secret of at least thirty-two bytes';
  const issuer = { issuer: 'https://id.example', audience: ['shop'], algorithms: ['HS256'], secret: { env: VARIABLE } };
  const settings = {
    identity: { jwt: [issuer] },
    gateway: { routes: [{ match: { path: '/me' }, auth: {} }] },
  };
  const token = (audience: string, seconds: number) =>
    new SignJWT({ sub: 'alice', scope: 'read' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://id.example')
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(Buffer.from(SECRET));

  it('believes its issuer, and only for us', async () => {
    vi.stubEnv(VARIABLE, SECRET);
    closing.add(() => vi.unstubAllEnvs());
    const w = await world(settings);
    const bearer = async (audience: string, seconds = 300) => ({
      authorization: `Bearer ${await token(audience, seconds)}`,
    });
    expect((await w.get('/me', await bearer('shop'))).status).toBe(200);
    expect((await w.get('/me', await bearer('other'))).status).toBe(401);
    expect((await w.get('/me', await bearer('shop', -3600))).status).toBe(401);
    expect(w.outcomes).toEqual([AUTH_OUTCOME.accepted, AUTH_OUTCOME.audience, AUTH_OUTCOME.expired]);
    expect(w.seen).toHaveLength(1);
  });
});

describe('what requests say', () => {
  const json = (w: World, path: string, value: unknown, headers: Record<string, string> = {}) =>
    fetch(w.url + path, {
      method: 'POST',
      body: typeof value === 'string' ? value : JSON.stringify(value),
      headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '198.51.100.8', ...headers },
    });

  it('reaches the application byte for byte, whatever was looked at', async () => {
    const w = await world({});
    for (const body of ['{"a":1}', '{"broken', `{"long":"${'x'.repeat(200_000)}"}`, '']) {
      const response = await json(w, '/echo', body);
      expect([response.status, await response.text()]).toEqual([200, body === '' ? 'served' : body]);
    }
  });

  it('is searched for code in its body; a policy says what comes of it', async () => {
    const code = { filter: { name: "x' UNION SELECT login, password FROM users--" } };
    const observed = await world({});
    const texts: string[] = [];
    const { engine } = observed.live.runtime.parts;
    const { step } = engine;
    engine.step = (rows, row, response, nowMs) => {
      if (!response) texts.push(textOf(rows, row, 'content'));
      return step.call(engine, rows, row, response, nowMs);
    };
    expect((await json(observed, '/items', code)).status).toBe(200);
    expect(texts).toEqual([expect.stringMatching(/^\$\.filter\.name: .*UNION/)]);

    const policy = { name: 'code', class: 'injection', ladder: ['block'], at_once: true, mode: 'enforce' };
    const strict = await world({ policies: [policy] });
    expect((await json(strict, '/items', code)).status).toBe(403);
    expect(strict.seen).toEqual([]);
    const [held] = strict.live.operator.mitigations();
    expect(held).toMatchObject({ class: 'injection', actor: { dimension: 'ip', key: '198.51.100.8' } });
    expect(held.reasons[0].why).toContain('$.filter.name');
  });

  it('leaves prose, passwords and markup of people alone', async () => {
    const w = await world({});
    for (const comment of [
      "O'Brien or select the best from the list; drop me a line",
      '<b>thanks</b> & see you',
      '1 = 1?',
    ])
      await json(w, '/items', { comment });
    expect(w.live.operator.mitigations()).toEqual([]);
  });

  it('is weighed as GraphQL, and refused where its route says so, in words that GraphQL clients read', async () => {
    const w = await world({ inspection: { graphql: { mode: 'enforce', max_depth: 4 } } });
    const query = `{ a ${'{ b '.repeat(10)}${'}'.repeat(10)} }`;
    const response = await json(w, '/graphql', { query }, { Accept: 'application/json' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] });
    expect(w.seen).toEqual([]);
    expect((await json(w, '/graphql', { query: '{ a { b } }' })).status).toBe(200);
    expect(w.seen).toHaveLength(1);
  });

  it('is weighed as GraphQL under load, too: it may be what the load is of', async () => {
    const load = new HandLoad();
    const w = await world({ inspection: { graphql: { mode: 'enforce', max_depth: 4 } } }, load);
    load.degrade(w);
    const query = `{ a ${'{ b '.repeat(10)}${'}'.repeat(10)} }`;
    expect((await json(w, '/graphql', { query })).status).toBe(400);
    expect((await json(w, '/graphql', { query: '{ a { b } }' })).status).toBe(200);
    expect(w.seen).toHaveLength(1);
  });

  it('names a code, which counts as one however often it comes', async () => {
    const w = await world({ routes: { code: ['/codes'] } });
    const seen = new Set<string>();
    const { engine } = w.live.runtime.parts;
    const step = engine.step;
    engine.step = (rows, row, response, nowMs) => {
      seen.add(`${rows.objectHi[row]} ${rows.objectLo[row]}`);
      return step(rows, row, response, nowMs);
    };
    for (const code of ['A', 'A', 'B']) await json(w, '/codes', { code });
    expect(seen.size).toBe(2);
  });

  it('is refused where there is more than its route takes', async () => {
    const route = { match: { path: '/small' }, body: { bytes: 100, beyond: 'refuse' } };
    const w = await world({ gateway: { routes: [route] } });
    expect((await json(w, '/small', { a: 'x'.repeat(200) })).status).toBe(413);
    expect((await json(w, '/small', { a: 'x' })).status).toBe(200);
    expect(w.seen).toHaveLength(1);
  });
});

describe('what answers say', () => {
  it('is counted by kind, never kept, and withheld where the route says so', async () => {
    const secrets = { match: { path: '/leaky' }, answer: { withhold: ['privateKey'] } };
    const w = await world({ gateway: { routes: [secrets] } });
    const leaks: number[] = [];
    const { engine } = w.live.runtime.parts;
    const step = engine.step;
    engine.step = (rows, row, response, nowMs) => {
      if (response) leaks.push(rows.leaks[row]);
      return step(rows, row, response, nowMs);
    };
    const response = await w.get('/leaky');
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('PRIVATE');
    expect((await w.get('/people')).status).toBe(200);
    expect(leaks[0] & LEAK.privateKey).toBe(LEAK.privateKey);
    expect(leaks[1] & LEAK.email).toBe(LEAK.email);
  });
});
