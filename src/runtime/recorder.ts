/**
 * Records what a run found: a finding per detector and actor, a profile per actor with evidence, and the time line.
 * It listens to the engine while an event's facts and values are in place, because that is when texts can be read.
 */

import type { Engine, EngineListener } from '../engine/engine.ts';
import type { ActorDimension } from '../engine/keys.ts';
import { DIMENSIONS } from '../engine/keys.ts';
import { ACTION } from '../engine/policy.ts';
import { type Instance, KEY_VALUES } from '../engine/program.ts';
import type { LearnedModel } from '../enrich/model.ts';
import type { NetworkLookup } from '../enrich/network.ts';
import { combine, lanes } from '../lib/hash.ts';
import { actorOf, networkOf, routeText } from './names.ts';
import { redactTarget } from './redact.ts';
import type { Actor, NetworkFacts } from './report.ts';
import { Timeline } from './timeline.ts';

/** Findings and actors kept in full; beyond, only their number is known. */
export const MAX_FINDINGS = 20_000;
export const MAX_ACTORS = 20_000;
/** A sentence is written anew when the evidence has grown by this much, in millinats, or its events have doubled. */
const RESAY_MILLINATS = 300;
/** Risk thresholds of the report's slider, as log-odds in millinats, and the probabilities they stand for. */
export const SLIDER = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99] as const;
const SLIDER_MILLINATS = [-3892, -2944, -2197, -1386, -847, 0, 847, 1386, 2197, 2944, 4595];
const SAMPLE_MAX = 200;

export interface FindingRecord {
  readonly instance: Instance;
  readonly profile: ActorProfile;
  readonly detectedMs: number;
  readonly requestsBefore: number;
  readonly sequence: number;
  lastMs: number;
  millinats: number;
  events: number;
  saidAt: number;
  why: string;
  sample: string;
  route: string;
}

export interface ActorProfile {
  readonly actor: Actor;
  readonly firstMs: number;
  readonly network: NetworkFacts | null;
  readonly bot: number;
  readonly botStatus: number;
  readonly agent: string;
  readonly fingerprint: string;
  readonly findings: FindingRecord[];
  /** Requests before the profile was started, and since. */
  readonly requestsBefore: number;
  requests: number;
  lastMs: number;
  peakLogOdds: number;
  peakClass: number;
  peakAction: number;
  /** Requests when the peak action was first the cheapest, and when that was; −1 before. */
  requestsAtAction: number;
  actionMs: number;
  limit: number;
  /** Requests when each slider threshold was first crossed; −1 never. */
  readonly crossings: Int32Array;
  principals: number;
  /** Distinct addresses that share a fingerprint, for population actors. */
  addresses: number;
}

export interface RecorderOptions {
  readonly model: LearnedModel;
  readonly networks: NetworkLookup;
  readonly principalsValue: number;
  readonly addressesValue: number;
  /** Takes texts that may be shown and gives them back without secrets. */
  readonly redact?: (text: string) => string;
}

/** Actors that many people share: what a few of them do is not what all of them do. */
const CROWDS: ReadonlySet<string> = new Set(['fingerprint', 'network', 'asn', 'route', 'tenant', 'mail', 'password']);

/** Does what this actor asks for from now on count as abuse? Of a crowd only where it would be held. */
function isAbuse(profile: ActorProfile): boolean {
  const least = CROWDS.has(profile.actor.dimension) ? ACTION.throttle : ACTION.tag;
  return profile.findings.length > 0 && profile.peakAction >= least;
}

export class Recorder implements EngineListener {
  readonly findings: FindingRecord[] = [];
  readonly profiles: ActorProfile[] = [];
  readonly timeline = new Timeline();
  findingsLeftOut = 0;
  model: LearnedModel;
  private readonly options: RecorderOptions;
  private readonly redact: (text: string) => string;
  private readonly findingIndex = new Map<number, FindingRecord>();
  private readonly profileIndex = new Map<number, ActorProfile>();
  /** Keep evidence below a detector's threshold, too: a mitigation rests on that as well. For explanations. */
  everything = false;
  /** Called for every piece of evidence that reaches its detector's threshold: explanations listen here. */
  onFinding: ((engine: Engine, finding: FindingRecord, millinats: number, isNew: boolean) => void) | undefined;
  /** Called for every actor with a risk record of every event, with what stands about it: decisions are told from here. */
  onStanding: EngineListener['stands'];

  constructor(options: RecorderOptions) {
    this.options = options;
    this.model = options.model;
    this.redact = options.redact ?? ((text) => text);
  }

