/**
 * What an operator sees of a running engine and may do to it: the port behind the admin API, the live page and the
 * command line. Field names are those of the API (snake_case); they are stable, new ones may be added.
 */
import type { ActionName } from '../../engine/policy.ts';
import type { OutputStatus } from '../outputs/output.ts';
import type { Actor } from '../report.ts';
import type { Mode } from './verdict.ts';

/** An action that stands, or stood, about one actor. */
export interface Mitigation {
  /** M- and ten hex digits. */
  readonly id: string;
  readonly actor: Actor;
  readonly class: string;
  readonly action: ActionName;
  readonly mode: Mode;
  /** Name and version of the policy in force when it was made. */
  readonly policy: string;
  /** 0 to 1. */
  readonly risk: number;
  /** One sentence: what was seen, what was done about it. */
  readonly sentence: string;
  readonly reasons: readonly Reason[];
  /** RFC 3339. */
  readonly started_at: string;
  readonly until: string;
  readonly status: 'pending' | 'active' | 'expired' | 'undone';
  /** Requests of the actor before it, and those it met since. */
  readonly requests_before: number;
  readonly requests_met: number;
  /** Id of the mitigation it was derived from (risk that flowed over a proven link); '' for none. */
  readonly derived_from: string;
  readonly undone_by: string;
}

export interface Reason {
  readonly detector: string;
  readonly nats: number;
  readonly why: string;
}

/** One second of traffic. */
export interface Tick {
  /** Unix time in seconds. */
  readonly sec: number;
  readonly requests: number;
  /** Requests of actors that are held to be abusing by now: those that were let through, and those that were stopped. */
  readonly abusive_served: number;
  readonly abusive_held: number;
  /** Requests of established identities that were stopped: the collateral that safety is measured by. */
  readonly established_held: number;
  readonly status_4xx: number;
  readonly status_5xx: number;
}

/** What an undo did (design, invariant 8). */
export interface UndoReceipt {
  readonly mitigation: string;
  readonly undone_at: string;
  readonly by: string;
  readonly reason: string;
  /** Mitigations that were lifted: this one and those derived from it. */
  readonly lifted: readonly string[];
  /** Records of the actor that were put back to nothing, by key name. */
  readonly cleared: readonly string[];
  /** Windows of populations that were started anew. */
  readonly restarted: readonly string[];
  /** What sketches cannot give back, with the actor's share of it in percent. */
  readonly cannot_be_removed: readonly { readonly what: string; readonly share_percent: number }[];
  /** For which detectors and until when the same evidence is not held against the actor, and for how many requests. */
  readonly grace: { readonly detectors: readonly string[]; readonly until: string; readonly requests: number };
  /** Enforcers that have taken it back, and whether each has said so. */
  readonly enforcers: readonly { readonly name: string; readonly acknowledged: boolean }[];
  /** Sequence number of the ledger's entry. */
  readonly ledger: number;
}

export interface LiveStatus {
  readonly version: string;
  readonly mode: 'observe' | 'enforce';
  readonly started_at: string;
  readonly now: string;
  readonly requests: number;
  readonly events: number;
  readonly decision_hash: string;
  readonly mitigations_active: number;
  readonly actors: Readonly<Record<string, number>>;
  /** 0: everything is scored; the higher, the more was left out (docs/overload.md). */
  readonly degraded: number;
  readonly policy: string;
  readonly model: string;
  /** RFC 3339; '' where nothing was learned yet. */
  readonly model_learned_at: string;
  /** Route templates that requests are told apart by. */
  readonly routes_known: number;
  /** Exchanges that may teach since the last model, and how many there are to be at least for the next. */
  readonly learning: { readonly enabled: boolean; readonly seen: number; readonly wanted: number };
  readonly workers: number;
  readonly upstreams: readonly { readonly name: string; readonly url: string; readonly state: string }[];
  /** Where events are told to, and how that goes; left out where there are no outputs. */
  readonly outputs?: readonly OutputStatus[];
}

export type LiveEvent =
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'mitigation'; readonly mitigation: Mitigation }
  | { readonly type: 'undo'; readonly receipt: UndoReceipt }
  | { readonly type: 'status'; readonly status: LiveStatus };

/** SallyportError SP7004 where an id is unknown, SP7005 where the mitigation no longer stands. */
export interface OperatorPort {
  status(): LiveStatus;
  /** The last seconds, oldest first; at most 900. */
  ticks(): readonly Tick[];
  /** Newest first. */
  mitigations(filter?: { readonly active?: boolean; readonly limit?: number }): readonly Mitigation[];
  mitigation(id: string): Mitigation;
  undo(id: string, by: string, reason: string): Promise<UndoReceipt>;
  /** Called for everything that happens from now on; the function given back ends it. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
  /** Switches all enforcement off or on: the kill switch. In the ledger like everything else. */
  setMode(mode: 'observe' | 'enforce', by: string, reason: string): Promise<void>;
}
