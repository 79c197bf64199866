/**
 * Learns a model from history: route templates, baselines, and the names of our own hosts. Give it any rows in any
 * order: what it learns depends on the set alone. Memory is bounded by the sample (sample.ts).
 */

import { type FactBatch, FLAG, METHODS, ROUTE_CLASS, SOFTWARE_CLASS } from '../enrich/facts.ts';
import { host, trimHost } from '../enrich/host.ts';
import type { Baselines, LearnedModel, RouteTemplate } from '../enrich/model.ts';
import type { ClassOverride } from '../enrich/routes/classes.ts';
import { afterScheme, readTarget, TARGET_FORM, Target } from '../enrich/target.ts';
import { OUTCOME_KINDS, type OutcomeKind } from '../event/events.ts';
import { BUSINESS } from '../event/exchange.ts';
import { combine, hashBytes, hashString, lanes } from '../lib/hash.ts';
import { learnBaselines } from './baselines.ts';
import { learnCosts } from './costs.ts';
import { learnJourneys } from './journeys.ts';
import { learnHosts, learnRoutes } from './routes.ts';
import { actorNumber, type CellRecord, HistorySample, SAMPLE_REQUESTS, wide } from './sample.ts';
import { type Tallies, tally } from './tally.ts';

/** Paths longer than this are not remembered, in bytes. */
const MAX_PATH = 512;
/** Texts kept so that equal paths and hosts of the sample share one string. */
const MAX_INTERNED = 50_000;
/** Actors that were found out and whose cells are still in the sample: beyond it they are taken out at once. */
const MAX_EXCLUDED = 10_000;
/** Evidence of the content rules from which on a request teaches no route, in millinats. */
const SUSPICIOUS_CONTENT = 3000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Refusals from which on the status of such exchanges is taken to tell, and the share of all that they must have. */
const TELLING_REFUSALS = 3;
const TELLING_SHARE = 0.01;

const POST = METHODS.indexOf('POST');
const KIND_OF_CLASS: ReadonlyMap<number, OutcomeKind> = new Map([
  [ROUTE_CLASS.login, 'login'],
  [ROUTE_CLASS.code, 'code'],
  [ROUTE_CLASS.lookup, 'account'],
  [ROUTE_CLASS.reset, 'account'],
]);

export interface LearnerOptions {
  readonly seed?: number;
  /** Templates from configuration or OpenAPI: they stand as given, and only other paths are learned from. */
  readonly routes?: readonly RouteTemplate[];
  readonly routeClasses?: readonly ClassOverride[];
  /** Requests kept in the sample. */
  readonly sampleRequests?: number;
  /** Texts kept so that equal ones share one string. */
  readonly interned?: number;
  /**
   * Live traffic, of which more is known than a log tells: who has an identity that the API accepted is one of its clients,
   * with whatever software; and outcomes that an answer's status tells are marked where they are seen, exchange by exchange.
   */
  readonly live?: boolean;
}

/** A sample that is kept. */
export type KeptSample = ReturnType<HistorySample['snapshot']>;

export class ModelLearner {
  private readonly options: LearnerOptions;
  private readonly seed: number;
  private readonly sample: HistorySample;
  private readonly target = new Target();
  private readonly interned = new Map<number, string>();
  private readonly mostInterned: number;
  private readonly actor = { hi: 0, lo: 0 };
  private readonly excluded = new Set<number>();
  private readonly outcomes = {
    login: { all: 0, refused: 0 },
    code: { all: 0, refused: 0 },
    account: { all: 0, refused: 0 },
  } satisfies Record<OutcomeKind, object>;

  constructor(options: LearnerOptions = {}) {
    this.options = options;
    this.seed = options.seed ?? 0;
    this.sample = new HistorySample(this.seed, options.sampleRequests ?? SAMPLE_REQUESTS);
    this.mostInterned = options.interned ?? MAX_INTERNED;
  }

  /** Requests in the sample. */
  get requests(): number {
    return this.sample.requests;
  }

