/** What an operator sees of the running engine and may do to it: {@link OperatorPort} over the runtime and the ledger. */
import type { ControlRecord, KeyRef, UndoEffect, UndoOrder } from '../../engine/control.ts';
import { DIMENSIONS, POPULATIONS } from '../../engine/keys.ts';
import type { Program } from '../../engine/program.ts';
import type { StateStatistics } from '../../engine/state.ts';
import { concernedBy } from '../../engine/undo.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { PolicySource } from '../../policy/source.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import { decisionHash } from '../manifest.ts';
import type { OutputStatus } from '../outputs/output.ts';
import type { ActorListener, Found, LiveActor, LiveMitigation } from './actors.ts';
import type { MitigationRecords } from './ledgering.ts';
import type { LiveEvent, LiveStatus, Mitigation, OperatorPort, Tick, UndoReceipt } from './operator.ts';
import type { LiveRuntime } from './runtime.ts';
import { sentenceOf, viewOf } from './words.ts';

/** Mitigations that are over and still shown. */
const MAX_PAST = 2000;
/** How long the same evidence is not held against an actor whose mitigation was taken back, and for how many requests. */
export const GRACE_SEC = 3600;
export const GRACE_REQUESTS = 20_000;
export interface OperatorOptions {
  readonly version: string;
  readonly startedMs: number;
  readonly clock: () => number;
  readonly ledger: Ledger;
  readonly manifest: Readonly<Record<string, string>>;
  readonly policiesFor: (mode: 'observe' | 'enforce') => PolicySource;
  /** What only the door knows. */
  readonly facts: () => Pick<LiveStatus, 'workers' | 'upstreams'>;
}

interface Shown {
  readonly actor: LiveActor;
  readonly mitigation: LiveMitigation;
  sentence: string;
  /** Requests met when listeners were last told. */
  told: number;
}

export class Operator implements OperatorPort, ActorListener {
  runtime!: LiveRuntime;
  records!: MitigationRecords;
  mode: 'observe' | 'enforce';
  /** Findings by detector: for metrics. */
  readonly findings = new Map<string, number>();
  started_total = 0;
  /** Who tells others: of findings as they come, of mitigations once a second. */
  found: ((found: Found) => void) | null = null;
  outputs: () => readonly OutputStatus[] = () => [];
  witness: { mitigation(actor: LiveActor, mitigation: Mitigation): void } | null = null;
  private readonly options: OperatorOptions;
  private readonly listeners = new Set<(event: LiveEvent) => void>();
  private readonly shown = new Map<string, Shown>();
  private lastTickSec = 0;
  private dirty = new Set<string>();

  constructor(options: OperatorOptions, mode: 'observe' | 'enforce') {
    this.options = options;
    this.mode = mode;
  }

  started(actor: LiveActor, mitigation: LiveMitigation): void {
    this.started_total++;
    const sentence = sentenceOf(actor, mitigation);
    this.shown.set(mitigation.id, { actor, mitigation, sentence, told: -1 });
    if (this.shown.size > MAX_PAST) this.forgetOne();
    this.runtime.countLeaked(actor);
    this.runtime.parts.journal?.promote(actor.ref.hi, actor.ref.lo);
    this.runtime.learning?.foundOut(actor.ref.dimension, actor.came);
    this.records.add('started', actor, mitigation, sentence);
    this.tell(mitigation.id);
  }

  /** It stood before a restart, and stands again. '' where nobody knows what was said about it. */
  restored(actor: LiveActor, mitigation: LiveMitigation, sentence: string): void {
    this.shown.set(mitigation.id, {
      actor,
      mitigation,
      sentence: sentence === '' ? sentenceOf(actor, mitigation) : sentence,
      told: -1,
    });
    if (this.shown.size > MAX_PAST) this.forgetOne();
  }

  renewed(actor: LiveActor, mitigation: LiveMitigation): void {
    const shown = this.shown.get(mitigation.id);
    if (shown !== undefined) shown.sentence = sentenceOf(actor, mitigation);
    this.records.add('renewed', actor, mitigation, shown?.sentence ?? '');
    this.tell(mitigation.id);
  }

  ended(actor: LiveActor, mitigation: LiveMitigation): void {
    if (mitigation.status === 'expired') this.records.add('ended', actor, mitigation, '');
    this.tell(mitigation.id);
  }

  finding(detector: string): void {
    this.findings.set(detector, (this.findings.get(detector) ?? 0) + 1);
  }

  /** Its entry in the ledger is durable. */
  durable(mitigation: LiveMitigation): void {
    mitigation.status = 'active';
    this.tell(mitigation.id);
  }

