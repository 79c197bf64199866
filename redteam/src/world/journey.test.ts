import { describe, expect, it } from 'vitest';
import type { Operation } from '../contract.ts';
import { Random } from '../core/random.ts';
import { Journey, type Place } from './journey.ts';
import { drawWorldParameters } from './parameters.ts';
import { Surface } from './surface.ts';
import { LIBRARY, SHOP } from './testing.ts';
import { guessed, mistyped } from './typing.ts';

const parameters = drawWorldParameters(new Random(1));
const journeyOf = (operations: readonly Operation[], kind: 'web' | 'app' = 'web', seed = 1) =>
  new Journey(new Surface({ operations, host: 'x.example' }), parameters, kind, new Random(seed));

function walks(journey: Journey, n: number): Map<Place, number> {
  const random = new Random(2);
  const seen = new Map<Place, number>();
  for (let i = 0; i < n; i++) {
    let place = journey.start(random);
    for (let steps = 0; place !== 'leave' && steps < 500; steps++) {
      seen.set(place, (seen.get(place) ?? 0) + 1);
      place = journey.next(place === 'back' ? 'list' : place, random);
    }
    seen.set('leave', (seen.get('leave') ?? 0) + 1);
  }
  return seen;
}

describe('journeys', () => {
  it('reach every role of a shop that people use', () => {
    const seen = walks(journeyOf(SHOP), 4000);
    for (const role of [
      'page',
      'list',
      'search',
      'detail',
      'login',
      'signup',
      'reset',
      'order',
      'quote',
      'checkout',
      'redeem',
    ] as const) {
      expect(seen.get(role), role).toBeGreaterThan(5);
    }
    for (const role of ['export', 'telemetry', 'health', 'webhook', 'asset'] as const)
      expect(seen.has(role)).toBe(false);
    expect(seen.get('detail')).toBeGreaterThan(20 * (seen.get('checkout') ?? 0) * 0.2);
  });

  it('leave out what a site does not have', () => {
    const seen = walks(journeyOf(LIBRARY), 1000);
    expect([...seen.keys()].sort()).toEqual(
      ['back', 'detail', 'leave', 'list', 'login', 'next-page', 'other', 'profile', 'search'].sort(),
    );
    expect(walks(journeyOf(SHOP, 'app'), 500).has('page')).toBe(false);
  });

  it('find something to do on a site without familiar roles, and nothing on an empty one', () => {
    const strange: Operation[] = [{ ...LIBRARY[5], role: 'other' }];
    expect(journeyOf(strange).start(new Random(1))).toBe('other');
    expect(journeyOf([]).start(new Random(1))).toBe('leave');
  });

  it('differ from world to world', () => {
    const share = (seed: number) => {
      const seen = walks(journeyOf(SHOP, 'web', seed), 1500);
      return (seen.get('search') ?? 0) / (seen.get('detail') ?? 1);
    };
    const shares = [1, 2, 3, 4, 5].map(share);
    expect(Math.max(...shares) / Math.min(...shares)).toBeGreaterThan(1.1);
    expect(share(1)).toBe(shares[0]);
  });

  it('dwell log-normally', () => {
    const journey = journeyOf(SHOP);
    const random = new Random(3);
    const times = Array.from({ length: 2000 }, () => Math.log(journey.dwell('detail', random))).sort((a, b) => a - b);
    const mean = times.reduce((a, b) => a + b, 0) / times.length;
    expect(Math.abs(mean - times[1000])).toBeLessThan(0.08);
    expect(Math.exp(mean)).toBeGreaterThan(6000);
    expect(Math.exp(mean)).toBeLessThan(70_000);
  });
});

describe('typing', () => {
  it('never gets it right by mistake', () => {
    const random = new Random(4);
    for (const text of ['a', 'aa', 'Secret1', 'ABC', '12345678', 'é!', '']) {
      for (let i = 0; i < 200; i++) {
        expect(mistyped(text, random)).not.toBe(text);
        expect(guessed(text, random)).not.toBe(text);
      }
    }
  });
});
