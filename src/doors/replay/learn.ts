/**
 * What a run learns before it judges: route templates and baselines from the beginning of the input itself. Exactly the
 * first exchanges in the order in which the run will apply them are taken, so that the model does not depend on how the
 * lines of a log stand within the lateness bound.
 */
import type { LearnedModel, RouteTemplate } from '../../enrich/model.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import type { FormatSpec } from '../../event/formats/spec.ts';
import { ModelLearner } from '../../learn/learner.ts';
import { classOverrides, type EnrichmentSetup } from '../../runtime/enrichment.ts';
import { OrderBuffer } from '../../runtime/order.ts';
import { type SourceChunk, Stage } from './stage.ts';

/** Exchanges that are learned from, of all sources together. */
export const LEARN_EXCHANGES = 40_000;
/** Least that is learned from of each source, however many there are. */
const LEARN_EXCHANGES_MIN = 2000;

/** Learns a model from the beginning of each source. The chunks are used up: parsing changes their bytes. */
export async function learnModel(
  sources: readonly AsyncIterable<SourceChunk>[],
  formats: readonly FormatSpec[],
  setup: Omit<EnrichmentSetup, 'model'>,
  routes: readonly RouteTemplate[],
  latenessMs: number,
): Promise<LearnedModel> {
  const stage = await Stage.create({ enrichment: { ...setup, model: { ...EMPTY_MODEL, routes } }, formats });
  const learner = new ModelLearner({ seed: setup.seed, routes, routeClasses: classOverrides(setup) });
  const share = Math.max(LEARN_EXCHANGES_MIN, Math.floor(LEARN_EXCHANGES / Math.max(1, sources.length)));
  for (const source of sources) {
    let taken = 0;
    const order = new OrderBuffer(latenessMs, (rows, row, response) => {
      if (response && taken++ < share) learner.observe(rows, row);
    });
    order.open(0);
    for await (const chunk of source) {
      for (const batch of stage.process(chunk).batches) order.add(batch, 0);
      order.advance();
      if (taken >= share) break;
    }
    if (taken < share) order.finish();
  }
  return learner.finish();
}
