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
  /** By place in the key's list of aggregates. */
  readonly cells: (Cell | null)[];
  risk: Int32Array | null;
}

const SPREAD_MEMORY = 32;
const never = (): never => {
  throw new Error('not part of the comparison');
};

/** An operation and which of its record's aggregates it is on. */
interface Step {
  readonly o: Operation;
  readonly place: number;
}

export class PlainMapState implements StatePort {
  private readonly program: Program;
  private readonly records: Map<string, ActorRecord>[];
  private readonly touched: (ActorRecord | null)[];
  private readonly steps: { readonly request: Step[]; readonly response: Step[]; readonly size: number }[];

  constructor(program: Program) {
    this.program = program;
    this.records = program.keys.map(() => new Map());
    this.touched = program.keys.map(() => null);
    this.steps = program.keys.map((key) => {
      const places = new Map<number, number>();
      const step = (o: Operation): Step => {
        if (!places.has(o.cell)) places.set(o.cell, places.size);
        return { o, place: places.get(o.cell) as number };
      };
      return { request: key.request.map(step), response: key.response.map(step), size: places.size };
    });
  }

  get size(): number {
    return this.records.reduce((sum, map) => sum + map.size, 0);
  }

  readonly clear = never;
  readonly impose = never;
  readonly restart = never;
  requests(): number {
    return -1;
  }
  readonly adopt = never;

  apply(batch: Batch): void {
    const { keys } = this.program;
    batch.risky = 0;
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
      for (const step of batch.response ? this.steps[k].response : this.steps[k].request) run(step, record, batch);
      if (record.risk) {
        batch.risk.set(record.risk, k * RISK.size);
        batch.hasRisk[k] = 1;
        batch.risky++;
      }
    }
  }

  private record(k: number, batch: Batch): ActorRecord {
    const name = `${batch.hi[k]}:${batch.lo[k]}`;
    let record = this.records[k].get(name);
    if (!record) {
      const cells = new Array<Cell | null>(this.steps[k].size).fill(null);
      record = { firstSec: batch.nowSec, lastSec: batch.nowSec, requests: 0, cells, risk: null };
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

function run(step: Step, record: ActorRecord, batch: Batch): void {
  const { o } = step;
  const { values } = batch;
  let readOnly = o.readOnly || (o.when >= 0 && batch.conditions[o.when] === 0);
  if (o.guard === GUARD.over) readOnly ||= values[o.guardValue] < o.guardThan;
  else if (o.guard === GUARD.under) readOnly ||= values[o.guardValue] >= o.guardThan;
  const subject = o.subject < 0 ? '' : `${batch.lanes[o.subject * 2]}:${batch.lanes[o.subject * 2 + 1]}`;
  const present = subject !== '' && subject !== '0:0';
  switch (o.kind) {
    case OP.count:
      count(step, record, batch, readOnly);
      break;
    case OP.rate:
      rate(step, record, batch, readOnly);
      break;
    case OP.distinct:
      distinct(step, record, batch, readOnly || !present, subject);
      break;
    case OP.sprt:
      sprt(step, record, batch, readOnly);
      break;
    case OP.cusum:
      cusum(step, record, batch, readOnly);
      break;
    case OP.last:
      last(step, record, batch, readOnly, subject);
      break;
    case OP.spread:
      spread(step, record, batch, readOnly);
      break;
    case OP.steps:
      steps(step, record, batch, readOnly);
      break;
    case OP.top:
      top(step, record, batch, readOnly || !present, subject);
      break;
  }
}

/** The object of an aggregate, made when it is first asked for. */
function cell<T extends Cell>(record: ActorRecord, place: number, make: () => T): T {
  let found = record.cells[place] as T | null;
  if (!found) {
    found = make();
    record.cells[place] = found;
  }
  return found;
}

function count({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Windowed>(record, place, () => ({ window: 0, current: 0, previous: 0 }));
  const window = Math.floor(batch.nowMs / o.a);
  if (window > c.window) {
    c.previous = window === c.window + 1 ? c.current : 0;
    c.current = 0;
    c.window = window;
  }
  if (!readOnly) c.current++;
  batch.values[o.value] = c.current + Math.floor((c.previous * (o.a - (batch.nowMs - window * o.a))) / o.a);
}

function rate({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell(record, place, () => ({ tat: 0 }));
  const interval = o.b / o.a;
  const tolerance = o.c * interval;
  const ahead = Math.max(c.tat, batch.nowMs) + (readOnly ? 0 : interval);
  const tat = Math.min(ahead, batch.nowMs + tolerance + 4 * o.b);
  if (!readOnly) c.tat = tat;
  batch.values[o.value] = Math.ceil(tat - batch.nowMs - tolerance);
  batch.values[o.value + 1] = o.a;
}

function distinct({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean, subject: string): void {
  const c = cell(record, place, () => ({ window: 0, seen: new Set<string>() }));
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

function sprt({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Test>(record, place, () => ({ sum: 0, n: 0, hits: 0 }));
  if (!readOnly) {
    const hit = batch.conditions[o.hit] !== 0;
    observe(c, hit, hit ? o.a : o.b, -o.c, o.d);
  }
  batch.values[o.value] = c.sum;
  batch.values[o.value + 1] = c.n;
  batch.values[o.value + 2] = c.hits;
}

function cusum({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Test>(record, place, () => ({ sum: 0, n: 0, hits: 0 }));
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

function last({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean, subject: string): void {
  const c = cell(record, place, () => ({ value: '', at: 0 }));
  const known = c.value !== '';
  batch.values[o.value] = known ? 1 : 0;
  batch.values[o.value + 1] = known && c.value !== subject ? 1 : 0;
  batch.values[o.value + 2] = known ? Math.max(0, batch.nowMs - c.at) : 0;
  if (readOnly) return;
  c.value = subject;
  c.at = batch.nowMs;
}

function spread({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Gaps>(record, place, () => ({ at: 0, n: 0, mean: 0, deviation: 0 }));
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

function steps({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean): void {
  const c = cell<Walk>(record, place, () => ({ last: 0, step: 0, n: 0, same: 0, plusOne: 0 }));
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

function top({ o, place }: Step, record: ActorRecord, batch: Batch, readOnly: boolean, subject: string): void {
  if (readOnly) {
    batch.values.fill(0, o.value, o.value + 4);
    return;
  }
  const c = cell<Shares>(record, place, () => ({
    window: 0,
    total: 0,
    finished: 0,
    counts: new Map(),
    usual: new Map(),
  }));
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
