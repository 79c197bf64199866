/**
 * What state in memory is as plain data: to be kept, and to go on from. Only what is used of it is given out, so that a young
 * state is small.
 */
import { createHash } from 'node:crypto';
import type { SketchPool } from '../engine/features/sketch-pool.ts';
import { TopTable } from '../engine/features/top.ts';
import { HEADER, layoutOf, type Program } from '../engine/program.ts';
import { RISK } from '../engine/risk.ts';
import { combine, lanes, mix32 } from '../lib/hash.ts';
import type { Table } from './table.ts';

/** Raise it where cells come to mean something else under the same layout: what was kept before is refused then. */
export const STATE_FORMAT = 1;

/** All that holds records. */
export interface Stores {
  readonly tables: readonly Table[];
  readonly risks: Table;
  readonly tops: TopTable[];
  readonly pool: SketchPool;
}

/** A record about which an action stands: its key's place in the program, its lanes, the action, its end in Unix seconds. */
export interface StandingRecord {
  readonly key: number;
  readonly hi: number;
  readonly lo: number;
  readonly action: number;
  readonly untilSec: number;
}

/** Says whether records can be read by a program: equal where they can, 16 hex digits. */
export function layoutDigest(program: Program): string {
  const text = [String(STATE_FORMAT), ...program.keys.map(layoutOf)].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The slot of the risk of a record, −1 where it has none. Leaves its key in `lanes`. */
export function riskSlotOf(risks: Table, key: number, hi: number, lo: number): number {
  combine(key + 1, mix32(key + 1), hi, lo);
  return risks.find(lanes.hi, lanes.lo);
}

/** Plain data, typed arrays included. It shares memory: serialise it at once. */
export function snapshotOf({ tables, risks, tops, pool }: Stores): Record<string, unknown> {
  return {
    tables: tables.map((t) => t.snapshot()),
    risks: risks.snapshot(),
    tops: tops.map((t) => t.snapshot()),
    pool: pool.snapshot(),
  };
}

/** Takes back what {@link snapshotOf} gave; keeps none of its memory. RangeError where the layout is another one. */
export function restoreInto({ tables, risks, tops, pool }: Stores, s: Record<string, unknown>): void {
  (s.tables as Record<string, unknown>[]).forEach((t, i) => {
    tables[i].restore(t);
  });
  risks.restore(s.risks as Record<string, unknown>);
  tops.length = 0;
  for (const t of s.tops as Record<string, unknown>[]) {
    const top = new TopTable();
    top.restore(t);
    tops.push(top);
  }
  pool.restore(s.pool as Record<string, unknown>);
}

/** Every record about which an action of at least `least` stands at a time. */
export function* standingIn({ tables, risks }: Stores, nowSec: number, least: number): Generator<StandingRecord> {
  for (const [key, table] of tables.entries()) {
    const found: StandingRecord[] = [];
    table.forEach((cells, at) => {
      if (cells[at + HEADER.risk] === 0) return;
      const hi = cells[at + HEADER.hi];
      const lo = cells[at + HEADER.lo];
      const slot = riskSlotOf(risks, key, hi, lo);
      if (slot < 0) return;
      const page = risks.page(slot);
      const from = risks.offset(slot) + HEADER.cells;
      const action = page[from + RISK.action];
      const untilSec = page[from + RISK.untilSec] >>> 0;
      if (action >= least && untilSec > nowSec) found.push({ key, hi, lo, action, untilSec });
    });
    yield* found;
  }
}
