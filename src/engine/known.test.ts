import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKnown, KNOWN_REQUESTS, KNOWN_SEC } from './known.ts';

fc.configureGlobal({ seed: 20240304 });

const YEAR = 365 * KNOWN_SEC;

describe('an identity is known', () => {
  it('after a day and some requests, where the installation is older than two', () => {
    expect(isKnown(KNOWN_SEC, KNOWN_REQUESTS, YEAR)).toBe(true);
    expect(isKnown(KNOWN_SEC - 1, 1_000_000, YEAR)).toBe(false);
    expect(isKnown(YEAR, KNOWN_REQUESTS - 1, YEAR)).toBe(false);
  });

  it('after half of the time that anybody can have been known, before', () => {
    expect(isKnown(1800, 1, 3600)).toBe(true);
    expect(isKnown(1799, 100, 3600)).toBe(false);
    expect(isKnown(KNOWN_SEC / 2, KNOWN_REQUESTS / 2, KNOWN_SEC)).toBe(true);
    expect(isKnown(KNOWN_SEC / 2, KNOWN_REQUESTS / 2 - 1, KNOWN_SEC)).toBe(false);
  });

  it('at a first start sooner than ever after, and remains so', () => {
    const figures = fc.record({ age: fc.nat(YEAR), requests: fc.nat(1000), state: fc.nat(YEAR), more: fc.nat(1000) });
    fc.assert(
      fc.property(figures, ({ age, requests, state, more }) => {
        if (!isKnown(age, requests, state)) return age < KNOWN_SEC || requests < KNOWN_REQUESTS;
        return isKnown(age + more, requests + more, state) && (age >= KNOWN_SEC || age >= Math.trunc(state / 2));
      }),
    );
  });
});
