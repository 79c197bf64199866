import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { type Exchange, runFixture } from '../testing.ts';
import { credentialGuessing } from './credential-guessing.ts';

const detectors = [credentialGuessing];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const tried = (outcome: number, key: string, n: number): Exchange => ({
  t: 0,
  ip: '198.51.100.60',
  target: '/api/orders',
  status: 401,
  extras: { authOutcome: outcome },
  repeat: { n, every_s: 5, key },
});

describe('credential guessing', () => {
  it('finds somebody who presents one key after the other', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const [first] = findings.filter((f) => f.actor.key === '198.51.100.60');
    expect(first.class).toBe('credential-attack');
    expect(first.requests).toBeLessThanOrEqual(7);
    expect(first.why).toMatch(
      /^\d+ of \d+ credentials were neither ours nor once good, (?:about )?\d+ different ones$/,
    );
    expect(findings.some((f) => f.actor.key === '198.51.100.61')).toBe(true);
  });

  it('finds no client with a wrong key, an old token, a moved certificate or too narrow a scope', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs five different ones, and more where good ones came before', () => {
    expect(run(tried(AUTH_OUTCOME.unknown, 'k{i}', 4))).toEqual([]);
    expect(run(tried(AUTH_OUTCOME.unknown, 'k{i}', 6)).length).toBeGreaterThan(0);
    expect(run(tried(AUTH_OUTCOME.unknown, 'same', 50))).toEqual([]);
    const good = { ...tried(AUTH_OUTCOME.accepted, 'good', 30), status: 200 };
    const forgedOnes = (n: number): Exchange => ({ ...tried(AUTH_OUTCOME.signature, 'k{i}', n), t: 200 });
    expect(run(good, forgedOnes(5))).toEqual([]);
    expect(run(good, forgedOnes(9)).length).toBeGreaterThan(0);
  });
});
