/**
 * What the command line calls. `main.ts` fills these in with the real parts, tests with others, so that no verb knows
 * how a run comes about.
 */
import type { LoadedConfig } from '../config/load.ts';
import type { Detector } from '../engine/detector.ts';
import type { LogFormat } from '../event/format.ts';
import type { Explanation } from '../runtime/explanation.ts';
import type { Action, Actor, Finding, Report } from '../runtime/report.ts';

export interface Progress {
  readonly bytesRead: number;
  /** 0 where nobody knows: standard input, followed files. */
  readonly bytesTotal: number;
  readonly lines: number;
  readonly badLines: number;
  readonly elapsedMs: number;
  readonly findings: number;
  /** Unix time in ms that the log has come to; NaN before the first time. */
  readonly logTimeMs: number;
}

/** What a run over logs needs to know. Paths are as typed, relative to the working directory; "-" is standard input. */
export interface RunOptions {
  readonly inputs: string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly config?: LoadedConfig;
  readonly workers?: number;
  readonly latenessMs?: number;
  readonly seed?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** When aborted, reading stops and the promise resolves with what is known so far. */
  readonly signal?: AbortSignal;
}

export interface TryRunOptions extends RunOptions {
  readonly follow?: boolean;
  /** File to write the journal to. */
  readonly journal?: string;
  /** File to resume the state from, and to write it to at the end. */
  readonly snapshot?: string;
  /** Called when evidence first reaches a detector's threshold, in order. Only `--follow` asks for it. */
  readonly onFinding?: (finding: Finding) => void;
}

export interface ExplainRunOptions extends RunOptions {
  /** F- and ten hex digits. */
  readonly finding: string;
}

/** One line of `replay`: a change of what is done about an actor. */
export interface DecisionLine {
  readonly type: 'decision';
  /** Place in the sequence of applied events. */
  readonly sequence: number;
  /** Unix time of the event in ms. */
  readonly time_ms: number;
  readonly id: string;
  readonly actor: Actor;
  readonly action: Action;
  readonly previous: Action;
  readonly class: string;
  /** 0 to 1. */
  readonly risk: number;
  readonly ttl_s: number;
  readonly mode: 'shadow' | 'canary' | 'enforce';
  readonly reasons: readonly { readonly detector: string; readonly nats: number; readonly why: string }[];
  readonly policy: string;
}

/** The last line of `replay`. */
export interface ReplaySummary {
  readonly type: 'summary';
  readonly events: number;
  readonly decisions: number;
  readonly bad_lines: Readonly<Record<string, number>>;
  readonly decision_hash: string;
  readonly manifest: Readonly<Record<string, string>>;
}

export interface ReplayRunOptions extends RunOptions {
  readonly onDecision: (decision: DecisionLine) => void;
}

export interface Ports {
  readonly version: string;
  runTry(options: TryRunOptions): Promise<Report>;
  explainFinding(options: ExplainRunOptions): Promise<Explanation>;
  runReplay(options: ReplayRunOptions): Promise<ReplaySummary>;
  loadConfig(path: string | undefined): LoadedConfig | Promise<LoadedConfig>;
  formats(): Promise<readonly LogFormat[]>;
  detectors(): Promise<readonly Detector[]>;
}

/** Where text goes to. */
export interface Sink {
  readonly isTTY: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  write(text: string): void;
}

/** The world as the command line sees it. */
export interface Cli {
  readonly ports: Ports;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdinIsTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