  /** What was seen of an actor so far is not to teach: it was found out. */
  exclude(actorHi: number, actorLo: number): void {
    this.excluded.add(actorNumber(actorHi, actorLo, this.seed));
    if (this.excluded.size >= MAX_EXCLUDED) this.purge();
  }

  /** The sample, without the excluded, in pieces for another thread; {@link load} takes them there. */
  pieces(size: number): Generator<CellRecord[]> {
    this.purge();
    return this.sample.pieces(size);
  }

  /** The sample as plain data, without the excluded, to be kept at once. `redact` is given paths that may carry secrets. */
  snapshot(redact: (path: string) => string): KeptSample {
    this.purge();
    const { bound, cells } = this.sample.snapshot();
    return {
      bound,
      cells: cells.map((cell) => ({
        ...cell,
        requests: cell.requests.map((request) => ({ ...request, path: redact(request.path) })),
      })),
    };
  }

  /** Goes on from what {@link snapshot} gave. */
  resume(kept: KeptSample): void {
    this.sample.resume(kept);
  }

  load(records: readonly CellRecord[]): void {
    this.sample.load(records);
  }

  private purge(): void {
    const { excluded } = this;
    if (excluded.size > 0) this.sample.drop((cell) => excluded.has(cell.actor));
    excluded.clear();
  }

  /**
   * Takes in one enriched row: under which model it was enriched does not matter. The actor is its address or, where
   * the log has none, its session or fingerprint.
   */
  observe(batch: FactBatch, row: number): void {
    if (batch.kind[row] === BUSINESS) return;
    this.seeOutcome(batch, row);
    this.identify(batch, row);
    const time = batch.timeMs[row];
    const { actor } = this;
    // Once the sample is full this is all that most rows cost.
    if (!this.sample.wants(actor.hi, actor.lo, time)) return;
    const target = this.target;
    const at = batch.targetAt[row];
    readTarget(batch.text, at, at + batch.targetLength[row], this.seed, target);
    if (target.form !== TARGET_FORM.origin && target.form !== TARGET_FORM.absolute) return;
    if (target.pathEnd - target.pathStart > MAX_PATH) return;
    const cell = this.sample.cellFor(actor.hi, actor.lo, time);
    if (cell === null) return;
    const { pathHi, pathLo } = target;
    const softwareClass = batch.softwareClass[row];
    const isClient = this.options.live === true && (batch.flags[row] & FLAG.AUTHENTICATED) !== 0;
    const declared = !isClient && (softwareClass === SOFTWARE_CLASS.bot || softwareClass === SOFTWARE_CLASS.tool);
    if (declared && softwareClass > cell.software) cell.software = softwareClass;
    const odd = (batch.flags[row] & (FLAG.MALFORMED | FLAG.PROXY_ATTEMPT)) !== 0;
    combine(pathHi, pathLo, batch.status[row], time);
    this.sample.add(cell, {
      key: lanes.lo >>> 1,
      path: this.text(pathHi, pathLo, target.path, target.pathStart, target.pathEnd),
      status: batch.status[row],
      method: batch.method[row],
      minute: Math.floor(time / MINUTE_MS) % 60,
      at: (((time % HOUR_MS) + HOUR_MS) % HOUR_MS) + batch.durationMs[row],
      cost: batch.cost[row],
      site: this.siteOf(batch, row),
      teaches: !odd && batch.probeRule[row] === 0 && batch.contentMillinats[row] < SUSPICIOUS_CONTENT,
    });
  }

  /** Where such routes turn some of what is sent to them down by status, the others were let through. */
  private seeOutcome(batch: FactBatch, row: number): void {
    const kind = KIND_OF_CLASS.get(batch.routeClass[row]);
    if (kind === undefined) return;
    const isLogin = kind === 'login';
    if (isLogin && batch.method[row] !== POST) return;
    const status = batch.status[row];
    const seen = this.outcomes[kind];
    seen.all++;
    // Any other refusal of a login may be a ban, or a form that was filled in wrongly.
    if (isLogin ? status === 401 || status === 422 : status >= 400 && status < 500) seen.refused++;
  }

