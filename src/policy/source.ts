/**
 * A policy as plain data: the pack that stands behind everything, and documents that hold for some requests. It is what the
 * ledger, a journal's header and a control event carry, so that a replay can put the same policies in force.
 */
import type { FindingClass } from '../engine/detector.ts';
import type { ActionName, Mode, Policy } from '../engine/policy.ts';

export interface PolicyMatch {
  /** Globs over the decoded path; none: every path. */
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  /** Numbers of ROUTE_CLASS. */
  readonly routeClasses: readonly number[];
}

export interface Exemption {
  readonly address?: string;
  readonly principal?: string;
  readonly credential?: string;
  readonly owner: string;
  readonly reason: string;
  /** Unix ms from which it counts no more. */
  readonly untilMs: number;
}

export interface PolicyRule {
  readonly name: string;
  readonly match: PolicyMatch;
  readonly classes: readonly FindingClass[];
  readonly missCents?: number;
  readonly falseCents: Readonly<Partial<Record<ActionName, number>>>;
  readonly ladder?: readonly ActionName[];
  readonly atOnce?: boolean;
  readonly ttlSec?: readonly number[];
  readonly mode: Mode;
  readonly canaryPermille: number;
  readonly exemptions: readonly Exemption[];
}

export interface PolicySource {
  readonly version: string;
  readonly base: Policy;
  readonly rules: readonly PolicyRule[];
}

/** Rules that one source may have: each takes a bit. */
export const MAX_RULES = 25;
