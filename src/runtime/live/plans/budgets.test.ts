import { describe, expect, it } from 'vitest';
import { MAX_ALERTS_A_MINUTE, type PlanAlert } from './alerts.ts';
import { PlanBook } from './plan-book.ts';
import { bookOf, configOf, DAY, exchange, HOUR, NOON, rowOf } from './testing.ts';

const ANN = { credential: 'key-ann' };
const BOB = { credential: 'key-bob' };

describe('a budget', () => {
  const BUDGET = { per: 'day', amount_minor: 1000, request_minor: 1, throttle_at_percent: 50 };

  it('slows down from its threshold on, ever more, so that it lasts several times as long', () => {
    const book = bookOf({ name: 'gold', budget: BUDGET });
    const served: number[] = [];
    for (let hundred = 0; hundred < 25; hundred++) {
      let through = 0;
      for (let i = 0; i < 100; i++) if (!exchange(book, ANN, NOON + hundred * 100 + i)?.exceeded) through++;
      served.push(through);
    }
    expect(served.slice(0, 5)).toEqual([100, 100, 100, 100, 100]);
    expect(served[5]).toBeGreaterThan(85);
    for (let i = 6; i < 25; i++) expect(served[i]).toBeLessThanOrEqual(served[i - 1] + 1);
    expect(served[12]).toBeGreaterThan(10);
    const [account] = book.accounts.all();
    expect(account.usage.day.spent).toBeLessThan(1000 * 1_000_000);
    expect(account.usage.day.spent).toBeGreaterThan(950 * 1_000_000);
  });

  it('says for how long, and decides the same each time', () => {
    const run = () => {
      const book = bookOf({ name: 'gold', budget: BUDGET });
      return Array.from({ length: 900 }, (_, i) => exchange(book, ANN, NOON + i)?.resetSec ?? 0);
    };
    const first = run();
    expect(run()).toEqual(first);
    expect(Math.max(...first)).toBeLessThanOrEqual(60);
    expect(first.filter((sec) => sec > 0).length).toBeGreaterThan(50);
  });

  it('refuses everything at its end until it begins anew, and is asked for units and bytes, too', () => {
    const budget = { per: 'day', amount_minor: 100, unit_minor: 2.5, kb_minor: 10, throttle_at_percent: 100 };
    const book = bookOf({ name: 'gold', budget });
    expect(exchange(book, { ...ANN, cost: 4 }, NOON, 8 * 1024)).toBeNull();
    expect(exchange(book, { ...ANN, cost: 5 }, NOON)).toMatchObject({
      kind: 'budget',
      name: 'gold-budget',
      exceeded: true,
    });
    expect(exchange(book, { ...ANN, cost: 4 }, NOON)).toBeNull();
    expect(exchange(book, ANN, NOON + HOUR)).toMatchObject({ exceeded: true, resetSec: 11 * 3600 });
    expect(exchange(book, ANN, NOON + DAY)).toBeNull();
  });
});

describe('tiers', () => {
  const PLANS = [
    { name: 'vip', tier: 'critical' },
    { name: 'usual', default: true },
    { name: 'batch', tier: 'bulk' },
  ];
  const more = { reserve: { critical_percent: 20, normal_percent: 30 }, gateway: { overload: { max_in_flight: 10 } } };

  it('keep a share for the important', () => {
    const book = new PlanBook(configOf(PLANS, more), 1);
    let ms = 0;
    const fill = (plan: number): number => {
      for (let n = 0; n < 20; n++) if (book.admit(rowOf({ plan }, NOON + ++ms), 0, NOON + ms)?.exceeded) return n;
      return 20;
    };
    // Two are kept for the critical, three for the normal.
    expect(fill(3)).toBe(5);
    expect(fill(2)).toBe(3);
    expect(fill(0)).toBe(0);
    expect(fill(1)).toBe(20);
    expect(book.tiers.refused).toEqual([0, 2, 1]);
    expect(book.admit(rowOf({ plan: 3 }, NOON), 0, NOON + ms)).toMatchObject({ kind: 'capacity', exceeded: true });
  });

  it('that use their share take no more of others’ than there is', () => {
    const book = new PlanBook(configOf(PLANS, more), 1);
    for (let i = 0; i < 4; i++) expect(book.admit(rowOf({ plan: 1 }, NOON + i), 0, NOON + i)).toBeNull();
    for (let i = 0; i < 3; i++) expect(book.admit(rowOf({ plan: 3 }, NOON + i), 0, NOON + i)).toBeNull();
    expect(book.admit(rowOf({ plan: 3 }, NOON + 9), 0, NOON + 9)?.kind).toBe('capacity');
  });
});

describe('alerts', () => {
  it('come once for each key, quota and threshold, and again in the next period', () => {
    const book = bookOf({
      name: 'gold',
      quotas: [
        { per: 'day', requests: 10 },
        { per: 'month', requests: 1000 },
      ],
    });
    const alerts: PlanAlert[] = [];
    book.alerts.onAlert = (alert) => alerts.push(alert);
    for (let i = 0; i < 30; i++) exchange(book, ANN, NOON + i);
    expect(alerts.map(({ key, quota, percent, used }) => [key, quota, percent, used])).toEqual([
      ['key-ann', 'gold-day', 80, 8],
      ['key-ann', 'gold-day', 100, 10],
    ]);
    for (let i = 0; i < 8; i++) exchange(book, BOB, NOON + i);
    for (let i = 0; i < 8; i++) exchange(book, ANN, NOON + DAY + i);
    expect(alerts.slice(2).map(({ key, percent }) => [key, percent])).toEqual([
      ['key-bob', 80],
      ['key-ann', 80],
    ]);
  });

  it('tell the highest threshold where one answer passes several, and money in its own unit', () => {
    const budget = { per: 'month', amount_minor: 50, kb_minor: 1, alert_percent: [100, 50, 80] };
    const book = bookOf({ name: 'gold', budget });
    const alerts: PlanAlert[] = [];
    book.alerts.onAlert = (alert) => alerts.push(alert);
    exchange(book, ANN, NOON, 45 * 1024);
    exchange(book, ANN, NOON, 45 * 1024);
    expect(alerts.map(({ percent, used, limit }) => [percent, used, limit])).toEqual([
      [80, 45, 50],
      [100, 90, 50],
    ]);
  });

  it('do not flood: so many a minute, the rest are counted', () => {
    const book = bookOf({ name: 'gold', quotas: [{ per: 'day', requests: 1, alert_percent: [100] }] });
    let told = 0;
    book.alerts.onAlert = () => told++;
    for (let i = 0; i < 100; i++) exchange(book, { credential: `key-${i}` }, NOON);
    expect([told, book.alerts.leftOut]).toEqual([MAX_ALERTS_A_MINUTE, 100 - MAX_ALERTS_A_MINUTE]);
  });
});
