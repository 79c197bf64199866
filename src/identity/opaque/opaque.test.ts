import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt, createLocalJWKSet, jwtDecrypt, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { IdentityDesk } from '../compose.ts';
import type { Caller } from '../contract.ts';
import {
  askerOf,
  bearer,
  deskFrom,
  fakeIssuer,
  goodClaims,
  ISSUER,
  issuerOf,
  NOW,
  NOW_SEC,
  signed,
  testKey,
} from '../testing.ts';
import { Breaker } from './breaker.ts';

const URL_OF = 'https://issuer.example/introspect';
const INNER_KEY = randomBytes(32);
const env = { CLIENT_SECRET: 'secret: with odd letters &', INNER: INNER_KEY.toString('base64') };
const base = { url: URL_OF, client_id: 'the gateway', client_secret: { env: 'CLIENT_SECRET' } };
const active = (over = {}) => JSON.stringify({ active: true, ...goodClaims({ sub: 'user-1', ...over }) });

/** A desk whose issuer answers with `reply`, which tests replace. */
function world(introspection: object = {}, more: object = {}) {
  const state = { reply: async () => ({ text: active() }) as { text: string; status?: number; mediaType?: string } };
  const issuer = fakeIssuer({ [URL_OF]: () => state.reply() });
  const desk = deskFrom({ introspection: { ...base, ...introspection }, ...more }, { env, ...issuer });
  return { state, issuer, desk, ask: askerOf(desk) };
}

describe('introspection', () => {
  it('is asked once for one token, also by many requests at once, and again when the answer is old', async () => {
    const { issuer, ask, desk } = world({ cache_s: 60 });
    const callers = await Promise.all(Array.from({ length: 20 }, () => ask('t')));
    expect(callers.every(({ outcome }) => outcome === AUTH_OUTCOME.accepted)).toBe(true);
    expect(callers[0]).toMatchObject({ scheme: AUTH_SCHEME.opaque, principal: 'user-1', untilMs: NOW + 3_600_000 });
    expect(callers[0].credential).toMatch(/^token-/);
    expect(desk.identify(bearer('t', { nowMs: NOW + 59_999 }))).not.toBeInstanceOf(Promise);
    expect(issuer.asked).toHaveLength(1);
    await ask('t', NOW + 60_000);
    expect(issuer.asked).toHaveLength(2);
  });

  it('keeps an answer no longer than the token lives', async () => {
    const { state, ask } = world({ cache_s: 3600 });
    state.reply = async () => ({ text: active({ exp: NOW_SEC + 10 }) });
    expect((await ask('t')).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await ask('t', NOW + 10_000)).outcome).toBe(AUTH_OUTCOME.expired);
  });

  it('shows who we are as RFC 6749 says', async () => {
    const { issuer, ask } = world();
    await ask('t');
    const basic = Buffer.from(issuer.asked[0].headers.authorization.slice(6), 'base64').toString();
    expect(basic).toBe('the%20gateway:secret%3A%20with%20odd%20letters%20%26');
    const posted = world({ auth: 'post' });
    await posted.ask('t');
    expect(new URLSearchParams(posted.issuer.asked[0].body).get('client_secret')).toBe(env.CLIENT_SECRET);
  });

  it('that fails leaves tokens unchecked, not bad, and is left alone after five failures', async () => {
    const { state, issuer, ask } = world();
    state.reply = async () => {
      throw new Error('down');
    };
    for (let i = 0; i < 8; i++) expect((await ask(`t${i}`, NOW + i)).outcome).toBe(AUTH_OUTCOME.unavailable);
    expect(issuer.asked).toHaveLength(5);
    state.reply = async () => ({ text: active() });
    expect((await ask('t0', NOW + 4000)).outcome).toBe(AUTH_OUTCOME.unavailable);
    expect((await ask('t0', NOW + 6000)).outcome).toBe(AUTH_OUTCOME.accepted);
    expect((await ask('t1', NOW + 6001)).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('a token that the issuer cannot read is bad and no outage', async () => {
    const { state, issuer, ask } = world();
    state.reply = async () => ({ status: 400, text: '' });
    for (let i = 0; i < 8; i++) expect((await ask(`t${i}`)).outcome).toBe(AUTH_OUTCOME.unknown);
    expect(issuer.asked).toHaveLength(8);
  });

  it.each(['', 'null', '[]', '{"active":"yes"}', '{"active":1}', 'x'])('an answer of %j is none', async (text) => {
    const { state, ask } = world();
    state.reply = async () => ({ text });
    expect((await ask('t')).outcome).toBe(AUTH_OUTCOME.unavailable);
  });

  it('asks about no more than it may at once', async () => {
    const { state, ask } = world({ concurrency: 2 });
    const gate: { open: () => void } = { open: () => {} };
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    state.reply = () => opened.then(() => ({ text: active() }));
    const waiting = [ask('a'), ask('b')];
    expect((await ask('c')).outcome).toBe(AUTH_OUTCOME.unavailable);
    gate.open();
    expect((await Promise.all(waiting)).map(({ outcome }) => outcome)).toEqual([
      AUTH_OUTCOME.accepted,
      AUTH_OUTCOME.accepted,
    ]);
  });

  it('takes a signed answer only, where it asks for one (RFC 9701)', async () => {
    const key = await testKey();
    const introspection = { ...base, answer: 'signed', jwks_url: `${ISSUER}/keys`, issuer: ISSUER };
    const sign = (aud: string, typ: string) =>
      new SignJWT({ token_introspection: { active: true, sub: 'user-9' } })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ })
        .setIssuer(ISSUER)
        .setAudience(aud)
        .sign(key.privateKey);
    const told: Record<string, { mediaType: string; text: string }> = {
      good: {
        mediaType: 'application/token-introspection+jwt',
        text: await sign('the gateway', 'token-introspection+jwt'),
      },
      elsewhere: {
        mediaType: 'application/token-introspection+jwt',
        text: await sign('other', 'token-introspection+jwt'),
      },
      type: { mediaType: 'application/token-introspection+jwt', text: await sign('the gateway', 'JWT') },
      plain: { mediaType: 'application/json', text: active() },
    };
    const issuer = fakeIssuer({
      [URL_OF]: ({ body }) => told[new URLSearchParams(body).get('token') ?? ''],
      [`${ISSUER}/keys`]: () => ({ text: JSON.stringify({ keys: [key.jwk] }) }),
    });
    const desk = deskFrom({ introspection }, { env, ...issuer });
    expect(await desk.identify(bearer('good'))).toMatchObject({ outcome: AUTH_OUTCOME.accepted, principal: 'user-9' });
    for (const token of ['elsewhere', 'type', 'plain'])
      expect((await desk.identify(bearer(token))).outcome, token).toBe(AUTH_OUTCOME.unavailable);
  });
});

