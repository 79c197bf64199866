/** The score of one run: one world under one seed, and what each system would have done in it. */
import { type Family, LEVELS, type Level } from '../contract.ts';
import { THROTTLE } from './actions.ts';
import { ActorIndex } from './actors.ts';
import { addressLimit } from './baselines/limit.ts';
import { logRules } from './baselines/log-rules.ts';
import { type CampaignRows, campaignsOf, type Leak, leakCurve, leakOf } from './campaigns.ts';
import { type Collateral, collateralOf, identitiesOf } from './cohorts.ts';
import {
  type Claim,
  type Detection,
  detections,
  Judge,
  type Precision,
  precisionOf,
  type Wrong,
  wrongOf,
} from './findings.ts';
import { levelsOf, type Verdicts } from './holds.ts';
import type { Decisions, Said } from './said.ts';
import { type AtThreshold, atThreshold } from './threshold.ts';
import type { TruthColumns } from './truth.ts';

/** Names of what is scored on the whole run, the system under test first. */
export const SYSTEMS = ['sallyport', 'address-limit', 'log-rules'] as const;

/** What the scenario knows of a campaign and the log does not. */
export interface CampaignFacts {
  readonly name: string;
  readonly family: Family;
  readonly level: Level;
  readonly unit: string;
  /** What its means cost, in US cents. */
  readonly costCents: number;
}

export interface RunInput {
  readonly seed: string;
  readonly truth: TruthColumns;
  readonly said: Said;
  readonly decisions: Decisions;
  /** Every campaign of the scenario, those that sent nothing too. */
  readonly facts: readonly CampaignFacts[];
  /** Number of the autonomous system of an address, 0 for unknown. */
  readonly asOf?: (address: string) => number;
}

/** A campaign's line of the score. Numbers of what it did are 0 where it sent nothing. */
export interface CampaignScore extends Detection {
  readonly name: string;
  readonly family: Family;
  readonly level: Level;
  readonly requests: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly requestsPerMinute: number;
  /** Its part of all requests between its first and last. */
  readonly attackShare: number;
  readonly gain: number;
  readonly unit: string;
  readonly costCents: number;
  /** From its first request until one of its requests met a throttle or harder; null for never. */
  readonly secondsToAction: number | null;
  readonly foundAtThreshold: boolean;
  readonly systems: Readonly<Record<string, Leak & { readonly centsPerGain: number | null }>>;
  readonly curve: readonly number[];
  readonly limitCurve: readonly number[];
}

export interface RunScore {
  readonly seed: string;
  readonly exchanges: number;
  readonly abusive: number;
  readonly days: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly campaigns: readonly CampaignScore[];
  readonly cohorts: Readonly<Record<string, readonly Collateral[]>>;
  readonly findings: Precision;
  /** Actors that met a throttle or harder, judged when they first did. */
  readonly acted: Precision;
  readonly wrongFindings: readonly Wrong[];
  readonly wrongActions: readonly Wrong[];
  readonly threshold: Omit<AtThreshold, 'found'>;
  readonly counts: { readonly findings: number; readonly decisions: number; readonly incidents: number };
  /** What could not be scored, in words. */
  readonly notes: readonly string[];
}

const DAY_MS = 86_400_000;

/** Scores a run. Throws a RangeError on truth that is out of order. */
export function scoreRun(input: RunInput): RunScore {
  const { truth, said, decisions } = input;
  checkOrder(truth);
  const index = new ActorIndex(truth, input.asOf);
  const claims = mention(index, said, decisions);
  const notes = notesOf(index, claims, decisions);
  const systems: Verdicts[] = [
    { name: 'sallyport', level: levelsOf(truth, index, decisions) },
    addressLimit(truth),
    logRules(truth),
  ];
  const campaigns = campaignsOf(truth);
  const judge = new Judge(truth, index, campaigns);
  const { found, ...threshold } = atThreshold(truth, index, judge, said.suspects, campaigns);
  const detected = detections(truth, claims.findings, judge, campaigns);
  const identities = identitiesOf(truth);
  const scores = campaigns.map((campaign, i) =>
    campaignScore(truth, campaign, detected[i], found[i], systems, input.facts),
  );
  const [startMs, endMs] = truth.rows > 0 ? [truth.timeMs[0], truth.timeMs[truth.rows - 1]] : [0, 0];
  return {
    seed: input.seed,
    exchanges: truth.rows,
    abusive: campaigns.reduce((sum, c) => sum + c.rows.length, 0),
    days: (endMs - startMs) / DAY_MS,
    startMs,
    endMs,
    campaigns: byFamily([...scores, ...silent(input.facts, campaigns)]),
    cohorts: Object.fromEntries(systems.map((s) => [s.name, collateralOf(truth, identities, s)])),
    findings: precisionOf(claims.findings, judge, campaigns),
    acted: precisionOf(claims.acted, judge, campaigns),
    wrongFindings: wrongOf(claims.findings, judge, campaigns),
    wrongActions: wrongOf(claims.acted, judge, campaigns),
    threshold,
    counts: {
      findings: said.findings.length,
      decisions: decisions.list.length,
      incidents: said.incidents.length,
    },
    notes,
  };
}

