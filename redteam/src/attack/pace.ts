/** When a worker acts: tools without a break, scripts in bursts, imitators in visits by the hours of people. */
import type { CampaignPlan } from '../contract.ts';
import type { Random } from '../core/random.ts';
import type { Options } from './options.ts';

const HOUR_MS = 3_600_000;

/** Shop visits by hour of the local day, in parts of the mean; deepest at four, highest at eight in the evening. */
const PEOPLE = [
  0.55, 0.33, 0.22, 0.16, 0.15, 0.2, 0.37, 0.62, 0.88, 1.08, 1.2, 1.25, 1.26, 1.22, 1.18, 1.17, 1.2, 1.28, 1.4, 1.57,
  1.68, 1.6, 1.3, 0.9,
];

/** How the parts of a campaign share its time. */
export interface Tempo {
  readonly workers: number;
  /** Mean ms from one request of a worker to its next, over all. */
  readonly cycleMs: number;
  /** Mean ms between two requests of a burst or visit. */
  readonly gapMs: number;
  /** Standard deviation of the gap's logarithm. */
  readonly sigma: number;
  /** Requests of a burst; 0: visits end where the identity does. */
  readonly burst: number;
  /** Weight of every hour of the week since 1970 began (UTC); undefined: at all hours alike. */
  readonly hours: Float64Array | undefined;
}

/** What a family asks for. */
export interface Wanted {
  /** Requests a second of a naive sender. */
  readonly perSecond: number;
  /** Requests a second at every level. */
  readonly rate: number | undefined;
  readonly manual: boolean;
  readonly machines: 'busy' | 'steady' | undefined;
  /** Hours that the customers' clocks are ahead of UTC. */
  readonly zone: number;
}

/** Tempo of a level. From E2 on the budget is spread over the time there is, unless option `rate` (requests a second) says else. */
export function tempo(plan: CampaignPlan, options: Options, wanted: Wanted, random: Random): Tempo {
  const { level } = plan;
  const { manual } = wanted;
  const usual = wanted.rate ?? defaultRate(plan, wanted.perSecond, manual);
  const rate = Math.max(1e-6, options.number('rate', usual));
  const late = level === 'E3' || level === 'E4';
  if (late && wanted.machines === 'steady') return even(rate, options);
  const kind = manual && level !== 'E0' ? 'shift' : late && wanted.machines === undefined ? 'people' : undefined;
  const inVisit = { E0: 1 / rate, E1: 0.5, E2: 1.6, E3: 11, E4: 5 }[level];
  const crowd = { E0: 0.4, E1: 1, E2: 20, E3: 25, E4: 12 }[level];
  const most = { E0: 64, E1: 100, E2: 500, E3: 2000, E4: 1000 }[level];
  const workers = Math.max(1, Math.round(options.number('workers', Math.min(most, Math.ceil(rate * crowd)))));
  const cycle = workers / rate;
  return {
    workers,
    cycleMs: cycle * 1000,
    gapMs: 1000 * (level === 'E0' ? cycle : Math.min(inVisit, cycle)),
    sigma: { E0: 0.35, E1: 0.6, E2: 0.8, E3: 1, E4: 0.9 }[level],
    burst: level === 'E0' ? Number.POSITIVE_INFINITY : level === 'E1' ? 60 : 0,
    hours: hours(kind, plan, options, wanted, random),
  };
}

/** Devices: each once in some minutes, day and night. */
function even(rate: number, options: Options): Tempo {
  const workers = Math.max(1, Math.round(options.number('workers', Math.min(2000, Math.ceil(rate * 120)))));
  const cycleMs = (1000 * workers) / rate;
  return { workers, cycleMs, gapMs: cycleMs, sigma: 0.12, burst: Number.POSITIVE_INFINITY, hours: undefined };
}

function defaultRate(plan: CampaignPlan, perSecond: number, manual: boolean): number {
  const seconds = Math.max(1, (plan.endMs - plan.startMs) / 1000);
  // The last stretch is kept free, so that what back-off and night hours hold up is still spent.
  const spread = Number.isFinite(plan.budget.requests) ? plan.budget.requests / (0.8 * seconds) : perSecond / 20;
  const most =
    perSecond * { E0: 1, E1: 0.5, E2: 1, E3: 0.5, E4: 1 }[plan.level] * (manual && plan.level !== 'E0' ? 0.3 : 1);
  return plan.level === 'E0' || plan.level === 'E1' ? most : Math.min(most, spread);
}

