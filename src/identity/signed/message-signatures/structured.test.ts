import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bare,
  MAX_FIELD,
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeItem,
  serializeList,
} from './structured.ts';

fc.configureGlobal({ seed: 20240304 });

const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/);
const bare: fc.Arbitrary<Bare> = fc.oneof(
  fc.record({ kind: fc.constant('integer' as const), value: fc.integer() }),
  fc.record({ kind: fc.constant('date' as const), value: fc.integer() }),
  fc.record({ kind: fc.constant('decimal' as const), value: fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 8) }),
  fc.record({ kind: fc.constant('string' as const), value: fc.stringMatching(/^[\x20-\x7e]*$/) }),
  fc.record({ kind: fc.constant('token' as const), value: fc.stringMatching(/^[A-Za-z*][A-Za-z0-9:/!#.-]{0,8}$/) }),
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({
    kind: fc.constant('bytes' as const),
    value: fc.uint8Array({ maxLength: 20 }).map((b) => Buffer.from(b)),
  }),
  fc.record({ kind: fc.constant('display' as const), value: fc.string({ unit: 'grapheme', maxLength: 10 }) }),
);
const parameters = fc.array(fc.tuple(key, bare), { maxLength: 4 }).map((pairs) => new Map(pairs));
const item = fc.record({ bare, parameters });
const member = fc.oneof(item, fc.record({ items: fc.array(item, { maxLength: 4 }), parameters }));

describe('structured fields', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(item, (value) => {
        expect(parseItem(serializeItem(value))).toEqual(value);
      }),
    );
    fc.assert(
      fc.property(fc.array(member, { maxLength: 5 }), (list) => {
        expect(parseList(serializeList(list))).toEqual(list);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, member), { maxLength: 5 }), (pairs) => {
        const members = new Map(pairs);
        expect([...(parseDictionary(serializeDictionary(members)) ?? [])]).toEqual([...members]);
      }),
    );
  });

  it('are read without an error whatever they are, and serialise to what reads the same', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9"():;=,?@%* .\\-]{0,60}$/));
    fc.assert(
      fc.property(text, (value) => {
        const members = parseDictionary(value);
        if (members) expect(parseDictionary(serializeDictionary(members))).toEqual(members);
        const list = parseList(value);
        if (list) expect(parseList(serializeList(list))).toEqual(list);
      }),
      { numRuns: 1000 },
    );
  });

  // Cases as the text of RFC 9651 describes them.
  it.each([
    ['a=1,  b;x=2 ,c=(1 "two" :dGhyZWU=:);q', 'a=1, b;x=2, c=(1 "two" :dGhyZWU=:);q'],
    ['a=1, b=2, a=3', 'a=3, b=2'],
    ['', ''],
    ['a=?1, b=?0', 'a, b=?0'],
    ['a=1.50', 'a=1.5'],
    ['a=@1659578233', 'a=@1659578233'],
    ['a=%"f%c3%bc"', 'a=%"f%c3%bc"'],
    ['a="q\\"\\\\"', 'a="q\\"\\\\"'],
  ])('reads %s', (text, canonical) => {
    const members = parseDictionary(text);
    expect(members && serializeDictionary(members)).toBe(canonical);
  });

  it.each([
    'a=1,',
    'a=1 b=2',
    'A=1',
    'a=(1 2',
    'a=(1,2)',
    'a="x',
    'a="\\n"',
    'a=:%%:',
    'a=?2',
    'a=1.',
    'a=1234567890123456',
    'a=1.2345',
    'a=%"%C3"',
    'a=%"%c3"',
    '=1',
    'a=@1.5',
    'a= 1',
    'a="ü"',
  ])('refuses %s', (text) => {
    expect(parseDictionary(text)).toBeNull();
  });

  it('refuses what is too long', () => {
    expect(parseItem(`"${'x'.repeat(MAX_FIELD - 2)}"`)).not.toBeNull();
    expect(parseItem(`"${'x'.repeat(MAX_FIELD - 1)}"`)).toBeNull();
  });
});
