import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitState } from '../verdict.ts';
import { MAX_ADDRESSES } from './accounts.ts';
import { PlanBook } from './plan-book.ts';
import { plansReport } from './report.ts';
import { answer, bookOf, configOf, DAY, exchange, HOUR, MINUTE, NOON, rowOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const GOLD = { name: 'gold', quotas: [{ per: 'day', requests: 3 }] };
const ANN = { credential: 'key-ann' };
const BOB = { credential: 'key-bob' };

const short = (state: LimitState | null) => state && [state.name, state.remaining, state.exceeded];

describe('quotas', () => {
  it('count by key, refuse what is over them, and begin anew with the day', () => {
    const book = bookOf(GOLD);
    const states = [0, 1, 2, 3].map((ms) => exchange(book, ANN, NOON + ms));
    expect(states.map(short)).toEqual([
      ['gold-day', 2, false],
      ['gold-day', 1, false],
      ['gold-day', 0, false],
      ['gold-day', 0, true],
    ]);
    expect(states[3]).toMatchObject({ kind: 'requests', limit: 3, windowSec: 86_400, resetSec: 12 * 3600 });
    expect(short(exchange(book, BOB, NOON))).toEqual(['gold-day', 2, false]);
    expect(exchange(book, ANN, NOON + 12 * HOUR - 1)?.exceeded).toBe(true);
    expect(short(exchange(book, ANN, NOON + 12 * HOUR))).toEqual(['gold-day', 2, false]);
  });

  it('keep to the days of their time zone where clocks are changed', () => {
    const book = bookOf({ ...GOLD, time_zone: 'Europe/Berlin', quotas: [{ per: 'day', requests: 1 }] });
    // The day of 25 hours: from 22:00 to 23:00 UTC.
    const begin = Date.parse('2026-10-24T22:00:00Z');
    expect(exchange(book, ANN, begin - 1)?.exceeded).toBe(false);
    expect(exchange(book, ANN, begin)).toMatchObject({ exceeded: false, windowSec: 25 * 3600, resetSec: 25 * 3600 });
    expect(exchange(book, ANN, begin + 24 * HOUR)).toMatchObject({ exceeded: true, resetSec: 3600 });
    expect(exchange(book, ANN, begin + 25 * HOUR)?.exceeded).toBe(false);
  });

  it('keep to months', () => {
    const book = bookOf({ ...GOLD, time_zone: 'America/New_York', quotas: [{ per: 'month', requests: 1 }] });
    const end = Date.parse('2026-04-01T04:00:00Z');
    expect(exchange(book, ANN, end - 1)?.exceeded).toBe(false);
    expect(exchange(book, ANN, end - 1)?.exceeded).toBe(true);
    expect(exchange(book, ANN, end)?.exceeded).toBe(false);
  });

  it('count cost units, one where the cost is unknown, and bytes of answers', () => {
    const units = bookOf({ name: 'gold', quotas: [{ per: 'day', units: 10 }] });
    expect(short(exchange(units, { ...ANN, cost: 7 }, NOON))).toEqual(['gold-day-units', 3, false]);
    expect(exchange(units, { ...ANN, cost: 4 }, NOON)?.exceeded).toBe(true);
    expect(short(exchange(units, ANN, NOON))).toEqual(['gold-day-units', 2, false]);
    const bytes = bookOf({ name: 'gold', quotas: [{ per: 'day', bytes: 1000 }] });
    expect(short(exchange(bytes, ANN, NOON, 999))).toEqual(['gold-day-bytes', 1000, false]);
    expect(short(exchange(bytes, ANN, NOON, 5000))).toEqual(['gold-day-bytes', 1, false]);
    expect(exchange(bytes, ANN, NOON)).toMatchObject({ kind: 'bytes', exceeded: true });
  });

  it('of mode shadow refuse nobody, are told to nobody, and are counted', () => {
    const book = bookOf({ name: 'gold', quotas: [{ per: 'day', requests: 1, mode: 'shadow' }] });
    expect([0, 1, 2].map(() => exchange(book, ANN, NOON))).toEqual([null, null, null]);
    expect(book.countsOf('gold')).toEqual({ admitted: 3, refused: 0, wouldRefuse: 2 });
  });

  it('can be of several scopes: a rate for each key, a quota for the partner', () => {
    const book = bookOf({
      name: 'gold',
      rates: [{ limit: 2, window_s: 1 }],
      quotas: [{ per: 'month', requests: 3, by: 'partner' }],
    });
    const acme = { ...ANN, partner: 5 };
    const other = { ...BOB, partner: 5 };
    expect([0, 0, 0].map(() => exchange(book, acme, NOON)?.name)).toEqual(['gold-rate', 'gold-rate', 'gold-rate']);
    expect(short(exchange(book, other, NOON))).toEqual(['gold-month', 0, false]);
    expect(short(exchange(book, other, NOON))).toEqual(['gold-month', 0, true]);
    expect(exchange(book, { ...BOB, partner: 6 }, NOON)?.exceeded).toBe(false);
  });

  it('are about some routes only', () => {
    const book = bookOf({ ...GOLD, routes: [{ path: '/v1/**', methods: ['POST'] }] });
    expect(exchange(book, { ...ANN, target: '/v1/x' }, NOON)).toBeNull();
    expect(exchange(book, { ...ANN, target: '/v2/x', method: 'POST' }, NOON)).toBeNull();
    expect(exchange(book, { ...ANN, target: '/v1/x', method: 'POST' }, NOON)?.remaining).toBe(2);
  });
});

describe('keys', () => {
  it('that nobody has accepted bring no fresh quota: their address counts', () => {
    const book = bookOf({ ...GOLD, default: true });
    const states = ['a', 'b', 'c', 'd'].map((credential) =>
      exchange(book, { credential, stranger: true, plan: 0 }, NOON),
    );
    expect(states.map((s) => s?.exceeded)).toEqual([false, false, false, true]);
    expect(exchange(book, { stranger: true, plan: 0, address: '198.51.100.7' }, NOON)?.exceeded).toBe(false);
  });

  it('without a plan are free where there is no default plan', () => {
    const book = bookOf(GOLD);
    expect(exchange(book, { ...ANN, plan: 0 }, NOON)).toBeNull();
    expect(exchange(book, { ...ANN, plan: 9 }, NOON)).toBeNull();
    expect(book.accounts.size).toBe(0);
  });
});

describe('memory', () => {
  it('is bounded, and no flood of addresses pushes out who is known', () => {
    const book = bookOf({ ...GOLD, default: true });
    exchange(book, ANN, NOON);
    const rows = rowOf({ plan: 0, stranger: true }, NOON);
    for (let i = 0; i < MAX_ADDRESSES + 500; i++) {
      rows.ipLo[0] = i;
      book.admit(rows, 0, NOON);
      book.settle(rows, 0, NOON, true);
    }
    expect([book.accounts.size, book.accounts.evicted]).toEqual([MAX_ADDRESSES + 1, 500]);
    expect(exchange(book, ANN, NOON)?.remaining).toBe(1);
  });
});

describe('what we refuse ourselves', () => {
  it('costs nothing once it is known', () => {
    const book = bookOf({ ...GOLD, budget: { per: 'day', amount_minor: 100, request_minor: 10 } });
    for (let i = 0; i < 20; i++) {
      const rows = rowOf({ ...ANN, cost: 3 }, NOON);
      expect(book.admit(rows, 0, NOON)?.exceeded).toBe(false);
      answer(book, rows, NOON, 0, false);
    }
    const [account] = book.accounts.all();
    expect(account.usage.day).toMatchObject({ requests: 0, units: 0, spent: 0 });
    expect(account.inFlight).toBe(0);
  });

  it('is not given back to another day', () => {
    const book = bookOf(GOLD);
    const late = NOON + 12 * HOUR - 1;
    const rows = rowOf(ANN, late);
    book.admit(rows, 0, late);
    exchange(book, ANN, late + 1);
    answer(book, rows, late + 2, 0, false);
    expect(short(exchange(book, ANN, late + 3))).toEqual(['gold-day', 1, false]);
  });

  it('gives back its place in a rate where a limit refused it at once', () => {
    const book = bookOf({ name: 'gold', rates: [{ limit: 1, window_s: 60 }] });
    const rows = rowOf(ANN, NOON);
    book.admit(rows, 0, NOON);
    book.withdraw(rows, 0);
    expect(exchange(book, ANN, NOON)?.exceeded).toBe(false);
    expect(exchange(book, ANN, NOON)).toMatchObject({ exceeded: true, resetSec: 60 });
    expect(exchange(book, ANN, NOON + MINUTE)?.exceeded).toBe(false);
  });
});

describe('requests under way', () => {
  const THREE = { name: 'gold', concurrency: 3 };

  it('are limited, and make room when they end', () => {
    const book = bookOf(THREE);
    const rows = [1, 2, 3].map((ms) => rowOf(ANN, NOON + ms));
    for (const row of rows) expect(book.admit(row, 0, NOON)).toBeNull();
    const refused = book.admit(rowOf(ANN, NOON + 4), 0, NOON + 4);
    expect(refused).toMatchObject({ kind: 'concurrency', name: 'gold-concurrency', limit: 3, exceeded: true });
    expect(book.admit(rowOf(BOB, NOON + 4), 0, NOON + 4)).toBeNull();
    answer(book, rows[1], NOON + 5);
    expect(book.admit(rowOf(ANN, NOON + 6), 0, NOON + 6)).toBeNull();
  });

  it('that never end, because a worker has died, count no more after a while', () => {
    const book = bookOf(THREE);
    for (let i = 0; i < 3; i++) book.admit(rowOf(ANN, NOON + i), 0, NOON + i);
    expect(book.admit(rowOf(ANN, NOON + MINUTE), 0, NOON + MINUTE)?.exceeded).toBe(true);
    expect(book.admit(rowOf(ANN, NOON + HOUR), 0, NOON + HOUR)).toBeNull();
    expect([book.leases.expired, book.leases.size]).toEqual([3, 1]);
  });

  it('never leak: whatever happens in whatever order, none is left in the end', () => {
    const step = fc.record({
      who: fc.constantFrom(ANN, BOB, { credential: 'key-x', partner: 3 }, { stranger: true, plan: 0 }),
      what: fc.constantFrom('admit', 'admit', 'answer', 'refuse', 'withdraw', 'reload', 'wait'),
      which: fc.nat(20),
      rename: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const plans = [
          { ...THREE, quotas: [{ per: 'day', requests: 30, by: 'plan' }], tier: 'bulk' },
          { ...GOLD, name: 'rest', default: true },
        ];
        const more = { reserve: { critical_percent: 50 }, gateway: { overload: { max_in_flight: 10 } } };
        const book = new PlanBook(configOf(plans, more), 1);
        let open: ReturnType<typeof rowOf>[] = [];
        let now = NOON;
        for (const { who, what, which, rename } of steps) {
          const row = open[which % Math.max(1, open.length)];
          if (what === 'admit') {
            const rows = rowOf(who, now);
            if (!book.admit(rows, 0, now)?.exceeded) open.push(rows);
            else answer(book, rows, now, 0, false);
          } else if (what === 'reload') book.update(configOf(rename ? plans.slice(0, 1) : plans, more));
          else if (what === 'wait') now += MINUTE;
          else if (row !== undefined) {
            // The application may name another user with its answer.
            row.principalLo[0] = which;
            if (what === 'withdraw') book.withdraw(row, 0);
            else answer(book, row, now, 10, what === 'answer');
            open = open.filter((one) => one !== row);
          }
          expect(Math.min(...[...book.accounts.all()].map((a) => a.inFlight), 0)).toBe(0);
        }
        for (const row of open) answer(book, row, now);
        expect(book.leases.size).toBe(0);
        expect(book.tiers.inFlight).toEqual([0, 0, 0]);
        for (const account of book.accounts.all()) expect(account.inFlight).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a reload', () => {
  it('keeps what was used, by the names of plans', () => {
    const book = bookOf(GOLD, { name: 'free' });
    for (let i = 0; i < 3; i++) exchange(book, ANN, NOON + i);
    const larger = { ...GOLD, quotas: [{ per: 'day', requests: 5 }], time_zone: 'Asia/Tokyo' };
    book.update(configOf([{ name: 'free' }, larger]));
    expect(short(exchange(book, { ...ANN, plan: 2 }, NOON + 9))).toEqual(['gold-day', 1, false]);
    expect(book.countsOf('gold')).toEqual({ admitted: 4, refused: 0, wouldRefuse: 0 });
  });
});

describe('the report', () => {
  it('shows plans with the keys that have used most, as pseudonyms', () => {
    const book = bookOf(GOLD, { name: 'open', default: true, quotas: [{ per: 'day', requests: 100 }] });
    for (let i = 0; i < 4; i++) exchange(book, ANN, NOON + i);
    exchange(book, BOB, NOON, 500);
    exchange(book, { plan: 0, stranger: true, address: '203.0.113.9' }, NOON);
    const report = plansReport(book, NOON, 1);
    expect(report.plans[0]).toMatchObject({
      name: 'gold',
      tier: 'normal',
      keys: 2,
      in_flight: 0,
      admitted: 4,
      refused: 1,
    });
    expect(report.plans[0].most_used).toHaveLength(1);
    expect(report.plans[0].most_used[0]).toMatchObject({
      key: 'key-ann',
      by: 'credential',
      requests_day: 3,
      refused: 1,
      percent: 100,
      quotas: [{ quota: 'gold-day', used: 3, limit: 3, percent: 100, renews_at: '2024-03-05T00:00:00.000Z' }],
    });
    expect(report.plans[1].most_used[0].key).toMatch(/^address-[0-9a-f]{16}$/);
    expect(plansReport(book, NOON + 40 * DAY, 9).plans.map(({ keys }) => keys)).toEqual([0, 0]);
  });
});
