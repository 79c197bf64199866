/**
 * Aggregates: the one mechanism under every detector. A detector declares what it needs to know; the engine compiles
 * all declarations, shares equal ones, and keeps them in flat records per dimension. A declaration is data plus named
 * conditions, so that the same plan can run in process or inside a shared store.
 *
 * Times are in milliseconds, weights in millinats, shares in permille. Values are integers.
 */
import type { Facts } from './facts.ts';
import type { Transitions } from './features/path.ts';
import type { Dimension, Key } from './keys.ts';
import type { Weigh } from './measures.ts';

/** A named predicate over facts. Equal names must mean equal predicates: sharing goes by name. */
export interface Condition {
  readonly name: string;
  readonly test: (facts: Facts) => boolean;
  /** A wider condition: `test` is asked only where that one holds, and need not repeat it. */
  readonly within?: Condition;
}
export const condition = (name: string, test: (facts: Facts) => boolean, within?: Condition): Condition =>
  within === undefined ? { name, test } : { name, test, within };

/** Which of an exchange's two events updates an aggregate. */
export type Phase = 'request' | 'response';

/** What `distinct` and `last` can look at. */
export type Subject = Exclude<Dimension, 'all'>;

/**
 * An operation runs only if an earlier aggregate of the same batch and phase says so: `new` (a distinct value not seen
 * before; for `last`, another than before; for `habit`, `isNew`), `seen` (it was), `over`/`under` (its first value is at least / below `than`).
 */
export interface Guard {
  readonly of: Aggregate;
  readonly is: 'new' | 'seen' | 'over' | 'under';
  readonly than?: number;
}

interface Common {
  /**
   * One dimension, or a combination. A population or combination of which every operation has a `when` is left out of
   * events to which none applies, and its values are then 0: `['all', 'ip']` is the place for what few addresses ever need.
   * A combination of which every operation also has a guard is left out until one of those on earlier keys holds.
   */
  readonly key: Key;
  readonly on?: Phase;
  readonly when?: Condition;
  readonly guard?: Guard;
}
export interface CountSpec extends Common {
  readonly windowMs: number;
  /** What an event counts as; one without it. */
  readonly weigh?: Weigh;
}
export interface RateSpec extends Common {
  /** Sustained rate: `limit` per `periodMs`; `burst` more may come at once (GCRA, ITU-T I.371). */
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
  /** What an event counts as; one without it. `limit` and `burst` are in its unit. */
  readonly weigh?: Weigh;
}
export interface DistinctSpec extends Common {
  readonly of: Subject;
  readonly windowMs: number;
}
export interface SprtSpec extends Common {
  /** True where the observation speaks for abuse. */
  readonly hit: Condition;
  /** Probability of a hit for benign and for abusive actors (Wald 1945). */
  readonly p0: number;
  readonly p1: number;
  /** The sum is kept within [−floor, ceiling] millinats, so that a long good past cannot hide an attack. */
  readonly floor: number;
  readonly ceiling: number;
}
export interface CusumSpec extends Common {
  readonly hit: Condition;
  /** Expected share of hits by hour of week (168 values), or one value for all hours. */
  readonly p0: readonly number[];
  /** Smallest share that is to be noticed, as odds ratio against p0. */
  readonly oddsRatio: number;
  readonly ceiling: number;
}
export interface LastSpec extends Common {
  readonly of: Subject;
}
export interface SpreadSpec extends Common {
  /** Gaps longer than this start over: a session break is not a gap. */
  readonly breakMs: number;
}
export interface StepsSpec extends Common {}
export interface TopSpec extends Common {
  readonly of: Subject;
  readonly windowMs: number;
}
export interface HabitSpec extends Common {
  /** `hour`: the piece of the day, three hours long, in UTC. */
  readonly of: Subject | 'hour';
  /** A value counts as new only after so many observations, of at most so many values. */
  readonly from: number;
  readonly most: number;
}

export interface MarkSpec extends Common {
  /** Length of the fixed windows in which it is counted: a day is one of UTC. */
  readonly windowMs: number;
}
export interface PathSpec extends Common {
  /** What was learned of steps; they are numbered by {@link stepOf}. */
  readonly transitions: Transitions;
  /** After a longer pause somebody begins anew. */
  readonly breakMs: number;
}
export interface PaceSpec extends Common {
  readonly weigh?: Weigh;
}
export interface MixSpec extends Common {
  readonly of: 'route';
}
export interface PhaseSpec extends Common {}

export type Aggregate =
  | ({ readonly kind: 'count' } & CountSpec)
  | ({ readonly kind: 'rate' } & RateSpec)
  | ({ readonly kind: 'distinct' } & DistinctSpec)
  | ({ readonly kind: 'sprt' } & SprtSpec)
  | ({ readonly kind: 'cusum' } & CusumSpec)
  | ({ readonly kind: 'last' } & LastSpec)
  | ({ readonly kind: 'spread' } & SpreadSpec)
  | ({ readonly kind: 'steps' } & StepsSpec)
  | ({ readonly kind: 'top' } & TopSpec)
  | ({ readonly kind: 'habit' } & HabitSpec)
  | ({ readonly kind: 'mark' } & MarkSpec)
  | ({ readonly kind: 'path' } & PathSpec)
  | ({ readonly kind: 'pace' } & PaceSpec)
  | ({ readonly kind: 'mix' } & MixSpec)
  | ({ readonly kind: 'phase' } & PhaseSpec);
export type AggregateKind = Aggregate['kind'];

