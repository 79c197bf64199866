/** Signed tokens over a socket: anybody can check them, and they open what the opaque ones open. */
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { optionsFrom } from './command.ts';
import { makeInventory } from './inventory.ts';
import { type RunningShop, startShop } from './shop.ts';
import { call } from './testing.ts';

const inventory = makeInventory('tests', { accounts: 4, products: 20, codes: 2 });
const [{ name, password }] = inventory.accounts;
let shop: RunningShop;
beforeAll(async () => {
  shop = await startShop({ data: inventory, tokens: true });
});
afterAll(() => shop.close());

const logIn = () => call(shop.url, 'POST', '/api/login', { body: { username: name, password } });

test('a token is signed with the key that the shop publishes, and names user, session and shop', async () => {
  const [{ json, headers }, keys] = await Promise.all([logIn(), call(shop.url, 'GET', '/.well-known/jwks.json')]);
  const [head, claims, signature] = (json.token as string).split('.');
  const key = createPublicKey({ key: keys.json.keys[0] as JsonWebKey, format: 'jwk' });
  const signed = Buffer.from(`${head}.${claims}`);
  const by = { key, dsaEncoding: 'ieee-p1363' } as const;
  expect(verify('sha256', signed, by, Buffer.from(signature, 'base64url'))).toBe(true);
  expect(verify('sha256', Buffer.from(`${head}.x`), by, Buffer.from(signature, 'base64url'))).toBe(false);
  const told = JSON.parse(Buffer.from(claims, 'base64url').toString());
  expect(told).toMatchObject({ iss: 'https://shop.example', aud: 'shop', sub: name });
  expect(told.exp - told.iat).toBe(3600);
  expect(headers.get('set-cookie')).toContain(`session=${told.sid}.`);
  expect(keys.json.keys[0].d).toBeUndefined();
});

test('it opens the account until it is logged out, and a changed one opens nothing', async () => {
  const { token } = (await logIn()).json;
  const me = (shown: string) => call(shop.url, 'GET', '/api/users/me', { token: shown });
  expect((await me(token)).json.username).toBe(name);
  expect((await me(`${token.slice(0, -4)}AAAA`)).status).toBe(401);
  await call(shop.url, 'POST', '/api/logout', { token });
  expect((await me(token)).status).toBe(401);
});

test('without the option tokens are opaque, and there is no key', async () => {
  const plain = await startShop({ data: inventory });
  try {
    const { json } = await call(plain.url, 'POST', '/api/login', { body: { username: name, password } });
    expect(json.token.split('.')).toHaveLength(2);
    expect((await call(plain.url, 'GET', '/.well-known/jwks.json')).status).toBe(404);
  } finally {
    await plain.close();
  }
});

test('the command line has it', () => {
  expect(optionsFrom(['--tokens'], {})).toMatchObject({ tokens: true });
  expect(optionsFrom([], { SHOP_TOKENS: '1' })).toMatchObject({ tokens: true });
  expect(optionsFrom([], {})).toMatchObject({ tokens: false });
});