  /** Once a second: what ran out ends, the ledger gets what waits, and who listens gets the second that is over. */
  async second(nowMs: number): Promise<void> {
    const { runtime } = this;
    runtime.parts.actors.sweep(nowMs);
    const sec = Math.floor(nowMs / 1000) - 1;
    runtime.ticks.at(sec + 1);
    for (const changed of runtime.changedSeconds)
      if (changed < sec) this.send({ type: 'tick', tick: { ...runtime.ticks.at(changed) } });
    runtime.changedSeconds.clear();
    for (let s = Math.max(this.lastTickSec + 1, sec - 5); s <= sec; s++)
      if (runtime.ticks.has(s)) this.send({ type: 'tick', tick: { ...runtime.ticks.at(s) } });
    this.lastTickSec = Math.max(this.lastTickSec, sec);
    for (const actor of runtime.parts.actors.active()) {
      const { mitigation } = actor;
      if (mitigation !== null && this.shown.get(mitigation.id)?.told !== mitigation.requestsMet)
        this.dirty.add(mitigation.id);
    }
    for (const id of this.dirty) {
      const shown = this.shown.get(id);
      if (shown !== undefined) shown.told = shown.mitigation.requestsMet;
      if (shown === undefined) continue;
      const mitigation = this.view(shown);
      this.witness?.mitigation(shown.actor, mitigation);
      this.send({ type: 'mitigation', mitigation });
    }
    this.dirty.clear();
    if (this.listeners.size > 0) this.send({ type: 'status', status: this.status() });
    await this.records.flush(nowMs);
  }

  status(): LiveStatus {
    const { options, runtime } = this;
    const outputs = this.outputs();
    const { engine } = runtime.parts;
    const { model } = runtime.parts.actors;
    return {
      version: options.version,
      mode: this.mode,
      started_at: new Date(options.startedMs).toISOString(),
      now: new Date(options.clock()).toISOString(),
      requests: runtime.requests,
      events: engine.sequence,
      decision_hash: decisionHash(engine, options.manifest),
      mitigations_active: runtime.parts.actors.activeCount,
      actors: this.actorsSeen(),
      degraded: runtime.degraded,
      policy: runtime.policies.version,
      model: model.version,
      model_learned_at: model.learnedMs === undefined ? '' : new Date(model.learnedMs).toISOString(),
      routes_known: model.routes.filter((route) => route.retired !== true).length,
      learning: runtime.learning?.status() ?? NOT_LEARNING,
      ...options.facts(),
      ...(outputs.length > 0 && { outputs }),
    };
  }

  /** Records by dimension; combinations are the engine's own business. */
  private actorsSeen(): Record<string, number> {
    const { state } = this.runtime.parts.engine as { state: { statistics?: () => StateStatistics } };
    const records = Object.entries(state.statistics?.().records ?? {});
    return Object.fromEntries(records.filter(([name]) => name !== 'all' && !name.includes('×')));
  }

  ticks(): readonly Tick[] {
    return this.runtime.ticks.all();
  }

  mitigations(filter: { active?: boolean; limit?: number } = {}): readonly Mitigation[] {
    const found: Mitigation[] = [];
    for (const shown of [...this.shown.values()].reverse()) {
      const active = shown.mitigation.status === 'active' || shown.mitigation.status === 'pending';
      if (filter.active !== undefined && filter.active !== active) continue;
      found.push(this.view(shown));
      if (found.length >= (filter.limit ?? 200)) break;
    }
    return found;
  }

  mitigation(id: string): Mitigation {
    const shown = this.shown.get(id);
    if (shown === undefined) throw new SallyportError('SP7004', `there is no mitigation ${id}`);
    return this.view(shown);
  }

