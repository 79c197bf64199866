import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPace, PACE_CELLS, PACE_SETTLED } from './pace.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const HOUR = 3_600_000;

function see(b: ReturnType<typeof bench>, nowMs: number, weight = 1, readOnly = false) {
  const w = b.at(nowMs);
  w.readOnly = readOnly;
  applyPace(w, AT, 0, weight);
  const [n, usual, ofWeek, hours, s, peak] = w.values;
  return { n, usual, ofWeek, hours, s, peak };
}

/** `per` an hour for so many hours; returns what the last event read. */
function live(b: ReturnType<typeof bench>, from: number, hours: number, per: number, weight = 1) {
  let said = see(b, from, 0, true);
  for (let h = 0; h < hours; h++)
    for (let i = 0; i < per; i++) said = see(b, from + h * HOUR + Math.floor((i * HOUR) / per), weight);
  return said;
}

describe('pace', () => {
  it('knows what is usual, by the hour of the week once it came by, and takes in twice that at most', () => {
    const b = bench(PACE_CELLS);
    expect(live(b, MONDAY, 30, 40)).toMatchObject({ n: 40, usual: 40, ofWeek: 0, hours: 29, s: 0 });
    for (let h = 30; h < 168; h++) live(b, MONDAY + h * HOUR, 1, h % 24 === 5 ? 90 : 40);
    expect(see(b, MONDAY + (168 + 5) * HOUR, 1, true)).toMatchObject({ ofWeek: 1, usual: 40 });
    expect(see(b, MONDAY + (168 + 29) * HOUR, 1, true).usual).toBe(40);
    expect(see(b, MONDAY + (168 + 53) * HOUR, 1, true).usual).toBe(81);
    expect(spilled(b)).toBe(false);
  });

  it('sums up what goes beyond it, within the running hour, and comes down again', () => {
    const b = bench(PACE_CELLS);
    live(b, MONDAY, 48, 40);
    const burst = live(b, MONDAY + 48 * HOUR, 1, 400);
    expect(burst.n).toBe(400);
    expect(burst.s).toBe(8000);
    const lasting = live(b, MONDAY + 49 * HOUR, 3, 400);
    expect(lasting.s).toBeGreaterThan(20_000);
    expect(live(b, MONDAY + 52 * HOUR, 200, 40).s).toBe(0);
  });

  it('says nothing of a newcomer', () => {
    const b = bench(PACE_CELLS);
    for (let h = 0; h < PACE_SETTLED; h++) expect(live(b, MONDAY + h * HOUR, 1, (h % 5) * 50 + 1).s).toBe(0);
  });

  it('is not taught a new level in an hour', () => {
    const b = bench(PACE_CELLS);
    live(b, MONDAY, 48, 40);
    see(b, MONDAY + 48 * HOUR, 1_000_000);
    expect(see(b, MONDAY + 49 * HOUR, 0, true).usual).toBe(40);
    see(b, MONDAY + 49 * HOUR, 1);
    expect(see(b, MONDAY + 49 * HOUR, 0, true).usual).toBeLessThan(45);
  });

  it('counts hours without anything as 0, a week of them at most', () => {
    const b = bench(PACE_CELLS);
    live(b, MONDAY, 24, 40);
    see(b, MONDAY + 1000 * HOUR, 1);
    const said = see(b, MONDAY + 1000 * HOUR, 0, true);
    expect(said.hours).toBe(24 + 168);
    expect(said.usual).toBeLessThan(20);
  });

  it.each(STARTS)('keeps within its cells, whatever comes, from %d on', (start) => {
    const steps = fc.array(fc.tuple(fc.nat(5 * HOUR), fc.nat(1_000_000_000), fc.boolean()), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (list) => {
        const b = bench(PACE_CELLS);
        let now = start;
        for (const [gap, weight, readOnly] of list) {
          now += gap;
          const before = b.cells();
          const said = see(b, now, weight, readOnly);
          for (const value of Object.values(said)) expect(value).toBeGreaterThanOrEqual(0);
          if (readOnly) expect(b.cells()).toEqual(before);
        }
        expect(spilled(b)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});
