import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Client, Request, Role } from '../contract.ts';
import { Random } from '../core/random.ts';
import { bodyFor, target, type Values } from './fields.ts';
import { readSite, type SiteOperation } from './index.ts';
import { readDocument } from './openapi.ts';
import { forgetfulOf, SimulatedSite } from './simulated.ts';

fc.configureGlobal({ seed: 20240304 });

const DOCUMENT = new URL('../../../examples/shop/openapi.yaml', import.meta.url).pathname;
const model = readSite(DOCUMENT, 7, { size: { accounts: 300, products: 200, codes: 40, devices: 4, partners: 2 } });
const client: Client = { address: '192.0.2.1', agent: 'test', protocol: 'HTTP/1.1', headers: {} };
const [anna, ben] = model.inventory.accounts.filter(({ orders }) => orders.length > 0);
const keyOf = (kind: string) => model.inventory.keys.find((key) => key.kind === kind)?.secret;

let site: SimulatedSite;
let nowMs = 0;
beforeEach(() => {
  site = new SimulatedSite(model, new Random(7), { errorRate: 0 });
  nowMs = 1_740_960_000_000;
});

function operation(role: Role, at = 0): SiteOperation {
  return model.operations.filter((one) => one.role === role)[at];
}

function ask(role: Role, values: Values = {}, more: Partial<Request> = {}, at = 0): Answer {
  nowMs += 100;
  const one = operation(role, at);
  const body = one.bodyProperties.length > 0 ? bodyFor(one, values) : undefined;
  return site.answer({ client, method: one.method, target: target(one, values), body, ...more }, nowMs);
}

const enter = (account: Values = anna as unknown as Values) =>
  ask('login', account).body as { session: string; token: string };

