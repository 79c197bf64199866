/**
 * What was read and found about an event, as the journal keeps it: enough to judge again without the state (design,
 * invariant 4). Whoever writes it copies it out of the engine while the event is in work; whoever explains puts it back.
 */
import type { KeyRef } from '../../engine/control.ts';
import { GROUPS } from '../../engine/detector.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ActorDimension } from '../../engine/keys.ts';
import { plan } from '../../engine/plan.ts';
import { type Instance, KEY_VALUES } from '../../engine/program.ts';
import { RISK } from '../../engine/risk.ts';
import type { FactBatch } from '../../enrich/facts.ts';

/** One detector's evidence about one actor of the event. */
export interface EvidenceRecord {
  readonly detector: string;
  readonly actor: ActorDimension;
  readonly millinats: number;
  readonly why: string;
  /** Of the actor's record: requests, age in s, level, established. */
  readonly key: readonly number[];
  /** What the detector read, by "name.field". */
  readonly values: Readonly<Record<string, number>>;
  /** What stands against the actor in the finding's class, by group, in millinats, this evidence included. */
  readonly risk: readonly number[];
}

/** A mitigation that began with the event. */
export interface BegunRecord {
  /** M- and ten hex digits. */
  readonly id: string;
  readonly actor: KeyRef;
  /** Places in ACTIONS and CLASSES. */
  readonly action: number;
  readonly classIndex: number;
  /** Unix seconds. */
  readonly untilSec: number;
}

export interface ValuesRecord {
  readonly evidence: readonly EvidenceRecord[];
  readonly begun?: readonly BegunRecord[];
}

/** Copies one piece of evidence out of the engine. To be called while it is told: values change with the next event. */
export function evidenceOf(engine: Engine, instance: Instance, millinats: number, why: string): EvidenceRecord {
  const { batch, program } = engine;
  const at = program.keys[instance.key].value;
  const risk = riskAt(instance);
  const values: Record<string, number> = {};
  for (const read of instance.reads)
    read.fields.forEach((field, i) => {
      values[`${read.name}.${field}`] = batch.values[read.operation.value + i];
    });
  return {
    detector: instance.detector.id,
    actor: instance.actor,
    millinats,
    why,
    key: [...batch.values.subarray(at, at + KEY_VALUES.size)],
    values,
    risk: [...batch.risk.subarray(risk, risk + GROUPS.length)],
  };
}

const riskAt = (instance: Instance): number =>
  instance.key * RISK.size + RISK.evidence + instance.classIndex * GROUPS.length;

/**
 * Puts an event's facts and what was read about it into an engine, as if the event were in work there: the instance can
 * then judge, and be asked why. Null where the engine has no such detector on that dimension. Touches no state.
 */
export function putBack(
  engine: Engine,
  event: { readonly rows: FactBatch; readonly row: number; readonly response: boolean; readonly nowMs: number },
  record: EvidenceRecord,
): Instance | null {
  const { batch, program } = engine;
  const instance = program.instances.find((i) => i.detector.id === record.detector && i.actor === record.actor);
  if (instance === undefined) return null;
  engine.facts.at(event.rows, event.row, event.nowMs);
  plan(batch, engine.facts, event.response);
  batch.values.set(record.key, program.keys[instance.key].value);
  for (const read of instance.reads)
    read.fields.forEach((field, i) => {
      batch.values[read.operation.value + i] = record.values[`${read.name}.${field}`] ?? 0;
    });
  batch.risk.fill(0, instance.key * RISK.size, (instance.key + 1) * RISK.size);
  batch.risk.set(record.risk, riskAt(instance));
  batch.risk[instance.key * RISK.size + RISK.sec] = batch.nowSec;
  batch.hasRisk[instance.key] = 1;
  return instance;
}

/** What the detector says about what was put back, in millinats: the record's own figure, unless the code has changed. */
export function judgeAgain(engine: Engine, instance: Instance): number {
  const said = instance.judgement.judge(instance.handles as never, engine.facts);
  return Math.min(said, instance.detector.cap);
}
