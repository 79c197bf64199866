import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ROUTE_CLASS } from '../enrich/facts.ts';
import { SallyportError } from '../lib/errors.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { defaultConfig, loadConfig } from './load.ts';
import { openApiTemplates } from './openapi.ts';
import { parseConfig } from './parse.ts';
import { configuredPolicy } from './policy.ts';
import { ROUTE_CLASS_NAMES } from './schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const code = (run: () => unknown): string => {
  try {
    run();
    return 'none';
  } catch (error) {
    if (error instanceof SallyportError) return error.code;
    throw error;
  }
};

describe('loading', () => {
  it('gives defaults without a file, always of the same version', () => {
    expect(defaultConfig().file).toBeNull();
    expect(loadConfig().version).toBe(defaultConfig().version);
  });

  it('reads the OpenAPI document beside it', () => {
    const path = fileURLToPath(new URL('testdata/good/typical.yaml', import.meta.url));
    const loaded = loadConfig(path);
    expect(loaded.openapi).toEqual(['/v1/users/{id}', '/v1/orders']);
    expect(loaded.version).not.toBe(defaultConfig().version);
  });

  it('makes paths absolute from where the file stands', () => {
    expect(loadConfig(file('networks.yaml', 'networks:\n  asn: asn.mmdb\n')).networks).toEqual({
      asn: join(folder, 'asn.mmdb'),
      country: null,
    });
  });

  it('names what cannot be read', () => {
    expect(code(() => loadConfig(join(folder, 'none.yaml')))).toBe('SP1001');
    expect(code(() => loadConfig(file('latin.yaml', Uint8Array.of(0x61, 0xe9, 0x3a))))).toBe('SP1002');
    expect(code(() => loadConfig(file('missing.yaml', 'routes:\n  openapi: none.yaml\n')))).toBe('SP1008');
  });
});

describe('OpenAPI', () => {
  it('is read as YAML and as JSON, each template once', () => {
    const json = JSON.stringify({ openapi: '3.0.3', paths: { '/a/{id}': {}, 'x-note': {} } });
    expect(openApiTemplates(json, 'x.json')).toEqual(['/a/{id}']);
  });

  it('is refused with a reason where it cannot be used', () => {
    for (const text of ['[', 'hello', 'swagger: "2.0"\npaths: {}', 'openapi: 3.1.0', 'openapi: 4.0.0\npaths: {}']) {
      expect(
        code(() => openApiTemplates(text, 'x.yaml')),
        text,
      ).toBe('SP1009');
    }
  });
});

describe('policy', () => {
  it('takes the costs that are named and keeps the others', () => {
    expect(configuredPolicy(DEFAULT_POLICY, parseConfig('', 'x'))).toBe(DEFAULT_POLICY);
    const config = parseConfig('policy: { miss_cents: { injection: 5 }, false_cents: { block: 7 } }', 'x');
    const policy = configuredPolicy(DEFAULT_POLICY, config);
    expect(policy.classes.injection).toEqual({ ...DEFAULT_POLICY.classes.injection, missCents: 5 });
    expect(policy.classes.probing).toEqual(DEFAULT_POLICY.classes.probing);
    expect(policy.falseCents).toEqual({ ...DEFAULT_POLICY.falseCents, block: 7 });
    expect(policy.version).not.toBe(DEFAULT_POLICY.version);
  });
});

it('route classes are those of the facts', () => {
  expect([...ROUTE_CLASS_NAMES]).toEqual(Object.keys(ROUTE_CLASS));
});
