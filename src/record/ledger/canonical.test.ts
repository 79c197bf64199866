import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalError, canonical, type JsonValue, MAX_JSON_DEPTH } from './canonical.ts';

fc.configureGlobal({ seed: 20240304 });

describe('canonical JSON', () => {
  it('sorts members by UTF-16 code units, as the example of RFC 8785 does', () => {
    const value = Object.fromEntries(
      ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'].map((name) => [name, 'x']),
    );
    const names = [...canonical(value).matchAll(/"([^"]+)":"/g)].map(([, name]) => JSON.parse(`"${name}"`));
    expect(names).toEqual(['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  it('writes numbers and strings as ECMAScript does', () => {
    expect(canonical([1e21, 1e-7, 0.1, -0, 333333333.3333333, 9007199254740991])).toBe(
      '[1e+21,1e-7,0.1,0,333333333.3333333,9007199254740991]',
    );
    expect(canonical('\u000f\n"\\/\u20ac')).toBe('"\\u000f\\n\\"\\\\/€"');
    expect(canonical({ b: undefined, a: null })).toBe('{"a":null}');
  });

  it('is the same text for the same value, whatever the order of its members, and the value comes back', () => {
    const json = fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' });
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (value === null || typeof value !== 'object') return value;
      // defineProperty, because a member may be called __proto__.
      const out = {};
      for (const [k, v] of Object.entries(value).reverse()) {
        Object.defineProperty(out, k, { value: turned(v), enumerable: true, configurable: true, writable: true });
      }
      return out;
    };
    fc.assert(
      fc.property(json, (value) => {
        const text = canonical(value as JsonValue);
        expect(canonical(turned(value) as JsonValue)).toBe(text);
        expect(canonical(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });

  it('makes broken characters whole rather than lose a text', () => {
    expect(canonical('a\ud800b')).toBe('"a\uFFFDb"');
    expect(canonical('😀')).toBe('"😀"');
  });

  it('says where something is that JSON does not know', () => {
    const wrong: readonly [unknown, string][] = [
      [{ a: [1, { b: Number.NaN }] }, 'a[1].b'],
      [{ a: 1n }, 'a'],
      [{ a: new Date(0) }, 'a'],
      [{ a: new Map() }, 'a'],
      [[() => 0], '[0]'],
      [[undefined], '[0]'],
    ];
    for (const [value, path] of wrong) {
      expect(() => canonical(value as JsonValue)).toThrowError(CanonicalError);
      expect(() => canonical(value as JsonValue)).toThrowError(path);
    }
    expect(() => canonical({ '\ud800': 1 })).toThrowError(CanonicalError);
  });

  it('does not follow circles', () => {
    const nested = (levels: number): JsonValue => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(canonical(nested(MAX_JSON_DEPTH))).toHaveLength(2 * MAX_JSON_DEPTH + 1);
    expect(() => canonical(nested(MAX_JSON_DEPTH + 1))).toThrowError(CanonicalError);
  });
});
