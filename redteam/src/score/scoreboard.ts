/** The scoreboard: what several runs of one scenario under different seeds, and the null runs, say together. */
import { FAMILIES, type Family, LEVELS, type Level } from '../contract.ts';
import type { PeerScore } from './baselines/peers.ts';
import { type Collateral, overall, untouched, worst } from './cohorts.ts';
import type { Wrong } from './findings.ts';
import type { MarginalTable } from './marginals/compare.ts';
import type { NullScore } from './null.ts';
import { type CampaignScore, type RunScore, SYSTEMS } from './run.ts';
import { type Estimate, estimate, median } from './stats.ts';
import { ATTACK_SHARES } from './threshold.ts';

/** All campaigns of one family at one level, over all seeds. */
export interface FamilyRow {
  readonly family: Family;
  readonly level: Level;
  /** Campaigns that sent something; 0 where the scenario has none, or none of them did. */
  readonly campaigns: number;
  readonly found: number;
  readonly foundAtThreshold: number;
  /** Not found, but seen under classes that do not fit. */
  readonly otherClass: number;
  readonly otherClasses: readonly string[];
  /** Medians over the found ones; null where none is. */
  readonly seconds: number | null;
  readonly requestsToDetection: number | null;
  readonly requests: number;
  /** Means over campaigns, by system. */
  readonly held: Readonly<Record<string, number>>;
  readonly leakShare: Readonly<Record<string, number>>;
  /** Campaigns that ended held, by system. */
  readonly heldInTheEnd: Readonly<Record<string, number>>;
  /** Costs of all these campaigns over all their served gain, by system: null where nothing was gained. */
  readonly centsPerGain: Readonly<Record<string, number | null>>;
  readonly unit: string;
}

/** Campaigns by how large a part of all traffic they were while they ran. */
export interface ShareBucket {
  readonly name: string;
  readonly campaigns: number;
  readonly found: number;
  readonly leakShare: number | null;
}

/** One cohort over all seeds, under one system: shares of its identities and requests. */
export interface CohortRow {
  readonly cohort: string;
  readonly identities: number;
  readonly requests: number;
  readonly throttled: Readonly<Record<string, Estimate>>;
  readonly challenged: Readonly<Record<string, Estimate>>;
  readonly requestsThrottled: Readonly<Record<string, Estimate>>;
}

export interface Scoreboard {
  readonly scoreboardVersion: 1;
  readonly scenario: string;
  readonly seeds: readonly string[];
  /** Named figures; the name says what, the README what it means. */
  readonly figures: Readonly<Record<string, Estimate>>;
  readonly families: readonly FamilyRow[];
  readonly shares: readonly ShareBucket[];
  readonly cohorts: readonly CohortRow[];
  /** What was wrong over all seeds, the most frequent first. */
  readonly wrongFindings: readonly Wrong[];
  readonly wrongActions: readonly Wrong[];
  readonly runs: readonly RunScore[];
  readonly nullRuns: readonly NullScore[];
  readonly peers: readonly PeerScore[];
  readonly marginals: MarginalTable | null;
  readonly notes: readonly string[];
}

export interface ScoreboardInput {
  readonly scenario: string;
  readonly runs: readonly RunScore[];
  readonly nullRuns: readonly NullScore[];
  readonly peers?: readonly PeerScore[];
  readonly marginals?: MarginalTable | null;
  readonly notes?: readonly string[];
}

const SHARE: readonly [number, number] = [0, 1];
const POSITIVE: readonly [number, number] = [0, Number.POSITIVE_INFINITY];

export function scoreboard(input: ScoreboardInput): Scoreboard {
  const { runs, nullRuns } = input;
  return {
    scoreboardVersion: 1,
    scenario: input.scenario,
    seeds: runs.map((r) => r.seed),
    figures: {
      ...recallFigures(runs),
      ...leakFigures(runs),
      ...harmFigures(runs, nullRuns),
      ...thresholdFigures(runs),
    },
    families: familyRows(runs),
    shares: shareBuckets(runs),
    cohorts: cohortRows(runs),
    wrongFindings: together(runs.flatMap((r) => r.wrongFindings)),
    wrongActions: together(runs.flatMap((r) => r.wrongActions)),
    runs,
    nullRuns,
    peers: input.peers ?? [],
    marginals: input.marginals ?? null,
    notes: [...new Set([...(input.notes ?? []), ...runs.flatMap((r) => r.notes.map((n) => `seed ${r.seed}: ${n}`))])],
  };
}

const active = (run: RunScore, level?: Level): CampaignScore[] =>
  run.campaigns.filter((c) => c.requests > 0 && (level === undefined || c.level === level));

