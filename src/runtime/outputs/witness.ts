/**
 * Sees what the live runtime finds, decides and does, and tells the outputs once a second. Of a finding that grows many
 * times a second they hear once; what is remembered between two seconds is bounded, and what is too much is counted.
 */
import type { Found, LiveActor } from '../live/actors.ts';
import type { Mitigation } from '../live/operator.ts';
import type { Verdict } from '../live/verdict.ts';
import {
  type DetectorInfo,
  MAX_REASONS,
  type SiemActor,
  type SiemEvent,
  type SiemReason,
  severityOf,
  short,
} from './event.ts';
import type { Outputs } from './outputs.ts';
import { pseudonymOf } from './pseudonyms.ts';

/** Findings, mitigations and decisions, each, in one second at most: writing one down takes some 50 µs for each output. */
const MAX_A_SECOND = 500;
/** Findings and mitigations whose last event is remembered. */
const MAX_KNOWN = 20_000;
/** A finding is told again when its evidence has grown by so much, in nats. */
const GROWN_NATS = 1;
/** A mitigation that only goes on is told again after so long, in ms. */
const GOES_ON_MS = 60_000;

/** What was told last about a finding or a mitigation. */
interface Told {
  readonly startMs: number;
  atMs: number;
  nats: number;
  word: string;
}

/** What was decided about a request. */
interface Decided {
  readonly verdict: Verdict;
  readonly method: string;
  /** Template; '' where it has none. */
  readonly route: string;
  readonly timeMs: number;
}

export interface WitnessOptions {
  readonly outputs: Outputs;
  /** Keys pseudonyms. */
  readonly key: Buffer;
  readonly detectors: readonly (DetectorInfo & { readonly class: string })[];
  /** Name and version of the policy in force. */
  readonly policy: () => string;
  /** When this process began: what stood before is not new. */
  readonly startedMs: number;
}