  private tells(): OutcomeKind[] {
    return OUTCOME_KINDS.filter((kind) => {
      const { all, refused } = this.outcomes[kind];
      return refused >= TELLING_REFUSALS && refused >= all * TELLING_SHARE;
    });
  }

  /** The model of what was observed so far. */
  finish(): LearnedModel {
    this.purge();
    const tallies = tally(this.sample.cells(), this.options.routeClasses ?? []);
    const routes = learnRoutes(tallies, this.options.routes ?? [], this.options.routeClasses ?? [], this.seed);
    const model = {
      routes,
      baselines: learnWays(tallies, routes, this.seed, learnBaselines(tallies.honestActors(), tallies.honestLogins())),
      hosts: learnHosts(tallies),
      tells: this.options.live === true ? [] : this.tells(),
    };
    return { version: versionOf(model), ...model };
  }

  /** Sets the lanes of the actor of a row. */
  private identify(batch: FactBatch, row: number): void {
    const { actor } = this;
    if (batch.ipHi[row] !== 0 || batch.ipLo[row] !== 0) {
      actor.hi = batch.ipHi[row];
      actor.lo = batch.ipLo[row];
    } else if (batch.sessionHi[row] !== 0 || batch.sessionLo[row] !== 0) {
      actor.hi = batch.sessionHi[row];
      actor.lo = batch.sessionLo[row];
    } else {
      actor.hi = batch.fingerprintHi[row];
      actor.lo = batch.fingerprintLo[row];
    }
  }

  private siteOf(batch: FactBatch, row: number): string {
    const { text } = batch;
    const at = batch.hostAt[row];
    const end = at + batch.hostLength[row];
    if (end > at) return this.hostText(text, at, end, '');
    const referrer = batch.referrerAt[row];
    const referrerEnd = referrer + batch.referrerLength[row];
    const from = afterScheme(text, referrer, referrerEnd);
    if (from < 0) return '';
    let to = from;
    while (to < referrerEnd && text[to] !== 0x2f && text[to] !== 0x3f) to++;
    return this.hostText(text, from, to, ':');
  }

  private hostText(text: Uint8Array, start: number, end: number, mark: string): string {
    trimHost(text, start, end);
    hashBytes(text, host.start, host.end, this.seed ^ (mark === '' ? 1 : 2));
    const key = wide(lanes.hi, lanes.lo);
    let known = this.interned.get(key);
    if (known === undefined) {
      known = mark + latin1(text, host.start, host.end).toLowerCase();
      if (this.interned.size < this.mostInterned) this.interned.set(key, known);
    }
    return known;
  }

  private text(hi: number, lo: number, buf: Uint8Array, start: number, end: number): string {
    const key = wide(hi, lo);
    let known = this.interned.get(key);
    if (known === undefined) {
      known = latin1(buf, start, end);
      if (this.interned.size < this.mostInterned) this.interned.set(key, known);
    }
    return known;
  }
}

/** One char a byte. */
function latin1(buf: Uint8Array, start: number, end: number): string {
  return String.fromCharCode.apply(null, buf.subarray(start, end) as unknown as number[]);
}

/** Baselines with what only some histories tell. */
function learnWays(tallies: Tallies, routes: readonly RouteTemplate[], seed: number, baselines: Baselines): Baselines {
  if (baselines.origin === 'prior') return baselines;
  const cost = learnCosts(tallies.honestActors());
  const journeys = learnJourneys(tallies, routes, seed);
  return { ...baselines, ...(cost !== null && { cost }), ...(journeys !== null && { journeys }) };
}

/** "m-" and 16 hex digits of what a model says. */
export function versionOf(model: Omit<LearnedModel, 'version'>): string {
  const { hi, lo } = hashString(
    JSON.stringify([model.routes, model.baselines, model.hosts ?? [], model.tells ?? []]),
    0,
  );
  return `m-${hex(hi)}${hex(lo)}`;
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
