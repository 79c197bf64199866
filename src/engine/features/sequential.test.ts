/** The two running sums of log-likelihood ratios: sprt for one actor, cusum for a population. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logRatio } from '../../lib/fixed.ts';
import { CELL_MAX } from './cells.ts';
import { applyCusum, CUSUM_CELLS, type CusumTable, HOURS_OF_WEEK, hourOfWeek } from './cusum.ts';
import { applySprt, SPRT_CELLS } from './sprt.ts';
import { AFTER_2038, AT, bench, MONDAY, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const hits = fc.array(fc.boolean(), { minLength: 1, maxLength: 300 });
const shares = fc.tuple(fc.integer({ min: 10, max: 400 }), fc.integer({ min: 500, max: 990 }));

describe('sprt', () => {
  const step = (b: ReturnType<typeof bench>, hit: boolean, p: Parameters<typeof applySprt>, readOnly = false): void => {
    b.w.hit = hit;
    b.w.readOnly = readOnly;
    applySprt(b.w, AT, 0, p[3], p[4], p[5], p[6]);
  };
  const weights = (hit: number, miss: number, floor: number, ceiling: number) =>
    [null, 0, 0, hit, miss, floor, ceiling] as unknown as Parameters<typeof applySprt>;

  it('is the sum of real log-likelihood ratios between its bounds', () => {
    fc.assert(
      fc.property(hits, shares, fc.integer({ min: 0, max: 3000 }), (list, [p0, p1], floor) => {
        const b = bench(SPRT_CELLS);
        const p = weights(logRatio(p1, p0), logRatio(1000 - p1, 1000 - p0), floor, 9200);
        let sum = 0;
        list.forEach((hit, i) => {
          step(b, hit, p);
          sum += 1000 * (hit ? Math.log(p1 / p0) : Math.log((1000 - p1) / (1000 - p0)));
          sum = Math.min(9200, Math.max(-floor, sum));
          // Half a millinat of rounding a step.
          expect(Math.abs(b.w.values[0] - sum)).toBeLessThanOrEqual((i + 1) / 2);
          expect(b.w.values[1]).toBeLessThanOrEqual(i + 1);
          expect(b.w.values[2]).toBeLessThanOrEqual(b.w.values[1]);
        });
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('reaches a nat limit after as many failures as the ratio says, however long the good past was', () => {
    const p = weights(logRatio(0.9, 0.2), logRatio(0.1, 0.8), 1500, 9200);
    const b = bench(SPRT_CELLS);
    for (let i = 0; i < 10_000; i++) step(b, false, p);
    expect([...b.w.values.subarray(0, 3)]).toEqual([-1500, 0, 0]);
    let failures = 0;
    while (b.w.values[0] < 4600) {
      step(b, true, p);
      failures++;
    }
    // (4.6 + 1.5) / ln 4.5 = 4.06
    expect(failures).toBe(5);
    expect([...b.w.values.subarray(1, 3)]).toEqual([5, 5]);
    for (let i = 0; i < 100; i++) step(b, true, p);
    expect(b.w.values[0]).toBe(9200);
    let misses = 0;
    while (b.w.values[0] > -1500) {
      step(b, false, p);
      misses++;
    }
    expect(misses).toBe(Math.ceil(10_700 / 2079));
  });

  it('reads without counting and never wraps', () => {
    const p = weights(1000, -1000, 1000, 9000);
    const b = bench(SPRT_CELLS);
    step(b, true, p);
    const cells = b.cells();
    step(b, true, p, true);
    expect(b.cells()).toEqual(cells);
    expect([...b.w.values.subarray(0, 3)]).toEqual([1000, 1, 1]);
    b.w.cells.fill(CELL_MAX, AT + 1, AT + 3);
    step(b, true, p);
    expect([...b.w.values.subarray(1, 3)]).toEqual([CELL_MAX, CELL_MAX]);
  });
});

describe('cusum', () => {
  const flat = (hit: number, miss: number): CusumTable => ({
    hit: Int32Array.of(hit),
    miss: Int32Array.of(miss),
    p0Permille: Int32Array.of(27),
  });
  const step = (
    b: ReturnType<typeof bench>,
    hit: boolean,
    table: CusumTable,
    ceiling: number,
    nowMs = MONDAY,
  ): void => {
    b.at(nowMs).hit = hit;
    applyCusum(b.w, AT, 0, table, ceiling);
  };

  it('is the excess of the random walk over its minimum so far (Page), below its ceiling', () => {
    fc.assert(
      fc.property(hits, fc.integer({ min: 1, max: 4000 }), fc.integer({ min: -4000, max: -1 }), (list, hit, miss) => {
        const b = bench(CUSUM_CELLS);
        let walk = 0;
        let least = 0;
        for (const h of list) {
          step(b, h, flat(hit, miss), CELL_MAX);
          walk += h ? hit : miss;
          least = Math.min(least, walk);
          expect(b.w.values[0]).toBe(walk - least);
          if (walk === least) expect([...b.w.values.subarray(1, 3)]).toEqual([0, 0]);
        }
        expect(b.w.values[3]).toBe(27);
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('counts from where it last stood at 0, and stops at its ceiling', () => {
    const b = bench(CUSUM_CELLS);
    for (const h of [true, false, false, true, true, false, true]) step(b, h, flat(500, -300), 1000);
    // 500 200 0 | 500 1000 700 1000 (1200 cut)
    expect([...b.w.values.subarray(0, 3)]).toEqual([1000, 4, 3]);
  });

  it('reads without counting', () => {
    const b = bench(CUSUM_CELLS);
    step(b, true, flat(500, -300), 9000);
    const cells = b.cells();
    b.w.readOnly = true;
    step(b, true, flat(500, -300), 9000);
    expect(b.w.values[0]).toBe(500);
    expect(b.cells()).toEqual(cells);
  });

  it('takes the weights of the hour of the week', () => {
    const table: CusumTable = {
      hit: Int32Array.from({ length: HOURS_OF_WEEK }, (_, h) => h + 1),
      miss: new Int32Array(HOURS_OF_WEEK).fill(-1),
      p0Permille: Int32Array.from({ length: HOURS_OF_WEEK }, (_, h) => h),
    };
    for (const hour of [0, 1, 23, 24, 100, 167]) {
      const b = bench(CUSUM_CELLS);
      step(b, true, table, 9000, MONDAY + hour * 3_600_000 + 59 * 60_000);
      expect([b.w.values[0], b.w.values[3]]).toEqual([hour + 1, hour]);
    }
  });
});

describe('hourOfWeek', () => {
  it('agrees with the calendar, before 1970 and after 2038 too', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4_000_000_000_000, max: 2 * AFTER_2038 }), (ms) => {
        const date = new Date(ms);
        expect(hourOfWeek(ms) + 0).toBe(((date.getUTCDay() + 6) % 7) * 24 + date.getUTCHours());
      }),
      { numRuns: 1000 },
    );
    expect(hourOfWeek(MONDAY)).toBe(0);
    expect(hourOfWeek(MONDAY - 1)).toBe(167);
  });
});
