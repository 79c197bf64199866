/**
 * Which model is in force. A new one enters the sequence by a control event that carries it, then the journal, the ledger, the
 * data directory and the doors are told. Doors go over to it when they have built what enriches by it: until then, and in
 * requests under way, rows come that were enriched under the one before. That is harmless, because route ids keep their
 * meaning from one model to the next (src/learn/evolve.ts).
 */
import type { LoadedConfig } from '../../config/load.ts';
import { EMPTY_MODEL, type LearnedModel, type RouteTemplate } from '../../enrich/model.ts';
import { uncovered, withoutRetired } from '../../learn/evolve.ts';
import type { JournalDirectory } from '../../record/journal/directory.ts';
import { digest } from '../../record/journal/format.ts';
import type { JournalContext } from '../../record/journal/segments.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import { configuredRoutes } from '../enrichment.ts';
import { savedModel } from './data-dir.ts';
import type { LiveRuntime } from './runtime.ts';

export interface ModelsOptions {
  readonly runtime: LiveRuntime;
  readonly journal: JournalDirectory | null;
  /** What the journal's segments say of a model and its compiled program. */
  readonly contextOf: (model: LearnedModel, digest: string) => JournalContext;
  readonly ledger: Ledger;
  /** Keeps it for the next start. */
  readonly save: (model: LearnedModel) => Promise<void>;
  readonly onFailure: (error: Error) => void;
}

export class Models {
  private readonly options: ModelsOptions;
  private readonly listeners = new Set<(model: LearnedModel) => void>();
  private saving: Promise<void> = Promise.resolve();

  constructor(options: ModelsOptions) {
    this.options = options;
  }

  get current(): LearnedModel {
    return this.options.runtime.parts.actors.model;
  }

  /** Puts a model in force. RangeError where its program cannot read the records; then nothing has changed. */
  takeOver(model: LearnedModel, timeMs: number): void {
    const { runtime, journal, contextOf } = this.options;
    runtime.control({ control: 'model', timeMs, ref: model.version, data: model });
    journal?.inForce(contextOf(model, runtime.parts.engine.program.digest));
    for (const listener of this.listeners) listener(model);
    this.saving = this.saving.then(() => this.keep(model, timeMs));
  }

  /** Tells of every model that is put in force from now on. */
  onChange(listener: (model: LearnedModel) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What was taken over is in ledger and data directory, or was said not to be. */
  async settled(): Promise<void> {
    await this.saving;
  }

  private async keep(model: LearnedModel, timeMs: number): Promise<void> {
    const { ledger, save, onFailure } = this.options;
    const { version, routes, baselines, exchanges = 0 } = model;
    const data = { model: version, routes: routes.length, baselines: baselines.origin, exchanges };
    const reason = `learned from ${exchanges} exchanges`;
    try {
      await Promise.all([ledger.append({ timeMs, kind: 'model.in-force', by: 'learning', reason, data }), save(model)]);
    } catch (error) {
      onFailure(error as Error);
    }
  }
}

/** Places of retired routes are given up, and all others numbered anew, where more than one in so many is one. */
const RETIRED_AT_MOST = 4;

/** Says which routes the places of a model stand for, of the first `n` or of all: kept records name routes by their places. */
export function placesOf({ routes }: LearnedModel, n = routes.length): string {
  const templates = routes.slice(0, n).map((route) => route.template);
  return `${n} ${digest(templates.join('\n'))}`;
}

/**
 * The model that a run begins with: what an earlier one has learned, with the routes that the configuration names before all
 * else. Where those are the same as before, every route keeps its place. `onFailure` hears of a saved one that cannot be used; the
 * run then begins without.
 */
export function modelFor(loaded: LoadedConfig, dataDir: string, onFailure: (error: Error) => void): LearnedModel {
  const routes = configuredRoutes(loaded);
  let before = EMPTY_MODEL;
  try {
    before = savedModel(dataDir) ?? EMPTY_MODEL;
  } catch (error) {
    onFailure(error as Error);
  }
  if (keepsPlaces(before.routes, routes)) return before;
  const saved = withoutRetired(before);
  const learned = uncovered(
    saved.routes.filter((route) => route.origin === 'learned'),
    routes,
  );
  if (routes.length === 0 && learned.length === saved.routes.length) return saved;
  return { ...saved, version: `${saved.version}+${routes.length} named`, routes: [...routes, ...learned] };
}

function keepsPlaces(before: readonly RouteTemplate[], named: readonly RouteTemplate[]): boolean {
  const namedBefore = before.filter((route) => route.origin !== 'learned');
  const retired = before.filter((route) => route.retired === true).length;
  return (
    retired * RETIRED_AT_MOST <= before.length &&
    namedBefore.length === named.length &&
    named.every(({ template, routeClass, origin }, i) => {
      const same = before[i];
      return same.template === template && same.routeClass === routeClass && same.origin === origin;
    })
  );
}
