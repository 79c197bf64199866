/** Every endpoint over a real socket, as the document describes it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeInventory } from './inventory.ts';
import { type RunningShop, startShop } from './shop.ts';
import { call, type Extra, type Got } from './testing.ts';

const inventory = makeInventory('tests', { accounts: 60, products: 120, codes: 40 });
const mail: string[] = [];
let shop: RunningShop;
const go = (method: string, target: string, extra?: Extra): Promise<Got> => call(shop.url, method, target, extra);

beforeAll(async () => {
  shop = await startShop({ data: inventory, mail: ({ to, text }) => mail.push(`${to}: ${text}`) });
});
afterAll(() => shop.close());

const withOrders = inventory.accounts.find((account) => account.orders.length > 1)!;

async function logIn(name = withOrders.name, password = withOrders.password): Promise<string> {
  return (await go('POST', '/api/login', { body: { username: name, password } })).json.token;
}

/** Path and method of every operation in the document. */
function documented(): { path: string; method: string }[] {
  const text = readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8');
  const found: { path: string; method: string }[] = [];
  let path = '';
  for (const line of text.slice(0, text.indexOf('\ncomponents:')).split('\n')) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    const method = /^ {4}(get|post|patch|put|delete):$/.exec(line)?.[1];
    if (method) found.push({ path, method: method.toUpperCase() });
  }
  return found;
}

describe('the document', () => {
  test('every documented operation exists', async () => {
    const operations = documented();
    expect(operations.length).toBe(30);
    for (const { path, method } of operations) {
      const allowed = await go('OPTIONS', path.replace(/\{\w+\}/, '1'));
      expect([path, allowed.headers.get('allow')?.split(', ')], path).toEqual([path, expect.arrayContaining([method])]);
    }
  });

  test('it misses one endpoint that exists', async () => {
    expect(documented().some(({ path }) => path.startsWith('/api/v0'))).toBe(false);
    expect((await go('GET', '/api/v0/customers')).status).toBe(200);
  });
});

