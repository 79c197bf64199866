import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressDigits, parsePrefix, prefixOf } from './addresses.ts';
import { categoryDistance, estimate, ksDistance, median, quantile } from './stats.ts';

fc.configureGlobal({ seed: 20240304 });

describe('estimates over seeds', () => {
  it('use Student’s t', () => {
    // Mean 4, standard deviation 2, 4.303 · 2 / √3 = 4.969.
    const e = estimate([2, 4, 6]);
    expect(e.mean).toBe(4);
    expect(e.low).toBeCloseTo(4 - 4.969, 3);
    expect(e.high).toBeCloseTo(4 + 4.969, 3);
  });

  it('stay within what is possible, and need two values for an interval', () => {
    expect(estimate([0.8, 1, 1], [0, 1])).toMatchObject({ high: 1 });
    expect(estimate([0.5, null])).toEqual({ mean: 0.5, low: null, high: null, values: [0.5] });
    expect(estimate([null, Number.POSITIVE_INFINITY])).toEqual({ mean: null, low: null, high: null, values: [] });
  });
});

describe('distances', () => {
  it('are those of Kolmogorov and Smirnov', () => {
    expect(ksDistance([1, 2, 3], [1, 2, 3])).toBe(0);
    expect(ksDistance([1, 2], [3, 4])).toBe(1);
    // At 2 one has 2/4 below, the other 0/2; ties are stepped over together.
    expect(ksDistance([1, 2, 3, 4], [3, 4])).toBe(0.5);
    expect(ksDistance([0, 0, 0, 1], [0, 1, 1, 1])).toBe(0.5);
    expect(ksDistance([], [1])).toBeNaN();
  });

  it('are half the differences between categories', () => {
    const of = (entries: Record<string, number>) => new Map(Object.entries(entries));
    expect(categoryDistance(of({ GET: 3, POST: 1 }), of({ GET: 1, POST: 1 }))).toBe(0.25);
    expect(categoryDistance(of({ GET: 1 }), of({ PUT: 9 }))).toBe(1);
  });

  it('lie in [0, 1], are symmetrical, and 0 for equal samples', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const d = ksDistance(a, b);
        expect(d).toBeGreaterThanOrEqual(0);
        expect(d).toBeLessThanOrEqual(1);
        expect(ksDistance(b, a)).toBeCloseTo(d, 12);
        expect(ksDistance(a, [...a].reverse())).toBe(0);
      }),
    );
  });
});

it('finds middles', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNull();
  expect(median([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9);
});

describe('addresses', () => {
  it('compare however they are written', () => {
    const same = ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', '2001:db8:0::0:1'].map((a) => addressDigits(a)?.digits);
    expect(new Set(same).size).toBe(1);
    expect(addressDigits('::ffff:192.0.2.1')).toEqual({ family: 4, digits: 'c0000201' });
    expect(parsePrefix('2001:db8:0:1::/64')?.prefix).toBe(
      prefixOf(addressDigits('2001:db8:0:1:aa:bb:cc:dd') as never, 64),
    );
    expect(parsePrefix('192.0.2.77/26')?.prefix).toBe(parsePrefix('192.0.2.64/26')?.prefix);
    expect(parsePrefix('192.0.2.77/26')?.prefix).not.toBe(parsePrefix('192.0.2.63/26')?.prefix);
  });

  it('are told from what is none', () => {
    for (const text of [
      '',
      'x',
      '1.2.3',
      '1.2.3.256',
      '1.2.3.4.5',
      ':::',
      '1:2',
      '1::2::3',
      'g::1',
      '1:2:3:4:5:6:7:8:9',
    ]) {
      expect(addressDigits(text), text).toBeNull();
    }
    expect(parsePrefix('1.2.3.4/33')).toBeNull();
    expect(parsePrefix('1.2.3.4/x')).toBeNull();
  });

  it('survive being written out', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const read = addressDigits(text);
        expect(read).not.toBeNull();
        const digits = read?.family === 4 ? `00000000000000000000ffff${read.digits}` : (read?.digits ?? '');
        const long = digits.match(/.{4}/g)?.join(':') ?? '';
        expect(addressDigits(long)).toEqual(read);
      }),
    );
  });
});
