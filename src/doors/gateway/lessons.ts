/**
 * What answered exchanges teach: what values usually look like where no document says it, and, for the inventory, how requests
 * depart where a document is still being learned. Each process learns from what it sees itself.
 */
import type { Config } from '../../config/schema.ts';
import type { Extras } from '../../enrich/extras.ts';
import { type FactBatch, METHODS } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, NOT_LOOKED } from '../../enrich/kinds.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import type { DeskCheck, SchemaDesk } from '../../inspect/schema/index.ts';
import { pathFields, type ShapeSample } from '../../inspect/shapes/desk.ts';
import { mayTeach, ShapeLearner } from '../../learn/shapes/learner.ts';
import type { Enough, ShapeModel } from '../../learn/shapes/model.ts';
import type { ShapeStore } from '../../runtime/live/shapes-file.ts';
import type { Gate } from '../../runtime/live/verdict.ts';

/** Between two models of what is usual, in ms. */
const LEARN_EVERY_MS = 3_600_000;

/** A piece of making a model, in ms: requests must not wait for it. */
const PIECE_MS = 2;
/** Of a route so many requests teach in the time of one model; of further ones, one in so many: a sample says the same. */
const ALL_UP_TO = 2_000;
const ONE_IN = 16;

/** Of a request that there was no time to inspect. */
export const UNLOOKED: Extras = { operation: NOT_LOOKED };

type ShapeSettings = Config['inspection']['shapes'];

export interface LessonsOptions {
  readonly gate: Gate;
  /** Keys the hashes of values. */
  readonly seed: number;
  readonly store: ShapeStore;
  /** Unix ms. */
  readonly nowMs: number;
  readonly onFailure: (error: Error) => void;
}

export class Lessons {
  /** Whose routes rows name. */
  routes: LearnedModel;
  private readonly options: LessonsOptions;
  private settings: ShapeSettings;
  private learner: ShapeLearner | null = null;
  private desk: SchemaDesk | null = null;
  private shapes: ShapeModel | null = null;
  private learnedMs: number;
  /** Requests since the last model, by route and method. Routes come from the model: they are few. */
  private readonly offered = new Map<number, number>();
  private writing: Promise<void> = Promise.resolve();
  /** The model that is being made, piece by piece. */
  private making: ReturnType<ShapeLearner['learning']> | null = null;

  constructor(options: LessonsOptions, settings: ShapeSettings, routes: LearnedModel) {
    this.options = options;
    this.routes = routes;
    this.learnedMs = options.nowMs;
    this.settings = settings;
    this.begin();
    try {
      this.shapes = settings.enabled ? options.store.read(options.seed) : null;
    } catch (error) {
      options.onFailure(error as Error);
    }
  }

  /** What a desk needs to take requests down and to compare them. */
  get shaping(): { readonly sampling?: { seed: number; enough: Enough }; readonly shapes: ShapeModel | null } {
    const { enabled, observations, minutes, identities } = this.settings;
    if (!enabled) return { shapes: null };
    const enough = { observations, minutes, identities };
    return { sampling: { seed: this.options.seed, enough }, shapes: this.shapes };
  }

  /** Goes over to another configuration. What was learned stays; what was seen since goes where the bounds are others now. */
  configure(settings: ShapeSettings): void {
    const isSame = JSON.stringify(settings) === JSON.stringify(this.settings);
    this.settings = settings;
    if (!isSame) this.begin();
  }

  /** The desk that is told of new models from now on. */
  teach(desk: SchemaDesk): void {
    this.desk = desk;
  }

  /** Takes in a request that the application has answered; its row holds the outcome. `check` is left out where nobody looked. */
  take(method: string, rows: FactBatch, row: number, check?: DeskCheck): void {
    if (check === undefined) return;
    const { operation, sample } = check;
    if (operation !== null) this.declared(`${operation.method} ${operation.template}`, rows, row, check);
    else if (sample?.teaches && this.learner !== null) this.sampled(method, rows, row, sample);
  }

  /** Should it be taken down what this request looks like? Asked once a request. */
  wants(rows: FactBatch, row: number): boolean {
    if (this.learner === null || rows.route[row] === 0) return false;
    const key = rows.route[row] * METHODS.length + rows.method[row];
    const offered = (this.offered.get(key) ?? 0) + 1;
    this.offered.set(key, offered);
    return offered <= ALL_UP_TO || offered % ONE_IN === 0;
  }

  /** Begins to make a model where an hour has gone by. */
  tick(nowMs: number): void {
    if (this.making !== null || nowMs - this.learnedMs < LEARN_EVERY_MS) return;
    this.learn(nowMs);
    this.goOn();
  }

  /** Learns from what is left, and keeps it. */
  async close(nowMs: number): Promise<void> {
    this.make(Number.POSITIVE_INFINITY);
    this.learn(nowMs);
    this.make(Number.POSITIVE_INFINITY);
    await this.writing;
  }

  private begin(): void {
    const { enabled, routes, fields, observations, minutes, identities } = this.settings;
    const enough = { observations, minutes, identities };
    this.making = null;
    this.learner = enabled ? new ShapeLearner(this.options.seed, { routes, fields }, enough) : null;
  }

  private declared(endpoint: string, rows: FactBatch, row: number, { violations, undeclared }: DeskCheck): void {
    let bits = 0;
    for (const { kind } of violations) bits |= kind;
    const status = rows.status[row];
    // Names that were not answered are those of strangers, who can think of many.
    const names = status >= 200 && status < 400 ? undeclared : [];
    bits &= ~rows.schema[row];
    if (bits !== 0 || names.length > 0) this.options.gate.departed(endpoint, bits, names);
  }

  private sampled(method: string, rows: FactBatch, row: number, { path, fields }: ShapeSample): void {
    const template = this.routes.routes[rows.route[row] - 1]?.template ?? '';
    if (template === '' || !mayTeach(rows, row)) return;
    const all = [...pathFields(template, path, this.options.seed), ...fields];
    this.learner?.observe(method, template, all, senderOf(rows, row), rows.timeMs[row]);
  }

  private learn(nowMs: number): void {
    this.learnedMs = nowMs;
    this.offered.clear();
    this.making = this.learner?.learning(this.shapes, nowMs) ?? null;
  }

  private readonly goOn = (): void => {
    this.make(PIECE_MS);
    if (this.making !== null) setImmediate(this.goOn).unref();
  };

  /** Goes on with the model for so many ms. */
  private make(ms: number): void {
    const endAt = performance.now() + ms;
    try {
      while (this.making !== null) {
        const { done, value } = this.making.next();
        if (done === true) this.made(value as ShapeModel);
        else if (performance.now() >= endAt) return;
      }
    } catch (error) {
      this.making = null;
      this.options.onFailure(error as Error);
    }
  }

  private made(model: ShapeModel): void {
    const { store, onFailure } = this.options;
    const before = this.shapes;
    this.making = null;
    if (model.version === before?.version || (before === null && model.routes.length === 0)) return;
    this.shapes = model;
    this.desk?.useShapes(model);
    this.writing = this.writing.then(() => store.write(model)).catch(onFailure);
  }
}

/** A number for the sender: who proved to be somebody counts as that, anybody else as its network, which is harder to come by. */
function senderOf(rows: FactBatch, row: number): number {
  const isProven = rows.authOutcome[row] === AUTH_OUTCOME.accepted && rows.principalLo[row] !== 0;
  if (isProven) return rows.principalLo[row];
  return rows.networkLo[row] ^ Math.imul(rows.networkHi[row], 0x9e3779b1);
}
