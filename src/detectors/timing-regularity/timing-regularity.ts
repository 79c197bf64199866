/** Catalogue 17: gaps between pages that no person keeps: all alike, or too short to read anything. */

import { spread, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, NETWORK_CLASS, ROUTE_CLASS, SOFTWARE_CLASS } from '../../enrich/facts.ts';
import { ln, millinats } from '../../lib/fixed.ts';
import { humanDuration, minutes, seconds } from '../../lib/units.ts';
import { percent, ramp } from '../evidence.ts';
import { contentServed, followed, ownContent, visitKey, visitNeeds } from '../visits.ts';

/** A longer pause starts a new visit. */
const BREAK_MS = minutes(30);

/** Regular: gaps needed, and mean deviation over mean gap at most, in permille. Random arrivals have 740, people more. */
const GAPS = 20;
const REGULAR = 100;
/**
 * Shorter mean gaps say nothing: whole seconds blur them, and below a second a page that fetches its parts one by one is
 * as regular as the server's answers.
 */
const LEAST_MEAN_COARSE_MS = seconds(2);
const LEAST_MEAN_MS = seconds(1);

/** Fast: gaps needed, and how long it must have gone on. */
const FAST_GAPS = 8;
const FAST_SPAN_MS = seconds(10);
/** Gaps that the mean remembers (engine/features/spread.ts). */
const MEMORY = 32;
/** Somebody in a hurry looks at a page for so long on average, after waiting for it. */
const HURRY_MS = seconds(6);
/** Bursts with pauses between them, such as tabs opened at once or parts of pages, deviate more than this. */
const BURSTS = 1000;
const FAST_MOST = 3500;

/**
 * Share in permille of visits to something new: who goes in circles is a display or a poller, whose pace is a program's by
 * design and harms nobody.
 */
const NEW = 500;
const LEAST_PATHS = 6;

const FINDING = 2300;

/**
 * Log-likelihood ratio of one gap in millinats when n gaps have mean m: exponential gaps of their own mean against those
 * of somebody in a hurry, ln(h/m) + m/h − 1. In steps of 250 ms; the first stands for all that is faster.
 */
const STEP_MS = 250;
const PER_GAP = Int32Array.from({ length: HURRY_MS / STEP_MS + 1 }, (_, i) => {
  const ratio = (Math.max(1, i) * STEP_MS) / HURRY_MS;
  return millinats(ratio - 1 - ln(ratio));
});

function needsOf({ actor }: BuildContext) {
  const { paths, content } = visitNeeds(actor);
  return {
    gaps: spread({ key: visitKey(actor), when: ownContent(actor), guard: followed(actor), breakMs: BREAK_MS }),
    paths,
    content,
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

/** Mean deviation in ms beyond what whole seconds do to a metronome: 2·f·(1 − f) s for a mean of k + f seconds. */
function excessMs(v: Values, coarse: boolean): number {
  const deviation = Math.floor((v.gaps.deviation * v.gaps.meanMs) / 1000);
  if (!coarse) return deviation;
  const rest = v.gaps.meanMs % 1000;
  return Math.max(0, deviation - Math.floor((2 * rest * (1000 - rest)) / 1000));
}

function regular(v: Values, f: Facts): number {
  const { n, meanMs } = v.gaps;
  if (n < GAPS) return 0;
  const coarse = f.has(FLAG.COARSE_TIME);
  if (meanMs < (coarse ? LEAST_MEAN_COARSE_MS : LEAST_MEAN_MS)) return 0;
  // A program that says it is one, with an accepted identity, is somebody's scheduled task.
  if (f.softwareClass === SOFTWARE_CLASS.library && f.has(FLAG.AUTHENTICATED)) return 0;
  return excessMs(v, coarse) * 1000 < meanMs * REGULAR ? ramp(n, GAPS, GAPS * 3, FINDING, CAP.outlier) : 0;
}

/** Only for clients that do not say that they are programs, and only for pages: applications fetch data as they need it. */
function tooFast(v: Values, f: Facts): number {
  const { n, meanMs, deviation } = v.gaps;
  if (n < FAST_GAPS || meanMs >= HURRY_MS || deviation > BURSTS || n * meanMs < FAST_SPAN_MS) return 0;
  if (f.routeClass !== ROUTE_CLASS.page && f.routeClass !== ROUTE_CLASS.search) return 0;
  if (f.softwareClass === SOFTWARE_CLASS.library || f.softwareClass === SOFTWARE_CLASS.app) return 0;
  return Math.min(FAST_MOST, PER_GAP[Math.floor(meanMs / STEP_MS)] * Math.min(n, MEMORY));
}

export const timingRegularity = defineDetector({
  id: 'timing-regularity',
  number: 17,
  title: 'Timing',
  class: 'automation',
  group: 'sequence',
  owasp: ['OAT-011', 'OAT-004'],
  actors: ['ip', 'session', 'principal'],
  on: 'response',
  when: contentServed,
  cap: CAP.outlier,
  findingAt: FINDING,
  build: (context) => ({
    needs: needsOf(context),
    judge(v: Values, f: Facts) {
      if (v.gaps.n < FAST_GAPS || v.paths.n < LEAST_PATHS || v.paths.n * 1000 < v.content.n * NEW) return 0;
      if (context.actor === 'ip' && (f.networkClass === NETWORK_CLASS.internal || f.has(FLAG.AUTHENTICATED))) return 0;
      return Math.max(regular(v, f), tooFast(v, f));
    },
    say(v: Values, f: Facts) {
      const { n, meanMs, deviation } = v.gaps;
      const gap = humanDuration(meanMs);
      if (regular(v, f) > 0)
        return `${n} gaps of ${gap} between pages, varying by ${percent(deviation, 1000)} (random: 74 %)`;
      return `${n} pages on end with ${gap} between them; somebody in a hurry takes ${humanDuration(HURRY_MS)}`;
    },
  }),
});
