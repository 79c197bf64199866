/** What detectors are told besides baselines, and what they may say to it. */
import { describe, expect, it } from 'vitest';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import { count, rate } from './aggregates.ts';
import { compile } from './compile.ts';
import { type BuildContext, NOTHING } from './detector.ts';
import { detectorOf, programOf } from './testing.ts';
import type { Workflow } from './workflow.ts';

const options = { baselines: PRIOR_BASELINES, seed: 0 };
const step = { name: 'confirm', template: '/confirm', methods: [], business: 0 };
const workflow = (most: number): Workflow => ({
  name: 'checkout',
  rules: [{ kind: 'at-most', name: 'once', step, same: ['session'], most, windowMs: 1000 }],
});

describe('a detector', () => {
  it('is told routes, workflows and plans', () => {
    let told: Partial<BuildContext> = {};
    const routes = [{ template: '/a', routeClass: 0, answered: 1, requests: 1, origin: 'configured' as const }];
    const listening = detectorOf({}, (context) => {
      told = context;
      return { needs: {} };
    });
    compile([listening], { ...options, routes, workflows: [workflow(1)], plans: [500] });
    expect(told).toMatchObject({ routes, workflows: [workflow(1)], plans: [500] });
  });

  it('that has nothing to do takes no part, and leaves no trace', () => {
    const idle = {
      ...detectorOf({ id: 'idle', actors: ['ip', 'session'] }, () => ({ needs: {} })),
      build: () => NOTHING,
    };
    const busy = detectorOf({ id: 'busy' }, () => ({ needs: { n: count({ key: 'ip', windowMs: 1000 }) } }));
    const program = compile([idle, busy], options);
    expect(program.instances.map((i) => i.detector.id)).toEqual(['busy']);
    expect(program.keys.map((k) => k.name)).toEqual(['ip']);
  });
});

describe('the digest', () => {
  it('covers what is declared, and is what it was where nothing is', () => {
    const none = compile([], options).digest;
    expect(compile([], { ...options, workflows: [], plans: [] }).digest).toBe(none);
    const one = compile([], { ...options, workflows: [workflow(1)] }).digest;
    expect(one).not.toBe(none);
    expect(compile([], { ...options, workflows: [workflow(2)] }).digest).not.toBe(one);
    expect(compile([], { ...options, plans: [7] }).digest).not.toBe(none);
  });
});

describe('weights', () => {
  it('are another aggregate than events', () => {
    const [key, windowMs] = ['ip', 1000] as const;
    const program = programOf({
      events: count({ key, windowMs }),
      costs: count({ key, windowMs, weigh: 'cost' }),
      again: count({ key, windowMs, weigh: 'cost' }),
      rate: rate({ key, limit: 5, periodMs: 1000, burst: 5, weigh: 'objects' }),
    });
    expect(program.keys[0].request).toHaveLength(3);
  });
});
