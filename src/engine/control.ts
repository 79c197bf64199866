/**
 * What steers decisions from outside of traffic: policy, mode, undo. It enters the sequence at a place of its own, stands
 * in the journal there, and is applied by a replay at the same place (design, invariants 2 and 3).
 */
import type { ActorDimension } from './keys.ts';

export const CONTROLS = [
  'policy',
  'model',
  'mode',
  'undo',
  'impose',
  'degradation',
  'label',
  'solved',
  'watermark',
  'store-lost',
] as const;
export type ControlName = (typeof CONTROLS)[number];

/** Plain data, as the journal keeps it. */
export interface ControlRecord {
  readonly control: ControlName;
  /** Unix ms. */
  readonly timeMs: number;
  /** Version of the policy or model now in force, or the id of what is undone. */
  readonly ref: string;
  /** What the kind of control needs: {@link UndoOrder} for `undo`, a policy source for `policy` and `mode`, the whole `model`. */
  readonly data: unknown;
}

/** A record of one dimension by its key. */
export interface KeyRef {
  readonly dimension: ActorDimension;
  readonly hi: number;
  readonly lo: number;
}

/** What an undo asks of the engine (design, invariant 8). */
export interface UndoOrder {
  /** Actors whose records go back to nothing: the one that was acted on, and those whose mitigations were derived. */
  readonly actors: readonly KeyRef[];
  /** Populations that they were part of: sums about them that the named detectors read start anew. */
  readonly populations: readonly KeyRef[];
  /** Detectors whose evidence is not held against these actors for a while; of populations, only against the first. */
  readonly detectors: readonly string[];
  /** Until when, in Unix seconds, and for how many events with such evidence. */
  readonly untilSec: number;
  readonly events: number;
  /** The records know of the undo already, as after a restart: only its grace is granted. */
  readonly recordsStay?: boolean;
}

/** An action that is put on an actor from outside: one that stood before a restart, or an operator's. */
export interface ImposeOrder {
  readonly actor: KeyRef;
  /** Places in ACTIONS and CLASSES. */
  readonly action: number;
  readonly classIndex: number;
  /** Unix seconds. */
  readonly sinceSec: number;
  readonly untilSec: number;
}

export interface UndoEffect {
  /** Names of keys whose records went back to nothing. */
  readonly cleared: readonly string[];
  readonly restarted: readonly string[];
  /** What sketches of populations keep of the actor, with its share of their requests in permille. */
  readonly remaining: readonly { readonly what: string; readonly permille: number }[];
}
