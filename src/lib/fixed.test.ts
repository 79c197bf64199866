import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expNeg, ln, logRatio, millinats, probability } from './fixed.ts';

fc.configureGlobal({ seed: 20240304 });

describe('ln', () => {
  it('is within a few units of the last place of the real one', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        const exact = Math.log(x);
        expect(Math.abs(ln(x) - exact)).toBeLessThanOrEqual(4 * Number.EPSILON * Math.max(1, Math.abs(exact)));
      }),
      { numRuns: 1000 },
    );
    for (const p of [0.001, 0.05, 0.3, 0.5, 0.9, 0.999, 1, 2, 20, 168])
      expect(Math.abs(ln(p) - Math.log(p))).toBeLessThan(1e-14);
    expect(ln(1)).toBe(0);
    expect(ln(Number.MIN_VALUE)).toBeCloseTo(Math.log(Number.MIN_VALUE), 9);
  });

  it('refuses what has no logarithm', () => {
    for (const x of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => ln(x)).toThrow(RangeError);
  });
});

describe('expNeg', () => {
  it('is close to the real one from 0 to 40', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 40, noNaN: true }), (x) => {
        expect(Math.abs(expNeg(x) / Math.exp(-x) - 1)).toBeLessThan(1e-13);
      }),
      { numRuns: 1000 },
    );
    expect(expNeg(0)).toBe(1);
  });
});

describe('tables and constants', () => {
  it('have bits that do not depend on the machine', () => {
    // Sums, products and quotients round the same everywhere: these bits are part of every decision.
    expect(ln(2)).toBe(0.6931471805599453);
    expect(ln(0.2)).toBe(-1.6094379124341003);
    expect(ln(10)).toBe(2.3025850929940455);
    expect(millinats(1.2345)).toBe(1235);
    expect(logRatio(0.9, 0.2)).toBe(1504);
    expect(logRatio(0.1, 0.8)).toBe(-2079);
  });
});

describe('probability', () => {
  it('is that of log-odds, symmetric and rising', () => {
    expect(probability(0)).toBe(0.5);
    expect(probability(-6907)).toBeCloseTo(0.001, 5);
    let previous = 0;
    for (let m = -60_000; m <= 60_000; m += 250) {
      const p = probability(m);
      expect(p).toBeGreaterThanOrEqual(previous);
      expect(p + probability(-m)).toBeCloseTo(1, 12);
      if (Math.abs(m) <= 40_000) expect(p).toBeCloseTo(1 / (1 + Math.exp(-m / 1000)), 12);
      previous = p;
    }
  });
});
