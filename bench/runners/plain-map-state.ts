/**
 * The state that most people would write: for each dimension a `Map` from a string to an object with one small object
 * per aggregate, exact `Set`s for distinct values, nothing bounded. It runs the same compiled program behind the same
 * port, so that parsing, enrichment, detectors and decisions are the very same code and only the state differs.
 */
import type { Batch } from '../../src/engine/batch.ts';
import { type CusumTable, hourOfWeek } from '../../src/engine/features/cusum.ts';
import { GUARD, KEY_VALUES, OP, type Operation, type Program } from '../../src/engine/program.ts';
import { RISK } from '../../src/engine/risk.ts';
import type { StatePort } from '../../src/engine/state.ts';

interface Windowed {
  window: number;
  current: number;
  previous: number;
}
interface Test {
  sum: number;
  n: number;
  hits: number;
}
interface Gaps {
  at: number;
  n: number;
  mean: number;
  deviation: number;
}
interface Walk {
  last: number;
  step: number;
  n: number;
  same: number;
  plusOne: number;
}
interface Shares {
  window: number;
  total: number;
  finished: number;
  counts: Map<string, number>;
  usual: Map<string, number>;
}
type Cell =
  | Windowed
  | Test
  | Gaps
  | Walk
  | Shares
  | { tat: number }
  | { window: number; seen: Set<string> }
  | { value: string; at: number };

interface ActorRecord {
  firstSec: number;
  lastSec: number;
  requests: number;
  readonly cells: Map<Operation, Cell>;
  risk: Int32Array | null;
}

const SPREAD_MEMORY = 32;

export class PlainMapState implements StatePort {
  private readonly program: Program;
  private readonly records: Map<string, ActorRecord>[];
  private readonly touched: (ActorRecord | null)[];

  constructor(program: Program) {
    this.program = program;
    this.records = program.keys.map(() => new Map());
    this.touched = program.keys.map(() => null);
  }

  get size(): number {
    return this.records.reduce((sum, map) => sum + map.size, 0);
  }

  adopt(): void {
    throw new Error('not part of the comparison');
  }

  apply(batch: Batch): void {
    const { keys } = this.program;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k];
      batch.hasRisk[k] = 0;
      this.touched[k] = null;
      if (batch.hi[k] === 0 && batch.lo[k] === 0) {
        batch.values.fill(0, key.value, key.valueEnd);
        continue;
      }
      const record = this.record(k, batch);
      this.touched[k] = record;
      if (!batch.response) record.requests++;
      if (batch.nowSec > record.lastSec) record.lastSec = batch.nowSec;
      batch.values[key.value + KEY_VALUES.requests] = record.requests;
      batch.values[key.value + KEY_VALUES.ageSec] = record.lastSec - record.firstSec;
      batch.values[key.value + KEY_VALUES.level] = 0;
      for (const operation of batch.response ? key.response : key.request) run(operation, record, batch);
      if (record.risk) {
        batch.risk.set(record.risk, k * RISK.size);
        batch.hasRisk[k] = 1;
      }
    }
  }

  private record(k: number, batch: Batch): ActorRecord {
    const name = `${batch.hi[k]}:${batch.lo[k]}`;
    let record = this.records[k].get(name);
    if (!record) {
      record = { firstSec: batch.nowSec, lastSec: batch.nowSec, requests: 0, cells: new Map(), risk: null };
      this.records[k].set(name, record);
    }
    return record;
  }

  settle(batch: Batch): void {
    for (let k = 0; k < this.touched.length; k++) {
      if (batch.dirty[k] === 0) continue;
      batch.dirty[k] = 0;
      const record = this.touched[k];
      if (record) record.risk = batch.risk.slice(k * RISK.size, (k + 1) * RISK.size);
    }
  }
}

function run(o: Operation, record: ActorRecord, batch: Batch): void {
  const { values } = batch;
  let readOnly = o.readOnly || (o.when >= 0 && batch.conditions[o.when] === 0);
  if (o.guard === GUARD.over) readOnly ||= values[o.guardValue] < o.guardThan;
  else if (o.guard === GUARD.under) readOnly ||= values[o.guardValue] >= o.guardThan;
  const subject = o.subject < 0 ? '' : `${batch.lanes[o.subject * 2]}:${batch.lanes[o.subject * 2 + 1]}`;
  const present = subject !== '' && subject !== '0:0';
  switch (o.kind) {
    case OP.count:
      count(o, record, batch, readOnly);
      break;
    case OP.rate:
      rate(o, record, batch, readOnly);
      break;
    case OP.distinct:
      distinct(o, record, batch, readOnly || !present, subject);
      break;
    case OP.sprt:
      sprt(o, record, batch, readOnly);
      break;
    case OP.cusum:
      cusum(o, record, batch, readOnly);
      break;
    case OP.last:
      last(o, record, batch, readOnly, subject);
      break;
    case OP.spread:
      spread(o, record, batch, readOnly);
      break;
    case OP.steps:
      steps(o, record, batch, readOnly);
      break;
    case OP.top:
      top(o, record, batch, readOnly || !present, subject);
      break;
  }
}

/** The object of an aggregate, made when it is first asked for. */
function cell<T extends Cell>(record: ActorRecord, o: Operation, make: () => T): T {
  let found = record.cells.get(o) as T | undefined;
  if (!found) {
    found = make();
    record.cells.set(o, found);
  }
  return found;
}

function count(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Windowed>(record, o, () => ({ window: 0, current: 0, previous: 0 }));
  const window = Math.floor(batch.nowMs / o.a);
  if (window > c.window) {
    c.previous = window === c.window + 1 ? c.current : 0;
    c.current = 0;
    c.window = window;
  }
  if (!readOnly) c.current++;
  batch.values[o.value] = c.current + Math.floor((c.previous * (o.a - (batch.nowMs - window * o.a))) / o.a);
}

