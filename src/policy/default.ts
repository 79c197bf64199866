/**
 * The default policy: it observes. Costs follow the catalogue's example (a stuffing attempt succeeds once in a hundred
 * and then costs 200 $, so a miss costs 2 $; a login wrongly blocked costs 6 $; a step-up 0.15 $), from which the
 * thresholds follow: nothing here is a score limit somebody made up.
 */
import type { Policy } from '../engine/policy.ts';

export const DEFAULT_POLICY: Policy = {
  version: 'default-6',
  classes: {
    probing: { missCents: 400, actions: ['tag', 'throttle', 'block'] },
    injection: { missCents: 800, actions: ['tag', 'block'] },
    'credential-attack': { missCents: 200, actions: ['tag', 'throttle', 'challenge', 'step-up', 'block'] },
    enumeration: { missCents: 400, actions: ['tag', 'throttle', 'block'] },
    scraping: { missCents: 150, actions: ['tag', 'throttle', 'challenge'] },
    'code-guessing': { missCents: 1200, actions: ['tag', 'throttle', 'block'], atOnce: true },
    'resource-exhaustion': { missCents: 400, actions: ['tag', 'throttle', 'block'] },
    'declared-tool': { missCents: 400, actions: ['tag', 'throttle', 'block'] },
    rotation: { missCents: 150, actions: ['tag', 'challenge'] },
    automation: { missCents: 60, actions: ['tag', 'challenge'] },
    decoy: { missCents: 3000, actions: ['tag', 'block'] },
    'take-over': { missCents: 6000, actions: ['tag', 'step-up', 'block'] },
    'object-access': { missCents: 600, actions: ['tag', 'throttle', 'block'] },
    'sign-up': { missCents: 100, actions: ['tag', 'throttle', 'challenge'] },
    workflow: { missCents: 2000, actions: ['tag', 'step-up', 'block'] },
    // Whoever blocks a partner's key by mistake stops an integration, not a visitor; and no machine has a second factor.
    'leaked-key': {
      missCents: 6000,
      actions: ['tag', 'throttle', 'step-up', 'block', 'revoke'],
      falseCents: { throttle: 400, 'step-up': 600, block: 6000, revoke: 30_000 },
    },
    misuse: { missCents: 100, actions: ['tag', 'throttle'] },
    'device-storm': { missCents: 100, actions: ['tag', 'throttle'] },
    cost: { missCents: 300, actions: ['tag', 'throttle', 'block'] },
  },
  falseCents: {
    allow: 0,
    tag: 1,
    throttle: 40,
    challenge: 30,
    'step-up': 15,
    tarpit: 650,
    decoy: 900,
    block: 600,
    revoke: 2000,
  },
  stopsPermille: {
    allow: 0,
    tag: 100,
    throttle: 600,
    challenge: 700,
    'step-up': 800,
    tarpit: 985,
    decoy: 988,
    block: 990,
    revoke: 998,
  },
  ttlSec: [60, 300, 1800, 7200, 86_400],
  stepSec: 30,
  stepEvents: 5,
  hysteresisMillinats: 1000,
  mode: 'shadow',
  stakes: {
    sensitivityPermille: { normal: 1000, personal: 1500, money: 2000, secret: 3000, admin: 3000 },
    rolePermille: {
      unknown: 1000,
      anonymous: 1000,
      user: 1000,
      service: 1000,
      partner: 1000,
      support: 1500,
      admin: 2000,
    },
    classes: [
      'probing',
      'injection',
      'credential-attack',
      'enumeration',
      'scraping',
      'decoy',
      'take-over',
      'object-access',
      'workflow',
      'leaked-key',
    ],
    amountClasses: ['code-guessing', 'take-over', 'workflow', 'leaked-key'],
  },
};
