import { describe, expect, it } from 'vitest';
import type { Answer, Request } from '../contract.ts';
import { populations } from './index.ts';
import { PilotSite } from './pilot.ts';
import { LIBRARY, plan, run, type Seen, SHOP, worldOf } from './testing.ts';
import type { Visit } from './visit.ts';

const isLogin = ({ method, target }: Request) => method === 'POST' && target === '/api/login';
const rate = (rows: readonly Seen[], fails: (row: Seen) => boolean) => rows.filter(fails).length / rows.length;

function record(name: string, perDay: number, options = {}, seed = 1, days = 2, sites = SHOP): Seen[] {
  const world = worldOf(seed, days, sites, 6000);
  return [...run(populations[name](plan(name, perDay, options), world), world)];
}

describe('people', () => {
  it('mistype a few passwords; those who forgot theirs fail every second time', () => {
    const rows = record('people', 5000, { registered: 1, remembered: 0, forgetful: 0.4 });
    const logins = rows.filter(({ request }) => isLogin(request));
    const of = (cohort: string) => logins.filter(({ visitor }) => visitor.label.cohort === cohort);
    expect(rate(of('people'), ({ answer }) => answer.status === 401)).toBeGreaterThan(0.015);
    expect(rate(of('people'), ({ answer }) => answer.status === 401)).toBeLessThan(0.14);
    expect(rate(of('people-forgetful'), ({ answer }) => answer.status === 401)).toBeGreaterThan(0.4);
    expect(rate(of('people-forgetful'), ({ answer }) => answer.status === 401)).toBeLessThan(0.6);
  });

  it('are of all kinds, in the shares of the world', () => {
    const rows = record('people', 6000);
    const share = (cohort: string) => rate(rows, ({ visitor }) => visitor.label.cohort === cohort);
    expect(share('people')).toBeGreaterThan(0.5);
    expect(share('people-forgetful')).toBeGreaterThan(0.02);
    expect(share('people-forgetful')).toBeLessThan(0.1);
    expect(share('people-nat')).toBeGreaterThan(0.05);
    expect(share('people-vpn')).toBeGreaterThan(0.01);
    expect(share('people-accessibility')).toBeGreaterThan(0.001);
  });

  it('load files and pictures with a page, unless they need help to read', () => {
    const rows = record('people', 3000, { accessibility: 0.5 });
    const assets = (cohort: string) => {
      const those = rows.filter(({ visitor }) => visitor.label.cohort === cohort);
      return rate(those, ({ request }) => /^\/(assets|images)\//.test(request.target));
    };
    expect(assets('people')).toBeGreaterThan(0.35);
    expect(assets('people-accessibility')).toBeLessThan(0.25);
    const css = rows.filter(({ request }) => request.target === '/assets/app.css');
    expect(css.every(({ request }) => request.referrer?.startsWith('https://shop.example/'))).toBe(true);
  });

  it('share the addresses of their carriers by the hundred', () => {
    const world = worldOf(3, 7, SHOP, 30_000);
    const sharers = new Map<string, Set<number>>();
    const source = populations['people-nat'](plan('people-nat', 60_000), world);
    for (const visitor of { [Symbol.iterator]: () => source.arrivals() }) {
      const { address } = visitor.send().client;
      const known = sharers.get(address) ?? new Set<number>();
      sharers.set(address, known.add((visitor as Visit).person.index));
    }
    const counts = [...sharers.values()].map(({ size }) => size).sort((a, b) => a - b);
    expect(counts[counts.length >> 1]).toBeGreaterThan(60);
    expect(counts.at(-1)).toBeGreaterThan(100);
    expect(counts.at(-1)).toBeLessThan(10_000);
  });

  it('live where their account lives, whatever they come with', () => {
    const world = worldOf(6, 7, SHOP, 4000);
    const countries = new Map<string, Set<string>>();
    for (const name of ['people', 'mobile-app']) {
      const source = populations[name](plan(name, 8000), world);
      for (const visitor of { [Symbol.iterator]: () => source.arrivals() }) {
        const { account, country } = (visitor as Visit).person;
        if (account === undefined) continue;
        const known = countries.get(account.name) ?? new Set<string>();
        countries.set(account.name, known.add(country));
      }
    }
    expect(countries.size).toBeGreaterThan(500);
    expect([...countries.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it('keep their /64 for a visit, and change the address only when the connection changes', () => {
    const addresses = new Map<object, Set<string>>();
    const rows = record('people', 6000, { ipv6: 0.6 });
    for (const { request, visitor } of rows) {
      const known = addresses.get(visitor) ?? new Set();
      addresses.set(visitor, known.add(request.client.address));
    }
    const moved = [...addresses.values()].filter(({ size }) => size > 1).length / addresses.size;
    expect(moved).toBeGreaterThan(0.002);
    expect(moved).toBeLessThan(0.06);
    expect(rate(rows, ({ request }) => request.client.address.includes(':'))).toBeGreaterThan(0.15);
  });

  it('buy, or leave what they had put into the basket', () => {
    const rows = record('people', 7000, { registered: 1 });
    const quotes = rows.filter(({ request }) => request.target === '/api/quotes').length;
    const bought = rows.filter(({ request }) => request.target === '/api/checkout').length;
    expect(bought).toBeGreaterThan(4);
    expect(bought / quotes).toBeLessThan(0.75);
    expect(rows.some(({ request }) => /[?&]page=[2-9]/.test(request.target))).toBe(true);
  });

  it('give up, wait, or solve what is put in their way', () => {
    const world = worldOf(4, 1);
    const refused = { handling: 'refused', status: 403 } as const;
    const turned = (request: Request, _: number, otherwise: () => Answer) =>
      request.target.startsWith('/api/products') ? { ...otherwise(), ...refused } : otherwise();
    const all = [...run(populations.people(plan('people', 4000), world), world, turned)];
    const blocked = all.filter(({ answer }) => answer.handling === 'refused');
    const free = [...run(populations.people(plan('people', 4000), world), world)];
    expect(all.length).toBeLessThan(0.9 * free.length);
    expect(new Set(blocked.map(({ visitor }) => visitor)).size).toBeGreaterThan(blocked.length / 3.5);
  });

  it('set a new password when they are sent a code, and log in with it later', () => {
    const rows = record('people-forgetful', 4000, { remembered: 0 });
    const confirmed = rows.filter(({ request }) => request.target === '/api/password-reset/confirm');
    expect(confirmed.length).toBeGreaterThan(3);
    expect(confirmed.every(({ request }) => String(request.body?.code).length >= 4)).toBe(true);
  });

  it('find their way on a site that is no shop', () => {
    const world = worldOf(5, 3, LIBRARY);
    const site = new PilotSite(world.site);
    for (const name of ['people', 'mobile-app']) {
      const rows = [...run(populations[name](plan(name, 1000), world), world)];
      expect(rows.length).toBeGreaterThan(2000);
      expect(rows.every(({ request }) => site.operationOf(request) !== undefined)).toBe(true);
      expect(new Set(rows.map(({ request }) => site.operationOf(request)?.role)).size).toBeGreaterThan(4);
    }
  });
});
