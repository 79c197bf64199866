import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { oneIn } from './novelty.ts';
import { userNovelty } from './user-novelty.ts';

const detectors = [userNovelty];
const HOUR = 3600;
const networks = {
  '192.0.2.0/24': { asn: 64500, country: 'DE' },
  '203.0.113.0/24': { asn: 64510, country: 'BR' },
  '198.51.100.0/24': { asn: 64500, country: 'DE' },
};
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors, networks }).findings;
const home = (n: number): Exchange => ({
  t: 0,
  ip: '192.0.2.7',
  user: 'anna',
  extras: { device: 'own' },
  repeat: { n, every_s: 2 * HOUR },
});
const visit = (n: number, more: Partial<Exchange> = {}): Exchange => ({
  t: n * 2 * HOUR,
  ip: '203.0.113.5',
  user: 'anna',
  extras: { device: 'strange' },
  ...more,
});

describe('user novelty', () => {
  it('finds who comes as a user from where and with what that user never came', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const why = Object.fromEntries(findings.map((f) => [`${f.actor.dimension}:${f.actor.key}`, f.why]));
    expect(why['principal:anna']).toMatch(
      /^new network, country and device for this user, known from 20 visits: 1 in \d+ of its visits$/,
    );
    expect(why['session:stolen']).toBe(why['principal:anna']);
    expect(why['principal:berta']).toMatch(
      /^new network, country(?:, time of day)? and client|^new network, country, client/,
    );
    // Never more than a question: an outlier score blocks nobody.
    expect(actions['principal:anna']).toBe('step-up');
  });

  it('finds no travels with the own phone, no new laptop at home, no young account and no vagabond', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('says more the longer somebody is known, and nothing before the third visit', () => {
    const said = [2, 3, 6, 30].map((n) => run(home(n), visit(n))[0]?.millinats ?? 0);
    expect(said[0]).toBe(0);
    expect(said).toEqual([...said].sort((a, b) => a - b));
    expect(said[3]).toBe(4000);
  });

  it('takes a known device or a known system for the user', () => {
    expect(run(home(30), visit(30, { extras: { device: 'own' } }))).toEqual([]);
    expect(run(home(30), visit(30, { ip: '198.51.100.9' }))).toEqual([]);
  });

  it('is told by what was accepted only', () => {
    expect(run(home(30), visit(30, { status: 401 }))).toEqual([]);
    expect(run(home(30), visit(30, { status: 401 }), visit(31))).toHaveLength(1);
  });

  it('writes odds for people', () => {
    expect([0, 2303, 6802, 9210].map(oneIn)).toEqual(['1 in 1', '1 in 10', '1 in 900', '1 in 10000']);
  });
});
