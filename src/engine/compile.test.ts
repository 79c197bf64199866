import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import {
  type Aggregate,
  condition,
  count,
  cusum,
  distinct,
  last,
  rate,
  spread,
  sprt,
  steps,
  top,
} from './aggregates.ts';
import { compile, jitter } from './compile.ts';
import { HEADER, KEY_VALUES, type KeyProgram, type Program } from './program.ts';
import { detectorOf, programOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const always = condition('always', () => true);
const never = condition('never', () => false);
const odd = condition('odd status', (f) => f.status % 2 === 1);
const oddAndLarge = condition('odd and large', (f) => f.status > 100, odd);

const keyOf = (program: Program, name: string): KeyProgram => {
  const key = program.keys.find((k) => k.name === name);
  if (key === undefined) throw new Error(`no key ${name}`);
  return key;
};
const namesOf = (program: Program, gates: readonly number[] | null) =>
  gates && Array.from(gates, (i) => program.conditions[i].name);

/** One of each kind. */
const all: Record<string, Aggregate> = {
  count: count({ key: 'ip', windowMs: 60_000 }),
  rate: rate({ key: 'ip', limit: 10, periodMs: 60_000, burst: 5 }),
  distinct: distinct({ key: 'ip', of: 'path', windowMs: 60_000 }),
  sprt: sprt({ key: 'ip', hit: odd, p0: 0.1, p1: 0.9, floor: 1000, ceiling: 9000 }),
  cusum: cusum({ key: 'ip', hit: odd, p0: [0.1], oddsRatio: 3, ceiling: 9000 }),
  last: last({ key: 'ip', of: 'network' }),
  spread: spread({ key: 'ip', breakMs: 60_000 }),
  steps: steps({ key: 'ip' }),
  top: top({ key: 'all', of: 'ip', windowMs: 60_000 }),
};

describe('layout', () => {
  it('gives every operation cells and values of its own', () => {
    const program = programOf(all);
    for (const key of program.keys) {
      const starts = [...key.request, ...key.response].map((o) => o.cell);
      expect(new Set(starts).size).toBe(starts.length);
      for (const o of [...key.request, ...key.response]) {
        expect(o.cell).toBeGreaterThanOrEqual(HEADER.cells);
        expect(o.cell).toBeLessThan(key.stride);
        expect(o.value).toBeGreaterThanOrEqual(key.value + KEY_VALUES.size);
        expect(o.value).toBeLessThan(key.valueEnd);
      }
    }
    const [instance] = program.instances;
    const taken = instance.reads.flatMap((r) => r.fields.map((_, i) => r.operation.value + i));
    expect(new Set(taken).size).toBe(taken.length);
    program.values.forEach((_, i) => {
      program.values[i] = i;
    });
    for (const r of instance.reads)
      r.fields.forEach((field, i) => {
        expect((instance.handles[r.name] as Record<string, number>)[field]).toBe(r.operation.value + i);
      });
  });

  it('shares equal aggregates between detectors, however they were written down', () => {
    const a = detectorOf({ id: 'a' }, () => ({ needs: { n: count({ key: 'ip', windowMs: 1000, when: odd }) } }));
    const b = detectorOf({ id: 'b' }, () => ({
      needs: { m: count({ when: odd, windowMs: 1000, key: 'ip', on: 'request' }) },
    }));
    const program = compile([a, b], { baselines: PRIOR_BASELINES, seed: 0 });
    expect(keyOf(program, 'ip').request).toHaveLength(1);
    expect(program.instances[0].reads[0].operation).toBe(program.instances[1].reads[0].operation);
  });

  it('shares nothing that differs', () => {
    const base = { key: 'ip', windowMs: 1000 } as const;
    const guard = { of: distinct({ key: 'ip', of: 'path', windowMs: 1000 }), is: 'new' } as const;
    const needs = {
      a: count(base),
      b: count({ ...base, windowMs: 2000 }),
      c: count({ ...base, when: odd }),
      d: count({ ...base, when: never }),
      e: count({ ...base, on: 'response' }),
      f: count({ ...base, key: 'session' }),
      g: count({ ...base, guard }),
      h: count({ ...base, guard: { ...guard, is: 'seen' } }),
      i: sprt({ key: 'ip', hit: odd, p0: 0.1, p1: 0.9, floor: 1, ceiling: 2 }),
      j: sprt({ key: 'ip', hit: never, p0: 0.1, p1: 0.9, floor: 1, ceiling: 2 }),
    };
    const sources = programOf(needs).instances[0].reads.map((r) => r.operation);
    expect(new Set(sources).size).toBe(10);
  });

  it('applies populations before actors, and combinations with all after everything else', () => {
    const keys = [['all', 'route'], 'ip', 'all', ['route', 'ip'], 'asn', 'session', ['all', 'ip']] as const;
    const needs = Object.fromEntries(keys.map((key, i) => [`n${i}`, count({ key, windowMs: 1000 })]));
    const names = programOf(needs).keys.map((k) => k.name);
    expect(names).toEqual(['all', 'asn', 'ip', 'route×ip', 'session', 'all×route', 'all×ip']);
  });
});

describe('what is refused', () => {
  const guarded = (key: Aggregate['key'], of: Aggregate, is: 'new' | 'over' = 'over') =>
    programOf({ n: count({ key, windowMs: 1000, guard: { of, is, than: 2 } }) });

  it('a guard that would be applied later in the batch', () => {
    expect(() => guarded('all', count({ key: 'ip', windowMs: 1000 }))).toThrow(/guard is applied later/);
    expect(() => guarded('ip', count({ key: 'all', windowMs: 1000 }))).not.toThrow();
    expect(() => guarded(['all', 'route'], count({ key: 'ip', windowMs: 1000 }))).not.toThrow();
    expect(() => guarded('ip', count({ key: 'ip', windowMs: 5000 }))).not.toThrow();
  });

  it('a guard whose values the phase does not have', () => {
    expect(() => guarded('ip', count({ key: 'all', windowMs: 1000, on: 'response' }))).toThrow(/other phase/);
  });

  it('"new" of what knows no newness', () => {
    expect(() => guarded('ip', count({ key: 'all', windowMs: 1000 }), 'new')).toThrow(/distinct/);
    expect(() => guarded('ip', distinct({ key: 'all', of: 'ip', windowMs: 1000 }), 'new')).not.toThrow();
  });

  it('heavy hitters of anything but all', () => {
    expect(() => programOf({ t: top({ key: 'tenant', of: 'ip', windowMs: 60_000 }) })).toThrow(/heavy hitters/);
  });

  it('windows whose numbers would not fit in a cell', () => {
    expect(() => programOf({ n: count({ key: 'ip', windowMs: 999 }) })).toThrow(/window/);
    expect(() => programOf({ n: count({ key: 'ip', windowMs: Number.NaN }) })).toThrow(/window/);
  });
});

describe('phases', () => {
  it('an aggregate updated in one phase is read in the other where a detector judges there', () => {
    const program = programOf({ n: count({ key: 'ip', windowMs: 1000, on: 'request' }) }, { on: 'response' });
    const [written] = keyOf(program, 'ip').request;
    expect(written.readOnly).toBe(false);
    expect(keyOf(program, 'ip').response).toEqual([{ ...written, phase: 'response', readOnly: true }]);
  });

  it('a guard takes the phase of what it guards', () => {
    const of = distinct({ key: 'ip', of: 'path', windowMs: 1000 });
    const n = count({ key: 'ip', windowMs: 1000, on: 'request', guard: { of, is: 'new' } });
    const program = programOf({ n }, { on: 'response' });
    expect(program.instances[0].reads[0].operation.phase).toBe('request');
    expect(keyOf(program, 'ip').request).toHaveLength(2);
    expect(keyOf(program, 'ip').response.map((o) => o.readOnly)).toEqual([true]);
  });
});

describe('gates', () => {
  it('leave a combination out of events that none of its conditions names', () => {
    const program = programOf({ n: count({ key: ['all', 'ip'], windowMs: 1000, when: odd }) });
    expect(namesOf(program, keyOf(program, 'all×ip').requestGates)).toEqual(['odd status']);
    expect(namesOf(program, keyOf(program, 'all×ip').responseGates)).toEqual([]);
    expect(keyOf(program, 'ip').requestGates).toBeNull();
  });

  it('let it in where the other phase is only read', () => {
    const program = programOf(
      { n: count({ key: ['all', 'ip'], windowMs: 1000, when: odd, on: 'request' }) },
      { on: 'response' },
    );
    expect(namesOf(program, keyOf(program, 'all×ip').responseGates)).toEqual(['odd status']);
  });

  it('ask for the widest condition only, and for none where one operation has none', () => {
    const narrow = programOf({
      a: count({ key: ['all', 'ip'], windowMs: 1000, when: oddAndLarge }),
      b: count({ key: ['all', 'ip'], windowMs: 1000, when: odd }),
    });
    expect(namesOf(narrow, keyOf(narrow, 'all×ip').requestGates)).toEqual(['odd status']);
    const open = programOf({
      a: count({ key: ['all', 'ip'], windowMs: 1000, when: odd }),
      b: count({ key: ['all', 'ip'], windowMs: 2000 }),
    });
    expect(keyOf(open, 'all×ip').requestGates).toBeNull();
  });

  it('know the wider condition before the narrower one', () => {
    const program = programOf({ n: count({ key: 'ip', windowMs: 1000, when: oddAndLarge }) }, { when: always });
    const { conditions, after } = program.requestPlan;
    const names = Array.from(conditions, (c) => program.conditions[c].name);
    const wider = names.indexOf(odd.name);
    const narrower = names.indexOf(oddAndLarge.name);
    expect(names).toHaveLength(3);
    expect(narrower).toBe(wider + 1);
    expect(after[wider]).toBe(narrower + 1);
    expect(after[narrower]).toBe(narrower + 1);
  });
});

describe('thresholds', () => {
  it('are jittered by at most a fifth, by seed and name, and not with seed 0', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0x7fffffff }), fc.string(), (seed, name) => {
        const factor = jitter(seed, name);
        expect(factor).toBeGreaterThanOrEqual(0.8);
        expect(factor).toBeLessThanOrEqual(1.2);
        expect(jitter(seed, name)).toBe(factor);
      }),
    );
    expect(jitter(0, 'a.b')).toBe(1);
    const factors = Array.from({ length: 2000 }, (_, i) => jitter(i + 1, 'rate-limit.burst'));
    expect(Math.min(...factors)).toBeLessThan(0.81);
    expect(Math.max(...factors)).toBeGreaterThan(1.19);
  });

  const tuned = (options: Parameters<typeof programOf>[2], inJudge: boolean) =>
    compile(
      [
        detectorOf({ id: 'd' }, ({ tune }) => {
          const limit = tune('limit', 100);
          const needs: Record<string, Aggregate> = inJudge
            ? {}
            : { n: rate({ key: 'ip', limit, periodMs: 1000, burst: 1 }) };
          return { needs, judge: () => (limit > 1 ? 1 : 0) };
        }),
      ],
      { baselines: PRIOR_BASELINES, seed: 0, ...options },
    );

  it('from configuration stand as they are', () => {
    const program = tuned({ seed: 99, thresholds: { 'd.limit': 7 } }, false);
    expect(keyOf(program, 'ip').request[0].a).toBe(7);
    expect(keyOf(tuned({}, false), 'ip').request[0].a).toBe(100);
  });

  it.each([false, true])('change the digest, where only judging uses them too (%s)', (inJudge) => {
    const usual = tuned({}, inJudge).digest;
    expect(tuned({}, inJudge).digest).toBe(usual);
    expect(tuned({ thresholds: { 'd.limit': 101 } }, inJudge).digest).not.toBe(usual);
    expect(tuned({ seed: 5 }, inJudge).digest).not.toBe(usual);
    expect(tuned({ thresholds: { 'other.limit': 101 } }, inJudge).digest).toBe(usual);
  });

  it('and so do windows, conditions, baselines and what a detector may say', () => {
    const digest = (needs: Record<string, Aggregate>, spec = {}) => programOf(needs, spec).digest;
    const usual = digest({ n: count({ key: 'ip', windowMs: 1000 }) });
    expect(digest({ n: count({ key: 'ip', windowMs: 1001 }) })).not.toBe(usual);
    expect(digest({ n: count({ key: 'ip', windowMs: 1000, when: odd }) })).not.toBe(usual);
    expect(digest({ n: count({ key: 'ip', windowMs: 1000 }) }, { findingAt: 4700 })).not.toBe(usual);
    expect(digest({ n: count({ key: 'ip', windowMs: 1000 }) }, { deterministic: true })).not.toBe(usual);
    const week = (p: number) => ({ c: cusum({ key: 'all', hit: odd, p0: [p], oddsRatio: 2, ceiling: 9000 }) });
    expect(digest(week(0.1))).not.toBe(digest(week(0.11)));
  });
});

describe('weights', () => {
  it('are log-likelihood ratios', () => {
    const [o] = keyOf(
      programOf({ s: sprt({ key: 'ip', hit: odd, p0: 0.2, p1: 0.9, floor: 1, ceiling: 2 }) }),
      'ip',
    ).request;
    expect([o.a, o.b]).toEqual([1504, -2079]);
    const [c] = keyOf(
      programOf({ c: cusum({ key: 'ip', hit: odd, p0: [0.2, 0.5], oddsRatio: 4, ceiling: 9 }) }),
      'ip',
    ).request;
    // Odds 0.25 → 1 gives p1 = 0.5; odds 1 → 4 gives 0.8.
    expect([...(c.table?.hit ?? [])]).toEqual([916, 470]);
    expect([...(c.table?.miss ?? [])]).toEqual([-470, -916]);
    expect([...(c.table?.p0Permille ?? [])]).toEqual([200, 500]);
  });
});
