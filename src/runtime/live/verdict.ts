/**
 * What the owner of state says about a request, and what a door asks of it. A door knows no score: it carries out a verdict.
 */
import type { ActionName } from '../../engine/policy.ts';
import type { FactBatch } from '../../enrich/facts.ts';

export type Mode = 'shadow' | 'canary' | 'enforce';

/**
 * What a limit is about: requests in a window, in a day or month, cost units there, bytes of answers, requests under way, money,
 * room that is kept for others, and cost units in a window.
 */
export const LIMIT_KINDS = ['rate', 'requests', 'units', 'bytes', 'concurrency', 'budget', 'capacity', 'cost'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** How a request stands against the tightest of the rate limits and plans that apply to it. */
export interface LimitState {
  /** `rate` where it is left out. */
  readonly kind?: LimitKind;
  readonly name: string;
  /** Requests, or what else it counts, a window, and the window in seconds: the policy. */
  readonly limit: number;
  readonly windowSec: number;
  /** How many more may come at once, and in how many seconds there is one more. */
  readonly remaining: number;
  readonly resetSec: number;
  /** True where this request is over the limit and the limit is enforced. */
  readonly exceeded: boolean;
}

export interface Verdict {
  /** What the door does now: `allow` where nothing stands, or where it stands in shadow only. */
  readonly action: ActionName;
  /** What it would do if every policy were enforced. */
  readonly planned: ActionName;
  readonly mode: Mode;
  /** Class of abuse that the action is against; '' for none. */
  readonly class: string;
  /** Probability, 0 to 1, that the actor abuses the API in that class. */
  readonly risk: number;
  /** Id of the mitigation that stands: M- and ten hex digits; '' for none. The receipt that clients are shown. */
  readonly mitigation: string;
  /** Unix ms until which it stands; 0 for none. */
  readonly untilMs: number;
  /** Keyed hash of the actor that is acted on, as hex: what clearances, budgets and slots are bound to; '' for none. */
  readonly actor: string;
  /** Dimension of that actor; '' for none. */
  readonly dimension: string;
  /** For `throttle`: how long the request is to be held back, −1 where the budget is spent and it is refused. */
  readonly delayMs: number;
  /** For a refusal: seconds after which trying again makes sense. */
  readonly retryAfterSec: number;
  /** Keyed hash of the request's credential as hex; '' for none. For `revoke`. */
  readonly credential: string;
  readonly limit: LimitState | null;
}

/** The verdict about a request of which nothing is known that speaks against it. */
export const ALLOW: Verdict = {
  action: 'allow',
  planned: 'allow',
  mode: 'shadow',
  class: '',
  risk: 0,
  mitigation: '',
  untilMs: 0,
  actor: '',
  dimension: '',
  delayMs: 0,
  retryAfterSec: 0,
  credential: '',
  limit: null,
};

/** `first`: it was not used before, and is now. `seen`: it was. `full`: not known, and there is no room to remember it. */
export type Spent = 'first' | 'seen' | 'full';

/** How often exchanges that go on are told of, in ms. */
export const LASTS_MS = 30_000;

/**
 * What doors ask. With one worker the owner is in this process and answers at once; with several it answers over a
 * socket. Rows may be reused as soon as a call has returned or its promise is settled.
 */
export interface Gate {
  /** A request has come. Its row holds what is known of it now: no status, no duration. `nowMs` is its time. */
  request(rows: FactBatch, row: number, nowMs: number): Verdict | Promise<Verdict>;
  /**
   * The exchange is over, or has gone on for 30 s (`goesOn`): the row now holds status, bytes, duration and what the
   * upstream said about the caller. `admitted` is false where a verdict kept the request from the upstream: its outcome is
   * ours, not the application's, and counts as unknown. What goes on is told of by {@link lasts} from then on.
   */
  response(rows: FactBatch, row: number, nowMs: number, admitted: boolean, goesOn?: boolean): void;
  /**
   * An exchange whose response was told of early is still under way, or (`ended`) is over now: then its row holds the bytes of
   * the whole answer. To be told every {@link LASTS_MS} at least: who is not heard of counts as gone.
   */
  lasts(rows: FactBatch, row: number, nowMs: number, ended: boolean): void;
  /** A business event that came with an answer. */
  business(rows: FactBatch, row: number, nowMs: number): void;
  /** Uses up a one-time value until a time. */
  spend(nonce: string, untilMs: number): Spent | Promise<Spent>;
  /** Actor has solved a challenge for a class: weak evidence against abuse. */
  solved(actor: string, classOf: string, nowMs: number): void;
  /**
   * For the inventory, what rows do not say of a request to a documented endpoint (`GET /users/{id}`): bits of SCHEMA where its
   * document is still being learned, and names of parameters that nothing declares.
   */
  departed(endpoint: string, bits: number, undeclared: readonly string[]): void;
}

/**
 * A gate that several processes ask. `from` tells them apart, 0 being this process: a number a connection, used once. What
 * one of them has under way goes with it.
 */
export interface OwnerGate extends Gate {
  request(rows: FactBatch, row: number, nowMs: number, from?: number): Verdict | Promise<Verdict>;
  lasts(rows: FactBatch, row: number, nowMs: number, ended: boolean, from?: number): void;
  /** Nothing more comes from there: the process has ended, or its connection is lost. */
  gone(from: number): void;
}
