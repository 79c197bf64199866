/** Times at which many people come at once, for good reasons. */
import type { PopulationPlan, Source, World } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { burstTimes, type Shape } from '../arrivals.ts';
import { Journey, type Roadmap } from '../journey.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import type { Mix } from '../people.ts';
import { meanRequests } from '../pilot.ts';
import { AppReleases } from '../releases.ts';
import { DAY_MS, HOUR_MS } from '../rhythm.ts';
import { type Setting, settingOf, sharedOf } from '../setting.ts';
import { type Crowd, visitMaker } from '../visits.ts';

export const MOMENTS = {
  startHour: 'hours after the start of the world of the first one (drawn between a fifth and four fifths)',
  everyDays: 'days until the next one; 0 for a single one (0)',
} as const;

/** The moments of a disturbance, Unix ms. */
export function momentsOf(options: Options, world: World, random: Random): number[] {
  const length = world.endMs - world.startMs;
  const hour = options.number('startHour', (random.between(0.2, 0.8) * length) / HOUR_MS, 0);
  const every = options.number('everyDays', 0, 0);
  const moments = [world.startMs + hour * HOUR_MS];
  if (every > 0) {
    for (let at = moments[0] + every * DAY_MS; at < world.endMs; at += every * DAY_MS) moments.push(at);
  }
  return moments;
}

/** Requests that a disturbance makes altogether: as many a day, over the world's length, as the plan says. */
export function amountOf(requestsPerDay: number, world: World): number {
  return (requestsPerDay * (world.endMs - world.startMs)) / DAY_MS;
}

interface Rush {
  readonly cohort: string;
  readonly summary: string;
  readonly shape: Shape;
  /** Scale of the shape, in minutes. */
  readonly minutes: number;
  /** Roads that differ from the usual. */
  readonly roads: Roadmap;
  /** Products that it is about; 0 for all. */
  readonly products: number;
  readonly mix: Partial<Mix>;
  readonly kind?: 'web' | 'app';
}

function rush(it: Rush): Recipe {
  const known = { ...MOMENTS, minutes: `how long it takes, in minutes (${it.minutes})` };
  const recipe: Recipe = {
    cohort: it.cohort,
    summary: it.summary,
    options: known,
    create: (plan, world) => rushSource(it, plan, world, new Options(plan, known), cohortOf(plan, recipe)),
  };
  return recipe;
}

function rushSource(it: Rush, plan: PopulationPlan, world: World, options: Options, cohort: string): Source {
  const { startMs, endMs } = world;
  const random = world.random(`world/${plan.name}`);
  const moments = momentsOf(options, world, random.fork('moments'));
  const scaleMs = options.number('minutes', it.minutes, 0.1) * 60_000;
  const cohorts = { plain: cohort, nat: cohort, vpn: cohort, accessibility: cohort, forgetful: cohort };
  const amount = amountOf(plan.requestsPerDay, world);
  const visits = Math.round(amount / rehearsed(it, world, random, cohorts, moments[0], amount));
  // No more people than there are accounts to go round.
  const customers = world.site.inventory.accounts.length || visits;
  const people = Math.max(50, Math.round(Math.min(visits, customers) * 0.8));
  return {
    name: plan.name,
    *arrivals() {
      const setting = settingFor(it, world, random.fork('people'), people, moments[0]);
      const own = random.fork('visits');
      const make = visitMaker(setting, cohorts, own.bits());
      for (const timeMs of burstTimes(visits, moments, it.shape, scaleMs, random.fork('times'), startMs, endMs)) {
        const visit = make(own, timeMs);
        if (visit.nextAt < endMs) yield visit;
      }
    },
  };
}

/** Requests of a visit on average. */
function rehearsed(
  it: Rush,
  world: World,
  random: Random,
  cohorts: Crowd['cohorts'],
  atMs: number,
  amount: number,
): number {
  const n = Math.min(3000, Math.max(600, Math.round(amount / 10)));
  const setting = settingFor(it, world, random.fork('rehearsal'), Math.round(0.8 * n), atMs);
  const rehearse = visitMaker(setting, cohorts, 1);
  const draws = random.fork('rehearse');
  return Math.max(
    1,
    meanRequests(world.site, n, () => rehearse(draws, atMs)),
  );
}

function settingFor(it: Rush, world: World, random: Random, count: number, momentMs: number): Setting {
  const { parameters } = sharedOf(world);
  const kind = it.kind ?? 'web';
  // The releases are those of the app's own population, and one more.
  const releases = new AppReleases(
    world.random('world/releases'),
    world.startMs,
    world.endMs,
    parameters.releaseDays,
    momentMs,
  );
  const setting = settingOf(world, random, { kind, count, mix: { ...parameters, ...it.mix }, releases });
  const journey = new Journey(setting.surface, parameters, kind, world.random(`world/journeys/${kind}`), it.roads);
  if (it.products === 0) return { ...setting, journey };
  const own = world.random('world/offers');
  const ids = Array.from({ length: it.products }, () => 1 + own.below(Math.max(1, world.site.inventory.products)));
  // The offer itself, and what people look at beside it.
  const products = { draw: (draws: Random) => (draws.chance(0.85) ? draws.pick(ids) : setting.products.draw(draws)) };
  return { ...setting, journey, products };
}

export const RUSHES: Readonly<Record<string, Recipe>> = {
  'flash-sale': rush({
    cohort: 'flash-sale',
    summary: 'A sale of a few products: people gather before it begins, reload, and buy',
    shape: 'sale',
    minutes: 25,
    products: 3,
    mix: { registered: 0.8 },
    roads: {
      start: { detail: 70, page: 20, login: 10 },
      detail: { detail: 40, quote: 35, back: 5, leave: 20 },
      quote: { checkout: 70, detail: 15, leave: 15 },
    },
  }),
  'marketing-spike': rush({
    cohort: 'marketing-spike',
    summary:
      'A newsletter or an advertisement: many who have never been here land on the same few pages within minutes',
    shape: 'spike',
    minutes: 45,
    products: 5,
    mix: { registered: 0.2, remembered: 0.3 },
    roads: { start: { detail: 60, page: 40 } },
  }),
  'reset-wave': rush({
    cohort: 'reset-wave',
    summary: 'Customers were asked to change their passwords: resets for hours, most of them followed by a login',
    shape: 'wave',
    minutes: 240,
    products: 0,
    mix: { registered: 1, forgetful: 0.25 },
    roads: { start: { reset: 90, login: 10 }, login: { profile: 45, 'order-list': 15, leave: 40 } },
  }),
  'app-release': rush({
    cohort: 'app-release',
    summary: 'A new release of the app reaches everybody within hours: another fingerprint, and all open it',
    shape: 'wave',
    minutes: 180,
    products: 0,
    kind: 'app',
    mix: { registered: 0.8, remembered: 0.95 },
    roads: {},
  }),
};