  evidence(engine: Engine, instance: Instance, millinats: number, isFinding: boolean): void {
    if (!isFinding && (!this.everything || millinats <= 0)) return;
    const key = this.keyOf(engine, instance.key, instance.index + 1);
    let finding = this.findingIndex.get(key);
    const isNew = finding === undefined;
    if (finding === undefined) {
      const profile = this.profile(engine, instance.key);
      if (profile === undefined || this.findings.length >= MAX_FINDINGS) {
        this.findingsLeftOut++;
        return;
      }
      finding = this.start(engine, instance, profile);
      this.findingIndex.set(key, finding);
      this.findings.push(finding);
      profile.findings.push(finding);
    }
    finding.lastMs = engine.facts.now;
    finding.events++;
    const stronger = millinats > finding.millinats;
    if (
      isNew ||
      millinats >= finding.millinats + RESAY_MILLINATS ||
      (millinats >= finding.millinats && finding.events >= finding.saidAt * 2)
    ) {
      finding.why = this.redact(instance.judgement.say(instance.handles as never, engine.facts));
      finding.sample = this.sample(engine);
      finding.saidAt = finding.events;
    }
    if (stronger) finding.millinats = millinats;
    this.onFinding?.(engine, finding, millinats, isNew);
  }

  risk(engine: Engine, key: number, action: number, classIndex: number, logOdds: number, limit: number): void {
    const profile = this.profileIndex.get(this.keyOf(engine, key, 0)) ?? this.profile(engine, key);
    if (profile === undefined) return;
    profile.lastMs = engine.facts.now;
    if (!engine.batch.response) profile.requests++;
    if (logOdds > profile.peakLogOdds || profile.peakClass < 0) {
      profile.peakLogOdds = logOdds;
      profile.peakClass = classIndex;
    }
    if (action > profile.peakAction) {
      profile.peakAction = action;
      profile.requestsAtAction = profile.requestsBefore + profile.requests;
      profile.actionMs = engine.facts.now;
    }
    if (limit !== 0) profile.limit = limit;
    for (let i = 0; i < SLIDER_MILLINATS.length && logOdds >= SLIDER_MILLINATS[i]; i++)
      if (profile.crossings[i] < 0) profile.crossings[i] = profile.requestsBefore + profile.requests;
    const { principalsValue, addressesValue } = this.options;
    if (principalsValue >= 0) profile.principals = Math.max(profile.principals, engine.batch.values[principalsValue]);
    if (addressesValue >= 0) profile.addresses = Math.max(profile.addresses, engine.batch.values[addressesValue]);
    if (!engine.batch.response && isAbuse(profile)) {
      const met = profile.peakAction >= ACTION.throttle && profile.actionMs < engine.facts.now;
      this.timeline.abusive(engine.facts.now, classIndex, engine.sequence, met);
    }
  }

  stands(engine: Engine, key: number, action: number, classIndex: number, logOdds: number): void {
    this.onStanding?.(engine, key, action, classIndex, logOdds);
  }

  /** The profile of an actor of the event in work, if it has one. */
  profileOf(engine: Engine, key: number): ActorProfile | undefined {
    return this.profileIndex.get(this.keyOf(engine, key, 0));
  }

  /** Tells the time line about an event, whatever was decided. */
  event(nowMs: number, response: boolean, status: number): void {
    this.timeline.event(nowMs, response, status);
  }

  /** Everything recorded, as plain data: findings and profiles refer to each other and to detectors by number. */
  snapshot(): Record<string, unknown> {
    const profileNumber = new Map(this.profiles.map((p, i) => [p, i]));
    const findingNumber = new Map(this.findings.map((f, i) => [f, i]));
    return {
      findings: this.findings.map((f) => ({ ...f, instance: f.instance.index, profile: profileNumber.get(f.profile) })),
      profiles: this.profiles.map((p) => ({ ...p, findings: p.findings.map((f) => findingNumber.get(f)) })),
      findingIndex: [...this.findingIndex].map(([key, f]) => [key, findingNumber.get(f)]),
      profileIndex: [...this.profileIndex].map(([key, p]) => [key, profileNumber.get(p)]),
      findingsLeftOut: this.findingsLeftOut,
      timeline: this.timeline.snapshot(),
    };
  }

