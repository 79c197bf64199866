/** When people and firms are busy: intensity by hour of the week, mean 1, for each part of the world. */
import type { Random } from '../core/random.ts';
import { countryOf, type Region } from '../net/countries.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const WEEK_HOURS = 168;
/** Points of a table: one every quarter of an hour. */
const SLOTS = WEEK_HOURS * 4;

/** Hours since Monday 0:00 UTC; 1 January 1970 was a Thursday. */
export function hourOfWeek(timeMs: number): number {
  return (((timeMs / HOUR_MS + 72) % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
}

/** A hump of activity around an hour of the day. */
interface Hump {
  readonly hour: number;
  readonly width: number;
  readonly height: number;
}

/** How a week goes: humps of a working day and of a free day, the level of the night, and which days are free. */
interface Week {
  readonly night: number;
  readonly working: readonly Hump[];
  readonly free: readonly Hump[];
  /** Factor of each day, Monday first. */
  readonly days: readonly number[];
  /** Free days, 0 for Monday. */
  readonly weekend: readonly number[];
}

const hump = (hour: number, width: number, height: number): Hump => ({ hour, width, height });
const WEEKEND = [5, 6];

/**
 * Shapes as in published traffic curves of shops: lunch, a long evening, Sunday evening the fullest, earlier in the
 * north.
 */
const PEOPLE: Readonly<Record<Region, Week>> = {
  europe: {
    night: 0.12,
    working: [hump(9, 2, 0.5), hump(12.5, 1.8, 0.8), hump(17, 2.5, 0.7), hump(20.5, 2, 1.5)],
    free: [hump(11, 3, 1.1), hump(15.5, 3, 0.8), hump(20.3, 2.2, 1.4)],
    days: [1.08, 1.03, 1, 0.98, 0.9, 0.92, 1.12],
    weekend: WEEKEND,
  },
  'north-america': {
    night: 0.18,
    working: [hump(10, 2.5, 0.8), hump(12.5, 2, 0.8), hump(16, 3, 0.7), hump(20.8, 2.2, 1.2)],
    free: [hump(11, 3.2, 1), hump(15, 3.5, 0.9), hump(20.5, 2.4, 1.1)],
    days: [1.1, 1.05, 1.02, 1, 0.94, 0.9, 1],
    weekend: WEEKEND,
  },
  'latin-america': {
    night: 0.15,
    working: [hump(10, 2, 0.7), hump(14.5, 2.5, 0.9), hump(21, 2.2, 1.3)],
    free: [hump(12, 3, 0.9), hump(17, 3, 0.9), hump(21, 2.4, 1.1)],
    days: [1.06, 1.05, 1.04, 1.02, 0.96, 0.9, 0.95],
    weekend: WEEKEND,
  },
  asia: {
    night: 0.16,
    working: [hump(8, 1.5, 0.5), hump(12.3, 1.3, 1), hump(18.5, 2, 0.7), hump(22, 1.9, 1.7)],
    free: [hump(11.5, 3, 1), hump(16, 3, 0.9), hump(21.8, 2.2, 1.5)],
    days: [0.98, 0.98, 1, 1, 1, 1.02, 1.06],
    weekend: WEEKEND,
  },
  oceania: {
    night: 0.13,
    working: [hump(10, 2.5, 0.7), hump(12.8, 1.8, 0.8), hump(19.8, 2.2, 1.3)],
    free: [hump(10.5, 3, 1), hump(15, 3, 0.8), hump(19.8, 2.4, 1.1)],
    days: [1.06, 1.04, 1.02, 1, 0.94, 0.9, 1.04],
    weekend: WEEKEND,
  },
  'africa-middle-east': {
    night: 0.22,
    working: [hump(11, 2.5, 0.8), hump(15, 3, 0.7), hump(21.5, 2.6, 1.3)],
    free: [hump(13, 3, 0.8), hump(17, 3, 0.8), hump(22, 2.8, 1.3)],
    days: [1.02, 1.02, 1, 1.02, 0.92, 0.98, 1.04],
    weekend: [4, 5],
  },
};

/** Firms and their programs: office hours, little at night, a fifth at the weekend. */
const BUSINESS: Week = {
  night: 0.25,
  working: [hump(10, 2, 1.4), hump(14.5, 2.4, 1.4)],
  free: [hump(12, 5, 0.15)],
  days: [1.02, 1.03, 1.02, 1, 0.93, 0.6, 0.55],
  weekend: WEEKEND,
};

/** Days of a week around the clock, as intensities with mean 1 by local quarter of an hour. */
function curve(week: Week, random: Random): Float64Array {
  const jitter = ({ hour, width, height }: Hump) =>
    hump(hour + 0.4 * random.normal(), width, height * random.logNormal(1, 0.12));
  const working = week.working.map(jitter);
  const free = week.free.map(jitter);
  const table = new Float64Array(SLOTS);
  let sum = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const day = Math.floor(slot / 96);
    const hour = (slot % 96) / 4;
    let value = week.night;
    for (const { hour: top, width, height } of week.weekend.includes(day) ? free : working) {
      // Around the clock: the evening reaches into the night that follows.
      const away = Math.min(Math.abs(hour - top), 24 - Math.abs(hour - top));
      value += height * Math.exp(-0.5 * (away / width) ** 2);
    }
    table[slot] = value * week.days[day];
    sum += table[slot];
  }
  for (let slot = 0; slot < SLOTS; slot++) table[slot] *= SLOTS / sum;
  return table;
}

/** Who is busy: people at home, or firms. */
export type Kind = 'people' | 'business';

/**
 * Intensity of a market by time, and the countries that its visitors come from at that time. Mean over a week is 1.
 */
export class Rhythm {
  /** Largest intensity. */
  readonly maximum: number;
  private readonly total = new Float64Array(SLOTS);
  /** Cumulative intensities of the countries, one row per slot. */
  private readonly cumulative: Float64Array;
  private readonly countries: readonly string[];

  constructor(market: readonly (readonly [country: string, share: number])[], kind: Kind, random: Random) {
    this.countries = market.map(([country]) => country);
    this.cumulative = new Float64Array(SLOTS * market.length);
    const shares = market.reduce((sum, [, share]) => sum + share, 0);
    const curves = new Map<Region, Float64Array>();
    for (const [c, [code, share]] of market.entries()) {
      const { region, utcOffset } = countryOf(code);
      let table = curves.get(region);
      if (table === undefined) {
        table = curve(kind === 'people' ? PEOPLE[region] : BUSINESS, random.fork(region));
        curves.set(region, table);
      }
      for (let slot = 0; slot < SLOTS; slot++) {
        const local = (slot + Math.round(utcOffset * 4) + SLOTS) % SLOTS;
        this.total[slot] += (share / shares) * table[local];
        this.cumulative[slot * market.length + c] = this.total[slot];
      }
    }
    this.maximum = this.total.reduce((most, value) => Math.max(most, value), 0);
  }

  at(timeMs: number): number {
    return this.total[slotOf(timeMs)];
  }

  /** Index in the market of the country from which a visit at that time comes. */
  countryAt(timeMs: number, random: Random): number {
    const slot = slotOf(timeMs);
    const n = this.countries.length;
    const at = random.uniform() * this.total[slot];
    for (let c = 0; c < n - 1; c++) if (at < this.cumulative[slot * n + c]) return c;
    return n - 1;
  }
}

/** Mean intensity over a world: 1 over whole weeks, more or less over an evening or a night. */
export function meanIntensity(intensity: { at(timeMs: number): number }, startMs: number, endMs: number): number {
  const steps = 2000;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += intensity.at(startMs + ((i + 0.5) * (endMs - startMs)) / steps);
  return sum / steps;
}

/** The same all week. */
export const STEADY = { maximum: 1, at: () => 1 };

function slotOf(timeMs: number): number {
  return Math.floor(hourOfWeek(timeMs) * 4) % SLOTS;
}
