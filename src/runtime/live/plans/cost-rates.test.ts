import { describe, expect, it } from 'vitest';
import { PlanBook } from './plan-book.ts';
import { answer, bookOf, configOf, exchange, NOON, rowOf } from './testing.ts';

const ANN = { credential: 'key-ann' };
const RATE = { unit: 'cost', limit: 1000, window_s: 60 };
const GOLD = { name: 'gold', rates: [RATE] };

describe('rates of cost units', () => {
  it('take what each request costs, and say how long it will take to come back', () => {
    const book = bookOf(GOLD);
    expect(exchange(book, { ...ANN, cost: 700 }, NOON)).toMatchObject({
      kind: 'cost',
      name: 'gold-rate',
      limit: 1000,
      windowSec: 60,
      remaining: 300,
      exceeded: false,
    });
    expect(exchange(book, { ...ANN, cost: 600 }, NOON)).toMatchObject({ kind: 'cost', exceeded: true, resetSec: 18 });
    expect(exchange(book, { ...ANN, cost: 300 }, NOON)?.exceeded).toBe(false);
    expect(exchange(book, ANN, NOON)?.exceeded).toBe(true);
    expect(exchange(book, { ...ANN, cost: 600 }, NOON + 36_000)?.exceeded).toBe(false);
  });

  it('let through what weighs more than all of it when nothing is used, at most ten windows of it', () => {
    const book = bookOf(GOLD);
    expect(exchange(book, { ...ANN, cost: 2 ** 31 - 1 }, NOON)).toMatchObject({ exceeded: false, remaining: 0 });
    expect(exchange(book, { ...ANN, cost: 1000 }, NOON)).toMatchObject({ exceeded: true, resetSec: 600 });
    expect(exchange(book, { ...ANN, cost: 1000 }, NOON + 600_000)?.exceeded).toBe(false);
  });

  it('stand beside rates of requests: of both the tighter one is told', () => {
    const book = bookOf({ name: 'gold', rates: [{ limit: 10, window_s: 60 }, RATE] });
    expect(exchange(book, { ...ANN, cost: 1 }, NOON)).toMatchObject({ kind: 'rate', name: 'gold-rate', remaining: 9 });
    expect(exchange(book, { ...ANN, cost: 900 }, NOON)).toMatchObject({ kind: 'cost', name: 'gold-rate-2' });
  });

  it('get back all of it where a limit refused the request at once', () => {
    const book = bookOf(GOLD);
    const rows = rowOf({ ...ANN, cost: 1000 }, NOON);
    book.admit(rows, 0, NOON);
    book.withdraw(rows, 0);
    expect(exchange(book, { ...ANN, cost: 1000 }, NOON)?.exceeded).toBe(false);
    const kept = rowOf({ ...ANN, cost: 1000 }, NOON + 60_000);
    book.admit(kept, 0, NOON + 60_000);
    answer(book, kept, NOON + 60_000, 0, false);
    expect(exchange(book, { ...ANN, cost: 1 }, NOON + 60_000)?.exceeded).toBe(true);
  });

  it('take one unit for what is dearer than it may be, and will be refused', () => {
    const inspection = { graphql: { mode: 'enforce', max_cost: 500 } };
    const book = new PlanBook(configOf([{ ...GOLD, quotas: [{ per: 'day', units: 600 }] }], { inspection }), 1);
    const refused = rowOf({ ...ANN, cost: 700 }, NOON);
    expect(book.admit(refused, 0, NOON)).toMatchObject({ exceeded: false, remaining: 599 });
    answer(book, refused, NOON, 0, false);
    expect(exchange(book, { ...ANN, cost: 500 }, NOON + 1)?.remaining).toBe(100);
  });

  it('refuse nobody in shadow, and count', () => {
    const book = bookOf({ name: 'gold', rates: [{ ...RATE, mode: 'shadow' }] });
    expect([0, 0].map(() => exchange(book, { ...ANN, cost: 900 }, NOON))).toEqual([null, null]);
    expect(book.countsOf('gold')).toMatchObject({ wouldRefuse: 1 });
  });
});
