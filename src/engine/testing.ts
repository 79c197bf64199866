/** Rows of facts, small detectors and a policy of round figures, for tests of the engine. Not part of the package. */
import { type ColumnName, createBatch, type FactBatch } from '../enrich/facts.ts';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import type { Needs } from './aggregates.ts';
import { type CompileOptions, compile } from './compile.ts';
import { type BuildContext, CAP, CLASSES, type Detector, defineDetector, type Judgement } from './detector.ts';
import type { ActionName, Policy } from './policy.ts';
import type { Program } from './program.ts';

export type RowInit = Partial<Record<ColumnName, number>>;

/** One row per init, all columns 0 but those named; no number, no page. */
export function rowsOf(...inits: readonly RowInit[]): FactBatch {
  const batch = createBatch(inits.length);
  inits.forEach((init, row) => {
    batch.objectNumber[row] = -1;
    batch.page[row] = -1;
    for (const [name, value] of Object.entries(init)) batch[name as ColumnName][row] = value;
  });
  batch.count = inits.length;
  return batch;
}

/** A detector on addresses in the request phase that says nothing, with what `spec` changes. */
export function detectorOf<N extends Needs>(
  spec: Partial<Omit<Detector, 'build'>>,
  build: (context: BuildContext) => Partial<Judgement<N>> & { needs: N },
): Detector {
  return defineDetector<N>({
    id: 'test',
    number: 0,
    title: 'A test',
    class: 'probing',
    group: 'rate',
    owasp: [],
    actors: ['ip'],
    on: 'request',
    cap: CAP.sequential,
    ...spec,
    build: (context) => ({ judge: () => 0, say: () => '', ...build(context) }),
  });
}

/** A program of one detector with these needs. */
export function programOf(
  needs: Needs,
  spec: Partial<Omit<Detector, 'build'>> = {},
  options: Partial<CompileOptions> = {},
): Program {
  return compile([detectorOf(spec, () => ({ needs }))], { baselines: PRIOR_BASELINES, seed: 0, ...options });
}

/** The same ladder and the same cost of a miss for every class. */
export function everyClass(actions: readonly ActionName[], missCents: number): Policy['classes'] {
  return Object.fromEntries(CLASSES.map((name) => [name, { missCents, actions }])) as unknown as Policy['classes'];
}

/** A policy of round figures. */
export const ROUND_POLICY: Policy = {
  version: 'test',
  classes: {
    ...everyClass(['tag', 'throttle', 'block'], 200),
    scraping: { missCents: 200, actions: ['tag', 'challenge'] },
  },
  falseCents: {
    allow: 0,
    tag: 1,
    throttle: 40,
    challenge: 30,
    'step-up': 15,
    tarpit: 650,
    decoy: 900,
    block: 600,
    revoke: 2000,
  },
  stopsPermille: {
    allow: 0,
    tag: 100,
    throttle: 600,
    challenge: 700,
    'step-up': 800,
    tarpit: 985,
    decoy: 988,
    block: 1000,
    revoke: 1000,
  },
  ttlSec: [60, 300, 1800],
  stepSec: 30,
  stepEvents: 5,
  hysteresisMillinats: 1000,
  mode: 'shadow',
};
