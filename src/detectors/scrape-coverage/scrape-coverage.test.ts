import { describe, expect, it } from 'vitest';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { scrapeCoverage } from './scrape-coverage.ts';

const detectors = [scrapeCoverage];
const run = (exchanges: Exchange | Exchange[], options: FixtureOptions = {}) =>
  runFixture([exchanges].flat(), { detectors, ...options }).findings;
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const reader: Exchange = { t: 0, ip: '198.51.100.60', target: '/articles/a{i}', agent: CHROME };

describe('scrape coverage', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });

  it('finds bare scrapers, one that loads assets, one that leafs without end, and a session', () => {
    expect(findings.map((f) => `${f.class} ${f.actor.dimension}:${f.actor.key}`).sort()).toEqual([
      'scraping ip:198.51.100.60',
      'scraping ip:198.51.100.61',
      'scraping ip:198.51.100.62',
      'scraping session:sess-scraper-01',
    ]);
    const of = (key: string) => findings.find((f) => f.actor.key === key);
    expect(of('198.51.100.60')?.why).toMatch(
      /^about \d+ different pages in \d+ visits within a day \(\d+ % new\), nothing loaded with them$/,
    );
    expect(of('198.51.100.60')?.requests).toBeLessThan(400);
    expect(of('198.51.100.61')?.why).toMatch(/\d+ assets loaded with them$/);
    expect(of('198.51.100.62')?.why).toMatch(/^\d+ pages of lists beyond number 20$/);
  });

  it('asks for a tag at most', () => {
    expect(['allow', 'tag']).toContain(actions['ip:198.51.100.60']);
  });

  it('finds no readers, crawlers, monitors, feed readers, front doors or partners', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('counts objects of lists: few requests that bring many, and no polling', () => {
    const leaf = (n: number, objects: number, target: string): Exchange => ({
      t: 0,
      ip: '198.51.100.66',
      user: 'mallory',
      target,
      extras: { objects },
      repeat: { n, every_s: 60, target },
    });
    const [found] = run(leaf(80, 500, '/api/items?page={i}'));
    expect(found.actor.key).toBe('mallory');
    expect(found.why).toMatch(/^\d{5} objects in lists within a day/);
    expect(run(leaf(45, 100, '/api/items?page={i}'))).toEqual([]);
    expect(run(leaf(1400, 500, '/api/items'))).toEqual([]);
  });

  it('needs more than a person reads', () => {
    expect(run({ ...reader, repeat: { n: 190, every_s: 60 } })).toEqual([]);
    expect(run({ ...reader, repeat: { n: 400, every_s: 60 } })).toHaveLength(1);
  });

  it('takes no offence at who comes back to what was read', () => {
    const circles = Array.from({ length: 12 }, (_, i) => ({ ...reader, t: i * 4000, repeat: { n: 180, every_s: 20 } }));
    expect(run(circles)).toEqual([]);
  });

  it('sees a share of the whole site where many kinds of clients visit', () => {
    const visitors: Exchange[] = Array.from({ length: 16 }, (_, i) => ({
      t: i,
      ip: `192.0.2.${i + 1}`,
      agent: CHROME.replace('126', String(100 + i)),
      target: `/articles/a${i}`,
      referrer: 'https://news.example/',
    }));
    const found = run([...visitors, { ...reader, t: 100, repeat: { n: 110, every_s: 30 } }]);
    expect(found).toHaveLength(1);
    expect(found[0].why).toMatch(/\d+ % of all that anybody opened/);
    expect(run([...visitors, { ...reader, t: 100, repeat: { n: 40, every_s: 30 } }])).toEqual([]);
  });

  it('sees one software that takes the site apart from many addresses', () => {
    const people: Exchange[] = Array.from({ length: 8 }, (_, i) => [
      {
        t: i,
        ip: `192.0.2.${i + 1}`,
        agent: CHROME.replace('126', String(100 + i)),
        target: '/',
        referrer: 'https://a.example/',
      },
      { t: i + 0.5, ip: `192.0.2.${i + 1}`, agent: CHROME.replace('126', String(100 + i)), target: '/style.css' },
    ]).flat();
    const hand: Exchange = {
      t: 60,
      ip: '198.51.{i}.7',
      agent: CHROME,
      target: '/articles/a{i}',
      repeat: { n: 800, every_s: 10, ip: '198.{i}.1.7' },
    };
    const spread = Array.from({ length: 800 }, (_, i) => ({
      ...hand,
      repeat: undefined,
      t: 60 + i * 10,
      ip: `198.51.${i >> 8}.${i & 255}`,
      target: `/articles/a${i}`,
    }));
    const found = run([...people, ...spread]);
    expect(found.map((f) => f.actor.dimension)).toEqual(['fingerprint']);
    expect(found[0].why).toMatch(/from about \d+ addresses within a day, all under one agent/);
  });
});
