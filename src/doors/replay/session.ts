/**
 * The stateful half of a run: ordering, engine, recorder and — where asked for — journal and snapshot. Whoever supplies
 * events, a log or a journal, drives the same session; that is why live and replay decide alike.
 */

import type { Decision, Engine } from '../../engine/engine.ts';
import type { FactBatch } from '../../enrich/facts.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import type { NetworkLookup } from '../../enrich/network.ts';
import { JournalWriter, packDecision } from '../../record/journal/single.ts';
import { AS_THEY_ARE } from '../../record/journal/texts.ts';
import { assertFits, readSnapshot, writeSnapshot } from '../../record/snapshot.ts';
import { type Composed, type ComposeOptions, compose } from '../../runtime/compose.ts';
import { decisionHash, manifestOf } from '../../runtime/manifest.ts';
import { redactTarget } from '../../runtime/redact.ts';

export interface SessionOptions extends Omit<ComposeOptions, 'model' | 'networks'> {
  readonly version: string;
  readonly model: LearnedModel;
  readonly networks: NetworkLookup;
  readonly latenessMs: number;
  readonly inputs: readonly string[];
  readonly journal?: string;
  /** Called after every event, with the decision. */
  readonly onDecision?: (engine: Engine, decision: Decision, response: boolean) => void;
}

export class Session {
  readonly parts: Composed;
  /** What the run depends on. The replay of a live journal takes over what the journal says. */
  manifest: Readonly<Record<string, string>>;
  readonly model: LearnedModel;
  private readonly options: SessionOptions;
  private readonly journal: JournalWriter | undefined;
  /** Events of the input that a snapshot has already accounted for: passed over without being applied. */
  private skip = 0;
  private seen = 0;
  /** True once `stopAfterEvents` was reached. */
  stopped = false;
  stopAfter = Number.POSITIVE_INFINITY;

  constructor(options: SessionOptions) {
    this.options = options;
    this.model = options.model;
    this.parts = compose(options);
    this.manifest = manifestOf({
      version: options.version,
      digest: this.parts.program.digest,
      networks: options.networks.version,
      policies: this.parts.policies,
      model: options.model,
      seed: options.seed,
      latenessMs: options.latenessMs,
    });
    if (options.journal !== undefined)
      this.journal = new JournalWriter(
        options.journal,
        {
          sallyport: options.version,
          manifest: this.manifest,
          model: options.model,
          seed: options.seed,
          lateness_ms: options.latenessMs,
          inputs: options.inputs,
        },
        {
          redact: (_, text) => redactTarget(text),
          touch: { ...AS_THEY_ARE.touch, target: 'parameters', referrer: 'parameters' },
        },
      );
  }

  /** Applies one event of an ordered sequence. */
  readonly apply = (rows: FactBatch, row: number, response: boolean, nowMs: number): void => {
    if (this.seen++ < this.skip || this.stopped) return;
    const { engine, recorder } = this.parts;
    // The state in memory answers at once; a shared one has a session of its own.
    const decision = engine.step(rows, row, response, nowMs) as Decision;
    recorder.event(nowMs, response, rows.status[row]);
    this.journal?.append(rows, row, response, nowMs, packDecision(decision));
    this.options.onDecision?.(engine, decision, response);
    if (engine.sequence >= this.stopAfter) this.stopped = true;
  };

  /** Every event of a batch was applied. */
  readonly release = (rows: FactBatch): void => {
    this.journal?.forget(rows);
  };

  hash(): string {
    return decisionHash(this.parts.engine, this.manifest);
  }

  /** Goes on from a snapshot: events up to its sequence number are passed over. */
  resume(path: string): void {
    const snapshot = readSnapshot(path);
    assertFits(snapshot, this.manifest);
    const { engine, state, recorder, program } = this.parts;
    state.restore(snapshot.state);
    recorder.restore(snapshot.recorder, program.instances);
    engine.sequence = snapshot.sequence;
    engine.hashHi = snapshot.hashHi;
    engine.hashLo = snapshot.hashLo;
    this.skip = snapshot.sequence;
  }

  save(path: string): void {
    const { engine, state, recorder } = this.parts;
    writeSnapshot(path, {
      manifest: this.manifest,
      model: this.model,
      sequence: engine.sequence,
      hashHi: engine.hashHi,
      hashLo: engine.hashLo,
      state: state.snapshot(),
      recorder: recorder.snapshot(),
    });
  }

  close(): void {
    this.journal?.close();
  }
}
