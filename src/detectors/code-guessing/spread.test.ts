/** Guessing that is spread over many accounts: whom the crowd's own members are, and who only says so. */
import { describe, expect, it } from 'vitest';
import { type Done, type Exchange, runFixture } from '../testing.ts';

const DAY = 86_400;
const OFFICE = '198.51.100.1';
const customer = (n: number): Partial<Exchange> => ({ user: `customer${n}`, session: `s${n}`, agent: `Browser/${n}` });

/** Ten customers of one office who look around every two hours, from `from` to `to`. */
const office = (from: number, to: number, every = 7200): Exchange[] =>
  Array.from({ length: 10 }, (_, n) => ({
    ...{ t: from + n * 7, ip: OFFICE, target: `/shop/items`, ...customer(n) },
    repeat: { n: Math.floor((to - from) / every), every_s: every },
  }));

/** `accounts` accounts that log in and then try codes in turn, two a second. */
const guessers = (at: number, ip: string, accounts: number, guesses: number): Exchange[] => [
  ...Array.from({ length: accounts }, (_, n) => ({
    ...{ t: at + n, ip, method: 'POST', target: '/login', status: 302, agent: 'Shop/7.1 (Android)' },
    ...{ user: `bought${n}`, session: `b${n}` },
  })),
  ...Array.from({ length: guesses }, (_, i) => ({
    ...{ t: at + 60 + i / 2, ip, method: 'POST', target: `/promo/redeem?code=C${i}`, status: 404 },
    ...{ agent: 'Shop/7.1 (Android)', user: `bought${i % accounts}`, session: `b${i % accounts}` },
  })),
];
const redeem = (t: number, ip: string, who: Partial<Exchange>): Exchange => ({
  ...{ t, ip, method: 'POST', target: '/promo/redeem?code=SPRING', status: 200, ...who },
});

const run = (...exchanges: Exchange[]): readonly Done[] => runFixture(exchanges, { enforce: true }).done;
const codes = (done: readonly Done[]) => done.filter((d) => d.exchange.target?.startsWith('/promo') === true);
const letThrough = (done: readonly Done[]): number =>
  codes(done).filter((d) => d.action === 'allow' && d.exchange.user?.startsWith('bought')).length;
/** What the office's own customers met when they redeemed. */
const metCustomers = (done: readonly Done[]) =>
  codes(done)
    .filter((d) => d.exchange.user?.startsWith('customer'))
    .map((d) => d.action);

describe('codes guessed with many accounts', () => {
  it('stop with the address where the accounts are new', () => {
    const done = run(...office(0, 3 * DAY), ...guessers(3 * DAY, '203.0.113.9', 12, 240));
    expect(letThrough(done)).toBeLessThanOrEqual(10);
  });

  it('stop so from a shared address, and its own people redeem what they have', () => {
    const attack = guessers(3 * DAY, OFFICE, 12, 240);
    const own = Array.from({ length: 10 }, (_, n) => redeem(3 * DAY + 100 + n, OFFICE, customer(n)));
    const done = run(...office(0, 3 * DAY), ...attack, ...own);
    expect(letThrough(done)).toBeLessThanOrEqual(10);
    expect(metCustomers(done)).toEqual(Array(10).fill('allow'));
  });

  it('stop so an hour after the first start, when nobody has been there for long', () => {
    const attack = guessers(3600, OFFICE, 12, 240);
    const own = Array.from({ length: 10 }, (_, n) => redeem(3700 + n, OFFICE, customer(n)));
    const done = run(...office(0, 3600, 300), ...attack, ...own);
    expect(letThrough(done)).toBeLessThanOrEqual(10);
    expect(metCustomers(done)).toEqual(Array(10).fill('allow'));
  });
});
