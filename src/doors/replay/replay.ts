/** `replay`: events or a journal in, decisions out. The same session as `try`, told at every change of a decision. */
import { createHash } from 'node:crypto';
import { LEVEL } from '../../engine/batch.ts';
import { CLASSES } from '../../engine/detector.ts';
import type { Decision, Engine } from '../../engine/engine.ts';
import { type ActorDimension, DIMENSIONS } from '../../engine/keys.ts';
import { ACTION, ACTIONS } from '../../engine/policy.ts';
import { KEY_VALUES } from '../../engine/program.ts';
import { RISK } from '../../engine/risk.ts';
import { METHODS } from '../../enrich/facts.ts';
import { MILLINATS, probability } from '../../lib/fixed.ts';
import { isJournal } from '../../record/journal/format.ts';
import { actorOf, routeText } from '../../runtime/names.ts';
import type { Recorder } from '../../runtime/recorder.ts';
import type { Action } from '../../runtime/report.ts';
import { journalRun } from './journal.ts';
import type { DecisionLine, ReplayRunOptions, ReplaySummary, RequestLine } from './run.ts';
import type { Session, SessionOptions } from './session.ts';
import { prepare } from './try.ts';

/** Actors whose last decision is remembered, to tell changes from repetitions. */
const REMEMBERED = 100_000;

/** Turns what stands about actors into lines: one per change, and one whenever a mitigation stands for longer. */
class DecisionLines {
  count = 0;
  private readonly last = new Map<string, { readonly action: number; readonly until: number }>();
  private readonly recorder: Recorder;
  private readonly tell: (line: DecisionLine) => void;

  constructor(recorder: Recorder, tell: (line: DecisionLine) => void) {
    this.recorder = recorder;
    this.tell = tell;
    recorder.onStanding = (engine, key, action, classIndex, logOdds) =>
      this.stands(engine, key, action, classIndex, logOdds);
  }

  private stands(engine: Engine, k: number, action: number, classIndex: number, logOdds: number): void {
    const { batch, facts, program, policy } = engine;
    const key = program.keys[k];
    const level = batch.values[key.value + KEY_VALUES.level];
    const id = `${k}|${batch.hi[k]}|${batch.lo[k]}|${level}`;
    const until = action === 0 ? 0 : batch.risk[k * RISK.size + RISK.untilSec] >>> 0;
    const known = this.last.get(id);
    const previous = known?.action ?? 0;
    if (previous === action && (known?.until ?? 0) === until) return;
    if (this.last.size >= REMEMBERED) this.last.clear();
    this.last.set(id, { action, until });
    const profile = this.recorder.profileOf(engine, k);
    const sequence = engine.sequence + 1;
    this.count++;
    this.tell({
      type: 'decision',
      sequence,
      time_ms: facts.now,
      id: `D-${createHash('sha256').update(`${sequence}|${id}|${action}`).digest('hex').slice(0, 10)}`,
      actor: actorOf(DIMENSIONS[key.first] as ActorDimension, facts, this.recorder.model, level),
      action: ACTIONS[action] as Action,
      previous: ACTIONS[previous] as Action,
      class: CLASSES[classIndex],
      risk: probability(logOdds),
      ttl_s: Math.max(0, until - batch.nowSec),
      mode: policy.policy.mode,
      reasons: (profile?.findings ?? [])
        .map((f) => ({ detector: f.instance.detector.id, nats: f.millinats / MILLINATS, why: f.why }))
        .sort((a, b) => b.nats - a.nats),
      policy: policy.policy.version,
    });
  }
}

/** Tells of every request that would have been held, if every policy were in force. */
class HeldRequests {
  count = 0;
  /** What a session is told, so that it asks for it. */
  readonly extra: Pick<SessionOptions, 'onDecision' | 'whatIf'>;
  recorder!: Recorder;
  private readonly tell: (line: RequestLine) => void;

  constructor(tell: (line: RequestLine) => void) {
    this.tell = tell;
    this.extra = { whatIf: true, onDecision: (engine, decision, response) => this.decided(engine, decision, response) };
  }

  private decided(engine: Engine, { would, wouldKey, wouldClass }: Decision, response: boolean): void {
    if (response || would < ACTION.throttle) return;
    const { batch, facts, program } = engine;
    const key = program.keys[wouldKey];
    const { model } = this.recorder;
    this.count++;
    this.tell({
      type: 'request',
      sequence: engine.sequence,
      time_ms: facts.batch.timeMs[facts.row],
      address: actorOf('ip', facts, model, LEVEL.own).key,
      method: METHODS[facts.method] ?? '',
      route: routeText(facts, model),
      action: ACTIONS[would] as Action,
      actor: actorOf(DIMENSIONS[key.first] as ActorDimension, facts, model, batch.values[key.value + KEY_VALUES.level]),
      class: CLASSES[wouldClass],
    });
  }
}

/** Replays logs, event files or one journal and tells every change of a decision. */
export async function runReplay(options: ReplayRunOptions): Promise<ReplaySummary> {
  const held = options.onRequest === undefined ? null : new HeldRequests(options.onRequest);
  if (options.inputs.length === 1 && isJournal(options.inputs[0])) return replayJournal(options, held);
  const { session, tally, run } = await prepare(options, held?.extra);
  const lines = listen(session, options, held);
  await run();
  return summaryOf(session, lines.count, tally.badLines(), held);
}

async function replayJournal(options: ReplayRunOptions, held: HeldRequests | null): Promise<ReplaySummary> {
  const journal = await journalRun(options, held?.extra);
  const { session } = journal;
  const lines = listen(session, options, held);
  journal.run();
  const summary = summaryOf(session, lines.count, {}, held);
  const about = journal.summary();
  return about === null ? summary : { ...summary, events: about.events, journal: about };
}

function listen({ parts }: Session, { onDecision }: ReplayRunOptions, held: HeldRequests | null): DecisionLines {
  if (held !== null) held.recorder = parts.recorder;
  return new DecisionLines(parts.recorder, onDecision);
}

function summaryOf(
  session: Session,
  decisions: number,
  badLines: Record<string, number>,
  held: HeldRequests | null,
): ReplaySummary {
  return {
    type: 'summary',
    events: session.parts.engine.sequence,
    decisions,
    ...(held !== null && { held: held.count }),
    bad_lines: badLines,
    decision_hash: session.hash(),
    manifest: session.manifest,
  };
}
