/**
 * The owner of state in a running Sallyport: one sequence of events, one engine, and what stands about whom. Doors ask it
 * through {@link OwnerGate}, operators through {@link OperatorPort}.
 */

import type { Config } from '../../config/schema.ts';
import type { ControlRecord } from '../../engine/control.ts';
import { CLASSES } from '../../engine/detector.ts';
import type { Decision, Engine } from '../../engine/engine.ts';
import { ACTION, ACTIONS } from '../../engine/policy.ts';
import { RISK } from '../../engine/risk.ts';
import type { FactBatch } from '../../enrich/facts.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import type { PolicySource } from '../../policy/source.ts';
import { EVENT } from '../../record/journal/block.ts';
import type { JournalDirectory } from '../../record/journal/directory.ts';
import { packDecision } from '../../record/journal/single.ts';
import { applyControl, type Recompile } from '../control.ts';
import type { ActorBook, LiveActor, LiveMitigation } from './actors.ts';
import type { Inventory } from './inventory.ts';
import type { LiveLearning } from './learning.ts';
import { Limiter } from './limiter.ts';
import { MAX_NONCES, Nonces } from './nonces.ts';
import { PlanBook } from './plans/plan-book.ts';
import { tighter } from './plans/tightest.ts';
import { stoppedActor } from './standing.ts';
import { Throttle, throttleSettings } from './throttle.ts';
import { Ticks } from './ticks.ts';
import { ALLOW, type LimitState, type OwnerGate, type Spent, type Verdict } from './verdict.ts';

/** What the live runtime writes events to: the journal on disk. */
export type JournalSink = Pick<JournalDirectory, 'append' | 'control' | 'values' | 'promote'>;

export interface RuntimeParts {
  readonly engine: Engine;
  readonly actors: ActorBook;
  readonly journal: JournalSink | null;
  readonly seed: number;
  readonly policies: PolicySource;
  readonly recompile: Recompile;
}

/** How much of scoring is left out (design, invariant 7): the declared order. */
export const DEGRADATION = { none: 0, content: 1, responses: 2, counters: 3 } as const;

export class LiveRuntime implements OwnerGate {
  readonly parts: RuntimeParts;
  readonly ticks = new Ticks();
  readonly throttle: Throttle;
  readonly limiter: Limiter;
  readonly plans: PlanBook;
  private readonly nonces: Nonces;
  policies: PolicySource;
  /** Learns from what passes. */
  learning: LiveLearning | null = null;
  /** Endpoints that are called; null where nobody keeps them. */
  inventory: Inventory | null = null;
  degraded = 0;
  requests = 0;
  /** Told of every request about which something was decided; null where nobody wants to know. */
  decided: ((verdict: Verdict, rows: FactBatch, row: number, nowMs: number) => void) | null = null;
  /** Seconds whose tick changed after they were over. */
  readonly changedSeconds = new Set<number>();
  /** Unix ms of the last event: time goes on from there. */
  lastMs: number;

  /** `lastMs`: that of the state it goes on from. */
  constructor(parts: RuntimeParts, config: Config, lastMs = 0) {
    this.parts = parts;
    this.lastMs = lastMs;
    this.policies = parts.policies;
    this.throttle = new Throttle(throttleSettings(config));
    this.plans = new PlanBook(config, parts.seed);
    this.limiter = new Limiter(config, (rows, row) => this.plans.ratesCost(rows, row));
    // Workers ask here about signatures, too.
    this.nonces = new Nonces(Math.max(MAX_NONCES, config.identity.signatures.replay_entries));
  }

  request(rows: FactBatch, row: number, nowMs: number, from = 0): Verdict {
    const now = this.advance(nowMs);
    this.requests++;
    this.ticks.at(Math.floor(now / 1000)).requests++;
    const limit = this.limitOf(rows, row, now, from);
    if (this.degraded >= DEGRADATION.counters) return this.unscored(rows, row, now, limit);
    const decision = this.apply(rows, row, false, now, EVENT.admitted);
    if (decision.key < 0 && limit?.exceeded !== true) return limit === null ? ALLOW : { ...ALLOW, limit };
    const verdict = decision.key < 0 ? { ...ALLOW, limit } : this.verdict(decision, rows, row, now, limit);
    if (this.decided !== null && (decision.action > ACTION.allow || limit?.exceeded === true))
      this.decided(verdict, rows, row, now);
    return verdict;
  }

