/** Worlds in simulated time: scenarios, the event loop, logs and the truth beside them. */
import { type Composed, compose } from './compose.ts';
import type { Sizing } from './plan.ts';
import { type LogFormat, type Recorded, record } from './record.ts';
import { registry } from './registry.ts';
import { type RunOptions, type RunResult, run, type Sink } from './run.ts';
import type { Scenario } from './scenario.ts';

export { type Composed, LOG_DISTURBANCES, SITE_DISTURBANCES } from './compose.ts';
export { COMBINED_PATTERN } from './formats.ts';
export type { Sizing } from './plan.ts';
export type { LogFormat, Recorded } from './record.ts';
export type { CampaignResult } from './run.ts';
export { readScenario, type Scenario, ScenarioError } from './scenario.ts';
export { readTruth, TruthLog } from './truth.ts';

/** Options of a run; the registry is this red team's own unless another one is given. */
export type WorldOptions = Omit<RunOptions, 'registry'> & Partial<Pick<RunOptions, 'registry'>>;

/**
 * Runs a world in simulated time, without writing anything. The same scenario, seed and sizing give the same exchanges.
 * @throws ScenarioError for a scenario that cannot be
 */
export function runWorld(scenario: Scenario, seed: string | number, sink: Sink, options: WorldOptions = {}): RunResult {
  return run(scenario, seed, sink, { registry, ...options });
}

/** Runs a world and writes its logs and the truth: see {@link record}. */
export function recordWorld(
  scenario: Scenario,
  seed: string | number,
  directory: string,
  format: LogFormat = 'combined',
  options: WorldOptions = {},
): Recorded {
  return record(scenario, seed, directory, format, { registry, ...options });
}

/** Site and sources of a world, for whoever drives them in another way than {@link runWorld}. */
export function composeWorld(scenario: Scenario, seed: string | number, sizing: Sizing = {}): Composed {
  return compose(scenario, seed, registry, sizing);
}
