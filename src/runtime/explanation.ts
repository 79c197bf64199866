/**
 * What `explain` answers: a finding taken apart. Which values the detector read, what every term gave to the risk, and
 * the smallest change of a value that would have made it no finding. Documented in docs/report.md.
 *
 * Evidence is in millinats (thousandths of a nat), as the engine keeps it, so that the terms add up exactly.
 */
import type { Action, Finding } from './report.ts';

/** One value that the detector read when it judged. */
export interface ExplainedValue {
  /** Name in the detector's `needs`, with the field: "failures.llr". */
  readonly name: string;
  readonly value: number;
  /** "millinats", "ms", "permille", "events", or '' for a plain number. */
  readonly unit: string;
  /** What the value means, in words. */
  readonly doc: string;
}

/** One detector's part in the actor's risk. */
export interface ExplainedTerm {
  readonly detector: string;
  readonly group: string;
  /** What the detector said, capped. */
  readonly millinats: number;
  /** Share of it that entered the sum: 0 where a stronger one of its group stood, then 1, ρ, ρ² … */
  readonly weight: number;
}

/** A smallest change that would have turned the finding around. */
export interface Flip {
  /** Name of an {@link ExplainedValue}, or of a configurable threshold. */
  readonly value: string;
  readonly from: number;
  readonly to: number;
  /** The same in words: "with 7 of 12 logins failed instead of 11 this would not have been a finding". */
  readonly sentence: string;
}

/** An event around the moment of detection. */
export interface ExplainedEvent {
  /** RFC 3339. */
  readonly time: string;
  /** 'at' is the event that carried the evidence over the threshold. */
  readonly relation: 'before' | 'at' | 'after';
  /** Request line, redacted, at most 200 characters. */
  readonly request: string;
  /** HTTP status, 0 unknown. */
  readonly status: number;
  /** Evidence of the finding's detector after this event, in millinats. */
  readonly millinats: number;
}

/** What a live run did. What is explained is the strongest evidence that it rests on. */
export interface ExplainedMitigation {
  /** M- and ten hex digits. */
  readonly id: string;
  readonly action: Action;
  readonly class: string;
  /** RFC 3339. */
  readonly started_at: string;
  /** As it was when it began: it may have been renewed. */
  readonly until: string;
}

export interface Explanation {
  readonly sallyport: string;
  readonly explanation_version: 1;
  readonly finding: Finding;
  /** Where a mitigation was asked about; its id is then that of {@link finding}, too. */
  readonly mitigation?: ExplainedMitigation;
  readonly detector: {
    readonly id: string;
    /** Number in the catalogue. */
    readonly number: number;
    readonly title: string;
    readonly group: string;
    readonly owasp: readonly string[];
    /** Evidence at or above this is a finding, in millinats. */
    readonly finding_at_millinats: number;
    /** The most this detector may say, in millinats. */
    readonly cap_millinats: number;
    readonly deterministic: boolean;
  };
  readonly values: readonly ExplainedValue[];
  /** Terms of the actor's risk in the finding's class, strongest first. */
  readonly terms: readonly ExplainedTerm[];
  /** Log-odds before any evidence. */
  readonly prior_millinats: number;
  /** Prior plus the weighted terms, at detection. */
  readonly log_odds_millinats: number;
  /** The probability this stands for, 0 to 1. */
  readonly risk: number;
  /** What the policy compared the log-odds with to arrive at its recommendation. */
  readonly threshold: { readonly action: Action; readonly log_odds_millinats: number };
  readonly flips: readonly Flip[];
  readonly events: readonly ExplainedEvent[];
  /** What the reader must know to weigh this: missing fields, assumed durations, coarse times. */
  readonly notes: readonly string[];
  /** Decision hash of the run that was explained, to compare with the report's. */
  readonly decision_hash: string;
}