describe('SimulatedSite', () => {
  it('lets in who has the password, and says so in the log', () => {
    const wrong = ask('login', { name: anna.name, password: 'nope' });
    expect(wrong).toMatchObject({
      status: 401,
      principal: '',
      gain: 0,
      events: [{ name: 'login.failed', principal: anna.name }],
    });
    const right = ask('login', { ...anna });
    expect(right).toMatchObject({ status: 200, principal: anna.name, gain: 1 });
    expect(right.events).toEqual([{ name: 'login.succeeded', principal: anna.name }]);
    // The log has the session's public part, never its value.
    expect(right.body.session).toMatch(new RegExp(`^${right.session}\\..`));
    expect(ask('login', { name: anna.name })).toMatchObject({ status: 400 });
  });

  it('knows a session by cookie and by token, until it ends', () => {
    const { session, token } = enter();
    expect(ask('order-list', {}, { session }).body.ids).toEqual([...anna.orders].slice(-20).reverse());
    expect(ask('order-list', {}, { token })).toMatchObject({ status: 200, principal: anna.name });
    expect(ask('order-list', {}, { session: 'made up' })).toMatchObject({ status: 401, principal: '', session: '' });
    expect(ask('other', {}, { session }).status).toBe(204);
    expect(ask('order-list', {}, { session }).status).toBe(401);
  });

  it('opens accounts once', () => {
    const made = ask('signup', { name: 'new.customer', password: 'long enough', email: 'a@example.com' });
    expect(made).toMatchObject({ status: 201, gain: 1, events: [{ name: 'signup.completed' }] });
    expect(ask('signup', { name: 'NEW.customer', password: 'long enough', email: 'x@example.com' }).status).toBe(409);
    expect(ask('signup', { name: 'other', password: 'short', email: 'x@example.com' }).status).toBe(400);
    expect(ask('login', { name: 'new.customer', password: 'long enough' }).status).toBe(200);
  });

  it('resets a password with the code from the mailbox, and with no other', () => {
    expect(ask('reset', { name: 'nobody' })).toMatchObject({ status: 404, events: [{ name: 'reset.requested' }, {}] });
    const sent = ask('reset', { name: anna.name });
    expect(sent).toMatchObject({ status: 202, gain: 0 });
    const { mail } = sent.body as { mail: string };
    const other = mail === '00000' ? '11111' : '00000';
    const values = { name: anna.name, password: 'a new one' };
    expect(ask('reset', { ...values, code: other }, {}, 1)).toMatchObject({
      status: 400,
      events: [{ name: 'code.rejected' }],
    });
    expect(ask('reset', { ...values, code: mail }, {}, 1)).toMatchObject({ status: 204, gain: 1 });
    expect(ask('login', { ...anna }).status).toBe(401);
    expect(ask('login', values).status).toBe(200);
  });

  it('checks whose profile it is, and forgets to with orders', () => {
    const { session } = enter();
    expect(ask('profile', { id: 'me' }, { session }).body).toMatchObject({ owner: anna.name });
    expect(ask('profile', { id: ben.name }, { session }).status).toBe(403);
    expect(ask('profile', { id: 'nobody' }, { session }).status).toBe(404);
    expect(ask('order', { id: anna.orders[0] }, { session })).toMatchObject({ status: 200, gain: 0 });
    expect(ask('order', { id: ben.orders[0] }, { session })).toMatchObject({
      status: 200,
      gain: 1,
      body: { owner: ben.name },
    });
    expect(ask('order', { id: 9_999_999 }, { session }).events).toMatchObject([{ name: 'lookup.missed' }]);
    expect(ask('order', { id: anna.orders[0] }).status).toBe(401);
  });

  it('pages through products, and knows none beyond', () => {
    const first = ask('list', { page: 1 });
    expect(first.body).toMatchObject({ next: 2 });
    expect((first.body.ids as number[])[0]).toBe(1);
    const last = ask('list', { page: Math.ceil(200 / 24) });
    expect(last.body.next).toBeUndefined();
    expect(ask('list', { page: 'x' }).status).toBe(400);
    expect(ask('detail', { id: 200 })).toMatchObject({ status: 200, body: { id: 200 }, gain: 1 });
    expect(ask('detail', { id: 201 }).status).toBe(404);
    expect(ask('asset', { id: 201 }, {}, 4).status).toBe(404);
    expect(first.bytes).toBeGreaterThan(5 * ask('detail', { id: 1 }).bytes * 0.2);
  });

  it('gives the same thing the same size', () => {
    expect(ask('detail', { id: 5 }).bytes).toBe(ask('detail', { id: 5 }).bytes);
    const sizes = new Set(Array.from({ length: 50 }, (_, i) => ask('detail', { id: i + 1 }).bytes));
    expect(sizes.size).toBeGreaterThan(30);
  });

  it('finds what it knows, and breaks on an open quote', () => {
    const [popular] = model.inventory.words;
    expect((ask('search', { query: popular }).body.ids as number[]).length).toBeGreaterThan(0);
    expect(ask('search', { query: popular }).body).toEqual(ask('search', { query: popular.toUpperCase() }).body);
    expect(ask('search', { query: "x' OR 1=1" }).status).toBe(500);
    expect(ask('search', {}).status).toBe(400);
  });

  it('sells at the quoted price, once, and believes a price in the body', () => {
    const { session } = enter();
    const { quote, price } = ask('quote', { product: 3, quantity: 2 }, { session }).body as {
      quote: string;
      price: number;
    };
    const bought = ask('checkout', { quote }, { session });
    expect(bought).toMatchObject({ status: 201, gain: 0, events: [{ name: 'payment.settled' }], body: { price } });
    expect(ask('order', { id: bought.body.order }, { session }).body.owner).toBe(anna.name);
    expect(ask('checkout', { quote }, { session }).status).toBe(400);
    expect(ask('checkout', { product: 3, quantity: 2, price: 1 }, { session })).toMatchObject({
      status: 201,
      gain: price - 1,
    });
    expect(ask('checkout', { product: 3, quantity: 2, price: price + 100 }, { session }).gain).toBe(0);
    expect(ask('quote', { product: 3, quantity: -1 }, { session }).status).toBe(400);
    expect(ask('quote', { product: 9999 }, { session }).status).toBe(404);
    nowMs += 3_600_000;
    const late = ask('quote', { product: 3 }, { session }).body.quote;
    nowMs += 16 * 60_000;
    expect(ask('checkout', { quote: late }, { session }).status).toBe(400);
  });

  it('takes a code once', () => {
    const { session } = enter();
    const [code] = model.inventory.codes;
    expect(ask('redeem', { code: '-----' }, { session })).toMatchObject({
      status: 404,
      events: [{ name: 'code.rejected' }],
    });
    expect(ask('redeem', { code }, {}, 1)).toMatchObject({ status: 200, gain: 1 });
    const taken = ask('redeem', { code }, { session });
    expect(taken).toMatchObject({ status: 200, gain: 1 });
    expect(taken.events.map(({ name }) => name)).toEqual(['code.accepted', 'promo.redeemed']);
    expect(ask('redeem', { code }, { session })).toMatchObject({ status: 409, gain: 0 });
    expect(ask('redeem', { code }).status).toBe(401);
  });

  it('asks machines for the right key', () => {
    expect(ask('export').status).toBe(401);
    expect(ask('export', {}, { token: keyOf('device') }).status).toBe(403);
    const page = ask('export', { size: 150 }, { token: keyOf('partner') });
    expect(page).toMatchObject({
      status: 200,
      gain: 150,
      credential: 'partner-1',
      principal: '',
      body: { records: 150, next: 2 },
    });
    expect(ask('export', { size: 150, page: 2 }, { token: keyOf('partner') }).body).toEqual({ records: 50 });
    const more = { token: keyOf('device') };
    expect(ask('telemetry', { device: 'x' }, more)).toMatchObject({ status: 202, credential: 'device-1' });
    expect(ask('telemetry', {}, more).status).toBe(400);
    expect(ask('health')).toMatchObject({ status: 200 });
    expect(ask('webhook', { event: 'payment.settled', order: 1 }).status).toBe(401);
  });

  it('charges GraphQL by what is asked for', () => {
    const small = ask('graphql', { query: '{ product(id: 1) { name } }' });
    const large = ask('graphql', { query: '{ products(first: 500) { name reviews(first: 50) { text author } } }' });
    expect(large.bytes).toBeGreaterThan(1000 * small.bytes);
    expect(large.durationMs).toBeGreaterThan(20 * small.durationMs);
    expect(ask('graphql', { query: '{ product(' }).status).toBe(400);
  });

  it('knows what it does not know', () => {
    const plain = (method: string, path: string) => site.answer({ client, method, target: path }, nowMs).status;
    expect(plain('GET', '/.env')).toBe(404);
    expect(plain('PUT', '/api/login')).toBe(405);
    expect(plain('OPTIONS', '/api/login')).toBe(204);
    expect(plain('GET', '/api/products/')).toBe(301);
    expect(plain('HEAD', '/health')).toBe(200);
    expect(plain('GET', `/${'x'.repeat(9000)}`)).toBe(414);
    expect(plain('GET', '/api/products/%zz')).toBe(404);
  });

  it('answers where its document is silent', () => {
    const undocumented = [{ method: 'GET', path: '/api/v0/customers' }];
    const secretive = new SimulatedSite(model, new Random(7), { errorRate: 0, undocumented });
    const request = { client, method: 'GET', target: '/api/v0/customers?page=2' };
    expect(secretive.answer(request, nowMs).status).toBe(200);
    expect(secretive.operations).toEqual(model.operations);
    expect(site.answer(request, nowMs).status).toBe(404);
  });

  it('says that nothing changed to who asks', () => {
    const cached = { client: { ...client, headers: { 'if-none-match': '"1"' } } };
    const answers = Array.from({ length: 40 }, (_, i) => ask('detail', { id: i + 1 }, cached).status);
    expect(answers.filter((status) => status === 304).length).toBeGreaterThan(25);
  });

  it('is down when it is, slow under load, and broken now and then', () => {
    const outages = [{ startMs: 1000, endMs: 2000 }];
    const frail = new SimulatedSite(model, new Random(1), { errorRate: 0.01, outages, workers: 2 });
    const request = { client, method: 'GET', target: '/api/products' };
    expect(frail.answer(request, 1500).status).toBe(503);
    const calm = Array.from({ length: 2000 }, (_, i) => frail.answer(request, 10_000 + i * 1000));
    const busy = Array.from({ length: 2000 }, (_, i) => frail.answer(request, 4e6 + i * 2));
    const mean = (answers: Answer[]) => answers.reduce((sum, { durationMs }) => sum + durationMs, 0) / answers.length;
    expect(mean(busy)).toBeGreaterThan(1.5 * mean(calm));
    expect(busy.some(({ status }) => status === 503)).toBe(true);
    const broken = calm.filter(({ status }) => status >= 500).length;
    expect(broken).toBeGreaterThan(5);
    expect(broken).toBeLessThan(60);
  });

  it('answers the same to the same', () => {
    const once = () => {
      const fresh = new SimulatedSite(model, new Random(3));
      const random = new Random('asks');
      return Array.from({ length: 500 }, (_, i) => {
        const one = random.pick(model.operations);
        const values = { id: 1 + random.below(99), ...anna, query: 'lamp', code: 'X' };
        const request = { client, method: one.method, target: target(one, values), body: bodyFor(one, values) };
        return fresh.answer(request, i * 50);
      });
    };
    expect(once()).toEqual(once());
  });
});

