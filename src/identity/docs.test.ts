/** Every example of docs/identity.md is a configuration that works. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { identityFiles, keyFile } from '../config/identity.ts';
import { parseConfig } from '../config/parse.ts';
import { AUTH_OUTCOME } from '../enrich/kinds.ts';
import { identityFrom } from './compose.ts';
import { hashKey } from './keys/format.ts';
import { request, SECRET, settingsOf } from './testing.ts';

const page = readFileSync(new URL('../../docs/identity.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text);
const keyFiles = blocks.filter((text) => text.startsWith('# keys.yaml'));
const configs = blocks.filter((text) => !keyFiles.includes(text));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  writeFileSync(join(folder, 'keys.yaml'), keyFiles[0]);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(folder, 'inner.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('docs/identity.md', () => {
  it('has examples of every part', () => {
    expect(keyFiles).toHaveLength(1);
    expect(keyFile.parse(parse(keyFiles[0])).keys).toHaveLength(1);
    for (const part of [
      'keys',
      'jwt',
      'dpop',
      'introspection',
      'inner_token',
      'certificates',
      'cookies',
      'refresh',
      'forward',
    ])
      expect(
        configs.some((text) => new RegExp(`^  ${part}:`, 'm').test(text)),
        part,
      ).toBe(true);
  });

  it.each(
    configs.map((text) => [text.split('\n')[1].trim(), text] as const),
  )('the example that begins with %s works', async (_, text) => {
    const config = parseConfig(text, 'docs/identity.md');
    const env = {
      PARTNER_SECRET: 'p'.repeat(32),
      INTROSPECTION_SECRET: 'i'.repeat(32),
      SESSION_SECRET: 's'.repeat(32),
    };
    const desk = identityFrom(config.identity, { baseDir: folder, secret: SECRET, env });
    expect((await desk.identify(request())).outcome).toBe(AUTH_OUTCOME.none);
    await desk.close();
  });

  it('names files that sallyport check looks for', () => {
    const named = configs.flatMap((text) => identityFiles(parseConfig(text, 'docs/identity.md').identity));
    expect(named.map(({ path, name }) => `${path.join('.')}: ${name}`)).toEqual([
      'keys.files.0: keys.yaml',
      'inner_token.sign_key: inner.pem',
    ]);
    const secret = { file: 'secret.txt' };
    const more = settingsOf({
      jwt: [
        { issuer: 'i', audience: ['a'], algorithms: ['HS256'], secret },
        { issuer: 'j', audience: ['a'], jwks_file: 'keys.json' },
      ],
      cookies: [{ name: 'sid', secrets: [{ env: 'X' }, secret] }],
    });
    expect(identityFiles(more).map(({ path }) => path.join('.'))).toEqual([
      'jwt.0.secret.file',
      'jwt.1.jwks_file',
      'cookies.0.secrets.1.file',
    ]);
  });

  it('its hash of a key is one', async () => {
    // The page shows the hash of the key "test", which everybody can check with sha256sum.
    expect(page).toContain(hashKey('test', null));
    const config = parseConfig(configs.find((text) => text.includes('acme-2026')) ?? '', 'docs/identity.md');
    const desk = identityFrom(config.identity, { baseDir: folder, secret: SECRET });
    const nowMs = Date.UTC(2026, 5, 1);
    expect(await desk.identify(request(['X-Api-Key', 'test'], { nowMs }))).toMatchObject({
      outcome: AUTH_OUTCOME.accepted,
      partner: 'acme',
    });
    await desk.close();
  });
});
