import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ensureToken, loginLink, readToken, sameSecret } from './token.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-token-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('makes a token that only its owner can read, and keeps it', () => {
  const path = join(folder, 'data', 'admin.token');
  const token = ensureToken(path);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(ensureToken(path)).toBe(token);
  expect(readToken(path)).toBe(token);
  expect(ensureToken(join(folder, 'other.token'))).not.toBe(token);
});

it('refuses what is no token', () => {
  for (const text of ['', 'short', `${'x'.repeat(20)} ${'y'.repeat(20)}`, 'ä'.repeat(40), 'x'.repeat(600)]) {
    const path = join(folder, 'bad.token');
    writeFileSync(path, text);
    expect(() => ensureToken(path), text).toThrow(expect.objectContaining({ code: 'SP7024' }));
  }
  expect(() => readToken(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'SP7024' }));
  expect(() => ensureToken(folder)).toThrow(expect.objectContaining({ code: 'SP7024' }));
});

it('puts the token where no request carries it', () => {
  const link = new URL(loginLink('http://127.0.0.1:9464', 'a+b/c'));
  expect([link.pathname, link.search, decodeURIComponent(link.hash)]).toEqual(['/', '', '#token=a+b/c']);
});

it('compares whole texts', () => {
  expect(sameSecret('abc', 'abc')).toBe(true);
  expect(sameSecret('abc', 'abd')).toBe(false);
  expect(sameSecret('abc', 'abcd')).toBe(false);
});
