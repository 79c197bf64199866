import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from '../admin/server.ts';
import { adminOptions, CAPTURE, FakeCaptures, FakeOperator, TOKEN } from '../admin/testing.ts';
import { run } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-captures-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, `${TOKEN}\n`);
afterAll(() => rmSync(folder, { recursive: true }));

let captures: FakeCaptures;
let admin: Admin;

beforeEach(async () => {
  captures = new FakeCaptures();
  admin = await startAdmin(adminOptions(new FakeOperator(), { captures }));
});
afterEach(() => admin.close());

const captured = (...words: string[]) =>
  run(['captures', ...words, '--admin', admin.url, '--token-file', tokenFile], {
    env: { USER: 'zoë', COLUMNS: '120' },
  });

describe('captures', () => {
  it('are listed without being read', async () => {
    const { code, out } = await captured();
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^id +captured \(UTC\) +method +route +answer +why +until \(UTC\)$/);
    expect(out).toContain(CAPTURE);
    expect(out).toMatch(/POST +POST \/login +401 +case 17/);
    expect(JSON.parse((await captured('--json')).out)).toMatchObject([{ id: CAPTURE, status: 401, bytes: 812 }]);
    expect(captures.reads).toEqual([]);
    captures.list = async () => [];
    expect((await captured()).out).toContain('Nothing is captured.');
  });

  it('are shown to who says why, by name, and do nothing to the terminal', async () => {
    const { code, out } = await captured('read', CAPTURE, '--reason', 'case 17');
    expect(code).toBe(0);
    expect(captures.reads).toEqual([[CAPTURE, 'zoë', 'case 17']]);
    expect(out).toContain('POST /login?next=%2Fcart HTTP/1.1\nHost: shop.example\nCookie: sid=***\nX-Evil: \\x1b[2J\n');
    expect(out).toContain('\n{"user": "ann"}\n');
    expect(out).toContain('(the first 15 of 4,000 bytes)');
    expect(out).not.toContain('\u001b');
  });

  it('are shown to nobody else', async () => {
    expect(await captured('read', CAPTURE)).toMatchObject({ code: 2, out: '' });
    const unknown = await captured('read', 'C-0195d0e6a80000000000', '--reason', 'case 17');
    expect(unknown.out).toBe('');
    expect(unknown.err).toContain('SP4007');
    expect(captures.reads).toEqual([]);
  });
});
