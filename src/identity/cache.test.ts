import { expect, it } from 'vitest';
import { Cache } from './cache.ts';

it('gives back what was set until its end', () => {
  const cache = new Cache<number>(4);
  cache.set('a', 1, 100);
  expect(cache.get('a', 99)).toBe(1);
  expect(cache.get('a', 100)).toBeUndefined();
  expect(cache.size).toBe(0);
});

it('never holds more than two generations, whatever comes', () => {
  const cache = new Cache<number>(100);
  for (let i = 0; i < 10_000; i++) cache.set(`k${i}`, i, 1e9);
  expect(cache.size).toBeLessThanOrEqual(200);
});

it('keeps what is asked for while others come and go', () => {
  const cache = new Cache<string>(10);
  cache.set('mine', 'here', 1e9);
  for (let i = 0; i < 1000; i++) {
    cache.set(`stranger-${i}`, '', 1e9);
    expect(cache.get('mine', 0)).toBe('here');
  }
  cache.delete('mine');
  expect(cache.get('mine', 0)).toBeUndefined();
});
