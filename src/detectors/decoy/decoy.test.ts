import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { runFixture } from '../testing.ts';
import { decoy } from './decoy.ts';

const only = { detectors: [decoy] };

describe('decoy', () => {
  it('is certain after one touch, however the path is written', () => {
    const { findings } = runFixture(new URL('./positive.jsonl', import.meta.url), only);
    expect(findings.map((f) => f.actor.key).sort()).toEqual(['192.0.2.20', '192.0.2.21']);
    for (const finding of findings) expect(finding.millinats).toBe(12_000);
    expect(findings.find((f) => f.actor.key === '192.0.2.21')?.why).toContain('decoy 2 (/api/v0/accounts/1)');
  });

  it('knows a value that only decoys have given out, in a body too', () => {
    const { findings, actions } = runFixture(
      [
        {
          t: 0,
          ip: '192.0.2.22',
          user: 'mallory',
          method: 'POST',
          target: '/orders',
          extras: { decoy: 0xffff, bodyKind: 1 },
        },
      ],
      only,
    );
    expect(findings.find((f) => f.actor.key === 'mallory')?.why).toBe(
      'sent a value that only decoys have given out, in the body of a request: it was read where nobody reads',
    );
    expect(actions['principal:mallory']).toBe('block');
  });

  it('says nothing of a decoy that leaves: who asked need not know', () => {
    const extras = { flags: FLAG.DECOY_LEFT };
    expect(runFixture([{ t: 0, ip: '192.0.2.23', target: '/customers', extras }], only).findings).toEqual([]);
  });

  it('leaves neighbours of decoys alone', () => {
    expect(runFixture(new URL('./benign.jsonl', import.meta.url), only).findings).toEqual([]);
  });
});
