import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { ROLE, SENSITIVITY } from '../../enrich/kinds.ts';
import { type Exchange, runFixture } from '../testing.ts';
import { ownershipBreak } from './ownership-break.ts';

const detectors = [ownershipBreak];
const routes = ['/api/orders/{id}'];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors, routes }).findings;
const own: Exchange = {
  t: 0,
  ip: '192.0.2.{i}',
  target: '/api/orders/1{i}',
  user: 'user{i}',
  extras: { owner: 'user{i}' },
  repeat: { n: 10, every_s: 1 },
};
const foreign = (n: number, more: Partial<Exchange> = {}): Exchange => ({
  ...own,
  t: 100,
  ip: '198.51.100.1',
  user: 'mallory',
  repeat: { n, every_s: 5 },
  ...more,
});

describe('ownership break', () => {
  it('finds objects of other owners, other subjects’ ids, and things that others always used alone', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const why = Object.fromEntries(findings.map((f) => [`${f.actor.dimension}:${f.actor.key}`, f.why]));
    expect(why['principal:mallory']).toMatch(
      /^was given things of [3-7] other owners within a day; 1 of about \d+ users of this route ever did$/,
    );
    expect(why['session:m1']).toBe(why['principal:mallory']);
    expect(why['principal:trudy']).toContain('things under ids of other subjects than its token’s');
    expect(why['principal:oscar']).toMatch(/^was given [3-8] things that only their usual users ever got/);
    expect(Object.keys(why).filter((actor) => actor.includes('user'))).toEqual([]);
    expect(actions['principal:mallory']).toBe('block');
  });

  it('finds no staff, families, public profiles, products, listings or dead links', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('is certain only of several owners on a route that is known to be private', () => {
    expect(run(own, foreign(2))).toEqual([]);
    expect(run(own, foreign(3))).toHaveLength(1);
    expect(run(own, foreign(5))[0].millinats).toBe(12_000);
    // Nobody has used the route before: it may be a public list.
    expect(run(foreign(8))).toEqual([]);
    expect(run(own, foreign(3, { method: 'DELETE' }))[0].millinats).toBe(8400);
  });

  it('asks what was given, not what was asked for', () => {
    expect(run(own, foreign(8, { status: 403 }))).toEqual([]);
    const flags = FLAG.SUBJECT_MISMATCH;
    const tried = run(own, foreign(12, { status: 403, extras: { flags } }));
    expect(tried[0].why).toMatch(/^asked for about \d+ things under other subjects’ ids and was refused/);
    expect(run(own, foreign(12, { status: 403, extras: { flags, role: ROLE.support } }))).toEqual([]);
  });

  it('is acted on earlier where the objects are worth more', () => {
    const of = (sensitivity: number): string => {
      const taken = foreign(3, { extras: { owner: 'user{i}', sensitivity } });
      return runFixture([own, taken], { detectors, routes }).actions['principal:mallory'];
    };
    expect([of(SENSITIVITY.normal), of(SENSITIVITY.secret)]).toEqual(['throttle', 'block']);
  });

  it('finds ids that stand twice, again and again', () => {
    const doubled = (n: number) => foreign(n, { extras: { flags: FLAG.DUPLICATE_ID } });
    expect(run(own, doubled(2))).toEqual([]);
    expect(run(own, doubled(3))[0].why).toMatch(/^3 requests named an id twice, differently/);
  });
});