/** Events matching a condition in a sliding window of two counters. */
export const count = (s: CountSpec) => ({ kind: 'count', ...s }) as const;
/** GCRA: how far the actor runs ahead of a sustained rate. */
export const rate = (s: RateSpec) => ({ kind: 'rate', ...s }) as const;
/** Distinct values: exact to 8, then HyperLogLog with 64 registers (about 13 % error). */
export const distinct = (s: DistinctSpec) => ({ kind: 'distinct', ...s }) as const;
/** Wald's sequential probability ratio test. */
export const sprt = (s: SprtSpec) => ({ kind: 'sprt', ...s }) as const;
/** Page's cumulative sum against a baseline by hour of week. */
export const cusum = (s: CusumSpec) => ({ kind: 'cusum', ...s }) as const;
/** The previous value and when it was. */
export const last = (s: LastSpec) => ({ kind: 'last', ...s }) as const;
/** Regularity of arrivals: mean gap and mean absolute deviation. */
export const spread = (s: SpreadSpec) => ({ kind: 'spread', ...s }) as const;
/** Steps between consecutive numeric object ids. */
export const steps = (s: StepsSpec) => ({ kind: 'steps', ...s }) as const;
/** Heavy hitters (Space-Saving): the share one value has of a population, now and usually. */
export const top = (s: TopSpec) => ({ kind: 'top', ...s }) as const;
/** How often an actor showed each of up to eight values: what is usual for it. */
export const habit = (s: HabitSpec) => ({ kind: 'habit', ...s }) as const;
/** That something happened: when, how often in a fixed window, with which amount. Exact. */
export const mark = (s: MarkSpec) => ({ kind: 'mark', ...s }) as const;
/** How surprising the way from route to route is to what was learned. */
export const path = (s: PathSpec) => ({ kind: 'path', ...s }) as const;
/** Events, or what they weigh, an hour against what the same actor does at this hour of the week. */
export const pace = (s: PaceSpec) => ({ kind: 'pace', ...s }) as const;
/** What requests are made of, now and usually, and how far both are apart. */
export const mix = (s: MixSpec) => ({ kind: 'mix', ...s }) as const;
/** Where in the minute events fall. */
export const phase = (s: PhaseSpec) => ({ kind: 'phase', ...s }) as const;

/** What judging reads back. Every field is an integer; flags are 0 or 1. */
export interface Values {
  /** `n` is the estimate for the window that ends now. */
  count: { readonly n: number };
  /** `aheadMs` beyond the burst allowance: > 0 means over the limit. `perPeriod` is the limit in force. */
  rate: { readonly aheadMs: number; readonly perPeriod: number };
  /** `isNew` is 1 when this event brought a value that was not counted in this window. */
  distinct: { readonly n: number; readonly isNew: number };
  /** `llr` in millinats; `n` observations, `hits` of them for abuse, since the sum last stood at its floor. */
  sprt: { readonly llr: number; readonly n: number; readonly hits: number };
  /** `s` in millinats; `n` and `hits` since the sum last stood at 0; `p0` in permille, of the current hour. */
  cusum: { readonly s: number; readonly n: number; readonly hits: number; readonly p0: number };
  /** `known` 0 for the first event; `changed` 1 where the value differs from the previous; `gapMs` since then. */
  last: { readonly known: number; readonly changed: number; readonly gapMs: number };
  /** `n` gaps; `meanMs`; `deviation` = mean absolute deviation / mean, in permille. */
  spread: { readonly n: number; readonly meanMs: number; readonly deviation: number };
  /** `n` steps; `same` of them equal to the step before and not 0; `short` of them of at most three from one of the last four. */
  steps: { readonly n: number; readonly same: number; readonly short: number };
  /** `share` of the running window and `usual` share before it, in permille; `n` events of this value, `total` of all. */
  top: { readonly share: number; readonly usual: number; readonly n: number; readonly total: number };
  /**
   * Before this event: `n` observations of `kinds` values, `seen` of them of this one, which came `ageSec` ago where it is
   * the youngest (else 2^31 − 1; 0 where it was never seen). `isNew` as the declaration says; `once` of the values were seen
   * a single time.
   */
  habit: {
    readonly n: number;
    readonly isNew: number;
    readonly seen: number;
    readonly kinds: number;
    readonly ageSec: number;
    readonly once: number;
  };
  /**
   * Before this event: `known`, `gapMs` since the last, `sinceSec` since the first that is remembered. `n` times in the running window, with this event. `comparable` 1
   * where this event and the last have an amount: `amountDelta` is this one less that one, in minor units.
   */
  mark: {
    readonly known: number;
    readonly gapMs: number;
    readonly n: number;
    readonly comparable: number;
    readonly amountDelta: number;
    readonly sinceSec: number;
  };
  /** `n` steps, their `mean` surprise in millinats, the `worst` of them and the steps it led `from` and `to`. */
  path: {
    readonly n: number;
    readonly mean: number;
    readonly worst: number;
    readonly from: number;
    readonly to: number;
  };
  /**
   * `n` in the running hour, `usual` in such an hour (of the week, where `ofWeek` is 1), `hours` that were seen; `s`, the
   * cumulative sum beyond it in thousandths of the usual deviation; `peak` of all hours.
   */
  pace: {
    readonly n: number;
    readonly usual: number;
    readonly ofWeek: number;
    readonly hours: number;
    readonly s: number;
    readonly peak: number;
  };
  /** `n` events; `divergence` in thousandths of a bit; the value that grew most, with its shares in permille. */
  mix: {
    readonly n: number;
    readonly divergence: number;
    readonly value: number;
    readonly now: number;
    readonly usual: number;
  };
  /** `n` events of late in so many `minutes`; `share` of them, in permille, in the four seconds from `second` on. */
  phase: { readonly n: number; readonly share: number; readonly second: number; readonly minutes: number };
}
export type Needs = Readonly<Record<string, Aggregate>>;
export type ValuesOf<N extends Needs> = { readonly [K in keyof N]: Values[N[K]['kind']] };
