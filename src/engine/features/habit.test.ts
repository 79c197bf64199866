import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Values } from '../aggregates.ts';
import { applyHabit, HABIT_CELLS, HABIT_KINDS, HABIT_MEMORY, HABIT_OLD_SEC } from './habit.ts';
import { AT, bench, MONDAY, STARTS, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

type Seen = Values['habit'];

function see(
  b: ReturnType<typeof bench>,
  nowMs: number,
  lo: number,
  { readOnly = false, from = 3, most = 8 } = {},
): Seen {
  const w = b.at(nowMs);
  w.subjectHi = 0;
  w.subjectLo = lo;
  w.readOnly = readOnly;
  applyHabit(w, AT, 0, from, most, false);
  const [n, isNew, seen, kinds, ageSec, once] = w.values;
  return { n, isNew, seen, kinds, ageSec, once };
}

describe('a habit', () => {
  it.each(STARTS)('counts values as a list would, while it remembers all of them, from %d on', (start) => {
    const steps = fc.array(fc.nat(HABIT_KINDS), { minLength: 1, maxLength: HABIT_MEMORY - 1 });
    fc.assert(
      fc.property(steps, (list) => {
        const b = bench(HABIT_CELLS);
        const before: number[] = [];
        list.forEach((lo, i) => {
          const said = see(b, start + i * 1000, lo);
          const times = before.filter((x) => x === lo).length;
          expect([said.n, said.kinds]).toEqual([before.length, new Set(before).size]);
          expect(said.once).toBe([...new Set(before)].filter((x) => before.filter((y) => y === x).length === 1).length);
          if (lo === 0) return;
          expect(said.seen).toBe(times);
          expect(said.isNew).toBe(times === 0 && before.length >= 3 ? 1 : 0);
          const first = list.indexOf(lo);
          const youngest = Math.max(...before.map((x) => list.indexOf(x)));
          if (times > 0) expect(said.ageSec).toBe(first === youngest ? i - first : HABIT_OLD_SEC);
          before.push(lo);
        });
        expect(spilled(b)).toBe(false);
      }),
    );
  });

  it('halves when it is full of observations, and forgets what came once', () => {
    const b = bench(HABIT_CELLS);
    see(b, MONDAY, 5);
    for (let i = 1; i < HABIT_MEMORY; i++) see(b, MONDAY + i, 6);
    expect(see(b, MONDAY + 100, 6, { readOnly: true })).toMatchObject({ n: 31, seen: 31, kinds: 1, isNew: 0 });
    expect(see(b, MONDAY + 100, 5, { readOnly: true })).toMatchObject({ seen: 0, isNew: 1 });
  });

  it('stays bounded with ever new values, and keeps what is usual among them', () => {
    const b = bench(HABIT_CELLS);
    for (let i = 0; i < 20; i++) see(b, MONDAY + i, 1);
    for (let i = 0; i < 500; i++) {
      see(b, MONDAY + i, 100 + i);
      see(b, MONDAY + i, 1);
    }
    const said = see(b, MONDAY, 1, { readOnly: true });
    expect(said.n).toBeLessThan(HABIT_MEMORY);
    expect(said.seen).toBeGreaterThan(10);
    expect(said.kinds).toBeLessThanOrEqual(HABIT_KINDS);
    expect(spilled(b)).toBe(false);
  });

  it('calls nothing new where too many values are known, nothing that is absent, and reads without remembering', () => {
    const b = bench(HABIT_CELLS);
    for (const lo of [1, 2, 3, 1]) see(b, MONDAY, lo);
    const cells = b.cells();
    expect(see(b, MONDAY, 9, { readOnly: true, most: 2 }).isNew).toBe(0);
    expect(see(b, MONDAY, 9, { readOnly: true, most: 3 }).isNew).toBe(1);
    expect(see(b, MONDAY, 0)).toEqual({ n: 4, isNew: 0, seen: 0, kinds: 3, ageSec: 0, once: 2 });
    expect(b.cells()).toEqual(cells);
  });

  it('knows the times of day', () => {
    const b = bench(HABIT_CELLS);
    const at = (hours: number): number[] => {
      applyHabit(b.at(MONDAY + hours * 3_600_000), AT, 0, 2, 8, true);
      return [...b.w.values.subarray(0, 4)];
    };
    expect([at(9), at(11), at(33), at(12)]).toEqual([
      [0, 0, 0, 0],
      [1, 0, 1, 1],
      [2, 0, 2, 1],
      [3, 1, 0, 1],
    ]);
  });
});