function rate(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell(record, o, () => ({ tat: 0 }));
  const interval = o.b / o.a;
  const tolerance = o.c * interval;
  const ahead = Math.max(c.tat, batch.nowMs) + (readOnly ? 0 : interval);
  const tat = Math.min(ahead, batch.nowMs + tolerance + 4 * o.b);
  if (!readOnly) c.tat = tat;
  batch.values[o.value] = Math.ceil(tat - batch.nowMs - tolerance);
  batch.values[o.value + 1] = o.a;
}

function distinct(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean, subject: string): void {
  const c = cell(record, o, () => ({ window: 0, seen: new Set<string>() }));
  const window = Math.floor(batch.nowMs / o.a);
  if (window > c.window) {
    c.seen = new Set();
    c.window = window;
  }
  const before = c.seen.size;
  if (!readOnly) c.seen.add(subject);
  batch.values[o.value] = c.seen.size;
  batch.values[o.value + 1] = c.seen.size - before;
}

function sprt(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Test>(record, o, () => ({ sum: 0, n: 0, hits: 0 }));
  if (!readOnly) {
    const hit = batch.conditions[o.hit] !== 0;
    observe(c, hit, hit ? o.a : o.b, -o.c, o.d);
  }
  batch.values[o.value] = c.sum;
  batch.values[o.value + 1] = c.n;
  batch.values[o.value + 2] = c.hits;
}

function cusum(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Test>(record, o, () => ({ sum: 0, n: 0, hits: 0 }));
  const weights = o.table as CusumTable;
  const hour = weights.hit.length === 1 ? 0 : hourOfWeek(batch.nowMs);
  if (!readOnly) {
    const hit = batch.conditions[o.hit] !== 0;
    observe(c, hit, hit ? weights.hit[hour] : weights.miss[hour], 0, o.a);
  }
  batch.values[o.value] = c.sum;
  batch.values[o.value + 1] = c.n;
  batch.values[o.value + 2] = c.hits;
  batch.values[o.value + 3] = weights.p0Permille[hour];
}

function observe(c: Test, hit: boolean, weight: number, floor: number, ceiling: number): void {
  c.sum = Math.min(ceiling, c.sum + weight);
  c.n++;
  if (hit) c.hits++;
  if (c.sum > floor) return;
  c.sum = floor;
  c.n = 0;
  c.hits = 0;
}

function last(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean, subject: string): void {
  const c = cell(record, o, () => ({ value: '', at: 0 }));
  const known = c.value !== '';
  batch.values[o.value] = known ? 1 : 0;
  batch.values[o.value + 1] = known && c.value !== subject ? 1 : 0;
  batch.values[o.value + 2] = known ? Math.max(0, batch.nowMs - c.at) : 0;
  if (readOnly) return;
  c.value = subject;
  c.at = batch.nowMs;
}

function spread(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Gaps>(record, o, () => ({ at: 0, n: 0, mean: 0, deviation: 0 }));
  if (!readOnly) {
    const gap = c.at === 0 ? -1 : batch.nowMs - c.at;
    c.at = Math.max(batch.nowMs, c.at);
    if (gap > o.a) {
      c.n = 0;
      c.mean = 0;
      c.deviation = 0;
    } else if (gap >= 0) {
      c.n++;
      const memory = Math.min(c.n, SPREAD_MEMORY);
      if (c.n > 1) c.deviation += (Math.abs(gap - c.mean) - c.deviation) / (memory - 1);
      c.mean += (gap - c.mean) / memory;
    }
  }
  batch.values[o.value] = c.n;
  batch.values[o.value + 1] = Math.round(c.mean);
  batch.values[o.value + 2] = c.mean > 0 ? Math.min(100_000, Math.floor((c.deviation * 1000) / c.mean)) : 100_000;
}

function steps(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Walk>(record, o, () => ({ last: 0, step: 0, n: 0, same: 0, plusOne: 0 }));
  if (!readOnly && batch.number >= 0) {
    const step = batch.number - c.last;
    if (c.last !== 0 && step !== 0) {
      c.n++;
      if (step === c.step) c.same++;
      if (Math.abs(step) === 1) c.plusOne++;
      c.step = step;
    }
    c.last = batch.number;
  }
  batch.values[o.value] = c.n;
  batch.values[o.value + 1] = c.same;
  batch.values[o.value + 2] = c.plusOne;
}

function top(o: Operation, record: ActorRecord, batch: Batch, readOnly: boolean, subject: string): void {
  if (readOnly) {
    batch.values.fill(0, o.value, o.value + 4);
    return;
  }
  const c = cell<Shares>(record, o, () => ({ window: 0, total: 0, finished: 0, counts: new Map(), usual: new Map() }));
  const window = Math.floor(batch.nowMs / o.a);
  if (window > c.window) {
    if (c.total > 0) {
      for (const [value, n] of c.counts) c.usual.set(value, Math.floor((n * 1000) / c.total));
      c.finished++;
    }
    c.counts.clear();
    c.total = 0;
    c.window = window;
  }
  c.total++;
  const n = (c.counts.get(subject) ?? 0) + 1;
  c.counts.set(subject, n);
  batch.values[o.value] = Math.floor((n * 1000) / c.total);
  batch.values[o.value + 1] = c.finished === 0 ? -1 : Math.max(1, c.usual.get(subject) ?? 0);
  batch.values[o.value + 2] = n;
  batch.values[o.value + 3] = c.total;
}
