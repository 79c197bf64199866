/** The parts of an owner of state that belong together from the first event on: engine, state, journal, and what operators see. */
import { join } from 'node:path';
import { requestsPerDay } from '../../config/plans.ts';
import { workflowsOf } from '../../config/workflows.ts';
import type { Program } from '../../engine/program.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { JournalDirectory } from '../../record/journal/directory.ts';
import { digest, seedHash } from '../../record/journal/format.ts';
import type { JournalPosition } from '../../record/journal/recover.ts';
import type { JournalContext } from '../../record/journal/segments.ts';
import { rulesFor, type TextRules } from '../../record/journal/texts.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import { STATE_FILE } from '../../record/snapshot.ts';
import { layoutDigest } from '../../state/kept.ts';
import type { MemoryState } from '../../state/memory.ts';
import { composeEngine } from '../compose.ts';
import { manifestOf } from '../manifest.ts';
import { livePoliciesOf } from '../policies.ts';
import { redactor, redactTarget } from '../redact.ts';
import { loadNetworks } from '../tables.ts';
import { ActorBook } from './actors.ts';
import { journalFolder, saveModel, seedOf } from './data-dir.ts';
import { KeptFile } from './kept-file.ts';
import { MitigationRecords } from './ledgering.ts';
import { Models, modelFor, placesOf } from './models.ts';
import { Operator } from './operate.ts';
import { type LiveOptions, note } from './options.ts';
import { LiveRuntime } from './runtime.ts';

/** A state in memory beyond this is kept at the end only: copying it takes too long while requests wait. */
const MAX_COPIED_BYTES = 256 * 1024 * 1024;
/** A state that a run began with takes at most this share of what journals may take. */
const STATE_SHARE = 8;

export type Parts = Awaited<ReturnType<typeof assemble>>;

/** Engine, journal, and what listens to them. */
export async function assemble(
  options: LiveOptions,
  ledger: Ledger,
  dataDir: string,
  clock: () => number,
  startedMs: number,
) {
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
  const { engine, program, state, recompile } = composeEngine(
    { model, seed, policies, disabled, thresholds: flat(thresholds), ...declared },
    ({ builtin }) => {
      actors = new ActorBook({ model, principalsValue: builtin.principals, redact, seed }, operator);
      return actors;
    },
  );
  const file = stateFile(options, { dataDir, clock, program, state, seed, model: () => actors.model });
  const manifestFor = (inForce: LearnedModel, digest: string) => ({
    ...manifestOf({ version, digest, networks: networks.version, policies, model: inForce, seed, latenessMs: 0 }),
    ...(file.resumed !== null && { state: file.resumed.id }),
  });
  Object.assign(manifest, manifestFor(model, program.digest));
  const contextOf = (inForce: LearnedModel, digest: string): JournalContext => ({
    sallyport: version,
    manifest: manifestFor(inForce, digest),
    model: inForce,
    seedHash: seedHash(seed),
    latenessMs: 0,
  });
  const { journal, journalPath } = openJournal(options, dataDir, startedMs, engine, contextOf(model, program.digest));
  if (journal !== null) file.copyTo(journalPath, Math.floor(config.records.journal.max_bytes / STATE_SHARE));
  const runtime = new LiveRuntime({ engine, actors, journal, seed, policies, recompile }, config, file.resumed?.lastMs);
  operator.runtime = runtime;
  operator.records = new MitigationRecords(ledger, (mitigation) => operator.durable(mitigation));
  const save = (next: LearnedModel) => (options.ephemeral ? Promise.resolve() : saveModel(dataDir, next));
  const models = new Models({ runtime, journal, contextOf, ledger, save, onFailure: (error) => note(options, error) });
  return { runtime, operator, journal, journalPath, policies, seed, models, current, state, file };
}

interface Known {
  readonly dataDir: string;
  readonly clock: () => number;
  readonly program: Program;
  readonly state: MemoryState;
  readonly seed: number;
  /** The model in force. */
  readonly model: () => LearnedModel;
}

/** What the run before knew, and where this one keeps what it knows. */
function stateFile(options: LiveOptions, { dataDir, clock, program, state, seed, model }: Known): KeptFile {
  const { loaded, version, ephemeral } = options;
  const { enabled, save_s: saveSec } = loaded.config.records.state;
  const same = {
    sallyport: version,
    layout: layoutDigest(program),
    seed: seedHash(seed),
    workflows: digest(JSON.stringify(loaded.config.workflows)),
  };
  return new KeptFile({
    path: ephemeral || !enabled ? null : join(dataDir, STATE_FILE),
    saveEveryMs: saveSec * 1000,
    content: state,
    isSmall: () => state.statistics().bytes <= MAX_COPIED_BYTES,
    // Routes are added while it runs, and never change their places.
    manifest: (before) => ({ ...same, routes: placesOf(model(), before && Number.parseInt(before.routes, 10)) }),
    clock,
    onFailure: (error) => note(options, error),
  });
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

function flat(thresholds: Readonly<Record<string, Readonly<Record<string, number>>>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(thresholds).flatMap(([id, values]) =>
      Object.entries(values).map(([name, v]) => [`${id}.${name}`, v]),
    ),
  );
}
