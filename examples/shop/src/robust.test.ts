/** Weak, but not fragile: what must not bring the shop down, and where it refuses to start. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bounded } from './bounded.ts';
import { optionsFrom } from './command.ts';
import { makeInventory, readInventory } from './inventory.ts';
import { isLoopback } from './loopback.ts';
import { BODY_LIMIT } from './serve.ts';
import { type RunningShop, startShop } from './shop.ts';
import { matcher, StatementError } from './statement.ts';
import { call } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'shop-'));
afterAll(() => rmSync(folder, { recursive: true }));
const small = makeInventory('robust', { accounts: 5, products: 30, codes: 5 });

describe('where it listens', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'shop.example', ''])('not on %j', async (host) => {
    await expect(startShop({ host, data: small })).rejects.toThrow(/--allow-remote/);
  });

  test.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['[::1]', true],
    ['localhost', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['127.0.0.1.example', false],
    ['::', false],
  ])('%s is loopback: %s', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });

  test('elsewhere with the flag, and the port is said', async () => {
    const shop = await startShop({ host: '0.0.0.0', allowRemote: true, data: small });
    expect(shop.url).toBe(`http://0.0.0.0:${shop.port}`);
    await shop.close();
  });

  test('a taken port is an error', async () => {
    const shop = await startShop({ data: small });
    await expect(startShop({ data: small, port: shop.port })).rejects.toThrow(/EADDRINUSE/);
    await shop.close();
  });
});

describe('under load it does not ask for', () => {
  let shop: RunningShop;
  beforeAll(async () => {
    shop = await startShop({ data: small });
  });
  afterAll(() => shop.close());
  const alive = async () => expect((await call(shop.url, 'GET', '/health')).status).toBe(200);

  /** Sends bytes as they are, and returns what came back until the server hung up. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve) => {
      let got = '';
      const socket = connect(shop.port, '127.0.0.1', () => socket.write(text));
      socket.setEncoding('latin1');
      socket.on('data', (part) => {
        got += part;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(got));
    });
  }

  test('an announced big body is refused unread', async () => {
    const head = `POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY_LIMIT + 1}\r\n\r\n`;
    expect(await raw(head)).toMatch(/^HTTP\/1\.1 413/);
    await alive();
  });

  test('so is one that does not say how long it will be', async () => {
    const part = 'a'.repeat(65_536);
    const body = `10000\r\n${part}\r\n`.repeat(6);
    const head = 'POST /api/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await raw(head + body)).toMatch(/^HTTP\/1\.1 413/);
    await alive();
  });

  test('what is no HTTP is 400', async () => {
    expect(await raw('\x16\x03\x01\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    await alive();
  });

  test('a client that leaves in the middle of its body is no error', async () => {
    const socket = connect(shop.port, '127.0.0.1', () => {
      socket.write('POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{', () => socket.destroy());
    });
    await new Promise((resolve) => socket.on('close', resolve));
    await alive();
  });

  test('GraphQL stops where the machine would: fields, tokens, nesting', async () => {
    const ask = (query: string) => call(shop.url, 'POST', '/graphql', { body: { query } });
    const deep = `{ product(id: 1) ${'{ related '.repeat(40)}{ id }${' }'.repeat(40)} }`;
    expect((await ask(deep)).json.errors[0].message).toContain('fields');
    expect((await ask('{a'.repeat(20_000))).status).toBe(400);
    expect((await ask(`{ ${'me { id } '.repeat(5000)} }`)).json.errors[0].message).toContain('tokens');
    await alive();
  });
});

describe('the search statement', () => {
  const row = { id: 4, name: 'oak desk 120', category: 'office', price: 900, stock: 0, released: 1 };
  test.each([
    ["name LIKE '%desk%' AND released = 1", true],
    ["name LIKE 'oak%120'", true],
    ["name LIKE 'desk%'", false],
    ["name LIKE '%oak'", false],
    ["name LIKE '%o%a%k%'", true],
    ["name LIKE '%x%' OR 1=1 -- ' AND released = 0", true],
    ['NOT (price < 900 OR stock > 0) AND id <> 5', true],
    ["category = 'it''s'", false],
  ])('%s is %s', (condition, expected) => {
    expect(matcher(condition)(row)).toBe(expected);
  });

  test('whatever the word: an answer, or an error of the statement', () => {
    const word = fc.oneof(fc.string(), fc.stringMatching(/^['() %=<>a-z0-9-]{0,40}$/));
    fc.assert(
      fc.property(word, (text) => {
        try {
          matcher(`name LIKE '%${text}%' AND released = 1`)(row);
        } catch (error) {
          expect(error).toBeInstanceOf(StatementError);
        }
      }),
    );
    expect(() => matcher(`${'('.repeat(10_000)}1=1`)).toThrow(StatementError);
  });
});

describe('inventory', () => {
  test('the same seed gives the same world, another another', () => {
    expect(makeInventory('a')).toEqual(makeInventory('a'));
    expect(makeInventory('a').accounts).not.toEqual(makeInventory('b').accounts);
  });

  test('order ids are given once; so are codes', () => {
    const { accounts, codes } = makeInventory('a');
    const ids = accounts.flatMap(({ orders }) => orders);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test('a file is read, and a wrong one named', async () => {
    const path = join(folder, 'inventory.json');
    writeFileSync(path, JSON.stringify(small));
    expect(readInventory(path)).toEqual(small);
    const shop = await startShop({ data: path });
    expect(shop.inventory).toEqual(small);
    await shop.close();
    for (const [wrong, what] of [
      [{ ...small, accounts: [{ name: 'a' }] }, /accounts/],
      [{ ...small, products: 0 }, /products/],
      [{ ...small, keys: [null] }, /keys/],
      [{ ...small, words: [] }, /words/],
      [7, /object/],
    ] as const) {
      writeFileSync(path, JSON.stringify(wrong));
      expect(() => readInventory(path)).toThrow(what);
    }
    expect(() => readInventory(join(folder, 'none.json'))).toThrow(/none\.json/);
  });
});

describe('the log', () => {
  test('combined lines have the forwarding chain, the user and no secret', async () => {
    const log = join(folder, 'access.log');
    const shop = await startShop({ data: small, log });
    const { name, password } = small.accounts[0];
    const { token } = (await call(shop.url, 'POST', '/api/login', { body: { username: name, password } })).json;
    const headers = { 'X-Forwarded-For': '198.51.100.7', 'User-Agent': 'a"b', Referer: 'https://shop.example/' };
    await call(shop.url, 'GET', '/api/orders?page=1', { token, headers });
    await shop.close();
    const line = readFileSync(log, 'utf8').trimEnd().split('\n')[1];
    expect(line).toMatch(
      /^127\.0\.0\.1 - \S+ \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000] "GET \/api\/orders\?page=1 HTTP\/1\.1" 200 \d+ "https:\/\/shop\.example\/" "a\\x22b" "198\.51\.100\.7" \d+\.\d{3}$/,
    );
    expect(line).toContain(` ${name} [`);
    expect(line).not.toContain(token.split('.')[1]);
  });

  test('JSON lines say what only the shop knows', async () => {
    const log = join(folder, 'events.jsonl');
    const shop = await startShop({ data: small, log, logFormat: 'json' });
    const { name, password } = small.accounts[0];
    await call(shop.url, 'POST', '/api/login', { body: { username: name, password: 'wrong' } });
    const { token } = (await call(shop.url, 'POST', '/api/login', { body: { username: name, password } })).json;
    await call(shop.url, 'POST', '/api/checkout', { token, body: { product: 1, price: 40 } });
    await call(shop.url, 'GET', '/api/partner/export', { key: small.keys[0].secret });
    await shop.close();
    const text = readFileSync(log, 'utf8');
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const exchanges = events.filter(({ type }) => type === 'exchange');
    expect(exchanges.map(({ status }) => status)).toEqual([401, 200, 201, 200]);
    expect(exchanges.map(({ principal }) => principal)).toEqual([undefined, name, name, undefined]);
    expect(exchanges[1].session).toBe(exchanges[2].session);
    const business = events.filter(({ type }) => type === 'business');
    expect(business.map((event) => event.name)).toEqual(['login.failed', 'login.succeeded', 'payment.settled']);
    expect(business[2]).toMatchObject({ principal: name, amount_minor: 40, address: '127.0.0.1' });
    expect(events.at(-1)).toMatchObject({ credential: small.keys[0].id, method: 'GET' });
    expect(text).not.toContain(small.keys[0].secret);
  });
});

describe('options', () => {
  test('the command line goes before the environment', () => {
    const env = { SHOP_PORT: '1', SHOP_HOST: '::1', SHOP_ALLOW_REMOTE: '1' };
    expect(optionsFrom(['--port', '2'], env)).toMatchObject({ port: 2, host: '::1', allowRemote: true });
    expect(optionsFrom([], {})).toMatchObject({ port: 8081, host: '127.0.0.1', allowRemote: false });
    expect(optionsFrom(['--help'], {})).toBe('help');
  });

  test.each([
    [['--port', 'x']],
    [['--port', '70000']],
    [['--log-format', 'xml']],
    [['--what']],
  ])('%j is refused', (args) => {
    expect(() => optionsFrom(args, {})).toThrow();
  });

  test('mail goes to a file', () => {
    const path = join(folder, 'mail.jsonl');
    const options = optionsFrom(['--mail', path], {});
    expect(existsSync(path)).toBe(false);
    const letter = { account: 'a', to: 'a@b', text: 'hello' };
    if (options !== 'help') options.mail!(letter);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(letter);
  });
});

test('a bounded map forgets its oldest', () => {
  const map = new Bounded<number, string>(2);
  for (const key of [1, 2, 1, 3]) map.set(key, String(key));
  expect([map.get(1), map.get(2), map.get(3), map.size]).toEqual([undefined, '2', '3', 2]);
});
