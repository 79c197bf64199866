import { describe, expect, it } from 'vitest';
import { ALLOW, type LimitKind, type LimitState } from '../../../runtime/live/verdict.ts';
import { limitHeaders } from './limits.ts';
import { overLimit } from './refusals.ts';

const NOW = Date.parse('2026-03-31T23:59:30Z');
const stateOf = (kind: LimitKind, more: Partial<LimitState> = {}): LimitState => ({
  kind,
  name: 'gold-month',
  limit: 1000,
  windowSec: 2_678_400,
  remaining: 0,
  resetSec: 30,
  exceeded: true,
  ...more,
});
const refusal = (limit: LimitState) => overLimit({ ...ALLOW, limit }, NOW);

describe('what clients are told of their plan', () => {
  it('is the name of the quota and when it begins anew', () => {
    expect(refusal(stateOf('requests'))).toMatchObject({
      status: 429,
      code: 'SP8201',
      retryAfterSec: 30,
      extra: { quota: 'gold-month', renews: '2026-04-01T00:00:00Z' },
      headers: expect.arrayContaining(['RateLimit', '"gold-month";r=0;t=30']),
    });
  });

  it('says what is counted where that is not requests', () => {
    const policyOf = (kind: LimitKind) => limitHeaders(stateOf(kind))[1];
    expect(policyOf('bytes')).toBe('"gold-month";q=1000;w=2678400;qu="content-bytes"');
    expect(policyOf('concurrency')).toContain('qu="concurrent-requests"');
    expect(policyOf('cost')).toBe('"gold-month";q=1000;w=2678400;qu="units"');
    expect(policyOf('requests')).toBe('"gold-month";q=1000;w=2678400');
  });

  it('tells no money, and nothing of the room that is kept for others', () => {
    const budget = refusal(stateOf('budget', { limit: 50_000_000 }));
    expect(JSON.stringify(budget)).not.toContain('50000000');
    expect(budget).toMatchObject({ status: 429, code: 'SP8203', headers: [] });
    expect(budget.extra).toEqual({ quota: 'gold-month' });
    expect(refusal(stateOf('budget', { resetSec: 3630 })).extra).toMatchObject({ renews: '2026-04-01T01:00:00Z' });
    expect(refusal(stateOf('capacity'))).toMatchObject({ status: 503, code: 'SP8204', headers: [] });
    expect(refusal(stateOf('capacity')).extra).toBeUndefined();
  });

  it('has no date where it is about requests under way, or about a rate', () => {
    expect(refusal(stateOf('concurrency', { resetSec: 1 }))).toMatchObject({ code: 'SP8202', retryAfterSec: 1 });
    expect(refusal(stateOf('concurrency')).extra).toEqual({ quota: 'gold-month' });
    expect(refusal(stateOf('rate'))).toMatchObject({ code: 'SP7403', status: 429 });
    expect(refusal(stateOf('cost'))).toMatchObject({ code: 'SP7403', status: 429, retryAfterSec: 30 });
    expect(refusal(stateOf('cost')).extra).toBeUndefined();
  });
});
