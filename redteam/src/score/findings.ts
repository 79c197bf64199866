/**
 * Which findings are right. A finding is about an actor; the truth is about requests. So each is judged by what that actor
 * had done in the hour before the finding: a finding made from somebody's requests shows in who made them.
 *
 *     own      at least half of those requests belong to campaigns
 *     mixed    fewer, but at least 1 %: a shared address, a network, a popular agent with an attacker behind it
 *     foreign  none, or less than 1 %: nobody there did anything
 *     permitted  at least half are of those who attack with permission: neither right nor wrong
 *
 * A campaign is found by a finding whose class fits its family and whose actor is its own, or mixed with it in it. A
 * mixed actor counts as right only where the class fits: anything else is luck.
 */

import type { Actor } from './actions.ts';
import type { ActorIndex, Hint } from './actors.ts';
import type { CampaignRows } from './campaigns.ts';
import { fits } from './classes.ts';
import { PERMITTED } from './cohorts.ts';
import { countBefore, type RowLists } from './rows.ts';
import type { TruthColumns } from './truth.ts';

/** How far back an actor's requests are looked at. */
export const WINDOW_MS = 3_600_000;
/** By how much the clock of a log may be behind. */
const SLACK_MS = 120_000;
const OWN_SHARE = 0.5;
const MIXED_SHARE = 0.01;

export type Standing = 'own' | 'mixed' | 'foreign' | 'permitted';

/** What an actor was at a moment: which campaigns had requests on it, the largest part first. */
export interface Judgement {
  readonly standing: Standing;
  /** Numbers of campaigns with at least 1 % of its requests. */
  readonly campaigns: readonly number[];
}

const FOREIGN: Judgement = { standing: 'foreign', campaigns: [] };

/** Judges actors at moments. All of them must be resolved before it is made. */
export class Judge {
  private readonly truth: TruthColumns;
  private readonly index: ActorIndex;
  private readonly rows: RowLists;
  /** Campaign of each label, by its number; −1 for the benign. */
  private readonly campaignOf: Int32Array;
  private readonly permitted: readonly boolean[];

  constructor(truth: TruthColumns, index: ActorIndex, campaigns: readonly CampaignRows[]) {
    this.truth = truth;
    this.index = index;
    this.rows = index.rows();
    const numbers = new Map(campaigns.map((c, i) => [c.name, i]));
    this.permitted = truth.labels.map((l) => PERMITTED.includes(l.cohort));
    this.campaignOf = Int32Array.from(truth.labels, (l) => numbers.get(l.campaign) ?? -1);
  }

  /**
   * What an actor was in the hour up to `atMs`, by its requests; null where the truth does not know the actor. Logs have
   * clocks of their own: where nothing bad was there by then, what follows within {@link SLACK_MS} counts too.
   */
  judge(actor: Actor, atMs: number, hint: Hint): Judgement | null {
    const id = this.index.resolve(actor, hint);
    if (id < 0) return null;
    const rows = this.rows.of(id);
    const found = this.between(rows, atMs - WINDOW_MS, atMs);
    return found.standing === 'foreign' ? this.between(rows, atMs - WINDOW_MS, atMs + SLACK_MS) : found;
  }

