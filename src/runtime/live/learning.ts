/**
 * Learning from what passes: which rows may teach, when a model is due, and who makes it. The model itself is made on another
 * thread (learner-thread.ts) and put in force by whoever owns the sequence.
 */
import type { Config } from '../../config/schema.ts';
import type { Engine } from '../../engine/engine.ts';
import { type ActorDimension, DIMENSIONS, isPopulation } from '../../engine/keys.ts';
import { ACTION } from '../../engine/policy.ts';
import { CLASS_COUNT, logOdds, RISK } from '../../engine/risk.ts';
import { isOfKind } from '../../engine/scope.ts';
import { type FactBatch, FLAG } from '../../enrich/facts.ts';
import type { LearnedModel, RouteTemplate } from '../../enrich/model.ts';
import { steersAlike } from '../../learn/evolve.ts';
import { type KeptSample, ModelLearner } from '../../learn/learner.ts';
import type { EnrichmentSetup } from '../enrichment.ts';
import { learnInThread } from './learner-thread.ts';
import type { LearningOrder, LearningPiece } from './learning-thread.ts';

/** Requests in the sample of one generation; some 200 bytes each. */
const SAMPLE_REQUESTS = 24_000;
const INTERNED_TEXTS = 4000;
/** A sample is given up after so long; its successor begins halfway, so that hours of the week can be learned from either. */
const GENERATION_MS = 42 * 86_400_000;
/** Requests that go to the other thread at once: below a millisecond of copying. */
const PIECE_REQUESTS = 500;
/**
 * Risk from which on somebody's exchanges do not teach, as log-odds in millinats: 2 %, twenty times what is assumed of anybody.
 * Less is what honest traffic collects, an old browser or a wrong password: without it what is learned would be too strict.
 */
const TELLING_LOG_ODDS = -3892;
/** The second model comes after so long, in s; before it, and after it, configuration says. */
const SECOND_AFTER_S = 600;

const IP = DIMENSIONS.indexOf('ip');

export type MakeModel = (
  order: LearningOrder,
  pieces: Iterable<LearningPiece>,
  signal: AbortSignal,
) => Promise<LearnedModel>;

export interface LearningOptions {
  readonly settings: Config['learning'];
  readonly seed: number;
  /** Templates from configuration or OpenAPI. */
  readonly routes: readonly RouteTemplate[];
  readonly routeClasses: EnrichmentSetup['routeClasses'];
  /** The model in force. */
  readonly current: () => LearnedModel;
  /** Puts a model in force, at its place in the sequence. */
  readonly takeOver: (model: LearnedModel, nowMs: number) => void;
  readonly onFailure: (error: Error) => void;
  /** On another thread, unless a test wants it here. */
  readonly make?: MakeModel;
}

/** What learning is at: for status. */
export interface LearningStatus {
  readonly enabled: boolean;
  /** Exchanges that may teach, since the last model, and how many there have to be for the next. */
  readonly seen: number;
  readonly wanted: number;
}

/** What is kept over a restart: times in Unix ms, counts, and a sample or two. */
interface Kept {
  readonly bornMs: number;
  readonly sinceMs: number;
  readonly seen: number;
  readonly exchanges: number;
  readonly made: number;
  readonly samples: readonly KeptSample[];
}

export class LiveLearning {
  /** Exchanges that may teach, in all. */
  get observed(): number {
    return this.exchanges;
  }

  settings: Config['learning'];
  private readonly options: LearningOptions;
  private learner: ModelLearner;
  /** Begins when {@link learner} is halfway through its time. */
  private successor: ModelLearner | null = null;
  private bornMs = 0;
  /** Of the first exchange since the last model, and how many there were; exchanges in all; models made. */
  private sinceMs = 0;
  private seen = 0;
  private exchanges = 0;
  private made = 0;
  private readonly end = new AbortController();
  private making: Promise<void> | null = null;

  constructor(options: LearningOptions) {
    this.options = options;
    this.settings = options.settings;
    this.learner = this.begin();
  }

  private begin(): ModelLearner {
    const { seed } = this.options;
    return new ModelLearner({ seed, sampleRequests: SAMPLE_REQUESTS, interned: INTERNED_TEXTS, live: true });
  }

  /** Takes in the exchange that the engine has just judged, if it may teach what is usual. */
  observe(engine: Engine, rows: FactBatch, row: number): void {
    if (!this.settings.enabled || rows.status[row] === 0 || !mayTeach(engine, rows, row)) return;
    const nowMs = engine.facts.now;
    if (this.sinceMs === 0) this.sinceMs = nowMs;
    if (this.bornMs === 0) this.bornMs = nowMs;
    this.seen++;
    this.exchanges++;
    this.learner.observe(rows, row);
    this.successor?.observe(rows, row);
  }

