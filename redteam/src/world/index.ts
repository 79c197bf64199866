/** The benign world: populations that are always there, and disturbances that come over it. */
import type { PopulationPlan, Source, World } from '../contract.ts';
import { MACHINES } from './disturbances/machines.ts';
import { RUSHES } from './disturbances/people.ts';
import type { Recipe } from './options.ts';
import { CRAWLERS } from './populations/crawlers.ts';
import { DEVICES } from './populations/devices.ts';
import { PARTNERS } from './populations/partners.ts';
import { PENTESTERS } from './populations/pentesters.ts';
import { PEOPLE } from './populations/people.ts';
import { SDK } from './populations/sdk.ts';

export { drawWorldParameters } from './parameters.ts';

type Factory = (plan: PopulationPlan, world: World) => Source;

const POPULATIONS: Readonly<Record<string, Recipe>> = {
  ...PEOPLE,
  ...SDK,
  ...PARTNERS,
  ...DEVICES,
  ...CRAWLERS,
  ...PENTESTERS,
};
const DISTURBANCES: Readonly<Record<string, Recipe>> = { ...RUSHES, ...MACHINES };

/**
 * Populations by name. A plan's `requestsPerDay` is the mean over the world; an empty cohort takes the population's
 * own. Each throws RangeError for an option that it does not know or cannot take.
 */
export const populations: Readonly<Record<string, Factory>> = factories(POPULATIONS);

/**
 * Disturbances by name. `requestsPerDay` times the days of the world is what all their bursts make together.
 */
export const disturbances: Readonly<Record<string, Factory>> = factories(DISTURBANCES);

function factories(recipes: Readonly<Record<string, Recipe>>): Record<string, Factory> {
  const made = Object.entries(recipes).map(
    ([name, recipe]) => [name, (plan: PopulationPlan, world: World) => recipe.create(plan, world)] as const,
  );
  return Object.fromEntries(made);
}

export interface Description {
  readonly name: string;
  readonly kind: 'population' | 'disturbance';
  /** Cohort of its visitors, unless the plan names another one. */
  readonly cohort: string;
  readonly summary: string;
  /** Options: meaning, unit, default. */
  readonly options: Readonly<Record<string, string>>;
}

/** Everything that a scenario can put into its world. */
export function describe(): Description[] {
  const rows = (recipes: Readonly<Record<string, Recipe>>, kind: Description['kind']) =>
    Object.entries(recipes).map(([name, { cohort, summary, options }]) => ({ name, kind, cohort, summary, options }));
  return [...rows(POPULATIONS, 'population'), ...rows(DISTURBANCES, 'disturbance')];
}