  restore(s: Record<string, unknown>, instances: readonly Instance[]): void {
    type Numbered<T> = Omit<T, 'findings'> & { findings: number[] };
    const profiles = s.profiles as Numbered<ActorProfile>[];
    const findings = s.findings as (Omit<FindingRecord, 'instance' | 'profile'> & {
      instance: number;
      profile: number;
    })[];
    for (const p of profiles) this.profiles.push({ ...p, findings: [] });
    for (const f of findings)
      this.findings.push({ ...f, instance: instances[f.instance], profile: this.profiles[f.profile] });
    profiles.forEach((p, i) => {
      this.profiles[i].findings.push(...p.findings.map((n) => this.findings[n]));
    });
    for (const [key, n] of s.findingIndex as [number, number][]) this.findingIndex.set(key, this.findings[n]);
    for (const [key, n] of s.profileIndex as [number, number][]) this.profileIndex.set(key, this.profiles[n]);
    this.findingsLeftOut = s.findingsLeftOut as number;
    this.timeline.restore(s.timeline as Record<string, unknown>);
  }

  private start(engine: Engine, instance: Instance, profile: ActorProfile): FindingRecord {
    const values = engine.batch.values;
    return {
      instance,
      profile,
      detectedMs: engine.facts.now,
      requestsBefore: values[engine.program.keys[instance.key].value + KEY_VALUES.requests],
      sequence: engine.sequence,
      lastMs: engine.facts.now,
      millinats: 0,
      events: 0,
      saidAt: 0,
      why: '',
      sample: '',
      route: routeText(engine.facts, this.model),
    };
  }

  private profile(engine: Engine, key: number): ActorProfile | undefined {
    const id = this.keyOf(engine, key, 0);
    const known = this.profileIndex.get(id);
    if (known !== undefined || this.profiles.length >= MAX_ACTORS) return known;
    const { facts, batch, program } = engine;
    const dimension = DIMENSIONS[program.keys[key].first] as ActorDimension;
    const at = program.keys[key].value;
    const requests = batch.values[at + KEY_VALUES.requests];
    const profile: ActorProfile = {
      actor: this.redactActor(actorOf(dimension, facts, this.model, batch.values[at + KEY_VALUES.level])),
      firstMs: facts.now - batch.values[at + KEY_VALUES.ageSec] * 1000,
      network: networkOf(facts, this.options.networks),
      bot: facts.bot,
      botStatus: facts.botStatus,
      agent: this.redact(facts.text('agent')).slice(0, SAMPLE_MAX),
      fingerprint: `${facts.batch.fingerprintHi[facts.row]}:${facts.batch.fingerprintLo[facts.row]}`,
      findings: [],
      requestsBefore: batch.response ? requests : requests - 1,
      requests: 0,
      lastMs: facts.now,
      peakLogOdds: -0x7fffffff,
      peakClass: -1,
      peakAction: 0,
      requestsAtAction: -1,
      actionMs: -1,
      limit: 0,
      crossings: new Int32Array(SLIDER_MILLINATS.length).fill(-1),
      principals: 0,
      addresses: 0,
    };
    this.profileIndex.set(id, profile);
    this.profiles.push(profile);
    return profile;
  }

  private redactActor(actor: Actor): Actor {
    return actor.dimension === 'credential' ? { ...actor, key: maskCredential(actor.key) } : actor;
  }

  private sample(engine: Engine): string {
    const { facts } = engine;
    const content = facts.contentRule !== 0 ? facts.text('content') : '';
    const target = redactTarget(facts.text('target'));
    const text = content !== '' && !target.includes(content) ? `${target} … ${content}` : target;
    return this.redact(text).slice(0, SAMPLE_MAX);
  }

  /** A number for (key, actor, salt): 53 bits of the two lanes. */
  private keyOf(engine: Engine, key: number, salt: number): number {
    const { batch, program } = engine;
    const level = batch.values[program.keys[key].value + KEY_VALUES.level];
    if (level === 0) combine(batch.hi[key], batch.lo[key], key + 1, salt);
    else if (level === 1)
      combine(
        batch.lanes[2 * DIMENSIONS.indexOf('network')],
        batch.lanes[2 * DIMENSIONS.indexOf('network') + 1],
        -1,
        salt,
      );
    else combine(level, level === 2 ? engine.facts.asn : 0, -2, salt);
    return (lanes.hi >>> 0) * 2_097_152 + (lanes.lo >>> 11);
  }
}

/** A credential is shown by its first characters only: enough to find it, too little to use it. */
function maskCredential(text: string): string {
  return text.length <= 6 ? `${text.slice(0, 2)}…` : `${text.slice(0, 6)}… (${text.length} characters)`;
}