/** Weights by hour of the week, UTC, whose mean over the campaign's time is 1: the budget is spent whatever hours it falls into. */
function hours(
  kind: 'people' | 'shift' | undefined,
  plan: CampaignPlan,
  options: Options,
  wanted: Wanted,
  random: Random,
) {
  if (kind === undefined) return undefined;
  // Imitators keep the customers' hours; operators begin when they come to work, wherever they sit.
  const first = Math.floor(plan.startMs / HOUR_MS);
  const usual = kind === 'people' ? wanted.zone : 10 + random.below(5) - (first % 24);
  const zone = Math.floor(options.number('zoneHours', (usual + 48) % 24));
  const weights = new Float64Array(168).map((_, hour) =>
    kind === 'people' ? PEOPLE[(hour + zone) % 24] : shift(hour + zone),
  );
  const last = Math.max(first, Math.ceil(plan.endMs / HOUR_MS) - 1);
  let sum = 0;
  for (let hour = first; hour <= last; hour++) sum += weights[hour % 168];
  const mean = sum / (last - first + 1);
  return weights.map((weight) => weight / mean);
}

/** Shifts are never wholly empty: deadlines, time zones and boredom. */
function shift(hour: number): number {
  const local = hour % 24;
  const weekday = (Math.floor(hour / 24) + 4) % 7; // 1 January 1970 was a Thursday; 0 is Sunday.
  const workday = weekday >= 1 && weekday <= 5;
  return local >= 10 && local < 19 ? (workday ? 3 : 0.7) : workday ? 0.15 : 0.08;
}

/** The clock of one worker. */
export class Pace {
  private readonly tempo: Tempo;
  private readonly random: Random;
  private inVisit = 0;
  private visitMs = Number.NaN;
  private left: number;

  constructor(tempo: Tempo, random: Random) {
    this.tempo = tempo;
    this.random = random;
    this.left = tempo.burst === 0 ? 0 : random.geometric(Math.min(tempo.burst, 1e9));
  }

  /** When the next part of a page is asked for. */
  soon(nowMs: number): number {
    this.inVisit++;
    return nowMs + 1 + this.random.exponential(60);
  }

  /** When the next request is sent, given that the last was sent at `sentMs` and answered at `nowMs`. */
  next(sentMs: number, nowMs: number, newVisit: boolean, stretch: number): number {
    const { tempo, random } = this;
    if (Number.isNaN(this.visitMs)) this.visitMs = sentMs;
    this.inVisit++;
    const ends = tempo.burst === 0 ? newVisit : --this.left <= 0;
    if (!ends || tempo.burst === Number.POSITIVE_INFINITY) {
      const gap = random.logNormal(tempo.gapMs * Math.exp(-(tempo.sigma ** 2) / 2), tempo.sigma) * stretch;
      return Math.max(nowMs + 1 + random.below(5), sentMs + gap);
    }
    if (tempo.burst > 0) this.left = random.geometric(tempo.burst);
    // A visit's share of time less what it took: so the mean rate holds, however long visits are.
    const owed = this.inVisit * tempo.cycleMs * stretch - (nowMs - this.visitMs);
    const pause = random.exponential(Math.max(owed, tempo.gapMs));
    const at = inHours(nowMs, pause, tempo.hours) + 1;
    this.inVisit = 0;
    this.visitMs = at;
    return at;
  }
}

/** The time at which `ms` of work are done, beginning now, where some hours count for more than others. */
export function inHours(nowMs: number, ms: number, weights: Float64Array | undefined): number {
  if (weights === undefined) return nowMs + ms;
  let at = nowMs;
  let left = ms;
  // The bound is for pauses without an end.
  for (let i = 0; i < 2000; i++) {
    const hour = Math.floor(at / HOUR_MS);
    const weight = weights[hour % 168];
    const end = (hour + 1) * HOUR_MS;
    const done = (end - at) * weight;
    // In an hour of rest nothing begins, not even what would take no time.
    if (weight > 0 && done >= left) return at + left / weight;
    left -= done;
    at = end;
  }
  return Number.POSITIVE_INFINITY;
}
