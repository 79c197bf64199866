/**
 * What the engine needs to know of a policy: costs, from which the least expensive action follows, and the ladder. A
 * document in YAML compiles to this; the default stands in src/policy/default.ts.
 */
import type { ROLE, SENSITIVITY } from '../enrich/kinds.ts';
import type { FindingClass } from './detector.ts';

/** From mild to harsh. The index is what risk records keep. */
export const ACTIONS = [
  'allow',
  'tag',
  'throttle',
  'challenge',
  'step-up',
  'tarpit',
  'decoy',
  'block',
  'revoke',
] as const;
export type ActionName = (typeof ACTIONS)[number];
export const ACTION = Object.fromEntries(ACTIONS.map((name, i) => [name, i])) as Record<ActionName, number>;

export type Mode = 'shadow' | 'canary' | 'enforce';

export interface ClassPolicy {
  /** The document that says so; absent where the policy itself does. */
  readonly document?: string;
  /** Cost of letting one abusive actor go on, in cents. */
  readonly missCents: number;
  /** Actions that make sense against this class. `allow` always does. */
  readonly actions: readonly ActionName[];
  /** Goes to the cheapest action without the rungs between: for what loses its worth with every attempt let through. */
  readonly atOnce?: boolean;
  /** What differs from the policy for this class. */
  readonly falseCents?: Readonly<Partial<Record<ActionName, number>>>;
  readonly ttlSec?: readonly number[];
  readonly mode?: Mode;
  /** Share of actors acted on in canary mode, in permille. */
  readonly canaryPermille?: number;
}

/**
 * How what is at stake in one event scales the cost of a miss. Only dearer than the class: what is less worth than usual
 * changes nothing. Left out of a policy: nothing is dearer.
 */
export interface Stakes {
  /** By SENSITIVITY of the route, in permille: 1000 changes nothing, which is what `normal` does. */
  readonly sensitivityPermille: Readonly<Record<keyof typeof SENSITIVITY, number>>;
  /** By ROLE of the caller, in permille, on top of that: what somebody gets who acts in its place. */
  readonly rolePermille: Readonly<Record<keyof typeof ROLE, number>>;
  /** Classes about getting at what a route has; the others cost what they cost wherever they are. */
  readonly classes: readonly FindingClass[];
  /** Classes of which a miss costs at least the amount of the event. */
  readonly amountClasses: readonly FindingClass[];
}

export interface Policy {
  readonly version: string;
  readonly classes: Readonly<Record<FindingClass, ClassPolicy>>;
  /** Cost of the action falling on somebody innocent, in cents. */
  readonly falseCents: Readonly<Record<ActionName, number>>;
  /** Share of the abuse that the action stops, in permille. */
  readonly stopsPermille: Readonly<Record<ActionName, number>>;
  /** TTL in seconds by rung: a repeated mitigation stands longer. */
  readonly ttlSec: readonly number[];
  /** Seconds before the next harsher action, unless the evidence is deterministic. */
  readonly stepSec: number;
  /** Or events with evidence: who goes on against a mild action has shown that it does not hold. */
  readonly stepEvents: number;
  /** A mitigation is left this far below where it was entered, in millinats. */
  readonly hysteresisMillinats: number;
  readonly mode: Mode;
  readonly stakes?: Stakes;
}
