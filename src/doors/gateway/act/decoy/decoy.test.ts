import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Rig, SECRET, START_MS, verdictOf } from '../testing.ts';
import { Decoys } from './decoy.ts';
import { honeyKey, honeytoken, isDecoyValue } from './honeytoken.ts';
import { shapeOf } from './shape.ts';

fc.configureGlobal({ seed: 20240304 });

const decoys = new Decoys(SECRET);
const actor = 'a1b2c3d4e5f60718';
const ask = (method: string, target: string, who = actor, page = false) =>
  decoys.answer({ method, target, page, actor: who }, START_MS);
const get = (target: string, who = actor) => JSON.parse(ask('GET', target, who).body);

describe('the shape of a request', () => {
  it.each([
    ['POST', '/api/v1/login', 'login'],
    ['POST', '/oauth/token', 'login'],
    ['GET', '/sessions', 'login'],
    ['POST', '/coupons/SUMMER10', 'code'],
    ['GET', '/api/promo-codes/17', 'code'],
    ['GET', '/.env', 'settings'],
    ['GET', '/.git/HEAD', 'settings'],
    ['GET', '/backup/db.sql', 'settings'],
    ['OPTIONS', '/orders', 'options'],
    ['GET', '/orders', 'list'],
    ['GET', '/api/v2', 'list'],
    ['HEAD', '/orders/17', 'object'],
    ['GET', '/orders/ord_17?full=1', 'object'],
    ['POST', '/orders', 'created'],
    ['PATCH', '/users/me', 'changed'],
    ['DELETE', '/orders/17', 'removed'],
  ])('%s %s: %s', (method, target, shape) => expect(shapeOf(method, target).shape).toBe(shape));

  it('splits path and id', () => {
    expect(shapeOf('GET', '/api/v1/Orders/17?x')).toMatchObject({
      collection: '/api/v1/Orders',
      noun: 'orders',
      id: '17',
    });
    expect(shapeOf('GET', '*')).toMatchObject({ collection: '/*', id: '' });
  });
});

describe('decoys', () => {
  it('say the same to the same actor, another thing to another', () => {
    expect(get('/orders')).toEqual(get('/orders'));
    expect(get('/orders/17')).toEqual(get('/orders/17'));
    expect(get('/orders/17')).not.toEqual(get('/orders/17', 'ffff'));
    expect(get('/orders/17')).not.toEqual(get('/orders/18'));
    expect(get('/orders?page=2')).not.toEqual(get('/orders'));
  });

  it('agree with themselves: an item of a list is what its own path shows', () => {
    for (const item of get('/api/users').data) expect(get(`/api/users/${item.id}`)).toEqual(item);
  });

  it('answer with what fits the method', () => {
    expect(ask('POST', '/login').status).toBe(401);
    expect(ask('POST', '/coupons/X1').status).toBe(404);
    expect(ask('POST', '/orders').status).toBe(201);
    expect(ask('PUT', '/orders/17').status).toBe(200);
    expect(ask('DELETE', '/orders/17')).toMatchObject({ status: 204, body: '' });
    expect(ask('GET', '/.env').body).toMatch(/^APP_ENV=production\nAPP_KEY=/);
    expect(get('/orders/17')).toMatchObject({ id: 17, currency: 'EUR' });
  });

  it('carry something by which they are known again, and point at nobody', () => {
    for (const target of ['/orders', '/orders/17', '/users', '/.env', '/anything'])
      expect(isDecoyValue(ask('GET', target).body, SECRET), target).toBe(true);
    for (const user of get('/users').data) expect(user.email).toMatch(/^[a-z]+\.[a-z]+\d\d@example\.com$/);
  });

  it('are small, whatever is asked, and never throw', () => {
    const target = fc.oneof(fc.webPath(), fc.string({ unit: 'binary' }), fc.constant(`/${'x/'.repeat(5000)}`));
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE');
    fc.assert(
      fc.property(method, target, fc.boolean(), (m, t, page) => {
        const { body, status } = ask(m, t, actor, page);
        expect(Buffer.byteLength(body)).toBeLessThan(32_768);
        expect(status).toBeGreaterThanOrEqual(200);
        expect(body).not.toMatch(/<script/i);
      }),
    );
  });

  it('have dates that are not in the future, and stay for the year', () => {
    const later = decoys.answer({ method: 'GET', target: '/orders/17', page: false, actor }, START_MS + 86_400_000);
    expect(later).toEqual(ask('GET', '/orders/17'));
    const { created_at, updated_at } = get('/orders/17');
    expect(created_at <= updated_at).toBe(true);
    expect(Date.parse(updated_at)).toBeLessThanOrEqual(START_MS);
  });
});

describe('honeytokens', () => {
  const key = honeyKey(SECRET);

  it('look like random UUIDs and are known again wherever they stand', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.string(), (seed, around) => {
        const token = honeytoken(key, Buffer.from(seed));
        expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(isDecoyValue(`/orders/${token}?${around}`, SECRET)).toBe(true);
        expect(isDecoyValue(token.toUpperCase(), SECRET)).toBe(true);
        expect(isDecoyValue(token, Buffer.alloc(32))).toBe(false);
      }),
    );
  });

  it('are not taken for those of others', () => {
    fc.assert(
      fc.property(fc.uuid({ version: 4 }), (uuid) => {
        expect(isDecoyValue(uuid, SECRET)).toBe(false);
      }),
    );
    expect(isDecoyValue('', SECRET)).toBe(false);
  });

  it('are looked for in a bounded part of a text', () => {
    const token = honeytoken(key, Buffer.alloc(8));
    expect(isDecoyValue(`${'0e8400e2-29b4-41d4-a716-446655440000 '.repeat(16)}${token}`, SECRET)).toBe(false);
    expect(isDecoyValue(' '.repeat(8192) + token, SECRET)).toBe(false);
  });
});

describe('the action', () => {
  let rig: Rig;
  afterEach(() => rig.close());

  it('reads a short body, keeps the connection, and says nothing of us', async () => {
    rig = await Rig.start();
    rig.verdict = verdictOf('decoy');
    const reply = await rig.ask('/login', {
      method: 'POST',
      body: '{"user":"a"}',
      headers: { connection: 'keep-alive' },
    });
    expect(reply.status).toBe(401);
    expect(reply.headers.connection).toBe('keep-alive');
    expect(JSON.stringify(reply)).not.toMatch(/sallyport|SP74|M-0123/i);
    expect((await rig.ended(1))[0]).toMatchObject({ status: 401, code: '', ended: '' });
  });

  it('shows a page where a person looks, and limits where there are some', async () => {
    rig = await Rig.start();
    const limit = { name: 'per-token', limit: 9, windowSec: 60, remaining: 0, resetSec: 1, exceeded: true };
    rig.verdict = verdictOf('decoy', { limit });
    const reply = await rig.ask('/orders', { headers: { accept: 'text/html' } });
    expect(reply.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'ratelimit-limit': '9' });
    expect(reply.text).toContain('<h1>orders</h1>');
  });

  it('answers a body that is too long without reading it to its end', async () => {
    rig = await Rig.start();
    rig.verdict = verdictOf('decoy');
    const reply = await rig.ask('/orders', { method: 'POST', body: 'x'.repeat(100_000) });
    expect(reply.status).toBe(201);
    expect(reply.headers.connection).toBe('close');
  });
});
