/**
 * Who has evidence against them, and what stands about them. It listens to the engine while an event's facts and values are
 * in place; what it keeps is bounded: who has no mitigation goes first.
 */
import type { KeyRef } from '../../engine/control.ts';
import { CLASSES } from '../../engine/detector.ts';
import type { Engine, EngineListener } from '../../engine/engine.ts';
import { type ActorDimension, DIMENSIONS } from '../../engine/keys.ts';
import { ACTION } from '../../engine/policy.ts';
import { type Instance, KEY_VALUES } from '../../engine/program.ts';
import { RISK } from '../../engine/risk.ts';
import { METHODS } from '../../enrich/facts.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { MILLINATS, probability } from '../../lib/fixed.ts';
import { combine, lanes } from '../../lib/hash.ts';
import { type BegunRecord, type EvidenceRecord, evidenceOf } from '../../record/journal/values.ts';
import { actorOf } from '../names.ts';
import type { Actor } from '../report.ts';
import type { Reason } from './operator.ts';

/** Actors with evidence that are remembered. */
export const MAX_LIVE_ACTORS = 50_000;
/** Seconds of requests kept of an actor before anything stands about it: they are what leaked. */
const MAX_SECONDS = 900;
/** Between these risk flows, where control of both was proven. */
const LINKED: ReadonlySet<string> = new Set(['session', 'credential', 'principal']);
/** Longest host name that is told, in characters: as DNS has them. */
const HOST_MAX = 253;
/** A sentence is written anew when its evidence has grown by this, in millinats. */
const RESAY_MILLINATS = 300;

export interface LiveMitigation {
  readonly id: string;
  action: number;
  classIndex: number;
  enforced: boolean;
  untilSec: number;
  readonly startedMs: number;
  endedMs: number;
  status: 'pending' | 'active' | 'expired' | 'undone';
  requestsBefore: number;
  requestsMet: number;
  undoneBy: string;
  /** Of the mitigation whose risk it took over along a proven link; none where it has reasons of its own. */
  readonly derivedFrom?: string;
  readonly policy: string;
  readonly document: string;
  readonly mode: 'shadow' | 'canary' | 'enforce';
}

export interface LiveActor {
  readonly number: number;
  readonly ref: KeyRef;
  readonly actor: Actor;
  readonly reasons: Map<string, { millinats: number; why: string; heldAt: number }>;
  /** Lanes of the dimensions of the last event with evidence: which populations and identities it came with. */
  readonly came: Int32Array;
  /** By dimension: 1 where events with evidence came with more than one value of it. */
  readonly mixed: Uint8Array;
  /** Requests by second since the first evidence, for as long as nothing stands. */
  readonly seconds: Map<number, number>;
  requests: number;
  risk: number;
  /** Distinct established users seen behind it, where it is an address. */
  users: number;
  mitigation: LiveMitigation | null;
}

/** An actor about whom something stood before a restart. */
export type Restored = Pick<LiveActor, 'ref' | 'actor' | 'reasons'> & { readonly mitigation: LiveMitigation };

export interface ActorListener {
  started(actor: LiveActor, mitigation: LiveMitigation): void;
  /** Harsher, milder, or for longer. */
  renewed(actor: LiveActor, mitigation: LiveMitigation): void;
  ended(actor: LiveActor, mitigation: LiveMitigation): void;
  finding(detector: string): void;
  /** Evidence has become a finding, or one has grown; null where nobody wants to know. */
  found?: ((found: Found) => void) | null;
}

/** A finding as it came about, for those who tell others. */
export interface Found {
  readonly actor: LiveActor;
  readonly detector: string;
  readonly millinats: number;
  readonly why: string;
  readonly method: string;
  /** Template; '' where it has none. */
  readonly route: string;
  readonly host: string;
  /** Unix ms. */
  readonly timeMs: number;
}

export interface ActorBookOptions {
  readonly model: LearnedModel;
  readonly principalsValue: number;
  readonly redact: (text: string) => string;
  readonly seed: number;
}

export class ActorBook implements EngineListener {
  private readonly actors = new Map<number, LiveActor>();
  private readonly byMitigation = new Map<string, LiveActor>();
  private readonly options: ActorBookOptions;
  private readonly listener: ActorListener;
  model: LearnedModel;
  /** Evidence of the event in work that is new or stronger: what the journal keeps of it. */
  readonly fresh: EvidenceRecord[] = [];
  /** Mitigations that began with it. */
  readonly begun: BegunRecord[] = [];

  constructor(options: ActorBookOptions, listener: ActorListener) {
    this.options = options;
    this.listener = listener;
    this.model = options.model;
  }

