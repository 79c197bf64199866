import { describe, expect, it } from 'vitest';
import { type Exchange, readFixture, runFixture } from '../testing.ts';
import { signUpClusters } from './sign-up-clusters.ts';

const detectors = [signUpClusters];
const positive = new URL('positive.jsonl', import.meta.url);
const benign = new URL('benign.jsonl', import.meta.url);
const actors = (found: ReturnType<typeof runFixture>['findings']): string[] =>
  [...new Set(found.map((f) => f.actor.dimension))].sort();

const signUp: Exchange = {
  t: 0,
  ip: '198.51.{i}.7',
  method: 'POST',
  target: '/signup',
  status: 201,
  agent: 'okhttp/4.9',
  extras: { mail: 'aaa.999@inbox.example' },
};

describe('sign-up clusters', () => {
  it('finds one hand by what its sign-ups share', () => {
    const { findings, actions } = runFixture(positive, { detectors });
    expect(actors(findings)).toEqual(['fingerprint', 'ip', 'mail', 'network']);
    const fingerprints = findings.filter((f) => f.actor.dimension === 'fingerprint').map((f) => f.actor.key);
    expect(fingerprints.sort()).toEqual(['Chrome/99 Windows', 'okhttp/4.9', 'python-requests/2']);
    const okhttp = findings.find((f) => f.actor.key === 'okhttp/4.9');
    expect(okhttp?.why).toMatch(
      /^\d+ sign-ups within an hour: \d+ share one mail pattern, which [\d.]+ % of the others have; \d+ came without looking/,
    );
    expect(okhttp?.requests).toBeLessThanOrEqual(10);
    expect(findings.filter((f) => f.actor.dimension === 'ip').map((f) => f.actor.key)).toEqual(['192.0.2.9']);
    expect(actions['fingerprint:okhttp/4.9']).toBe('throttle');
  });

  it('finds no class, no company, no campaign and no mail provider that everybody has', () => {
    expect(runFixture(benign, { detectors }).findings).toEqual([]);
  });

  it('needs six that are linked', () => {
    const run = (n: number) => runFixture([{ ...signUp, repeat: { n, every_s: 60 } }], { detectors }).findings;
    expect(run(5)).toEqual([]);
    expect(actors(run(6))).toEqual(['fingerprint', 'mail']);
  });

  it('counts an account once that is told twice', () => {
    const twice = (n: number): Exchange[] => [
      { ...signUp, repeat: { n, every_s: 60 } },
      { ...signUp, t: 0.1, target: '', status: 0, business: 'signup.completed', repeat: { n, every_s: 60 } },
    ];
    expect(runFixture(twice(5), { detectors }).findings).toEqual([]);
    expect(actors(runFixture(twice(7), { detectors }).findings)).toEqual(['fingerprint', 'mail']);
  });

  it('forgives sharing what everybody has', () => {
    const { exchanges } = readFixture(benign);
    const common = { ...signUp, t: 3000, agent: 'Chrome/120 Windows', extras: { mail: 'zz{i}@z.example' } };
    const run = (agent: string) =>
      runFixture([...exchanges, { ...common, agent, repeat: { n: 8, every_s: 10 } }], { detectors }).findings;
    expect(run('Chrome/120 Windows')).toEqual([]);
  });
});
