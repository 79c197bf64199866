/**
 * The engine: one event in, one decision out. It reads no clock, draws no random number and does no I/O; the only thing
 * it may wait for is the one `state.apply`.
 *
 *     plan → state.apply → judge → decide → settle
 */
import type { FactBatch } from '../enrich/facts.ts';
import { hashString } from '../lib/hash.ts';
import { type Batch, createBatch } from './batch.ts';
import type { ImposeOrder, UndoEffect, UndoOrder } from './control.ts';
import {
  type CompiledPolicy,
  ceiling,
  ceilingOf,
  climb,
  isEnforced,
  LIMIT,
  proposal,
  propose,
  stakeOf,
} from './decide.ts';
import { Facts } from './facts.ts';
import { type Falling, fallsOn, isEstablished } from './falls.ts';
import { type ActorDimension, DIMENSIONS, isPopulation } from './keys.ts';
import type { Homes } from './known.ts';
import { plan } from './plan.ts';
import { type Instance, KEY_VALUES, type Program } from './program.ts';
import { addEvidence, decay, passOn, RISK } from './risk.ts';
import type { StatePort } from './state.ts';
import { Graces, takeBack } from './undo.ts';

/** The most that can speak for an actor, in millinats (catalogue, Fusion 1): good behaviour is cheap to show. */
const EXCULPATING_MOST = -2000;
/** Of an undo that has only granted a grace. */
const UNCHANGED: UndoEffect = { cleared: [], restarted: [], remaining: [] };

/** What was decided about one event. One object, reused: copy what is kept. */
export interface Decision {
  /** Index in ACTIONS; the harshest of the actors involved. */
  action: number;
  /** Key index of the actor it is about, −1 for none. */
  key: number;
  classIndex: number;
  /** Log-odds of that class in millinats. */
  logOdds: number;
  limit: number;
  /** What the policies in force do of it: the harshest that is enforced, against whom, why. 0 in shadow. */
  act: number;
  actKey: number;
  actClass: number;
  actLimit: number;
  /** The same, if all policies were in force: of an engine that is asked `whatIf`. */
  would: number;
  wouldKey: number;
  wouldClass: number;
}

/** Who is told while an event is in work, with facts and values still in place. */
export interface EngineListener {
  /** A detector gave evidence, capped, in millinats; it is at least the detector's `findingAt` where `finding`. */
  evidence(engine: Engine, instance: Instance, millinats: number, finding: boolean): void;
  /** An actor with a risk record was part of the event: its risk after this event, and what would be cheapest. */
  risk(engine: Engine, key: number, action: number, classIndex: number, logOdds: number, limit: number): void;
  /** What stands about that actor from now on: the ladder's action, which may be milder than the cheapest. */
  stands?(engine: Engine, key: number, action: number, classIndex: number, logOdds: number): void;
}

export interface EngineOptions {
  readonly program: Program;
  readonly state: StatePort;
  readonly policy: CompiledPolicy;
  /** Policies that hold for some requests only; {@link policy} stands for all without it. */
  readonly policies?: PolicyBook;
  readonly listener?: EngineListener;
  /** Builtin aggregate: distinct established principals behind an address; its place in the values, −1 for none. */
  readonly principalsValue?: number;
  /** Builtin aggregates, read of credentials with risk only: how usual the place is. Without them no key is at home anywhere. */
  readonly homes?: Homes;
  /** Tell of every event, too, what would be done about it if all policies were in force. */
  readonly whatIf?: boolean;
}

/** Which policy holds for an event. */
export interface PolicyBook {
  at(facts: Facts): CompiledPolicy;
}

export class Engine {
  program: Program;
  readonly state: StatePort;
  policy: CompiledPolicy;
  readonly facts = new Facts();
  batch: Batch;
  readonly decision: Decision = {
    action: 0,
    key: -1,
    classIndex: 0,
    logOdds: 0,
    limit: 0,
    act: 0,
    actKey: -1,
    actClass: 0,
    actLimit: 0,
    would: 0,
    wouldKey: -1,
    wouldClass: 0,
  };
  policies: PolicyBook | undefined;
  private readonly graces = new Graces();
  /** Events applied so far: the sequence number of the last one. */
  sequence = 0;
  /** Two lanes over everything decided so far, in order. */
  hashHi = 0x2545f491;
  hashLo = 0x5bd1e995;
  private readonly listener: EngineListener | undefined;
  private readonly principalsValue: number;
  readonly homes: Homes | undefined;
  private readonly whatIf: boolean;
  /** Actor dimension by key index; '' where the key is no actor (a combination, a path). */
  private readonly dimensions: readonly (ActorDimension | '')[];
  readonly sessionKey: number;
  readonly credentialKey: number;
  readonly principalKey: number;
  /** What an action comes to about the request in work; reused. */
  readonly falling: Falling = { action: 0, classIndex: 0 };

