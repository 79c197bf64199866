/**
 * The learned model: route templates, baselines and first guesses, learned once from history and then immutable. A
 * new version enters the sequence by a ControlEvent (design, invariant 3). Plain JSON, so that it can be stored,
 * compared, and hashed into the manifest.
 */

import type { OutcomeKind } from '../event/events.ts';

export interface RouteTemplate {
  /** "/users/{id}"; parameters are named after what they look like: {id}, {uuid}, {hash}, {date}, {slug}. */
  readonly template: string;
  /** ROUTE_CLASS. */
  readonly routeClass: number;
  /** Share of its requests answered below 400 when it was learned; 1 for configured templates. */
  readonly answered: number;
  readonly requests: number;
  readonly origin: 'configured' | 'openapi' | 'learned';
  /** A more general template has taken over: nothing matches this one any more, and its place stays taken. */
  readonly retired?: true;
}

/**
 * Ways that honest clients go through the API, learned as transitions of second order with back-off, as millinats of surprise.
 * Steps go by template, because places in the list of routes change; 0 is the beginning of a way, 1 a route that is not known.
 */
export interface Journeys {
  /** Step 2 and on: "read /orders/{id}", "write /cart". */
  readonly steps: readonly string[];
  /** Surprise of a step that nobody took; of each step (0 and 1 included) by itself, and what backing off from it costs. */
  readonly unseen: number;
  readonly single: readonly number[];
  readonly backOff: readonly number[];
  /** [from, to, surprise] in turn. */
  readonly pairs: readonly number[];
  /** [before, from, what backing off costs]. */
  readonly contexts: readonly number[];
  /** [before, from, to, surprise]. */
  readonly triples: readonly number[];
  /** Mean surprise in millinats that one way in ten thousand goes beyond. */
  readonly threshold: number;
  /** Ways that this rests on, and when it was learned from live traffic, in Unix ms. */
  readonly ways: number;
  readonly learnedMs?: number;
}

/** What requests cost, where their cost is known. */
export interface CostBaseline {
  /** Units of a request at p99, and of busy actor-minutes at p99.9. */
  readonly p99: number;
  readonly perMinuteP999: number;
}

/** First guesses (p0) and limits. Each says where it comes from, and a finding repeats it. */
export interface Baselines {
  readonly origin: 'learned' | 'prior';
  /** Share of login attempts that fail for the median benign actor. */
  readonly loginFailure: number;
  /** Share of requests that miss (404, unknown route) for the median actor. */
  readonly miss: number;
  /** Share of requests refused (401, 403) for the median actor. */
  readonly denied: number;
  /** Requests a minute (assets left out) that 99.9 % of busy actor-minutes stay within. */
  readonly requestsPerMinuteP999: number;
  /** Distinct objects per actor, route and hour at p99.9. */
  readonly objectsPerHourP999: number;
  /**
   * Failure share of logins by hour of week (168 values from Monday 00:00 UTC), shrunk to {@link loginFailure}; empty
   * where history is shorter than two weeks.
   */
  readonly loginFailureByHourOfWeek: readonly number[];
  /** Absent where too few requests of known cost were seen. */
  readonly cost?: CostBaseline;
  /** Absent where too few ways were seen. */
  readonly journeys?: Journeys;
}

export interface LearnedModel {
  readonly version: string;
  readonly routes: readonly RouteTemplate[];
  readonly baselines: Baselines;
  /** Outcomes that exchanges of history told by their status: business events about them are told twice. */
  readonly tells?: readonly OutcomeKind[];
  /** Host names that history was answered for, most requests first; absent where the log does not tell. */
  readonly hosts?: readonly string[];
  /** When it was learned from live traffic, in Unix ms, and how many exchanges it rests on. */
  readonly learnedMs?: number;
  readonly exchanges?: number;
}

/** What holds before anything was learned. docs/detectors.md says where they come from. */
export const PRIOR_BASELINES: Baselines = {
  origin: 'prior',
  loginFailure: 0.2,
  miss: 0.05,
  denied: 0.05,
  requestsPerMinuteP999: 120,
  objectsPerHourP999: 60,
  loginFailureByHourOfWeek: [],
};

export const EMPTY_MODEL: LearnedModel = { version: 'prior', routes: [], baselines: PRIOR_BASELINES };
