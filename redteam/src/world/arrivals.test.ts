import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { Arrivals, burstTimes, type Excitation, type Shape } from './arrivals.ts';
import { DAY_MS, HOUR_MS, hourOfWeek, Rhythm, STEADY } from './rhythm.ts';
import { MONDAY } from './testing.ts';

const NONE: Excitation = { branching: 0, delayMs: 1 };

function all(arrivals: Arrivals): number[] {
  const times: number[] = [];
  for (let at = arrivals.next(); at < Number.POSITIVE_INFINITY; at = arrivals.next()) times.push(at);
  return times;
}

/** Variance over mean of counts in windows. */
function dispersion(times: readonly number[], startMs: number, endMs: number, windowMs: number): number {
  const counts = new Array<number>(Math.floor((endMs - startMs) / windowMs)).fill(0);
  for (const at of times) {
    const i = Math.floor((at - startMs) / windowMs);
    if (i < counts.length) counts[i]++;
  }
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / counts.length / mean;
}

describe('rhythm', () => {
  it('has mean 1 over a week and follows the hours of the country', () => {
    for (const kind of ['people', 'business'] as const) {
      const rhythm = new Rhythm([['DE', 1]], kind, new Random(1));
      let sum = 0;
      for (let slot = 0; slot < 672; slot++) sum += rhythm.at(MONDAY + slot * 900_000);
      expect(sum / 672).toBeCloseTo(1, 6);
    }
    const at = (country: string, hour: number) =>
      new Rhythm([[country, 1]], 'people', new Random(2)).at(MONDAY + hour * HOUR_MS);
    expect(at('DE', 19)).toBeGreaterThan(3 * at('DE', 2));
    // Half past seven in the evening in Tokyo is half past ten in the morning in London.
    expect(at('JP', 12.9)).toBeGreaterThan(2 * at('JP', 19));
    const business = new Rhythm([['GB', 1]], 'business', new Random(3));
    expect(business.at(MONDAY + 10 * HOUR_MS)).toBeGreaterThan(2 * business.at(MONDAY + 5 * DAY_MS + 10 * HOUR_MS));
  });

  it('sends visitors from the countries that are awake', () => {
    const rhythm = new Rhythm(
      [
        ['DE', 0.5],
        ['JP', 0.5],
      ],
      'people',
      new Random(4),
    );
    const random = new Random(5);
    const german = (timeMs: number) =>
      Array.from({ length: 1000 }, () => rhythm.countryAt(timeMs, random)).filter((c) => c === 0).length;
    expect(german(MONDAY + 20 * HOUR_MS)).toBeGreaterThan(2 * german(MONDAY + 13 * HOUR_MS));
    expect(hourOfWeek(MONDAY)).toBe(0);
  });
});

describe('arrivals', () => {
  it('keep to their rate and to the profile of the week', () => {
    const rhythm = new Rhythm([['FR', 1]], 'people', new Random(6));
    const times = all(new Arrivals(6000, rhythm, NONE, new Random(7), MONDAY, MONDAY + 14 * DAY_MS));
    expect(times.length / (14 * 6000)).toBeCloseTo(1, 1);
    const expected = new Float64Array(168);
    const seen = new Float64Array(168);
    for (let slot = 0; slot < 672; slot++) expected[slot >> 2] += rhythm.at(MONDAY + slot * 900_000) / 4;
    for (const at of times) seen[Math.floor(hourOfWeek(at))] += 168 / times.length;
    let distance = 0;
    for (let hour = 0; hour < 168; hour++) distance += Math.abs(seen[hour] - expected[hour]) / 168;
    expect(distance).toBeLessThan(0.06);
    expect(times.every((at, i) => i === 0 || at >= times[i - 1])).toBe(true);
  });

  it('bunch when they excite each other, and keep their rate', () => {
    const end = MONDAY + 14 * DAY_MS;
    const excited = all(new Arrivals(3000, STEADY, { branching: 0.5, delayMs: 600_000 }, new Random(8), MONDAY, end));
    const alone = all(new Arrivals(3000, STEADY, NONE, new Random(8), MONDAY, end));
    expect(excited.length / (14 * 3000)).toBeCloseTo(1, 1);
    expect(dispersion(alone, MONDAY, end, HOUR_MS)).toBeLessThan(1.35);
    // In the long run (1 − branching)⁻² = 4.
    expect(dispersion(excited, MONDAY, end, 3 * HOUR_MS)).toBeGreaterThan(2);
  });

  it('are none where nothing is asked for', () => {
    expect(all(new Arrivals(0, STEADY, NONE, new Random(9), MONDAY, MONDAY + DAY_MS))).toEqual([]);
    expect(() => new Arrivals(1, STEADY, { branching: 1, delayMs: 1 }, new Random(1), 0, 1)).toThrow(RangeError);
  });
});

describe('bursts', () => {
  it.each<Shape>(['spike', 'sale', 'wave', 'stampede'])('of shape %s lie around their moments, in order', (shape) => {
    const end = MONDAY + DAY_MS;
    const moment = MONDAY + 12 * HOUR_MS;
    const times = burstTimes(2000, [moment], shape, HOUR_MS, new Random(10), MONDAY, end);
    expect(times.length).toBe(2000);
    expect(times.every((at, i) => at >= MONDAY && at < end && (i === 0 || at >= times[i - 1]))).toBe(true);
    const near = times.filter((at) => at > moment - HOUR_MS && at < moment + 3 * HOUR_MS).length;
    expect(near).toBeGreaterThan(1800);
    expect(times[0] < moment).toBe(shape === 'sale');
  });
});
