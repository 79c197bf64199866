/**
 * The thread on which a model is made: it gets the sample in pieces, learns from it, and gives back the model that follows the
 * one in force. A second of computing, which a process that answers requests does not have in one piece.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { LearnedModel, RouteTemplate } from '../../enrich/model.ts';
import { evolve } from '../../learn/evolve.ts';
import { ModelLearner } from '../../learn/learner.ts';
import type { CellRecord } from '../../learn/sample.ts';
import { classOverrides, type EnrichmentSetup } from '../enrichment.ts';

/** What the thread is told when it starts. */
export interface LearningOrder {
  readonly seed: number;
  readonly previous: LearnedModel;
  /** Templates from configuration or OpenAPI. */
  readonly routes: readonly RouteTemplate[];
  readonly routeClasses: EnrichmentSetup['routeClasses'];
  readonly learnedMs: number;
  readonly exchanges: number;
  /** The sample covers long enough for baselines. */
  readonly settled: boolean;
}

/** A piece of the sample; null is the end of it, and the model is the answer. */
export type LearningPiece = readonly CellRecord[] | null;

const port = parentPort;
if (port !== null) {
  const { seed, previous, routes, learnedMs, exchanges, settled, ...setup } = workerData as LearningOrder;
  const learner = new ModelLearner({ seed, routes, routeClasses: classOverrides(setup), live: true });
  port.on('message', (piece: LearningPiece) => {
    if (piece !== null) learner.load(piece);
    else port.postMessage(evolve(previous, learner.finish(), { learnedMs, exchanges, settled }));
  });
}
