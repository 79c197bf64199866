/** Workflows as the configuration declares them: steps, and what must hold between them. Plain data. */

/** By what earlier steps are found: who did them, and about which object. */
export type Bond = 'session' | 'principal' | 'credential' | 'object';

/** A step: an exchange with a route that went well, or a business event. */
export interface WorkflowStep {
  readonly name: string;
  /** Template of the route, as the model has it; '' for a business event. */
  readonly template: string;
  /** Indexes in METHODS; empty for any. */
  readonly methods: readonly number[];
  /** Index + 1 in BUSINESS_NAMES; 0 for a route. */
  readonly business: number;
}

interface RuleBase {
  readonly name: string;
  /** The step that may break the rule. */
  readonly step: WorkflowStep;
  /** All of these must be the same. */
  readonly same: readonly Bond[];
}

export type WorkflowRule = RuleBase &
  (
    | {
        /** These steps must have been done before, at most so long ago. */
        readonly kind: 'requires';
        readonly requires: readonly WorkflowStep[];
        readonly withinMs: number;
      }
    | {
        /** So many times in a fixed window at most. */
        readonly kind: 'at-most';
        readonly most: number;
        readonly windowMs: number;
      }
    | {
        /** The amount must be that of the last such step, give or take. */
        readonly kind: 'amount';
        readonly as: WorkflowStep;
        readonly toleranceMinor: number;
      }
  );

export interface Workflow {
  readonly name: string;
  readonly rules: readonly WorkflowRule[];
}
