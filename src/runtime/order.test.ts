import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBatch, type FactBatch } from '../enrich/facts.ts';
import { BUSINESS, EXCHANGE } from '../event/exchange.ts';
import { MAX_WAITING_ROWS, OrderBuffer } from './order.ts';

fc.configureGlobal({ seed: 20240304 });

const T = 1_709_510_400_000;
const LATENESS = 10_000;

/** One exchange: its start after T, its duration, the hash of its facts, and a mark to tell rows apart. */
interface Row {
  readonly t: number;
  readonly d?: number;
  readonly order?: number;
  readonly mark?: number;
  readonly business?: boolean;
}

function batchOf(rows: readonly Row[]): FactBatch {
  const batch = createBatch(rows.length);
  rows.forEach(({ t, d = 50, order = 0, mark = 0, business = false }, i) => {
    batch.timeMs[i] = T + t;
    batch.durationMs[i] = business ? 0 : d;
    batch.order[i] = order;
    batch.bytes[i] = mark;
    batch.kind[i] = business ? BUSINESS : EXCHANGE;
  });
  batch.count = rows.length;
  return batch;
}

interface Applied {
  /** Time of the event itself and the one it was applied at, after T. */
  readonly t: number;
  readonly now: number;
  readonly response: boolean;
  readonly order: number;
  readonly mark: number;
}

class Log {
  readonly applied: Applied[] = [];
  readonly released: FactBatch[] = [];
  readonly buffer: OrderBuffer;

  constructor(latenessMs = LATENESS) {
    this.buffer = new OrderBuffer(
      latenessMs,
      (rows, row, response, nowMs) => {
        const t = rows.timeMs[row] + (response ? rows.durationMs[row] : 0) - T;
        this.applied.push({ t, now: nowMs - T, response, order: rows.order[row], mark: rows.bytes[row] });
      },
      (rows) => this.released.push(rows),
    );
  }

  /** Feeds rows in batches of `size` from source 0, advancing after each. */
  static of(rows: readonly Row[], size = rows.length, latenessMs = LATENESS): Log {
    const log = new Log(latenessMs);
    log.buffer.open(0);
    for (let i = 0; i < rows.length; i += size) {
      log.buffer.add(batchOf(rows.slice(i, i + size)), 0);
      log.buffer.advance();
    }
    log.buffer.close(0);
    return log;
  }

  get facts(): string[] {
    return this.applied.map((a) => `${a.now} ${a.t} ${a.response} ${a.order} ${a.mark}`);
  }
}

const rowsArbitrary = fc.array(
  fc.record({
    t: fc.integer({ min: 0, max: 40_000 }),
    d: fc.constantFrom(0, 1, 50, 700, 3000),
    order: fc.oneof(fc.integer(), fc.constantFrom(1, 2, -1), fc.integer({ min: 256, max: 300 })),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('order', () => {
  it('is that of time, then requests before responses, then the hash of the facts', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.integer({ min: 1, max: 20 }), (rows, size) => {
        const sorted = [...rows].sort((a, b) => a.t - b.t);
        const { applied } = Log.of(sorted, size);
        const expected = rows
          .flatMap((r) => [
            { t: r.t, response: false, order: r.order },
            { t: r.t + r.d, response: true, order: r.order },
          ])
          .sort((a, b) => a.t - b.t || Number(a.response) - Number(b.response) || (a.order >>> 0) - (b.order >>> 0));
        expect(applied.map(({ t, response, order }) => ({ t, response, order }))).toEqual(expected);
        expect(applied.map((a) => a.now)).toEqual(expected.map((e) => e.t));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same for any shuffle within the bound, whatever the batches', () => {
    const shuffles = fc.array(fc.nat(LATENESS - 3001), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(rowsArbitrary, shuffles, fc.integer({ min: 1, max: 20 }), (rows, delays, size) => {
        const ends = (r: Row & { d: number }): number => r.t + r.d;
        const marked = rows.map((r, i) => ({ ...r, at: ends(r) + delays[i] }));
        const shuffled = [...marked].sort((a, b) => a.at - b.at);
        const usual = Log.of([...rows].sort((a, b) => ends(a) - ends(b)));
        const other = Log.of(shuffled, size);
        expect(other.buffer.late).toBe(0);
        expect(other.facts).toEqual(usual.facts);
      }),
      { numRuns: 300 },
    );
  });

  it('settles ties of the whole hash by all of its bits', () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      t: 5,
      d: 0,
      order: ((i % 4) << 28) | ((i * 37) % 256),
      mark: i,
    }));
    const orders = (list: readonly Row[]): number[] =>
      Log.of(list)
        .applied.filter((a) => !a.response)
        .map((a) => a.order >>> 0);
    expect(orders(rows)).toEqual([...orders(rows)].sort((a, b) => a - b));
    expect(orders([...rows].reverse())).toEqual(orders(rows));
  });

  it('orders a second with more rows than fit in a key like any other', () => {
    const n = 140_000;
    const rows = Array.from({ length: n }, (_, i) => ({ t: (i * 7) % 900, d: 1, order: Math.imul(i, 0x9e3779b1) | 0 }));
    const log = new Log();
    log.buffer.open(0);
    for (let i = 0; i < n; i += 60_000) log.buffer.add(batchOf(rows.slice(i, i + 60_000)), 0);
    log.buffer.close(0);
    let wrong = 0;
    for (let i = 1; i < log.applied.length; i++) {
      const [a, b] = [log.applied[i - 1], log.applied[i]];
      const order = a.t - b.t || Number(a.response) - Number(b.response) || (a.order >>> 0) - (b.order >>> 0);
      if (order > 0) wrong++;
    }
    expect([log.applied.length, wrong]).toEqual([2 * n, 0]);
  });

  it('gives a business event once, as a response', () => {
    const { applied } = Log.of([
      { t: 5, business: true, mark: 1 },
      { t: 3, d: 4, mark: 2 },
    ]);
    expect(applied.map((a) => [a.t, a.response, a.mark])).toEqual([
      [3, false, 2],
      [5, true, 1],
      [7, true, 2],
    ]);
  });
});

