import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from '../admin/server.ts';
import { adminOptions, FakeOperator, TOKEN } from '../admin/testing.ts';
import { SAMPLE_PLANS } from '../admin/testing-plans.ts';
import { run } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-plans-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, `${TOKEN}\n`);

const open: Admin[] = [];
let url = '';
let bare = '';

beforeAll(async () => {
  for (const more of [{}, { plans: undefined }]) open.push(await startAdmin(adminOptions(new FakeOperator(), more)));
  [url, bare] = open.map((admin) => admin.url);
});
afterAll(async () => {
  await Promise.all(open.map((admin) => admin.close()));
  rmSync(folder, { recursive: true });
});

const plans = (words: readonly string[], at = url) =>
  run(['plans', ...words, '--admin', at, '--token-file', tokenFile], { env: { COLUMNS: '160' } });

describe('plans', () => {
  it('are a line a quota, under the key that has used it, and nothing in it reaches the terminal', async () => {
    const { out, code } = await plans([]);
    expect(code).toBe(0);
    expect(out).toContain('gold (critical): 412 keys, 3 under way, 90,210 let through, 17 refused');
    expect(out).toMatch(/key-0a1b2c3d\\x1b\[2J +951 +4,711 +17 +gold-day +951 +1,000 +95.1 /);
    expect(out).toMatch(/gold-budget +12.50 +5000.00 money +0.3 /);
    expect(out).toContain('Room for 4,096 at once: critical 3 under way, 400 kept, 0 refused;');
    expect(out).not.toContain('\u001b');
  });

  it('can be had as JSON', async () => {
    expect(JSON.parse((await plans(['--json', '--last', '1'])).out)).toEqual(SAMPLE_PLANS);
    expect((await plans(['--last', '0'])).code).toBe(2);
  });

  it('are not there where none are configured', async () => {
    expect((await plans([], bare)).out).toContain('There are no usage plans');
  });
});
