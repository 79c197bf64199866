import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER } from '../engine/program.ts';
import { PARTITION, Table } from './table.ts';

fc.configureGlobal({ seed: 20240304 });

const STRIDE = HEADER.cells + 2;
const MARK = HEADER.cells;
const QUOTA = { anonymous: 12, established: 5, mitigated: 3 };
const LIMITS = [QUOTA.anonymous, QUOTA.established, QUOTA.mitigated];

interface Entry {
  readonly mark: number;
  partition: number;
  lastSec: number;
}

/** A table beside a plain map of what must be in it. */
class Checked {
  readonly model = new Map<string, Entry>();
  readonly evicted: string[] = [];
  table: Table;
  private marks = 0;

  constructor() {
    this.table = this.fresh();
  }

  fresh(): Table {
    return new Table(STRIDE, QUOTA, (cells, at) => this.evicted.push(`${cells[at]}:${cells[at + 1]}`));
  }

  slot(id: number): number {
    return this.table.find(id, ~id);
  }

  entry(id: number): Entry | undefined {
    return this.model.get(`${id}:${~id}`);
  }

  cells(slot: number): Int32Array {
    const at = this.table.offset(slot);
    return this.table.page(slot).subarray(at, at + STRIDE);
  }

  insert(id: number, now: number, minIdleSec: number): void {
    if (this.entry(id) !== undefined) return;
    this.evicted.length = 0;
    const before = this.count(PARTITION.anonymous);
    const slot = this.table.insert(id, ~id, now, minIdleSec);
    if (slot < 0) {
      expect(before).toBe(QUOTA.anonymous);
      expect(this.evicted).toEqual([]);
      return;
    }
    this.forgetEvicted(now, minIdleSec);
    const cells = this.cells(slot);
    expect([...cells]).toEqual([id, ~id, now, now, 0, ...Array<number>(STRIDE - 5).fill(0)]);
    cells[MARK] = ++this.marks;
    this.model.set(`${id}:${~id}`, { mark: this.marks, partition: PARTITION.anonymous, lastSec: now });
  }

  private forgetEvicted(now: number, minIdleSec: number): void {
    for (const key of this.evicted) {
      const victim = this.model.get(key) as Entry;
      expect(victim.partition).toBe(PARTITION.anonymous);
      expect(now - victim.lastSec).toBeGreaterThanOrEqual(minIdleSec);
      this.model.delete(key);
    }
  }

  move(id: number, partition: number): void {
    const slot = this.slot(id);
    if (slot < 0) return;
    this.evicted.length = 0;
    this.table.move(slot, partition);
    for (const key of this.evicted) {
      expect(this.model.get(key)?.partition).toBe(partition);
      this.model.delete(key);
    }
    this.table.forEach((cells, at) => {
      const entry = this.model.get(`${cells[at]}:${cells[at + 1]}`) as Entry;
      const now = cells[at + HEADER.partition];
      // Only the moved record and one victim, back to anonymous, may have changed.
      if (now !== entry.partition && cells[at] !== id) expect([now, entry.partition]).toEqual([0, partition]);
      entry.partition = now;
    });
    expect(this.entry(id)?.partition).toBe(partition);
  }

  touch(id: number, now: number): void {
    const slot = this.slot(id);
    const entry = this.entry(id);
    if (entry === undefined) return;
    this.cells(slot)[HEADER.lastSec] = now;
    entry.lastSec = now;
  }

  remove(id: number): void {
    const slot = this.slot(id);
    if (slot < 0) return;
    this.table.remove(slot);
    this.model.delete(`${id}:${~id}`);
  }

  reload(): void {
    const kept = structuredClone(this.table.snapshot());
    this.table = this.fresh();
    this.table.restore(kept);
  }

  count(partition: number): number {
    return [...this.model.values()].filter((e) => e.partition === partition).length;
  }

  check(ids: number): void {
    const { table, model } = this;
    expect(table.size).toBe(model.size);
    for (let p = 0; p < 3; p++) {
      expect(table.counts[p]).toBe(this.count(p));
      expect(table.counts[p]).toBeLessThanOrEqual(LIMITS[p]);
    }
    for (let id = 0; id < ids; id++) {
      const slot = this.slot(id);
      const entry = this.entry(id);
      expect(slot >= 0).toBe(entry !== undefined);
      if (entry === undefined) continue;
      const cells = this.cells(slot);
      expect([cells[0], cells[1], cells[MARK]]).toEqual([id, ~id, entry.mark]);
    }
    let visited = 0;
    table.forEach(() => {
      visited++;
    });
    expect(visited).toBe(model.size);
  }
}

