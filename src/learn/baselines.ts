/**
 * First guesses from history. Every figure is taken over actors, not over requests, so that one loud actor is one voice;
 * each is pulled towards its prior by as much as the sample is small, and kept within a documented range, so that history
 * full of attacks moves it only so far.
 */
import { ROUTE_CLASS } from '../enrich/facts.ts';
import { type Baselines, PRIOR_BASELINES } from '../enrich/model.ts';

/** Actors that a prior counts as, when a share is learned from n actors. */
export const PRIOR_ACTORS = 30;
/** Actor-minutes or actor-hours that a prior counts as, when a tail is learned. */
export const PRIOR_CELLS = 200;
/** Below this many actors with enough requests nothing is learned. */
export const MIN_ACTORS = 20;
/** An actor has a share of failures from this many requests on. */
export const MIN_REQUESTS = 5;
/** Login attempts of an actor from which on it has a share. */
const MIN_LOGINS = 2;
/** Attempts of one actor counted in one hour, for the hours of the week. */
const LOGINS_PER_HOUR = 3;
/** Attempts that the overall share counts as, in each hour of the week. */
const PRIOR_LOGINS = 20;
const HOURS_OF_WEEK = 168;
/** 1970-01-01 was a Thursday: its hour of the week, counted from Monday. */
const EPOCH_HOUR = 72;

/**
 * What learned values are kept within. Where more than three in ten logins of the median actor fail, the history holds
 * an attack by many addresses: it may not teach that failing is usual.
 */
export const RANGES = {
  loginFailure: [0.1, 0.3],
  miss: [0.025, 0.2],
  denied: [0.025, 0.2],
  requestsPerMinuteP999: [60, 1200],
  objectsPerHourP999: [30, 2000],
} as const;

/** What one actor did, assets left out. */
export interface ActorTally {
  requests: number;
  misses: number;
  denied: number;
  logins: number;
  failedLogins: number;
  /** Busiest minute and most distinct objects of one route in an hour. */
  peakMinute: number;
  peakObjects: number;
}

export const newTally = (): ActorTally => ({
  requests: 0,
  misses: 0,
  denied: 0,
  logins: 0,
  failedLogins: 0,
  peakMinute: 0,
  peakObjects: 0,
});

/** Login attempts of one actor in one hour since 1970. */
export interface LoginHour {
  readonly hour: number;
  readonly attempts: number;
  readonly failed: number;
}

/** True, false: a login attempt failed or succeeded; null where the status does not tell. */
export function loginFailed(status: number): boolean | null {
  if (status === 400 || status === 401 || status === 403 || status === 422) return true;
  return status >= 200 && status < 400 ? false : null;
}

/** True where a request of this status and class missed: what it asked for is not there. */
export function isMiss(status: number, routeClass: number): boolean {
  // A missing image is the page's fault, not the client's.
  return routeClass !== ROUTE_CLASS.asset && (status === 404 || status === 400 || status === 405 || status === 414);
}

/** Baselines of the actors of a sample; logins with the hours they fell in. */
export function learnBaselines(actors: readonly ActorTally[], logins: readonly LoginHour[]): Baselines {
  const steady = actors.filter((a) => a.requests >= MIN_REQUESTS);
  if (steady.length < MIN_ACTORS) return PRIOR_BASELINES;
  const prior = PRIOR_BASELINES;
  const share = (of: readonly number[], name: 'loginFailure' | 'miss' | 'denied'): number => {
    const learned = of.length === 0 ? 0 : median(of);
    return within(name, (learned * of.length + prior[name] * PRIOR_ACTORS) / (of.length + PRIOR_ACTORS));
  };
  const tail = (of: readonly number[], name: 'requestsPerMinuteP999' | 'objectsPerHourP999'): number => {
    const learned = of.length === 0 ? 0 : robustTail(of);
    return Math.round(within(name, (learned * of.length + prior[name] * PRIOR_CELLS) / (of.length + PRIOR_CELLS)));
  };
  const tried = actors.filter((a) => a.logins >= MIN_LOGINS);
  const loginFailure = share(
    tried.map((a) => a.failedLogins / a.logins),
    'loginFailure',
  );
  return {
    origin: 'learned',
    loginFailure,
    miss: share(
      steady.map((a) => a.misses / a.requests),
      'miss',
    ),
    denied: share(
      steady.map((a) => a.denied / a.requests),
      'denied',
    ),
    requestsPerMinuteP999: tail(
      steady.map((a) => a.peakMinute),
      'requestsPerMinuteP999',
    ),
    objectsPerHourP999: tail(
      steady.filter((a) => a.peakObjects > 0).map((a) => a.peakObjects),
      'objectsPerHourP999',
    ),
    loginFailureByHourOfWeek: byHourOfWeek(logins, loginFailure),
  };
}

function within(name: keyof typeof RANGES, value: number): number {
  const [low, high] = RANGES[name];
  return Math.round(Math.min(high, Math.max(low, value)) * 10_000) / 10_000;
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Nearest rank. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * q) - 1))];
}

/**
 * The 99.9 % quantile that the loudest one in a hundred cannot move: in a tail that falls like a power, each tenth of the
 * probability multiplies the value by the same factor, so it follows from the 90 and 99 % quantiles. The direct quantile
 * is taken where it is smaller.
 */
export function robustTail(values: readonly number[]): number {
  const sorted = ascending(values);
  const p90 = quantile(sorted, 0.9);
  const p99 = quantile(sorted, 0.99);
  return Math.min(quantile(sorted, 0.999), (p99 * p99) / Math.max(1, p90));
}

function byHourOfWeek(logins: readonly LoginHour[], overall: number): number[] {
  if (logins.length === 0) return [];
  const attempts = new Array<number>(HOURS_OF_WEEK).fill(0);
  const failed = new Array<number>(HOURS_OF_WEEK).fill(0);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const login of logins) {
    first = Math.min(first, login.hour);
    last = Math.max(last, login.hour);
    const counted = Math.min(login.attempts, LOGINS_PER_HOUR);
    const at = (((login.hour + EPOCH_HOUR) % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
    attempts[at] += counted;
    failed[at] += (login.failed / login.attempts) * counted;
  }
  if (last - first + 1 < 2 * HOURS_OF_WEEK) return [];
  return attempts.map((n, i) => within('loginFailure', (failed[i] + overall * PRIOR_LOGINS) / (n + PRIOR_LOGINS)));
}
