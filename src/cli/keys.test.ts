import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from '../admin/server.ts';
import { adminOptions, FakeOperator, FakeRevocations, TOKEN } from '../admin/testing.ts';
import { loadConfig } from '../config/load.ts';
import { hashKey } from '../identity/keys/format.ts';
import { run } from './testing.ts';

let folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
let admin: Admin | null = null;
afterEach(async () => {
  await admin?.close();
  admin = null;
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
});

const ports = { loadConfig: (path?: string) => loadConfig(path) };
const keys = (...words: string[]) =>
  run(['keys', ...words], { cwd: folder, ports, env: { USER: 'zoë', COLUMNS: '120' } });
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('keys', () => {
  it('are made: the key goes out, and its entry beside it', async () => {
    const made = await keys('new', '--id', 'acme-2027', '--partner', 'acme: "1"', '--prefix', 'sp_test');
    expect(made.code).toBe(0);
    const key = made.out.trim();
    expect(key).toMatch(/^sp_test_acme-2027_\w+$/);
    expect(made.err).toContain(`- id: "acme-2027"\n  partner: "acme: \\"1\\""\n  hash: "${hashKey(key, null)}"\n`);
    expect(made.err).not.toContain(key);
    expect((await keys('new', '--id', 'no spaces')).code).toBe(2);
  });

  it('are hashed, plain or under the secret of the installation', async () => {
    const path = file('key.txt', 'some-old-key\n');
    expect((await keys('hash', path)).out.trim()).toBe(hashKey('some-old-key', null));
    const config = file('sallyport.yaml', `upstream: http://127.0.0.1:1\nrecords: { data_dir: . }\n`);
    writeFileSync(join(folder, 'pseudonyms.secret'), Buffer.alloc(32, 7));
    const keyed = await keys('hash', path, '--keyed', '--config', config);
    expect(keyed.out.trim()).toBe(hashKey('some-old-key', Buffer.alloc(32, 7)));
    expect((await keys('hash', file('two.txt', 'two words'))).code).toBe(2);
  });

  it('are listed with how they stand, and without their hashes', async () => {
    const { hash } = { hash: hashKey('a', null) };
    const other = hashKey('b', null);
    file('more.yaml', `keys:\n  - { id: old, hash: "${other}", expires: 2020-01-01 }\n`);
    const config = file(
      'sallyport.yaml',
      `upstream: http://127.0.0.1:1\nidentity: { keys: { files: [more.yaml], entries: [{ id: now, owner: ann, hash: "${hash}" }] } }\n`,
    );
    const { out } = await keys('list', '--config', config, '--json');
    expect(JSON.parse(out).keys).toMatchObject([
      { id: 'now', state: 'in force', owner: 'ann' },
      { id: 'old', state: 'expired' },
    ]);
    const text = (await keys('list', '--config', config)).out;
    expect(text).toContain('in force');
    expect(text + out).not.toContain('sha256');
  });
});

describe('revocations', () => {
  it('are made, listed and taken back in a running Sallyport', async () => {
    const revocations = new FakeRevocations();
    admin = await startAdmin(adminOptions(new FakeOperator(), { revocations }));
    const there = ['--admin', admin.url, '--token-file', file('token', TOKEN)];
    const why = ['--reason', 'found in a repository'];
    expect((await keys('revoke', 'acme-2026', ...why, ...there)).out).toBe(
      'The credential acme-2026 counts no more.\n',
    );
    const user = ['--kind', 'principal', '--issuer', 'https://id.example', '--until', '2100-01-31T12:00:00Z'];
    expect((await keys('revoke', 'u\u001b[2J1', ...user, ...why, ...there)).out).toMatch(
      / counts no more until 31 Jan 2100 12:00:00 UTC/,
    );
    expect(revocations.kept).toMatchObject([
      { target: { kind: 'credential', id: 'acme-2026' }, untilMs: 0, by: 'zoë', reason: 'found in a repository' },
      { target: { kind: 'principal', issuer: 'https://id.example' } },
    ]);
    const listed = await keys('list', '--revoked', ...there);
    expect(listed.out).toMatch(/credential\s+acme-2026\s+.*for good\s+zoë/);
    expect(listed.out).not.toContain('\u001b');
    expect((await keys('restore', 'acme-2026', ...why, ...there)).out).toBe(
      'The credential acme-2026 counts again.\nsiem was told of the revocation, and no event takes that back.\n',
    );
    const again = await keys('restore', 'acme-2026', ...why, ...there);
    expect([again.code === 0, again.err.includes('SP7610')]).toEqual([false, true]);
  });
});
