import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyRate, RATE_CELLS, RATE_MAX_PERIODS_AHEAD } from './rate.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

interface Limit {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
}

const ahead = (b: ReturnType<typeof bench>, nowMs: number, l: Limit, readOnly = false): number => {
  b.at(nowMs).readOnly = readOnly;
  applyRate(b.w, AT, 0, l.limit, l.periodMs, l.burst);
  return b.w.values[0];
};

/** GCRA as the recommendation writes it, in real numbers, with the bound on how far the schedule may run ahead. */
class Exact {
  private tat = 0;
  private readonly l: Limit;
  constructor(l: Limit) {
    this.l = l;
  }
  arrive(nowMs: number): number {
    const { limit, periodMs, burst } = this.l;
    const interval = periodMs / limit;
    const most = nowMs + burst * interval + RATE_MAX_PERIODS_AHEAD * periodMs;
    this.tat = Math.min(Math.max(this.tat, nowMs) + interval, most);
    return this.tat - nowMs - burst * interval;
  }
}

const limits = fc.record({
  limit: fc.integer({ min: 1, max: 200 }),
  periodMs: fc.constantFrom(1000, 10_000, 60_000),
  burst: fc.integer({ min: 1, max: 50 }),
});
const gaps = fc.array(fc.oneof(fc.nat(20), fc.nat(1000), fc.nat(100_000)), { minLength: 1, maxLength: 100 });

describe('rate', () => {
  it.each(STARTS)('runs with exact GCRA to a millisecond an event, from %d on', (start) => {
    fc.assert(
      fc.property(limits, gaps, (l, steps) => {
        const b = bench(RATE_CELLS);
        const exact = new Exact(l);
        let now = start;
        let rounded = 0;
        for (const gap of steps) {
          now += gap;
          // Each event rounds the schedule up to a whole millisecond.
          rounded++;
          const said = ahead(b, now, l);
          const real = exact.arrive(now);
          expect(said).toBeGreaterThanOrEqual(Math.floor(real));
          expect(said).toBeLessThanOrEqual(real + rounded + 1);
        }
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it.each(STARTS)('lets exactly the burst through at once, from %d on', (start) => {
    const l = { limit: 60, periodMs: 60_000, burst: 10 };
    const b = bench(RATE_CELLS);
    const over = Array.from({ length: 15 }, () => ahead(b, start, l) > 0);
    expect(over).toEqual([...Array<boolean>(10).fill(false), ...Array<boolean>(5).fill(true)]);
    expect(b.w.values[1]).toBe(60);
  });

  it('never flags a steady stream at the limit, and always one above it', () => {
    const l = { limit: 60, periodMs: 60_000, burst: 5 };
    const at = bench(RATE_CELLS);
    const above = bench(RATE_CELLS);
    let last = 0;
    for (let i = 0; i < 2000; i++) {
      expect(ahead(at, MONDAY + i * 1000, l)).toBeLessThanOrEqual(0);
      last = ahead(above, MONDAY + i * 900, l);
    }
    expect(last).toBeGreaterThan(0);
  });

  it('runs ahead by a few periods at most, so that who stops is soon within the limit', () => {
    const l = { limit: 10, periodMs: 1000, burst: 2 };
    const b = bench(RATE_CELLS);
    for (let i = 0; i < 10_000; i++) ahead(b, MONDAY, l);
    expect(b.w.values[0]).toBe(RATE_MAX_PERIODS_AHEAD * 1000);
    expect(ahead(b, MONDAY + RATE_MAX_PERIODS_AHEAD * 1000, l, true)).toBe(0);
  });

  it('reads without counting', () => {
    const l = { limit: 10, periodMs: 1000, burst: 2 };
    const b = bench(RATE_CELLS);
    for (let i = 0; i < 5; i++) ahead(b, MONDAY, l);
    const cells = b.cells();
    const first = ahead(b, MONDAY + 50, l, true);
    expect(ahead(b, MONDAY + 50, l, true)).toBe(first);
    expect(b.cells()).toEqual(cells);
  });

  it('keeps its figures within a value for a limit of one a month', () => {
    const b = bench(RATE_CELLS);
    const l = { limit: 1, periodMs: 30 * 86_400_000, burst: 1 };
    for (let i = 0; i < 5; i++) ahead(b, MONDAY, l);
    expect(b.w.values[0]).toBe(0x7fffffff);
  });
});