  /** Somebody was found out: what was seen of the address before that does not teach either. */
  foundOut(dimension: ActorDimension, lanes: Int32Array): void {
    // Of a population nobody says which members it was.
    if (isPopulation(dimension)) return;
    const hi = lanes[IP * 2];
    const lo = lanes[IP * 2 + 1];
    if (hi === 0 && lo === 0) return;
    this.learner.exclude(hi, lo);
    this.successor?.exclude(hi, lo);
  }

  status(): LearningStatus {
    const { enabled, first_after_requests: wanted } = this.settings;
    return { enabled, seen: this.seen, wanted };
  }

  /** What was seen so far, for the next run; `redact` is given paths that may carry secrets. */
  snapshot(redact: (path: string) => string): Record<string, unknown> {
    const { bornMs, sinceMs, seen, exchanges, made, learner, successor } = this;
    const samples = [learner, ...(successor === null ? [] : [successor])].map((l) => l.snapshot(redact));
    return { bornMs, sinceMs, seen, exchanges, made, samples } satisfies Kept;
  }

  /** Goes on from what {@link snapshot} gave. */
  restore(kept: Record<string, unknown>): void {
    const { samples, ...counts } = kept as unknown as Kept;
    Object.assign(this, counts);
    const [learner, successor] = samples.map((sample) => {
      const one = this.begin();
      one.resume(sample);
      return one;
    });
    this.learner = learner;
    this.successor = successor ?? null;
  }

  /** Makes a model if one is due. To be called now and then; resolves when nothing is under way. Never rejects. */
  tick(nowMs: number): Promise<void> {
    if (this.making === null && this.isDue(nowMs)) {
      this.making = this.make(nowMs).finally(() => {
        this.making = null;
      });
    }
    return this.making ?? Promise.resolve();
  }

  async close(): Promise<void> {
    this.end.abort();
    await this.making;
  }

  private isDue(nowMs: number): boolean {
    const { enabled, first_after_requests, first_after_s, interval_s } = this.settings;
    if (!enabled || this.end.signal.aborted || this.seen < first_after_requests) return false;
    const waits = [first_after_s, Math.min(SECOND_AFTER_S, interval_s)];
    return nowMs - this.sinceMs >= (waits[this.made] ?? interval_s) * 1000;
  }

  private async make(nowMs: number): Promise<void> {
    const { seed, routes, routeClasses, current, make = learnInThread, takeOver, onFailure } = this.options;
    const previous = current();
    const settled = nowMs - this.bornMs >= this.settings.baselines_after_s * 1000;
    const order = { seed, previous, routes, routeClasses, learnedMs: nowMs, exchanges: this.exchanges, settled };
    this.seen = 0;
    this.sinceMs = nowMs;
    try {
      const model = await make(order, this.learner.pieces(PIECE_REQUESTS), this.end.signal);
      if (this.end.signal.aborted || current() !== previous) return;
      this.made++;
      if (!steersAlike(previous, model)) takeOver(model, nowMs);
    } catch (error) {
      if (!this.end.signal.aborted) onFailure(error as Error);
    }
    this.age(nowMs);
  }

  /** What was sampled does not count for ever: an API changes. */
  private age(nowMs: number): void {
    const age = nowMs - this.bornMs;
    if (this.successor === null && age >= GENERATION_MS / 2) this.successor = this.begin();
    else if (this.successor !== null && age >= GENERATION_MS) {
      this.learner = this.successor;
      this.successor = null;
      this.bornMs = nowMs - GENERATION_MS / 2;
    }
  }
}

/**
 * May the exchange teach what is usual? Not where something is held against who was part of it, not what carries an attack
 * itself, and not what is exempt: a load test is nobody's norm. Of a population that stands accused, what is of that kind.
 */
export function mayTeach(engine: Engine, rows: FactBatch, row: number): boolean {
  const { batch, program, facts } = engine;
  if ((rows.flags[row] & FLAG.ALLOWLISTED) !== 0 || rows.decoy[row] !== 0) return false;
  if (batch.risky === 0) return true;
  for (let k = 0; k < program.keys.length; k++) {
    const { first, second } = program.keys[k];
    if (batch.hasRisk[k] === 0 || second >= 0) continue;
    const at = k * RISK.size;
    const stands =
      batch.risk[at + RISK.action] >= ACTION.throttle && batch.risk[at + RISK.untilSec] >>> 0 > batch.nowSec;
    if (isPopulation(DIMENSIONS[first] as ActorDimension)) {
      if (stands && isOfKind(batch.risk[at + RISK.class], facts)) return false;
    } else if (stands || isTelling(batch.risk, at)) return false;
  }
  return true;
}

function isTelling(risk: Int32Array, at: number): boolean {
  for (let c = 0; c < CLASS_COUNT; c++) if (logOdds(risk, at, c) >= TELLING_LOG_ODDS) return true;
  return false;
}
