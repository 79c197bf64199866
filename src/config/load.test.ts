import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { defineDetector } from '../engine/detector.ts';
import { ROUTE_CLASS } from '../enrich/facts.ts';
import { COMBINED } from '../event/formats/combined.ts';
import { SallyportError } from '../lib/errors.ts';
import { knownNames } from './known.ts';
import { defaultConfig, loadConfig } from './load.ts';
import { ROUTE_CLASS_NAMES } from './names.ts';
import { parseOpenApi } from './openapi.ts';

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
    expect(loaded.openapi).toMatchObject({ openapi: '3.1.0', paths: { '/users/{id}': { get: {} } } });
    expect(loaded.version).not.toBe(defaultConfig().version);
  });

  it('reads the documents that requests are compared with', () => {
    const path = fileURLToPath(new URL('testdata/good/schemas.yaml', import.meta.url));
    const loaded = loadConfig(path);
    expect(loaded.schemas).toHaveLength(2);
    expect(loaded.schemas[0]).toMatchObject({ paths: { '/users/{id}': { get: {} } } });
    const missing = 'inspection:\n  schemas:\n    - openapi: none.yaml\n';
    expect(code(() => loadConfig(file('no-schema.yaml', missing)))).toBe('SP1008');
    expect(() => loadConfig(file('no-schema.yaml', missing), {}, { files: true })).toThrow(
      /yaml:3:16: "none\.yaml" cannot/,
    );
    file('broken.yaml', 'title: x');
    expect(code(() => loadConfig(file('no-document.yaml', missing.replace('none', 'broken'))))).toBe('SP1009');
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
  it('is read as YAML and as JSON', () => {
    const document = { swagger: '2.0', paths: { '/a/{id}': {} } };
    expect(parseOpenApi(JSON.stringify(document), 'x.json')).toEqual(document);
  });

  it('is refused with a reason where it cannot be used', () => {
    for (const text of [
      'openapi: 3.0.0\npaths: &p\n  /a: *p',
      '[',
      'hello',
      'title: x',
      'openapi: 3.1.0',
      'openapi: 3.1.0\npaths: none',
    ]) {
      expect(
        code(() => parseOpenApi(text, 'x.yaml')),
        text,
      ).toBe('SP1009');
    }
  });
});

describe('known names', () => {
  it('are those of formats, detectors and what detectors tune', () => {
    const detector = defineDetector({
      id: 'sample',
      number: 1,
      title: 'Sample',
      class: 'probing',
      group: 'failure',
      owasp: [],
      actors: ['ip', 'session'],
      on: 'request',
      cap: 1000,
      build: ({ actor, tune }) => {
        tune('limit', 3);
        if (actor === 'session') tune('pause', 4);
        return { needs: {}, judge: () => 0, say: () => '' };
      },
    });
    const known = knownNames([COMBINED], [detector]);
    expect(known).toEqual({ formats: [COMBINED.id], detectors: { sample: ['limit', 'pause'] } });
  });
});

it('route classes are those of the facts', () => {
  expect([...ROUTE_CLASS_NAMES]).toEqual(Object.keys(ROUTE_CLASS));
});
