/** Checking a whole file: warnings by the corpus in testdata/warned, files that it names, places of everything. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SallyportError } from '../lib/errors.ts';
import { checkConfig, loadConfig } from './load.ts';
import { parseWithPlaces, sorted } from './parse.ts';
import { configWarnings } from './warnings.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const corpus = new URL('testdata/warned/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'sallyport-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('warnings', () => {
  it.each(readdirSync(corpus))('%s is valid and warned of', (name) => {
    const text = readFileSync(new URL(name, corpus), 'utf8');
    const { config, locate } = parseWithPlaces(text, name);
    const said = sorted(configWarnings(config, locate, NOW)).map(
      ({ line, column, message, code }) => `${line}:${column}: ${message} (${code})`,
    );
    expect(said).toEqual([...text.matchAll(/^#! (.*)$/gm)].map((m) => m[1]));
  });
});

describe('a check', () => {
  it('of a good file gives what was loaded, its lines and warnings', () => {
    const path = file('good.yaml', 'upstream: http://127.0.0.1:3000\nadmin:\n  listen: 0.0.0.0:9464\n');
    const checked = checkConfig(path, {}, NOW);
    expect(checked.loaded?.config.upstream).toBe('http://127.0.0.1:3000');
    expect([checked.problems, checked.lines[1], checked.warnings.map((w) => [w.code, w.line])]).toEqual([
      [],
      'admin:',
      [['SP7011', 3]],
    ]);
  });

  it('of a bad one gives all problems and throws nothing', () => {
    const checked = checkConfig(file('bad.yaml', 'upstrem: x\nmode: on\n'), {}, NOW);
    expect(checked.loaded).toBeNull();
    expect(checked.problems.map(({ code, line }) => [code, line])).toEqual([
      ['SP1003', 1],
      ['SP1005', 2],
    ]);
    expect(checkConfig(join(folder, 'none.yaml'), {}, NOW).problems[0]).toMatchObject({ code: 'SP1001', line: 0 });
  });

  it('shows where documents are named that cannot be used, all at once', () => {
    file('no-api.yaml', 'a: 1');
    file('no-paths.yaml', 'openapi: 3.1.0');
    const text = 'routes: { openapi: no-api.yaml }\ninspection:\n  schemas:\n    - openapi: no-paths.yaml\n';
    expect(checkConfig(file('api.yaml', text), {}, NOW).problems).toEqual([
      { code: 'SP1009', line: 1, column: 20, message: 'no-api.yaml: there is neither "openapi" nor "swagger" in it' },
      { code: 'SP1009', line: 4, column: 16, message: 'no-paths.yaml: there is no "paths" in it' },
    ]);
    const graphql = checkConfig(file('sdl.yaml', 'inspection:\n  graphql:\n    schema: api.graphql\n'), {}, NOW);
    expect(graphql.problems.map(({ code, line, column }) => [code, line, column])).toEqual([['SP1008', 3, 13]]);
  });

  it('reads files as those will who use them', () => {
    const refuse = (text: string): void => {
      throw new SallyportError('SP8003', `the schema says ${text}`);
    };
    file('api.graphql', 'nothing');
    const path = file('sdl.yaml', 'inspection:\n  graphql:\n    schema: api.graphql\n');
    expect(checkConfig(path, { readers: { 'inspection.graphql.schema': refuse } }, NOW).problems).toEqual([
      { code: 'SP8003', line: 3, column: 13, message: 'the schema says nothing' },
    ]);
    expect(checkConfig(path, { readers: { 'inspection.graphql.documents': refuse } }, NOW).problems).toEqual([]);
  });

  it('finds paths into bodies that cannot be used, where they go wrong', () => {
    const text = 'gateway:\n  routes:\n    - match: { path: /pay }\n      fields: { code: $.promo. }\n';
    const path = file('paths.yaml', text);
    expect(checkConfig(path, {}, NOW).problems).toEqual([
      {
        code: 'SP8002',
        line: 4,
        column: 31,
        message: '"gateway.routes[0].fields.code": the path breaks off behind "$.promo."',
      },
    ]);
    expect(() => loadConfig(path)).toThrow(/paths\.yaml:4:31: .* \(SP8002\)/);
  });

  it('names certificates and keys that cannot be read, with their places; who reads logs does not need them', () => {
    mkdirSync(join(folder, 'tls'), { recursive: true });
    file('tls/cert.pem', 'x');
    const path = file(
      'tls.yaml',
      [
        'listen:',
        '  - address: 8443',
        '    tls:',
        '      cert: tls/cert.pem',
        '      key: tls/none.pem',
        '      client_ca: tls',
        'upstreams:',
        '  - name: shop',
        '    servers: [https://10.0.0.1]',
        '    tls: { ca: ca.pem }',
      ].join('\n'),
    );
    expect(checkConfig(path, {}, NOW).problems).toEqual([
      { code: 'SP1008', line: 5, column: 12, message: '"tls/none.pem" cannot be read: there is no such file' },
      { code: 'SP1008', line: 6, column: 18, message: '"tls" cannot be read: it is a folder' },
      { code: 'SP1008', line: 10, column: 16, message: '"ca.pem" cannot be read: there is no such file' },
    ]);
    expect(loadConfig(path).config.upstreams).toHaveLength(1);
    expect(() => loadConfig(path, {}, { files: true })).toThrow('SP1008');
  });

  it('says so where this user may not read a key', () => {
    const key = file('tls/secret.pem', 'x');
    chmodSync(key, 0);
    const path = file('secret.yaml', `listen:\n  - { address: 1, tls: { cert: ${key}, key: ${key} } }\n`);
    const messages = checkConfig(path, {}, NOW).problems.map(({ message }) => message);
    // The superuser may read everything.
    const expected =
      process.getuid?.() === 0 ? [] : Array(2).fill(`"${key}" cannot be read: this user may not read it`);
    expect(messages).toEqual(expected);
  });
});
