/** From a scenario and a seed to what exactly happens: every open value drawn, every size scaled. */
import type { Budget, CampaignPlan, Level, PopulationPlan } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { type Drawn, drawNumber, drawSetting, drawSpan } from './draws.ts';
import { campaignNames, type Scenario } from './scenario.ts';
import { duration, instant } from './times.ts';

/**
 * A disturbance is planned as a population is: its `requestsPerDay` are meant over the whole world, its option `startHour`
 * is when it comes. Site and log are disturbed from `startMs` to `endMs`.
 */
export interface DisturbancePlan extends PopulationPlan {
  readonly kind: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface KindedPopulation extends PopulationPlan {
  /** Which population of the world's registry it is. */
  readonly kind: string;
}

export interface Plan {
  readonly startMs: number;
  readonly endMs: number;
  readonly populations: readonly KindedPopulation[];
  readonly disturbances: readonly DisturbancePlan[];
  readonly campaigns: readonly CampaignPlan[];
}

export interface Sizing {
  /** Attackers' part of all requests, instead of the scenario's. */
  readonly share?: number;
  /** Factor on all sizes: 0.01 for a quick look. */
  readonly scale?: number;
}

const DAY_MS = 86_400_000;

/** Draws what the scenario leaves open. `random` is the seed's stream for plans. */
export function planOf(scenario: Scenario, random: Random, sizing: Sizing = {}): Plan {
  const startMs = instant(scenario.world.start) as number;
  const worldMs = duration(scenario.world.duration) as number;
  const frame: Frame = { startMs, endMs: startMs + worldMs, worldMs, random, scale: sizing.scale ?? 1, scenario };
  const disturbances = scenario.disturbances.map((entry, index) => disturbance(frame, entry, index));
  const disturbing = disturbances.reduce((sum, { requestsPerDay }) => sum + requestsPerDay, 0);
  const populations = populationsOf(frame, disturbing / frame.scale);
  const calm = populations.reduce((sum, { requestsPerDay }) => sum + requestsPerDay, 0);
  const benign = (calm + disturbing) * (worldMs / DAY_MS);
  return {
    startMs,
    endMs: frame.endMs,
    populations,
    disturbances,
    campaigns: campaignsOf(frame, sizing.share ?? scenario.share, benign),
  };
}

interface Frame {
  readonly startMs: number;
  readonly endMs: number;
  readonly worldMs: number;
  readonly random: Random;
  readonly scale: number;
  readonly scenario: Scenario;
}

/** Sizes vary from seed to seed, their sum does not. `disturbing` requests a day are made by others. */
function populationsOf(frame: Frame, disturbing: number): KindedPopulation[] {
  const { scenario, random, scale, worldMs } = frame;
  const parts = scenario.populations.map((entry) => {
    const draws = random.fork(`population/${entry.name}`);
    return { entry, draws, perDay: perDayOf(frame, entry, draws), factor: draws.logNormal(1, scenario.world.vary) };
  });
  const sumOf = (some: typeof parts) => some.reduce((sum, { perDay }) => sum + perDay, 0);
  const shares = sumOf(parts.filter(({ entry }) => entry.part !== undefined));
  const given = sumOf(parts.filter(({ entry }) => entry.part === undefined));
  // What has a size of its own keeps it; parts share what is left.
  const left = Math.max(0, ((scenario.exchanges ?? 0) * DAY_MS) / worldMs - given - disturbing);
  const sized = parts.map((part) => ({
    ...part,
    perDay: part.entry.part === undefined ? part.perDay : (part.perDay / (shares || 1)) * left,
  }));
  const sum = sized.reduce((total, { perDay }) => total + perDay, 0);
  const varied = sized.reduce((total, { perDay, factor }) => total + perDay * factor, 0);
  return sized.map(({ entry, draws, perDay, factor }) => ({
    name: entry.name,
    kind: entry.kind ?? entry.name,
    cohort: entry.cohort ?? '',
    requestsPerDay: varied === 0 ? 0 : (perDay * factor * scale * sum) / varied,
    options: settings(entry.options, draws),
  }));
}

interface Sized {
  readonly perDay?: Drawn<number> | undefined;
  readonly total?: Drawn<number> | undefined;
  readonly part?: Drawn<number> | undefined;
}

function perDayOf({ worldMs }: Frame, entry: Sized, draws: Random): number {
  if (entry.perDay !== undefined) return drawNumber(entry.perDay, draws);
  if (entry.total !== undefined) return (drawNumber(entry.total, draws) * DAY_MS) / worldMs;
  return entry.part === undefined ? 0 : drawNumber(entry.part, draws);
}

function disturbance(frame: Frame, entry: Scenario['disturbances'][number], index: number): DisturbancePlan {
  const name = entry.name ?? `${entry.kind}-${index + 1}`;
  const draws = frame.random.fork(`disturbance/${name}`);
  const startMs = frame.startMs + drawSpan(entry.start, draws, frame.worldMs);
  const endMs = Math.min(frame.endMs, startMs + drawSpan(entry.duration ?? '1h', draws, frame.worldMs));
  const { scenario, worldMs, scale } = frame;
  const share =
    entry.part === undefined ? 0 : drawNumber(entry.part, draws) * (scenario.exchanges ?? 0) * (DAY_MS / worldMs);
  return {
    name,
    kind: entry.kind,
    cohort: entry.cohort ?? '',
    requestsPerDay: (entry.part === undefined ? perDayOf(frame, entry, draws) : share) * scale,
    startMs,
    endMs,
    options: { startHour: (startMs - frame.startMs) / 3_600_000, ...settings(entry.options, draws) },
  };
}

function campaignsOf(frame: Frame, share: number | undefined, benign: number): CampaignPlan[] {
  const entries = frame.scenario.campaigns.flatMap((entry) =>
    campaignNames(entry).map((name, i) => {
      const draws = frame.random.fork(`campaign/${name}`);
      return { entry, name, level: entry.levels[i], draws, requests: drawNumber(entry.budget.requests, draws) };
    }),
  );
  const sum = entries.reduce((total, { requests }) => total + requests, 0);
  // `benign` is scaled already, and a share is one of the scaled world.
  const factor = share === undefined || sum === 0 ? frame.scale : (benign * share) / (1 - share) / sum;
  return entries.map(({ entry, name, level, draws, requests }) => {
    const startMs = Math.round(frame.startMs + drawSpan(entry.start, draws, frame.worldMs));
    const lastsMs = drawSpan(entry.duration, draws, frame.worldMs);
    return {
      name,
      family: entry.family,
      level,
      startMs,
      endMs: Math.round(Math.max(startMs + 1, Math.min(frame.endMs, startMs + lastsMs))),
      budget: budgetOf(entry.budget, level, Math.max(1, Math.round(requests * factor)), factor, draws),
      options: settings(entry.options, draws),
    };
  });
}

/**
 * What a level's requests usually come with, where the scenario does not say: E0 one or two machines, E1 dozens of requests
 * an address, E2 about two, E3 a visit's, E4 a mixture.
 */
function budgetOf(
  given: Scenario['campaigns'][number]['budget'],
  level: Level,
  requests: number,
  factor: number,
  random: Random,
): Budget {
  const scaled = (value: Drawn<number>) => {
    const whole = drawNumber(value, random);
    return whole === 0 ? 0 : Math.max(1, Math.round(whole * factor));
  };
  const addresses = {
    E0: 1 + random.poisson(0.5),
    E1: requests / 60,
    E2: requests / 1.8,
    E3: requests / 12,
    E4: requests / 6,
  };
  const accounts = { E0: 1, E1: 3, E2: 3 + requests / 150, E3: 4 + requests / 60, E4: 4 + requests / 60 };
  const solves = { E0: 0, E1: 0, E2: requests / 20, E3: requests / 20, E4: requests / 10 };
  return {
    requests,
    addresses: given.addresses === undefined ? Math.max(1, Math.ceil(addresses[level])) : scaled(given.addresses),
    accounts: given.accounts === undefined ? Math.round(accounts[level]) : scaled(given.accounts),
    solves: given.solves === undefined ? Math.round(solves[level]) : scaled(given.solves),
  };
}

type Settings = Readonly<Record<string, number | string | boolean>>;

function settings(options: Readonly<Record<string, Drawn<number | string | boolean>>>, random: Random): Settings {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, drawSetting(value, random.fork(name))]),
  );
}
