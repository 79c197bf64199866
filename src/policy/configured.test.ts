import { describe, expect, it } from 'vitest';
import { policyOf } from './configured.ts';
import { DEFAULT_POLICY } from './default.ts';

describe('configured costs', () => {
  it('leave the default policy as it is where nothing is named', () => {
    expect(policyOf({ miss_cents: {}, false_cents: {} })).toBe(DEFAULT_POLICY);
  });

  it('take the place of those they name, and keep the others', () => {
    const policy = policyOf({ miss_cents: { injection: 5 }, false_cents: { block: 7 } });
    expect(policy.classes.injection).toEqual({ ...DEFAULT_POLICY.classes.injection, missCents: 5 });
    expect(policy.classes.probing).toEqual(DEFAULT_POLICY.classes.probing);
    expect(policy.falseCents).toEqual({ ...DEFAULT_POLICY.falseCents, block: 7 });
  });

  it('have a version of their own', () => {
    const version = (block: number) => policyOf({ miss_cents: {}, false_cents: { block } }).version;
    expect(version(7)).not.toBe(DEFAULT_POLICY.version);
    expect(version(7)).not.toBe(version(8));
    expect(version(7)).toBe(version(7));
  });
});
