/**
 * What a run learns before it judges: route templates and baselines from a sample of the input itself. The sample is
 * the first part of every file; the learner draws from it by content, so the order of lines does not matter.
 */
import type { LearnedModel, RouteTemplate } from '../../enrich/model.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { compileGlob } from '../../enrich/routes/glob.ts';
import type { FormatSpec } from '../../event/formats/spec.ts';
import { ModelLearner } from '../../learn/learner.ts';
import type { EnrichmentSetup } from '../../runtime/enrichment.ts';
import { type SourceChunk, Stage } from './stage.ts';

/** Text that is read to learn from, in all: about 80,000 lines. */
export const LEARN_BYTES = 16 * 1024 * 1024;

/** Learns a model from chunks (of any sources). The chunks are used up: parsing changes their bytes. */
export async function learnModel(
  chunks: AsyncIterable<SourceChunk>,
  formats: readonly FormatSpec[],
  setup: Omit<EnrichmentSetup, 'model'>,
  routes: readonly RouteTemplate[],
): Promise<LearnedModel> {
  const stage = await Stage.create({ enrichment: { ...setup, model: { ...EMPTY_MODEL, routes } }, formats });
  const learner = new ModelLearner({
    seed: setup.seed,
    routes,
    routeClasses: setup.routeClasses.map((r) => ({
      glob: compileGlob(r.template.replace(/\{[^}]*\}/g, '*')),
      routeClass: r.routeClass,
      method: 0,
    })),
  });
  for await (const chunk of chunks)
    for (const batch of stage.process(chunk).batches)
      for (let row = 0; row < batch.count; row++) learner.observe(batch, row);
  return learner.finish();
}