describe('pages and assets', () => {
  test.each([
    ['/', 'text/html'],
    ['/about', 'text/html'],
    ['/robots.txt', 'text/plain'],
    ['/assets/app.css', 'text/css'],
    ['/assets/app.js', 'text/javascript'],
    ['/assets/logo.svg', 'image/svg+xml'],
    ['/favicon.ico', 'image/png'],
    ['/images/7.png', 'image/png'],
  ])('%s is cached by its tag', async (path, type) => {
    const first = await go('GET', path);
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toContain(type);
    expect(first.headers.get('cache-control')).toBeTruthy();
    const tag = first.headers.get('etag')!;
    const again = await go('GET', path, { headers: { 'If-None-Match': `W/${tag}, "x"` } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('the front page loads what the shop has', async () => {
    const { text } = await go('GET', '/');
    for (const [, path] of text.matchAll(/(?:src|href)="(\/[^"]*)"/g)) {
      expect((await go('GET', path)).status, path).toBe(200);
    }
  });

  test('HEAD says the length and sends nothing', async () => {
    const { status, headers, text } = await go('HEAD', '/assets/app.css');
    expect([status, text]).toEqual([200, '']);
    expect(Number(headers.get('content-length'))).toBeGreaterThan(5000);
  });

  test('there are pictures only of products', async () => {
    expect((await go('GET', '/images/121.png')).status).toBe(404);
  });
});

describe('catalogue', () => {
  test('pages run through all products on sale, once each', async () => {
    const ids: number[] = [];
    for (let page: number | undefined = 1; page; ) {
      const { json }: Got = await go('GET', `/api/products?page=${page}`);
      ids.push(...json.items.map((item: { id: number }) => item.id));
      page = json.next;
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe((await go('GET', '/api/products')).json.total);
  });

  test('sorts and filters', async () => {
    const { json } = await go('GET', '/api/products?category=office&sort=price');
    const prices = json.items.map((item: { price: number }) => item.price);
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    expect(new Set(json.items.map((item: { category: string }) => item.category))).toEqual(new Set(['office']));
    expect((await go('GET', '/api/products?sort=colour')).status).toBe(400);
    expect((await go('GET', '/api/products?page=0')).status).toBe(400);
  });

  test('search finds by a word of the name', async () => {
    const { json } = await go('GET', `/api/search?q=${inventory.words[0].toUpperCase()}`);
    expect(json.items.length).toBeGreaterThan(0);
    for (const item of json.items) expect(item.name).toContain(inventory.words[0]);
    expect((await go('GET', '/api/search?q=zzzz')).json.items).toEqual([]);
    expect((await go('GET', '/api/search')).status).toBe(400);
  });

  test('a product has a description; unknown ones are 404 as problem+json', async () => {
    expect((await go('GET', '/api/products/5')).json).toMatchObject({ id: 5, description: expect.any(String) });
    for (const id of ['0', '121', 'x', '1e99']) {
      const { status, headers, json } = await go('GET', `/api/products/${id}`);
      expect(status).toBe(404);
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(json).toMatchObject({ status: 404, title: 'Not found' });
    }
  });
});

describe('accounts', () => {
  test('sign-up logs in, by cookie and by token', async () => {
    const made = await go('POST', '/api/signup', { body: { username: 'new.one', password: 'abcdef' } });
    expect(made.status).toBe(201);
    const setCookie = made.headers.get('set-cookie')!;
    expect(setCookie).toMatch(/^session=\S+; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = setCookie.split(';', 1)[0];
    expect((await go('GET', '/api/users/me', { cookie })).json).toMatchObject({ username: 'new.one' });
    expect((await go('GET', '/api/users/new.one', { token: made.json.token })).status).toBe(200);
    expect((await go('GET', `/api/users/${made.json.user.id}`, { token: made.json.token })).status).toBe(200);
  });

  test.each([
    [{ username: 'ab', password: 'abcdef' }, 400],
    [{ username: 'me', password: 'abcdef' }, 400],
    [{ username: '1234', password: 'abcdef' }, 400],
    [{ username: 'fine.name', password: 'abc' }, 400],
    [{ username: 7, password: 'abcdef' }, 400],
    ['{"username":', 400],
    ['[]', 400],
  ])('sign-up with %j is %i', async (body, status) => {
    expect((await go('POST', '/api/signup', { body })).status).toBe(status);
  });

  test('of two sign-ups with one name at once, one wins', async () => {
    const body = { username: 'twice.made', password: 'abcdef' };
    const both = await Promise.all([go('POST', '/api/signup', { body }), go('POST', '/api/signup', { body })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('login tells right from wrong', async () => {
    const { name, password } = withOrders;
    expect((await go('POST', '/api/login', { body: { username: name, password } })).status).toBe(200);
    expect((await go('POST', '/api/login', { body: { username: name.toUpperCase(), password } })).status).toBe(200);
    const wrong = await go('POST', '/api/login', { body: { username: name, password: `${password}x` } });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
    expect((await go('POST', '/api/login', { body: { username: name } })).status).toBe(400);
  });

  test('logout ends the session', async () => {
    const body = { username: withOrders.name, password: withOrders.password };
    const cookie = (await go('POST', '/api/login', { body })).headers.get('set-cookie')!.split(';', 1)[0];
    const out = await go('POST', '/api/logout', { cookie });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await go('GET', '/api/users/me', { cookie })).status).toBe(401);
    expect((await go('POST', '/api/logout')).status).toBe(401);
  });

  test('a reset sets a new password, once', async () => {
    const { name } = inventory.accounts[3];
    expect((await go('POST', '/api/password-reset', { body: { username: name } })).status).toBe(202);
    const code = /(\d{5})/.exec(mail.find((text) => text.startsWith(`${name}@`))!)![1];
    const body = { username: name, code, password: 'brand-new' };
    const wrong = { ...body, code: code === '00000' ? '00001' : '00000' };
    expect((await go('POST', '/api/password-reset/confirm', { body: wrong })).status).toBe(400);
    expect((await go('POST', '/api/password-reset/confirm', { body })).status).toBe(204);
    expect((await go('POST', '/api/password-reset/confirm', { body })).status).toBe(400);
    expect(await logIn(name, 'brand-new')).toBeTruthy();
    expect(await logIn(name, inventory.accounts[3].password)).toBeUndefined();
  });

  test('a profile is for its owner', async () => {
    const token = await logIn();
    const own = await go('PATCH', '/api/users/me', { token, body: { displayName: 'Somebody' } });
    expect(own.json).toMatchObject({ username: withOrders.name, displayName: 'Somebody' });
    const other = inventory.accounts.findIndex(({ name }) => name !== withOrders.name) + 1;
    expect((await go('GET', `/api/users/${other}`, { token })).status).toBe(403);
    expect((await go('PATCH', `/api/users/${other}`, { token, body: { role: 'x' } })).status).toBe(403);
    expect((await go('GET', '/api/users/nobody', { token })).status).toBe(404);
    expect((await go('GET', '/api/users/me')).status).toBe(401);
  });
});

describe('orders, codes, checkout', () => {
  test('the list has the own orders only', async () => {
    const { json } = await go('GET', '/api/orders', { token: await logIn() });
    expect(json.items.map((order: { id: number }) => order.id).sort()).toEqual([...withOrders.orders].sort());
    expect(new Set(json.items.map((order: { owner: string }) => order.owner))).toEqual(new Set([withOrders.name]));
    expect((await go('GET', '/api/orders')).status).toBe(401);
  });

  test('a code is spent once, and its value credited', async () => {
    const token = await logIn();
    const before = (await go('GET', '/api/users/me', { token })).json.credit;
    const { json } = await go('POST', '/api/codes/redeem', { token, body: { code: inventory.codes[0].toLowerCase() } });
    expect(json.value).toBeGreaterThan(0);
    expect(json.credit).toBe(before + json.value);
    expect((await go('POST', '/api/codes/redeem', { token, body: { code: inventory.codes[0] } })).status).toBe(409);
    expect((await go('POST', '/api/codes/redeem', { token, body: { code: 'NO' } })).status).toBe(404);
    expect((await go('POST', '/api/codes/redeem', { body: { code: inventory.codes[1] } })).status).toBe(401);
  });

  test('quote, then checkout, then the order', async () => {
    const token = await logIn(inventory.accounts[1].name, inventory.accounts[1].password);
    const quoted = await go('POST', '/api/quotes', { token, body: { product: 9, quantity: 2 } });
    expect(quoted.status).toBe(201);
    const bought = await go('POST', '/api/checkout', { token, body: { quote: quoted.json.quote } });
    expect(bought.json).toMatchObject({ total: quoted.json.price, paid: quoted.json.price });
    expect(bought.headers.get('location')).toBe(`/api/orders/${bought.json.order}`);
    const order = await go('GET', `/api/orders/${bought.json.order}`, { token });
    expect(order.json).toMatchObject({ total: quoted.json.price, lines: [{ product: 9, quantity: 2 }] });
    expect((await go('POST', '/api/quotes', { body: { product: 9 } })).status).toBe(401);
    expect((await go('POST', '/api/quotes', { token, body: { product: 9999 } })).status).toBe(404);
    expect((await go('POST', '/api/quotes', { token, body: { product: 9, quantity: 1e15 } })).status).toBe(400);
    expect((await go('POST', '/api/checkout', { token, body: { quote: 'q_unknown' } })).status).toBe(404);
    expect((await go('POST', '/api/checkout', { token, body: {} })).status).toBe(400);
  });
});

describe('machines', () => {
  const secretOf = (kind: string) => inventory.keys.find((key) => key.kind === kind)!.secret;

  test('health', async () => {
    expect((await go('GET', '/health')).json).toMatchObject({ status: 'ok' });
  });

  test('export needs a partner key and comes in pages', async () => {
    const key = secretOf('partner');
    const first = (await go('GET', '/api/partner/export?limit=50', { key })).json;
    expect(first.records.length).toBe(50);
    expect(first.next).toBe(2);
    expect((await go('GET', '/api/partner/export?kind=orders', { key })).json.records[0]).toHaveProperty('owner');
    expect((await go('GET', '/api/partner/export?kind=other', { key })).status).toBe(400);
    expect((await go('GET', '/api/partner/export')).status).toBe(401);
    expect((await go('GET', '/api/partner/export', { key: secretOf('device') })).status).toBe(403);
    expect((await go('GET', '/api/partner/export', { token: key })).status).toBe(200);
  });

  test('telemetry needs a device key', async () => {
    const key = secretOf('device');
    const body = { device: 'shelf-1', firmware: '1.2', readings: [{ weight: 3 }, { weight: 4 }] };
    expect((await go('POST', '/api/telemetry', { key, body })).json).toEqual({ accepted: 2 });
    expect((await go('POST', '/api/telemetry', { key, body: { device: 'a', readings: 3 } })).status).toBe(400);
    expect((await go('POST', '/api/telemetry', { body })).status).toBe(401);
    expect((await go('POST', '/api/telemetry', { key: secretOf('partner'), body })).status).toBe(403);
  });

  test('the webhook changes the order', async () => {
    const order = withOrders.orders[0];
    const body = { event: 'payment.refunded', order };
    expect((await go('POST', '/api/webhooks/payments', { body })).status).toBe(202);
    expect((await go('GET', `/api/orders/${order}`, { token: await logIn() })).json.status).toBe('refunded');
    expect((await go('POST', '/api/webhooks/payments', { body: { ...body, order: 1 } })).status).toBe(404);
    expect((await go('POST', '/api/webhooks/payments', { body: { ...body, event: 'x' } })).status).toBe(400);
  });

  test('GraphQL answers queries, and says what is wrong with others', async () => {
    const ask = (query: string, token?: string) => go('POST', '/graphql', { token, body: { query } });
    const product = await ask('{ product(id: 3) { id related { id } reviews(first: 2) { rating product { id } } } }');
    expect(product.json.data.product).toMatchObject({ id: 3, related: expect.arrayContaining([{ id: 4 }]) });
    const own = await ask('{ me { username orders { id } } }', await logIn());
    expect(own.json.data.me.orders.length).toBe(withOrders.orders.length);
    expect((await ask('{ me { id } }')).json.data.me).toBeNull();
    expect((await ask('{ nothing }')).status).toBe(400);
    expect((await ask('{ product')).status).toBe(400);
    expect((await go('POST', '/graphql', { body: {} })).status).toBe(400);
    const foreign = inventory.accounts.find(({ name, orders }) => orders.length > 0 && name !== withOrders.name)!;
    expect((await ask(`{ order(id: ${foreign.orders[0]}) { id } }`, await logIn())).json.data.order).toBeNull();
  });
});

describe('the protocol', () => {
  test('unknown paths are 404, unknown methods 405 with Allow', async () => {
    expect((await go('GET', '/nothing')).status).toBe(404);
    expect((await go('GET', '/api/products/%')).status).toBe(404);
    const wrong = await go('DELETE', '/api/login');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
