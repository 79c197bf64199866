/**
 * Risk: what is held against an actor, per class, from all that detectors said about it.
 *
 * A risk record keeps, per class and group, the strongest evidence with a half-life of 30 minutes. Log-odds of a class
 * are the prior plus Σ ρ^(i−1)·LLRᵢ over the groups in descending order (catalogue, Fusion 2): groups are correlated, so
 * the second counts 70 %, the third 49 %. Everything is integer millinats; tables are built once from exactly rounded
 * arithmetic.
 */
import { expNeg, ln, MILLINATS, probability } from '../lib/fixed.ts';
import { CLASSES, GROUPS } from './detector.ts';

const GROUP_COUNT = GROUPS.length;
export const CLASS_COUNT = CLASSES.length;

/** Cells of a risk record. */
export const RISK = {
  /** Evidence, class-major: class × GROUPS + group. */
  evidence: 0,
  /** When the evidence was last decayed, in whole seconds. */
  sec: CLASS_COUNT * GROUP_COUNT,
  /** The standing mitigation: index in ACTIONS, until when, rung of the TTL ladder, since when. */
  action: CLASS_COUNT * GROUP_COUNT + 1,
  untilSec: CLASS_COUNT * GROUP_COUNT + 2,
  rung: CLASS_COUNT * GROUP_COUNT + 3,
  sinceSec: CLASS_COUNT * GROUP_COUNT + 4,
  /** Class of the standing mitigation. */
  class: CLASS_COUNT * GROUP_COUNT + 5,
  /** Events with evidence that the actor has added since then. */
  pressed: CLASS_COUNT * GROUP_COUNT + 6,
  size: CLASS_COUNT * GROUP_COUNT + 7,
} as const;

/** Evidence halves in this time, in seconds. */
export const HALF_LIFE_SEC = 1800;
/** Decay is applied in whole steps of this many seconds, so that it does not depend on how often a record is read. */
const DECAY_STEP_SEC = 60;
/** Steps after which nothing is left: 24 half-lives. */
const DECAY_STEPS = (HALF_LIFE_SEC / DECAY_STEP_SEC) * 24;
const DECAY = Int32Array.from({ length: DECAY_STEPS }, (_, i) =>
  Math.round(65536 * expNeg(((i * DECAY_STEP_SEC) / HALF_LIFE_SEC) * ln(2))),
);

/** ρ^i in permille: what the i-th strongest group of evidence counts. */
export const GROUP_WEIGHT = Int32Array.from([1000, 700, 490, 343, 240, 168, 118]);

/** Prior log-odds of abuse per actor and class: one in a thousand. */
export const PRIOR_MILLINATS = -6907;

/** Brings a risk record's evidence to `nowSec`. */
export function decay(risk: Int32Array, at: number, nowSec: number): void {
  const steps = Math.floor((nowSec - (risk[at + RISK.sec] >>> 0)) / DECAY_STEP_SEC);
  if (steps <= 0) return;
  if (steps >= DECAY_STEPS) risk.fill(0, at, at + RISK.sec);
  else {
    const factor = DECAY[steps];
    for (let i = at; i < at + RISK.sec; i++) if (risk[i] !== 0) risk[i] = Math.trunc((risk[i] * factor) / 65536);
  }
  risk[at + RISK.sec] += steps * DECAY_STEP_SEC;
}

/** Keeps the stronger of what stands and what is new; evidence against abuse only where nothing stands. */
export function addEvidence(risk: Int32Array, at: number, classIndex: number, group: number, millinats: number): void {
  const cell = at + RISK.evidence + classIndex * GROUP_COUNT + group;
  if (millinats > risk[cell] || (millinats < 0 && risk[cell] <= 0)) risk[cell] = millinats;
}

/** That a key leaked says that somebody else has it: nothing against its owner, nor against the key that comes in its place. */
const LEAKED_FROM = RISK.evidence + CLASSES.indexOf('leaked-key') * GROUP_COUNT;
const LEAKED_TO = LEAKED_FROM + GROUP_COUNT;

/** Begins a record with half of the evidence of another one; false where there is nothing to pass on. */
export function passOn(risk: Int32Array, source: number, target: number): boolean {
  risk.fill(0, target, target + RISK.size);
  risk[target + RISK.sec] = risk[source + RISK.sec];
  let passed = 0;
  for (let i = 0; i < RISK.sec; i++) {
    if (i >= LEAKED_FROM && i < LEAKED_TO) continue;
    const half = Math.trunc(risk[source + i] / 2);
    risk[target + i] = half;
    passed |= half;
  }
  return passed !== 0;
}

const sorted = new Int32Array(GROUP_COUNT);

/** Log-odds, in millinats, that the actor is abusive in a class. Evidence against counts in full. */
export function logOdds(risk: Int32Array, at: number, classIndex: number): number {
  let n = 0;
  let sum = PRIOR_MILLINATS;
  const first = at + RISK.evidence + classIndex * GROUP_COUNT;
  for (let g = 0; g < GROUP_COUNT; g++) {
    const e = risk[first + g];
    if (e < 0) sum += e;
    else if (e > 0) {
      let i = n++;
      while (i > 0 && sorted[i - 1] < e) {
        sorted[i] = sorted[i - 1];
        i--;
      }
      sorted[i] = e;
    }
  }
  for (let i = 0; i < n; i++) sum += Math.trunc((sorted[i] * GROUP_WEIGHT[i]) / MILLINATS);
  return sum;
}

/** Probabilities by log-odds in steps of 50 millinats from −12 to +12 nats, in millionths: what decisions multiply. */
const STEP = 50;
const RANGE = 12_000;
const PROBABILITY = Int32Array.from({ length: (2 * RANGE) / STEP + 1 }, (_, i) =>
  Math.round(probability(i * STEP - RANGE) * 1_000_000),
);

/** Probability in millionths for log-odds in millinats, by table. */
export function probabilityMillionths(millinats: number): number {
  const clamped = millinats > RANGE ? RANGE : Math.max(millinats, -RANGE);
  return PROBABILITY[Math.floor((clamped + RANGE) / STEP)];
}
