import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../../enrich/kinds.ts';
import type { Caller } from '../contract.ts';
import { bearer, deskFrom, NOW, request, SECRET, settingsOf } from '../testing.ts';
import { formOf, hashKey, newKey } from './format.ts';

fc.configureGlobal({ seed: 20240304 });

const iso = (ms: number): string => new Date(ms).toISOString();
const DAY = 86_400_000;
const withKey = (key: string, nowMs = NOW) => request(['X-Api-Key', key], { nowMs });

function deskOf(keys: unknown, baseDir = '.') {
  const desk = deskFrom({ keys }, { baseDir });
  // Keys are known without waiting: a promise here is a mistake.
  return { desk, ask: (key: string, nowMs = NOW) => desk.identify(withKey(key, nowMs)) as Caller };
}

describe('the format of keys', () => {
  it('tells whole keys from broken and other ones', () => {
    const { key, id } = newKey({ secret: SECRET });
    expect(key).toMatch(new RegExp(`^sp_live_${id}_[0-9A-Za-z]{36}$`));
    expect(formOf(key, 'sp')).toBe('whole');
    expect(formOf(key.slice(0, -1), 'sp')).toBe('broken');
    expect(formOf('sp_', 'sp')).toBe('broken');
    expect(formOf('sk_live_4242', 'sp')).toBe('other');
    expect(formOf('spx_live_4242', 'sp')).toBe('other');
  });

  it('a key with any one letter changed is broken', () => {
    const { key } = newKey({ secret: null });
    fc.assert(
      fc.property(fc.integer({ min: 3, max: key.length - 1 }), fc.constantFrom(...'0aZ_'), (at, letter) => {
        fc.pre(key[at] !== letter);
        expect(formOf(key.slice(0, at) + letter + key.slice(at + 1), 'sp')).toBe('broken');
      }),
    );
  });

  it('leaves out bytes that would favour some digits, and hashes under the secret', () => {
    // 248 to 255 would come round again to the first digits: the first byte used is 247, the last digit.
    const { key } = newKey({ secret: null, id: 'x' }, (count) => Uint8Array.from({ length: count }, (_, i) => 255 - i));
    expect(key.slice(0, 12)).toBe('sp_live_x_zy');
    expect(hashKey(key, null)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(hashKey(key, SECRET)).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    expect(hashKey(key, Buffer.from('another-secret-of-this-length'))).not.toBe(hashKey(key, SECRET));
  });
});

describe('keys', () => {
  it('prove whom the configuration says, at once, in a header or as a bearer token', () => {
    const { key, hash } = newKey({ secret: SECRET });
    const entry = { id: 'k1', hash, principal: 'svc', partner: 'acme', plan: 'gold', scopes: ['a'], role: 'partner' };
    const { desk, ask } = deskOf({ entries: [entry] });
    expect(ask(key)).toMatchObject({
      scheme: AUTH_SCHEME.key,
      outcome: AUTH_OUTCOME.accepted,
      credential: 'k1',
      principal: 'svc',
      partner: 'acme',
      plan: 'gold',
      scopes: ['a'],
      role: ROLE.partner,
    });
    expect(desk.identify(bearer(key))).toMatchObject({ credential: 'k1', scheme: AUTH_SCHEME.key });
  });

  it('of other formats are known by a plain hash', () => {
    const { desk, ask } = deskOf({ bearer: true, entries: [{ id: 'old', hash: hashKey('legacy-key-0815', null) }] });
    expect(ask('legacy-key-0815').outcome).toBe(AUTH_OUTCOME.accepted);
    expect(desk.identify(bearer('legacy-key-0815'))).toMatchObject({ credential: 'old' });
    expect(ask('legacy-key-0816').outcome).toBe(AUTH_OUTCOME.unknown);
  });

  it('several secrets of one key overlap', () => {
    const one = newKey({ id: 'k', secret: SECRET });
    const two = newKey({ id: 'k', secret: SECRET });
    const secrets = [
      { hash: one.hash, expires: iso(NOW + DAY) },
      { hash: two.hash, not_before: iso(NOW) },
    ];
    const { ask } = deskOf({ entries: [{ id: 'k', secrets }] });
    expect(ask(one.key).outcome).toBe(AUTH_OUTCOME.accepted);
    expect(ask(two.key).outcome).toBe(AUTH_OUTCOME.accepted);
    expect(ask(two.key, NOW - 1).outcome).toBe(AUTH_OUTCOME.early);
    expect(ask(one.key, NOW + DAY).outcome).toBe(AUTH_OUTCOME.expired);
    expect(ask(two.key, NOW + DAY)).toMatchObject({ outcome: AUTH_OUTCOME.accepted, credential: 'k' });
  });

  it('a replaced key goes on for its overlap', () => {
    const old = newKey({ id: 'k0', secret: SECRET });
    const next = newKey({ id: 'k1', secret: SECRET });
    const entries = [
      { id: 'k0', hash: old.hash },
      { id: 'k1', hash: next.hash, replaces: 'k0', not_before: iso(NOW), overlap_s: 3600 },
    ];
    const { ask } = deskOf({ entries });
    expect(ask(old.key, NOW + 3_599_999).outcome).toBe(AUTH_OUTCOME.accepted);
    expect(ask(old.key, NOW + 3_600_000).outcome).toBe(AUTH_OUTCOME.expired);
    expect(ask(next.key, NOW + 3_600_000).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('what is wrong with a configuration is said without hashes', () => {
    const { hash } = newKey({ secret: SECRET });
    const wrong = (entries: unknown[]) => () => deskOf({ entries });
    expect(
      wrong([
        { id: 'a', hash },
        { id: 'a', hash: hashKey('x', null) },
      ]),
    ).toThrow(/"a" stands twice/);
    expect(
      wrong([
        { id: 'a', hash },
        { id: 'b', hash },
      ]),
    ).toThrow(/"b" has a secret that stands twice/);
    expect(wrong([{ id: 'a' }])).toThrow(/no hash/);
    expect(wrong([{ id: 'a', hash, replaces: 'b' }])).toThrow(/no other key/);
    expect(
      wrong([
        { id: 'a', hash, replaces: 'b' },
        { id: 'b', hash: hashKey('x', null) },
      ]),
    ).toThrow(/not_before/);
  });

  it('one wrong secret is as unknown as any other', () => {
    const { key, hash } = newKey({ id: 'k', secret: SECRET });
    const { ask } = deskOf({ entries: [{ id: 'k', hash }] });
    const wrongSecret = newKey({ id: 'k', secret: SECRET }).key;
    const { detail, outcome } = ask(wrongSecret);
    expect(ask(newKey({ secret: SECRET }).key)).toMatchObject({ detail, outcome });
    expect(ask(key).outcome).toBe(AUTH_OUTCOME.accepted);
  });
});

describe('files of keys', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (text: string) => writeFileSync(join(folder, 'keys.yaml'), text);
  const settings = { files: ['keys.yaml'] };

  it('are read again, and what is revoked there counts no more with the next request', () => {
    const a = newKey({ id: 'a', secret: SECRET });
    const b = newKey({ id: 'b', secret: SECRET });
    write(`keys:\n  - { id: a, hash: "${a.hash}" }\n`);
    const { desk, ask } = deskOf(settings, folder);
    expect(ask(a.key).outcome).toBe(AUTH_OUTCOME.accepted);
    expect(ask(b.key).outcome).toBe(AUTH_OUTCOME.unknown);
    write(`- { id: a, hash: "${a.hash}", revoked: true }\n- { id: b, hash: "${b.hash}" }\n`);
    desk.update(settingsOf({ keys: settings }));
    expect(ask(a.key).outcome).toBe(AUTH_OUTCOME.revoked);
    expect(ask(b.key).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('that are wrong leave those before in force', () => {
    const a = newKey({ id: 'a', secret: SECRET });
    write(JSON.stringify([{ id: 'a', hash: a.hash }]));
    const { desk, ask } = deskOf(settings, folder);
    for (const text of ['keys: [', 'keys:\n  - id: a\n    hash: nonsense\n', 'keys: 3']) {
      write(text);
      expect(() => desk.update(settingsOf({ keys: settings }))).toThrow(expect.objectContaining({ code: 'SP7510' }));
    }
    expect(ask(a.key).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('that are missing are named', () => {
    expect(() => deskOf({ files: ['none.yaml'] }, folder)).toThrow(/none\.yaml: ENOENT/);
  });
});
