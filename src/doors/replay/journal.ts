/** A journal as the input of a run: the events of one run over logs, or the whole sequence of a live Sallyport. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultConfig, type LoadedConfig } from '../../config/load.ts';
import { requestsPerDay } from '../../config/plans.ts';
import { workflowsOf } from '../../config/workflows.ts';
import type { ControlRecord } from '../../engine/control.ts';
import type { Engine } from '../../engine/engine.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { journalFolderAt, readHeader } from '../../record/journal/format.ts';
import {
  type JournalReader,
  openJournalDirectory,
  partialReasons,
  type RecordedEvent,
} from '../../record/journal/reader.ts';
import { seedOfJournal } from '../../record/journal/seed.ts';
import { openJournal } from '../../record/journal/single.ts';
import type { ValuesRecord } from '../../record/journal/values.ts';
import { readKeptState, STATE_FILE } from '../../record/snapshot.ts';
import { applyControl, type Recompile } from '../../runtime/control.ts';
import { policiesOf } from '../../runtime/policies.ts';
import { redactor } from '../../runtime/redact.ts';
import { loadNetworks } from '../../runtime/tables.ts';
import { layoutDigest } from '../../state/kept.ts';
import type { JournalSummary, RunOptions } from './run.ts';
import { Session, type SessionOptions } from './session.ts';
import { flatten, VERSION } from './try.ts';

/** Applies a control record at its place. */
export type ApplyControl = (engine: Engine, record: ControlRecord, seed: number, recompile: Recompile) => void;

export interface JournalExtra extends Pick<SessionOptions, 'onDecision' | 'whatIf'> {
  readonly control?: ApplyControl;
}

/** A journal that is open, and a session under the model, seed and lateness that it was written with. */
export interface JournalRun {
  readonly session: Session;
  /** Applies everything, in sequence. */
  run(): void;
  /** What it is worth that this run has come to: null for a journal of a run over logs, which is always whole. */
  summary(): JournalSummary | null;
  /** Values that the journal keeps, each with the event they are about. Applies nothing. */
  values(visit: (event: RecordedEvent, record: ValuesRecord) => void): void;
}

/** Opens the journal that a run is about. */
export async function journalRun(options: RunOptions, extra: JournalExtra = {}): Promise<JournalRun> {
  const [path] = options.inputs;
  return isLive(path) ? new LiveRun(path, options, extra).open() : singleRun(path, options, extra);
}

/** A folder, or one segment of it. */
function isLive(path: string): boolean {
  if (journalFolderAt(path) !== undefined) return true;
  const fd = openSync(path, 'r');
  try {
    return readHeader(fd, path)[0].kind === 'segment';
  } finally {
    closeSync(fd);
  }
}

async function singleRun(path: string, options: RunOptions, extra: JournalExtra): Promise<JournalRun> {
  const journal = openJournal(path);
  const { header } = journal;
  assertVersion(path, header.sallyport);
  const loaded = options.config ?? defaultConfig();
  const { model, seed, lateness_ms: latenessMs, inputs } = header;
  const session = new Session({ ...(await common(loaded, extra)), model, seed, latenessMs, inputs });
  return {
    session,
    run: () => {
      for (const e of journal.events()) session.apply(e.rows, e.row, e.response, e.nowMs);
      journal.close();
    },
    summary: () => null,
    values: () => undefined,
  };
}

function assertVersion(path: string, version: string): void {
  if (version !== VERSION)
    throw new SallyportError('SP4003', `${path} was written by Sallyport ${version}, this is ${VERSION}`);
}

/** What a session has of the configuration, whatever the journal. */
async function common(loaded: LoadedConfig, { onDecision, whatIf }: JournalExtra) {
  const { config } = loaded;
  return {
    version: VERSION,
    networks: await loadNetworks(loaded.networks),
    disabled: config.detectors.disabled,
    thresholds: flatten(config.detectors.thresholds),
    workflows: workflowsOf(config.workflows),
    plans: requestsPerDay(config.plans),
    policies: policiesOf(config),
    redact: redactor(config.privacy.redact_patterns),
    onDecision,
    whatIf,
  };
}

/** Parts of a manifest that control records bring into force, whatever the configuration of the replay says. */
const RECORDED: ReadonlySet<string> = new Set(['policy']);

class LiveRun implements JournalRun {
  session!: Session;
  private readonly path: string;
  private readonly options: RunOptions;
  private readonly extra: JournalExtra;
  private readonly reader: JournalReader;
  private readonly control: ApplyControl;
  private seed = 0;
  private events = 0;
  private controls = 0;
  private differsAt: number | null = null;

