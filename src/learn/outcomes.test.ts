import { describe, expect, it } from 'vitest';
import { FLAG } from '../enrich/facts.ts';
import { EMPTY_MODEL, type LearnedModel } from '../enrich/model.ts';
import { batchFrom, type RawInit, rawFrom, testEnricher } from '../enrich/testing.ts';
import { ModelLearner } from './learner.ts';

function learn(inits: readonly RawInit[]): LearnedModel {
  const batch = batchFrom(inits.map(rawFrom));
  const learner = new ModelLearner();
  for (let row = 0; row < batch.count; row++) learner.observe(batch, row);
  return learner.finish();
}

describe('outcomes', () => {
  it('are told by exchanges where one was refused on such a route', () => {
    const login = { target: '/login', method: 'POST', address: '10.0.0.1' };
    const times = (n: number, init: RawInit): RawInit[] => Array.from({ length: n }, () => ({ ...login, ...init }));
    expect(learn(times(9, { status: 200 })).tells).toEqual([]);
    expect(learn(times(3, { status: 401 })).tells).toEqual(['login']);
    expect(learn(times(3, { business: 'login.failed' })).tells).toEqual([]);
    // A rare refusal is another's: of a ban, or of a proxy in front.
    expect(learn([...times(2, { status: 401 }), ...times(20, { status: 200 })]).tells).toEqual([]);
    expect(learn([...times(3, { status: 401 }), ...times(400, { status: 200 })]).tells).toEqual([]);
    expect(learn(times(9, { status: 403 })).tells).toEqual([]);
    const reset = times(3, { target: '/password/reset', status: 404 });
    expect(learn([...reset, ...times(3, { status: 422 })]).tells).toEqual(['login', 'account']);
  });

  it('and are then told twice by business events', () => {
    const flags = (tells: LearnedModel['tells'], business: string): boolean => {
      const raw = rawFrom({ business, principal: 'bob' });
      return (batchFrom([raw], testEnricher({ model: { ...EMPTY_MODEL, tells } })).flags[0] & FLAG.REPEATED) !== 0;
    };
    expect(flags(['login'], 'login.failed')).toBe(true);
    expect(flags(['login'], 'login.succeeded')).toBe(true);
    expect(flags(['code'], 'login.failed')).toBe(false);
    expect(flags(undefined, 'login.failed')).toBe(false);
  });
});