function share<T>(items: readonly T[], of: (item: T) => boolean): number | null {
  return items.length === 0 ? null : items.filter(of).length / items.length;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

function recallFigures(runs: readonly RunScore[]): Record<string, Estimate> {
  const figures: Record<string, Estimate> = {};
  const over = (name: string, of: (run: RunScore) => number | null, within = SHARE): void => {
    figures[name] = estimate(runs.map(of), within);
  };
  over('recall', (r) => share(active(r), (c) => c.found));
  for (const level of LEVELS) {
    if (runs.some((r) => active(r, level).length > 0)) {
      over(`recall_${level}`, (r) => share(active(r, level), (c) => c.found));
    }
  }
  over('recall_own_actors', (r) => share(active(r), (c) => c.foundOwn));
  over('found_under_another_class', (r) => share(active(r), (c) => !c.found && c.otherClasses.length > 0));
  over('seconds_to_detection', (r) => median(active(r).flatMap((c) => c.seconds ?? [])), POSITIVE);
  over('requests_to_detection', (r) => median(active(r).flatMap((c) => c.requestsToDetection ?? [])), POSITIVE);
  over('precision_findings', (r) => r.findings.precision);
  over('precision_acted', (r) => r.acted.precision);
  return figures;
}

function leakFigures(runs: readonly RunScore[]): Record<string, Estimate> {
  const figures: Record<string, Estimate> = {};
  for (const system of SYSTEMS) {
    const name = system.replaceAll('-', '_');
    const over = (figure: string, of: (run: RunScore) => number | null): void => {
      figures[`${figure}_${name}`] = estimate(runs.map(of), SHARE);
    };
    over('held', (r) => mean(active(r).map((c) => c.systems[system].held)));
    over('leak', (r) => mean(active(r).map((c) => c.systems[system].leakShare)));
    over('held_in_the_end', (r) => share(active(r), (c) => c.systems[system].heldFromMs !== null));
    for (const level of LEVELS) {
      if (runs.some((r) => active(r, level).length > 0)) {
        over(`leak_${level}`, (r) => mean(active(r, level).map((c) => c.systems[system].leakShare)));
      }
    }
  }
  figures.cost_ratio_to_limit = estimate(
    runs.map((r) => costRatio(active(r))),
    POSITIVE,
  );
  return figures;
}

/**
 * How many times more a gain costs its attacker than under a per-address limit: the median over the campaigns that gain
 * under the limit. Where nothing is left to gain the ratio is infinite; an infinite median is given as null.
 */
function costRatio(campaigns: readonly CampaignScore[]): number | null {
  const ratios = campaigns.flatMap((c) => {
    const [own, limit] = [c.systems.sallyport.servedGain, c.systems['address-limit'].servedGain];
    return limit > 0 ? [own > 0 ? limit / own : Number.POSITIVE_INFINITY] : [];
  });
  return median(ratios);
}

function harmFigures(runs: readonly RunScore[], nulls: readonly NullScore[]): Record<string, Estimate> {
  const figures: Record<string, Estimate> = {};
  for (const system of SYSTEMS) {
    const name = system.replaceAll('-', '_');
    const all = runs.map((r) => overall(r.cohorts[system]));
    const worsts = runs.map((r) => worst(r.cohorts[system]));
    const over = (figure: string, values: (number | null)[]): void => {
      figures[`${figure}_${name}`] = estimate(values, SHARE);
    };
    over('collateral', all.map(throttledShare));
    over('collateral_challenged', all.map(challengedShare));
    over('collateral_requests', all.map(requestShare));
    over(
      'collateral_worst',
      worsts.map((w) => (w ? throttledShare(w) : null)),
    );
  }
  const daily = (of: (n: NullScore) => number): Estimate =>
    estimate(
      nulls.map((n) => of(n) / n.days),
      POSITIVE,
    );
  figures.false_incidents_per_day = daily((n) => n.incidents);
  figures.false_findings_per_day = daily((n) => n.findings);
  figures.false_actions_per_day = daily((n) => n.acted);
  figures.null_collateral = estimate(
    nulls.map((n) => throttledShare(overall(n.cohorts))),
    SHARE,
  );
  return figures;
}

function thresholdFigures(runs: readonly RunScore[]): Record<string, Estimate> {
  const figures: Record<string, Estimate> = {
    recall_at_rate: estimate(
      runs.map((r) => share(active(r), (c) => c.foundAtThreshold)),
      SHARE,
    ),
    request_recall_at_rate: estimate(
      runs.map((r) => r.threshold.requestRecall),
      SHARE,
    ),
    risk_at_rate: estimate(
      runs.map((r) => r.threshold.risk),
      SHARE,
    ),
  };
  for (const attackShare of ATTACK_SHARES) {
    figures[`precision_at_share_${attackShare}`] = estimate(
      runs.map((r) => r.threshold.precisionAt.find((p) => p.share === attackShare)?.precision ?? null),
      SHARE,
    );
  }
  return figures;
}

const throttledShare = (c: Collateral): number => c.identitiesThrottled / Math.max(1, c.identities);
const challengedShare = (c: Collateral): number => c.identitiesChallenged / Math.max(1, c.identities);
const requestShare = (c: Collateral): number => c.requestsThrottled / Math.max(1, c.requests);

/** One row for each family and level that occurs; a family that does not occur at all has one with level E0 and no campaigns. */
function familyRows(runs: readonly RunScore[]): FamilyRow[] {
  const all = runs.flatMap((r) => r.campaigns);
  return FAMILIES.flatMap((family) => {
    const levels = LEVELS.filter((level) => all.some((c) => c.family === family && c.level === level));
    return (levels.length > 0 ? levels : [LEVELS[0]]).map((level) =>
      familyRow(
        family,
        level,
        all.filter((c) => c.family === family && c.level === level && c.requests > 0),
      ),
    );
  });
}

function familyRow(family: Family, level: Level, list: readonly CampaignScore[]): FamilyRow {
  const unseen = list.filter((c) => !c.found && c.otherClasses.length > 0);
  const bySystem = <T>(of: (system: string) => T): Record<string, T> =>
    Object.fromEntries(SYSTEMS.map((s) => [s, of(s)]));
  const costCents = list.reduce((sum, c) => sum + c.costCents, 0);
  return {
    family,
    level,
    campaigns: list.length,
    found: list.filter((c) => c.found).length,
    foundAtThreshold: list.filter((c) => c.foundAtThreshold).length,
    otherClass: unseen.length,
    otherClasses: [...new Set(unseen.flatMap((c) => c.otherClasses))],
    seconds: median(list.flatMap((c) => c.seconds ?? [])),
    requestsToDetection: median(list.flatMap((c) => c.requestsToDetection ?? [])),
    requests: list.reduce((sum, c) => sum + c.requests, 0),
    held: bySystem((s) => mean(list.map((c) => c.systems[s].held)) ?? 0),
    leakShare: bySystem((s) => mean(list.map((c) => c.systems[s].leakShare)) ?? 1),
    heldInTheEnd: bySystem((s) => list.filter((c) => c.systems[s].heldFromMs !== null).length),
    centsPerGain: bySystem((s) => {
      const gain = list.reduce((sum, c) => sum + c.systems[s].servedGain, 0);
      return gain > 0 ? costCents / gain : null;
    }),
    unit: list.find((c) => c.unit !== '')?.unit ?? '',
  };
}

/** Bounds halfway (on a logarithmic scale) between the shares that are asked for. */
function shareBuckets(runs: readonly RunScore[]): ShareBucket[] {
  const all = runs.flatMap((r) => active(r));
  const bounds = ATTACK_SHARES.slice(1).map((s, i) => Math.sqrt(s * ATTACK_SHARES[i]));
  return ATTACK_SHARES.map((attackShare, i) => {
    const [low, high] = [bounds[i - 1] ?? 0, bounds[i] ?? Number.POSITIVE_INFINITY];
    const members = all.filter((c) => c.attackShare >= low && c.attackShare < high);
    return {
      name: `about ${attackShare * 100} %`,
      campaigns: members.length,
      found: members.filter((c) => c.found).length,
      leakShare: mean(members.map((c) => c.systems.sallyport.leakShare)),
    };
  });
}

function together(wrongs: readonly Wrong[]): Wrong[] {
  const sums = new Map<string, Wrong>();
  for (const wrong of wrongs) {
    const key = `${wrong.class}\n${wrong.dimension}\n${wrong.cohort}`;
    sums.set(key, { ...wrong, count: wrong.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}

function cohortRows(runs: readonly RunScore[]): CohortRow[] {
  const names = [...new Set(runs.flatMap((r) => r.cohorts.sallyport.map((c) => c.cohort)))].sort();
  return names.map((cohort) => {
    const of = (run: RunScore, system: string): Collateral | undefined =>
      run.cohorts[system].find((c) => c.cohort === cohort);
    const sum = (get: (c: Collateral) => number): number =>
      runs.reduce((total, r) => total + get(of(r, 'sallyport') ?? NOBODY), 0);
    const bySystem = (get: (c: Collateral) => number): Record<string, Estimate> =>
      Object.fromEntries(
        SYSTEMS.map((system) => [
          system,
          estimate(
            runs.map((r) => {
              const found = of(r, system);
              return found ? get(found) : null;
            }),
            SHARE,
          ),
        ]),
      );
    return {
      cohort,
      identities: sum((c) => c.identities),
      requests: sum((c) => c.requests),
      throttled: bySystem(throttledShare),
      challenged: bySystem(challengedShare),
      requestsThrottled: bySystem(requestShare),
    };
  });
}

const NOBODY: Collateral = untouched('');
