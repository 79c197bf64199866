import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySteps, STEPS_CELLS } from './steps.ts';
import { AT, bench, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

function see(b: ReturnType<typeof bench>, id: number, readOnly = false): number[] {
  b.w.number = id;
  b.w.readOnly = readOnly;
  applySteps(b.w, AT, 0);
  return [...b.w.values.subarray(0, 3)];
}

const LIMIT = 2n ** 31n - 1n;

/** The same in whole numbers without bounds: a step beyond 31 bits is only known to be a large one. */
function naive(ids: readonly number[]): number[] {
  let previous = 0n;
  let last = 0n;
  let earlier: bigint[] = [];
  const counts = [0, 0, 0];
  for (const id of ids.filter((i) => i >= 0).map(BigInt)) {
    if (previous !== 0n) {
      const difference = id - previous;
      const step = difference > LIMIT || difference < -LIMIT ? LIMIT : difference;
      if (step !== 0n) {
        counts[0]++;
        if (step === last) counts[1]++;
        const isNext = [previous, ...earlier].some((from) => {
          const far = id - from;
          return from !== 0n && far !== 0n && far >= -3n && far <= 3n;
        });
        if (isNext) counts[2]++;
        last = step;
      }
    }
    earlier = [previous, ...earlier].slice(0, 3);
    previous = id;
  }
  return counts;
}

const ids = fc.oneof(
  fc.integer({ min: -1, max: 8 }),
  fc.integer({ min: 0, max: 0x1_0000_0002 }),
  fc.integer({ min: 0x7fff_fffe, max: 0x8000_0002 }),
  fc.integer({ min: 0xffff_fffd, max: 0x1_0000_0003 }),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 3, max: Number.MAX_SAFE_INTEGER }),
);

describe('steps', () => {
  it('are those of exact arithmetic, for ids up to 2^53', () => {
    fc.assert(
      fc.property(fc.array(ids, { minLength: 1, maxLength: 60 }), (list) => {
        const b = bench(STEPS_CELLS);
        let said: number[] = [];
        for (const id of list) said = see(b, id);
        expect(said).toEqual(naive(list));
        expect(spilled(b)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('tell a walk from browsing', () => {
    const walk = bench(STEPS_CELLS);
    const stride = bench(STEPS_CELLS);
    for (let i = 0; i < 50; i++) {
      see(walk, 4_294_967_290 + i);
      see(stride, 9_000_000_000 - i * 100);
    }
    expect([...walk.w.values.subarray(0, 3)]).toEqual([49, 48, 49]);
    expect([...stride.w.values.subarray(0, 3)]).toEqual([49, 48, 0]);
    const crew = bench(STEPS_CELLS);
    for (let i = 0; i < 80; i++) see(crew, 1000 * (1 + (i % 4)) + Math.floor(i / 4));
    expect([...crew.w.values.subarray(0, 3)]).toEqual([79, expect.any(Number), 76]);
    const same = bench(STEPS_CELLS);
    for (let i = 0; i < 50; i++) see(same, 7);
    expect([...same.w.values.subarray(0, 3)]).toEqual([0, 0, 0]);
  });

  it('read without counting, and stop at the largest cell', () => {
    const b = bench(STEPS_CELLS);
    for (const id of [1, 2, 3]) see(b, id);
    const cells = b.cells();
    expect(see(b, 4, true)).toEqual([2, 1, 2]);
    expect(b.cells()).toEqual(cells);
    b.w.cells.fill(0x7fffffff, AT + 3, AT + 6);
    expect(see(b, 4)).toEqual([0x7fffffff, 0x7fffffff, 0x7fffffff]);
  });
});
