/**
 * Puts the owner of state together: engine, ledger, journal, and what operators see of them. Doors are given the gate; what
 * they need to enrich as the owner expects is plain data that goes to workers, too.
 */
import { resolve } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { CLASSES } from '../../engine/detector.ts';
import type { ActorDimension } from '../../engine/keys.ts';
import { ACTION, type ActionName } from '../../engine/policy.ts';
import { EMPTY_MODEL, type LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { type JournalCondition, JournalDirectory, type JournalStatistics } from '../../record/journal/directory.ts';
import { seedHash } from '../../record/journal/format.ts';
import { rulesFor, type TextRules } from '../../record/journal/texts.ts';
import { openLedger } from '../../record/ledger/lmdb/open.ts';
import { openMemoryLedger } from '../../record/ledger/memory.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import { composeEngine } from '../compose.ts';
import { configuredRoutes, type EnrichmentSetup, enrichmentSetup } from '../enrichment.ts';
import { manifestOf } from '../manifest.ts';
import { livePoliciesOf } from '../policies.ts';
import { redactor, redactTarget } from '../redact.ts';
import { loadNetworks } from '../tables.ts';
import { ActorBook } from './actors.ts';
import { journalFolder, openDataDir, savedModel, secretOf, seedOf } from './data-dir.ts';
import { MitigationRecords } from './ledgering.ts';
import { Operator } from './operate.ts';
import type { LiveStatus } from './operator.ts';
import { LiveRuntime } from './runtime.ts';

export interface LiveOptions {
  readonly loaded: LoadedConfig;
  readonly mode: 'observe' | 'enforce';
  readonly version: string;
  /** Nothing is written to disk. */
  readonly ephemeral?: boolean;
  readonly clock?: () => number;
  readonly facts: () => Pick<LiveStatus, 'workers' | 'upstreams'>;
  readonly onCondition?: (condition: JournalCondition) => void;
}

/** The owner of state, running. */
export interface Live {
  readonly runtime: LiveRuntime;
  readonly operator: Operator;
  readonly enrichment: EnrichmentSetup;
  readonly seed: number;
  readonly dataDir: string;
  /** Keys challenges and pseudonyms; the same for all workers. */
  readonly secrets: { readonly challenge: Buffer; readonly pseudonyms: Buffer };
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
  await reinstate(runtime, ledger, startedMs);
  await announce(ledger, options, policies.version, loaded.version, startedMs);
  const timer = setInterval(() => void operator.second(clock()), 1000);
  timer.unref();
  return {
    ...parts,
    dataDir,
    ledger,
    enrichment: { ...enrichmentSetup(loaded, parts.seed), model: parts.model },
    secrets: { challenge: secretOf(dataDir, 'challenge'), pseudonyms: secretOf(dataDir, 'pseudonyms') },
    journalStatistics: () => parts.journal?.statistics() ?? null,
    reload: (next, by) => reload(parts, ledger, next, by, clock()),
    async close() {
      clearInterval(timer);
      await operator.second(clock());
      await parts.journal?.close();
      await ledger.close();
    },
  };
}

type Parts = Awaited<ReturnType<typeof assemble>>;

/** Engine, journal, and what listens to them. */
async function assemble(options: LiveOptions, ledger: Ledger, dataDir: string, clock: () => number, startedMs: number) {
  const { loaded, version, mode, facts } = options;
  const { config } = loaded;
  const seed = seedOf(dataDir, config.seed);
  const model = modelFor(loaded, dataDir);
  const networks = await loadNetworks(loaded.networks);
  const policies = livePoliciesOf(config, mode);
  const current = { loaded };
  const redact = redactor(config.privacy.redact_patterns);
  const manifest: Record<string, string> = {};
  const policiesFor = (next: 'observe' | 'enforce') => livePoliciesOf(current.loaded.config, next);
  const operator = new Operator({ version, startedMs, clock, ledger, manifest, policiesFor, facts }, mode);
  let actors!: ActorBook;
  const { disabled, thresholds } = config.detectors;
  const { engine, program } = composeEngine(
    { model, seed, policies, disabled, thresholds: flat(thresholds) },
    ({ builtin }) => {
      actors = new ActorBook({ model, principalsValue: builtin.principals, redact, seed }, operator);
      return actors;
    },
  );
  const { digest } = program;
  Object.assign(
    manifest,
    manifestOf({ version, digest, networks: networks.version, policies, model, seed, latenessMs: 0 }),
  );
  const kept = config.records.journal;
  const half = Math.floor(kept.max_bytes / 2);
  const journalPath = options.ephemeral || !kept.enabled ? '' : journalFolder(dataDir, startedMs, half);
  const journal =
    journalPath === ''
      ? null
      : JournalDirectory.open({
          path: journalPath,
          position: engine,
          context: { sallyport: version, manifest, model, seedHash: seedHash(seed), latenessMs: 0 },
          maxBytes: half,
          segmentBytes: kept.segment_bytes,
          sample: kept.sample,
          ringBytes: kept.ring_bytes,
          texts: textRules(config.privacy.redact_patterns.length > 0 ? redact : undefined),
          onCondition: options.onCondition,
        });
  const runtime = new LiveRuntime({ engine, actors, journal, seed, policies }, config);
  operator.runtime = runtime;
  operator.records = new MitigationRecords(ledger, (mitigation) => operator.durable(mitigation));
  return { runtime, operator, journal, journalPath, policies, seed, model, current };
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
  parts.runtime.limiter.update(next.config.limits);
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

/** What an earlier run has learned, with the routes that the configuration names before all else. */
function modelFor(loaded: LoadedConfig, dataDir: string): LearnedModel {
  const routes = configuredRoutes(loaded);
  const saved = savedModel(dataDir) ?? EMPTY_MODEL;
  const named = new Set(routes.map((r) => r.template));
  const learned = saved.routes.filter((r) => r.origin === 'learned' && !named.has(r.template));
  if (routes.length === 0) return saved;
  return { ...saved, version: `${saved.version}+${routes.length} named`, routes: [...routes, ...learned] };
}

function flat(thresholds: Readonly<Record<string, Readonly<Record<string, number>>>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(thresholds).flatMap(([id, values]) =>
      Object.entries(values).map(([name, v]) => [`${id}.${name}`, v]),
    ),
  );
}

/** What stood when the last run ended, by the ledger, stands again. */
async function reinstate(runtime: LiveRuntime, ledger: Ledger, nowMs: number): Promise<void> {
  const state = await ledger.state(nowMs);
  for (const standing of state.mitigations.values()) {
    const { action, class: name, mode, personal } = standing.data as Record<string, unknown>;
    // What was erased, or cannot be opened, names nobody any more.
    const lanes = (personal as { lanes?: unknown } | null | undefined)?.lanes;
    if (mode === 'shadow' || !Array.isArray(lanes) || standing.subject === null) continue;
    const order = {
      actor: { dimension: standing.subject.dimension as ActorDimension, hi: Number(lanes[0]), lo: Number(lanes[1]) },
      action: ACTION[action as ActionName] ?? 0,
      classIndex: Math.max(0, CLASSES.indexOf(name as (typeof CLASSES)[number])),
      sinceSec: Math.floor(nowMs / 1000),
      untilSec: Math.ceil(Math.min(standing.untilMs, nowMs + 86_400_000) / 1000),
    };
    runtime.control({ control: 'impose', timeMs: nowMs, ref: standing.id, data: order });
  }
}

async function announce(
  ledger: Ledger,
  options: LiveOptions,
  policy: string,
  configVersion: string,
  timeMs: number,
): Promise<void> {
  const by = 'config';
  const reason = 'start';
  try {
    await Promise.all([
      ledger.append({ timeMs, kind: 'config.loaded', by, reason, data: { version: configVersion } }),
      ledger.append({ timeMs, kind: 'policy.in-force', by, reason, data: { policy } }),
      ledger.append({ timeMs, kind: 'mode.changed', by, reason, data: { mode: options.mode } }),
    ]);
  } catch (error) {
    throw new SallyportError('SP7006', `the ledger takes no entry: ${(error as Error).message}`, { cause: error });
  }
}
