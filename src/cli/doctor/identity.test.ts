import { afterEach, describe, expect, it } from 'vitest';
import { newKey } from '../../identity/keys/format.ts';
import { identityFindings } from './identity.ts';
import { Ward } from './testing.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
let ward = new Ward();
afterEach(async () => {
  await ward.remove();
  ward = new Ward();
});

const look = async (yaml: string) =>
  (await identityFindings(ward.examination(yaml, NOW))).map(({ status, sentence }) => `${status} ${sentence}`);

describe('identity', () => {
  it('is fine where nothing is configured', async () => {
    expect(await look('upstream: http://127.0.0.1:1\n')).toEqual([
      'ok keys, secrets and files can be used; nothing ends soon',
    ]);
  });

  it('names keys that end within 14 days, of files, too, and no others', async () => {
    const entry = (id: string, more: string) =>
      `  - { id: ${id}, hash: "${newKey({ id, secret: null }).hash}"${more} }\n`;
    const soon = entry('soon', ', expires: 2026-03-10') + entry('late', ', expires: 2026-04-10');
    ward.file('keys.yaml', `keys:\n${soon}${entry('gone', ', expires: 2026-03-09, revoked: true')}`);
    const [first, ...rest] = await look('upstream: http://127.0.0.1:1\nidentity: { keys: { files: [keys.yaml] } }\n');
    expect(first).toBe('warn within 14 days ends soon (2026-03-10)');
    expect(rest).toEqual([]);
  });

  it('fails where a file of keys is wrong, and tells nothing of it', async () => {
    ward.file('keys.yaml', 'keys:\n  - { id: k, hash: "my secret" }\n');
    const [first] = await look('upstream: http://127.0.0.1:1\nidentity: { keys: { files: [keys.yaml] } }\n');
    expect(first).toMatch(/^fail cannot be used: .*keys\.yaml/);
    expect(first).not.toContain('my secret');
  });

  it('asks issuers for their keys', async () => {
    const port = await ward.serving((req, res) => res.end(req.url === '/keys' ? '{"keys": []}' : '<html>'));
    const base = `http://127.0.0.1:${port}`;
    const issuer = (path: string) =>
      `    - { issuer: "https://id${path}", audience: [a], jwks_url: "${base}${path}" }\n`;
    const yaml = `upstream: http://127.0.0.1:1\nidentity:\n  jwt:\n${issuer('/keys')}${issuer('/page')}`;
    const [good, bad] = await look(yaml);
    expect(good).toMatch(/^ok https:\/\/id\/keys: answers at /);
    expect(bad).toMatch(/^fail https:\/\/id\/page: .*not JSON/);
  });
});