  constructor(options: EngineOptions) {
    this.program = options.program;
    this.state = options.state;
    this.policy = options.policy;
    this.policies = options.policies;
    this.listener = options.listener;
    this.principalsValue = options.principalsValue ?? -1;
    this.homes = options.homes;
    this.whatIf = options.whatIf ?? false;
    this.batch = createBatch(options.program);
    const actors = new Set(options.program.instances.map((i) => i.actor));
    this.dimensions = options.program.keys.map((k) => {
      const name = k.second < 0 ? DIMENSIONS[k.first] : 'all';
      return actors.has(name as ActorDimension) ? (name as ActorDimension) : '';
    });
    const keyOf = (name: string): number => options.program.keys.findIndex((k) => k.name === name);
    this.sessionKey = keyOf('session');
    this.credentialKey = keyOf('credential');
    this.principalKey = keyOf('principal');
  }

  /** Applies one event of an exchange. `nowMs` is its time: the request's start or the response's end. */
  step(rows: FactBatch, row: number, response: boolean, nowMs: number): Decision | Promise<Decision> {
    this.facts.at(rows, row, nowMs);
    plan(this.batch, this.facts, response);
    const pending = this.state.apply(this.batch);
    return pending === undefined ? this.conclude() : pending.then(() => this.conclude());
  }

  private conclude(): Decision {
    const { batch, facts } = this;
    const judged = this.judge();
    this.decide(judged);
    this.state.settle(batch);
    this.sequence++;
    this.fold(facts.batch.order[facts.row] ^ (batch.response ? 1 : 0));
    this.fold(this.decision.action * 64 + this.decision.classIndex + (this.decision.key + 1) * 4096);
    return this.decision;
  }

  /** Runs the detectors on the values; returns whether one of them was deterministic. */
  private judge(): boolean {
    const { batch, facts, program, listener } = this;
    const instances = batch.response ? program.response : program.request;
    const { when, key: keys, next } = batch.response ? program.responseOrder : program.requestOrder;
    let deterministic = false;
    const graced = this.graces.size > 0 && this.graces.find(batch);
    for (let i = 0; i < instances.length; i++) {
      if (when[i] >= 0 && batch.conditions[when[i]] === 0) {
        i = next[i] - 1;
        continue;
      }
      const key = keys[i];
      if (batch.lo[key] === 0 && batch.hi[key] === 0) continue;
      const instance = instances[i];
      const { detector } = instance;
      const said = instance.judgement.judge(instance.handles as never, facts);
      if (said === 0) continue;
      if (graced && said > 0 && this.graces.forgives(detector.id, instance.actor)) continue;
      const millinats = Math.max(EXCULPATING_MOST, Math.min(said, detector.cap));
      const at = key * RISK.size;
      if (batch.hasRisk[key] === 0) {
        // Evidence against abuse alone starts no record.
        if (millinats <= 0) continue;
        batch.risk.fill(0, at, at + RISK.size);
        batch.risk[at + RISK.sec] = batch.nowSec;
        batch.hasRisk[key] = 1;
        batch.risky++;
      } else decay(batch.risk, at, batch.nowSec);
      addEvidence(batch.risk, at, instance.classIndex, instance.groupIndex, millinats);
      batch.dirty[key] = 1;
      if (detector.deterministic) deterministic = true;
      this.fold(instance.index ^ (millinats << 8));
      listener?.evidence(this, instance, millinats, millinats >= detector.findingAt);
    }
    if (graced) this.graces.spend();
    return deterministic;
  }