export class Witness {
  readonly #options: WitnessOptions;
  readonly #detectors: ReadonlyMap<string, DetectorInfo & { readonly class: string }>;
  #found = new Map<string, Found>();
  #mitigations = new Map<string, { readonly actor: LiveActor; readonly mitigation: Mitigation }>();
  #decisions: Decided[] = [];
  readonly #told = new Map<string, Told>();
  /** By number of an actor: where its last finding was. */
  readonly #where = new Map<number, Found>();
  #missed = { findings: 0, mitigations: 0, decisions: 0 };
  #number = 0;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#detectors = new Map(options.detectors.map((detector) => [detector.id, detector]));
  }

  /** Evidence of one detector is a finding, or a finding has grown. On the way of requests: it only takes notes. */
  found(found: Found): void {
    const key = `${found.actor.number} ${found.detector}`;
    if (this.#found.size < MAX_A_SECOND || this.#found.has(key)) this.#found.set(key, found);
    else this.#missed.findings++;
  }

  /** A mitigation began, changed or ended; or only met more requests. */
  mitigation(actor: LiveActor, mitigation: Mitigation): void {
    if (this.#mitigations.size < MAX_A_SECOND || this.#mitigations.has(mitigation.id)) {
      this.#mitigations.set(mitigation.id, { actor, mitigation });
    } else this.#missed.mitigations++;
  }

  /** Something was decided about a request. On the way of requests: it only takes notes. */
  decided(verdict: Verdict, method: string, route: string, timeMs: number): void {
    if (this.#decisions.length >= MAX_A_SECOND) this.#missed.decisions++;
    else this.#decisions.push({ verdict, method, route, timeMs });
  }

  /** Tells what was noted. */
  tick(nowMs: number): void {
    const { outputs } = this.#options;
    const [found, mitigations, decisions, missed] = [this.#found, this.#mitigations, this.#decisions, this.#missed];
    this.#found = new Map();
    this.#mitigations = new Map();
    this.#decisions = [];
    this.#missed = { findings: 0, mitigations: 0, decisions: 0 };
    for (const one of found.values()) this.#tellFinding(one);
    for (const { actor, mitigation } of mitigations.values()) this.#tellMitigation(actor, mitigation, nowMs);
    for (const one of decisions) outputs.emit(this.#decision(one));
    for (const events of ['findings', 'mitigations', 'decisions'] as const) outputs.lost(events, missed[events]);
  }

  #tellFinding(found: Found): void {
    const { actor, detector, timeMs } = found;
    keep(this.#where, actor.number, found);
    const about = this.#actorOf(actor);
    const uid = `F-${pseudonymOf(this.#options.key, `finding ${actor.ref.dimension} ${detector}`, lanesOf(actor))}`;
    const reason = this.#reason(detector, found.millinats / 1000, found.why);
    const told = this.#told.get(uid);
    if (told !== undefined && reason.nats < told.nats + GROWN_NATS) return;
    const startMs = told?.startMs ?? timeMs;
    keep(this.#told, uid, { startMs, atMs: timeMs, nats: reason.nats, word: '' });
    const phase = told === undefined ? 'create' : 'update';
    this.#options.outputs.emit({
      ...BLANK,
      kind: 'finding',
      uid,
      id: `${uid}:${phase}:${timeMs}`,
      phase,
      timeMs,
      startMs,
      title: short(reason.detector.title, 120),
      message: short(`${nameOf(about)}: ${found.why}`),
      class: this.#detectors.get(detector)?.class ?? '',
      severity: severityOf(actor.risk),
      risk: actor.risk,
      actor: about,
      reasons: [reason],
      method: found.method,
      route: short(found.route),
      host: short(found.host, 200),
      related: actor.mitigation?.id ?? '',
      labels: { policy: this.#options.policy() },
    });
  }

  #tellMitigation(actor: LiveActor, m: Mitigation, nowMs: number): void {
    const startMs = Date.parse(m.started_at);
    const over = m.status === 'expired' || m.status === 'undone';
    const word = `${over ? m.status : 'stands'} ${m.action} ${m.class}`;
    const told = this.#told.get(m.id);
    if (told?.word === word && (over || nowMs < told.atMs + GOES_ON_MS)) return;
    keep(this.#told, m.id, { startMs, atMs: nowMs, nats: 0, word });
    const isNew = told === undefined && startMs >= this.#options.startedMs;
    const phase = over ? 'close' : isNew ? 'create' : 'update';
    const where = this.#where.get(actor.number);
    const timeMs = isNew && !over ? startMs : nowMs;
    this.#options.outputs.emit({
      ...BLANK,
      kind: 'mitigation',
      uid: m.id,
      id: `${m.id}:${phase}:${timeMs}`,
      phase,
      timeMs,
      startMs,
      title: short(`${m.mode === 'enforce' ? '' : 'would '}${m.action} for ${m.class}`, 120),
      message: short(m.sentence),
      class: m.class,
      severity: severityOf(m.risk),
      risk: m.risk,
      actor: this.#actorOf(actor),
      reasons: m.reasons.slice(0, MAX_REASONS).map(({ detector, nats, why }) => this.#reason(detector, nats, why)),
      action: {
        name: m.action,
        mode: m.mode,
        enforced: actor.mitigation?.id === m.id ? actor.mitigation.enforced : m.mode !== 'shadow',
        untilMs: Date.parse(m.until),
        policy: m.policy,
        requestsBefore: m.requests_before,
        requestsMet: m.requests_met,
      },
      status: m.status,
      by: short(m.undone_by, 200),
      method: where?.method ?? '',
      route: short(where?.route ?? ''),
      host: short(where?.host ?? '', 200),
      related: m.derived_from,
    });
  }

  #decision({ verdict, method, route, timeMs }: Decided): SiemEvent {
    const { action, planned, mode, risk, untilMs, mitigation, limit } = verdict;
    const id = `D-${timeMs.toString(36)}-${(++this.#number).toString(36)}`;
    const exceeded = limit?.exceeded === true ? limit.name : '';
    const name = action !== 'allow' ? action : planned !== 'allow' ? planned : exceeded !== '' ? 'limit' : 'allow';
    const pseudonym =
      verdict.actor === '' ? '' : pseudonymOf(this.#options.key, verdict.dimension, lanesIn(verdict.actor));
    const enforced = action !== 'allow' || exceeded !== '';
    return {
      ...BLANK,
      kind: 'decision',
      uid: id,
      id,
      timeMs,
      startMs: timeMs,
      title: `${enforced ? '' : 'would '}${name}`,
      message: short(`${method} ${route || '(no route)'}: ${enforced ? '' : 'would '}${name}`),
      class: verdict.class,
      severity: severityOf(risk),
      risk: mitigation === '' ? -1 : risk,
      actor: pseudonym === '' ? null : { dimension: verdict.dimension, key: pseudonym, pseudonym },
      action: {
        name,
        mode,
        enforced,
        untilMs,
        policy: this.#options.policy(),
        requestsBefore: -1,
        requestsMet: -1,
      },
      method,
      route: short(route),
      related: mitigation,
      labels: exceeded === '' ? {} : { limit: exceeded },
    };
  }

  /** An actor as events name it. */
  #actorOf({ actor, ref }: LiveActor): SiemActor {
    const pseudonym = pseudonymOf(this.#options.key, ref.dimension, lanesOf({ ref }));
    return { dimension: actor.dimension, key: short(actor.key, 200) || pseudonym, pseudonym };
  }

  #reason(detector: string, nats: number, why: string): SiemReason {
    const { id, number, title, group, owasp } = this.#detectors.get(detector) ?? unknown(detector);
    return { detector: { id, number, title, group, owasp }, nats: Math.round(nats * 100) / 100, why: short(why) };
  }
}

const BLANK = {
  phase: 'create',
  reasons: [],
  actor: null,
  action: null,
  status: '',
  by: '',
  method: '',
  route: '',
  host: '',
  related: '',
  labels: {},
} as const;

const unknown = (id: string): DetectorInfo => ({ id, number: 0, title: id, group: '', owasp: [] });
const nameOf = ({ dimension, key }: SiemActor): string => (dimension === 'ip' ? key : `${dimension} ${key}`);
const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
const lanesOf = ({ ref }: Pick<LiveActor, 'ref'>): string => hex(ref.hi) + hex(ref.lo);
/** `dimension-hex` of a verdict. */
const lanesIn = (actor: string): string => actor.slice(actor.lastIndexOf('-') + 1);

/** Sets an entry; the oldest goes where there are too many. */
function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_KNOWN) map.delete(map.keys().next().value as K);
}
