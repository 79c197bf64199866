/**
 * What the risk is worth where false alarms must be rare: the lowest threshold at which no more than one benign request in
 * ten thousand would be flagged, and how many campaigns are still found from there on. A request carries the highest risk
 * of its actors that were reported by then. Populations (an agent, a network operator, a route) count only where the
 * report itself would act on them: their risk is about a crowd, not about everyone in it.
 */

import { THROTTLE } from './actions.ts';
import type { ActorIndex } from './actors.ts';
import type { CampaignRows } from './campaigns.ts';
import { fits } from './classes.ts';
import { PERMITTED } from './cohorts.ts';
import type { Judge } from './findings.ts';
import type { Suspect } from './said.ts';
import type { TruthColumns } from './truth.ts';

export const MAX_FALSE_POSITIVE_RATE = 1e-4;
/** Shares of all requests that are abusive, for which the precision of a flag is worked out. */
export const ATTACK_SHARES = [0.001, 0.01, 0.05] as const;
const INDIVIDUAL = ['ip', 'network', 'session', 'principal', 'credential'];

export interface AtThreshold {
  /** Lowest risk that keeps the rate; above 1 where none does. */
  readonly risk: number;
  readonly falsePositiveRate: number;
  /** Share of abusive requests flagged. */
  readonly requestRecall: number;
  /** For each campaign: whether an actor of it with a fitting class has at least that risk. */
  readonly found: readonly boolean[];
  /** Share of flagged requests that are abusive, were the attack share of all requests this; null where none is flagged. */
  readonly precisionAt: readonly { readonly share: number; readonly precision: number | null }[];
}

/** See the top of the file. */
export function atThreshold(
  truth: TruthColumns,
  index: ActorIndex,
  judge: Judge,
  suspects: readonly Suspect[],
  campaigns: readonly CampaignRows[],
): AtThreshold {
  const acting = suspects.filter((s) => INDIVIDUAL.includes(s.actor.dimension) || s.rank >= THROTTLE);
  const score = scores(truth, index, acting);
  const sides = truth.labels.map((l) => (l.campaign !== '' ? 1 : PERMITTED.includes(l.cohort) ? -1 : 0));
  const risks = [...new Set(acting.map((s) => Math.fround(s.risk)))].sort((a, b) => b - a);
  const benign = new Float64Array(risks.length);
  const abusive = new Float64Array(risks.length);
  const totals = [0, 0];
  const place = new Map(risks.map((r, i) => [r, i]));
  for (let row = 0; row < truth.rows; row++) {
    const side = sides[truth.label[row]];
    if (side < 0) continue;
    totals[side]++;
    const at = score[row] > 0 ? place.get(score[row]) : undefined;
    if (at !== undefined) (side === 1 ? abusive : benign)[at]++;
  }
  let wrong = 0;
  let right = 0;
  let best = { risk: Number.POSITIVE_INFINITY, wrong: 0, right: 0 };
  for (const [i, risk] of risks.entries()) {
    wrong += benign[i];
    right += abusive[i];
    if (wrong > MAX_FALSE_POSITIVE_RATE * totals[0]) break;
    best = { risk, wrong, right };
  }
  const falsePositiveRate = best.wrong / Math.max(1, totals[0]);
  const requestRecall = best.right / Math.max(1, totals[1]);
  return {
    risk: best.risk,
    falsePositiveRate,
    requestRecall,
    found: foundAbove(best.risk, judge, acting, campaigns),
    precisionAt: ATTACK_SHARES.map((share) => ({ share, precision: mixture(share, requestRecall, falsePositiveRate) })),
  };
}

/** Highest risk of each row's actors that were reported before it; single precision. */
function scores(truth: TruthColumns, index: ActorIndex, suspects: readonly Suspect[]): Float32Array {
  const ids = suspects.map((s) => index.resolve(s.actor, { firstSeenMs: s.firstSeenMs }));
  const risk = new Float32Array(index.actors.length);
  const from = new Float64Array(index.actors.length).fill(Number.POSITIVE_INFINITY);
  for (const [i, suspect] of suspects.entries()) {
    if (ids[i] < 0) continue;
    risk[ids[i]] = suspect.risk;
    from[ids[i]] = suspect.fromMs;
  }
  const score = new Float32Array(truth.rows);
  for (const slot of index.slots) {
    const column = truth[slot.column];
    for (let row = 0; row < truth.rows; row++) {
      const id = slot.of[column[row]];
      if (id >= 0 && risk[id] > score[row] && truth.timeMs[row] > from[id]) score[row] = risk[id];
    }
  }
  return score;
}

function foundAbove(
  risk: number,
  judge: Judge,
  suspects: readonly Suspect[],
  campaigns: readonly CampaignRows[],
): boolean[] {
  const found = campaigns.map(() => false);
  for (const suspect of suspects) {
    if (Math.fround(suspect.risk) < risk || !Number.isFinite(suspect.fromMs)) continue;
    const judgement = judge.judge(suspect.actor, suspect.fromMs, { firstSeenMs: suspect.firstSeenMs });
    for (const c of judgement?.campaigns ?? []) {
      if (suspect.classes.some((name) => fits(name, campaigns[c].family))) found[c] = true;
    }
  }
  return found;
}

function mixture(share: number, recall: number, falsePositiveRate: number): number | null {
  const flagged = share * recall + (1 - share) * falsePositiveRate;
  return flagged === 0 ? null : (share * recall) / flagged;
}
