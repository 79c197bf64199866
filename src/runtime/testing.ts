/** A composed engine whose detectors say what a row's `bytes` say, for tests of what is recorded. Not part of the package. */

import { condition } from '../engine/aggregates.ts';
import { CAP, type Detector, defineDetector } from '../engine/detector.ts';
import { type ColumnName, createBatch, type FactBatch } from '../enrich/facts.ts';
import { EMPTY_MODEL, type LearnedModel } from '../enrich/model.ts';
import { NetworkTable } from '../enrich/network.ts';
import { compose } from './compose.ts';
import type { FindingRecord } from './recorder.ts';

/** 2024-03-04 00:00 UTC. */
export const T = 1_709_510_400_000;

export interface RowInit extends Partial<Record<ColumnName, number>> {
  readonly texts?: Partial<Record<'target' | 'agent' | 'principal' | 'session' | 'credential' | 'content', string>>;
}

/** One row with texts. */
export function rowOf({ texts = {}, ...columns }: RowInit): FactBatch {
  const joined = Object.values(texts).join('');
  const rows = createBatch(1, new TextEncoder().encode(joined));
  rows.objectNumber[0] = -1;
  rows.page[0] = -1;
  for (const [name, value] of Object.entries(columns)) rows[name as ColumnName][0] = value as number;
  let at = 0;
  for (const [name, text] of Object.entries(texts)) {
    rows[`${name as 'target'}At`][0] = at;
    at += rows[`${name as 'target'}Length`][0] = new TextEncoder().encode(text).length;
  }
  rows.count = 1;
  return rows;
}

/** A detector that says what `bytes` say, in millinats, on rows of the given method. */
export function sayer(id: string, method: number, spec: Partial<Omit<Detector, 'build'>> = {}): Detector {
  return defineDetector({
    id,
    number: 0,
    title: id,
    class: 'probing',
    group: 'rate',
    owasp: ['API4'],
    actors: ['ip'],
    on: 'request',
    when: condition(`method ${method}`, (f) => f.method === method),
    cap: CAP.certain,
    deterministic: true,
    ...spec,
    build: () => ({
      needs: {},
      judge: (_, facts) => facts.bytes,
      say: (_, facts) => `${facts.bytes} millinats were heard`,
    }),
  });
}

/** A whole engine with a recorder, over these detectors. */
export function stage(
  detectors: readonly Detector[],
  model: LearnedModel = EMPTY_MODEL,
  redact?: (text: string) => string,
) {
  const parts = compose({ model, networks: NetworkTable.empty(), seed: 0, detectors, scale: 0.001, redact });
  const step = (ms: number, init: RowInit, response = false): void => {
    const rows = rowOf(init);
    void parts.engine.step(rows, 0, response, T + ms);
    parts.recorder.event(T + ms, response, rows.status[0]);
  };
  /** A request and its response. */
  const exchange = (ms: number, init: RowInit): void => {
    step(ms, init);
    step(ms + 50, init, true);
  };
  return { ...parts, step, exchange };
}

export type Stage = ReturnType<typeof stage>;

/** The finding of a detector on an address. */
export function findingOf({ recorder }: Stage, id: string, key: string): FindingRecord {
  const found = recorder.findings.find((f) => f.instance.detector.id === id && f.profile.actor.key === key);
  if (found === undefined) throw new Error(`no finding of ${id} on ${key}`);
  return found;
}
