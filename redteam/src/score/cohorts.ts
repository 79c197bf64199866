/**
 * Whom it hurts. An identity is whom a person would say was hurt: a user, where the log knows one, else a session, else an
 * address with an agent, so that a hundred people behind one address count as a hundred.
 */
import { CHALLENGE, THROTTLE } from './actions.ts';
import type { Verdicts } from './holds.ts';
import type { TruthColumns } from './truth.ts';

/**
 * Cohorts that attack with permission. To find or to hold them is neither right nor wrong: they are shown in the table, and
 * left out of every figure about harm and precision.
 */
export const PERMITTED: readonly string[] = ['pentesters'];

/** The benign identities of a run. */
export interface Identities {
  /** Identity of each row; −1 for the attackers' rows. */
  readonly of: Int32Array;
  /** Cohort of each identity, as an index into {@link cohorts}. */
  readonly cohort: Uint16Array;
  readonly cohorts: readonly string[];
}

/** What one system did to one cohort of the benign. */
export interface Collateral {
  readonly cohort: string;
  readonly identities: number;
  readonly requests: number;
  /** Identities with at least one request that would have met a throttle or harder, and a challenge or harder. */
  readonly identitiesThrottled: number;
  readonly identitiesChallenged: number;
  readonly requestsThrottled: number;
  readonly requestsChallenged: number;
}

/** Finds the benign identities. Somebody who is seen in two cohorts, as a customer and in a sale, counts in each. */
export function identitiesOf(truth: TruthColumns): Identities {
  const cohorts = [...new Set(truth.labels.filter((l) => l.campaign === '').map((l) => l.cohort))];
  const cohortOfLabel = truth.labels.map((l) => (l.campaign === '' ? cohorts.indexOf(l.cohort) : -1));
  const of = new Int32Array(truth.rows).fill(-1);
  const { principal, session, address, agent } = truth.texts;
  // Users, then sessions, then clients, each with a range of numbers of its own within a cohort.
  const range = principal.length + session.length + address.length * agent.length;
  const known = new Map<number, number>();
  const cohort: number[] = [];
  for (let row = 0; row < truth.rows; row++) {
    const own = cohortOfLabel[truth.label[row]];
    if (own < 0) continue;
    let who = truth.principal[row];
    if (who === 0) {
      who = truth.session[row];
      if (who > 0) who += principal.length;
      else who = principal.length + session.length + truth.address[row] * agent.length + truth.agent[row];
    }
    const key = own * range + who;
    let id = known.get(key);
    if (id === undefined) {
      id = cohort.push(own) - 1;
      known.set(key, id);
    }
    of[row] = id;
  }
  return { of, cohort: Uint16Array.from(cohort), cohorts };
}

/** A cohort to which nothing was done, and of which nothing was seen. */
export function untouched(cohort: string): { -readonly [Name in keyof Collateral]: Collateral[Name] } {
  return {
    cohort,
    identities: 0,
    requests: 0,
    identitiesThrottled: 0,
    identitiesChallenged: 0,
    requestsThrottled: 0,
    requestsChallenged: 0,
  };
}

/** What a system did to each cohort, in the order of their names. */
export function collateralOf(truth: TruthColumns, identities: Identities, { level }: Verdicts): Collateral[] {
  const n = identities.cohorts.length;
  const most = new Uint8Array(identities.cohort.length);
  const counts = Array.from({ length: n }, (_, i) => untouched(identities.cohorts[i]));
  const countOf = truth.labels.map((l) => counts[identities.cohorts.indexOf(l.cohort)]);
  for (let row = 0; row < truth.rows; row++) {
    const id = identities.of[row];
    if (id < 0) continue;
    const count = countOf[truth.label[row]];
    const rank = level[row];
    count.requests++;
    if (rank >= THROTTLE) count.requestsThrottled++;
    if (rank >= CHALLENGE) count.requestsChallenged++;
    if (rank > most[id]) most[id] = rank;
  }
  for (const [id, rank] of most.entries()) {
    const count = counts[identities.cohort[id]];
    count.identities++;
    if (rank >= THROTTLE) count.identitiesThrottled++;
    if (rank >= CHALLENGE) count.identitiesChallenged++;
  }
  return counts.sort((a, b) => (a.cohort < b.cohort ? -1 : 1));
}

/** All cohorts as one, without those that attack with permission. */
export function overall(all: readonly Collateral[]): Collateral {
  const list = all.filter((c) => !PERMITTED.includes(c.cohort));
  const sum = (of: (c: Collateral) => number): number => list.reduce((total, c) => total + of(c), 0);
  return {
    cohort: 'all',
    identities: sum((c) => c.identities),
    requests: sum((c) => c.requests),
    identitiesThrottled: sum((c) => c.identitiesThrottled),
    identitiesChallenged: sum((c) => c.identitiesChallenged),
    requestsThrottled: sum((c) => c.requestsThrottled),
    requestsChallenged: sum((c) => c.requestsChallenged),
  };
}

/**
 * The cohort with the largest share of identities hurt; of equals, the one with the larger share of requests. Those that
 * attack with permission are left out.
 */
export function worst(list: readonly Collateral[]): Collateral | null {
  const share = (c: Collateral): number => c.identitiesThrottled / Math.max(1, c.identities);
  const requests = (c: Collateral): number => c.requestsThrottled / Math.max(1, c.requests);
  let found: Collateral | null = null;
  for (const c of list) {
    if (PERMITTED.includes(c.cohort)) continue;
    if (!found || share(c) > share(found) || (share(c) === share(found) && requests(c) > requests(found))) found = c;
  }
  return found;
}
