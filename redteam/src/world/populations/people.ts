/** People with browsers, and with the shop's app. */
import type { PopulationPlan, World } from '../../contract.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import type { Mix, Trait } from '../people.ts';
import { AppReleases } from '../releases.ts';
import { HOUR_MS } from '../rhythm.ts';
import { sharedOf } from '../setting.ts';
import { type Crowd, visitSource } from '../visits.ts';

const SHARES = {
  nat: "share of people behind a carrier's translator, 10² to 10⁴ to an address (drawn: 0.08–0.2)",
  vpn: 'share of people with a VPN (drawn: 0.03–0.1)',
  office: 'share of those at a desktop who are at work in office hours (drawn: 0.06–0.14)',
  accessibility: 'share of people with a text browser, a screen reader or without scripts (drawn: 0.005–0.02)',
  forgetful: 'share of people who forgot their password: half of their logins fail (0.05)',
  ipv6: 'share of connections over IPv6 (drawn: 0.3–0.55)',
  registered: 'share of people with an account (drawn: 0.35–0.7)',
  remembered: 'share of people who stay logged in between visits (drawn: 0.3–0.75)',
  excitation: 'visits that a visit brings about, below 1 (drawn: 0.15–0.45)',
} as const;

function mixOf(options: Options, world: World, only: Trait | undefined): Mix {
  const { parameters } = sharedOf(world);
  const share = (name: keyof Mix) => options.share(name, parameters[name]);
  const trait = (name: 'nat' | 'vpn' | 'accessibility' | 'forgetful') =>
    only === undefined ? share(name) : name === only ? 1 : 0;
  return {
    nat: trait('nat'),
    vpn: trait('vpn'),
    accessibility: trait('accessibility'),
    forgetful: trait('forgetful'),
    office: share('office'),
    ipv6: share('ipv6'),
    registered: share('registered'),
    remembered: share('remembered'),
  };
}

/** Cohorts by trait: 'people' becomes 'people-nat' and so on, unless all have the same trait. */
function cohortsOf(cohort: string, only: Trait | undefined): Crowd['cohorts'] {
  const named = (trait: Trait) => (only === undefined ? `${cohort}-${trait}` : cohort);
  return {
    plain: cohort,
    nat: named('nat'),
    vpn: named('vpn'),
    accessibility: named('accessibility'),
    forgetful: named('forgetful'),
  };
}

function people(cohort: string, summary: string, only?: Trait): Recipe {
  const recipe: Recipe = {
    cohort,
    summary,
    options: SHARES,
    create(plan: PopulationPlan, world: World) {
      const options = new Options(plan, SHARES);
      return visitSource(plan, world, {
        kind: 'web',
        mix: mixOf(options, world, only),
        cohorts: cohortsOf(cohortOf(plan, recipe), only),
        excitation: options.number('excitation', sharedOf(world).parameters.excitation, 0, 0.95),
      });
    },
  };
  return recipe;
}

const APP_OPTIONS = {
  ...SHARES,
  releaseHour: 'hours after the start of the world at which a release comes that everybody gets within hours (none)',
};

const mobileApp: Recipe = {
  cohort: 'mobile-app',
  summary: "People with the shop's app: no pages, bearer tokens, releases that spread within days",
  options: APP_OPTIONS,
  create(plan, world) {
    const options = new Options(plan, APP_OPTIONS);
    const { parameters } = sharedOf(world);
    const forced = options.number('releaseHour', Number.NaN);
    const releases = new AppReleases(
      world.random('world/releases'),
      world.startMs,
      world.endMs,
      parameters.releaseDays,
      world.startMs + forced * HOUR_MS,
    );
    const cohort = cohortOf(plan, mobileApp);
    const share = (name: keyof Mix, otherwise: number) => options.share(name, otherwise);
    return visitSource(plan, world, {
      kind: 'app',
      releases,
      cohorts: { ...cohortsOf(cohort, 'plain') },
      excitation: options.number('excitation', parameters.excitation, 0, 0.95),
      mix: {
        nat: share('nat', 0.25),
        vpn: share('vpn', parameters.vpn / 2),
        office: share('office', 0),
        accessibility: 0,
        forgetful: share('forgetful', 0.02),
        ipv6: share('ipv6', parameters.ipv6),
        registered: share('registered', Math.min(0.95, parameters.registered + 0.25)),
        remembered: share('remembered', 0.95),
      },
    });
  },
};

export const PEOPLE: Readonly<Record<string, Recipe>> = {
  people: people('people', 'People with browsers, of all kinds: their cohorts are people, people-nat, people-vpn …'),
  'people-nat': people('people-nat', "People behind carriers' translators only", 'nat'),
  'people-vpn': people(
    'people-vpn',
    'People with a VPN only, some of whom drop out of it in the middle of a visit',
    'vpn',
  ),
  'people-accessibility': people(
    'people-accessibility',
    'Text browsers, screen readers, browsers without scripts: slow, and mostly without assets',
    'accessibility',
  ),
  'people-forgetful': people(
    'people-forgetful',
    'People who forgot their password: half of their logins fail',
    'forgetful',
  ),
  'mobile-app': mobileApp,
};
