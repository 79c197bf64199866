import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from '../admin/server.ts';
import { adminOptions, FakeOperator, fakeInventory, SAMPLE_ENDPOINT, TOKEN } from '../admin/testing.ts';
import { run } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-inventory-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, `${TOKEN}\n`);

const removed = {
  ...SAMPLE_ENDPOINT,
  method: 'POST',
  template: '/v0/login',
  kind: 'zombie',
  reason: 'removed',
  undeclared_parameters: [],
  versions: [],
  authentication: { accepted_percent: -1, schemes: [], declared: true },
} as const;
const open: Admin[] = [];
let url = '';

async function start(inventory: ReturnType<typeof fakeInventory> | undefined): Promise<string> {
  const admin = await startAdmin(adminOptions(new FakeOperator(), { inventory }));
  open.push(admin);
  return admin.url;
}

beforeAll(async () => {
  url = await start(fakeInventory([SAMPLE_ENDPOINT, removed]));
});
afterAll(async () => {
  await Promise.all(open.map((admin) => admin.close()));
  rmSync(folder, { recursive: true });
});

const inventory = (words: readonly string[], at = url) =>
  run(['inventory', ...words, '--admin', at, '--token-file', tokenFile], { env: { COLUMNS: '160' } });

describe('inventory', () => {
  it('is a line an endpoint, with what is worth a look, and nothing in it reaches the terminal', async () => {
    const { out, code } = await inventory([]);
    expect(code).toBe(0);
    expect(out).toContain('30 endpoints documented, 2 shadow, 0 zombie');
    expect(out).toMatch(/shadow +GET +\/v1\/users\/\{id\} +4,101 +37 +13 % +personal +internet +/);
    expect(out).toMatch(/zombie \(removed\) +POST +\/v0\/login .* – /);
    expect(out).toContain('GET /v1/users/{id}: open to the internet, and answers hold email');
    expect(out).toContain('nothing declares: debug\\x1b[2J');
    expect(out).toContain('also there as /v2/users/{id}');
    expect(out).not.toContain('\u001b');
  });

  it('can be asked for one kind, and as JSON', async () => {
    expect((await inventory(['--shadow'])).out).not.toContain('/v0/login');
    expect((await inventory(['--zombie'])).out).not.toContain('/v1/users');
    const json = JSON.parse((await inventory(['--json', '--last', '1'])).out);
    expect(json.endpoints).toEqual([SAMPLE_ENDPOINT]);
    expect((await inventory(['--shadow', '--zombie'])).code).toBe(2);
  });

  it('says that none is kept', async () => {
    expect((await inventory([], await start(undefined))).out).toContain('No inventory is kept');
  });
});
