/** What a run over logs is told, and what it tells while it goes on. The command line and programs speak this. */
import type { LoadedConfig } from '../../config/load.ts';
import type { Action, Actor, Finding } from '../../runtime/report.ts';

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
  /** Cores to use, this one included. The result is the same. */
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
  /** Stops after this many applied events: with `snapshot`, to go on later. */
  readonly stopAfterEvents?: number;
  /** Called when evidence first reaches a detector's threshold, in order. */
  readonly onFinding?: (finding: Finding) => void;
}

export interface ExplainRunOptions extends RunOptions {
  /** F- and ten hex digits; M- and ten hex digits for a mitigation of a live journal. */
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

/** One line of `replay --held`: a request that would have been held, if every policy were in force. */
export interface RequestLine {
  readonly type: 'request';
  /** Place in the sequence of applied events. */
  readonly sequence: number;
  /** Unix time at which the request began, in ms, as its log says. */
  readonly time_ms: number;
  /** The address it came from, as reports name it. */
  readonly address: string;
  readonly method: string;
  /** Template of its route; its path where none is known. */
  readonly route: string;
  /** throttle or harsher. */
  readonly action: Action;
  /** About whom that stands, and for what. */
  readonly actor: Actor;
  readonly class: string;
}

/** What the replay of a live journal has come to. */
export interface JournalSummary {
  readonly events: number;
  readonly controls: number;
  /** Events written later than their place, because their actor was found out: no part of the replay. */
  readonly promoted: number;
  /** Why this is not the whole of what the live run decided on; empty where it is. */
  readonly partial: readonly string[];
  /** The journal was being written while it was read, or its writer was killed. */
  readonly torn: boolean;
  /** True where the journal is whole and every decision is the one of the live run: the hash is, too. */
  readonly same_as_live: boolean;
}

/** The last line of `replay`. */
export interface ReplaySummary {
  readonly type: 'summary';
  readonly events: number;
  readonly decisions: number;
  /** Requests that would have been held, where that was asked for. */
  readonly held?: number;
  readonly bad_lines: Readonly<Record<string, number>>;
  readonly decision_hash: string;
  readonly manifest: Readonly<Record<string, string>>;
  /** Of a live journal only. */
  readonly journal?: JournalSummary;
}

export interface ReplayRunOptions extends RunOptions {
  readonly onDecision: (decision: DecisionLine) => void;
  /** Called for every request that would have been held; nothing of it is worked out where nobody asks. */
  readonly onRequest?: (request: RequestLine) => void;
}
