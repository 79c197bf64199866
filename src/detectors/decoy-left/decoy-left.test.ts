import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { readFixture, runFixture } from '../testing.ts';
import { decoyLeft } from './decoy-left.ts';

const detectors = [decoyLeft];

describe('a decoy value in an answer', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });

  it('raises the alarm for the route and for who got it', () => {
    expect(findings.map((f) => `${f.actor.dimension}:${f.actor.key}`).sort()).toEqual([
      'ip:198.51.100.61',
      'principal:mallory',
      'route:/customers',
      'route:/export',
    ]);
    expect(findings.find((f) => f.actor.dimension === 'principal')?.why).toBe(
      'one answer within a day carried a value that only decoys have, the last to GET /customers: records that nobody uses are being read',
    );
    expect(findings.find((f) => f.actor.key === '/customers')?.millinats).toBe(2300);
  });

  it('blocks nobody for it', () => {
    expect(Object.values(actions)).not.toContain('block');
    expect(Object.values(actions)).not.toContain('revoke');
  });

  it('finds no other answers, and none of our own', () => {
    const { exchanges } = readFixture(new URL('benign.jsonl', import.meta.url));
    expect(exchanges.at(-1)?.extras?.flags).toBe(FLAG.DECOY_LEFT | FLAG.NOT_ADMITTED);
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });
});
