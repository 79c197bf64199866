import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CELL_MAX } from './cells.ts';
import { applyCount, COUNT_CELLS } from './count.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const count = (b: ReturnType<typeof bench>, nowMs: number, windowMs: number, readOnly = false): number => {
  b.at(nowMs).readOnly = readOnly;
  applyCount(b.w, AT, 0, windowMs);
  return b.w.values[0];
};

/** The definition: two fixed windows, the previous one weighted by what the sliding window still covers of it. */
function naive(times: readonly number[], nowMs: number, windowMs: number): number {
  const window = Math.floor(nowMs / windowMs);
  const inWindow = (n: number): number => times.filter((t) => Math.floor(t / windowMs) === n).length;
  const left = windowMs - (nowMs - window * windowMs);
  return inWindow(window) + Math.floor((inWindow(window - 1) * left) / windowMs);
}

const gaps = fc.array(fc.oneof(fc.nat(50), fc.nat(2000), fc.nat(30_000)), { minLength: 1, maxLength: 80 });

describe('count', () => {
  it.each(STARTS)('is the weighted sum of two windows, from %d on', (start) => {
    fc.assert(
      fc.property(gaps, fc.constantFrom(1000, 10_000, 60_000), (steps, windowMs) => {
        const b = bench(COUNT_CELLS);
        const times: number[] = [];
        let now = start;
        for (const gap of steps) {
          now += gap;
          times.push(now);
          expect(count(b, now, windowMs)).toBe(naive(times, now, windowMs));
        }
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('differs from the exact sliding window by no more than the previous window holds', () => {
    fc.assert(
      fc.property(gaps, (steps) => {
        const b = bench(COUNT_CELLS);
        const times: number[] = [];
        let now = MONDAY;
        for (const gap of steps) {
          now += gap;
          times.push(now);
          const said = count(b, now, 10_000);
          const exact = times.filter((t) => t > now - 10_000).length;
          const previous = times.filter((t) => Math.floor(t / 10_000) === Math.floor(now / 10_000) - 1).length;
          expect(Math.abs(said - exact)).toBeLessThanOrEqual(previous);
          if (previous === 0) expect(said).toBe(exact);
        }
      }),
    );
  });

  it('is near the exact figure for an even stream, at every phase of the window', () => {
    const b = bench(COUNT_CELLS);
    for (let i = 0; i < 3000; i++) {
      const said = count(b, MONDAY + i * 100, 60_000);
      if (i >= 1200) expect(Math.abs(said - 600)).toBeLessThanOrEqual(1);
    }
  });

  it('is 0 again after two windows of silence, and reading changes nothing', () => {
    const b = bench(COUNT_CELLS);
    for (let i = 0; i < 7; i++) count(b, MONDAY, 1000);
    const before = b.cells();
    expect(count(b, MONDAY, 1000, true)).toBe(7);
    expect(count(b, MONDAY + 1500, 1000, true)).toBe(3);
    expect(count(b, MONDAY + 2000, 1000, true)).toBe(0);
    expect(count(b, MONDAY + 9000, 1000, true)).toBe(0);
    expect(b.cells()).toEqual(before);
  });

  it('counts a late event in the running window and does not go back', () => {
    const b = bench(COUNT_CELLS);
    count(b, MONDAY + 5000, 1000);
    count(b, MONDAY + 2000, 1000);
    expect(count(b, MONDAY + 5500, 1000)).toBe(3);
  });

  it('stops at the largest cell instead of wrapping', () => {
    const b = bench(COUNT_CELLS);
    count(b, MONDAY, 1000);
    b.w.cells[AT + 1] = CELL_MAX;
    expect(count(b, MONDAY, 1000)).toBe(CELL_MAX);
    expect(count(b, MONDAY + 1000, 1000)).toBe(CELL_MAX);
  });
});
