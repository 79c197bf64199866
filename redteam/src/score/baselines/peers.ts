/**
 * Other people's programs beside the system under test, on one excerpt of the world. All of them are scored by the same
 * functions on the same rows; the system under test and the limits keep what they had learned before the excerpt began.
 */
import { THROTTLE } from '../actions.ts';
import { ActorIndex } from '../actors.ts';
import { type CampaignRows, campaignsOf, leakOf } from '../campaigns.ts';
import { collateralOf, identitiesOf, overall } from '../cohorts.ts';
import { holdLevels, levelsOf, type Verdicts } from '../holds.ts';
import type { Decisions } from '../said.ts';
import type { TruthColumns } from '../truth.ts';
import { crowdsec, type PeerDecisions } from './crowdsec.ts';
import { fail2ban } from './fail2ban.ts';
import { addressLimit } from './limit.ts';
import { logRules } from './log-rules.ts';

/** One system on the excerpt. */
export interface PeerScore {
  readonly name: string;
  /** Why it is not scored; '' where it is. The figures are then 0. */
  readonly absent: string;
  readonly detail: string;
  readonly seconds: number;
  readonly lines: number;
  /** Campaigns with at least ten requests in the excerpt, and how many of them it acted on. */
  readonly campaigns: number;
  readonly acted: number;
  /** Mean over campaigns of the share of their requests held, and leaked. */
  readonly held: number;
  readonly leakShare: number;
  /** Shares of the benign identities and requests that it hurt. */
  readonly identitiesHurt: number;
  readonly requestsHurt: number;
}

/** A log in combined format, and which rows of the truth its lines are. */
export interface Excerpt {
  readonly path: string;
  readonly rows: readonly number[];
}

const MIN_REQUESTS = 10;
/** How long each program may take. */
export const PEER_LIMIT_MS = 120_000;

/** Runs what is installed, one after the other, and scores everybody on the excerpt. */
export async function scorePeers(
  truth: TruthColumns,
  excerpt: Excerpt,
  decisions: Decisions,
  limitMs: number = PEER_LIMIT_MS,
): Promise<PeerScore[]> {
  const whole = new ActorIndex(truth);
  const cut = (verdicts: Verdicts): Verdicts => ({
    name: verdicts.name,
    level: Uint8Array.from(excerpt.rows, (row) => verdicts.level[row]),
  });
  const part = pick(truth, excerpt.rows);
  const scores = [
    { name: 'sallyport', level: levelsOf(truth, whole, decisions) },
    addressLimit(truth),
    logRules(truth),
  ].map((v) => scoreSystem(part, cut(v), { seconds: 0, detail: 'of the whole run' }));
  for (const [name, run] of [
    ['crowdsec', crowdsec],
    ['fail2ban', fail2ban],
  ] as const) {
    scores.push(scorePeer(part, name, await run(excerpt.path, limitMs)));
  }
  return scores;
}

/** The score of a program that said whom it would ban. Log lines have whole seconds, so its bans do too. */
export function scorePeer(part: TruthColumns, name: string, result: PeerDecisions): PeerScore {
  if ('absent' in result) return { ...NOTHING, name, absent: result.absent, lines: part.rows };
  const level = holdLevels(part, new ActorIndex(part), result.decisions);
  return scoreSystem(part, { name, level }, result);
}

function scoreSystem(
  part: TruthColumns,
  verdicts: Verdicts,
  { seconds, detail }: { readonly seconds: number; readonly detail: string },
): PeerScore {
  const campaigns = campaignsOf(part).filter((c) => c.rows.length >= MIN_REQUESTS);
  const leaks = campaigns.map((c) => leakOf(part, c, verdicts));
  const all = overall(collateralOf(part, identitiesOf(part), verdicts));
  const mean = (of: (i: number) => number): number =>
    campaigns.length === 0 ? 0 : campaigns.reduce((sum, _, i) => sum + of(i), 0) / campaigns.length;
  return {
    name: verdicts.name,
    absent: '',
    detail,
    seconds,
    lines: part.rows,
    campaigns: campaigns.length,
    acted: campaigns.filter((c) => touched(c, verdicts)).length,
    held: mean((i) => leaks[i].held),
    leakShare: mean((i) => leaks[i].leakShare),
    identitiesHurt: all.identitiesThrottled / Math.max(1, all.identities),
    requestsHurt: all.requestsThrottled / Math.max(1, all.requests),
  };
}

const touched = (campaign: CampaignRows, verdicts: Verdicts): boolean =>
  campaign.rows.some((row) => verdicts.level[row] >= THROTTLE);

const NOTHING: PeerScore = {
  name: '',
  absent: '',
  detail: '',
  seconds: 0,
  lines: 0,
  campaigns: 0,
  acted: 0,
  held: 0,
  leakShare: 0,
  identitiesHurt: 0,
  requestsHurt: 0,
};

/** Some rows, in ascending order, as a truth of their own. */
export function pick(truth: TruthColumns, rows: readonly number[]): TruthColumns {
  const column = (of: ArrayLike<number>): Uint32Array => Uint32Array.from(rows, (row) => of[row]);
  return {
    rows: rows.length,
    timeMs: Float64Array.from(rows, (row) => truth.timeMs[row]),
    loggedMs: Float64Array.from(rows, (row) => truth.loggedMs[row]),
    label: column(truth.label),
    labels: truth.labels,
    address: column(truth.address),
    session: column(truth.session),
    principal: column(truth.principal),
    credential: column(truth.credential),
    agent: column(truth.agent),
    gain: Float64Array.from(rows, (row) => truth.gain[row]),
    status: Uint16Array.from(rows, (row) => truth.status[row]),
    texts: truth.texts,
  };
}
