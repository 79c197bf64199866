import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOT_STATUS, FLAG, NETWORK_CLASS } from '../enrich/facts.ts';
import {
  ceiling,
  ceilingOf,
  cheapest,
  compilePolicy,
  entryOf,
  LIMIT,
  proposal,
  propose,
  SHARED_PRINCIPALS,
} from './decide.ts';
import { CLASSES, GROUPS } from './detector.ts';
import { Facts } from './facts.ts';
import type { ActorDimension } from './keys.ts';
import { ACTION, ACTIONS, type Policy } from './policy.ts';
import { addEvidence, PRIOR_MILLINATS, RISK } from './risk.ts';
import { everyClass, ROUND_POLICY, type RowInit, rowsOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const policy = compilePolicy(ROUND_POLICY);
const PROBING = CLASSES.indexOf('probing');
const SCRAPING = CLASSES.indexOf('scraping');

describe('the cheapest action', () => {
  it('is that of least expected cost, worked out by hand', () => {
    // Per cent of p: allow 200p · tag 180p + (1−p) · throttle 80p + 40(1−p) · block 600(1−p).
    const at = (p: number): string =>
      ACTIONS[cheapest(policy, PROBING, Math.round(1000 * Math.log(p / (1 - p))), ACTION.block)];
    expect(at(0.01)).toBe('allow');
    // tag = allow at p = 1/21; throttle = tag at 39/139; block = throttle at 560/640.
    expect([at(0.044), at(0.052)]).toEqual(['allow', 'tag']);
    expect([at(0.26), at(0.3)]).toEqual(['tag', 'throttle']);
    expect([at(0.86), at(0.89)]).toEqual(['throttle', 'block']);
    expect(at(0.999)).toBe('block');
  });

  it('is never one that the class does not have, nor one above the ceiling', () => {
    for (let m = -8000; m <= 8000; m += 100)
      for (let top = 0; top < ACTIONS.length; top++) {
        const action = cheapest(policy, SCRAPING, m, top);
        expect(action).toBeLessThanOrEqual(top);
        expect([ACTION.allow, ACTION.tag, ACTION.challenge]).toContain(action);
      }
  });

  it('is entered where it says', () => {
    for (const action of [ACTION.tag, ACTION.throttle, ACTION.block]) {
      const entry = entryOf(policy, PROBING, action, ACTION.block);
      expect(cheapest(policy, PROBING, entry, ACTION.block)).toBeGreaterThanOrEqual(action);
      expect(cheapest(policy, PROBING, entry - 50, ACTION.block)).toBeLessThan(action);
    }
    expect(entryOf(policy, SCRAPING, ACTION.block, ACTION.block)).toBeNaN();
    expect(entryOf(policy, PROBING, ACTION.block, ACTION.throttle)).toBeNaN();
  });

  it('is never milder for more evidence, whatever the costs and the ceiling', () => {
    const cents = fc.nat(2000);
    fc.assert(
      fc.property(cents, fc.array(cents, { minLength: 9, maxLength: 9 }), fc.nat(8), (miss, costs, top) => {
        const falseCents = Object.fromEntries(
          ACTIONS.map((a, i) => [a, i === 0 ? 0 : costs[i]]),
        ) as Policy['falseCents'];
        const p = compilePolicy({ ...ROUND_POLICY, classes: everyClass([...ACTIONS], miss), falseCents });
        let harshest = 0;
        for (let m = -12_000; m <= 12_000; m += 50) {
          const action = cheapest(p, PROBING, m, top);
          expect(action).toBeGreaterThanOrEqual(harshest);
          harshest = action;
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a proposal', () => {
  const risk = (evidence: [number, number][]): Int32Array => {
    const r = new Int32Array(RISK.size);
    for (const [c, millinats] of evidence) addEvidence(r, 0, c, GROUPS.indexOf('failure'), millinats);
    return r;
  };

  it('is the harshest of the classes, and among equals the likeliest', () => {
    propose(
      policy,
      risk([
        [PROBING, 9500],
        [SCRAPING, 12_000],
      ]),
      0,
      ACTION.block,
    );
    expect(proposal).toEqual({ action: ACTION.block, classIndex: PROBING, logOdds: PRIOR_MILLINATS + 9500 });
    propose(
      policy,
      risk([
        [PROBING, 9500],
        [SCRAPING, 12_000],
      ]),
      0,
      ACTION.tag,
    );
    expect(proposal).toEqual({ action: ACTION.tag, classIndex: SCRAPING, logOdds: PRIOR_MILLINATS + 12_000 });
    propose(policy, risk([]), 0, ACTION.block);
    expect(proposal.action).toBe(ACTION.allow);
  });

  it('is never milder for more evidence of any class or group', () => {
    const piece = fc.tuple(
      fc.nat(CLASSES.length - 1),
      fc.nat(GROUPS.length - 1),
      fc.integer({ min: -2000, max: 12_000 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), piece, fc.nat(5), (list, [c, g, more], top) => {
        const r = new Int32Array(RISK.size);
        for (const [where, group, millinats] of list) addEvidence(r, 0, where, group, millinats);
        propose(policy, r, 0, top);
        const before = proposal.action;
        addEvidence(r, 0, c, g, Math.abs(more));
        propose(policy, r, 0, top);
        expect(proposal.action).toBeGreaterThanOrEqual(before);
        expect(proposal.action).toBeLessThanOrEqual(top);
      }),
      { numRuns: 300 },
    );
  });
});

describe('ceilings', () => {
  const of = (dimension: ActorDimension, init: RowInit = {}, principals = 0, level = 0): [string, number] => {
    ceilingOf(dimension, new Facts().at(rowsOf(init), 0, 0), principals, level);
    return [ACTIONS[ceiling.action], ceiling.limit];
  };

  it.each<[string, ActorDimension, RowInit, number, number, string, number]>([
    ['an address of its own', 'ip', { networkClass: NETWORK_CLASS.hosting }, 1, 0, 'block', LIMIT.none],
    ['an address that two established users share', 'ip', {}, SHARED_PRINCIPALS, 0, 'throttle', LIMIT.shared],
    ['a mobile address', 'ip', { networkClass: NETWORK_CLASS.mobile }, 0, 0, 'throttle', LIMIT.shared],
    ['a campus', 'ip', { networkClass: NETWORK_CLASS.education }, 0, 0, 'throttle', LIMIT.shared],
    ['an internal address', 'ip', { networkClass: NETWORK_CLASS.internal }, 0, 0, 'throttle', LIMIT.internal],
    ['a collapsed address', 'ip', {}, 0, 1, 'throttle', LIMIT.collapsed],
    ['a session behind a shared address', 'session', { networkClass: NETWORK_CLASS.mobile }, 9, 0, 'block', LIMIT.none],
    ['a credential', 'credential', {}, 0, 0, 'revoke', LIMIT.none],
    ['a principal', 'principal', {}, 0, 0, 'block', LIMIT.none],
    ['a client software', 'fingerprint', {}, 0, 0, 'throttle', LIMIT.population],
    ['a network', 'network', {}, 0, 0, 'throttle', LIMIT.population],
    ['a system', 'asn', {}, 0, 0, 'throttle', LIMIT.population],
    ['a pattern of mail addresses', 'mail', {}, 0, 0, 'throttle', LIMIT.population],
    ['a password that many have', 'password', {}, 0, 0, 'throttle', LIMIT.population],
    ['a device', 'device', {}, 0, 0, 'block', LIMIT.none],
    ['a route', 'route', {}, 0, 0, 'tag', LIMIT.population],
    ['a tenant', 'tenant', {}, 0, 0, 'tag', LIMIT.population],
    ['a declared bot', 'ip', { botStatus: BOT_STATUS.declared }, 0, 0, 'block', LIMIT.none],
    ['an impostor', 'ip', { botStatus: BOT_STATUS.impostor }, 0, 0, 'block', LIMIT.none],
  ])('%s', (_, dimension, init, principals, level, action, limit) => {
    expect(of(dimension, init, principals, level)).toEqual([action, limit]);
  });

  it('a verified crawler is tagged at most, and the allowlist is never acted on, in every dimension', () => {
    for (const dimension of [
      'ip',
      'network',
      'asn',
      'session',
      'credential',
      'principal',
      'fingerprint',
      'route',
      'tenant',
    ] as const) {
      expect(of(dimension, { botStatus: BOT_STATUS.verified })).toEqual(['tag', LIMIT.verified]);
      for (const botStatus of Object.values(BOT_STATUS))
        expect(of(dimension, { botStatus, flags: FLAG.ALLOWLISTED }, 9, 1)).toEqual(['allow', LIMIT.allowlisted]);
    }
  });
});
