import { describe, expect, it } from 'vitest';
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

  it('leaves neighbours of decoys alone', () => {
    expect(runFixture(new URL('./benign.jsonl', import.meta.url), only).findings).toEqual([]);
  });
});
