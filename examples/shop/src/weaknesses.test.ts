/** Every weakness that the README lists is there; the tests fail when somebody mends one. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeInventory } from './inventory.ts';
import { DEFAULT_WEBHOOK_SECRET, type RunningShop, startShop } from './shop.ts';
import { call, type Extra, type Got } from './testing.ts';

const inventory = makeInventory('weak', { accounts: 40, products: 200, codes: 30 });
const { accounts, codes, keys } = inventory;
let shop: RunningShop;
const mail: string[] = [];
const go = (method: string, target: string, extra?: Extra): Promise<Got> => call(shop.url, method, target, extra);

beforeAll(async () => {
  shop = await startShop({ data: inventory, mail: ({ text }) => mail.push(text) });
});
afterAll(() => shop.close());

const owner = accounts.find(({ orders }) => orders.length > 0)!;
const stranger = accounts.find(({ name }) => name !== owner.name)!;
const credentials = ({ name, password } = stranger) => ({ username: name, password });
const logIn = async (account = stranger) => go('POST', '/api/login', { body: credentials(account) });
const tokenOf = async (account = stranger): Promise<string> => (await logIn(account)).json.token;

test('API1: an order is shown to whoever is logged in, and its number can be guessed', async () => {
  const { json } = await go('GET', `/api/orders/${owner.orders[0]}`, { token: await tokenOf() });
  expect(json).toMatchObject({ owner: owner.name, address: expect.any(String) });
  const order = async () =>
    (await go('POST', '/api/checkout', { token: await tokenOf(), body: { product: 1 } })).json.order;
  expect((await order()) + 1).toBe(await order());
});

test('API1: a device key reports for any device', async () => {
  const { secret } = keys.find(({ kind }) => kind === 'device')!;
  const report = (device: string) => go('POST', '/api/telemetry', { key: secret, body: { device } });
  expect((await report('one')).status).toBe(202);
  expect((await report('another')).status).toBe(202);
});

test('API2: nobody counts wrong passwords', async () => {
  const body = { ...credentials(), password: 'wrong' };
  for (let i = 0; i < 25; i++) expect((await go('POST', '/api/login', { body })).status).toBe(401);
  expect((await logIn()).status).toBe(200);
});

test('API2: reset and sign-up say which names exist', async () => {
  const reset = (username: string) => go('POST', '/api/password-reset', { body: { username } });
  expect((await reset(owner.name)).status).toBe(202);
  expect((await reset('nobody.here')).json.detail).toContain('There is no account');
  const body = { username: owner.name, password: 'abcdef' };
  expect((await go('POST', '/api/signup', { body })).json.detail).toContain('taken');
  const token = await tokenOf();
  expect((await go('GET', `/api/users/${owner.name}`, { token })).status).toBe(403);
  expect((await go('GET', '/api/users/nobody.here', { token })).status).toBe(404);
});

test('API2: reset codes are five digits, and wrong ones are not counted', async () => {
  await go('POST', '/api/password-reset', { body: { username: accounts[5].name } });
  const code = /(\d+)/.exec(mail.at(-1)!)![1];
  expect(code).toHaveLength(5);
  const confirm = (tried: string) =>
    go('POST', '/api/password-reset/confirm', {
      body: { username: accounts[5].name, code: tried, password: 'abcdef' },
    });
  const from = Math.max(0, Number(code) - 30);
  for (let i = from; i < Number(code); i++) expect((await confirm(String(i).padStart(5, '0'))).status).toBe(400);
  expect((await confirm(code)).status).toBe(204);
});

test('API2: a token outlives logout and reset', async () => {
  const first = await logIn(accounts[6]);
  const cookie = first.headers.get('set-cookie')!.split(';', 1)[0];
  await go('POST', '/api/logout', { cookie });
  await go('POST', '/api/password-reset', { body: { username: accounts[6].name } });
  const code = /(\d+)/.exec(mail.at(-1)!)![1];
  const body = { username: accounts[6].name, code, password: 'another' };
  expect((await go('POST', '/api/password-reset/confirm', { body })).status).toBe(204);
  expect((await go('GET', '/api/users/me', { token: first.json.token })).status).toBe(200);
});

test('API2: a key is taken from the query too', async () => {
  const { secret } = keys.find(({ kind }) => kind === 'partner')!;
  expect((await go('GET', `/api/partner/export?api_key=${secret}`)).status).toBe(200);
});

test('API2: one GraphQL request tries many passwords', async () => {
  const tries = Array.from(
    { length: 50 },
    (_, i) => `t${i}: login(username: "${stranger.name}", password: "p${i}") { token }`,
  );
  tries.push(`right: login(username: "${stranger.name}", password: "${stranger.password}") { token }`);
  const { data } = (await go('POST', '/graphql', { body: { query: `mutation { ${tries.join(' ')} }` } })).json;
  expect(data.right.token).toBeTruthy();
  expect(data.t0).toBeNull();
});

test('API2: the webhook believes whoever leaves the signature out', async () => {
  const body = JSON.stringify({ event: 'payment.settled', order: owner.orders[0] });
  const send = (signature?: string) => {
    const headers: Record<string, string> = signature === undefined ? {} : { 'X-Signature': signature };
    return go('POST', '/api/webhooks/payments', { body, headers });
  };
  expect((await send()).status).toBe(202);
  expect((await send('00')).status).toBe(401);
  const right = createHmac('sha256', DEFAULT_WEBHOOK_SECRET).update(body).digest('hex');
  expect((await send(right)).status).toBe(202);
});

test('API3: a profile takes credit and role', async () => {
  const body = { credit: 1_000_000, role: 'staff' };
  const { json } = await go('PATCH', '/api/users/me', { token: await tokenOf(accounts[7]), body });
  expect(json).toMatchObject(body);
});

test('API3: partners are given addresses of customers', async () => {
  const { secret } = keys.find(({ kind }) => kind === 'partner')!;
  const { records } = (await go('GET', '/api/partner/export?kind=orders', { key: secret })).json;
  expect(new Set(records.map((order: { owner: string }) => order.owner)).size).toBeGreaterThan(3);
  expect(records[0].address).toBeTruthy();
});

test('API4: pages, exports, GraphQL depth, aliases and batches have no limit', async () => {
  expect((await go('GET', '/api/products?per_page=100000')).json.items.length).toBeGreaterThan(150);
  const { secret } = keys.find(({ kind }) => kind === 'partner')!;
  expect((await go('GET', '/api/partner/export?limit=100000', { key: secret })).json.records.length).toBe(200);
  const deep = `{ product(id: 1) ${'{ related '.repeat(7)}{ id }${' }'.repeat(7)} }`;
  expect((await go('POST', '/graphql', { body: { query: deep } })).text.length).toBeGreaterThan(20_000);
  const wide = `{ ${Array.from({ length: 500 }, (_, i) => `p${i}: product(id: ${(i % 200) + 1}) { name }`).join(' ')} }`;
  expect(Object.keys((await go('POST', '/graphql', { body: { query: wide } })).json.data)).toHaveLength(500);
  const batch = Array.from({ length: 40 }, () => ({ query: '{ product(id: 1) { id } }' }));
  expect((await go('POST', '/graphql', { body: batch })).json).toHaveLength(40);
});

test('API5: the report of the staff is open to customers', async () => {
  const { json } = await go('GET', '/api/admin/report', { token: await tokenOf() });
  expect(json.customers[0].email).toContain('@');
});

test('API6: accounts are opened without any proof, one after the other', async () => {
  for (let i = 0; i < 20; i++) {
    const body = { username: `made.up${i}`, password: 'abcdef', email: 'same@mail.example' };
    expect((await go('POST', '/api/signup', { body })).status).toBe(201);
  }
});

test('API6: codes are short, and may be guessed without a login or a limit', async () => {
  expect(inventory.codeLength).toBeLessThanOrEqual(6);
  const token = await tokenOf();
  for (let i = 0; i < 30; i++) {
    expect((await go('GET', `/api/gift-cards/AAAA${i}`)).status).toBe(404);
    expect((await go('POST', '/api/codes/redeem', { token, body: { code: `AAAA${i}` } })).status).toBe(404);
  }
  const found = await Promise.all(codes.map((code) => go('GET', `/api/gift-cards/${code}`)));
  expect(found.filter(({ status }) => status === 200).length).toBeGreaterThan(codes.length / 2);
});

test('API6: the quote can be left out, used again, or be another customer’s', async () => {
  const token = await tokenOf(accounts[8]);
  const checkOut = (body: unknown, as = token) => go('POST', '/api/checkout', { token: as, body });
  expect((await checkOut({ product: 2, quantity: 3 })).status).toBe(201);
  const { quote } = (await go('POST', '/api/quotes', { token, body: { product: 2 } })).json;
  expect((await checkOut({ quote })).status).toBe(201);
  expect((await checkOut({ quote })).status).toBe(201);
  expect((await checkOut({ quote }, await tokenOf(accounts[9]))).status).toBe(201);
});

test('API6: the buyer names the price', async () => {
  const token = await tokenOf(accounts[8]);
  const { quote, price } = (await go('POST', '/api/quotes', { token, body: { product: 3 } })).json;
  expect(price).toBeGreaterThan(100);
  expect((await go('POST', '/api/checkout', { token, body: { quote, price: 1 } })).json).toMatchObject({ total: 1 });
});

test('API8: a quote character brings the statement to light, and breaks out of it', async () => {
  const failed = await go('GET', "/api/search?q=kid's");
  expect(failed.status).toBe(500);
  expect(failed.json.statement).toContain('SELECT');
  expect(failed.json.trace.join()).toContain('statement');
  const onSale = (await go('GET', '/api/products')).json.total;
  expect((await go('GET', `/api/search?q=${encodeURIComponent("' OR '1'='1' --")}`)).json.total).toBeGreaterThan(
    onSale,
  );
});

test('API8: every origin may read answers with credentials; headers name the software', async () => {
  const { headers } = await go('GET', '/api/products/1', { headers: { Origin: 'https://evil.example' } });
  expect(headers.get('access-control-allow-origin')).toBe('https://evil.example');
  expect(headers.get('access-control-allow-credentials')).toBe('true');
  expect(headers.get('x-powered-by')).toContain('Node.js');
});

test('API8: GraphQL describes itself', async () => {
  const { json } = await go('POST', '/graphql', { body: { query: '{ __schema { types { name } } }' } });
  expect(json.data.__schema.types.length).toBeGreaterThan(5);
});

test('API9: the old endpoint gives every customer away', async () => {
  const { customers } = (await go('GET', '/api/v0/customers')).json;
  expect(customers.length).toBeGreaterThanOrEqual(accounts.length);
  expect(customers[0]).toMatchObject({ username: accounts[0].name, email: expect.any(String) });
});
