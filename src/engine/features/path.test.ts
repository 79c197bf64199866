import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPath, NO_TRANSITIONS, PATH_CELLS, PATH_MEMORY, PathTable, SURPRISE_MAX, stepOf } from './path.ts';
import { AT, bench, MONDAY, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const BREAK = 1_800_000;
const A = stepOf(1, false);
const B = stepOf(2, false);
const C = stepOf(3, true);
const table = new PathTable({
  version: 't',
  unseen: 9000,
  steps: [A, 1000, 300, B, 1500, 400, C, 2000, 500],
  pairs: [A, B, 200, B, C, 700],
  contexts: [A, B, 600],
  triples: [A, B, C, 50],
});

function go(b: ReturnType<typeof bench>, nowMs: number, step: number, readOnly = false, of = table): number[] {
  const w = b.at(nowMs);
  w.step = step;
  w.readOnly = readOnly;
  applyPath(w, AT, 0, of, BREAK);
  return [...w.values.subarray(0, 5)];
}

describe('a table of transitions', () => {
  it('takes the longest context it knows, and backs off at the price of each', () => {
    expect(table.surprise(A, B, C)).toBe(50);
    expect(table.surprise(C, B, C)).toBe(700);
    expect(table.surprise(A, B, A)).toBe(600 + 400 + 1000);
    expect(table.surprise(0, A, 77)).toBe(300 + 9000);
    expect(table.surprise(A, B, 77)).toBe(600 + 400 + 9000);
    expect(new PathTable({ ...NO_TRANSITIONS, unseen: 99_000 }).surprise(A, B, C)).toBe(SURPRISE_MAX);
    expect(new PathTable(NO_TRANSITIONS).surprise(A, B, C)).toBe(0);
  });

  it('finds each of many entries', () => {
    const keys = fc.uniqueArray(fc.tuple(fc.nat(9000), fc.nat(9000), fc.nat(9000)), {
      maxLength: 300,
      selector: (k) => k.join(),
    });
    fc.assert(
      fc.property(keys, (list) => {
        const many = new PathTable({ ...NO_TRANSITIONS, triples: list.flatMap((key, i) => [...key, i]) });
        list.forEach(([a, b, c], i) => {
          expect(many.surprise(a, b, c)).toBe(Math.min(i, SURPRISE_MAX));
        });
      }),
    );
  });
});

describe('path', () => {
  it('adds up what steps say, and remembers the worst', () => {
    const b = bench(PATH_CELLS);
    expect(go(b, MONDAY, A)).toEqual([0, 0, 0, 0, 0]);
    expect(go(b, MONDAY + 1000, B)).toEqual([1, 200, 200, A, B]);
    expect(go(b, MONDAY + 2000, A)).toEqual([2, 1100, 2000, B, A]);
    expect(go(b, MONDAY + 3000, B)).toEqual([3, 800, 2000, B, A]);
    expect(spilled(b)).toBe(false);
  });

  it('begins anew after a pause, and reads without stepping', () => {
    const b = bench(PATH_CELLS);
    for (const [i, step] of [A, B, A].entries()) go(b, MONDAY + i * 1000, step);
    const cells = b.cells();
    expect(go(b, MONDAY + 9000, C, true)).toEqual([2, 1100, 2000, B, A]);
    expect(b.cells()).toEqual(cells);
    expect(go(b, MONDAY + 2000 + BREAK + 1000, B)).toEqual([0, 0, 0, 0, 0]);
  });

  it('forgets: the mean follows what somebody does now, and an old worst step is replaced', () => {
    const b = bench(PATH_CELLS);
    go(b, MONDAY, A);
    go(b, MONDAY, 77);
    for (let i = 0; i < 8 * PATH_MEMORY; i++) go(b, MONDAY + i, i % 2 === 0 ? A : B);
    const [n, mean, worst] = go(b, MONDAY + 500, A);
    expect(n).toBeGreaterThan(100);
    expect(mean).toBeGreaterThan(1000);
    expect(mean).toBeLessThan(1200);
    expect(worst).toBe(2000);
  });

  it('never says more than the most of one step on average', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 200 }), (steps) => {
        const b = bench(PATH_CELLS);
        steps.forEach((step, i) => {
          const [n, mean, worst] = go(b, MONDAY + i * 1000, step);
          expect(mean).toBeGreaterThanOrEqual(0);
          expect(mean).toBeLessThanOrEqual(SURPRISE_MAX);
          expect(worst).toBeLessThanOrEqual(SURPRISE_MAX);
          expect(n).toBeLessThanOrEqual(i);
        });
        expect(spilled(b)).toBe(false);
      }),
    );
  });
});