  constructor(path: string, options: RunOptions, extra: JournalExtra) {
    this.path = path;
    this.options = options;
    this.extra = extra;
    this.reader = openJournalDirectory(path);
    this.control = extra.control ?? applyControl;
  }

  async open(): Promise<this> {
    const { header, model } = this.reader;
    assertVersion(this.path, header.sallyport);
    const loaded = this.options.config ?? defaultConfig();
    this.seed = seedOfJournal(this.path, header.seed_hash, this.options.seed, loaded.config.seed);
    const latenessMs = header.lateness_ms;
    const parts = await common(loaded, this.extra);
    this.session = new Session({ ...parts, model, seed: this.seed, latenessMs, inputs: [this.path] });
    this.beginWhereItBegan(header.manifest.state);
    // What the journal says was in force, was: the hash is that of the live run where everything else is the same.
    if (this.otherwise().length === 0) this.session.manifest = header.manifest;
    return this;
  }

  /** A run that went on from the state of the one before has it beside its journal; where it is gone, a summary says so. */
  private beginWhereItBegan(id: string | undefined): void {
    const file = join(journalFolderAt(this.path) ?? dirname(this.path), STATE_FILE);
    if (id === undefined || !existsSync(file)) return;
    const kept = readKeptState(file);
    const { program, state } = this.session.parts;
    if (kept.id !== id || kept.manifest.layout !== layoutDigest(program)) return;
    state.restore(kept.state);
    this.session.manifest = { ...this.session.manifest, state: id };
  }

  run(): void {
    const { engine } = this.session.parts;
    const { header } = this.reader;
    engine.sequence = header.first_sequence;
    [engine.hashHi, engine.hashLo] = header.lanes;
    this.events = 0;
    this.controls = 0;
    this.differsAt = null;
    for (const entry of this.reader.entries()) {
      if (entry.type === 'event' && !entry.promoted) {
        // Over a gap, numbers stay those of the live run.
        engine.sequence = entry.sequence - 1;
        this.session.apply(entry.rows, entry.row, entry.response, entry.nowMs);
        this.events++;
      } else if (entry.type === 'control') {
        this.apply(entry.record);
        engine.sequence = entry.sequence;
        this.controls++;
      } else if (entry.type === 'mark' && this.differsAt === null) {
        const same = engine.hashHi === entry.hashHi && engine.hashLo === entry.hashLo;
        if (!same || engine.sequence !== entry.sequence) this.differsAt = entry.sequence;
      }
    }
  }

  private apply(record: ControlRecord): void {
    const { engine, recorder, recompile } = this.session.parts;
    this.control(engine, record, this.seed, recompile);
    if (record.control === 'model') recorder.model = record.data as LearnedModel;
  }

  summary(): JournalSummary {
    const completeness = this.reader.completeness();
    const partial = [
      ...partialReasons(completeness),
      ...this.otherwise().map((name) => `${name}: another one was in force than is now`),
    ];
    const agrees = this.differsAt === null;
    // A journal that is whole and decides otherwise has been decided by other code.
    if (partial.length === 0 && !agrees) partial.push(`decisions: they differ before record ${this.differsAt}`);
    return {
      events: this.events,
      controls: this.controls,
      promoted: completeness.promoted,
      partial,
      torn: completeness.torn,
      same_as_live: partial.length === 0,
    };
  }

  values(visit: (event: RecordedEvent, record: ValuesRecord) => void): void {
    let last: RecordedEvent | undefined;
    for (const entry of this.reader.entries()) {
      if (entry.type === 'event') last = entry;
      // What was read is judged against the baselines of its time.
      else if (entry.type === 'control' && entry.record.control === 'model') this.apply(entry.record);
      else if (entry.type === 'values' && last?.sequence === entry.sequence) visit(last, entry.record);
    }
  }

  /** Parts of the manifest that are not those of the live run. */
  private otherwise(): string[] {
    const then = this.reader.header.manifest;
    const now = this.session.manifest;
    return Object.keys({ ...then, ...now }).filter((name) => !RECORDED.has(name) && then[name] !== now[name]);
  }
}

/** Whether anything stands in a journal about how sure its replay is: for people. */
export function journalNotes(summary: JournalSummary | null): string[] {
  if (summary === null || summary.partial.length === 0) return [];
  return [
    `The journal is not the whole sequence, decisions may differ from those of the live run (${summary.partial.join('; ')}).`,
  ];
}
