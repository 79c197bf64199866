/**
 * State in process: flat tables per dimension. One batch is one synchronous call, so it is atomic by nature.
 */
import { type Batch, isLetIn, LEVEL } from '../engine/batch.ts';
import { CELL_MAX, type Work } from '../engine/features/cells.ts';
import { CUSUM_CELLS } from '../engine/features/cusum.ts';
import { releaseDistinct } from '../engine/features/distinct.ts';
import { PACE_SUM } from '../engine/features/pace.ts';
import { SketchPool } from '../engine/features/sketch-pool.ts';
import { SPRT_CELLS } from '../engine/features/sprt.ts';
import type { TopTable } from '../engine/features/top.ts';
import { DIMENSIONS } from '../engine/keys.ts';
import { HEADER, KEY_VALUES, type KeyProgram, layoutOf, OP, type Program } from '../engine/program.ts';
import { RISK } from '../engine/risk.ts';
import type { Standing, StatePort, StateStatistics } from '../engine/state.ts';
import { combine, lanes } from '../lib/hash.ts';
import { type Code, encode } from './code.ts';
import { FilledKeys } from './filled.ts';
import { interpret } from './interpret.ts';
import { restoreInto, riskSlotOf, type StandingRecord, type Stores, snapshotOf, standingIn } from './kept.ts';
import { quotaOf, RISK_QUOTA, SKETCH_SLOTS, scaled } from './quotas.ts';
import { PARTITION, Table } from './table.ts';

/** A record seen more recently than this is not pushed out by a newcomer: the newcomer is collapsed instead. */
export const MIN_IDLE_SEC = 60;
/** A record counts as established when it was seen this long after it was first seen, with this many events. */
export const ESTABLISHED_AGE_SEC = 3600;
export const ESTABLISHED_EVENTS = 20;

const IP = DIMENSIONS.indexOf('ip');
const NETWORK = DIMENSIONS.indexOf('network');
const ASN = DIMENSIONS.indexOf('asn');

export class MemoryState implements StatePort {
  private program: Program;
  private requestCode: readonly Code[] = [];
  private responseCode: readonly Code[] = [];
  private readonly tables: Table[];
  private readonly risks: Table;
  private readonly tops: TopTable[] = [];
  private readonly pool: SketchPool;
  private readonly work: Work;
  /** Slot of the record each key resolved to in the batch in work, −1 for none: settle uses it. */
  private readonly slots: Int32Array;
  private filled: FilledKeys;
  private collapsed = 0;
  private level = 0;
  /** When the first event came, in seconds. */
  private bornSec = 0;

  /** `scale` shrinks or grows every quota, for small machines and for tests. */
  constructor(program: Program, scale = 1) {
    this.program = program;
    this.encode(program);
    this.pool = new SketchPool(Math.max(64, Math.round(SKETCH_SLOTS * scale)));
    this.tables = program.keys.map(
      (key) => new Table(key.stride, quotaOf(key, scale), (c, at) => this.release(key, c, at)),
    );
    this.risks = new Table(HEADER.cells + RISK.size, scaled(RISK_QUOTA, scale), () => {});
    this.slots = new Int32Array(program.keys.length);
    this.filled = new FilledKeys(program);
    this.work = {
      cells: new Int32Array(0),
      values: program.values,
      nowMs: 0,
      nowSec: 0,
      nowRest: 0,
      subjectHi: 0,
      subjectLo: 0,
      number: -1,
      weight: 1,
      amount: -1,
      step: 0,
      hit: false,
      readOnly: false,
      pool: this.pool,
    };
  }

  private encode(program: Program): void {
    this.requestCode = program.keys.map((key) => encode(key.request, program.conditionWords));
    this.responseCode = program.keys.map((key) => encode(key.response, program.conditionWords));
  }

  private release(key: KeyProgram, cells: Int32Array, at: number): void {
    for (const cell of key.distinctCells) releaseDistinct({ cells, pool: this.pool }, at + cell);
  }

