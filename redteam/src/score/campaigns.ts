/**
 * How much of each campaign got through. A campaign is held from the first of its requests on from which, counted to its
 * end, at least 90 % would have met a throttle or something harder. What came before is its leak; all of it, where there is no
 * such request. "Held for one request and then lost" is thus no hold, and a few that slip through are no leak.
 */
import type { Family, Level } from '../contract.ts';
import { THROTTLE } from './actions.ts';
import type { Verdicts } from './holds.ts';
import type { TruthColumns } from './truth.ts';

/** Share of what follows that must be held, for a campaign to count as held. */
export const HELD_SHARE = 0.9;
/** Points of a leak curve besides its origin. */
const CURVE_POINTS = 40;

/** A campaign of the truth, with the rows of its requests. */
export interface CampaignRows {
  readonly name: string;
  readonly family: Family;
  readonly level: Level;
  readonly rows: Uint32Array;
  readonly gain: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What one system let through of one campaign. */
export interface Leak {
  /** Share of its requests that would have met an action, over its whole time. */
  readonly held: number;
  /** When it is held from, Unix ms; null for never. */
  readonly heldFromMs: number | null;
  readonly leakRequests: number;
  /** The same as a share of its requests. */
  readonly leakShare: number;
  /** Gain before it is held. */
  readonly leakGain: number;
  /** Gain of all requests that met no action, before and after. */
  readonly servedGain: number;
}

/** The campaigns of a run in order of their start. Labels of benign visitors have the campaign ''. */
export function campaignsOf(truth: TruthColumns): CampaignRows[] {
  const names = [...new Set(truth.labels.map((l) => l.campaign))].filter((name) => name !== '');
  const numberOf = new Int32Array(truth.labels.length);
  for (const [i, label] of truth.labels.entries()) numberOf[i] = names.indexOf(label.campaign);
  const counts = new Uint32Array(names.length);
  for (let row = 0; row < truth.rows; row++) {
    const number = numberOf[truth.label[row]];
    if (number >= 0) counts[number]++;
  }
  const lists = Array.from(counts, (n) => new Uint32Array(n));
  const filled = new Uint32Array(names.length);
  const gains = new Float64Array(names.length);
  for (let row = 0; row < truth.rows; row++) {
    const number = numberOf[truth.label[row]];
    if (number < 0) continue;
    lists[number][filled[number]++] = row;
    gains[number] += truth.gain[row];
  }
  return names
    .map((name, i) => campaign(truth, name, lists[i], gains[i]))
    .filter((c) => c !== null)
    .sort((a, b) => a.firstMs - b.firstMs || (a.name < b.name ? -1 : 1));
}

function campaign(truth: TruthColumns, name: string, rows: Uint32Array, gain: number): CampaignRows | null {
  const label = truth.labels.find((l) => l.campaign === name);
  if (rows.length === 0 || !label || label.family === '' || label.level === '') return null;
  return {
    name,
    family: label.family,
    level: label.level,
    rows,
    gain,
    firstMs: truth.timeMs[rows[0]],
    lastMs: truth.timeMs[rows[rows.length - 1]],
  };
}

/** What a system let through of a campaign, by the definition at the top of this file. */
export function leakOf(truth: TruthColumns, { rows }: CampaignRows, { level }: Verdicts): Leak {
  let heldAfter = 0;
  let servedGain = 0;
  let from = rows.length;
  for (let k = rows.length - 1; k >= 0; k--) {
    if (level[rows[k]] >= THROTTLE) heldAfter++;
    else servedGain += truth.gain[rows[k]];
    // A request that is served does not begin the time in which the campaign is held.
    if (level[rows[k]] >= THROTTLE && heldAfter >= HELD_SHARE * (rows.length - k)) from = k;
  }
  let leakGain = 0;
  for (let k = 0; k < from; k++) leakGain += truth.gain[rows[k]];
  return {
    held: heldAfter / rows.length,
    heldFromMs: from < rows.length ? truth.timeMs[rows[from]] : null,
    leakRequests: from,
    leakShare: from / rows.length,
    leakGain,
    servedGain,
  };
}

/** Share of the campaign's requests that were served, after 0, 1/40, 2/40 … of them: straight up where nothing holds it. */
export function leakCurve({ rows }: CampaignRows, { level }: Verdicts): number[] {
  const curve = [0];
  let served = 0;
  let done = 0;
  for (let point = 1; point <= CURVE_POINTS; point++) {
    const until = Math.round((rows.length * point) / CURVE_POINTS);
    for (; done < until; done++) if (level[rows[done]] < THROTTLE) served++;
    curve.push(served / rows.length);
  }
  return curve;
}
