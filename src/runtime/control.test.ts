import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../engine/program.ts';
import { type Baselines, EMPTY_MODEL, type LearnedModel, PRIOR_BASELINES } from '../enrich/model.ts';
import { RANGES } from '../learn/baselines.ts';
import { composeEngine } from './compose.ts';
import { applyControl } from './control.ts';

fc.configureGlobal({ seed: 20240304 });

const SEED = 77;
const within = (name: keyof typeof RANGES) =>
  fc.integer({ min: 0, max: 1000 }).map((n) => RANGES[name][0] + ((RANGES[name][1] - RANGES[name][0]) * n) / 1000);
const baselines: fc.Arbitrary<Baselines> = fc.record({
  origin: fc.constantFrom('learned', 'prior'),
  loginFailure: within('loginFailure'),
  miss: within('miss'),
  denied: within('denied'),
  requestsPerMinuteP999: within('requestsPerMinuteP999'),
  objectsPerHourP999: within('objectsPerHourP999'),
  loginFailureByHourOfWeek: fc.oneof(
    fc.constant([]),
    within('loginFailure').map((share) => Array<number>(168).fill(share)),
  ),
});
const modelOf = (version: string, b: Baselines): LearnedModel => ({ ...EMPTY_MODEL, version, baselines: b });

describe('a model that enters the sequence', () => {
  it('is measured against by every detector that asks, in the records that were there', () => {
    const { engine, recompile } = composeEngine({ model: EMPTY_MODEL, seed: SEED }, () => ({
      evidence: () => undefined,
      risk: () => undefined,
    }));
    const before = engine.program;
    const { batch } = engine;
    const learned = modelOf('m-1', { ...PRIOR_BASELINES, origin: 'learned', requestsPerMinuteP999: 900 });
    const record = { control: 'model', timeMs: 1000, ref: learned.version, data: learned } as const;
    applyControl(engine, record, SEED, recompile);
    expect([engine.sequence, engine.program === before, engine.batch === batch]).toEqual([1, false, false]);
    expect(engine.batch.values).toBe(engine.program.values);
    const bases = new Set(engine.program.instances.map((instance) => instance.basis));
    expect([...bases].sort()).toEqual(['fixed', 'learned']);
    expect(engine.program.digest).not.toBe(before.digest);
    expect(engine.program.keys.map(layoutOf)).toEqual(before.keys.map(layoutOf));
  });

  it('counts into the decision hash by its version', () => {
    const hashAfter = (ref: string) => {
      const { engine, recompile } = composeEngine({ model: EMPTY_MODEL, seed: SEED }, () => ({
        evidence: () => undefined,
        risk: () => undefined,
      }));
      applyControl(engine, { control: 'model', timeMs: 0, ref, data: EMPTY_MODEL }, SEED, recompile);
      return [engine.hashHi, engine.hashLo];
    };
    expect(hashAfter('m-1')).not.toEqual(hashAfter('m-2'));
    expect(hashAfter('m-1')).toEqual(hashAfter('m-1'));
  });

  it('lays records out alike whatever was learned, so that they can be read on', () => {
    const { engine, recompile } = composeEngine({ model: EMPTY_MODEL, seed: SEED }, () => ({
      evidence: () => undefined,
      risk: () => undefined,
    }));
    const layout = engine.program.keys.map(layoutOf);
    fc.assert(
      fc.property(baselines, (b) => {
        expect(recompile(modelOf('m', b)).keys.map(layoutOf)).toEqual(layout);
      }),
      { numRuns: 40 },
    );
  });

  it('changes nothing where the engine cannot be compiled anew', () => {
    const { engine } = composeEngine({ model: EMPTY_MODEL, seed: SEED }, () => ({
      evidence: () => undefined,
      risk: () => undefined,
    }));
    const record = { control: 'model', timeMs: 0, ref: 'm-1', data: EMPTY_MODEL } as const;
    expect(() => applyControl(engine, record, SEED)).toThrow('cannot be compiled');
    expect(engine.sequence).toBe(0);
  });
});
