import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setOutcome } from '../../../enrich/outcome.ts';
import { LASTS_MS } from '../verdict.ts';
import { PlanBook } from './plan-book.ts';
import { answer, bookOf, configOf, DAY, HOUR, MINUTE, NOON, rowOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const ANN = { credential: 'key-ann' };
const ONE = { name: 'gold', concurrency: 1, quotas: [{ per: 'month', bytes: 10_000 }] };
const RESERVE = { reserve: { critical_percent: 50 }, gateway: { overload: { max_in_flight: 2 } } };

/** Says of an exchange that it goes on, as often as doors do, until a time. */
function lastUntil(book: PlanBook, rows: ReturnType<typeof rowOf>, fromMs: number, untilMs: number, from?: number) {
  for (let now = fromMs; now <= untilMs; now += LASTS_MS) book.lasts(rows, 0, now, from);
}

const isRoom = (book: PlanBook, nowMs: number): boolean => {
  const rows = rowOf({ ...ANN, target: '/other' }, nowMs);
  const state = book.admit(rows, 0, nowMs);
  if (state?.exceeded) return false;
  book.withdraw(rows, 0);
  return true;
};

describe('an exchange that goes on', () => {
  it('keeps its place for as long as it lasts, and gives it back when it ends', () => {
    const book = bookOf(ONE);
    const rows = rowOf(ANN, NOON);
    book.admit(rows, 0, NOON);
    lastUntil(book, rows, NOON + LASTS_MS, NOON + 5 * HOUR);
    expect([isRoom(book, NOON + 5 * HOUR), book.leases.expired]).toEqual([false, 0]);
    answer(book, rows, NOON + 5 * HOUR, 0);
    expect([isRoom(book, NOON + 5 * HOUR), book.leases.size]).toEqual([true, 0]);
  });

  it('is charged for its bytes once, when it ends', () => {
    const book = bookOf(ONE);
    const rows = rowOf(ANN, NOON);
    book.admit(rows, 0, NOON);
    setOutcome(rows, 0, { status: 200, bytes: -1, durationMs: 30_000, claimed: true, admitted: true });
    lastUntil(book, rows, NOON + LASTS_MS, NOON + 10 * MINUTE);
    const [account] = book.accounts.all();
    expect(account.usage.month).toMatchObject({ requests: 1, bytes: 0 });
    rows.bytes[0] = 9000;
    book.settle(rows, 0, NOON + 10 * MINUTE, true);
    expect(account.usage.month).toMatchObject({ requests: 1, bytes: 9000 });
  });

  it('of which nothing is heard any more counts as over after a while', () => {
    const book = bookOf(ONE);
    const rows = rowOf(ANN, NOON);
    book.admit(rows, 0, NOON);
    lastUntil(book, rows, NOON + LASTS_MS, NOON + HOUR);
    expect(isRoom(book, NOON + HOUR + MINUTE)).toBe(false);
    expect(isRoom(book, NOON + HOUR + 5 * MINUTE)).toBe(true);
    expect([book.leases.expired, book.leases.size]).toEqual([1, 0]);
    // It was alive after all: it has used what it has used, and nothing is given back twice.
    answer(book, rows, NOON + 2 * HOUR, 100);
    const [account] = book.accounts.all();
    expect(account.inFlight).toBe(0);
  });

  it('takes no room of its tier from others', () => {
    const book = new PlanBook(configOf([{ name: 'gold' }], RESERVE), 1);
    const stream = rowOf(ANN, NOON);
    book.admit(stream, 0, NOON);
    expect(book.admit(rowOf({ plan: 0 }, NOON + 1), 0, NOON + 1)?.kind).toBe('capacity');
    book.lasts(stream, 0, NOON + LASTS_MS);
    expect(book.tiers.inFlight).toEqual([0, 0, 0]);
    answer(book, stream, NOON + HOUR);
    expect(book.tiers.inFlight).toEqual([0, 0, 0]);
  });

  it('holds nobody up who came before it and is over', () => {
    const book = bookOf({ name: 'gold', concurrency: 3 });
    const stream = rowOf(ANN, NOON);
    book.admit(stream, 0, NOON);
    for (const ms of [1, 2]) book.admit(rowOf(ANN, NOON + ms), 0, NOON + ms);
    lastUntil(book, stream, NOON + LASTS_MS, NOON + DAY);
    expect([book.leases.expired, book.leases.size]).toEqual([0, 3]);
    book.leases.sweep(NOON + DAY);
    expect([book.leases.expired, book.leases.size]).toEqual([2, 1]);
  });
});

describe('what a process has under way', () => {
  it('takes no places once the process is gone, and is charged for all the same', () => {
    const book = bookOf({ ...ONE, concurrency: 2 });
    const dead = rowOf(ANN, NOON);
    const alive = rowOf(ANN, NOON + 1);
    book.admit(dead, 0, NOON, 1);
    book.admit(alive, 0, NOON + 1, 2);
    expect(isRoom(book, NOON + 2)).toBe(false);
    book.gone(1);
    const [account] = book.accounts.all();
    expect([isRoom(book, NOON + 3), account.inFlight]).toEqual([true, 1]);
    book.gone(1);
    expect(account.inFlight).toBe(1);
    expect(account.usage.month.requests).toBe(2);
    book.leases.sweep(NOON + HOUR);
    expect([account.inFlight, book.leases.size]).toEqual([0, 0]);
  });

  it('takes its places again where only the connection was lost', () => {
    const book = bookOf(ONE);
    const rows = rowOf(ANN, NOON);
    book.admit(rows, 0, NOON, 1);
    book.gone(1);
    expect(isRoom(book, NOON + 1)).toBe(true);
    book.lasts(rows, 0, NOON + LASTS_MS, 2);
    expect(isRoom(book, NOON + LASTS_MS)).toBe(false);
    book.gone(1);
    expect(isRoom(book, NOON + LASTS_MS)).toBe(false);
    book.gone(2);
    expect(isRoom(book, NOON + LASTS_MS)).toBe(true);
    answer(book, rows, NOON + MINUTE, 500);
    const [account] = book.accounts.all();
    expect([account.inFlight, account.usage.month.bytes]).toEqual([0, 500]);
  });
});

describe('places', () => {
  it('are as many as are under way, whatever happens in whatever order', () => {
    const step = fc.record({
      what: fc.constantFrom('admit', 'admit', 'lasts', 'lasts', 'end', 'gone', 'wait'),
      which: fc.nat(20),
      from: fc.constantFrom(0, 1, 2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = new PlanBook(configOf([{ name: 'gold', concurrency: 30 }], RESERVE), 1);
        let open: { rows: ReturnType<typeof rowOf>; holds: boolean; from: number; heardMs: number }[] = [];
        let now = NOON;
        for (const { what, which, from } of steps) {
          now += 10;
          const one = open[which % Math.max(1, open.length)];
          if (what === 'admit') {
            const rows = rowOf(ANN, now);
            if (!book.admit(rows, 0, now, from)?.exceeded) open.push({ rows, holds: true, from, heardMs: now });
          } else if (what === 'gone') {
            book.gone(from);
            for (const each of open) if (each.from === from) each.holds = false;
          } else if (what === 'wait') now += LASTS_MS;
          else if (one !== undefined && what === 'lasts') {
            book.lasts(one.rows, 0, now, from);
            Object.assign(one, { holds: true, from, heardMs: now });
          } else if (one !== undefined) {
            answer(book, one.rows, now);
            open = open.filter((each) => each !== one);
          }
          // What nobody hears of is over: two and a half minutes with the usual time-outs.
          book.leases.sweep(now);
          open = open.filter(({ heardMs }) => now < heardMs + 152_000);
          const held = open.filter(({ holds }) => holds).length;
          expect([...book.accounts.all()].reduce((sum, a) => sum + a.inFlight, 0)).toBe(held);
          expect(book.leases.size).toBe(open.length);
          expect(Math.min(...book.tiers.inFlight)).toBeGreaterThanOrEqual(0);
        }
        for (const { rows } of open) answer(book, rows, now);
        expect([book.leases.size, ...book.tiers.inFlight]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 150 },
    );
  });
});
