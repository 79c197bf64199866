import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySpread, SPREAD_CELLS, SPREAD_MEMORY } from './spread.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const BREAK = 600_000;

function see(
  b: ReturnType<typeof bench>,
  nowMs: number,
  readOnly = false,
): { n: number; mean: number; deviation: number } {
  b.at(nowMs).readOnly = readOnly;
  applySpread(b.w, AT, 0, BREAK);
  const [n, mean, deviation] = b.w.values;
  return { n, mean, deviation };
}

/** Running means over the first gaps, exponential ones after that, in real numbers. */
class Exact {
  n = 0;
  mean = 0;
  deviation = 0;
  add(gap: number): void {
    this.n++;
    const memory = Math.min(this.n, SPREAD_MEMORY);
    if (this.n > 1) this.deviation += (Math.abs(gap - this.mean) - this.deviation) / (memory - 1);
    this.mean += (gap - this.mean) / memory;
  }
}

describe('spread', () => {
  it.each(STARTS)('follows the real means within the rounding of whole milliseconds, from %d on', (start) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 }), (gaps) => {
        const b = bench(SPREAD_CELLS);
        const exact = new Exact();
        let now = start;
        see(b, now);
        for (const gap of gaps) {
          now += gap;
          exact.add(gap);
          const said = see(b, now);
          expect(said.n).toBe(exact.n);
          // Each step rounds by half a millisecond; the memory forgets it again over 32 steps.
          expect(Math.abs(said.mean - exact.mean)).toBeLessThanOrEqual(SPREAD_MEMORY / 2 + 1);
          const deviation = (said.deviation * said.mean) / 1000;
          if (said.mean > 0 && said.deviation < 100_000)
            expect(Math.abs(deviation - exact.deviation)).toBeLessThanOrEqual(2 * SPREAD_MEMORY);
        }
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('is 0 for a metronome and about 0.74 for chance', () => {
    const metronome = bench(SPREAD_CELLS);
    for (let i = 0; i < 100; i++) see(metronome, MONDAY + i * 5000);
    expect(see(metronome, MONDAY + 100 * 5000)).toEqual({ n: 100, mean: 5000, deviation: 0 });
    const chance = bench(SPREAD_CELLS);
    let now = MONDAY;
    let x = 1;
    let sum = 0;
    for (let i = 0; i < 6000; i++) {
      x = (Math.imul(x, 1_103_515_245) + 12_345) & 0x7fffffff;
      now += Math.min(BREAK, Math.round(-5000 * Math.log((x + 1) / 0x80000000)));
      const { deviation } = see(chance, now);
      if (i >= 1000) sum += deviation;
    }
    expect(Math.abs(sum / 5000 - 740)).toBeLessThan(60);
  });

  it('starts over after a break, and ignores an event that comes late', () => {
    const b = bench(SPREAD_CELLS);
    for (let i = 0; i < 10; i++) see(b, MONDAY + i * 1000);
    expect(see(b, MONDAY + 500).n).toBe(9);
    expect(see(b, MONDAY + 10_000)).toEqual({ n: 10, mean: 1000, deviation: 0 });
    expect(see(b, MONDAY + 10_000 + BREAK + 1)).toEqual({ n: 0, mean: 0, deviation: 100_000 });
    expect(see(b, MONDAY + 10_000 + BREAK + 2001)).toEqual({ n: 1, mean: 2000, deviation: 0 });
  });

  it('reads without counting', () => {
    const b = bench(SPREAD_CELLS);
    for (let i = 0; i < 10; i++) see(b, MONDAY + i * 1000);
    const cells = b.cells();
    expect(see(b, MONDAY + 70_000, true)).toEqual({ n: 9, mean: 1000, deviation: 0 });
    expect(b.cells()).toEqual(cells);
  });

  it('stops counting gaps at the largest cell instead of wrapping', () => {
    const b = bench(SPREAD_CELLS);
    see(b, MONDAY);
    b.w.cells[AT + 2] = 0x7fffffff;
    expect(see(b, MONDAY + 1000).n).toBe(0x7fffffff);
  });
});