  response(rows: FactBatch, row: number, nowMs: number, admitted: boolean, goesOn = false): void {
    const now = this.advance(nowMs);
    if (goesOn) this.plans.lasts(rows, row, now);
    else this.plans.settle(rows, row, now, admitted);
    const second = Math.floor(now / 1000);
    const status = rows.status[row];
    const tick = this.ticks.at(second);
    if (status >= 500) tick.status_5xx++;
    else if (status >= 400) tick.status_4xx++;
    if (admitted) this.inventory?.observe(rows, row);
    if (this.degraded >= DEGRADATION.responses) return;
    const decision = this.apply(rows, row, true, now, admitted ? EVENT.admitted : 0);
    if (admitted) this.learning?.observe(this.parts.engine, rows, row);
    if (decision.action < ACTION.throttle && admitted) return;
    if (admitted) tick.abusive_served++;
    else {
      tick.abusive_held++;
      if (this.parts.engine.isEstablished()) tick.established_held++;
    }
  }

  lasts(rows: FactBatch, row: number, nowMs: number, ended: boolean, from = 0): void {
    const now = this.advance(nowMs);
    if (ended) this.plans.settle(rows, row, now, true);
    else this.plans.lasts(rows, row, now, from);
  }

  gone(from: number): void {
    this.plans.gone(from);
  }

  business(rows: FactBatch, row: number, nowMs: number): void {
    if (this.degraded >= DEGRADATION.responses) return;
    this.apply(rows, row, true, this.advance(nowMs), EVENT.admitted);
  }

  /** Events and control records that were applied in this run. */
  get events(): number {
    return this.parts.engine.sequence;
  }

  spend(nonce: string, untilMs: number): Spent {
    return this.nonces.spend(nonce, untilMs, this.lastMs);
  }

  departed(endpoint: string, bits: number, undeclared: readonly string[]): void {
    this.inventory?.departed(endpoint, bits, undeclared);
  }

  /** A solved challenge buys passage, not trust: it stands in the sequence and changes no risk. */
  solved(actor: string, classOf: string, nowMs: number): void {
    this.control({ control: 'solved', timeMs: nowMs, ref: `${actor} ${classOf}`, data: null });
  }

  /** Puts a control event at its place in the sequence. */
  control(record: ControlRecord): ReturnType<typeof applyControl> {
    const { engine, journal, seed, recompile } = this.parts;
    const timed = { ...record, timeMs: this.advance(record.timeMs) };
    const effect = applyControl(engine, timed, seed, recompile);
    if (record.control === 'policy' || record.control === 'mode') this.policies = record.data as PolicySource;
    else if (record.control === 'model') this.parts.actors.model = record.data as LearnedModel;
    journal?.control(timed);
    return effect;
  }

  setDegradation(level: number, reason: string, nowMs: number): void {
    if (level === this.degraded) return;
    this.degraded = level;
    this.control({ control: 'degradation', timeMs: nowMs, ref: `${level} ${reason}`, data: { level, reason } });
  }

  /** Requests of an actor that was found out count as abuse from its first evidence on. */
  countLeaked(actor: LiveActor): void {
    for (const [second, requests] of actor.seconds) {
      if (!this.ticks.has(second)) continue;
      const tick = this.ticks.at(second);
      const room = tick.requests - tick.abusive_served - tick.abusive_held;
      tick.abusive_served += Math.max(0, Math.min(room, requests));
      this.changedSeconds.add(second);
    }
  }

  /** The tightest of plan and limits. Whom one of them refuses, that request takes nothing from the other. */
  private limitOf(rows: FactBatch, row: number, now: number, from: number): LimitState | null {
    const plan = this.plans.admit(rows, row, now, from);
    if (plan?.exceeded) return plan;
    const limit = this.limiter.check(rows, row, now);
    if (limit?.exceeded) this.plans.withdraw(rows, row);
    return tighter(limit, plan);
  }

  /** Inside the engine time never runs backwards. */
  private advance(nowMs: number): number {
    if (nowMs > this.lastMs) this.lastMs = nowMs;
    return this.lastMs;
  }

  private apply(rows: FactBatch, row: number, response: boolean, now: number, flags: number): Decision {
    const { engine, journal } = this.parts;
    // The state in memory answers at once.
    const decision = engine.step(rows, row, response, now) as Decision;
    const { fresh, begun } = this.parts.actors;
    const found = fresh.length > 0 || begun.length > 0;
    if (journal !== null) {
      journal.append(rows, row, response, now, packDecision(decision), found ? flags | EVENT.keep : flags);
      if (found) journal.values({ evidence: [...fresh], ...(begun.length > 0 ? { begun: [...begun] } : {}) });
    }
    // Also where nobody writes them down: they are about this event only.
    if (found) {
      fresh.length = 0;
      begun.length = 0;
    }
    return decision;
  }

