import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import { EXIT } from './exit.ts';
import { run } from './testing.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(yaml: string, ...words: string[]) {
  const path = join(folder, 'sallyport.yaml');
  writeFileSync(path, yaml);
  const { code, out, err } = await run(['check', path, ...words], {
    ports: { checkConfig: (file, nowMs) => checkConfig(file, {}, nowMs) },
    env: { COLUMNS: '80' },
    cwd: folder,
    nowMs: NOW,
  });
  const named = (text: string): string => text.replaceAll(path, 'sallyport.yaml');
  return { code, out: named(out), err: named(err) };
}

describe('check', () => {
  it('shows mistakes as a compiler does', async () => {
    const { code, out, err } = await check(
      [
        'upstreams:',
        '  - { name: catalogue, servers: ["http://10.0.0.1:3000"] }',
        'gateway:',
        '  routes:',
        '    - match: { path: /search }',
        '      upstream: catalog',
        'lateness_s: 60s',
      ].join('\n'),
    );
    expect(code).toBe(EXIT.usage);
    expect(out).toBe('');
    expect(err).toBe(`error SP1004: "lateness_s" must be a number, not the text "60s"
   --> sallyport.yaml:7:13
   |
 7 | lateness_s: 60s
   |             ^^^
   = Compare with docs/configuration.md. YAML reads 1.10 as a number and no as
     a word: quote what is a text.

1 mistake in sallyport.yaml
`);
    const again = await check('gateway:\n  routes:\n    - match: { path: /search }\n      upstream: "catalog x"\n');
    expect(again.err).toContain('\n 4 |       upstream: "catalog x"\n   |                 ^^^^^^^^^^^\n');
  });

  it('marks the right place behind tabs and in lines that are too long, and moves no cursor', async () => {
    const { err } = await check(`${'# pad\n'.repeat(120)}decoys: [${'/aaaaaaaaa, '.repeat(40)}"bad\u001b[2J"]\n`);
    const lines = err.split('\n');
    expect(lines[0]).toContain('error SP10');
    expect(err).not.toContain('\u001b');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('sums a good file up, with warnings, and ends with 0', async () => {
    const yaml = readFileSync(new URL('../config/testdata/good/gateway.yaml', import.meta.url), 'utf8');
    const { code, out, err } = await check(
      `${yaml.replace(/ {4}tls: .*\n/, '')}
allowlist:
  - { address: 203.0.113.7, owner: qa, reason: tests, expires: 2026-03-05 }
  - { agent: PartnerClient, owner: ops, reason: partner, expires: 2026-01-05 }
`.replace('limits:\n', 'limits:\n  - { name: weight, by: [credential], unit: cost, limit: 9000, window_s: 60 }\n'),
    );
    expect(code).toBe(EXIT.ok);
    expect(err).toContain('warning SP7010: this entry of qa ends on 2026-03-05, in 4 days\n');
    expect(err.endsWith('sallyport.yaml is good, 2 warnings\n')).toBe(true);
    expect(out).toBe(`mode        enforce
listens on  0.0.0.0:443 (plain HTTP, PROXY protocol)
            [::1]:8080 (plain HTTP)
admin       127.0.0.1:9464
upstreams   shop: http://10.1.0.11:3000, http://10.1.0.12:3000
            search: https://search.internal.example
routes      2 with settings of their own
limits      weight: 9000 cost units in 60 s by credential
            per-key: 600 in 60 s by credential
            login: 20 in 60 s by address, route
policies    login: credential-attack · enforce
            everything-else: scraping, enumeration · canary 5 %
exceptions  address 203.0.113.7, until 2026-03-05 (qa)
            agent PartnerClient, until 2026-01-05 (ops) · ended
            address 198.51.100.0/24 in login, until 2030-01-01 (ops)
data        sallyport-data
`);
  });

  it('says of an empty file what serve would need', async () => {
    const { code, out } = await check('');
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('observe: nothing is acted on');
    expect(out).toContain('the shipped default');
  });

  it('prints what is in force, without secrets, as a file that is accepted again', async () => {
    const { out } = await check(
      [
        'seed: 271828',
        'upstream: http://user:hunter2@127.0.0.1:3000',
        'telemetry: { traces: { endpoint: "https://otlp.example/v1/traces?key=hunter3" } }',
      ].join('\n'),
      '--print',
    );
    for (const secret of ['271828', 'hunter2', 'hunter3', 'user']) expect(out).not.toContain(secret);
    expect(parse(out)).toMatchObject({ mode: 'observe', gateway: { workers: 1 }, seed: '(left out)' });
    const plain = await check('upstream: http://127.0.0.1:3000\n', '--print');
    expect(parseConfig(plain.out, 'printed')).toEqual(parseConfig('upstream: http://127.0.0.1:3000\n', 'x'));
  });

  it('gives the same as JSON', async () => {
    const good = JSON.parse((await check('listen: 8080\nupstream: http://127.0.0.1:3000\n', '--json')).out);
    expect(good).toMatchObject({ check_version: 1, ok: true, problems: [], warnings: [] });
    expect(good.summary).toMatchObject({
      mode: 'observe',
      listeners: [{ address: '0.0.0.0:8080', tls: false }],
      upstreams: [{ name: 'default', servers: ['http://127.0.0.1:3000'] }],
    });
    const bad = await check('lisen: 8080\n', '--json');
    expect(bad.code).toBe(EXIT.usage);
    expect(JSON.parse(bad.out)).toMatchObject({
      ok: false,
      summary: null,
      problems: [{ code: 'SP1003', line: 1, column: 1, message: 'unknown key "lisen"; did you mean "listen"?' }],
    });
  });
});