  /** Cohort of most of an actor's requests in that hour ('attack' for campaigns); '' where there are none. */
  mainCohort(actor: Actor, atMs: number, hint: Hint): string {
    const { timeMs, label, labels } = this.truth;
    const id = this.index.resolve(actor, hint);
    if (id < 0) return '';
    const rows = this.rows.of(id);
    const counts = new Map<string, number>();
    const to = countBefore(rows, timeMs, atMs + SLACK_MS, true);
    for (let i = countBefore(rows, timeMs, atMs - WINDOW_MS); i < to; i++) {
      const { cohort } = labels[label[rows[i]]];
      counts.set(cohort, (counts.get(cohort) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
  }

  private between(rows: Uint32Array, fromMs: number, toMs: number): Judgement {
    const { timeMs, label } = this.truth;
    const from = countBefore(rows, timeMs, fromMs);
    const to = countBefore(rows, timeMs, toMs, true);
    const counts = new Map<number, number>();
    let abusive = 0;
    let permitted = 0;
    for (let i = from; i < to; i++) {
      if (this.permitted[label[rows[i]]]) permitted++;
      const campaign = this.campaignOf[label[rows[i]]];
      if (campaign < 0) continue;
      abusive++;
      counts.set(campaign, (counts.get(campaign) ?? 0) + 1);
    }
    const all = to - from;
    if (all > 0 && permitted >= OWN_SHARE * all) return { standing: 'permitted', campaigns: [] };
    if (abusive === 0 || abusive < MIXED_SHARE * all) return FOREIGN;
    const campaigns = [...counts].filter(([, n]) => n >= MIXED_SHARE * all).sort((a, b) => b[1] - a[1]);
    return {
      standing: abusive >= OWN_SHARE * all ? 'own' : 'mixed',
      campaigns: campaigns.map(([campaign]) => campaign),
    };
  }
}

/** How right a list of findings or of acted-on actors is. */
export interface Precision {
  readonly own: number;
  /** On mixed actors, with a class that fits. */
  readonly mixed: number;
  readonly wrong: number;
  /** Those who attack with permission; left out of the shares. */
  readonly permitted: number;
  /** Actors that the truth does not know; left out of the shares. */
  readonly unresolved: number;
  /** (own + mixed) / (own + mixed + wrong); null where there is nothing. */
  readonly precision: number | null;
}

/** Something that was said about an actor at a moment. */
export interface Claim {
  readonly actor: Actor;
  readonly class: string;
  readonly atMs: number;
  readonly hint: Hint;
}

export function precisionOf(claims: Iterable<Claim>, judge: Judge, campaigns: readonly CampaignRows[]): Precision {
  const counts = { own: 0, mixed: 0, wrong: 0, permitted: 0, unresolved: 0 };
  for (const claim of claims) counts[verdictOn(claim, judge, campaigns)]++;
  const right = counts.own + counts.mixed;
  return { ...counts, precision: right + counts.wrong === 0 ? null : right / (right + counts.wrong) };
}

function verdictOn(
  claim: Claim,
  judge: Judge,
  campaigns: readonly CampaignRows[],
): 'own' | 'mixed' | 'wrong' | 'permitted' | 'unresolved' {
  const judgement = judge.judge(claim.actor, claim.atMs, claim.hint);
  if (!judgement) return 'unresolved';
  const { standing } = judgement;
  if (standing === 'own' || standing === 'permitted') return standing;
  return judgement.campaigns.some((c) => fits(claim.class, campaigns[c].family)) ? 'mixed' : 'wrong';
}

/** Wrong claims of one class and dimension that hit one cohort. */
export interface Wrong {
  readonly class: string;
  readonly dimension: string;
  readonly cohort: string;
  readonly count: number;
}

/** What was wrong, and about whom: the most frequent first. */
export function wrongOf(claims: Iterable<Claim>, judge: Judge, campaigns: readonly CampaignRows[]): Wrong[] {
  const found = new Map<string, Wrong>();
  for (const claim of claims) {
    if (verdictOn(claim, judge, campaigns) !== 'wrong') continue;
    const { dimension } = claim.actor;
    const cohort = judge.mainCohort(claim.actor, claim.atMs, claim.hint);
    const key = `${claim.class}\n${dimension}\n${cohort}`;
    const count = (found.get(key)?.count ?? 0) + 1;
    found.set(key, { class: claim.class, dimension, cohort, count });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

/** How a campaign was found. */
export interface Detection {
  readonly found: boolean;
  /** Class and detector of the first fitting finding; '' for none. */
  readonly class: string;
  readonly detector: string;
  /** Dimension of its actor; '' for none. */
  readonly dimension: string;
  /** Whether a fitting finding was about an actor of its own, not about a crowd with the campaign in it. */
  readonly foundOwn: boolean;
  /** From the campaign's first request to the first fitting finding; null for a miss. */
  readonly seconds: number | null;
  /** Its requests until then, the one that the finding was made from included; null for a miss. */
  readonly requestsToDetection: number | null;
  /** Classes that do not fit, of findings on its actors, the most frequent first. */
  readonly otherClasses: readonly string[];
}

/** How each campaign was found, in the order of `campaigns`. */
export function detections(
  truth: TruthColumns,
  claims: readonly (Claim & { readonly detector: string })[],
  judge: Judge,
  campaigns: readonly CampaignRows[],
): Detection[] {
  const first: ((typeof claims)[number] | undefined)[] = campaigns.map(() => undefined);
  const own = campaigns.map(() => false);
  const others = campaigns.map(() => new Map<string, number>());
  for (const claim of claims) {
    const judgement = judge.judge(claim.actor, claim.atMs, claim.hint);
    for (const c of judgement?.campaigns ?? []) {
      if (fits(claim.class, campaigns[c].family)) {
        const before = first[c];
        if (!before || claim.atMs < before.atMs) first[c] = claim;
        if (judgement?.standing === 'own') own[c] = true;
      } else if (judgement?.standing === 'own') {
        others[c].set(claim.class, (others[c].get(claim.class) ?? 0) + 1);
      }
    }
  }
  return campaigns.map((campaign, c) => {
    const claim = first[c];
    return {
      found: claim !== undefined,
      class: claim?.class ?? '',
      detector: claim?.detector ?? '',
      dimension: claim?.actor.dimension ?? '',
      foundOwn: own[c],
      seconds: claim ? Math.max(0, claim.atMs - campaign.firstMs) / 1000 : null,
      requestsToDetection: claim ? Math.max(1, countBefore(campaign.rows, truth.timeMs, claim.atMs, true)) : null,
      otherClasses: [...others[c]].sort((a, b) => b[1] - a[1]).map(([name]) => name),
    };
  });
}
