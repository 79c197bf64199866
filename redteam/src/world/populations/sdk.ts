/** A broken client library: when a call fails it repeats it at once, and again. */
import type { Source, World } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { mobileApp } from '../../net/clients.ts';
import { Arrivals } from '../arrivals.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import type { Person } from '../people.ts';
import { ask, clientAt, type Script, Scripted } from '../scripted.ts';
import { type Setting, settingOf, sharedOf } from '../setting.ts';
import type { Fill, Route } from '../surface.ts';
import { benign } from '../visits.ts';

/** Repetitions of one episode: half of them end before this many. */
const MEDIAN = 30;
const SPREAD = 0.8;
const MOST = 400;
/** Requests of an episode on average: the mean of that log-normal, rounded up and cut off at {@link MOST}. */
export const EPISODE = 41.7;

/** What fails, and why: a login that has expired, or a product that is gone. */
export interface Fault {
  readonly route: Route;
  readonly fill: Fill;
  readonly token: string | undefined;
}

export function faultOf(setting: Setting, person: Person, random: Random): Fault | undefined {
  const { surface, world } = setting;
  const own = surface.routes.find(
    ({ method, authenticated, role }) =>
      method === 'GET' && authenticated && (role === 'profile' || role === 'order-list'),
  );
  const detail = surface.first('detail', 'list', 'page');
  if (own !== undefined && (detail === undefined || random.chance(0.7))) {
    const name = person.account?.name ?? 'me';
    return { route: own, fill: { id: name, name }, token: `t${random.hex(32)}` };
  }
  if (detail === undefined) return undefined;
  const id = world.site.inventory.products + 1 + random.below(5000);
  return { route: detail, fill: { id, product: id }, token: undefined };
}

/**
 * The same call until it succeeds, the user closes the app, or the library gives up; delays of some hundred ms that
 * hardly grow, which is what is broken.
 */
export function* retrying(person: Person, fault: Fault, atMs: number, random: Random): Script {
  const client = clientAt(person.address, mobileApp(random, '3.1.4', { name: 'ShopSdk', country: person.country }));
  const request = ask(fault.route, fault.fill, client, { token: fault.token });
  const patience = Math.min(MOST, Math.ceil(random.logNormal(MEDIAN, SPREAD)));
  const baseMs = random.between(80, 600);
  for (let i = 0; i < patience; i++) {
    const { answer, nowMs } = yield { atMs, request };
    if (answer.status < 400) return;
    atMs = nowMs + baseMs * random.between(0.8, 1.2) * (1 + i / 40);
  }
}

/** Phones with the broken release. */
export function installations(world: World, random: Random, count: number): Setting {
  const { parameters } = sharedOf(world);
  const mix = { ...parameters, accessibility: 0, forgetful: 0, nat: 0.3, office: 0, registered: 0.9 };
  return settingOf(world, random, { kind: 'app', count, mix });
}

const sdkRetry: Recipe = {
  cohort: 'sdk-retry',
  summary: 'Apps with a broken client library that repeat a failing call dozens of times without waiting',
  options: {},
  create(plan, world): Source {
    new Options(plan, {});
    const random = world.random(`world/${plan.name}`);
    const label = benign(cohortOf(plan, sdkRetry));
    return {
      name: plan.name,
      *arrivals() {
        const perDay = plan.requestsPerDay / EPISODE;
        const setting = installations(world, random.fork('people'), Math.max(20, Math.round(perDay * 2)));
        const draws = random.fork('episodes');
        const { rhythm } = setting.people;
        // Who has had it opens the app again, and has it again.
        const excitation = { branching: 0.25, delayMs: 5 * 60_000 };
        const arrivals = new Arrivals(perDay, rhythm, excitation, draws.fork('at'), world.startMs, world.endMs);
        let last: Person | undefined;
        for (let at = arrivals.next(); at < world.endMs; at = arrivals.next()) {
          const person: Person = (arrivals.excited ? last : undefined) ?? setting.people.meet(at, draws);
          last = person;
          const own = draws.fork(String(at));
          const fault = faultOf(setting, person, own);
          if (fault !== undefined) yield new Scripted(label, retrying(person, fault, at, own), world.endMs);
        }
      },
    };
  },
};

export const SDK: Readonly<Record<string, Recipe>> = { 'sdk-retry': sdkRetry };
