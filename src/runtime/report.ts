/**
 * The report of a run, as `--json` prints it and as the terminal and HTML pages render it. Documented in
 * docs/report.md; field names are stable, new ones may be added.
 */

export interface Actor {
  readonly dimension: string;
  /** As an operator would write it: an address, a session id, a route template. */
  readonly key: string;
}

export type Action = 'allow' | 'tag' | 'throttle' | 'challenge' | 'step-up' | 'block';

export interface Finding {
  /** Stable over re-runs of the same input: F- and 10 hex digits. */
  readonly id: string;
  readonly class: string;
  readonly detector: string;
  readonly actor: Actor;
  readonly owasp: readonly string[];
  /** RFC 3339. When the actor was first seen, when this evidence first reached the detector's threshold, and last. */
  readonly first_seen: string;
  readonly detected_at: string;
  readonly last_seen: string;
  /** Requests of the actor before the threshold was reached: what leaked. */
  readonly requests_before_detection: number;
  /** Requests of the actor from then on: what a mitigation would have met. */
  readonly requests_after_detection: number;
  /** Peak evidence in nats. */
  readonly nats: number;
  /** One sentence with figures. */
  readonly why: string;
  /** What the evidence was measured against: `learned`, `prior`, or `fixed`. */
  readonly basis: 'learned' | 'prior' | 'fixed';
  /** What the default policy recommends for the actor because of everything known about it. */
  readonly recommended: Action;
  /** A request line that shows it, redacted, at most 200 characters. */
  readonly sample: string;
}

export interface NetworkFacts {
  readonly asn: number;
  readonly name: string;
  readonly country: string;
  readonly class: string;
}

export interface Sharing {
  /** Estimated identities behind the actor: [low, high]. */
  readonly low: number;
  readonly high: number;
  readonly basis: string;
}

export interface ActorReport {
  readonly actor: Actor;
  readonly network: NetworkFacts | null;
  /** A name the client declared for itself and whether its network proves it. */
  readonly bot: { readonly name: string; readonly status: 'declared' | 'verified' | 'impostor' } | null;
  readonly agent: string;
  readonly classes: readonly string[];
  readonly findings: readonly string[];
  /** Probability that the actor is abusive in its worst class, 0 to 1, at its peak. */
  readonly risk: number;
  readonly risk_class: string;
  readonly recommended: Action;
  /** Why this and not more: the sentence of the decision. */
  readonly reason: string;
  readonly recommended_at: string;
  /** Seconds the mitigation would stand at first. */
  readonly ttl_s: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly requests: number;
  readonly requests_before_action: number;
  /** Abusive requests that would have been met by the action. */
  readonly requests_stopped: number;
  readonly sharing: Sharing;
  /** Identities that did nothing and would have been hurt by the action. */
  readonly collateral: number;
}

export interface Incident {
  readonly id: string;
  readonly class: string;
  readonly title: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly actors: readonly Actor[];
  readonly findings: readonly string[];
  readonly requests: number;
  /** What its actors have in common: "network AS64500", "route /login". */
  readonly shared: readonly string[];
  /** True where many actors act under one signature. */
  readonly campaign: boolean;
}

export interface InputReport {
  readonly name: string;
  readonly format: string;
  readonly time_meaning: 'start' | 'end';
  readonly lines: number;
  readonly bytes: number;
  readonly truncated: boolean;
}

/** Points of the page's time chart, one a bucket. */
export interface TimeBucket {
  readonly start: string;
  readonly requests: number;
  readonly errors: number;
  /** Requests of actors with a finding, by class. */
  readonly abusive: Readonly<Record<string, number>>;
}

/** One step of the threshold slider: what acting at this risk and above would have stopped and hurt. */
export interface ThresholdPoint {
  readonly risk: number;
  readonly actors: number;
  readonly requests_stopped: number;
  readonly identities_hurt: number;
}

export interface Report {
  readonly sallyport: string;
  readonly report_version: 1;
  readonly generated_input: boolean;
  readonly inputs: readonly InputReport[];
  /** Events applied: two per exchange, one per business event. */
  readonly events: number;
  readonly exchanges: number;
  readonly lines: number;
  readonly bad_lines: Readonly<Record<string, number>>;
  readonly bad_line_samples: readonly {
    readonly reason: string;
    readonly input: string;
    readonly line: number;
    readonly text: string;
  }[];
  readonly late_events: number;
  readonly notes: readonly string[];
  readonly started_at: string;
  readonly ended_at: string;
  readonly elapsed_s: number;
  readonly actors_seen: Readonly<Record<string, number>>;
  readonly decision_hash: string;
  readonly manifest: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  readonly actors: readonly ActorReport[];
  readonly incidents: readonly Incident[];
  readonly timeline: readonly TimeBucket[];
  readonly thresholds: readonly ThresholdPoint[];
  readonly totals: {
    readonly requests: number;
    readonly requests_abusive: number;
    readonly requests_stoppable: number;
    readonly identities_hurt: number;
  };
}
