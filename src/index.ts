/** `sallyport`: what a program needs to run over access logs and to read the report. */
export { type LoadedConfig, loadConfig } from './config/load.ts';
export { ConfigError } from './config/problems.ts';
export { explainFinding } from './doors/replay/explain.ts';
export { runReplay } from './doors/replay/replay.ts';
export type { ExplainRunOptions, Progress, ReplayRunOptions, RunOptions, TryRunOptions } from './doors/replay/run.ts';
export { runTry } from './doors/replay/try.ts';
export type {
  BusinessEvent,
  ControlEvent,
  ExchangeSeen,
  RequestSeen,
  ResponseSeen,
  SallyportEvent,
} from './event/events.ts';
export { type ErrorCode, errorText, SallyportError } from './lib/errors.ts';
export type { Explanation } from './runtime/explanation.ts';
export type { Action, Actor, ActorReport, Finding, Incident, Report } from './runtime/report.ts';
