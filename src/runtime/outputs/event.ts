/**
 * What is told to those who collect events, before any of their formats: one shape for findings, mitigations, decisions,
 * entries of the ledger and alerts of the inventory. Nothing in it is a secret: texts were redacted where they were made.
 */

/** What an event is about. */
export type SiemKind = 'finding' | 'mitigation' | 'decision' | 'ledger' | 'inventory' | 'test';

export const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Reasons in one event at most, the strongest first. */
export const MAX_REASONS = 5;
/** Longest text of one field, in UTF-16 code units: an event stays below what receivers of syslog take. */
export const MAX_TEXT = 500;

/** A detector as events name it. */
export interface DetectorInfo {
  readonly id: string;
  /** Number in the catalogue; 0 for none. */
  readonly number: number;
  readonly title: string;
  readonly group: string;
  /** OWASP API Security Top 10 (API1 …) and Automated Threats (OAT-001 …). */
  readonly owasp: readonly string[];
}

/** What one detector holds against the actor. */
export interface SiemReason {
  readonly detector: DetectorInfo;
  readonly nats: number;
  readonly why: string;
}

/** Who an event is about. */
export interface SiemActor {
  /** `ip`, `network`, `asn`, `principal`, `session`, `credential`, `fingerprint`, `tenant`, `route` … */
  readonly dimension: string;
  /** As an operator would write it; the pseudonym where the output asks for that. */
  readonly key: string;
  /** Keyed hash: the same for the same actor in every event of this installation. */
  readonly pseudonym: string;
}

/** What was done about it, or would have been. */
export interface SiemAction {
  readonly name: string;
  readonly mode: string;
  /** False where it was only noted: nobody was held back. */
  readonly enforced: boolean;
  /** Unix ms; 0 for none. */
  readonly untilMs: number;
  readonly policy: string;
  /** Requests of the actor before, and those it met since; −1 where that is not counted. */
  readonly requestsBefore: number;
  readonly requestsMet: number;
}

export interface SiemEvent {
  readonly kind: SiemKind;
  /** The same in every event about the same finding or mitigation. */
  readonly uid: string;
  /** Of this event alone: who collects may drop a second one with the same id. */
  readonly id: string;
  readonly phase: 'create' | 'update' | 'close';
  readonly timeMs: number;
  /** When what it is about began; the time of the event where it has no length. */
  readonly startMs: number;
  readonly title: string;
  readonly message: string;
  /** Class of abuse; '' for none. */
  readonly class: string;
  readonly severity: Severity;
  /** 0 to 1; −1 where it was not judged. */
  readonly risk: number;
  readonly actor: SiemActor | null;
  readonly reasons: readonly SiemReason[];
  readonly action: SiemAction | null;
  /** `pending`, `active`, `expired` or `undone` of a mitigation; '' else. */
  readonly status: string;
  /** Who took it back, or whose entry it is; '' for nobody. */
  readonly by: string;
  readonly method: string;
  /** Template, never the path; '' where it is not known. */
  readonly route: string;
  readonly host: string;
  /** Uid of the mitigation that a finding or decision belongs to; '' for none. */
  readonly related: string;
  /** What has no field of its own: short words by short names. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Who tells: the same for all events of a process. */
export interface Origin {
  readonly version: string;
  /** Name of this machine. */
  readonly host: string;
}

/** Turns an event into one line without a line break. Pure. */
export type Format = (event: SiemEvent, origin: Origin) => string;

/** Probabilities from which a severity counts, in the order of {@link SEVERITIES}. */
const FROM_RISK = [0, 0.2, 0.5, 0.8, 0.95] as const;

/** How severe a risk is. What was not judged (−1) is informational. */
export function severityOf(risk: number): Severity {
  let at = 0;
  for (let i = 1; i < FROM_RISK.length; i++) if (risk >= FROM_RISK[i]) at = i;
  return SEVERITIES[at];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Halves of surrogate pairs: they have no bytes in UTF-8. */
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A text as events hold it: bounded, whole characters, no control characters that could act on a terminal. */
export function short(text: string, max: number = MAX_TEXT): string {
  const clean = text
    .slice(0, max + 1)
    .replace(CONTROL, ' ')
    .replace(LONE, '\ufffd');
  return clean.length <= max ? clean : `${clean.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The OWASP and OAT ids of all reasons, each once. */
export function threatsOf({ reasons }: SiemEvent): string[] {
  return [...new Set(reasons.flatMap(({ detector }) => detector.owasp))];
}

/** Sum of the evidence, in nats with two decimals. */
export function natsOf({ reasons }: SiemEvent): number {
  return Math.round(reasons.reduce((sum, { nats }) => sum + nats, 0) * 100) / 100;
}

/** Actions after which a request did not reach the application as it was asked. */
const DENIES: ReadonlySet<string> = new Set(['block', 'revoke', 'tarpit', 'decoy', 'challenge', 'step-up']);

/** Whether requests are kept from the application. */
export function denies({ action }: SiemEvent): boolean {
  return action?.enforced === true && DENIES.has(action.name);
}