it('never throws, whatever is sent', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(fc.integer()),
    fc.object(),
  );
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', ''),
    operation: fc.nat(model.operations.length - 1),
    text: fc.string({ unit: 'binary' }),
    body: fc.dictionary(
      fc.constantFrom('username', 'password', 'code', 'quote', 'product', 'quantity', 'price', 'query'),
      value,
    ),
  });
  const { session } = enter();
  fc.assert(
    fc.property(request, ({ method, operation: at, text, body }) => {
      const one = model.operations[at];
      const path = one.template.replace(/\{[^}]+\}/, () => text) + text;
      for (const target of [path, `${one.template}?page=${text}&q=${text}`]) {
        for (const how of [method, one.method]) {
          const answer = site.answer({ client, method: how, target, body, session }, nowMs);
          expect(answer.status).toBeGreaterThanOrEqual(200);
          expect(answer.bytes).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(answer.durationMs)).toBe(true);
        }
      }
    }),
    { numRuns: 100 },
  );
});

describe('forgetfulOf', () => {
  it('takes what documents no refusal', () => {
    expect(forgetfulOf(model.operations).map(({ id }) => id)).toEqual(['getOrder']);
    const small = readDocument(new URL('./fixtures/small.yaml', import.meta.url).pathname).operations;
    expect(forgetfulOf(small).map(({ id }) => id)).toEqual(['invoice']);
  });

  it('takes the first where a document knows no refusals at all', () => {
    const careless = model.operations.map((one) => ({ ...one, statuses: [200] }));
    expect(forgetfulOf(careless).map(({ id }) => id)).toEqual(['getProfile']);
  });
});

