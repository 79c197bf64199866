/** A key in two hands: whom an action about it falls on. */
import { describe, expect, it } from 'vitest';
import { AUTH_SCHEME } from '../../enrich/kinds.ts';
import { type Done, type Exchange, runFixture } from '../testing.ts';
import { leakedKey } from './leaked-key.ts';

const HOUR = 3600;
const DAYS = 40 * HOUR;
const systems = {
  '192.0.2.0/24': { asn: 64500, country: 'DE' },
  '198.51.100.0/24': { asn: 64501, country: 'DE' },
  '203.0.113.0/24': { asn: 64510, country: 'BR' },
  '198.18.0.0/15': { asn: 64511, country: 'US' },
};
const HOME = '192.0.2.7';
const use = (t: number, more: Partial<Exchange> = {}): Exchange => ({
  ...{
    t,
    ip: HOME,
    target: '/api/export',
    key: 'k1',
    agent: 'PartnerSync/2.1',
    extras: { authScheme: AUTH_SCHEME.key },
  },
  ...more,
});
const history = use(0, { repeat: { n: 40, every_s: HOUR } });
/** The owner goes on all the while, a request every ten seconds. */
const owner = (more: Partial<Exchange> = {}): Exchange => use(DAYS, { repeat: { n: 60, every_s: 10 }, ...more });
/** Two requests a second, from two networks in turn. */
const thief = (more: Partial<Exchange> = {}): Exchange[] =>
  ['203.0.113.5', '198.18.7.7'].map((ip, i) =>
    use(DAYS + 30 + i / 2, { ip, agent: 'python-requests/2.31', repeat: { n: 300, every_s: 1 }, ...more }),
  );

const run = (exchanges: readonly Exchange[], networks: typeof systems | undefined = systems) => {
  const { done } = runFixture(exchanges, { detectors: [leakedKey], networks, enforce: true });
  const held = (which: (d: Done) => boolean): [held: number, of: number] => {
    const theirs = done.filter((d) => d.exchange.t >= DAYS && which(d));
    return [theirs.filter((d) => d.action !== 'allow').length, theirs.length];
  };
  return {
    home: held((d) => d.exchange.ip === HOME),
    away: held((d) => d.exchange.ip !== HOME),
    second: held((d) => d.exchange.ip === '198.51.100.7'),
  };
};

describe('a leaked key', () => {
  it('is held where it is a stranger, while its owner goes on', () => {
    const { home, away } = run([history, owner(), ...thief()]);
    expect(home).toEqual([0, 60]);
    expect(away[1]).toBe(600);
    expect(away[0]).toBeGreaterThan(585);
  });

  it('is so, too, where no table knows systems', () => {
    const { home, away } = run([history, owner(), ...thief()], undefined);
    expect(home).toEqual([0, 60]);
    expect(away[0]).toBeGreaterThan(585);
  });

  it('may have several homes', () => {
    const other = { ip: '198.51.100.7' };
    const { home, second, away } = run([
      { ...history, repeat: { n: 40, every_s: HOUR } },
      use(HOUR / 2, { ...other, repeat: { n: 39, every_s: HOUR } }),
      ...[owner(), use(DAYS + 5, { ...other, repeat: { n: 60, every_s: 10 } })],
      ...thief(),
    ]);
    expect([home, second]).toEqual([
      [0, 60],
      [0, 60],
    ]);
    expect(away[0]).toBeGreaterThan(585);
  });

  it('is held in a new place that it was not seen in before, from the first request on', () => {
    const late = use(DAYS + 400, { ip: '198.51.100.9', agent: 'curl/8', repeat: { n: 5, every_s: 20 } });
    const { done } = runFixture([history, ...thief(), late], {
      detectors: [leakedKey],
      networks: systems,
      enforce: true,
    });
    const theirs = done.filter((d) => d.exchange.ip === '198.51.100.9');
    expect(theirs.map((d) => d.action === 'allow')).toEqual(Array(5).fill(false));
  });
});
