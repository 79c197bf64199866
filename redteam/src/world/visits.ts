/** Populations of people: how many there are, when they come, and what a visit of theirs is called. */
import type { Label, PopulationPlan, Source, Visitor, World } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { Arrivals } from './arrivals.ts';
import type { Mix, Person, Trait } from './people.ts';
import { meanRequests } from './pilot.ts';
import { streamOf } from './popularity.ts';
import type { AppReleases } from './releases.ts';
import { DAY_MS } from './rhythm.ts';
import { type Setting, settingOf, sharedOf } from './setting.ts';
import { Visit } from './visit.ts';

const WEEK_MS = 7 * DAY_MS;

export interface Crowd {
  readonly kind: 'web' | 'app';
  readonly mix: Mix;
  /** Cohort for each trait. */
  readonly cohorts: Readonly<Record<Trait, string>>;
  readonly releases?: AppReleases;
  /** Part of the arrivals that others bring about. */
  readonly excitation: number;
}

/** A label without campaign. */
export function benign(cohort: string): Label {
  return { cohort, campaign: '', family: '', level: '' };
}

/** Somebody on a visit at that time; one object per trait for all labels. */
export function visitMaker(setting: Setting, cohorts: Crowd['cohorts'], seed: number) {
  const labels = new Map<Trait, Label>();
  for (const [trait, cohort] of Object.entries(cohorts) as [Trait, string][]) labels.set(trait, benign(cohort));
  let n = 0;
  return (random: Random, timeMs: number, person: Person = setting.people.meet(timeMs, random)): Visitor =>
    new Visit(setting, person, labels.get(person.trait) as Label, streamOf(seed, n++), timeMs);
}

/** Requests of a visit, roughly. */
const USUAL = 14;

/** Fewest and most visits of a rehearsal: the most tell the mean length to a percent or two. */
const REHEARSED = [600, 4000] as const;

/**
 * Requests per visit of such a crowd, by rehearsal: as many visits to a person as in the world and as far apart, since
 * who is still logged in has less to do.
 */
export function requestsPerVisit(world: World, random: Random, crowd: Crowd, n: number): number {
  const { visitsPerWeek } = sharedOf(world).parameters;
  const weeks = Math.max(0.1, (world.endMs - world.startMs) / WEEK_MS);
  const count = Math.max(50, Math.round(n / (visitsPerWeek * weeks)));
  const setting = settingOf(world, random, { ...crowd, count });
  const make = visitMaker(setting, crowd.cohorts, random.bits());
  const { rhythm } = setting.people;
  const times = Float64Array.from({ length: n }, () => {
    let timeMs = 0;
    do timeMs = random.between(world.startMs, world.endMs);
    while (random.uniform() * rhythm.maximum > rhythm.at(timeMs));
    return timeMs;
  }).sort();
  return meanRequests(world.site, n, (i) => make(random, times[i]));
}

/** Visits as a source: Hawkes arrivals over the week's rhythm, so many that the plan's requests come out. */
export function visitSource(plan: PopulationPlan, world: World, crowd: Crowd): Source {
  const random = world.random(`world/${plan.name}`);
  const { parameters } = sharedOf(world);
  const amount = (plan.requestsPerDay * (world.endMs - world.startMs)) / DAY_MS;
  // About how many people there will be: if accounts are too few for them, so they must be in the rehearsal.
  const about = (plan.requestsPerDay * 7) / (USUAL * parameters.visitsPerWeek);
  const registered = Math.min(crowd.mix.registered, world.site.inventory.accounts.length / Math.max(1, about));
  const rehearsed = { ...crowd, mix: { ...crowd.mix, registered } };
  // The mean need not be known better than the world's own chance lets it show.
  const expected = Math.round(amount / USUAL);
  const n = Math.min(REHEARSED[1], Math.max(REHEARSED[0], expected));
  const mean = requestsPerVisit(world, random.fork('rehearsal'), rehearsed, n);
  const perDay = plan.requestsPerDay / Math.max(1, mean);
  const count = Math.max(50, Math.round((perDay * 7) / parameters.visitsPerWeek));
  return {
    name: plan.name,
    *arrivals() {
      const setting = settingOf(world, random.fork('people'), { ...crowd, count });
      const draws = random.fork('visits');
      const make = visitMaker(setting, crowd.cohorts, draws.bits());
      const excitation = { branching: crowd.excitation, delayMs: parameters.excitationMinutes * 60_000 };
      const { rhythm } = setting.people;
      const arrivals = new Arrivals(perDay, rhythm, excitation, random.fork('arrivals'), world.startMs, world.endMs);
      let last: Person | undefined;
      for (let at = arrivals.next(); at < world.endMs; at = arrivals.next()) {
        // Half of those who follow are the same person again, the others somebody who was told.
        const again: Person | undefined = arrivals.excited && draws.chance(0.5) ? last : undefined;
        const person: Person = again ?? setting.people.meet(at, draws);
        last = person;
        const visit = make(draws, at, person);
        if (visit.nextAt < world.endMs) yield visit;
      }
    },
  };
}
