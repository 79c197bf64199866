import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { probing } from './probing.ts';

const detectors = [probing];
const run = (exchanges: Exchange | Exchange[], options: FixtureOptions = {}) =>
  runFixture([exchanges].flat(), { detectors, ...options }).findings;
const host = 'shop.example';
const miss: Exchange = { t: 0, ip: '203.0.113.20', target: '/section-{i}', status: 404, host };

describe('probing', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const of = (key: string) => findings.find((f) => f.actor.key === key);

  it('finds known probes, guesses, garbage and proxy attempts', () => {
    expect(findings.map((f) => `${f.class} ${f.actor.dimension}:${f.actor.key}`).sort()).toEqual([
      'probing ip:203.0.113.20',
      'probing ip:203.0.113.21',
      'probing ip:203.0.113.22',
      'probing ip:203.0.113.23',
      'probing ip:203.0.113.24',
      'probing ip:203.0.113.25',
      'probing session:sess-lookaround',
    ]);
    expect(of('203.0.113.20')?.why).toMatch(/paths? that only probing asks for, such as /);
    expect(of('203.0.113.20')?.requests).toBeLessThanOrEqual(4);
    expect(of('203.0.113.21')?.why).toMatch(/^\d+ of \d+ different paths tried were not there \(assumed: 5 %\)$/);
    expect(of('203.0.113.22')?.why).toMatch(/^\d request lines that are no HTTP$/);
    expect(of('203.0.113.23')?.why).toMatch(/attempts? to use the server as a proxy/);
    expect(of('203.0.113.24')?.why).toMatch(
      /^\d+ of \d+ different paths tried were not there, or not asked for as declared/,
    );
    expect(actions['ip:203.0.113.21']).toBe('block');
  });

  it('finds no people, bookmarks, monitors, feed readers, crawlers, prompts, preflights or administrators', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('begins with five ordinary misses, of different paths', () => {
    expect(run({ ...miss, repeat: { n: 4, every_s: 3 } })).toEqual([]);
    const found = run({ ...miss, repeat: { n: 6, every_s: 3 } });
    expect(found[0].why).toMatch(/^6 of 6 different paths/);
    expect(found[0].requests).toBe(5);
    expect(run({ ...miss, target: '/gone', repeat: { n: 100, every_s: 3 } })).toEqual([]);
  });

  it('weighs what was there', () => {
    const mixed = (every: number) =>
      run(
        Array.from({ length: 60 }, (_, i) => ({
          ...miss,
          t: i * 5,
          target: `/s-${i}`,
          status: i % every === 0 ? 404 : 200,
        })),
      );
    expect(mixed(5)).toEqual([]);
    expect(mixed(2)).toHaveLength(1);
  });

  it('learns dead links from those who follow them, and only from them', () => {
    const visitor = (k: number, referrer: string): Exchange => ({
      ...miss,
      t: k * 300,
      ip: `192.0.2.${k}`,
      target: '/archive/{i}',
      referrer,
      repeat: { n: 9, every_s: 20 },
    });
    const keys = (referrer: string) => run([1, 2, 3, 4, 5, 6].map((k) => visitor(k, referrer))).map((f) => f.actor.key);
    expect(keys('https://shop.example/archive')).not.toContain('192.0.2.4');
    expect(keys('https://search.example/')).not.toContain('192.0.2.6');
    expect(keys('')).toHaveLength(6);
  });

  it('holds a path that only probing asks for against nobody to whom it was served', () => {
    const admin: Exchange = { t: 0, ip: '192.0.2.9', target: '/wp-login.php', host };
    expect(run({ ...admin, status: 200, repeat: { n: 20, every_s: 60 } })).toEqual([]);
    expect(run({ ...admin, target: '/.git/config', status: 404 })).toHaveLength(1);
  });

  const departing = (k: number, more: Partial<Exchange> = {}): Exchange => ({
    t: k,
    ip: '192.0.2.30',
    target: `/things-${k}/{i}`,
    status: 422,
    host,
    extras: { schema: SCHEMA.type },
    ...more,
  });
  const many = (more: Partial<Exchange> = {}, n = 12) => Array.from({ length: n }, (_, k) => departing(k * 5, more));

  it('counts what departs from its document and was turned away, by the application or by the gateway', () => {
    expect(run(many())).toHaveLength(1);
    expect(run(many({}, 4))).toEqual([]);
    expect(run(many({ status: 0, extras: { schema: SCHEMA.missing, flags: FLAG.NOT_ADMITTED } }))).toHaveLength(1);
    // Without a departure, a body that the application does not like is ordinary; and a question for a password is none.
    expect(run(many({ extras: {} }))).toEqual([]);
    expect(run(many({ status: 401 }))).toEqual([]);
  });

  it('never counts what is undeclared, deprecated or only unusual', () => {
    for (const schema of [SCHEMA.undeclaredParameter, SCHEMA.deprecated, SCHEMA.shape, SCHEMA.undeclaredRoute]) {
      expect(run(many({ extras: { schema } }, 30)), String(schema)).toEqual([]);
    }
  });

  it('holds departures that were served against nobody by themselves', () => {
    const routes = Array.from({ length: 12 }, (_, k) => `/things-${k * 5}/{id}`);
    expect(run(many({ status: 200, repeat: { n: 20, every_s: 60 } }), { routes })).toEqual([]);
  });
});
