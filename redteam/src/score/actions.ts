/** What can be done about an actor, from nothing to refusal, as the decision lines name it (docs/report.md). */
export const ACTIONS = ['allow', 'tag', 'throttle', 'challenge', 'step-up', 'block'] as const;

/** Ranks, so that actions can stand in a byte a row and be compared. */
export const THROTTLE = ACTIONS.indexOf('throttle');
export const CHALLENGE = ACTIONS.indexOf('challenge');
export const BLOCK = ACTIONS.indexOf('block');

/** Rank of an action; −1 for a name that this scoreboard has never heard of. */
export function rankOf(action: string): number {
  return (ACTIONS as readonly string[]).indexOf(action);
}

/** Somebody that something is said about, as the system under test names it. */
export interface Actor {
  readonly dimension: string;
  readonly key: string;
}

/** From `timeMs` on, for `ttlMs`, this is done about the actor; a later decision about the same actor replaces it. */
export interface Decision {
  readonly timeMs: number;
  readonly actor: Actor;
  readonly rank: number;
  readonly ttlMs: number;
  readonly class: string;
  readonly risk: number;
}

/** A request that would have met an action, as the system under test tells it. */
export interface Held {
  /** When it began, as the log has it: Unix ms. */
  readonly timeMs: number;
  readonly address: string;
  readonly rank: number;
}
