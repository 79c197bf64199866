import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkConfig, loadConfig } from '../config/load.ts';
import type { Finding } from './doctor/finding.ts';
import { CHECK_IDS } from './doctor/testing.ts';
import { EXIT } from './exit.ts';
import { run } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function doctor(findings: readonly Finding[], words: readonly string[] = [], yaml?: string) {
  const path = join(folder, 'test.yaml');
  if (yaml !== undefined) writeFileSync(path, yaml);
  const named = (text: string): string => text.replaceAll(path, 'test.yaml');
  let examined = '';
  const { code, out, err } = await run(['doctor', ...(yaml === undefined ? [] : ['--config', path]), ...words], {
    ports: {
      checkConfig: (file, nowMs) => checkConfig(file, {}, nowMs),
      loadConfig,
      examine: async ({ loaded }) => {
        examined = loaded.file ?? 'defaults';
        return findings;
      },
    },
    env: { COLUMNS: '70' },
    cwd: folder,
    nowMs: Date.parse('2026-03-01T00:00:00Z'),
  });
  return { code, examined, out: named(out), err: named(err) };
}

const FINE: Finding = { id: 'node', status: 'ok', sentence: 'Node 20.20.2', advice: '' };
const WARN: Finding = { id: 'ipv6', status: 'warn', sentence: 'IPv4 only', advice: "listen: '[::]:8080' takes both." };
const FAIL: Finding = { id: 'disk', status: 'fail', sentence: '5 MiB\u001b[2J are free', advice: 'Make room.' };

describe('doctor', () => {
  it('says each check with what to do, and how many there are', async () => {
    const { code, out, examined } = await doctor([FINE, WARN, FAIL]);
    expect([code, examined]).toEqual([EXIT.found, 'defaults']);
    expect(out).toBe(`ok    config  no sallyport.yaml here: looking at defaults
ok    node    Node 20.20.2
warn  ipv6    IPv4 only
              → listen: '[::]:8080' takes both.
fail  disk    5 MiB\\x1b[2J are free
              → Make room.

2 ok, 1 to look at, 1 failed
`);
  });

  it('ends with 0 where nothing failed', async () => {
    expect((await doctor([FINE, WARN])).code).toBe(EXIT.ok);
  });

  it('tells the warnings of the configuration', async () => {
    const { out, code, examined } = await doctor([FINE], [], 'admin: { listen: 0.0.0.0:9464 }\n');
    expect([code, examined]).toEqual([EXIT.ok, join(folder, 'test.yaml')]);
    expect(out).toContain('warn  config  line 1: the admin listener is open to others');
  });

  it('stops at a configuration that is wrong', async () => {
    const { out, err, code, examined } = await doctor([FINE], [], 'lisen: 8080\n');
    expect([code, out, examined]).toEqual([EXIT.usage, '', '']);
    expect(err).toContain('error SP1003: unknown key "lisen"; did you mean "listen"?\n   --> test.yaml:1:1\n');
  });

  it('gives the same as JSON', async () => {
    const { out } = await doctor([FINE, WARN], ['--json'], 'listen: 8080\n');
    expect(JSON.parse(out)).toEqual({
      doctor_version: 1,
      at: '2026-03-01T00:00:00.000Z',
      worst: 'warn',
      checks: [{ id: 'config', status: 'ok', sentence: 'test.yaml is good', advice: '' }, FINE, WARN],
    });
  });

  it('has a page that lists every check', () => {
    const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((m) => m[1]);
    expect([...listed].sort()).toEqual(['config', ...CHECK_IDS].sort());
  });
});
