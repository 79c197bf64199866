import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashString } from '../../lib/hash.ts';
import { applyDistinct, DISTINCT_CELLS, releaseDistinct } from './distinct.ts';
import { EXACT_MAX, SketchPool } from './sketch-pool.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const HOUR = 3_600_000;

function see(b: ReturnType<typeof bench>, nowMs: number, hi: number, lo: number, readOnly = false): [number, number] {
  const w = b.at(nowMs);
  w.subjectHi = hi;
  w.subjectLo = lo;
  w.readOnly = readOnly;
  applyDistinct(w, AT, 0, HOUR);
  return [w.values[0], w.values[1]];
}

const name = (i: number): { hi: number; lo: number } => hashString(`value ${i}`, 0);
const values = fc.array(fc.nat(EXACT_MAX - 1), { minLength: 1, maxLength: 60 });

describe('distinct', () => {
  it.each(STARTS)('is exact up to eight values, in any order and repetition, from %d on', (start) => {
    fc.assert(
      fc.property(values, (list) => {
        const b = bench(DISTINCT_CELLS);
        const set = new Set<number>();
        const first = Math.ceil(start / HOUR) * HOUR;
        list.forEach((v, i) => {
          const isNew = !set.has(v);
          set.add(v);
          const { hi, lo } = name(v);
          expect(see(b, first + i * 10, hi, lo)).toEqual([set.size, isNew ? 1 : 0]);
        });
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('says "new" for the ninth value, and never loses count at the step to registers', () => {
    for (let trial = 0; trial < 500; trial++) {
      const b = bench(DISTINCT_CELLS);
      for (let i = 0; i < 40; i++) {
        const { hi, lo } = hashString(`trial ${trial} value ${i}`, 0);
        const [n, isNew] = see(b, MONDAY, hi, lo);
        if (i < EXACT_MAX) expect(n).toBe(i + 1);
        else expect(n).toBeGreaterThan(EXACT_MAX);
        if (i === EXACT_MAX) expect(isNew).toBe(1);
        expect(see(b, MONDAY, hi, lo)[1]).toBe(0);
      }
    }
  });

  it.each([9, 12, 20, 50, 100, 300, 1000, 10_000])('estimates %d values within three standard errors', (n) => {
    const trials = n >= 1000 ? 40 : 200;
    let sum = 0;
    let outside = 0;
    for (let trial = 0; trial < trials; trial++) {
      const b = bench(DISTINCT_CELLS);
      for (let i = 0; i < n; i++) {
        const { hi, lo } = hashString(`${n}/${trial}/${i}`, 0);
        see(b, MONDAY, hi, lo);
      }
      const said = b.w.values[0];
      sum += said;
      // 1.04/√64 = 13 %; a single value is one whole even where 13 % of nine is less.
      if (Math.abs(said - n) > Math.max(2, 3 * 0.13 * n)) outside++;
    }
    expect(outside / trials).toBeLessThanOrEqual(0.03);
    expect(Math.abs(sum / trials / n - 1)).toBeLessThan(0.08);
  });

  it('counts consecutive addresses as well as hashes', () => {
    const b = bench(DISTINCT_CELLS);
    for (let i = 0; i < 500; i++) see(b, MONDAY, 0, 0xc6336400 + i);
    expect(Math.abs(b.w.values[0] - 500)).toBeLessThan(3 * 0.13 * 500);
  });

  it('starts over with each window and gives its slot back', () => {
    const b = bench(DISTINCT_CELLS, 1);
    for (let window = 0; window < 50; window++) {
      for (let i = 0; i < 20; i++) see(b, MONDAY + window * HOUR, name(i).hi, name(i).lo);
      expect(b.w.values[0]).toBeGreaterThan(EXACT_MAX);
    }
    expect(see(b, MONDAY + 50 * HOUR, 0, 1)).toEqual([1, 1]);
    expect(b.w.pool.stolen).toBe(0);
  });

  it('reads without counting, reads 0 in a window that has no event yet, and leaves an absent value out', () => {
    const b = bench(DISTINCT_CELLS);
    for (let i = 0; i < 6; i++) see(b, MONDAY, 0, i + 1);
    const cells = b.cells();
    expect(see(b, MONDAY, 0, 99, true)).toEqual([6, 0]);
    expect(see(b, MONDAY, 0, 0)).toEqual([6, 0]);
    expect(see(b, MONDAY + HOUR, 0, 99, true)).toEqual([0, 0]);
    expect(b.cells()).toEqual(cells);
  });

  it('counts a late event in the running window', () => {
    const b = bench(DISTINCT_CELLS);
    see(b, MONDAY + HOUR, 0, 1);
    expect(see(b, MONDAY, 0, 2)).toEqual([2, 1]);
    expect(see(b, MONDAY + HOUR, 0, 2)).toEqual([2, 0]);
  });

  it('stands still when its slot is taken, and starts anew with the next window', () => {
    const pool = new SketchPool(2);
    const actors = Array.from({ length: 3 }, () => {
      const b = bench(DISTINCT_CELLS);
      return Object.assign(b, { w: { ...b.w, pool } });
    });
    const feed = (actor: number, nowMs: number, n: number): [number, number] => {
      const { w } = actors[actor];
      w.nowMs = nowMs;
      let last: [number, number] = [0, 0];
      for (let i = 0; i < n; i++) {
        w.subjectLo = i + 1;
        applyDistinct(w, AT, 0, HOUR);
        last = [w.values[0], w.values[1]];
      }
      return last;
    };
    expect(feed(0, MONDAY, 7)[0]).toBe(7);
    expect(feed(1, MONDAY, 5)[0]).toBe(5);
    // Both slots are live: the newcomer takes the one with fewer values.
    expect(feed(2, MONDAY, 6)[0]).toBe(6);
    expect(pool.stolen).toBe(1);
    expect(feed(1, MONDAY, 8)).toEqual([4, 0]);
    expect(feed(0, MONDAY, 7)[0]).toBe(7);
    expect(feed(1, MONDAY + HOUR, 3)[0]).toBe(3);
    // The loser must not give back a slot that is somebody else's now.
    releaseDistinct(actors[1].w, AT);
    expect(feed(2, MONDAY, 6)[0]).toBe(6);
  });
});

describe('the pool', () => {
  it('goes on from a snapshot as if it had never stopped', () => {
    const a = new SketchPool(8);
    const slots = Array.from({ length: 8 }, (_, i) => a.take(MONDAY, MONDAY + i));
    for (let i = 0; i < 100; i++) a.add(slots[i % 8], name(i).lo);
    a.release(slots[3], a.generations[slots[3]]);
    const b = new SketchPool(8);
    b.restore(structuredClone(a.snapshot()));
    for (const pool of [a, b]) for (let i = 0; i < 20; i++) pool.add(pool.take(MONDAY, MONDAY + 5), name(i).lo);
    expect(b.snapshot()).toEqual(a.snapshot());
  });

  it('takes an expired slot before a live one', () => {
    const pool = new SketchPool(4);
    const slots = Array.from({ length: 4 }, (_, i) => pool.take(MONDAY, MONDAY + (i === 2 ? 10 : HOUR)));
    expect(pool.take(MONDAY + 20, MONDAY + HOUR)).toBe(slots[2]);
    expect(pool.stolen).toBe(0);
  });

  it('gives each slot to one owner only', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 60 }), (steps) => {
        const pool = new SketchPool(6);
        let owned: { slot: number; generation: number }[] = [];
        for (const [take, which] of steps) {
          if (take) {
            const slot = pool.take(MONDAY, MONDAY + HOUR);
            owned.push({ slot, generation: pool.generations[slot] });
          } else if (owned.length > 0) {
            const { slot, generation } = owned[which % owned.length];
            pool.release(slot, generation);
            pool.release(slot, generation);
          }
          owned = owned.filter((o) => pool.generations[o.slot] === o.generation);
          expect(new Set(owned.map((o) => o.slot)).size).toBe(owned.length);
        }
      }),
    );
  });
});
