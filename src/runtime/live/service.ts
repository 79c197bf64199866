/**
 * Puts the owner of state together: engine, ledger, journal, and what operators see of them. Doors are given the gate; what
 * they need to enrich as the owner expects is plain data that goes to workers, too.
 */
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { JournalStatistics } from '../../record/journal/directory.ts';
import { seedHash } from '../../record/journal/format.ts';
import { openLedger } from '../../record/ledger/lmdb/open.ts';
import { openMemoryLedger } from '../../record/ledger/memory.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import { configuredRoutes, type EnrichmentSetup, enrichmentSetup } from '../enrichment.ts';
import { checkOutputs, LiveOutputs } from '../outputs/live-outputs.ts';
import { livePoliciesOf } from '../policies.ts';
import { redactor, redactTarget } from '../redact.ts';
import { assemble, type Parts } from './assemble.ts';
import { Captures } from './captures.ts';
import { keyOfDay, openDataDir, secretOf } from './data-dir.ts';
import type { InventoryPort } from './inventory-report.ts';
import { KeptFile, type Resumed } from './kept-file.ts';
import { LiveLearning } from './learning.ts';
import type { Models } from './models.ts';
import type { Operator } from './operate.ts';
import { type LiveOptions, note } from './options.ts';
import { LivePlans } from './plans/live-plans.ts';
import type { PlansPort } from './plans/report.ts';
import { reinstate } from './reinstate.ts';
import type { LiveRuntime } from './runtime.ts';
import { Stock } from './stock.ts';
import { throttleSettings } from './throttle.ts';

/** Sample of what learning has seen, in the data directory, and how often it is written, in ms: copying it takes some 20 ms (bench keep). */
const LESSONS_FILE = 'learning.bin';
const LESSONS_MS = 3_600_000;

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
  /** What is known of callers from the run before; null where nothing is. */
  readonly resumed: Resumed | null;
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
  await reinstate(parts, ledger, startedMs);
  await announce(ledger, options, policies.version, parts.models.current, startedMs);
  const learning = learningOf(options, parts);
  const lessons = lessonsFile(options, learning, parts.seed, dataDir);
  const { captures, stock, plans, outputs } = besides(options, parts, ledger, dataDir, startedMs);
  const timer = setInterval(() => {
    void operator.second(clock());
    outputs.tick(clock());
    void learning.tick(clock());
    void stock.tick();
    void plans.tick();
    void parts.file.tick(runtime.events, runtime.lastMs);
    void lessons.tick(learning.observed, clock());
  }, 1000);
  timer.unref();
  return {
    ...parts,
    dataDir,
    resumed: parts.file.resumed,
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
      await parts.file.close(runtime.events, runtime.lastMs);
      await lessons.close(learning.observed, clock());
      await outputs.close(clock());
      await parts.journal?.close();
      await ledger.close();
    },
  };
}

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

/** What learning has seen, over a restart: baselines by the hour of the week take weeks, and nobody runs that long. */
function lessonsFile(options: LiveOptions, learning: LiveLearning, seed: number, dataDir: string): KeptFile {
  const { config } = options.loaded;
  const mask = redactor(config.privacy.redact_patterns);
  return new KeptFile({
    path: options.ephemeral || !config.records.state.enabled ? null : join(dataDir, LESSONS_FILE),
    saveEveryMs: LESSONS_MS,
    content: {
      snapshot: () => learning.snapshot((path) => mask(redactTarget(path))),
      restore: (kept) => learning.restore(kept),
    },
    manifest: () => ({ sallyport: options.version, seed: seedHash(seed) }),
    clock: options.clock ?? Date.now,
    onFailure: (error) => note(options, error),
  });
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
