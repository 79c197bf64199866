import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMark, MARK_CELLS } from './mark.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const DAY = 86_400_000;

function see(b: ReturnType<typeof bench>, nowMs: number, amount = -1, readOnly = false): number[] {
  const w = b.at(nowMs);
  w.amount = amount;
  w.readOnly = readOnly;
  applyMark(w, AT, 0, DAY);
  return [...w.values.subarray(0, 6)];
}

describe('mark', () => {
  it.each(STARTS)('tells when it was, how often that day, and how far the amount is off, from %d on', (start) => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000_000 }), fc.integer({ min: -1, max: 2 ** 52 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const b = bench(MARK_CELLS);
        let now = start;
        let last: number | undefined;
        let first = 0;
        let amount = -1;
        const days = new Map<number, number>();
        for (const [gap, next] of list) {
          now += gap;
          const day = Math.floor(now / DAY);
          days.set(day, (days.get(day) ?? 0) + 1);
          const comparable = amount >= 0 && next >= 0 ? 1 : 0;
          const delta = comparable === 1 ? Math.max(-0x7fffffff, Math.min(0x7fffffff, next - amount)) : 0;
          const said = see(b, now, next);
          expect(said.slice(0, 5)).toEqual([
            last === undefined ? 0 : 1,
            last === undefined ? 0 : now - last,
            days.get(day),
            comparable,
            delta,
          ]);
          if (last === undefined) first = now;
          else expect(said[5]).toBe(Math.floor(now / 1000) - Math.floor(first / 1000));
          last = now;
          if (next >= 0) amount = next;
        }
        expect(spilled(b)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('reads without marking, and knows a day that has passed', () => {
    const b = bench(MARK_CELLS);
    see(b, MONDAY, 500);
    see(b, MONDAY + 1000, 700);
    const cells = b.cells();
    expect(see(b, MONDAY + 5000, 650, true)).toEqual([1, 4000, 2, 1, -50, 5]);
    expect(see(b, MONDAY + DAY, 650, true)[2]).toBe(0);
    expect(b.cells()).toEqual(cells);
  });

  it('counts a late event in the running window, and lets no time run backwards', () => {
    const b = bench(MARK_CELLS);
    see(b, MONDAY + DAY);
    expect(see(b, MONDAY + DAY - 1)[2]).toBe(2);
    expect(see(b, MONDAY + DAY + 10, -1, true)[1]).toBe(10);
  });
});