  evidence(engine: Engine, instance: Instance, millinats: number, finding: boolean): void {
    if (millinats <= 0) return;
    const actor = this.of(engine, instance.key);
    see(actor, engine.batch.lanes);
    const reason = actor.reasons.get(instance.detector.id);
    const isNew = finding && (reason === undefined || reason.millinats < instance.detector.findingAt);
    if (!isNew && reason !== undefined && millinats < reason.millinats + RESAY_MILLINATS) return;
    if (isNew) this.listener.finding(instance.detector.id);
    const why = this.options.redact(instance.judgement.say(instance.handles as never, engine.facts));
    actor.reasons.set(instance.detector.id, { millinats, why, heldAt: engine.facts.now });
    this.fresh.push(evidenceOf(engine, instance, millinats, why));
    if (finding) this.listener.found?.(this.foundOf(engine, actor, instance.detector.id, millinats, why));
  }

  private foundOf({ facts }: Engine, actor: LiveActor, detector: string, millinats: number, why: string): Found {
    const { batch, row, now: timeMs } = facts;
    const route = this.model.routes[facts.route - 1]?.template ?? '';
    const host = this.options.redact(facts.text('host').slice(0, HOST_MAX));
    return { actor, detector, millinats, why, method: METHODS[batch.method[row]] ?? '', route, host, timeMs };
  }

  risk(engine: Engine, key: number, _action: number, _classIndex: number, logOdds: number): void {
    const actor = this.of(engine, key);
    actor.risk = probability(logOdds);
    const { principalsValue } = this.options;
    if (principalsValue >= 0 && actor.ref.dimension === 'ip')
      actor.users = Math.max(actor.users, engine.batch.values[principalsValue]);
    if (engine.batch.response) return;
    actor.requests++;
    if (actor.mitigation !== null) return;
    const second = Math.floor(engine.facts.now / 1000);
    actor.seconds.set(second, (actor.seconds.get(second) ?? 0) + 1);
    if (actor.seconds.size > MAX_SECONDS) actor.seconds.delete(actor.seconds.keys().next().value as number);
  }

  stands(engine: Engine, key: number, action: number): void {
    const actor = this.of(engine, key);
    const { mitigation } = actor;
    if (action < ACTION.throttle) {
      if (mitigation !== null) this.end(actor, 'expired', engine.facts.now);
      return;
    }
    const at = key * RISK.size;
    const untilSec = engine.batch.risk[at + RISK.untilSec] >>> 0;
    if (mitigation === null) this.start(engine, actor, key, action, untilSec);
    else if (mitigation.action !== action || mitigation.untilSec !== untilSec) {
      mitigation.action = action;
      mitigation.untilSec = untilSec;
      mitigation.classIndex = engine.batch.risk[at + RISK.class];
      this.listener.renewed(actor, mitigation);
    }
    if (actor.mitigation !== null && !engine.batch.response) actor.mitigation.requestsMet++;
  }

  /** The mitigation that stands about an actor of the event in work; null for none. */
  standing(engine: Engine, key: number): LiveActor | null {
    const actor = this.actors.get(numberOf(engine.batch.hi[key], engine.batch.lo[key], key));
    return actor === undefined || actor.mitigation === null ? null : actor;
  }

  /** What is known about an actor by its lanes. */
  about(engine: Engine, dimension: ActorDimension, hi: number, lo: number): LiveActor | undefined {
    const key = keyOf(engine, dimension);
    return key < 0 ? undefined : this.actors.get(numberOf(hi, lo, key));
  }

  find(mitigation: string): LiveActor | undefined {
    return this.byMitigation.get(mitigation);
  }

  /** Takes over what stood before a restart; null where this engine looks at no such actors. */
  restore(engine: Engine, { ref, actor: shown, reasons, mitigation }: Restored): LiveActor | null {
    const key = keyOf(engine, ref.dimension);
    if (key < 0) return null;
    const actor = this.add(numberOf(ref.hi, ref.lo, key), ref, shown, new Int32Array(2 * DIMENSIONS.length));
    for (const [detector, reason] of reasons) actor.reasons.set(detector, reason);
    actor.mitigation = mitigation;
    this.byMitigation.set(mitigation.id, actor);
    return actor;
  }

  /** Everything that stands, oldest first. */
  *active(): Generator<LiveActor> {
    for (const actor of this.byMitigation.values()) yield actor;
  }

  get activeCount(): number {
    return this.byMitigation.size;
  }

  /** Ends what has run out without anybody coming. */
  sweep(nowMs: number): void {
    for (const actor of [...this.byMitigation.values()])
      if ((actor.mitigation as LiveMitigation).untilSec * 1000 < nowMs) this.end(actor, 'expired', nowMs);
  }

  end(actor: LiveActor, status: 'expired' | 'undone', nowMs: number, by = ''): void {
    const { mitigation } = actor;
    if (mitigation === null) return;
    mitigation.status = status;
    mitigation.endedMs = nowMs;
    mitigation.undoneBy = by;
    this.byMitigation.delete(mitigation.id);
    actor.mitigation = null;
    actor.seconds.clear();
    if (status === 'undone') actor.reasons.clear();
    this.listener.ended(actor, mitigation);
  }

