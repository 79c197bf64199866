import { describe, expect, it } from 'vitest';
import { cheapest, compilePolicy, entryOf } from '../engine/decide.ts';
import { CAP, CLASSES } from '../engine/detector.ts';
import { ACTION, ACTIONS, type ActionName } from '../engine/policy.ts';
import { PRIOR_MILLINATS } from '../engine/risk.ts';
import { policyOf } from './configured.ts';
import { DEFAULT_POLICY } from './default.ts';

const policy = compilePolicy(DEFAULT_POLICY);
const actionAt = (name: string, millinats: number): ActionName =>
  ACTIONS[cheapest(policy, CLASSES.indexOf(name as 'probing'), millinats, ACTION.block)];

describe('the default policy', () => {
  it('observes', () => {
    expect(DEFAULT_POLICY.mode).toBe('shadow');
    for (const name of CLASSES) expect(actionAt(name, PRIOR_MILLINATS)).toBe('allow');
  });

  it('never holds anybody up on an outlier score alone, in any class: it asks at most', () => {
    for (const name of CLASSES)
      expect(['allow', 'tag', 'step-up'], name).toContain(actionAt(name, PRIOR_MILLINATS + CAP.outlier));
  });

  it('blocks a touched decoy and full injection evidence, and asks at logins instead', () => {
    expect(actionAt('decoy', PRIOR_MILLINATS + CAP.certain)).toBe('block');
    expect(actionAt('injection', PRIOR_MILLINATS + CAP.sequential)).toBe('block');
    expect(actionAt('credential-attack', PRIOR_MILLINATS + CAP.sequential)).toBe('step-up');
    expect(actionAt('scraping', PRIOR_MILLINATS + CAP.certain)).not.toBe('block');
  });

  it('has its figures in order: harsher actions stop more, and later rungs last longer', () => {
    const stops = ACTIONS.map((a) => DEFAULT_POLICY.stopsPermille[a]);
    expect(stops).toEqual([...stops].sort((a, b) => a - b));
    expect([...DEFAULT_POLICY.ttlSec]).toEqual([60, 300, 1800, 7200, 86_400]);
    expect(DEFAULT_POLICY.falseCents.allow).toBe(0);
  });

  it('can reach something in every class', () => {
    for (const name of CLASSES) expect(actionAt(name, 12_000)).not.toBe('allow');
  });
});

describe('configured costs', () => {
  const entry = (costs: Parameters<typeof policyOf>[0]): number =>
    entryOf(compilePolicy(policyOf(costs)), CLASSES.indexOf('probing'), ACTION.block, ACTION.block);

  it('move the threshold: dearer mistakes block later, dearer misses earlier', () => {
    const usual = entry({ miss_cents: {}, false_cents: {} });
    expect(entry({ miss_cents: {}, false_cents: { block: 2000 } })).toBeGreaterThan(usual);
    expect(entry({ miss_cents: { probing: 2000 }, false_cents: {} })).toBeLessThan(usual);
    expect(entry({ miss_cents: { scraping: 2000 }, false_cents: {} })).toBe(usual);
  });

  it('of a million for a mistake mean that nobody is blocked', () => {
    expect(entry({ miss_cents: {}, false_cents: { block: 100_000_000 } })).toBeNaN();
  });
});