describe('lateness', () => {
  it('holds events back until the watermark has passed their second', () => {
    const log = new Log();
    log.buffer.open(0);
    log.buffer.add(
      batchOf([
        { t: 0, d: 0 },
        { t: 1, d: 0 },
      ]),
      0,
    );
    log.buffer.advance();
    expect(log.applied).toHaveLength(0);
    log.buffer.add(batchOf([{ t: LATENESS + 999, d: 0 }]), 0);
    log.buffer.advance();
    expect(log.applied).toHaveLength(0);
    log.buffer.add(batchOf([{ t: LATENESS + 1000, d: 0 }]), 0);
    log.buffer.advance();
    expect(log.applied).toHaveLength(4);
    log.buffer.finish();
    expect(log.applied).toHaveLength(8);
  });

  it('applies what comes later than the bound at the time of the last event, counts it, and loses nothing', () => {
    const log = Log.of([{ t: 0 }, { t: 60_000 }, { t: 61_000 }, { t: 1000, mark: 9 }, { t: 90_000 }], 1);
    expect(log.buffer.late).toBe(2);
    expect(log.applied).toHaveLength(10);
    const late = log.applied.filter((a) => a.mark === 9);
    expect(late.map((a) => [a.t, a.response])).toEqual([
      [1000, false],
      [1050, true],
    ]);
    for (let i = 1; i < log.applied.length; i++)
      expect(log.applied[i].now).toBeGreaterThanOrEqual(log.applied[i - 1].now);
    expect(late[0].now).toBeGreaterThanOrEqual(50);
  });

  it('time never runs backwards and every event is applied once, in any order at all', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.integer({ min: 1, max: 5 }), (rows, size) => {
        const marked = rows.map((r, mark) => ({ ...r, mark }));
        const { applied } = Log.of(marked, size, 1000);
        for (let i = 1; i < applied.length; i++) expect(applied[i].now).toBeGreaterThanOrEqual(applied[i - 1].now);
        expect(applied.map((a) => `${a.mark} ${a.response}`).sort()).toEqual(
          marked.flatMap((r) => [`${r.mark} false`, `${r.mark} true`]).sort(),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('one wrong clock reading', () => {
  const good = Array.from({ length: 200 }, (_, i) => ({ t: i * 500, mark: i }));
  const years = 10 * 365 * 86_400_000;

  it.each([0, 1, 100, 199])('in the future (at line %d) makes no other event late', (at) => {
    const rows = [...good.slice(0, at), { t: years, mark: 999 }, ...good.slice(at)];
    const log = Log.of(rows, 7);
    expect(log.buffer.late).toBe(0);
    expect(log.applied.filter((a) => a.mark !== 999).map((a) => a.t)).toEqual(Log.of(good, 7).applied.map((a) => a.t));
    expect(log.applied.slice(-2).map((a) => a.mark)).toEqual([999, 999]);
  });

  it('in the past is late by itself only', () => {
    const log = Log.of([...good.slice(0, 100), { t: -years, mark: 999 }, ...good.slice(100)], 7);
    expect(log.buffer.late).toBe(2);
    expect(log.applied).toHaveLength(402);
  });

  it('is believed when the next line confirms it: after a night without a request', () => {
    const log = new Log();
    log.buffer.open(0);
    const night = 9 * 3_600_000;
    log.buffer.add(batchOf([{ t: 0 }, { t: night }, { t: night + 10 }]), 0);
    log.buffer.advance();
    expect(log.applied).toHaveLength(2);
  });
});

describe('several sources', () => {
  it('the one that lags most holds the watermark, until it is closed', () => {
    const log = new Log();
    log.buffer.open(0);
    log.buffer.open(1);
    const far = Array.from({ length: 100 }, (_, i) => ({ t: i * 1000, mark: 1 }));
    log.buffer.add(batchOf(far), 0);
    log.buffer.advance();
    expect(log.applied).toHaveLength(0);
    log.buffer.add(
      batchOf([
        { t: 30_000, mark: 2 },
        { t: 30_010, mark: 2 },
      ]),
      1,
    );
    log.buffer.advance();
    expect(Math.max(...log.applied.map((a) => a.t))).toBeLessThan(30_000 - LATENESS + 1000);
    log.buffer.close(1);
    expect(log.buffer.late).toBe(0);
    expect(log.applied.length).toBeGreaterThan(150);
    log.buffer.close(0);
    expect(log.applied).toHaveLength(204);
    expect(log.applied.map((a) => a.now)).toEqual([...log.applied.map((a) => a.now)].sort((a, b) => a - b));
  });

  it('give the sequence that one source with all lines gives', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.array(fc.nat(2), { minLength: 60, maxLength: 60 }), (rows, which) => {
        const sorted = [...rows].sort((a, b) => a.t + a.d - b.t - b.d);
        const log = new Log();
        for (const source of [0, 1, 2]) log.buffer.open(source);
        sorted.forEach((row, i) => {
          log.buffer.add(batchOf([row]), which[i]);
          log.buffer.advance();
        });
        for (const source of [0, 1, 2]) log.buffer.close(source);
        expect(log.facts).toEqual(Log.of(sorted).facts);
      }),
    );
  });

  it('tell how far they are, to read next from the one that lags', () => {
    const log = new Log();
    log.buffer.open(3);
    expect(log.buffer.timeOf(3)).toBe(Number.NEGATIVE_INFINITY);
    log.buffer.add(
      batchOf([
        { t: 0, d: 0 },
        { t: 700, d: 0 },
        { t: 20, d: 0 },
      ]),
      3,
    );
    expect(log.buffer.timeOf(3)).toBe(T + 700);
    log.buffer.close(3);
    expect(log.buffer.timeOf(3)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('memory', () => {
  it('gives every batch back once, when its last event was applied', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.integer({ min: 1, max: 9 }), (rows, size) => {
        const log = new Log(1000);
        const added: FactBatch[] = [];
        log.buffer.open(0);
        for (let i = 0; i < rows.length; i += size) {
          const batch = batchOf(rows.slice(i, i + size));
          added.push(batch);
          log.buffer.add(batch, 0);
          log.buffer.advance();
        }
        log.buffer.add(batchOf([]), 0);
        log.buffer.close(0);
        expect(log.released.filter((b) => b.count > 0).length).toBe(added.length);
        expect(new Set(log.released).size).toBe(added.length + 1);
      }),
    );
  });

  it('lets go of the oldest seconds, and says so, when too many rows wait', () => {
    const log = new Log(3_600_000);
    log.buffer.open(0);
    const perBatch = 60_000;
    const batches = Math.ceil(MAX_WAITING_ROWS / perBatch) + 1;
    for (let b = 0; b < batches; b++) {
      log.buffer.add(batchOf(Array.from({ length: perBatch }, (_, i) => ({ t: b * 10_000 + (i % 10_000), d: 0 }))), 0);
      log.buffer.advance();
    }
    expect(log.buffer.forcedSeconds).toBeGreaterThan(0);
    expect(log.released.length).toBeGreaterThanOrEqual(1);
    log.buffer.close(0);
    expect(log.applied).toHaveLength(2 * batches * perBatch);
    expect(log.buffer.late).toBe(0);
  });
});
