/** A world under a seed: its site and everybody who comes to it. */
import type { Campaign, CampaignPlan, PopulationPlan, Source, World } from '../contract.ts';
import { Random } from '../core/random.ts';
import { type Outage, readSite, SimulatedSite, type SiteModel } from '../site/index.ts';
import { type DisturbancePlan, type Plan, planOf, type Sizing } from './plan.ts';
import { type Scenario, ScenarioError } from './scenario.ts';

/** Who can make visitors, by the names that scenarios use. */
export interface Registry {
  readonly populations: Readonly<Record<string, (plan: PopulationPlan, world: World) => Source>>;
  readonly disturbances: Readonly<Record<string, (plan: DisturbancePlan, world: World) => Source>>;
  createCampaign(plan: CampaignPlan, world: World): Campaign;
}

/** Disturbances of the site and of its log: they send nothing. */
export const SITE_DISTURBANCES = ['outage'] as const;
export const LOG_DISTURBANCES = ['clock-skew', 'lost-events', 'late-events'] as const;
const QUIET: readonly string[] = [...SITE_DISTURBANCES, ...LOG_DISTURBANCES];

export interface Composed {
  readonly plan: Plan;
  readonly world: World;
  readonly model: SiteModel;
  /** Benign sources, disturbances among them. */
  readonly sources: readonly Source[];
  readonly campaigns: readonly Campaign[];
}

/**
 * Site, populations, disturbances and campaigns of a scenario. The same scenario, seed and sizing give the same ones.
 * @throws ScenarioError: a kind that is not known; a population or campaign that this site is not made for
 */
export function compose(scenario: Scenario, seed: string | number, registry: Registry, sizing: Sizing = {}): Composed {
  for (const { kind, duration } of scenario.disturbances) {
    if (duration === undefined || QUIET.includes(kind)) continue;
    throw new ScenarioError(
      `disturbance ${kind}: how long it takes is one of its options; only ${QUIET.join(', ')} have a duration`,
    );
  }
  const root = new Random(seed);
  const plan = planOf(scenario, root.fork('plan'), sizing);
  const model = readModel(scenario, seed);
  const world: World = {
    site: model,
    startMs: plan.startMs,
    endMs: plan.endMs,
    random: (name) => root.fork(`world/${name}`),
    sharedAddresses: [],
  };
  const sources = [
    ...plan.populations.map((it) => made(it, registry.populations, it.kind, 'population', world)),
    ...plan.disturbances
      .filter(({ kind }) => !QUIET.includes(kind))
      .map((it) => made(it, registry.disturbances, it.kind, 'disturbance', world)),
  ];
  const campaigns = plan.campaigns.map((it) =>
    explained(`campaign ${it.name}`, () => registry.createCampaign(it, world)),
  );
  return { plan, world, model, sources, campaigns };
}

/** The simulated site of a composed world: with the outages that the scenario has. */
export function simulatedSite(scenario: Scenario, seed: string | number, { plan, model }: Composed): SimulatedSite {
  const outages: Outage[] = plan.disturbances.filter(({ kind }) => kind === 'outage');
  const { workers, errorRate, forgetful, undocumented } = scenario.site;
  return new SimulatedSite(model, new Random(seed).fork('site'), {
    workers,
    errorRate,
    forgetful,
    undocumented,
    outages,
  });
}

function readModel(scenario: Scenario, seed: string | number): SiteModel {
  const { openapi, roles, host } = scenario.world;
  const { accounts, products, codes, partners, devices, codeLength, codeAlphabet } = scenario.site;
  const size = { accounts, products, codes, partners, devices, codeLength, codeAlphabet };
  const given = Object.fromEntries(Object.entries(size).filter(([, value]) => value !== undefined));
  return explained('the site', () => readSite(openapi, seed, { roles, host, size: given }));
}

type Makers<P> = Readonly<Record<string, (plan: P, world: World) => Source>>;

function made<P extends PopulationPlan>(plan: P, makers: Makers<P>, kind: string, what: string, world: World): Source {
  if (!Object.hasOwn(makers, kind)) {
    const known = [...Object.keys(makers), ...(what === 'disturbance' ? QUIET : [])].sort();
    throw new ScenarioError(`there is no ${what} "${kind}"; there are ${known.join(', ')}`);
  }
  return explained(`${what} ${plan.name}`, () => makers[kind](plan, world));
}

function explained<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ScenarioError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
