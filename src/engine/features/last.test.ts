import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyLast, LAST_CELLS } from './last.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

function see(b: ReturnType<typeof bench>, nowMs: number, hi: number, lo: number, readOnly = false): number[] {
  const w = b.at(nowMs);
  w.subjectHi = hi;
  w.subjectLo = lo;
  w.readOnly = readOnly;
  applyLast(w, AT, 0);
  return [...w.values.subarray(0, 3)];
}

describe('last', () => {
  it.each(STARTS)('tells whether the value before was another, and when it was, from %d on', (start) => {
    const steps = fc.array(fc.tuple(fc.nat(100_000), fc.nat(2), fc.nat(2)), { minLength: 1 });
    fc.assert(
      fc.property(steps, (list) => {
        const b = bench(LAST_CELLS);
        let before: { hi: number; lo: number; at: number } | undefined;
        let now = start;
        for (const [gap, hi, lo] of list) {
          now += gap;
          const said = see(b, now, hi, lo);
          if (before === undefined) expect(said).toEqual([0, 0, 0]);
          else if (hi !== 0 || lo !== 0)
            expect(said).toEqual([1, before.hi !== hi || before.lo !== lo ? 1 : 0, now - before.at]);
          else expect(said).toEqual([1, 0, now - before.at]);
          // An absent value is no value: it is not remembered.
          if (hi !== 0 || lo !== 0) before = { hi, lo, at: now };
        }
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('an event without the value does not make the next one a change', () => {
    const b = bench(LAST_CELLS);
    see(b, MONDAY, 5, 6);
    see(b, MONDAY + 1000, 0, 0);
    expect(see(b, MONDAY + 3000, 5, 6)).toEqual([1, 0, 3000]);
  });

  it('reads without remembering, says no negative gap and none that does not fit', () => {
    const b = bench(LAST_CELLS);
    see(b, MONDAY, 5, 6);
    const cells = b.cells();
    expect(see(b, MONDAY + 10, 5, 7, true)).toEqual([1, 1, 10]);
    expect(b.cells()).toEqual(cells);
    expect(see(b, MONDAY - 500, 5, 6, true)[2]).toBe(0);
    expect(see(b, MONDAY + 3_000_000_000, 5, 6, true)[2]).toBe(0x7fffffff);
  });
});
