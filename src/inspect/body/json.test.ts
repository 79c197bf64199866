import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BODY_KIND } from '../../enrich/kinds.ts';
import { pairs, parsed } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const JSON_TYPE = 'application/json';

/** Every text, number, boolean and null of a value, in order. */
function leaves(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves);
  return [String(value)];
}

/** Documents without names that stand twice, as other parsers read them. */
const documents = fc.json({ maxDepth: 5 });

describe('JSON', () => {
  test('has the value that JSON.parse gives it', () => {
    fc.assert(
      fc.property(documents, (text) => {
        const body = parsed(JSON_TYPE, text);
        expect(body.problem).toBe('');
        expect(JSON.stringify(body.value)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test('has a field for every leaf', () => {
    fc.assert(
      fc.property(documents, (text) => {
        const found = parsed(JSON_TYPE, text).fields.filter(({ type }) => type !== 'key' && type !== 'number');
        const wanted = leaves(JSON.parse(text));
        for (const { text: leaf } of found) expect(wanted).toContain(leaf);
      }),
    );
  });

  test('that JSON.parse refuses is broken, and the other way round', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"a"', ':', ',', '1', '-', '0', '1e5', 'null', 'tru', ' ', '"');
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 12 }), (list) => {
        const text = list.join('');
        let sound = true;
        try {
          JSON.parse(text);
        } catch {
          sound = false;
        }
        expect(parsed(JSON_TYPE, text).kind === BODY_KIND.json).toBe(sound);
      }),
      { numRuns: 2000 },
    );
  });

  test('that was cut off anywhere is not called broken', () => {
    fc.assert(
      fc.property(documents, fc.nat(), (text, at) => {
        const body = parsed(JSON_TYPE, text.slice(0, (at % text.length) + 1), { cut: true });
        expect(['', 'truncated']).toContain(body.problem);
        expect(body.kind).toBe(BODY_KIND.json);
      }),
    );
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => parsed(JSON_TYPE, Buffer.from(bytes)).bytes >= 0));
  });

  test('names stand by their paths', () => {
    const body = parsed(JSON_TYPE, `{"user":{"name":"bob"},"items":[{"id":1},{"id":null}],"it's":true}`);
    expect(body.fields.map(({ path, name, type, text }) => [path, name, type, text])).toEqual([
      ['$.user.name', 'name', 'string', 'bob'],
      ['$.items[0].id', 'id', 'number', '1'],
      ['$.items[1].id', 'id', 'null', 'null'],
      ["$['it\\'s']", "it's", 'key', "it's"],
      ["$['it\\'s']", "it's", 'boolean', 'true'],
    ]);
  });

  test('names that stand twice are told where their values differ', () => {
    expect(parsed(JSON_TYPE, '{"a":{"role":"user","role":"admin"},"b":1,"b":1}').duplicates).toEqual(['$.a.role']);
  });

  test('names of prototypes are names like others', () => {
    const { value, fields } = parsed(JSON_TYPE, '{"__proto__":{"admin":true},"constructor":{"prototype":{}}}');
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect((value as { admin?: boolean }).admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(fields.filter(({ type }) => type === 'key').map(({ text }) => text)).toEqual([
      '__proto__',
      'constructor',
      'prototype',
    ]);
  });

  test('numbers keep their digits as text', () => {
    const body = parsed(JSON_TYPE, '[12345678901234567890, 1e999]');
    expect(pairs(body)).toEqual([
      ['$[0]', '12345678901234567890'],
      ['$[1]', '1e999'],
    ]);
  });

  test('below the deepest level texts are still found', () => {
    const body = parsed(JSON_TYPE, `{"a":${'['.repeat(10)}"x' or 1"${']'.repeat(10)},"b":"y"}`, { depth: 5 });
    expect(body.problem).toBe('depth');
    expect(pairs(body).map(([, text]) => text)).toEqual(["x' or 1", 'y']);
  });

  test('behind too many fields texts are still found', () => {
    const body = parsed(JSON_TYPE, `[${'1,'.repeat(500)}"<script>"]`, { fields: 100 });
    expect(body.problem).toBe('fields');
    expect(body.fields.length).toBeLessThanOrEqual(164);
    expect(body.fields.at(-1)?.text).toContain('<script>');
  });

  test('empty objects without end are no way around that', () => {
    const body = parsed(JSON_TYPE, `[${'[[]],'.repeat(500)}"<script>"]`, { fields: 100 });
    expect(body.problem).toBe('fields');
    expect(body.fields.at(-1)?.text).toContain('<script>');
  });

  test('a long text is looked at in pieces', () => {
    const body = parsed(JSON_TYPE, JSON.stringify({ a: `${'x'.repeat(3000)}<script>` }), { textLength: 1024 });
    expect(body.problem).toBe('length');
    expect(body.fields.every(({ text }) => text.length <= 1024)).toBe(true);
    expect(body.fields.at(-1)?.text).toContain('<script>');
  });

  test.each([
    ['a comment', '{"a":/* 1 */"x"}', '/* 1 */'],
    ['a comma too many', '{"a":"x",}', 'x'],
    ['single quotes', "{'a':'x'}", "{'a':'x'}"],
    ['a second value', '{"a":"x"}{"b":"y"}', '{"b":"y"}'],
    ['an end too early', '{"a":"x', '"x'],
    ['a line end in a text', '{"a":"x\ny"}', 'x\ny'],
    ['an unknown escape', '{"a":"\\x41"}', '\\x41'],
  ])('%s makes it broken, and is looked at', (_, text, found) => {
    const body = parsed(JSON_TYPE, text);
    expect(body).toMatchObject({ kind: BODY_KIND.broken, problem: 'syntax' });
    expect(body.fields.map((field) => field.text)).toContain(found);
  });

  test('lines and sequences are lists', () => {
    const lines = parsed('application/x-ndjson', '{"a":1}\n{"a":2}\n');
    expect(lines).toMatchObject({ kind: BODY_KIND.json, problem: '' });
    expect(pairs(lines)).toEqual([
      ['$[0].a', '1'],
      ['$[1].a', '2'],
    ]);
    expect(parsed('application/json-seq', '\x1e{"a":1}\n\x1e2\n').value).toMatchObject([{ a: 1 }, 2]);
  });
});