  adopt(program: Program): void {
    const { keys } = this.program;
    if (program.keys.length !== keys.length || program.keys.some((key, i) => layoutOf(key) !== layoutOf(keys[i])))
      throw new RangeError('the new program lays records out differently');
    this.program = program;
    this.encode(program);
    this.filled = new FilledKeys(program);
    this.work.values = program.values;
  }

  apply(batch: Batch): void {
    const { keys } = this.program;
    const codes = batch.response ? this.responseCode : this.requestCode;
    const w = this.work;
    w.nowMs = batch.nowMs;
    w.nowSec = batch.nowSec;
    w.nowRest = batch.nowMs - batch.nowSec * 1000;
    w.number = batch.number;
    w.amount = batch.amount;
    w.step = batch.step;
    batch.risky = 0;
    if (this.bornSec === 0) this.bornSec = batch.nowSec;
    batch.bornSec = this.bornSec;
    this.filled.clearAbsent(batch);
    for (let i = 0; i < batch.presentCount; i++) {
      const k = batch.present[i];
      const key = keys[k];
      this.level = LEVEL.own;
      const guarded = batch.response ? key.responseGuarded : key.requestGuarded;
      const slot =
        guarded && !isLetIn(key, batch) ? -1 : this.resolve(this.tables[k], key, batch, batch.hi[k], batch.lo[k]);
      this.slots[k] = slot;
      if (slot < 0) {
        this.filled.clear(key);
        continue;
      }
      this.filled.add(k);
      const table = this.tables[k];
      const at = this.touch(table, slot, batch, key);
      w.cells = table.page(slot);
      interpret(codes[k], at, batch, w, this.tops);
      if (w.cells[at + HEADER.risk] !== 0) this.readRisk(k, w.cells, at, batch);
    }
  }

  /** The record for a key; for an address without room, that of its network, its system, or the rest. */
  private resolve(table: Table, key: KeyProgram, batch: Batch, hi: number, lo: number): number {
    let slot = table.find(hi, lo);
    if (slot >= 0) return slot;
    const isAddress = key.first === IP && key.second < 0;
    slot = table.insert(hi, lo, batch.nowSec, MIN_IDLE_SEC);
    if (slot >= 0 && table.evicted > 0) this.remember(table, key, slot);
    if (slot >= 0 || !isAddress) return slot;
    this.collapsed++;
    const asn = batch.lanes[ASN * 2 + 1];
    for (this.level = LEVEL.network; this.level <= LEVEL.rest; this.level++) {
      if (this.level === LEVEL.network) combine(1, 1, batch.lanes[NETWORK * 2], batch.lanes[NETWORK * 2 + 1]);
      else combine(this.level, 1, 0, this.level === LEVEL.asn ? asn : 1);
      slot = table.find(lanes.hi, lanes.lo);
      if (slot >= 0) return slot;
      // A network only gets a record where one is really idle; systems and the rest are few and always get one.
      slot = table.insert(lanes.hi, lanes.lo, batch.nowSec, this.level === LEVEL.network ? MIN_IDLE_SEC : 0);
      if (slot >= 0) {
        if (this.level !== LEVEL.network) table.move(slot, PARTITION.established);
        return slot;
      }
    }
    return -1;
  }

  /** A record that had to go and comes back finds its risk again: that is kept apart, and for longer. */
  private remember(table: Table, key: KeyProgram, slot: number): void {
    const cells = table.page(slot);
    const at = table.offset(slot);
    if (this.riskSlot(this.program.keys.indexOf(key), cells, at) >= 0) cells[at + HEADER.risk] = 1;
  }