const IDS = 40;
const id = fc.nat(IDS - 1);
const step = fc.oneof(
  { arbitrary: fc.tuple(fc.constant('insert' as const), id, fc.constantFrom(0, 3)), weight: 6 },
  { arbitrary: fc.tuple(fc.constant('move' as const), id, fc.nat(2)), weight: 4 },
  { arbitrary: fc.tuple(fc.constant('touch' as const), id, fc.constant(0)), weight: 3 },
  { arbitrary: fc.tuple(fc.constant('remove' as const), id, fc.constant(0)), weight: 1 },
  { arbitrary: fc.tuple(fc.constant('reload' as const), id, fc.constant(0)), weight: 1 },
);

describe('a table', () => {
  it('holds what a map would hold, within its quotas, through any operations', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const c = new Checked();
        let now = 1_700_000_000;
        for (const [what, which, more] of steps) {
          now++;
          if (what === 'insert') c.insert(which, now, more);
          else if (what === 'move') c.move(which, more);
          else if (what === 'touch') c.touch(which, now);
          else if (what === 'remove') c.remove(which);
          else c.reload();
          c.check(IDS);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('finds every key while its index grows and shrinks', () => {
    const table = new Table(HEADER.cells, { anonymous: 20_000, established: 16, mitigated: 16 }, () => {});
    for (let i = 0; i < 15_000; i++) table.insert(0, i + 1, 1, 0);
    for (let i = 0; i < 15_000; i += 2) table.remove(table.find(0, i + 1));
    let wrong = 0;
    for (let i = 0; i < 15_000; i++) if (table.find(0, i + 1) >= 0 !== (i % 2 === 1)) wrong++;
    expect(wrong).toBe(0);
    expect(table.size).toBe(7500);
    const { bytes } = table;
    for (let i = 0; i < 7500; i++) table.insert(1, i + 1, 1, 0);
    expect(table.bytes).toBe(bytes);
  });

  it('pushes out a record that was not seen for long, and never the one that was just seen', () => {
    const table = new Table(HEADER.cells, { anonymous: 1000, established: 16, mitigated: 16 }, () => {});
    for (let i = 0; i < 1000; i++) table.insert(0, i + 1, i % 2 === 0 ? 100 : 5000, 0);
    for (let i = 0; i < 400; i++) expect(table.insert(1, i + 1, 6000, 60)).toBeGreaterThanOrEqual(0);
    let old = 0;
    for (let i = 0; i < 1000; i += 2) if (table.find(0, i + 1) >= 0) old++;
    // Sampled, not exact: nearly all victims are among the old half.
    expect(old).toBeLessThan(120);
    expect(table.size).toBe(1000);
    expect(table.evicted).toBe(400);
  });

  it('refuses a newcomer where everybody was seen within the idle time', () => {
    const table = new Table(HEADER.cells, { anonymous: 16, established: 16, mitigated: 16 }, () => {});
    for (let i = 0; i < 16; i++) table.insert(0, i + 1, 1000, 60);
    expect(table.insert(0, 99, 1059, 60)).toBe(-1);
    expect(table.size).toBe(16);
    expect(table.insert(0, 99, 1060, 60)).toBeGreaterThanOrEqual(0);
  });

  it('does so after 2038 as well, and across that moment', () => {
    for (const start of [2 ** 31 - 30, 2 ** 31 + 5000]) {
      const table = new Table(HEADER.cells, { anonymous: 16, established: 16, mitigated: 16 }, () => {});
      for (let i = 0; i < 16; i++) table.insert(0, i + 1, start + (i === 7 ? -100 : 0), 60);
      expect(table.insert(0, 98, start + 40, 60)).toBeGreaterThanOrEqual(0);
      expect(table.find(0, 8)).toBe(-1);
      expect(table.insert(0, 99, start + 40, 60)).toBe(-1);
    }
  });

  it('lets no flood of newcomers touch established or mitigated records', () => {
    const table = new Table(HEADER.cells, { anonymous: 64, established: 32, mitigated: 8 }, () => {});
    for (let i = 0; i < 40; i++) {
      const slot = table.insert(7, i + 1, 1000 + i, 0);
      table.move(slot, i < 32 ? PARTITION.established : PARTITION.mitigated);
    }
    for (let i = 0; i < 50_000; i++) table.insert(1, i + 1, 2000 + i, 0);
    let kept = 0;
    for (let i = 0; i < 40; i++) if (table.find(7, i + 1) >= 0) kept++;
    expect(kept).toBe(40);
    expect([...table.counts]).toEqual([64, 32, 8]);
  });

  it('refuses a snapshot of another layout', () => {
    const snapshot = new Table(HEADER.cells, QUOTA, () => {}).snapshot();
    expect(() => new Table(HEADER.cells + 1, QUOTA, () => {}).restore(snapshot)).toThrow(RangeError);
  });
});
