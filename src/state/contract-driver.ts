/** Drives a state as the engine does, for the cases of its contract. */
import assert from 'node:assert/strict';
import { condition, type Needs } from '../engine/aggregates.ts';
import { type Batch, createBatch } from '../engine/batch.ts';
import { compile } from '../engine/compile.ts';
import { CAP, type Detector, defineDetector } from '../engine/detector.ts';
import { Facts } from '../engine/facts.ts';
import { plan } from '../engine/plan.ts';
import { KEY_VALUES, type Program } from '../engine/program.ts';
import { RISK } from '../engine/risk.ts';
import type { StatePort } from '../engine/state.ts';
import { type ColumnName, createBatch as createRows } from '../enrich/facts.ts';
import { PRIOR_BASELINES } from '../enrich/model.ts';

/** What a case is given: a fresh, empty state for a program. */
export type MakeState = (program: Program) => StatePort | Promise<StatePort>;

export interface ContractCase {
  readonly name: string;
  run(make: MakeState): Promise<void>;
}

type Init = Partial<Record<ColumnName, number>>;

export const MINUTE = 60_000;
/** 2024-03-04 00:00 UTC. */
export const START = 1_709_510_400_000;

/** A program of one detector on addresses with these needs. */
export function programOf(needs: Needs, spec: Partial<Omit<Detector, 'build'>> = {}): Program {
  const detector = defineDetector({
    id: 'contract',
    number: 0,
    title: 'The contract of a state',
    class: 'probing',
    group: 'rate',
    owasp: [],
    actors: ['ip'],
    on: 'request',
    cap: CAP.sequential,
    ...spec,
    build: () => ({ needs, judge: () => 0, say: () => '' }),
  });
  return compile([detector], { baselines: PRIOR_BASELINES, seed: 0 });
}

/** Sends events to a state as the engine does, and reads values back by name. */
export class Driver {
  readonly batch: Batch;
  private readonly program: Program;
  private readonly state: StatePort;
  private readonly facts = new Facts();
  private readonly rows = createRows(1);

  constructor(program: Program, state: StatePort) {
    this.program = program;
    this.state = state;
    this.batch = createBatch(program);
    this.rows.count = 1;
  }

  /** One event, `ms` after the start; columns that are not named are 0. */
  async event(ms: number, init: Init, response = false): Promise<this> {
    const { rows } = this;
    new Uint8Array(rows.buffer).fill(0);
    rows.objectNumber[0] = -1;
    for (const [name, value] of Object.entries(init)) rows[name as ColumnName][0] = value;
    plan(this.batch, this.facts.at(rows, 0, START + ms), response);
    await this.state.apply(this.batch);
    return this;
  }

  /** All fields of a need, as they stand after the last event. */
  values(name: string): number[] {
    const read = this.program.instances[0].reads.find((r) => r.name === name);
    assert.ok(read, `the detector needs no ${name}`);
    return read.fields.map((_, i) => this.batch.values[read.operation.value + i]);
  }

  key(name: string): number {
    return this.program.keys.findIndex((k) => k.name === name);
  }

  requests(key: string): number {
    return this.batch.values[this.program.keys[this.key(key)].value + KEY_VALUES.requests];
  }

  /** Starts or changes the risk record of a key of the last event, and writes it back. */
  settle(key: string, cells: Readonly<Record<number, number>>): void {
    const { batch } = this;
    const k = this.key(key);
    if (batch.hasRisk[k] === 0) {
      batch.risk.fill(0, k * RISK.size, (k + 1) * RISK.size);
      batch.hasRisk[k] = 1;
      batch.risky++;
    }
    for (const [cell, value] of Object.entries(cells)) batch.risk[k * RISK.size + Number(cell)] = value;
    batch.dirty[k] = 1;
    this.state.settle(batch);
  }

  /** A cell of the key's risk record, null where it has none. */
  risk(key: string, cell: number): number | null {
    const k = this.key(key);
    return this.batch.hasRisk[k] === 0 ? null : this.batch.risk[k * RISK.size + cell];
  }
}

export const failed = condition('contract: failed', (f) => f.status >= 400);
export const onlyPosts = condition('contract: method 3', (f) => f.method === 3);

export async function driverOf(
  make: MakeState,
  needs: Needs,
  spec: Partial<Omit<Detector, 'build'>> = {},
): Promise<Driver> {
  const program = programOf(needs, spec);
  return new Driver(program, await make(program));
}
