import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayGuard, sharedReplay } from './replay.ts';

fc.configureGlobal({ seed: 20240304 });

describe('ReplayGuard', () => {
  it('accepts a key once until its end, and again from its end on', () => {
    const guard = new ReplayGuard({ capacity: 8 });
    expect(guard.firstUse('a', 5000, 1000)).toBe('first');
    expect(guard.firstUse('a', 5000, 4999)).toBe('seen');
    expect(guard.firstUse('a', 9000, 5000)).toBe('first');
    expect(guard.firstUse('a', 9000, 8999)).toBe('seen');
  });

  it('refuses what is new when it is full, and forgets nothing for it', () => {
    const guard = new ReplayGuard({ capacity: 2 });
    expect([guard.firstUse('a', 9000, 0), guard.firstUse('b', 3000, 0), guard.firstUse('c', 9000, 0)]).toEqual([
      'first',
      'first',
      'full',
    ]);
    expect([guard.firstUse('a', 9000, 1), guard.firstUse('b', 9000, 1)]).toEqual(['seen', 'seen']);
    expect(guard.counts).toEqual({ first: 2, seen: 2, full: 1 });
    expect(guard.firstUse('c', 9000, 4000)).toBe('first');
    expect(guard.size).toBe(2);
  });

  it('does what a plain map does, whatever ends and pauses come', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 40 }),
      lasts: fc.oneof(fc.integer({ min: -10, max: 5000 }), fc.integer({ min: 0, max: 5_000_000 })),
      pause: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 3_000_000 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const guard = new ReplayGuard({ capacity: 64 });
        const ends = new Map<number, number>();
        let now = 1_700_000_000_000;
        for (const { key, lasts, pause } of steps) {
          now += pause;
          const seen = (ends.get(key) ?? 0) > now;
          expect(guard.firstUse(`k${key}`, now + lasts, now)).toBe(seen ? 'seen' : 'first');
          if (!seen) ends.set(key, now + lasts);
        }
      }),
    );
  });

  it('gives the room of expired uses back', () => {
    const guard = new ReplayGuard({ capacity: 100 });
    for (let second = 0; second < 200; second++) {
      for (let i = 0; i < 50; i++) {
        expect(guard.firstUse(`${second}-${i}`, second * 1000 + 900, second * 1000)).toBe('first');
      }
    }
    expect(guard.size).toBeLessThanOrEqual(100);
  });
});

describe('sharedReplay', () => {
  it('lets the owner decide, and refuses where it cannot be asked', async () => {
    const asked: [string, number][] = [];
    const shared = sharedReplay((nonce, untilMs) => (asked.push([nonce, untilMs]) === 1 ? 'first' : 'seen'));
    expect([shared.firstUse('n', 7, 1), shared.firstUse('n', 7, 1)]).toEqual(['first', 'seen']);
    expect(asked[0]).toEqual([asked[1][0], 7]);
    expect(asked[0][0]).not.toContain('n:');
    expect(await sharedReplay(async () => 'first' as const).firstUse('n', 7, 1)).toBe('first');
    const lost = sharedReplay(() => Promise.reject(new Error('gone')));
    expect([await lost.firstUse('n', 7, 1), lost.counts.unreachable]).toEqual(['full', 1]);
    const broken = sharedReplay(() => {
      throw new Error('gone');
    });
    expect([broken.firstUse('n', 7, 1), broken.counts.unreachable]).toEqual(['full', 1]);
  });
});