/** Makes all actors known that anything was said about, and returns what was said of whom and when. */
function mention(
  index: ActorIndex,
  said: Said,
  decisions: Decisions,
): { findings: (Claim & { detector: string })[]; acted: Claim[] } {
  const findings = said.findings.map((f) => ({
    actor: f.actor,
    class: f.class,
    detector: f.detector,
    atMs: f.detectedAtMs,
    hint: { firstSeenMs: f.firstSeenMs },
  }));
  for (const claim of findings) index.resolve(claim.actor, claim.hint);
  for (const d of decisions.list) index.resolve(d.actor, { atMs: d.timeMs });
  for (const s of said.suspects) index.resolve(s.actor, { firstSeenMs: s.firstSeenMs });
  return { findings, acted: firstActions(decisions) };
}

/** The first decision of each actor that would have met its requests with a throttle or harder. */
export function firstActions(decisions: Decisions): Claim[] {
  const seen = new Set<string>();
  const claims: Claim[] = [];
  for (const d of decisions.list) {
    const key = `${d.actor.dimension}\n${d.actor.key}`;
    if (d.rank < THROTTLE || seen.has(key)) continue;
    seen.add(key);
    claims.push({ actor: d.actor, class: d.class, atMs: d.timeMs, hint: { atMs: d.timeMs } });
  }
  return claims;
}

function campaignScore(
  truth: TruthColumns,
  campaign: CampaignRows,
  detection: Detection,
  foundAtThreshold: boolean,
  systems: readonly Verdicts[],
  facts: readonly CampaignFacts[],
): CampaignScore {
  const { rows, firstMs, lastMs } = campaign;
  const fact = facts.find((f) => f.name === campaign.name);
  const costCents = fact?.costCents ?? 0;
  const [sallyport, limit] = systems;
  const acted = rows.find((row) => sallyport.level[row] >= THROTTLE);
  const between = rows[rows.length - 1] - rows[0] + 1;
  return {
    ...detection,
    name: campaign.name,
    family: campaign.family,
    level: campaign.level,
    requests: rows.length,
    startMs: firstMs,
    endMs: lastMs,
    requestsPerMinute: (rows.length * 60_000) / Math.max(60_000, lastMs - firstMs),
    attackShare: rows.length / between,
    gain: campaign.gain,
    unit: fact?.unit ?? '',
    costCents,
    secondsToAction: acted === undefined ? null : (truth.timeMs[acted] - firstMs) / 1000,
    foundAtThreshold,
    systems: Object.fromEntries(
      systems.map((system) => {
        const leak = leakOf(truth, campaign, system);
        return [system.name, { ...leak, centsPerGain: leak.servedGain > 0 ? costCents / leak.servedGain : null }];
      }),
    ),
    curve: leakCurve(campaign, sallyport),
    limitCurve: leakCurve(campaign, limit),
  };
}

/** Lines for campaigns of the scenario that sent nothing: they are shown, not forgotten. */
function silent(facts: readonly CampaignFacts[], campaigns: readonly CampaignRows[]): CampaignScore[] {
  const sent = new Set(campaigns.map((c) => c.name));
  return facts
    .filter((f) => !sent.has(f.name))
    .map((f) => ({
      ...f,
      found: false,
      class: '',
      detector: '',
      dimension: '',
      foundOwn: false,
      seconds: null,
      otherClasses: [],
      requests: 0,
      requestsToDetection: null,
      startMs: 0,
      endMs: 0,
      requestsPerMinute: 0,
      attackShare: 0,
      gain: 0,
      secondsToAction: null,
      foundAtThreshold: false,
      systems: {},
      curve: [],
      limitCurve: [],
    }));
}

function byFamily(campaigns: CampaignScore[]): CampaignScore[] {
  const level = (c: CampaignScore): number => LEVELS.indexOf(c.level);
  return campaigns.sort(
    (a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : level(a) - level(b)) || a.startMs - b.startMs,
  );
}

/** What could not be scored: actors that the truth does not know, by dimension, and whether anything was done about them. */
function notesOf(index: ActorIndex, claims: { readonly findings: readonly Claim[] }, decisions: Decisions): string[] {
  const counts = new Map<string, { findings: number; decisions: number; acted: number }>();
  const of = (dimension: string): { findings: number; decisions: number; acted: number } => {
    const count = counts.get(dimension) ?? { findings: 0, decisions: 0, acted: 0 };
    counts.set(dimension, count);
    return count;
  };
  for (const c of claims.findings) if (index.resolve(c.actor, c.hint) < 0) of(c.actor.dimension).findings++;
  for (const d of decisions.list) {
    if (index.resolve(d.actor, { atMs: d.timeMs }) >= 0) continue;
    of(d.actor.dimension).decisions++;
    if (d.rank >= THROTTLE) of(d.actor.dimension).acted++;
  }
  const notes = [...counts].map(
    ([dimension, n]) =>
      `not scored, as the truth knows no such actor: ${n.findings} findings and ${n.decisions} decisions ` +
      `(${n.acted} of them a throttle or harder) about actors of the dimension "${dimension}"`,
  );
  if (decisions.unknownActions.length > 0) {
    notes.push(`actions this scoreboard does not know count as a tag: ${decisions.unknownActions.join(', ')}`);
  }
  return notes;
}

function checkOrder(truth: TruthColumns): void {
  for (let row = 1; row < truth.rows; row++) {
    if (truth.timeMs[row] < truth.timeMs[row - 1]) throw new RangeError(`row ${row} of the truth is out of order`);
  }
}