  private touch(table: Table, slot: number, batch: Batch, key: KeyProgram): number {
    const cells = table.page(slot);
    const at = table.offset(slot);
    if (!batch.response && cells[at + HEADER.requests] < CELL_MAX) cells[at + HEADER.requests]++;
    if (batch.nowSec > cells[at + HEADER.lastSec] >>> 0) cells[at + HEADER.lastSec] = batch.nowSec;
    const age = (cells[at + HEADER.lastSec] - cells[at + HEADER.firstSec]) | 0;
    const requests = cells[at + HEADER.requests];
    if (
      cells[at + HEADER.partition] === PARTITION.anonymous &&
      (batch.authenticated || (age >= ESTABLISHED_AGE_SEC && requests >= ESTABLISHED_EVENTS)) &&
      this.level === LEVEL.own
    )
      table.move(slot, PARTITION.established);
    batch.values[key.value + KEY_VALUES.requests] = requests;
    batch.values[key.value + KEY_VALUES.ageSec] = age;
    batch.values[key.value + KEY_VALUES.level] = this.level;
    batch.values[key.value + KEY_VALUES.established] = cells[at + HEADER.partition] === PARTITION.established ? 1 : 0;
    return at;
  }

  private readRisk(k: number, cells: Int32Array, at: number, batch: Batch): void {
    const slot = this.riskSlot(k, cells, at);
    if (slot < 0) {
      cells[at + HEADER.risk] = 0;
      return;
    }
    const page = this.risks.page(slot);
    const from = this.risks.offset(slot) + HEADER.cells;
    const to = k * RISK.size;
    for (let i = 0; i < RISK.size; i++) batch.risk[to + i] = page[from + i];
    batch.hasRisk[k] = 1;
    batch.risky++;
  }

  private riskSlot(k: number, cells: Int32Array, at: number): number {
    return riskSlotOf(this.risks, k, cells[at + HEADER.hi], cells[at + HEADER.lo]);
  }

  settle(batch: Batch): void {
    if (batch.risky === 0) return;
    for (let k = 0; k < this.slots.length; k++) {
      if (batch.dirty[k] === 0) continue;
      batch.dirty[k] = 0;
      const recordSlot = this.slots[k];
      if (recordSlot < 0) continue;
      const table = this.tables[k];
      const cells = table.page(recordSlot);
      const at = table.offset(recordSlot);
      let slot = this.riskSlot(k, cells, at);
      if (slot < 0) slot = this.risks.insert(lanes.hi, lanes.lo, batch.nowSec, 0);
      if (slot < 0) continue;
      const page = this.risks.page(slot);
      const to = this.risks.offset(slot);
      page[to + HEADER.lastSec] = batch.nowSec;
      page.set(batch.risk.subarray(k * RISK.size, (k + 1) * RISK.size), to + HEADER.cells);
      cells[at + HEADER.risk] = 1;
      const until = page[to + HEADER.cells + RISK.untilSec] >>> 0;
      const mitigated = page[to + HEADER.cells + RISK.action] > 1 && until > batch.nowSec;
      if (mitigated) {
        this.risks.move(slot, PARTITION.mitigated);
        table.move(recordSlot, PARTITION.mitigated);
      } else if (cells[at + HEADER.partition] === PARTITION.mitigated) {
        this.risks.move(slot, PARTITION.anonymous);
        table.move(recordSlot, PARTITION.established);
      }
    }
  }

  clear(k: number, hi: number, lo: number): boolean {
    const slot = this.tables[k].find(hi, lo);
    if (slot < 0) return false;
    const table = this.tables[k];
    const cells = table.page(slot);
    const at = table.offset(slot);
    const risk = this.riskSlot(k, cells, at);
    if (risk >= 0) this.risks.remove(risk);
    if (cells[at + HEADER.partition] === PARTITION.mitigated) table.move(slot, PARTITION.established);
    this.release(this.program.keys[k], cells, at);
    cells.fill(0, at + HEADER.cells, at + table.stride);
    cells[at + HEADER.requests] = 0;
    cells[at + HEADER.risk] = 0;
    return true;
  }

