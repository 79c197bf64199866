import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { fanOut } from './fan-out.ts';
import { tailThreshold } from './tail.ts';

const detectors = [fanOut];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const failed = (n: number): Exchange => ({
  t: 1000,
  ip: '198.51.100.40',
  method: 'POST',
  target: '/login',
  status: 401,
  repeat: { n, every_s: 10, user: 'u{i}' },
});

describe('fan-out', () => {
  it('finds an address with many users and a user in many networks', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const byActor = Object.fromEntries(findings.map((f) => [`${f.actor.dimension}:${f.actor.key}`, f]));
    expect(Object.keys(byActor).sort()).toEqual(
      expect.arrayContaining(['ip:198.51.100.40', 'network:198.51.100.0/24', 'principal:berta']),
    );
    expect(byActor['ip:198.51.100.40'].why).toMatch(
      /^logins failed for about \d+ users within an hour, 0 accepted there within a day; 99.999 % of honest places, as assumed, stay below \d+$/,
    );
    expect(byActor['principal:berta'].why).toMatch(/^used from about \d+ networks within an hour/);
    expect(byActor['ip:198.51.100.40'].requests).toBeLessThanOrEqual(20);
  });

  it('finds no offices, no phones, and not the user whose name was tried', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('begins where the tail of honest places ends', () => {
    expect(run(failed(10))).toEqual([]);
    expect(run(failed(25)).map((f) => f.actor.dimension)).toContain('ip');
    const known: Exchange = { ...failed(120), t: 0, status: 302, repeat: { n: 120, every_s: 5, user: 'known{i}' } };
    expect(run(known, failed(25))).toEqual([]);
  });
});

describe('the tail of a negative binomial distribution', () => {
  it('is that of a geometric one at size 1', () => {
    // P(X ≥ n) = (m / (m + 1))ⁿ: for m = 1, 2⁻¹⁷ is the first below 1e-5.
    expect(tailThreshold(1, 1, 1e-5)).toBe(17);
  });

  it('comes near a Poisson one at large size, and grows with the mean', () => {
    // P(Poisson(1) ≥ 9) = 1.1e-6, P(≥ 8) = 1.02e-5.
    expect(tailThreshold(1, 1e6, 1e-5)).toBe(9);
    expect(tailThreshold(10, 4, 1e-5)).toBeGreaterThan(tailThreshold(5, 4, 1e-5));
    expect(tailThreshold(500, 65, 1e-5)).toBeLessThan(1000);
  });
});