describe('over the network', () => {
  let server: Server;
  let desk: IdentityDesk;
  let handle: (req: IncomingMessage, res: ServerResponse) => void;
  beforeEach(async () => {
    server = createServer((req, res) => handle(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`;
    desk = deskFrom({ introspection: { ...base, url, timeout_s: 0.2 } }, { env });
  });
  afterEach(async () => {
    await desk.close();
    server.closeAllConnections();
    server.close();
  });
  const json = { 'content-type': 'application/json; charset=utf-8' };

  it('an issuer is asked with POST and answers', async () => {
    handle = (req, res) => {
      expect(req.method).toBe('POST');
      res.writeHead(200, json).end(active());
    };
    expect((await desk.identify(bearer('t'))).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it.each<[string, (res: ServerResponse) => void]>([
    ['that does not answer', () => {}],
    ['that trickles', (res) => void res.writeHead(200, json).write('{"active":')],
    ['that sends without end', (res) => void res.writeHead(200, json).end(Buffer.alloc(2_000_000, 32))],
    ['that sends elsewhere', (res) => void res.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
    ['that fails', (res) => void res.writeHead(500).end()],
    ['that hangs up', (res) => void res.destroy()],
  ])('an issuer %s leaves the token unchecked', async (_, answer) => {
    handle = (_req, res) => answer(res);
    expect((await desk.identify(bearer('t'))).outcome).toBe(AUTH_OUTCOME.unavailable);
  });
});

describe('inner tokens', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-inner-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const inner = { issuer: 'https://gateway.example', audience: 'orders' };
  const deskWith = (more: object) => {
    const issuer = fakeIssuer({ [URL_OF]: () => ({ text: active() }) });
    return deskFrom({ introspection: base, inner_token: { ...inner, ...more } }, { baseDir: folder, env, ...issuer });
  };
  const pem = (
    name: string,
    key: { export(options: { type: 'pkcs8' | 'spki'; format: 'pem' }): string | Buffer },
    type: 'pkcs8' | 'spki',
  ) => writeFileSync(join(folder, name), key.export({ type, format: 'pem' }));
  const check = { issuer: inner.issuer, audience: inner.audience, currentDate: new Date(NOW) };

  it('are signed, short-lived, say who it is, and stand in place of what came', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    pem('sign.pem', privateKey, 'pkcs8');
    const desk = deskWith({ sign_key: 'sign.pem' });
    const caller = await desk.identify(bearer('t'));
    expect(caller.scheme).toBe(AUTH_SCHEME.phantom);
    expect(caller.removed).toEqual(expect.arrayContaining(['authorization', 'x-api-key']));
    const [name, value] = caller.added;
    expect(name).toBe('authorization');
    const { payload } = await jwtVerify(value.slice(7), createLocalJWKSet((await desk.innerKeys()) as never), {
      ...check,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({
      sub: 'user-1',
      scope: 'orders:read orders:write',
      role: 'user',
      exp: NOW_SEC + 300,
    });
    expect(JSON.stringify(await desk.innerKeys())).not.toContain('"d"');
    const again = (await desk.identify(bearer('t', { nowMs: NOW + 1000 }))) as Caller;
    expect(again.added).toEqual(caller.added);
    const later = await desk.identify(bearer('t', { nowMs: NOW + 200_000 }));
    expect(later.added[1]).not.toBe(caller.added[1]);
  });

  it('are encrypted under a shared key', async () => {
    const caller = await deskWith({ encrypt_secret: { env: 'INNER' }, header: 'X-Inner' }).identify(bearer('t'));
    expect(caller.added[0]).toBe('x-inner');
    const { payload } = await jwtDecrypt(caller.added[1], INNER_KEY, check);
    expect(payload.sub).toBe('user-1');
  });

  it('are signed and then encrypted for the one who has the private key', async () => {
    const signer = generateKeyPairSync('ed25519');
    const upstream = generateKeyPairSync('rsa', { modulusLength: 2048 });
    pem('sign.pem', signer.privateKey, 'pkcs8');
    pem('upstream.pem', upstream.publicKey, 'spki');
    const desk = deskWith({ sign_key: 'sign.pem', sign_algorithm: 'EdDSA', encrypt_key: 'upstream.pem' });
    const { added } = await desk.identify(bearer('t'));
    const { plaintext } = await compactDecrypt(added[1].slice(7), upstream.privateKey);
    const { payload } = await jwtVerify(plaintext, signer.publicKey, check);
    expect(payload.sub).toBe('user-1');
  });

  it('keys that cannot be used are named', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    pem('sign.pem', privateKey, 'pkcs8');
    expect(() => deskWith({ sign_key: 'sign.pem' })).toThrow(expect.objectContaining({ code: 'SP7512' }));
    writeFileSync(join(folder, 'broken.pem'), 'nothing');
    expect(() => deskWith({ sign_key: 'broken.pem' })).toThrow(/broken\.pem/);
    expect(() => deskWith({ encrypt_secret: { env: 'CLIENT_SECRET' } })).toThrow(/32 bytes/);
    expect(() => deskWith({ encrypt_key: 'upstream.pem' })).toThrow(/sign_key/);
  });
});

it('a phantom token stands for the opaque one inside', async () => {
  const key = await testKey();
  const jwt = await signed(key);
  const { state, ask } = world({ answer: 'phantom' }, { jwt: [issuerOf(key)] });
  state.reply = async () => ({ mediaType: 'application/jwt', text: jwt });
  const caller = await ask('outside');
  expect(caller).toMatchObject({ scheme: AUTH_SCHEME.phantom, added: ['authorization', `Bearer ${jwt}`] });
  expect(caller.removed).toContain('authorization');
});

it('a breaker lets one question through when its time has come', () => {
  const breaker = new Breaker(2, 1000);
  breaker.failed(0);
  expect(breaker.allows(0)).toBe(true);
  breaker.failed(0);
  expect(breaker.allows(999)).toBe(false);
  expect(breaker.allows(1000)).toBe(true);
  expect(breaker.allows(1001)).toBe(false);
  breaker.succeeded();
  expect(breaker.allows(1002)).toBe(true);
});