describe('inventory', () => {
  it('has passwords as people have them, and orders that lie apart', () => {
    const { accounts, codes, codeAlphabet, codeLength } = readSite(DOCUMENT, 9).inventory;
    const counts = new Map<string, number>();
    for (const { password } of accounts) counts.set(password, (counts.get(password) ?? 0) + 1);
    const [first, second] = [...counts.values()].sort((a, b) => b - a);
    expect(first / accounts.length).toBeGreaterThan(0.004);
    expect(first / accounts.length).toBeLessThan(0.03);
    expect(second).toBeLessThan(first);
    expect([...counts.values()].filter((n) => n === 1).length / accounts.length).toBeGreaterThan(0.6);
    expect(new Set(accounts.map(({ name }) => name)).size).toBe(accounts.length);
    const all = accounts.flatMap(({ orders }) => orders);
    expect(new Set(all).size).toBe(all.length);
    expect(codes.every((code) => code.length === codeLength && [...code].every((c) => codeAlphabet.includes(c)))).toBe(
      true,
    );
  });

  it('is the same for the same seed, and another for another', () => {
    expect(readSite(DOCUMENT, 7, { size: { accounts: 50 } })).toEqual(
      readSite(DOCUMENT, 7, { size: { accounts: 50 } }),
    );
    expect(readSite(DOCUMENT, 8, { size: { accounts: 50 } }).inventory).not.toEqual(
      readSite(DOCUMENT, 7, { size: { accounts: 50 } }).inventory,
    );
    expect(() => readSite(DOCUMENT, 1, { size: { codes: 100, codeLength: 2 } })).toThrow(/too many/);
  });
});

describe('target', () => {
  const detail = operation('detail');
  const search = operation('search');
  it('fills paths and queries by name or meaning', () => {
    expect(target(detail, { id: 5 })).toBe('/api/products/5');
    expect(target(detail, { productId: 'a/b$&' })).toBe('/api/products/a%2Fb%24%26');
    expect(target(search, { query: 'blue lamp', page: 2 })).toBe('/api/search?q=blue%20lamp&page=2');
    expect(() => target(detail, {})).toThrow(/getProduct.*productId/);
  });
});
