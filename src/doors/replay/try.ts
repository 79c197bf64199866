/** `try`: access logs in, a report out. The path of one run, from files to findings. */
import { readFileSync } from 'node:fs';
import { defaultConfig } from '../../config/load.ts';
import { requestsPerDay } from '../../config/plans.ts';
import { workflowsOf } from '../../config/workflows.ts';
import { dataAgeDays } from '../../enrich/network.ts';
import { SallyportError } from '../../lib/errors.ts';
import { buildReport, findingReport } from '../../runtime/build-report.ts';
import { configuredRoutes, enrichmentSetup } from '../../runtime/enrichment.ts';
import { OrderBuffer } from '../../runtime/order.ts';
import { policiesOf } from '../../runtime/policies.ts';
import { redactor } from '../../runtime/redact.ts';
import type { Report } from '../../runtime/report.ts';
import { loadNetworks } from '../../runtime/tables.ts';
import { SpareBuffers } from './input/spare.ts';
import { learnModel } from './learn.ts';
import { mergeSources } from './merge.ts';
import { createPool, type StagePool } from './pool.ts';
import type { RunOptions, TryRunOptions } from './run.ts';
import { Session, type SessionOptions } from './session.ts';
import { Sources } from './sources.ts';
import { Tally } from './tally.ts';

export const VERSION = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Everything of a run that was found out before the first event: formats, model, session. */
export interface Prepared {
  readonly sources: Sources;
  readonly session: Session;
  readonly order: OrderBuffer;
  readonly tally: Tally;
  run(stop?: () => boolean): Promise<void>;
}

/** Finds out formats, learns the model and puts a session together; nothing has been judged yet. */
export async function prepare(
  options: RunOptions & { follow?: boolean; journal?: string },
  extra: Pick<SessionOptions, 'onDecision' | 'whatIf'> = {},
): Promise<Prepared> {
  const loaded = options.config ?? defaultConfig();
  const { config } = loaded;
  const seed = options.seed ?? config.seed;
  const latenessMs = options.latenessMs ?? config.lateness_s * 1000;
  const sources = await Sources.open(options, config);
  const setup = enrichmentSetup(loaded, seed);
  const model = await learnModel(sources.beginnings(), sources.specs, setup, configuredRoutes(loaded), latenessMs);
  const networks = await loadNetworks(loaded.networks);
  const session = new Session({
    version: VERSION,
    model,
    networks,
    seed,
    latenessMs,
    inputs: sources.names,
    disabled: config.detectors.disabled,
    thresholds: flatten(config.detectors.thresholds),
    workflows: workflowsOf(config.workflows),
    plans: requestsPerDay(config.plans),
    policies: policiesOf(config),
    redact: redactor(config.privacy.redact_patterns),
    journal: options.journal,
    ...extra,
  });
  const spare = new SpareBuffers();
  let pool: StagePool | undefined;
  const order = new OrderBuffer(latenessMs, session.apply, (rows) => {
    session.release(rows);
    pool?.recycle(rows);
  });
  const tally = new Tally(sources, options.onProgress);
  const run = async (stop: () => boolean = () => false): Promise<void> => {
    pool = await createPool({ enrichment: { ...setup, model }, formats: sources.specs }, options.workers ?? 1, spare);
    try {
      const halted = (): boolean => stop() || options.signal?.aborted === true || session.stopped;
      await mergeSources(
        sources.merge(options.signal, spare),
        pool,
        order,
        (staged) => tally.add(staged, session.parts.recorder),
        halted,
      );
      if (!session.stopped) order.finish();
    } finally {
      await pool.close();
      session.close();
    }
  };
  return { sources, session, order, tally, run };
}

/** Thresholds by `detector.name`, as the compiler takes them. */
export function flatten(
  thresholds: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(thresholds).flatMap(([id, values]) =>
      Object.entries(values).map(([name, value]) => [`${id}.${name}`, value] as const),
    ),
  );
}

/**
 * Reads access logs and reports who abused the API. Bad lines are counted, never thrown; SallyportError where nothing
 * could be read at all. Aborting the signal ends reading and reports what is known so far.
 */
export async function runTry(options: TryRunOptions): Promise<Report> {
  const started = performance.now();
  const { sources, session, order, tally, run } = await prepare(options);
  const { recorder, state, engine, policies } = session.parts;
  if (options.onFinding !== undefined) {
    const { onFinding } = options;
    recorder.onFinding = (_engine, finding, _millinats, isNew) => {
      if (isNew) onFinding(findingReport(finding));
    };
  }
  if (options.snapshot !== undefined && sources.exists(options.snapshot)) session.resume(options.snapshot);
  session.stopAfter = options.stopAfterEvents ?? Number.POSITIVE_INFINITY;
  await run();
  if (options.snapshot !== undefined) session.save(options.snapshot);
  if (tally.exchanges === 0 && tally.lines === 0) throw new SallyportError('SP2002', 'the input holds no line');
  const statistics = state.statistics();
  return buildReport(recorder, policies.base, {
    sallyport: VERSION,
    generated_input: sources.generated,
    inputs: tally.inputs(),
    events: engine.sequence,
    exchanges: tally.exchanges,
    lines: tally.lines,
    bad_lines: tally.badLines(),
    bad_line_samples: tally.samples,
    late_events: order.late,
    notes: notesOf(sources, order, tally, statistics.collapsed, session),
    elapsed_s: (performance.now() - started) / 1000,
    actors_seen: statistics.records,
    decision_hash: session.hash(),
    manifest: session.manifest,
  });
}

/** What a reader has to know to weigh the report. */
function notesOf(sources: Sources, order: OrderBuffer, tally: Tally, collapsed: number, session: Session): string[] {
  const notes = [...sources.notes];
  const { model, parts } = session;
  notes.push(
    model.baselines.origin === 'learned'
      ? 'Baselines were learned from this log itself.'
      : 'The log is too small to learn what is usual from it: baselines are assumed.',
  );
  if (order.late > 0)
    notes.push(`${order.late} events came later than the lateness bound and were applied at the time of the last one.`);
  if (order.forcedSeconds > 0)
    notes.push(
      `${order.forcedSeconds} seconds of log were applied before the lateness bound, because too many lines were waiting.`,
    );
  if (collapsed > 0)
    notes.push(
      `${collapsed} events of new addresses were counted for their network, because there were too many addresses.`,
    );
  if (tally.assumedDurations) notes.push('The log has no durations: 50 ms were assumed for each exchange.');
  const age = dataAgeDays(sources.networksDate, parts.recorder.timeline.lastMs);
  if (age > 365)
    notes.push(`The table of networks is ${age} days older than the log; some addresses have moved since.`);
  return notes;
}
