/**
 * The corpora in testdata/: every file in good/ is accepted, every file in bad/ gives exactly the problems that stand in
 * its first lines, as `#! line:column: message (code)`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse.ts';
import { ConfigError } from './problems.ts';
import { KNOWN } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const folder = (name: string) => new URL(`testdata/${name}/`, import.meta.url);
const files = (name: string) => readdirSync(folder(name)).filter((file) => file !== 'openapi.yaml');
const text = (name: string, file: string) => readFileSync(new URL(file, folder(name)), 'utf8');

/** What is wrong with a text, as the corpora write it. */
function problems(yaml: string): string[] {
  try {
    parseConfig(yaml, '', KNOWN);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.replace(/^:/, '').trim());
  }
}

describe('configurations', () => {
  it.each(files('good'))('good/%s is accepted', (file) => {
    expect(problems(text('good', file))).toEqual([]);
  });

  it.each(files('bad'))('bad/%s says what is wrong and where', (file) => {
    const yaml = text('bad', file);
    const expected = [...yaml.matchAll(/^#! (.*)$/gm)].map((m) => m[1]);
    expect(expected.length, 'expectations stand in the first lines').toBeGreaterThan(0);
    expect(problems(yaml)).toEqual(expected);
  });

  it('never fail with anything but a ConfigError', () => {
    const words = fc.constantFrom(
      'clients',
      'routes',
      'seed',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '"',
      '|',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 6 })), { maxLength: 40 }), (parts) => {
        problems(parts.join(''));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a parsed configuration', () => {
  it('has every default without a file', () => {
    const config = parseConfig('', 'none');
    expect(config.lateness_s).toBe(60);
    expect(config.seed).toBe(0);
    expect(config.routes.login).toEqual([]);
    expect(config.allowlist).toEqual([]);
  });

  it('keeps what was written', () => {
    const config = parseConfig(text('good', 'typical.yaml'), 'typical.yaml', KNOWN);
    expect(config.clients.trusted_proxies).toEqual(['10.0.0.0/8', '2001:db8:ff::/48', '192.0.2.10']);
    expect(config.routes.templates[0]).toEqual({ template: '/api/v1/users/{id}', class: 'lookup' });
    expect(config.allowlist[1]).toMatchObject({ principal: 'reporting', owner: 'data team' });
  });
});
