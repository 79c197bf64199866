import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanBook } from './plan-book.ts';
import { PlanFile, WRITE_EVERY_MS } from './plan-file.ts';
import { bookOf, DAY, exchange, NOON } from './testing.ts';

const PLAN = {
  name: 'gold',
  quotas: [{ per: 'day', requests: 10, alert_percent: [50] }],
  rates: [{ limit: 100, window_s: 3600 }],
  budget: { per: 'month', amount_minor: 100, request_minor: 0.25 },
};
const ANN = { credential: 'key-ann' };
const BOB = { credential: 'key-bob' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-plans-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = () => join(folder, 'plans.jsonl');
const usageOf = (book: PlanBook, label: string) => [...book.accounts.all()].find((a) => a.label === label)?.usage.day;

function start(nowMs = NOON): { book: PlanBook; file: PlanFile } {
  const book = bookOf(PLAN);
  return { book, file: new PlanFile(folder, book, nowMs) };
}

describe('counters of plans', () => {
  it('survive a restart: quotas, rates, budgets and which alerts were given', async () => {
    const first = start();
    for (let i = 0; i < 6; i++) exchange(first.book, { ...ANN, cost: 2 }, NOON + i, 10);
    await first.file.close(NOON + 10);
    const { book } = start(NOON + 20);
    let alerts = 0;
    book.alerts.onAlert = () => alerts++;
    expect(usageOf(book, 'key-ann')).toMatchObject({ requests: 6, units: 12, bytes: 60, spent: 1_500_000 });
    expect(exchange(book, ANN, NOON + 20)).toMatchObject({ name: 'gold-day', remaining: 3 });
    expect(alerts).toBe(0);
    const [account] = book.accounts.all();
    expect(account.arrivals.get('gold-rate')).toBe(NOON + 7 * 36_000);
  });

  it('are written every two seconds at most, and what a kill takes is what came since', async () => {
    const { book, file } = start();
    exchange(book, ANN, NOON);
    await file.tick(NOON + WRITE_EVERY_MS - 1);
    expect(existsSync(path())).toBe(false);
    await file.tick(NOON + WRITE_EVERY_MS);
    exchange(book, ANN, NOON + 2500);
    await file.tick(NOON + 3000);
    // Killed here: nobody closes anything.
    expect(usageOf(start(NOON + 3000).book, 'key-ann')?.requests).toBe(1);
    await file.tick(NOON + 4000);
    expect(usageOf(start(NOON + 4000).book, 'key-ann')?.requests).toBe(2);
    await file.close(NOON + 4000);
  });

  it('are read up to a line that was cut off', async () => {
    const { book, file } = start();
    exchange(book, ANN, NOON);
    exchange(book, BOB, NOON);
    await file.tick(NOON + 5000);
    exchange(book, BOB, NOON + 5001);
    await file.close(NOON + 6000);
    const whole = readFileSync(path(), 'utf8');
    for (const cut of [1, 20, 60]) {
      writeFileSync(path(), whole.slice(0, -cut));
      const again = start(NOON + 7000).book;
      expect(usageOf(again, 'key-ann')?.requests).toBe(1);
      expect(usageOf(again, 'key-bob')?.requests).toBe(1);
    }
  });

  it('are written anew at the start, so that half a line never stands in the middle', async () => {
    const first = start();
    exchange(first.book, ANN, NOON);
    await first.file.close(NOON + 1);
    appendFileSync(path(), '{"id":"gold/cred');
    const second = start(NOON + 2);
    exchange(second.book, BOB, NOON + 3);
    await second.file.close(NOON + 4);
    const { book } = start(NOON + 5);
    expect([usageOf(book, 'key-ann')?.requests, usageOf(book, 'key-bob')?.requests]).toEqual([1, 1]);
  });

  it('of months that are over go, and the file does not grow without end', async () => {
    const { book, file } = start();
    exchange(book, ANN, NOON);
    await file.tick(NOON + 5000);
    let now = NOON + 40 * DAY;
    for (let i = 0; i < 30; i++) {
      for (let n = 0; n < 600; n++) exchange(book, { credential: `key-${n}` }, now);
      now += 5000;
      await file.tick(now);
    }
    await file.close(now);
    // 30 writings of 600 accounts, and one anew in between.
    expect(readFileSync(path(), 'utf8').split('\n').length).toBeLessThan(10_002);
    const again = start(now).book;
    expect(again.accounts.size).toBe(600);
    expect(usageOf(again, 'key-ann')).toBeUndefined();
  });

  it('that are damaged or of another version are refused, and are for their owner alone', async () => {
    const { book, file } = start();
    exchange(book, ANN, NOON);
    await file.close(NOON);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    const [head, line] = readFileSync(path(), 'utf8').split('\n');
    const damaged = [
      `{"sallyport":"plans","version":2}\n${line}\n`,
      `${head}\nnot json\n${line}\n`,
      `${head}\n${line.replace('"day":[', '"day":["x",')}\n`,
      `${head}\n${line.replace(/"last":\d+/, '"last":-1')}\n`,
      '',
    ];
    for (const text of damaged) {
      writeFileSync(path(), text);
      expect(() => start()).toThrow(expect.objectContaining({ code: 'SP8205' }));
    }
  });

  it('wait where the disk does not take them', async () => {
    const { book, file } = start();
    exchange(book, ANN, NOON);
    rmSync(folder, { recursive: true });
    await expect(file.tick(NOON + 5000)).rejects.toMatchObject({ code: 'SP8206' });
    expect(book.changed.size).toBe(1);
    folder = mkdtempSync(join(tmpdir(), 'sallyport-plans-'));
    await expect(file.close(NOON + 9000)).rejects.toMatchObject({ code: 'SP8206' });
  });

  it('are kept nowhere where nothing is to be kept', async () => {
    const book = bookOf(PLAN);
    const file = new PlanFile(null, book, NOON);
    exchange(book, ANN, NOON);
    await file.tick(NOON + 5000);
    await file.close(NOON + 5000);
    expect([book.changed.size, existsSync(path())]).toEqual([0, false]);
  });
});
