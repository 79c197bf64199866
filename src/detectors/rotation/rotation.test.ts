import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { rotation } from './rotation.ts';

const detectors = [rotation];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const agents = (n: number): Exchange => ({
  t: 0,
  ip: '198.51.100.70',
  target: '/',
  agent: 'Variant/{i}',
  repeat: { n, every_s: 5 },
});

describe('rotation', () => {
  it('finds changing agents, a wandering session and sessions for nothing', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    expect(findings.map((f) => f.actor.dimension).sort()).toEqual(['fingerprint', 'ip', 'session']);
    const why = Object.fromEntries(findings.map((f) => [f.actor.dimension, f.why]));
    expect(why.ip).toMatch(/^(?:about )?\d+ different agents in \d+ requests within 10 min, none of which loads pages/);
    expect(why.session).toMatch(/^one session from (?:about )?\d+ networks within an hour$/);
    expect(why.fingerprint).toMatch(/^about \d+ sessions for \d+ requests within an hour/);
  });

  it('finds no offices, no travellers and no crowd with one browser', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('begins at eight agents, and ends where they come again', () => {
    expect(run(agents(7))).toEqual([]);
    expect(run(agents(8))).toHaveLength(1);
    const again = { ...agents(7), t: 1 };
    expect(run(agents(7), again, { ...again, t: 2 }, { ...agents(12), t: 40 })).toEqual([]);
  });
});
