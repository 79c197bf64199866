import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROLE, SENSITIVITY } from '../enrich/kinds.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { cheapest, compilePolicy, MOST_AT_STAKE_CENTS, missCents, proposal, propose, stakeOf } from './decide.ts';
import { CAP, CLASSES, type FindingClass, GROUPS } from './detector.ts';
import { Facts } from './facts.ts';
import { ACTION, ACTIONS } from './policy.ts';
import { addEvidence, PRIOR_MILLINATS, RISK } from './risk.ts';
import { type RowInit, rowsOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const policy = compilePolicy(DEFAULT_POLICY);
const factsOf = (init: RowInit): Facts => new Facts().at(rowsOf({ amountMinor: -1, ...init }), 0, 0);
const classOf = (name: FindingClass): number => CLASSES.indexOf(name);
const miss = (name: FindingClass, init: RowInit, p = policy): number =>
  missCents(p, classOf(name), stakeOf(p, factsOf(init)));
const usual = (name: FindingClass): number => DEFAULT_POLICY.classes[name].missCents;

/** What is proposed for one class at these log-odds, in an event of this kind. */
function due(name: FindingClass, odds: number, init: RowInit, maximum: number = ACTION.block): number {
  const risk = new Int32Array(RISK.size);
  addEvidence(risk, 0, classOf(name), GROUPS.indexOf('failure'), odds - PRIOR_MILLINATS);
  propose(policy, risk, 0, maximum, stakeOf(policy, factsOf(init)));
  return proposal.action;
}

const anyEvent = fc.record({
  sensitivity: fc.constantFrom(...Object.values(SENSITIVITY)),
  role: fc.constantFrom(...Object.values(ROLE)),
  amountMinor: fc.oneof(fc.constant(-1), fc.nat(2_000_000_000), fc.constant(1e15), fc.double({ min: 0, max: 1e6 })),
});

describe('what is at stake', () => {
  it('is what the class says where nothing is known', () => {
    for (const name of CLASSES)
      for (const init of [{}, { amountMinor: 0 }, { role: ROLE.user }, { role: ROLE.service }])
        expect(miss(name, init), name).toBe(usual(name));
  });

  it('is dearer by what the route has and by whom the caller is', () => {
    expect(miss('object-access', { sensitivity: SENSITIVITY.personal })).toBe(900);
    expect(miss('object-access', { sensitivity: SENSITIVITY.secret })).toBe(1800);
    expect(miss('object-access', { sensitivity: SENSITIVITY.secret, role: ROLE.admin })).toBe(3600);
    expect(miss('object-access', { role: ROLE.support })).toBe(900);
    // A flood costs what it costs, whatever it is aimed at.
    expect(miss('resource-exhaustion', { sensitivity: SENSITIVITY.secret, role: ROLE.admin })).toBe(400);
  });

  it('is at least the amount, where that is what is lost, within a bound', () => {
    expect(miss('take-over', { amountMinor: 5900 })).toBe(6000);
    expect(miss('take-over', { amountMinor: 25_000 })).toBe(25_000);
    expect(miss('take-over', { amountMinor: 25_000, sensitivity: SENSITIVITY.money })).toBe(25_000);
    expect(miss('object-access', { amountMinor: 25_000 })).toBe(usual('object-access'));
    expect(miss('workflow', { amountMinor: 1e15 })).toBe(MOST_AT_STAKE_CENTS);
  });

  it('is never less than the class says, and whole', () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom(...CLASSES), (init, name) => {
        const cents = miss(name, init);
        expect(cents).toBeGreaterThanOrEqual(usual(name));
        expect(cents).toBeLessThanOrEqual(MOST_AT_STAKE_CENTS);
        expect(Number.isInteger(cents)).toBe(true);
      }),
    );
    const cheap = compilePolicy({
      ...DEFAULT_POLICY,
      stakes: {
        classes: ['probing'],
        amountClasses: [],
        rolePermille: { ...DEFAULT_POLICY.stakes?.rolePermille, user: 10 } as never,
        sensitivityPermille: { normal: 1, personal: 1, money: 1, secret: 1, admin: 1 },
      },
    });
    expect(miss('probing', { sensitivity: SENSITIVITY.secret, role: ROLE.user }, cheap)).toBe(usual('probing'));
  });

  it('is nothing in a policy that names none', () => {
    const { stakes: _, ...without } = DEFAULT_POLICY;
    const p = compilePolicy(without);
    expect(miss('take-over', { sensitivity: SENSITIVITY.admin, role: ROLE.admin, amountMinor: 1e6 }, p)).toBe(6000);
  });
});

describe('what is done where more is at stake', () => {
  it('is done earlier', () => {
    const firstOf = (init: RowInit): number => {
      for (let odds = -8000; odds < 8000; odds += 50)
        if (due('object-access', odds, init) === ACTION.block) return odds;
      return Number.NaN;
    };
    expect(firstOf({ sensitivity: SENSITIVITY.secret })).toBeLessThan(firstOf({}) - 500);
    expect(firstOf({ sensitivity: SENSITIVITY.personal })).toBeLessThan(firstOf({}));
  });

  it('is never milder than usual, for more evidence, nor above the ceiling', () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom(...CLASSES), fc.nat(ACTION.block), (init, name, maximum) => {
        let before = 0;
        for (let odds = PRIOR_MILLINATS; odds < 6000; odds += 150) {
          const action = due(name, odds, init, maximum);
          expect(action).toBeGreaterThanOrEqual(before);
          expect(action).toBeGreaterThanOrEqual(due(name, odds, {}, maximum));
          expect(action).toBeLessThanOrEqual(maximum);
          before = action;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of an outlier is a question at most, however much it is', () => {
    const init = { sensitivity: SENSITIVITY.secret, role: ROLE.admin, amountMinor: 1e9 };
    for (const name of CLASSES) {
      const odds = PRIOR_MILLINATS + CAP.outlier;
      const plain = cheapest(policy, classOf(name), odds, ACTION.block);
      const action = due(name, odds, init);
      if (action !== plain) expect(['tag', 'step-up'], name).toContain(ACTIONS[action]);
    }
    expect(ACTIONS[due('take-over', PRIOR_MILLINATS + CAP.outlier, init)]).toBe('step-up');
    expect(ACTIONS[due('take-over', PRIOR_MILLINATS + CAP.outlier + 1000, init)]).toBe('block');
  });
});
