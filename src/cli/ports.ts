/**
 * What the command line calls. `main.ts` fills these in with the real parts, tests with others, so that no verb knows
 * how a run comes about.
 */
import type { CheckedConfig, LoadedConfig } from '../config/load.ts';
import type { ExplainRunOptions, ReplayRunOptions, ReplaySummary, TryRunOptions } from '../doors/replay/run.ts';
import type { Detector } from '../engine/detector.ts';
import type { LogFormat } from '../event/format.ts';
import type { Explanation } from '../runtime/explanation.ts';
import type { Report } from '../runtime/report.ts';
import type { Examination, Finding } from './doctor/finding.ts';
import type { ServeOptions, Serving } from './serve/serving.ts';

export interface Ports {
  readonly version: string;
  runTry(options: TryRunOptions): Promise<Report>;
  explainFinding(options: ExplainRunOptions): Promise<Explanation>;
  runReplay(options: ReplayRunOptions): Promise<ReplaySummary>;
  /** Starts the gateway and everything around it. */
  serve(options: Omit<ServeOptions, 'version' | 'cwd'>): Promise<Serving>;
  /** Calls back for each SIGHUP; the function given back ends it. */
  onHangup(listener: () => void): () => void;
  /** Everything that is wrong with a configuration, and what is probably not meant. */
  checkConfig(path: string, nowMs: number): CheckedConfig | Promise<CheckedConfig>;
  /** Looks at the machine, the network and a running gateway. */
  examine(examination: Examination): Promise<readonly Finding[]>;
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
