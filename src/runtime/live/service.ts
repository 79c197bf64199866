/**
 * Puts the owner of state together: engine, ledger, journal, and what operators see of them. Doors are given the gate; what
 * they need to enrich as the owner expects is plain data that goes to workers, too.
 */
import { resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { requestsPerDay } from '../../config/plans.ts';
import { workflowsOf } from '../../config/workflows.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { type JournalCondition, JournalDirectory, type JournalStatistics } from '../../record/journal/directory.ts';
import { seedHash } from '../../record/journal/format.ts';
import type { JournalPosition } from '../../record/journal/recover.ts';
import type { JournalContext } from '../../record/journal/segments.ts';
import { rulesFor, type TextRules } from '../../record/journal/texts.ts';
import { openLedger } from '../../record/ledger/lmdb/open.ts';
import { openMemoryLedger } from '../../record/ledger/memory.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import { composeEngine } from '../compose.ts';
import { configuredRoutes, type EnrichmentSetup, enrichmentSetup } from '../enrichment.ts';
import { manifestOf } from '../manifest.ts';
import { checkOutputs, LiveOutputs } from '../outputs/live-outputs.ts';
import { livePoliciesOf } from '../policies.ts';
import { redactor, redactTarget } from '../redact.ts';
import { loadNetworks } from '../tables.ts';
import { ActorBook } from './actors.ts';
import { Captures } from './captures.ts';
import { journalFolder, keyOfDay, openDataDir, saveModel, secretOf, seedOf } from './data-dir.ts';
import type { DeclaredEndpoint } from './inventory.ts';
import type { InventoryPort } from './inventory-report.ts';
import { LiveLearning, type MakeModel } from './learning.ts';
import { MitigationRecords } from './ledgering.ts';
import { Models, modelFor } from './models.ts';
import { Operator } from './operate.ts';
import type { LiveStatus } from './operator.ts';
import { LivePlans } from './plans/live-plans.ts';
import type { PlansPort } from './plans/report.ts';
import { reinstate } from './reinstate.ts';
import { LiveRuntime } from './runtime.ts';
import { Stock } from './stock.ts';
import { throttleSettings } from './throttle.ts';

export interface LiveOptions {
  readonly loaded: LoadedConfig;
  readonly mode: 'observe' | 'enforce';
  readonly version: string;
  /** Nothing is written to disk. */
  readonly ephemeral?: boolean;
  readonly clock?: () => number;
  readonly facts: () => Pick<LiveStatus, 'workers' | 'upstreams'>;
  readonly onCondition?: (condition: JournalCondition) => void;
  readonly onNote?: (text: string) => void;
  /** Operations of the documents of a configuration, for the inventory; none without it. */
  readonly declared?: (loaded: LoadedConfig) => readonly DeclaredEndpoint[];
  /** Makes models elsewhere than on a thread of its own: for tests. */
  readonly makeModel?: MakeModel;
}

/** The owner of state, running. */
export interface Live {
  readonly runtime: LiveRuntime;
  readonly operator: Operator;
  /** With the model that is in force now. */
  readonly enrichment: EnrichmentSetup;
  readonly models: Models;
  readonly learning: LiveLearning;
  /** What doors of this process capture goes here; operators read from it. */
  readonly captures: Captures;
  /** Endpoints that are called; undefined where none are kept. */
  readonly inventory: InventoryPort | undefined;
  /** What callers have used of their plans. */
  readonly plans: PlansPort;
  /** Tells others what is found and done. */
  readonly outputs: LiveOutputs;
  readonly seed: number;
  readonly dataDir: string;
  /** Keys challenges and pseudonyms; the same for all workers. `daily` is of this run, goes on from day to day in place, and is kept nowhere. */
  readonly secrets: { readonly challenge: Buffer; readonly pseudonyms: Buffer; readonly daily: Buffer };
  readonly journalPath: string;
  readonly ledger: Ledger;
  journalStatistics(): JournalStatistics | null;
  /** Takes over policies and limits of another configuration, at their place in the sequence. */
  reload(loaded: LoadedConfig, by: string): Promise<void>;
  close(): Promise<void>;
}

/** SallyportError SP7006 or SP41xx where a part cannot be opened. */
export async function startLive(options: LiveOptions): Promise<Live> {
  const { loaded } = options;
  const clock = options.clock ?? Date.now;
  checkOutputs(loaded);
  const dataDir = openDataDir(dataDirOf(loaded));
  const startedMs = clock();
  const ledger = options.ephemeral
    ? await openMemoryLedger({ now: clock })
    : await openLedger({
        dataDir,
        now: clock,
        version: options.version,
        commitMs: loaded.config.records.ledger.commit_ms,
      });
  const parts = await assemble(options, ledger, dataDir, clock, startedMs);
  const { runtime, operator, policies } = parts;
  runtime.control({ control: 'policy', timeMs: startedMs, ref: policies.version, data: policies });
  await reinstate(runtime, operator, ledger, startedMs);
  await announce(ledger, options, policies.version, parts.models.current, startedMs);
  const learning = learningOf(options, parts);
  const { captures, stock, plans, outputs } = besides(options, parts, ledger, dataDir, startedMs);
  const timer = setInterval(() => {
    void operator.second(clock());
    outputs.tick(clock());
    void learning.tick(clock());
    void stock.tick();
    void plans.tick();
  }, 1000);
  timer.unref();
  return {
    ...parts,
    dataDir,
    ledger,
    get enrichment() {
      return { ...enrichmentSetup(loaded, parts.seed), model: parts.models.current };
    },
    learning,
    captures,
    inventory: stock.port,
    plans,
    outputs,
    secrets: {
      challenge: secretOf(dataDir, 'challenge'),
      pseudonyms: secretOf(dataDir, 'pseudonyms'),
      daily: keyOfDay(clock()),
    },
    journalStatistics: () => parts.journal?.statistics() ?? null,
    reload: async (next, by) => {
      stock.reload(next);
      await reload(parts, ledger, next, by, clock());
      await outputs.reload(next);
    },
    async close() {
      clearInterval(timer);
      await learning.close();
      await operator.second(clock());
      await Promise.all([parts.models.settled(), captures.close(), stock.close(), plans.close()]);
      await outputs.close(clock());
      await parts.journal?.close();
      await ledger.close();
    },
  };
}

type Parts = Awaited<ReturnType<typeof assemble>>;

/** What follows the engine without being part of it. */
function besides(options: LiveOptions, parts: Parts, ledger: Ledger, dataDir: string, startedMs: number) {
  const clock = options.clock ?? Date.now;
  const captures = new Captures({
    dataDir: options.ephemeral ? null : dataDir,
    clock,
    writers: 1,
    onNote: options.onNote,
  });
  const stock = stockOf(options, parts, dataDir, clock);
  const plans = new LivePlans({
    book: parts.runtime.plans,
    dataDir: options.ephemeral ? null : dataDir,
    ledger,
    clock,
    onNote: (text) => options.onNote?.(text),
    onFailure: (error) => note(options, error),
  });
  const outputs = new LiveOutputs({
    loaded: options.loaded,
    version: options.version,
    key: secretOf(dataDir, 'pseudonyms'),
    runtime: parts.runtime,
    operator: parts.operator,
    ledger,
    inventory: stock.port,
    startedMs,
    onNote: (text) => options.onNote?.(text),
  });
  return { captures, stock, plans, outputs };
}

/** Engine, journal, and what listens to them. */
async function assemble(options: LiveOptions, ledger: Ledger, dataDir: string, clock: () => number, startedMs: number) {
  const { loaded, version, mode, facts } = options;
  const { config } = loaded;
  const seed = seedOf(dataDir, config.seed);
  const model = modelFor(loaded, dataDir, (error) => note(options, error));
  const networks = await loadNetworks(loaded.networks);
  const policies = livePoliciesOf(config, mode);
  const current = { loaded };
  const redact = redactor(config.privacy.redact_patterns);
  const manifest: Record<string, string> = {};
  const policiesFor = (next: 'observe' | 'enforce') => livePoliciesOf(current.loaded.config, next);
  const operator = new Operator({ version, startedMs, clock, ledger, manifest, policiesFor, facts }, mode);
  let actors!: ActorBook;
  const { disabled, thresholds } = config.detectors;
  const declared = { workflows: workflowsOf(config.workflows), plans: requestsPerDay(config.plans) };
  const { engine, program, recompile } = composeEngine(
    { model, seed, policies, disabled, thresholds: flat(thresholds), ...declared },
    ({ builtin }) => {
      actors = new ActorBook({ model, principalsValue: builtin.principals, redact, seed }, operator);
      return actors;
    },
  );
  const manifestFor = (inForce: LearnedModel, digest: string) =>
    manifestOf({ version, digest, networks: networks.version, policies, model: inForce, seed, latenessMs: 0 });
  Object.assign(manifest, manifestFor(model, program.digest));
  const contextOf = (inForce: LearnedModel, digest: string): JournalContext => ({
    sallyport: version,
    manifest: manifestFor(inForce, digest),
    model: inForce,
    seedHash: seedHash(seed),
    latenessMs: 0,
  });
  const { journal, journalPath } = openJournal(options, dataDir, startedMs, engine, contextOf(model, program.digest));
  const runtime = new LiveRuntime({ engine, actors, journal, seed, policies, recompile }, config);
  operator.runtime = runtime;
  operator.records = new MitigationRecords(ledger, (mitigation) => operator.durable(mitigation));
  const save = (next: LearnedModel) => (options.ephemeral ? Promise.resolve() : saveModel(dataDir, next));
  const models = new Models({ runtime, journal, contextOf, ledger, save, onFailure: (error) => note(options, error) });
  return { runtime, operator, journal, journalPath, policies, seed, models, current };
}

/** The journal of this run; none where nothing is to be kept. */
function openJournal(
  options: LiveOptions,
  dataDir: string,
  startedMs: number,
  position: JournalPosition,
  context: JournalContext,
): { readonly journal: JournalDirectory | null; readonly journalPath: string } {
  const { config } = options.loaded;
  const kept = config.records.journal;
  if (options.ephemeral || !kept.enabled) return { journal: null, journalPath: '' };
  const patterns = config.privacy.redact_patterns;
  const half = Math.floor(kept.max_bytes / 2);
  const journalPath = journalFolder(dataDir, startedMs, half);
  const journal = JournalDirectory.open({
    path: journalPath,
    position,
    context,
    maxBytes: half,
    segmentBytes: kept.segment_bytes,
    sample: kept.sample,
    ringBytes: kept.ring_bytes,
    texts: textRules(patterns.length > 0 ? redactor(patterns) : undefined),
    onCondition: options.onCondition,
  });
  return { journal, journalPath };
}

/** What goes out of texts before they are kept. Sessions and keys are pseudonyms already: masked they would all be one. */
function textRules(redact: ((text: string) => string) | undefined): TextRules {
  const rules = rulesFor(redactTarget, redact);
  return { ...rules, touch: { ...rules.touch, session: 'never', credential: 'never' } };
}

async function reload(parts: Parts, ledger: Ledger, next: LoadedConfig, by: string, timeMs: number): Promise<void> {
  parts.current.loaded = next;
  const source = livePoliciesOf(next.config, parts.operator.mode);
  parts.runtime.control({ control: 'policy', timeMs, ref: source.version, data: source });
  parts.runtime.limiter.update(next.config);
  parts.runtime.throttle.update(throttleSettings(next.config));
  parts.runtime.plans.update(next.config);
  if (parts.runtime.learning !== null) parts.runtime.learning.settings = next.config.learning;
  const reason = 'reload';
  await Promise.all([
    ledger.append({ timeMs, kind: 'config.loaded', by, reason, data: { version: next.version } }),
    ledger.append({ timeMs, kind: 'policy.in-force', by, reason, data: { policy: source.version } }),
  ]);
}

/** Where data is kept: relative to the configuration file, or to the working directory without one. */
export function dataDirOf(loaded: LoadedConfig): string {
  return resolve(loaded.file === null ? '.' : resolve(loaded.file, '..'), loaded.config.records.data_dir);
}

/** Takes stock of the endpoints that are called. */
function stockOf(options: LiveOptions, { runtime, models }: Parts, dataDir: string, clock: () => number): Stock {
  return new Stock({
    loaded: options.loaded,
    runtime,
    dataDir: options.ephemeral ? null : dataDir,
    clock,
    model: () => models.current,
    declared: options.declared ?? (() => []),
    onFailure: (error) => note(options, error),
  });
}

/** Learns from what passes, and puts what was learned in force. */
function learningOf(options: LiveOptions, { runtime, models, seed }: Parts): LiveLearning {
  const { loaded } = options;
  runtime.learning = new LiveLearning({
    settings: loaded.config.learning,
    seed,
    routes: configuredRoutes(loaded),
    routeClasses: enrichmentSetup(loaded, seed).routeClasses,
    current: () => models.current,
    takeOver: (model, nowMs) => models.takeOver(model, nowMs),
    onFailure: (error) => note(options, error),
    make: options.makeModel,
  });
  return runtime.learning;
}

/** Something that an operator should know, and that stops nothing. */
function note({ onNote }: LiveOptions, error: Error): void {
  const code = error instanceof SallyportError ? error.code : 'SP5005';
  onNote?.(`${code}: ${error.message}`);
}

function flat(thresholds: Readonly<Record<string, Readonly<Record<string, number>>>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(thresholds).flatMap(([id, values]) =>
      Object.entries(values).map(([name, v]) => [`${id}.${name}`, v]),
    ),
  );
}

async function announce(
  ledger: Ledger,
  options: LiveOptions,
  policy: string,
  model: LearnedModel,
  timeMs: number,
): Promise<void> {
  const by = 'config';
  const reason = 'start';
  try {
    await Promise.all([
      ledger.append({ timeMs, kind: 'config.loaded', by, reason, data: { version: options.loaded.version } }),
      ledger.append({ timeMs, kind: 'policy.in-force', by, reason, data: { policy } }),
      ledger.append({ timeMs, kind: 'mode.changed', by, reason, data: { mode: options.mode } }),
      ledger.append({ timeMs, kind: 'model.in-force', by, reason, data: { model: model.version } }),
    ]);
  } catch (error) {
    throw new SallyportError('SP7006', `the ledger takes no entry: ${(error as Error).message}`, { cause: error });
  }
}