  private decide(deterministic: boolean): void {
    const { batch, facts, decision } = this;
    decision.action = 0;
    decision.key = -1;
    decision.classIndex = 0;
    decision.logOdds = 0;
    decision.limit = LIMIT.none;
    decision.act = 0;
    decision.actKey = -1;
    decision.would = 0;
    if (batch.risky === 0) return;
    const policy = this.policies === undefined ? this.policy : this.policies.at(facts);
    if (batch.authenticated) this.propagate();
    const atStake = stakeOf(policy, facts);
    const principals = this.principalsValue < 0 ? 0 : batch.values[this.principalsValue];
    for (let k = 0; k < this.dimensions.length; k++) {
      const dimension = this.dimensions[k];
      if (batch.hasRisk[k] === 0 || dimension === '') continue;
      const at = k * RISK.size;
      decay(batch.risk, at, batch.nowSec);
      const level = batch.values[this.program.keys[k].value + KEY_VALUES.level];
      ceilingOf(dimension, facts, principals, level);
      propose(policy, batch.risk, at, ceiling.action, atStake);
      const { action, classIndex, logOdds } = proposal;
      const fresh = batch.dirty[k] !== 0;
      const atOnce = deterministic && fresh;
      const stands = climb(policy, batch.risk, at, batch.nowSec, ceiling.action, atOnce, fresh, atStake);
      batch.dirty[k] = 1;
      this.listener?.risk(this, k, action, classIndex, logOdds, ceiling.limit);
      this.listener?.stands?.(this, k, stands, classIndex, logOdds);
      if (stands > decision.action || decision.key < 0) {
        decision.action = stands;
        decision.key = k;
        decision.classIndex = classIndex;
        decision.logOdds = logOdds;
        decision.limit = ceiling.limit;
      }
      if (stands > 0) this.enforce(policy, k, stands, ceiling.limit);
    }
  }

  /** Takes over an action that a policy in force really does about this request, and what would be done if all were. */
  private enforce(policy: CompiledPolicy, k: number, stands: number, limit: number): void {
    const { batch, decision, falling } = this;
    if (fallsOn(this, policy, k, stands, limit, false) && falling.action > decision.act) {
      if (isEnforced(policy, falling.classIndex, batch.hi[k], batch.lo[k])) {
        decision.act = falling.action;
        decision.actKey = k;
        decision.actClass = falling.classIndex;
        decision.actLimit = limit;
      }
    }
    if (!this.whatIf || !fallsOn(this, policy, k, stands, limit, true) || falling.action <= decision.would) return;
    decision.would = falling.action;
    decision.wouldKey = k;
    decision.wouldClass = falling.classIndex;
  }

  /** Does the request carry an identity that was proven, has been known for long and has nothing standing against it? */
  isEstablished(): boolean {
    return isEstablished(this);
  }

  /** Takes a decision back, at its place in the sequence. */
  undo(order: UndoOrder): UndoEffect {
    const effect = order.recordsStay === true ? UNCHANGED : takeBack(order, this.program, this.state);
    order.actors.forEach((actor, i) => {
      // A population that was only held along with somebody is judged by its other members as before.
      if (i === 0 || !isPopulation(actor.dimension)) this.graces.grant(actor, order);
    });
    return effect;
  }

  /** Puts an action on an actor, at its place in the sequence; false where there was no room for it. */
  impose(order: ImposeOrder): boolean {
    const base = DIMENSIONS.indexOf(order.actor.dimension);
    const key = this.program.keys.findIndex((k) => k.second < 0 && k.first === base);
    return key >= 0 && this.state.impose(key, order.actor.hi, order.actor.lo, order);
  }

  /**
   * Goes over to a program of the same layout, at its place in the sequence: other baselines, the same records. RangeError
   * where the layout is another one; then nothing has changed.
   */
  adopt(program: Program): void {
    this.state.adopt(program);
    this.program = program;
    this.batch = createBatch(program);
  }

  /** Counts a control event into the sequence and the hash. */
  controlled(text: string): void {
    this.sequence++;
    const { hi, lo } = hashString(text, 0);
    this.fold(hi);
    this.fold(lo);
  }

  /**
   * Risk flows at half strength between an accepted principal and the session or credential it came with: control of
   * those was proven by this very event. One hop an event, and never to an address or to a name somebody only tried.
   */
  private propagate(): void {
    for (const other of [this.sessionKey, this.credentialKey]) {
      if (other < 0 || this.principalKey < 0) continue;
      const { batch } = this;
      const present = batch.lo[other] !== 0 && batch.lo[this.principalKey] !== 0;
      if (!present || batch.hasRisk[other] === batch.hasRisk[this.principalKey]) continue;
      const [from, to] = batch.hasRisk[other] !== 0 ? [other, this.principalKey] : [this.principalKey, other];
      decay(batch.risk, from * RISK.size, batch.nowSec);
      if (!passOn(batch.risk, from * RISK.size, to * RISK.size)) continue;
      batch.hasRisk[to] = 1;
      batch.risky++;
      batch.dirty[to] = 1;
    }
  }

  private fold(x: number): void {
    this.hashHi = Math.imul(this.hashHi ^ x, 0x85ebca6b) ^ (this.hashLo >>> 13);
    this.hashLo = Math.imul(this.hashLo ^ x, 0xc2b2ae35) ^ (this.hashHi >>> 16);
  }
}