  async undo(id: string, by: string, reason: string): Promise<UndoReceipt> {
    const shown = this.shown.get(id);
    if (shown === undefined) throw new SallyportError('SP7004', `there is no mitigation ${id}`);
    const { runtime, options } = this;
    const target = runtime.parts.actors.find(id);
    if (target === undefined) throw new SallyportError('SP7005', `mitigation ${id} is ${shown.mitigation.status}`);
    const nowMs = options.clock();
    const derived = this.derivedFrom(target);
    const order = orderOf(runtime.parts.engine.program, target, derived, nowMs);
    const record: ControlRecord = { control: 'undo', timeMs: nowMs, ref: id, data: order };
    const effect = runtime.control(record) as UndoEffect;
    const lifted = [target, ...derived].map((actor) => this.lift(actor, nowMs, by));
    return this.receipt(id, by, reason, nowMs, order, effect, lifted);
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async setMode(mode: 'observe' | 'enforce', by: string, reason: string): Promise<void> {
    const source = this.options.policiesFor(mode);
    const nowMs = this.options.clock();
    this.mode = mode;
    this.runtime.control({ control: 'mode', timeMs: nowMs, ref: `${mode} ${source.version}`, data: source });
    await this.options.ledger.append({ timeMs: nowMs, kind: 'mode.changed', by, reason, data: { mode } });
    this.send({ type: 'status', status: this.status() });
  }

  private lift(actor: LiveActor, nowMs: number, by: string): string {
    const { id } = actor.mitigation as LiveMitigation;
    const { hi, lo } = actor.ref;
    this.runtime.throttle.forget(`${actor.ref.dimension}-${hex(hi)}${hex(lo)}`);
    this.runtime.parts.actors.end(actor, 'undone', nowMs, by);
    return id;
  }

  /**
   * Mitigations of others that rest on this actor's events alone: the session it had, a client nobody else uses; and what
   * rests on theirs in turn, because risk flows from a session to its user and from there to the user's other sessions.
   */
  private derivedFrom(target: LiveActor): LiveActor[] {
    const fallen = new Set([target]);
    // A set gives out what is added to it on the way.
    for (const one of fallen)
      for (const actor of this.runtime.parts.actors.active()) if (restsOn(actor, one)) fallen.add(actor);
    fallen.delete(target);
    return [...fallen];
  }

  private async receipt(
    id: string,
    by: string,
    reason: string,
    nowMs: number,
    order: UndoOrder,
    effect: UndoEffect,
    lifted: readonly string[],
  ): Promise<UndoReceipt> {
    const until = order.untilSec * 1000;
    const target = (this.shown.get(id) as Shown).actor;
    const entry = await this.records.undone({ id, by, reason, nowMs, order, effect, lifted, target });
    const receipt: UndoReceipt = {
      mitigation: id,
      undone_at: new Date(nowMs).toISOString(),
      by,
      reason,
      lifted,
      cleared: effect.cleared,
      restarted: effect.restarted,
      cannot_be_removed: effect.remaining.map((r) => ({ what: r.what, share_percent: r.permille / 10 })),
      grace: { detectors: order.detectors, until: new Date(until).toISOString(), requests: order.events },
      // Every request asks the owner: once it has forgotten, no worker holds anybody.
      enforcers: [{ name: 'gateway', acknowledged: true }],
      ledger: entry,
    };
    this.send({ type: 'undo', receipt });
    return receipt;
  }

  private view(shown: Shown): Mitigation {
    return viewOf(shown.actor, shown.mitigation, shown.sentence);
  }

  private forgetOne(): void {
    for (const [id, { mitigation }] of this.shown) {
      if (mitigation.endedMs === 0) continue;
      this.shown.delete(id);
      return;
    }
    this.shown.delete(this.shown.keys().next().value as string);
  }

  private tell(id: string): void {
    this.dirty.add(id);
  }

  private send(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

/** Was held for requests of the other actor alone: for the same reasons, or for none of its own. */
function restsOn({ came, mixed, reasons }: LiveActor, other: LiveActor): boolean {
  const dimension = DIMENSIONS.indexOf(other.ref.dimension);
  const only = came[2 * dimension] === other.ref.hi && came[2 * dimension + 1] === other.ref.lo;
  if (!only || mixed[dimension] !== 0) return false;
  return reasons.size === 0 || [...other.reasons.keys()].some((detector) => reasons.has(detector));
}

function orderOf(program: Program, target: LiveActor, derived: readonly LiveActor[], nowMs: number): UndoOrder {
  const all = [target, ...derived];
  const populations: KeyRef[] = POPULATIONS.flatMap((dimension) => {
    const at = DIMENSIONS.indexOf(dimension) * 2;
    const [hi, lo] = [target.came[at], target.came[at + 1]];
    return dimension === target.ref.dimension || (hi === 0 && lo === 0) ? [] : [{ dimension, hi, lo }];
  });
  return {
    actors: all.map((actor) => actor.ref),
    populations,
    detectors: concernedBy(
      program,
      all.flatMap((actor) => [...actor.reasons.keys()]),
    ),
    untilSec: Math.floor(nowMs / 1000) + GRACE_SEC,
    events: GRACE_REQUESTS,
  };
}

const NOT_LEARNING = { enabled: false, seen: 0, wanted: 0 } as const;

const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
