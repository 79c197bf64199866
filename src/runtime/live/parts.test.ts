import { describe, expect, it } from 'vitest';
import { MAX_NONCES, Nonces } from './nonces.ts';
import { TICKS, Ticks } from './ticks.ts';

describe('one-time values', () => {
  it('count once, until they expire', () => {
    const nonces = new Nonces();
    expect([nonces.spend('a', 100, 0), nonces.spend('a', 100, 1), nonces.spend('b', 100, 1)]).toEqual([
      'first',
      'seen',
      'first',
    ]);
    expect(nonces.spend('c', 100, 100)).toBe('seen');
  });

  it('are refused where no more can be remembered', () => {
    const nonces = new Nonces();
    for (let i = 0; i < MAX_NONCES; i++) nonces.spend(`n${i}`, 1000, 0);
    expect(nonces.spend('one more', 1000, 1)).toBe('full');
    expect(nonces.spend('n7', 1000, 1)).toBe('seen');
    expect(nonces.spend('later', 3000, 2000)).toBe('first');
  });
});

describe('ticks', () => {
  it('have every second, and no more than they keep', () => {
    const ticks = new Ticks();
    ticks.at(100).requests++;
    ticks.at(103).requests += 2;
    expect(ticks.all().map((t) => [t.sec, t.requests])).toEqual([
      [100, 1],
      [101, 0],
      [102, 0],
      [103, 2],
    ]);
    ticks.at(103 + TICKS - 1);
    expect(ticks.all()).toHaveLength(TICKS);
    expect(ticks.has(102)).toBe(false);
    ticks.at(1_000_000);
    expect(ticks.all()).toHaveLength(1);
  });
});
