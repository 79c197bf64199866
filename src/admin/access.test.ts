import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from './server.ts';
import { MOST_TRIES, SESSION_MS, Sessions, TRIES_MS } from './sessions.ts';
import { adminOptions, call, FakeOperator, NOW_MS, TOKEN } from './testing.ts';

let operator: FakeOperator;
let admin: Admin;

beforeEach(async () => {
  operator = new FakeOperator();
  admin = await startAdmin(adminOptions(operator, { hosts: ['sallyport.example'] }));
});
afterEach(() => admin.close());

const signIn = (token = TOKEN, headers: Record<string, string> = {}) =>
  call(admin.url, '/api/v1/session', { method: 'POST', body: { token }, headers });
const cookieOf = async (headers: Record<string, string> = {}) =>
  ((await signIn(TOKEN, headers)).headers['set-cookie'] as string[])[0];
const status = (headers: Record<string, string>) => call(admin.url, '/api/v1/status', { headers });

describe('the token', () => {
  it.each([
    '',
    'Bearer',
    'Bearer wrong',
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
  ])('"%s" opens nothing', async (authorization) => {
    const { status: code, json, headers } = await status({ Authorization: authorization });
    expect([code, json?.code, headers['www-authenticate']]).toEqual([401, 'SP7002', 'Bearer realm="sallyport"']);
  });

  it('opens with any spelling of the scheme', async () => {
    expect((await status({ Authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });

  it('may be wrong a few times, then that address waits; a session goes on', async () => {
    const cookie = (await cookieOf()).split(';')[0];
    for (let i = 0; i < MOST_TRIES; i++) expect((await signIn('wrong')).status).toBe(401);
    const refused = await signIn();
    expect([refused.status, refused.json?.code, refused.headers['retry-after']]).toEqual([429, 'SP7020', '60']);
    expect((await status({ Authorization: `Bearer ${TOKEN}` })).status).toBe(429);
    expect((await status({ Cookie: cookie })).status).toBe(200);
    operator.nowMs += TRIES_MS;
    expect((await signIn()).status).toBe(200);
  });
});

describe('a session', () => {
  it('is a cookie that scripts and other sites cannot use, named after the port', async () => {
    const cookie = await cookieOf();
    const { port } = new URL(admin.url);
    expect(cookie).toMatch(
      new RegExp(`^sallyport_admin_${port}=[\\w.-]+; Path=/api/v1; Max-Age=43200; HttpOnly; SameSite=Strict$`),
    );
    expect(await cookieOf({ Origin: 'https://sallyport.example', Host: 'sallyport.example' })).toMatch(/; Secure$/);
  });

  it('opens until it is over, or signed out', async () => {
    const cookie = (await cookieOf()).split(';')[0];
    const mine = { Cookie: `theme=dark; ${cookie}; x=y` };
    expect((await status(mine)).status).toBe(200);
    expect((await call(admin.url, '/api/v1/session', { headers: mine })).json).toMatchObject({ signed_in: true });
    operator.nowMs += SESSION_MS;
    expect((await status(mine)).status).toBe(401);
    expect((await call(admin.url, '/api/v1/session', { headers: mine })).json).toEqual({ signed_in: false });
    const next = { Cookie: (await cookieOf()).split(';')[0] };
    const out = await call(admin.url, '/api/v1/session', { method: 'DELETE', headers: next });
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await status(next)).status).toBe(401);
  });

  it('cannot be made up, changed, or carried over to another token', () => {
    const sessions = new Sessions(TOKEN);
    const session = sessions.issue(NOW_MS);
    expect(sessions.endsAt(session, NOW_MS)).toBe(NOW_MS + SESSION_MS);
    expect(new Sessions('another token').endsAt(session, NOW_MS)).toBe(0);
    const [until, nonce, signature] = session.split('.');
    const later = (Number.parseInt(until, 36) + 1).toString(36);
    for (const forged of [
      '',
      'x',
      `${later}.${nonce}.${signature}`,
      `${until}.${nonce}.${'A'.repeat(43)}`,
      `${session}.x`,
    ]) {
      expect(sessions.endsAt(forged, NOW_MS), forged).toBe(0);
    }
  });
});

describe('changes by a browser', () => {
  const change = async (headers: Record<string, string>) => {
    const cookie = (await cookieOf()).split(';')[0];
    const options = { method: 'POST', body: { mode: 'observe', reason: 'x' }, headers: { Cookie: cookie, ...headers } };
    return (await call(admin.url, '/api/v1/mode', options)).status;
  };

  it('need a header that no form of another site can send', async () => {
    expect(await change({})).toBe(403);
    expect(await change({ 'X-Sallyport': '1' })).toBe(200);
    expect(await change({ 'X-Sallyport': '1', Origin: admin.url, 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
  });

  it.each([
    ['Origin', 'http://evil.example'],
    ['Origin', 'null'],
    ['Origin', 'http://127.0.0.1:1'],
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', 'same-site'],
  ])('are refused with %s: %s', async (name, value) => {
    expect(await change({ 'X-Sallyport': '1', [name]: value })).toBe(403);
    expect((await signIn(TOKEN, { [name]: value })).status).toBe(403);
    expect(operator.acts).toEqual([]);
  });

  it('with the token need no more: no browser adds it by itself', async () => {
    const options = { method: 'POST', body: { mode: 'observe', reason: 'x' }, token: TOKEN };
    expect((await call(admin.url, '/api/v1/mode', options)).status).toBe(200);
  });
});

describe('the name under which it is asked for', () => {
  it.each([
    '127.0.0.1:9464',
    'localhost',
    'LocalHost:1',
    '[::1]:9464',
    '10.0.0.7',
    'sallyport.example',
    'sallyport.example:443',
  ])('%s is fine', async (host) => {
    expect((await call(admin.url, '/healthz', { headers: { Host: host } })).status).toBe(200);
  });

  it.each([
    'rebound.example',
    'rebound.example:9464',
    'sallyport.example.evil.example',
    '127.0.0.1.evil.example',
    'x@localhost',
  ])('%s is not: its owner could lead it here', async (host) => {
    const { status: code, json } = await call(admin.url, '/', { headers: { Host: host }, token: TOKEN });
    expect([code, json?.code]).toEqual([421, 'SP7021']);
  });
});
