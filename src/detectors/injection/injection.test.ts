import { describe, expect, it } from 'vitest';
import { runFixture } from '../testing.ts';
import { injection } from './injection.ts';

const only = { detectors: [injection] };

describe('injection', () => {
  it('finds every attacker of the fixture, and says what stood where', () => {
    const { findings } = runFixture(new URL('./positive.jsonl', import.meta.url), only);
    const byKey = new Map(findings.map((f) => [f.actor.key, f]));
    expect([...byKey.keys()].sort()).toEqual(
      ['10', '11', '12', '13', '14', '15', '16', '17'].map((n) => `192.0.2.${n}`),
    );
    expect(byKey.get('192.0.2.10')?.why).toContain('sql-union');
    expect(byKey.get('192.0.2.12')?.why).toContain('the agent asks for a lookup through JNDI');
    expect(byKey.get('192.0.2.16')?.why).toContain('the body compares with nothing');
    expect(byKey.get('192.0.2.16')?.why).toContain("“$.password['$ne']: null”");
    expect(byKey.get('192.0.2.17')?.why).toContain('a header asks for a lookup through JNDI');
    expect(byKey.get('192.0.2.13')?.why).toContain('“..%252f..%252f..%252fetc%252fpasswd”');
  });

  it('needs repetition where a hit is weak', () => {
    const weak = { ip: '192.0.2.15', target: '/search?q=%3Cb%3E' };
    expect(runFixture([{ t: 0, ...weak }], only).findings).toEqual([]);
    const repeated = runFixture([{ t: 0, ...weak, repeat: { n: 20, every_s: 5 } }], only).findings;
    expect(repeated).toHaveLength(1);
    expect(repeated[0].millinats).toBeLessThanOrEqual(6500);
  });

  it('stays silent on ordinary requests that look like code', () => {
    expect(runFixture(new URL('./benign.jsonl', import.meta.url), only).findings).toEqual([]);
  });
});