  restart(k: number, hi: number, lo: number): boolean {
    const slot = this.tables[k].find(hi, lo);
    if (slot < 0) return false;
    const cells = this.tables[k].page(slot);
    const at = this.tables[k].offset(slot);
    const { request, response } = this.program.keys[k];
    for (const o of [...request, ...response]) {
      const length = o.kind === OP.cusum ? CUSUM_CELLS : o.kind === OP.sprt ? SPRT_CELLS : 0;
      cells.fill(0, at + o.cell, at + o.cell + length);
      if (o.kind === OP.pace) cells[at + o.cell + PACE_SUM] = 0;
    }
    return true;
  }

  impose(k: number, hi: number, lo: number, standing: Standing): boolean {
    const { sinceSec } = standing;
    const table = this.tables[k];
    let slot = table.find(hi, lo);
    if (slot < 0) slot = table.insert(hi, lo, sinceSec, MIN_IDLE_SEC);
    if (slot < 0) return false;
    const cells = table.page(slot);
    const at = table.offset(slot);
    let risk = this.riskSlot(k, cells, at);
    if (risk < 0) risk = this.risks.insert(lanes.hi, lanes.lo, sinceSec, 0);
    if (risk < 0) return false;
    const page = this.risks.page(risk);
    const to = this.risks.offset(risk) + HEADER.cells;
    if (page[to + RISK.sec] === 0) page[to + RISK.sec] = sinceSec;
    page[to + RISK.action] = standing.action;
    page[to + RISK.class] = standing.classIndex;
    page[to + RISK.sinceSec] = sinceSec;
    page[to + RISK.untilSec] = standing.untilSec;
    // Nobody has climbed to it: the ladder begins anew.
    page[to + RISK.rung] = 0;
    cells[at + HEADER.risk] = 1;
    this.risks.move(risk, PARTITION.mitigated);
    table.move(slot, PARTITION.mitigated);
    return true;
  }

  requests(k: number, hi: number, lo: number): number {
    const slot = this.tables[k].find(hi, lo);
    return slot < 0 ? -1 : this.tables[k].page(slot)[this.tables[k].offset(slot) + HEADER.requests];
  }

  /** Partition of a key's record, −1 where it has none: for tests and the flood evaluation. */
  partitionOf(keyName: string, hi: number, lo: number): number {
    const k = this.program.keys.findIndex((key) => key.name === keyName);
    const slot = this.tables[k].find(hi, lo);
    return slot < 0 ? -1 : this.tables[k].page(slot)[this.tables[k].offset(slot) + HEADER.partition];
  }

  statistics(): StateStatistics {
    const records: Record<string, number> = {};
    const evicted: Record<string, number> = {};
    let bytes = this.pool.cells.byteLength + this.risks.bytes;
    this.program.keys.forEach((key, k) => {
      records[key.name] = this.tables[k].size;
      evicted[key.name] = this.tables[k].evicted;
      bytes += this.tables[k].bytes;
    });
    return { records, evicted, collapsed: this.collapsed, sketchesStolen: this.pool.stolen, bytes };
  }

  /** Records about which an action of at least `least` (a place in ACTIONS) stands. */
  standing(nowSec: number, least: number): Iterable<StandingRecord> {
    return standingIn(this.stores, nowSec, least);
  }

  /** Plain data, typed arrays included, that {@link restore} takes back. It shares memory: serialise it at once. */
  snapshot(): Record<string, unknown> {
    return { ...snapshotOf(this.stores), collapsed: this.collapsed, bornSec: this.bornSec };
  }

  /** RangeError where the layout is another one. */
  restore(s: Record<string, unknown>): void {
    restoreInto(this.stores, s);
    this.collapsed = s.collapsed as number;
    this.bornSec = s.bornSec as number;
  }

  private get stores(): Stores {
    const { tables, risks, tops, pool } = this;
    return { tables, risks, tops, pool };
  }
}
