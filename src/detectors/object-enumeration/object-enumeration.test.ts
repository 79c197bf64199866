import { describe, expect, it } from 'vitest';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { objectEnumeration } from './object-enumeration.ts';

const detectors = [objectEnumeration];
const routes = ['/api/orders/{id}', '/api/files/{slug}', '/photos/{id}'];
const run = (exchanges: Exchange | Exchange[], options: FixtureOptions = {}) =>
  runFixture([exchanges].flat(), { detectors, routes, ...options }).findings;
const walk: Exchange = { t: 0, ip: '198.51.100.40', user: 'mallory', target: '/api/orders/7{i}' };

describe('object enumeration', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const of = (key: string) => findings.find((f) => f.actor.key === key);

  it('finds who walks through ids, in figures', () => {
    expect(of('mallory')).toMatchObject({ class: 'enumeration', actor: { dimension: 'principal' } });
    expect(of('mallory')?.why).toMatch(
      /^about \d+ different objects such as \/api\/orders\/\d+ within an hour, \d+ % in short steps; assumed usual: at most 60$/,
    );
    expect(of('mallory')?.requests).toBeLessThan(130);
    expect(actions['principal:mallory']).toBe('block');
  });

  it('finds who tries objects of others, long before any limit', () => {
    expect(of('198.51.100.41')?.why).toMatch(/\d+ of \d+ refused or missing$/);
    expect(of('198.51.100.41')?.requests).toBeLessThan(20);
  });

  it('finds volume alone at ten times the limit only', () => {
    expect(of('198.51.100.42')?.millinats).toBe(4600);
    expect(of('198.51.100.42')?.requests).toBeGreaterThan(600);
  });

  it('lays nothing to the charge of the address that an identity came from', () => {
    expect(findings.map((f) => f.actor.key).sort()).toEqual(['198.51.100.41', '198.51.100.42', 'mallory']);
  });

  it('finds no readers, galleries, offices, crawlers, expired tokens, partners, pollers or dead links', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('stays silent below the limit, and below six objects refused', () => {
    expect(run({ ...walk, repeat: { n: 75, every_s: 20 } })).toEqual([]);
    const denied = { ...walk, user: '', status: 403 };
    expect(run({ ...denied, repeat: { n: 9, every_s: 20 } })).toEqual([]);
    expect(run({ ...denied, repeat: { n: 12, every_s: 20 } })).toHaveLength(1);
  });

  it('sees ids in the query too', () => {
    expect(
      run({ ...walk, target: '/api/orders?id=7{i}', repeat: { n: 300, every_s: 5 } }, { routes: ['/api/orders'] }),
    ).toHaveLength(1);
  });

  it('counts the objects of answers, so that a few requests that bring many are seen', () => {
    const lists = (n: number, objects: number): Exchange => ({
      ...walk,
      target: '/api/orders/{i}',
      extras: { objects },
      repeat: { n, every_s: 60, target: '/api/orders/c{i}x' },
    });
    const [found] = run(lists(50, 2000), { routes: ['/api/orders/{slug}'] });
    expect(found.why).toMatch(
      /^about \d+ different objects such as \S+ within an hour, \d+ more in their answers; assumed/,
    );
    expect(run(lists(40, 50), { routes: ['/api/orders/{slug}'] })).toEqual([]);
    expect(run(lists(50, 1), { routes: ['/api/orders/{slug}'] })).toEqual([]);
  });

  it('follows what was learned', () => {
    const baselines = { origin: 'learned', objectsPerHourP999: 400 } as const;
    expect(run({ ...walk, repeat: { n: 300, every_s: 5 } }, { baselines })).toEqual([]);
    expect(run({ ...walk, repeat: { n: 1500, every_s: 2 } }, { baselines })[0].why).toContain(
      '99.9 % of actors stay below 400',
    );
  });

  it('says nothing of a front door that everybody comes through', () => {
    expect(run({ ...walk, user: '', ip: '10.1.2.3', repeat: { n: 1500, every_s: 2 } })).toEqual([]);
  });
});
