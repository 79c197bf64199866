/** The parts of a run, taken apart so that each can be measured. They are put together as `try` does it. */
import { defaultConfig } from '../../src/config/load.ts';
import { learnModel } from '../../src/doors/replay/learn.ts';
import { Sources } from '../../src/doors/replay/sources.ts';
import { type SourceChunk, Stage } from '../../src/doors/replay/stage.ts';
import type { LearnedModel } from '../../src/enrich/model.ts';
import type { NetworkLookup } from '../../src/enrich/network.ts';
import type { FormatSpec } from '../../src/event/formats/spec.ts';
import { configuredRoutes, enrichmentSetup } from '../../src/runtime/enrichment.ts';
import { loadNetworks } from '../../src/runtime/tables.ts';

export interface Pipeline {
  readonly stage: Stage;
  readonly model: LearnedModel;
  readonly networks: NetworkLookup;
  readonly specs: readonly FormatSpec[];
  /** Lines of the file, chunk by chunk, once. */
  chunks(): AsyncIterable<SourceChunk>;
}

/** Finds out the format, learns the model and makes a stage; nothing has been read beyond the sample. */
export async function openPipeline(log: string): Promise<Pipeline> {
  const loaded = defaultConfig();
  const sources = await Sources.open({ inputs: [log] }, loaded.config);
  const setup = enrichmentSetup(loaded, 0);
  const model = await learnModel(
    sources.beginnings(),
    sources.specs,
    setup,
    configuredRoutes(loaded),
    loaded.config.lateness_s * 1000,
  );
  const networks = await loadNetworks(loaded.networks);
  return {
    stage: await Stage.create({ enrichment: { ...setup, model }, formats: sources.specs }),
    model,
    networks,
    specs: sources.specs,
    chunks: () => ({ [Symbol.asyncIterator]: () => sources.merge(undefined)[0].open() }),
  };
}

/** CPU seconds of this process so far, all its threads. A busy neighbour does not add to them. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
