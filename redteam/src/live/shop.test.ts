/** Visitors against the sample shop, over real sockets. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningShop, startShop } from '../../../examples/shop/src/shop.ts';
import type { Exchange } from '../contract.ts';
import { mailboxOf, NAME_PREFIX, runLive, summaryText, writeInventory } from './index.ts';
import { ATTACK, CHROME, INVENTORY, options, PEOPLE, repeated, Scripted, type Step, sourceOf } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'live-'));
const log = join(folder, 'shop.jsonl');
const mail = join(folder, 'mail.jsonl');
let shop: RunningShop;

beforeAll(async () => {
  const data = join(folder, 'inventory.json');
  writeInventory(data, { ...INVENTORY, more: 'is left out' } as typeof INVENTORY);
  shop = await startShop({
    data,
    log,
    logFormat: 'json',
    mail: (letter) => appendFileSync(mail, `${JSON.stringify(letter)}\n`),
  });
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

const [anna, carl] = INVENTORY.accounts;
const logIn =
  ({ name, password }: { name: string; password: string }): Step =>
  () => ({ method: 'POST', target: '/api/login', body: { username: name, password } });

async function drive(visitor: Scripted): Promise<{ exchanges: Exchange[]; visitor: Scripted }> {
  const exchanges: Exchange[] = [];
  const sink = (exchange: Exchange) => exchanges.push(exchange);
  const summary = await runLive(options(shop.url, { sources: [sourceOf(visitor)], sink, mailbox: mailboxOf(mail) }));
  expect(summary.broken).toEqual({ count: 0, first: '' });
  expect(summary.ending).toBe('done');
  return { exchanges, visitor };
}

describe('what a visitor is told', () => {
  test('lists, products and searches', async () => {
    const { visitor } = await drive(
      new Scripted([
        () => ({ method: 'GET', target: '/' }),
        () => ({ method: 'GET', target: '/api/products' }),
        (last) => ({ method: 'GET', target: `/api/products?page=${last?.body.next}` }),
        (last) => ({ method: 'GET', target: `/api/products/${(last?.body.ids as number[])[0]}` }),
        () => ({ method: 'GET', target: '/api/search?q=desk' }),
        () => ({ method: 'GET', target: '/api/products/9999' }),
      ]),
    );
    const [home, first, second, product, search, none] = visitor.answers;
    expect(home).toMatchObject({ status: 200, handling: 'served', body: {} });
    expect(home.bytes).toBeGreaterThan(1000);
    expect(first.body.ids).toHaveLength(24);
    expect(first.body.next).toBe(2);
    expect(product.body.id).toBe((second.body.ids as number[])[0]);
    expect(product.gain).toBe(1);
    expect((search.body.ids as number[]).length).toBeGreaterThan(0);
    expect(none).toMatchObject({ status: 404, body: {}, gain: 0 });
  });

  test('a login gives session and token, and the log’s name for who has it', async () => {
    const visitor = new Scripted([
      logIn({ ...anna, password: 'wrong' }),
      logIn(anna),
      (last) => ({ method: 'GET', target: '/api/orders', session: String(last?.body.session) }),
      () => ({ method: 'GET', target: '/api/users/me', token: String(visitor.answers[1].body.token) }),
    ]);
    const { exchanges } = await drive(visitor);
    const [wrong, right, orders, profile] = visitor.answers;
    expect(wrong).toMatchObject({ status: 401, handling: 'served', body: {}, gain: 0 });
    expect(wrong.events).toEqual([{ name: 'login.failed', principal: anna.name }]);
    expect(right.events).toEqual([{ name: 'login.succeeded', principal: anna.name }]);
    expect(right).toMatchObject({ gain: 1, principal: anna.name, body: { id: 1, owner: anna.name } });
    expect(orders.body.ids).toEqual([10_003, 10_001]);
    expect(profile.body).toMatchObject({ id: 1, owner: anna.name });
    const shown = new Set(exchanges.slice(1).map(({ answer }) => answer.session));
    expect(shown.size).toBe(1);
    const [session] = shown;
    expect(session).toMatch(/^s[0-9a-f]{12}$/);
    await logged(3, (line) => line.type === 'exchange' && line.session === session && line.principal === anna.name);
  });

  test('orders of others, codes, quotes: each with what it was worth', async () => {
    let token = '';
    const as = (method: string, target: string, body?: Record<string, unknown>) => ({ method, target, body, token });
    const { visitor } = await drive(
      new Scripted([
        logIn(carl),
        (last) => {
          token = String(last?.body.token);
          return as('GET', '/api/orders/10001');
        },
        () => as('GET', '/api/orders/10002'),
        () => as('POST', '/api/codes/redeem', { code: INVENTORY.codes[0] }),
        () => as('POST', '/api/codes/redeem', { code: 'WRONG' }),
        () => as('POST', '/api/quotes', { product: 5, quantity: 2 }),
        (last) => as('POST', '/api/checkout', { quote: last?.body.quote, price: 100 }),
        () => as('GET', '/api/users/1'),
      ]),
    );
    const [, foreign, own, code, wrong, quote, bought, profile] = visitor.answers;
    expect(foreign).toMatchObject({ gain: 1, body: { id: 10_001, owner: anna.name } });
    expect(foreign.events).toEqual([{ name: 'lookup.found', principal: carl.name, object: 'order:10001' }]);
    expect(own).toMatchObject({ gain: 0, body: { owner: carl.name } });
    expect(code).toMatchObject({ gain: 1, body: { value: expect.any(Number) } });
    expect(wrong).toMatchObject({ status: 404, gain: 0 });
    expect(wrong.events).toEqual([{ name: 'code.rejected', principal: carl.name, object: 'WRONG' }]);
    expect(bought.gain).toBe(Number(quote.body.price) - 100);
    expect(bought.body).toMatchObject({ order: 10_004, price: 100 });
    expect(profile).toMatchObject({ status: 403, handling: 'served', gain: 0 });
  });

  test('keys go where keys go', async () => {
    const { visitor, exchanges } = await drive(
      new Scripted([
        () => ({ method: 'GET', target: '/api/partner/export?limit=50', token: 'pk_1' }),
        () => ({ method: 'POST', target: '/api/telemetry', body: { device: 'a' }, token: 'dk_1' }),
        () => ({ method: 'GET', target: '/api/partner/export', token: 'made-up' }),
      ]),
    );
    expect(visitor.answers[0]).toMatchObject({ body: { records: 50, next: 2 }, gain: 50, credential: 'partner-1' });
    expect(visitor.answers[1]).toMatchObject({ status: 202, credential: 'device-1' });
    expect(visitor.answers[2]).toMatchObject({ status: 401, credential: '' });
    await logged(1, ({ credential }) => credential === exchanges[0].answer.credential);
  });

  test('the mailbox has the code of a reset', async () => {
    const { visitor } = await drive(
      new Scripted([
        () => ({ method: 'POST', target: '/api/password-reset', body: { username: carl.name } }),
        (last) => ({
          method: 'POST',
          target: '/api/password-reset/confirm',
          body: { username: carl.name, code: last?.body.mail, password: 'third-one' },
        }),
        () => ({ method: 'POST', target: '/api/password-reset', body: { username: 'nobody' } }),
        logIn({ name: carl.name, password: 'third-one' }),
        // Back to what the inventory says.
        () => ({ method: 'POST', target: '/api/password-reset', body: { username: carl.name } }),
        (last) => ({
          method: 'POST',
          target: '/api/password-reset/confirm',
          body: { username: carl.name, code: last?.body.mail, password: carl.password },
        }),
      ]),
    );
    expect(visitor.answers.map(({ status }) => status)).toEqual([202, 204, 404, 200, 202, 204]);
    expect(visitor.answers[1].gain).toBe(1);
    expect(visitor.answers[2].body).toEqual({});
  });
});

describe('what the shop sees', () => {
  test('clients come from addresses of their own, and say them in the chain', async () => {
    await drive(new Scripted([() => ({ client: CHROME, method: 'GET', target: '/about?who=chrome' })]));
    const [line] = await logged(1, ({ target }) => target === '/about?who=chrome');
    expect(line).toMatchObject({ forwarded_for: CHROME.address, user_agent: CHROME.agent, host: 'shop.example' });
    expect(line?.address).toMatch(/^127\./);
  });

  test('accounts that visitors open are marked, and still theirs', async () => {
    const body = { username: 'somebody.new', email: 'new@mail.example', password: 'a-password' };
    const { visitor, exchanges } = await drive(
      new Scripted([
        () => ({ method: 'POST', target: '/api/signup', body }),
        logIn({ name: body.username, password: body.password }),
      ]),
    );
    expect(visitor.answers.map(({ status }) => status)).toEqual([201, 200]);
    expect(visitor.answers[1].principal).toBe(`${NAME_PREFIX}somebody.new`);
    expect(exchanges[0].request.body).toMatchObject({ username: `${NAME_PREFIX}somebody.new` });
    await logged(2, ({ type, principal }) => type === 'exchange' && principal === `${NAME_PREFIX}somebody.new`);
  });

  test('what cannot stand in a request line is encoded', async () => {
    await drive(new Scripted([() => ({ method: 'GET', target: '/api/search?q=a b’c&x=1' })]));
    await logged(1, ({ target }) => target === '/api/search?q=a%20b%E2%80%99c&x=1');
  });
});

test('the summary tells groups apart', async () => {
  const people = new Scripted(repeated(3, { method: 'GET', target: '/' }), PEOPLE);
  const attack = new Scripted([logIn(anna), logIn({ ...anna, password: 'x' })], ATTACK);
  const summary = await runLive(options(shop.url, { sources: [sourceOf(people), sourceOf(attack)] }));
  expect(summary).toMatchObject({ sent: 5, answered: 5, failures: {}, addresses: 1 });
  expect(summary.labels).toMatchObject([
    { ...ATTACK, visitors: 1, sent: 2, served: 2, gain: 1, statuses: { 200: 1, 401: 1 } },
    { ...PEOPLE, visitors: 1, sent: 3, served: 3, gain: 0 },
  ]);
  const text = summaryText(summary);
  expect(text).toMatch(/try \(stuffing E1\) +2 +2 +0 +0 +0 +0 +1\n/);
  expect(text).toMatch(/people +3 +3 +0 +0 +0 +0 +0\n/);
});

type Line = Readonly<Record<string, string>>;

/** Lines of the shop's log, once there are as many; they are written soon after the answer. */
async function logged(count: number, which: (line: Line) => boolean): Promise<Line[]> {
  for (;;) {
    const whole = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    const found = whole.map((line) => JSON.parse(line) as Line).filter(which);
    if (found.length >= count) return found;
    await new Promise(setImmediate);
  }
}
