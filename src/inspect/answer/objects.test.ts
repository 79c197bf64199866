import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePath, type Step } from '../fields/path.ts';
import { CounterPlan, LineCounter } from './objects.ts';
import { Patterns } from './patterns.ts';
import { JsonWalk } from './walk.ts';

fc.configureGlobal({ seed: 20240304 });

const steps = (path: string) => compilePath(path).steps as readonly Step[];
const usual = new CounterPlan(null, []);

function count(value: unknown, plan = usual, pieces = 7): number {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, null, 1));
  const counter = plan.begin();
  for (let i = 0; i < bytes.length; i += pieces) counter.take(bytes.subarray(i, i + pieces));
  return counter.count();
}

const list = (n: number) =>
  Array.from({ length: n }, (_, id) => ({ id, tags: ['a', 'b'], more: { lines: [{ x: 1 }] } }));

describe('usual containers', () => {
  it.each<[string, unknown, number]>([
    ['a list', list(3), 3],
    ['an empty list', [], 0],
    ['a list of ids', [1, 2, 3], 3],
    ['data', { data: list(4), meta: { total: 9 } }, 4],
    ['items beside others', { errors: [], items: list(2), page: 1 }, 2],
    ['any name', { users: list(5), next: null }, 5],
    ['any name within data', { data: { users: list(5) } }, 5],
    ['embedded', { _embedded: { orders: list(3) }, _links: {} }, 3],
    ['a connection', { data: { users: { edges: list(6), pageInfo: {} } } }, 6],
    ['a connection of an object', { data: { me: { orders: { nodes: list(2) } } } }, 2],
    ['a search', { hits: { total: 100, hits: list(10) } }, 10],
    ['one object', { id: 7, name: 'x' }, 1],
    ['one object with lists', { id: 7, tags: ['a', 'b'], lines: list(3) }, 1],
    ['one object with tags', { name: 'x', tags: ['a', 'b'] }, 1],
    ['one object in data', { data: { id: 1, lines: list(3) } }, 1],
    ['an empty object', {}, 0],
    ['a text', '"x"', 0],
    ['no JSON', '<html>', -1],
  ])('%s', (_, value, expected) => {
    expect(count(value)).toBe(expected);
    expect(count(value, usual, 1)).toBe(expected);
    expect(count(value, usual, 1e6)).toBe(expected);
  });

  it('of a body that breaks off count as far as they have come', () => {
    const text = JSON.stringify({ data: list(100) });
    const whole = count(text);
    const half = count(text.slice(0, text.length / 2));
    expect(whole).toBe(100);
    expect(half).toBeGreaterThan(40);
    expect(half).toBeLessThan(60);
  });
});

describe('paths of a route', () => {
  it('count and pick', () => {
    const plan = new CounterPlan(steps('$.a[*].b[*]'), [steps('$.owner.id'), steps('$.list[1]'), steps('$.none')]);
    const counter = plan.begin();
    counter.take(
      Buffer.from(
        '{"a":[{"b":[1,[2],{"b":[3]}]},{"b":[]},{"b":[4]}],"owner":{"name":"x","id":"u\\u00e9"},"list":[1,2.5',
      ),
    );
    expect(counter.count()).toBe(4);
    expect(counter.picked()).toEqual(['u\\u00e9', '2.5', undefined]);
  });

  it('find nothing in what is no JSON', () => {
    expect(count('<p>', new CounterPlan(steps('$.a[*]'), []))).toBe(-1);
    expect(count({ b: 1 }, new CounterPlan(steps('$.a[*]'), []))).toBe(0);
  });
});

describe('the walk', () => {
  const paths = ['$', '$.a', '$.a.b', '$[*]', '$.a[*]', '$[0]', '$.*.b', '$[1].a', '$.*[*].*'];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(1, -2.5e3, true, null, '', 'x"\\y', '}]{['),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c"', '\\'), tie('value'), { maxKeys: 3 }),
    ),
  }));

  it('finds what a tree would show, however the bytes are cut', () => {
    const patterns = new Patterns(paths.map((path) => ({ steps: steps(path), what: 'count' }) as const));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 9 }), fc.boolean(), (v, size, spaced) => {
        const bytes = Buffer.from(JSON.stringify(v, null, spaced ? 2 : undefined));
        const walk = new JsonWalk(patterns);
        for (let i = 0; i < bytes.length; i += size) walk.take(bytes.subarray(i, i + size));
        walk.finish();
        expect(walk.counts).toEqual(paths.map((path) => compilePath(path).all(v).length));
        expect(walk.whole).toBe(true);
      }),
    );
  });

  it('takes any bytes, in bounded time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const counter = usual.begin();
        counter.take(bytes);
        expect(counter.count()).toBeGreaterThanOrEqual(-1);
      }),
    );
    const deep = Buffer.alloc(1 << 20, '[');
    const started = performance.now();
    expect(count(deep.toString(), usual, 65_536)).toBe(1);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('lines', () => {
  it('are records, but for the header', () => {
    const counter = new LineCounter(1);
    counter.take(Buffer.from('a,b\n1,2\n3,'));
    counter.take(Buffer.from('4\n5,6'));
    expect(counter.count()).toBe(3);
    expect(new LineCounter(1).count()).toBe(0);
  });
});

describe('a counter that was given back', () => {
  it('counts the next answer as a new one would, wherever the one before broke off', () => {
    const body = fc.json().map((text) => Buffer.from(text));
    const plan = new CounterPlan(null, [steps('$.owner')]);
    fc.assert(
      fc.property(body, fc.nat(400), body, (before, cut, next) => {
        const used = plan.begin();
        used.take(before.subarray(0, cut));
        used.release();
        used.release();
        const again = plan.begin();
        const other = plan.begin();
        expect(again).toBe(used);
        expect(other).not.toBe(used);
        const fresh = new CounterPlan(null, [steps('$.owner')]).begin();
        again.take(next);
        fresh.take(next);
        expect([again.count(), again.picked()]).toEqual([fresh.count(), fresh.picked()]);
        again.release();
      }),
    );
  });
});
