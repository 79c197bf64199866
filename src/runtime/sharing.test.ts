import { describe, expect, it } from 'vitest';
import { LIMIT } from '../engine/decide.ts';
import type { ActorProfile } from './recorder.ts';
import { collateralOf, limitReason, sharingOf } from './sharing.ts';

const profile = (
  dimension: string,
  more: { kind?: string; principals?: number; addresses?: number } = {},
): ActorProfile =>
  ({
    actor: { dimension, key: 'k' },
    network: more.kind === undefined ? null : { asn: 1, name: '', country: '', class: more.kind },
    principals: more.principals ?? 0,
    addresses: more.addresses ?? 0,
  }) as unknown as ActorProfile;

describe('who stands behind an actor', () => {
  it.each<[string, ActorProfile, number, number, number]>([
    ['a hosted address', profile('ip', { kind: 'hosting' }), 1, 1, 0],
    ['a household', profile('ip', { kind: 'access' }), 1, 4, 0],
    ['a mobile address', profile('ip', { kind: 'mobile' }), 20, 2000, 19],
    ['a campus', profile('ip', { kind: 'education' }), 5, 500, 4],
    ['an internal address', profile('ip', { kind: 'internal' }), 1, 1000, 0],
    ['an address of which nothing is known', profile('ip'), 1, 4, 0],
    ['a kind of network that is new', profile('ip', { kind: 'satellite' }), 1, 4, 0],
    ['one user behind an address', profile('ip', { kind: 'hosting', principals: 1 }), 1, 1, 1],
    ['seven users behind a hosted address', profile('ip', { kind: 'hosting', principals: 7 }), 7, 7, 7],
    ['two users behind a household', profile('ip', { kind: 'access', principals: 2 }), 2, 4, 2],
    ['a session', profile('session', { kind: 'mobile', principals: 9 }), 1, 1, 0],
    ['a credential', profile('credential'), 1, 1, 0],
    ['a user', profile('principal'), 1, 1, 0],
    ['a client on 40 addresses', profile('fingerprint', { addresses: 40 }), 40, 40, 39],
    ['a client nobody else has', profile('fingerprint', { addresses: 1 }), 1, 1, 0],
    ['a network', profile('network'), 1, 1, 0],
    ['a route', profile('route', { addresses: 9 }), 9, 9, 0],
  ])('%s', (_, p, low, high, collateral) => {
    const sharing = sharingOf(p);
    expect([sharing.low, sharing.high]).toEqual([low, high]);
    expect(sharing.basis).not.toBe('');
    expect(collateralOf(p, sharing)).toBe(collateral);
  });
});

it('every limit has a reason in words', () => {
  const words = Object.values(LIMIT).map(limitReason);
  expect(words[LIMIT.none]).toBe('');
  expect(new Set(words).size).toBe(words.length);
});
