/**
 * Who is known, and where. An action against a crowd spares identities that were there before the trouble: one that was made
 * for it, or logged in for the first time in the middle of it, is as new as an address that nobody has seen.
 */
import type { Values } from './aggregates.ts';
import { SHAPE } from './shapes.ts';

/** Since when an identity must have been seen, in seconds: whoever wants to be spared has to begin a day ahead. */
export const KNOWN_SEC = 86_400;
/** Requests that it must have made by then, so that accounts which were put by and never used do not count. */
export const KNOWN_REQUESTS = 10;

/**
 * Places that a key is at home in have been visited so often (a visit is an hour in a network), make up such a part of all its
 * visits, and are older than what counts as a stranger, in seconds.
 */
export const HOME_VISITS = 3;
export const HOME_PART = 5;
export const HOME_SEC = 1800;

/** Places of the values that tell how usual a key's place is: `habit` of its autonomous system and of its network. */
export interface Homes {
  readonly system: number;
  readonly network: number;
}

const HABIT = Object.fromEntries(SHAPE.habit.values.map((name, i) => [name, i])) as Record<
  keyof Values['habit'],
  number
>;

/** Is the key of the event in a place where it has been at home? By systems, or by networks where systems are not known. */
export function isAtHome(values: Int32Array, { system, network }: Homes): boolean {
  const at = values[system + HABIT.kinds] > 0 ? system : network;
  const seen = values[at + HABIT.seen];
  return seen >= HOME_VISITS && seen * HOME_PART >= values[at + HABIT.n] && values[at + HABIT.ageSec] >= HOME_SEC;
}

/**
 * Is an identity that was first seen `ageSec` ago and has made so many requests known? `stateSec` is how far back records go: at
 * a first start everybody is new, so who has been there for half of that time counts until it is two days, and needs as much
 * less requests.
 */
export function isKnown(ageSec: number, requests: number, stateSec: number): boolean {
  const wanted = Math.min(KNOWN_SEC, Math.trunc(stateSec / 2));
  return ageSec >= wanted && requests * KNOWN_SEC >= KNOWN_REQUESTS * wanted;
}
