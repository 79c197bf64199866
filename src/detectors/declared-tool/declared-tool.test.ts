import { describe, expect, it } from 'vitest';
import { runFixture } from '../testing.ts';
import { declaredTool } from './declared-tool.ts';

const only = { detectors: [declaredTool] };

describe('declared-tool', () => {
  it('believes who names itself a tool', () => {
    const { findings } = runFixture(new URL('./positive.jsonl', import.meta.url), only);
    expect(findings.map((f) => f.actor.key).sort()).toEqual(['192.0.2.30', '192.0.2.31']);
    expect(findings.find((f) => f.actor.key === '192.0.2.31')?.why).toContain('sqlmap');
  });

  it('counts no libraries, crawlers or browsers', () => {
    expect(runFixture(new URL('./benign.jsonl', import.meta.url), only).findings).toEqual([]);
  });
});
