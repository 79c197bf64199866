import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPhase, PHASE_CELLS } from './phase.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const MINUTE = 60_000;

function see(b: ReturnType<typeof bench>, nowMs: number, readOnly = false) {
  const w = b.at(nowMs);
  w.readOnly = readOnly;
  applyPhase(w, AT, 0);
  const [n, share, second, minutes] = w.values;
  return { n, share, second, minutes };
}

describe('phase', () => {
  it('tells an even flow from one that comes in the same seconds', () => {
    const even = bench(PHASE_CELLS);
    let said = see(even, MONDAY);
    for (let i = 1; i < 600; i++) said = see(even, MONDAY + i * 1010);
    expect(said.share).toBeLessThan(100);
    const together = bench(PHASE_CELLS);
    for (let m = 0; m < 5; m++)
      for (let i = 0; i < 30; i++) said = see(together, MONDAY + m * MINUTE + 59_000 + i * 60);
    expect(said).toEqual({ n: 150, share: 1000, second: 58, minutes: 6 });
  });

  it('forgets after a pause, and fades', () => {
    const b = bench(PHASE_CELLS);
    for (let i = 0; i < 5000; i++) see(b, MONDAY + (i % 10) * MINUTE + 2000);
    expect(see(b, MONDAY + 10 * MINUTE).n).toBeLessThan(2048);
    expect(see(b, MONDAY + 60 * MINUTE)).toEqual({ n: 1, share: 1000, second: 0, minutes: 1 });
  });

  it.each(STARTS)('keeps within its cells, and reads without counting, from %d on', (start) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.boolean()), { maxLength: 200 }), (list) => {
        const b = bench(PHASE_CELLS);
        let now = start;
        for (const [gap, readOnly] of list) {
          now += gap;
          const before = b.cells();
          const said = see(b, now, readOnly);
          if (readOnly) expect(b.cells()).toEqual(before);
          expect(said.share).toBeLessThanOrEqual(1000);
          expect(said.second).toBeLessThan(60);
        }
        expect(spilled(b)).toBe(false);
      }),
    );
  });
});