  private start(engine: Engine, actor: LiveActor, key: number, action: number, untilSec: number): void {
    const classIndex = engine.batch.risk[key * RISK.size + RISK.class];
    const compiled = engine.policies === undefined ? engine.policy : engine.policies.at(engine.facts);
    const document = compiled.policy.classes[CLASSES[classIndex]];
    const mitigation: LiveMitigation = {
      id: idOf(actor.number, engine.sequence, this.options.seed),
      action,
      classIndex,
      enforced: compiled.enforced[classIndex] > 0,
      untilSec,
      startedMs: engine.facts.now,
      endedMs: 0,
      status: 'pending',
      requestsBefore: Math.max(0, engine.batch.values[engine.program.keys[key].value + KEY_VALUES.requests] - 1),
      requestsMet: 0,
      undoneBy: '',
      derivedFrom: actor.reasons.size > 0 ? '' : this.sourceOf(engine, actor),
      policy: compiled.policy.version,
      document: document.document ?? 'default',
      mode: document.mode ?? compiled.policy.mode,
    };
    actor.mitigation = mitigation;
    this.byMitigation.set(mitigation.id, actor);
    this.begun.push({ id: mitigation.id, actor: actor.ref, action, classIndex, untilSec });
    this.listener.started(actor, mitigation);
    actor.seconds.clear();
  }

  /** Id of what stands about the user, session or credential that an actor without reasons of its own came with. */
  private sourceOf(engine: Engine, actor: LiveActor): string {
    const { keys } = engine.program;
    for (let k = 0; k < keys.length; k++) {
      if (!LINKED.has(keys[k].name)) continue;
      const other = this.standing(engine, k);
      if (other !== null && other !== actor) return (other.mitigation as LiveMitigation).id;
    }
    return '';
  }

  private of(engine: Engine, key: number): LiveActor {
    const { batch, program, facts } = engine;
    const number = numberOf(batch.hi[key], batch.lo[key], key);
    const known = this.actors.get(number);
    if (known !== undefined) return known;
    const dimension = DIMENSIONS[program.keys[key].first] as ActorDimension;
    const level = batch.values[program.keys[key].value + KEY_VALUES.level];
    const shown = actorOf(dimension, facts, this.model, level);
    const ref = { dimension, hi: batch.hi[key], lo: batch.lo[key] };
    return this.add(number, ref, { ...shown, key: this.options.redact(shown.key) }, Int32Array.from(batch.lanes));
  }

  private add(number: number, ref: KeyRef, shown: Actor, came: Int32Array): LiveActor {
    const actor: LiveActor = {
      number,
      ref,
      actor: shown,
      reasons: new Map(),
      came,
      mixed: new Uint8Array(DIMENSIONS.length),
      seconds: new Map(),
      requests: 0,
      risk: 0,
      users: 0,
      mitigation: null,
    };
    this.actors.set(number, actor);
    if (this.actors.size > MAX_LIVE_ACTORS) this.makeRoom();
    return actor;
  }

  /** The oldest without a mitigation goes; where all have one, the oldest of all is only forgotten here. */
  private makeRoom(): void {
    let looked = 0;
    for (const [number, actor] of this.actors) {
      if (actor.mitigation === null || ++looked > 100) {
        this.actors.delete(number);
        return;
      }
    }
  }
}

/** Reasons in words, strongest first. */
export function reasonsOf(actor: LiveActor): Reason[] {
  return [...actor.reasons]
    .map(([detector, r]) => ({ detector, nats: r.millinats / MILLINATS, why: r.why }))
    .sort((a, b) => b.nats - a.nats);
}

/** Keeps what the evidence of an actor came with, and where it came with several. */
function see(actor: LiveActor, lanesNow: Int32Array): void {
  const { came, mixed } = actor;
  // Before the first evidence, after an undo and after a restart, nothing was seen.
  if (actor.reasons.size === 0 || came.every((lane) => lane === 0)) mixed.fill(0);
  else
    for (let d = 0; d < mixed.length; d++)
      if (came[2 * d] !== lanesNow[2 * d] || came[2 * d + 1] !== lanesNow[2 * d + 1]) mixed[d] = 1;
  came.set(lanesNow);
}

/** Place of the key of a dimension alone; −1 where nobody asks for it. */
function keyOf({ program }: Engine, dimension: ActorDimension): number {
  const base = DIMENSIONS.indexOf(dimension);
  return program.keys.findIndex((k) => k.second < 0 && k.first === base);
}

function numberOf(hi: number, lo: number, key: number): number {
  combine(hi, lo, key + 1, 7);
  return (lanes.hi >>> 0) * 2_097_152 + (lanes.lo >>> 11);
}

function idOf(number: number, sequence: number, seed: number): string {
  combine(Math.floor(number / 2 ** 32), number | 0, sequence | 0, seed | 0);
  const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
  return `M-${(hex(lanes.hi) + hex(lanes.lo)).slice(0, 10)}`;
}