  /**
   * Whose pace a throttled request takes from. A session lasts as long as its bearer likes: where its user is slowed down,
   * too, the pace is the user's, so that logging in again brings no fresh one.
   */
  private pacedActor(key: number): string {
    const { batch, program } = this.parts.engine;
    if (program.keys[key].name !== 'session') return this.nameOf(key);
    const user = program.keys.findIndex((k) => k.name === 'principal');
    const slowed =
      user >= 0 && batch.hasRisk[user] !== 0 && batch.risk[user * RISK.size + RISK.action] >= ACTION.throttle;
    return this.nameOf(slowed ? user : key);
  }

  private nameOf(key: number): string {
    const { batch, program } = this.parts.engine;
    return `${program.keys[key].name}-${hex(batch.hi[key])}${hex(batch.lo[key])}`;
  }

  /** Nothing is scored: limits and what stands are left. */
  private unscored(rows: FactBatch, row: number, now: number, limit: LimitState | null): Verdict {
    const { engine, actors } = this.parts;
    const stopped = stoppedActor(engine, actors, rows, row, now);
    if (stopped === null) return limit === null ? ALLOW : { ...ALLOW, limit };
    const { ref, risk } = stopped;
    const mitigation = stopped.mitigation as LiveMitigation;
    mitigation.requestsMet++;
    const action = ACTIONS[mitigation.action];
    const actor = `${ref.dimension}-${hex(ref.hi)}${hex(ref.lo)}`;
    const cost = rows.cost[row];
    const delayMs = action === 'throttle' ? this.throttle.delay(actor, '', cost, now) : 0;
    return {
      action,
      planned: action,
      mode: mitigation.mode,
      class: CLASSES[mitigation.classIndex],
      risk,
      mitigation: mitigation.id,
      untilMs: mitigation.untilSec * 1000,
      actor,
      dimension: ref.dimension,
      delayMs,
      retryAfterSec:
        delayMs < 0
          ? this.throttle.retryAfterSec(actor, '', cost, now)
          : Math.max(1, mitigation.untilSec - Math.floor(now / 1000)),
      credential: rows.credentialLo[row] === 0 ? '' : hex(rows.credentialHi[row]) + hex(rows.credentialLo[row]),
      limit,
    };
  }

  private verdict(d: Decision, rows: FactBatch, row: number, now: number, limit: LimitState | null): Verdict {
    const { engine, actors } = this.parts;
    const acting = d.act > 0;
    const key = acting ? d.actKey : d.key;
    const standing = actors.standing(engine, key);
    const at = key * RISK.size;
    const untilSec = engine.batch.risk[at + RISK.untilSec] >>> 0;
    const actor = this.nameOf(key);
    const classIndex = acting ? d.actClass : d.classIndex;
    const compiled = engine.policies === undefined ? engine.policy : engine.policies.at(engine.facts);
    let delayMs = 0;
    let retryAfterSec = Math.max(1, untilSec - Math.floor(now / 1000));
    if (d.act === ACTION.throttle) {
      const shared = d.actLimit !== 0;
      const paced = this.pacedActor(key);
      const client = shared ? `${hex(rows.fingerprintHi[row])}${hex(rows.fingerprintLo[row])}` : '';
      delayMs = this.throttle.delay(paced, client, rows.cost[row], now);
      if (delayMs < 0) retryAfterSec = this.throttle.retryAfterSec(paced, client, rows.cost[row], now);
    }
    const credential = rows.credentialLo[row] === 0 ? '' : hex(rows.credentialHi[row]) + hex(rows.credentialLo[row]);
    return {
      action: ACTIONS[d.act],
      planned: ACTIONS[d.action],
      mode: compiled.policy.classes[CLASSES[classIndex]].mode ?? compiled.policy.mode,
      class: CLASSES[classIndex],
      risk: standing?.risk ?? 0,
      mitigation: standing?.mitigation?.id ?? '',
      untilMs: untilSec * 1000,
      actor,
      dimension: engine.program.keys[key].name,
      delayMs,
      retryAfterSec,
      credential,
      limit,
    };
  }
}

const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
