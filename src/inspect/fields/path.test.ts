import fc from 'fast-check';
import { query } from 'jsonpath-rfc9535';
import { describe, expect, it } from 'vitest';
import { compilePath, MAX_STEPS } from './path.ts';

fc.configureGlobal({ seed: 20240304 });

const shop = {
  data: { items: [{ id: 1, owner: { name: 'ann' } }, { id: 2, owner: { name: 'bob' } }, { id: 3 }], total: 3 },
  'odd key': [[1, 2], [3]],
};

describe('paths', () => {
  it.each([
    '$',
    '$.data.total',
    '$.data.items[*].id',
    '$.data.items[-1].id',
    '$.data.items[9].id',
    '$.data.items[0:2].id',
    '$.data.items[::-1].id',
    '$.data.items[5:0:-2].id',
    "$['odd key'][*][*]",
    '$..id',
    '$..owner.name',
    '$.data.items[?@.id > 1].id',
    "$.data['total','items']",
    '$.*',
    '$.toString',
    '$.data.__proto__',
  ])('%s gives what the library gives', (expression) => {
    expect(compilePath(expression).all(shop)).toEqual(query(shop as never, expression));
    expect(compilePath(expression).first(shop)).toEqual(query(shop as never, expression)[0]);
  });

  it('agree with the library on any value', () => {
    const paths = ['$.a.b', '$.a[*]', '$..a', '$..[0]', '$.a[1:]', '$[*].b', "$['a','b'][0]"].map((e) =>
      compilePath(e),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
      ),
    }));
    const sorted = (values: readonly unknown[]) => values.map((v) => JSON.stringify(v)).sort();
    fc.assert(
      fc.property(value, (v) => {
        for (const path of paths) expect(sorted(path.all(v))).toEqual(sorted(query(v as number, path.expression)));
      }),
    );
  });

  it('knows which give one value, and their parts', () => {
    expect(compilePath('$.a[0].b').singular).toBe(true);
    expect(compilePath('$.a[*].b').singular).toBe(false);
    expect(compilePath('$.a[*]').steps).toEqual([{ kind: 'name', name: 'a' }, { kind: 'all' }]);
    expect(compilePath('$..a').steps).toBeNull();
  });
});

describe('what is refused when it is loaded', () => {
  it.each([
    'a.b',
    '$.a[',
    '$[?match(@.a, "(a+)+$")]',
    '$[?search(@.a, "x")]',
    '$[?@..a]',
    '$[?@.a[*]]',
    '$..a..[?@.b]',
    `$${'.a'.repeat(30)}`,
    `$.${'a'.repeat(600)}`,
  ])('%s', (expression) => {
    expect(() => compilePath(expression)).toThrow(expect.objectContaining({ code: 'SP8002' }));
  });
});

describe('hostile values', () => {
  it('cannot make a path look at more than its budget', () => {
    const wide = Array.from({ length: 3 * MAX_STEPS }, () => ({ a: 1 }));
    expect(compilePath('$..a').all(wide).length).toBeLessThan(MAX_STEPS);
    expect(compilePath('$[?@.a == 1]').all(wide)).toEqual([]);
  });

  it('however deep they are', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(compilePath('$..a').all(deep)).toEqual([]);
    expect(compilePath('$..[?@.a]').all(deep)).toEqual([]);
    expect(compilePath('$..[0]').all(deep).length).toBeGreaterThan(0);
  });

  it('and a search of searches stays within it', () => {
    let value: unknown = { b: 1 };
    for (let i = 0; i < 300; i++) value = { a: value };
    const started = performance.now();
    compilePath('$..a..a..a..b').all(value);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
