/** Firms with an API key: look-ups for their own customers, synchronisation, and the nightly backfill. */
import type { ApiKey, Client, Source, World } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { drawAddress } from '../../net/addresses.ts';
import { library } from '../../net/clients.ts';
import { Arrivals } from '../arrivals.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import type { Popularity } from '../popularity.ts';
import { DAY_MS, HOUR_MS, Rhythm } from '../rhythm.ts';
import { ask, clientAt, type Script, Scripted, unwelcome } from '../scripted.ts';
import { sharedOf } from '../setting.ts';
import type { Route, Surface } from '../surface.ts';
import { benign } from '../visits.ts';

const LIBRARIES = [
  ['java', 4],
  ['python-requests', 4],
  ['go-http-client', 3],
  ['axios', 3],
  ['guzzle', 3],
  ['apache-httpclient', 3],
  ['curl', 2],
  ['node', 2],
  ['faraday', 1],
  ['dotnet', 2],
] as const;

interface Partner {
  readonly key: ApiKey;
  /** Machines that call; most have one or two. */
  readonly clients: readonly Client[];
  readonly weight: number;
  /** Records that it asks for at a time. */
  readonly size: number;
}

function partnersOf(world: World, random: Random): Partner[] {
  const keys = world.site.inventory.keys.filter(({ kind }) => kind === 'partner');
  return keys.map((key, i) => {
    const own = random.fork(key.id);
    const profile = library(own.weighted(LIBRARIES));
    const clients = Array.from({ length: own.geometric(1.6) }, () => clientAt(drawAddress('hosting', own), profile));
    return { key, clients, weight: 1 / (i + 1) ** 0.8, size: own.pick([50, 100, 100, 200]) };
  });
}

const LOOKUPS = 4;
const SYNC_PAGES = 8;
/** Part of the jobs that are synchronisations. */
const SYNC_SHARE = 0.15;

const PARTNER_OPTIONS = {
  business: 'share of the calls that follow office hours; the others come around the clock (0.6)',
} as const;

const partner: Recipe = {
  cohort: 'partner',
  summary:
    'Firms with an API key: look-ups for their own customers in office hours, and synchronisation of what changed',
  options: PARTNER_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, PARTNER_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const { surface, products, parameters } = sharedOf(world);
    const business = options.share('business', 0.6);
    const rhythm = new Rhythm(parameters.market, 'business', random.fork('rhythm'));
    const intensity = {
      maximum: 1 - business + business * rhythm.maximum,
      at: (timeMs: number) => 1 - business + business * rhythm.at(timeMs),
    };
    const pages = surface.first('export', 'list');
    const meanJob = (1 - SYNC_SHARE) * LOOKUPS + SYNC_SHARE * (pages === undefined ? LOOKUPS : SYNC_PAGES);
    const label = benign(cohortOf(plan, partner));
    return {
      name: plan.name,
      *arrivals() {
        const draws = random.fork('jobs');
        const partners = partnersOf(world, random.fork('partners'));
        if (partners.length === 0) return;
        const choice = partners.map((each) => [each, each.weight] as const);
        const excitation = { branching: 0.3, delayMs: 4 * 60_000 };
        const { startMs, endMs } = world;
        const arrivals = new Arrivals(
          plan.requestsPerDay / meanJob,
          intensity,
          excitation,
          draws.fork('at'),
          startMs,
          endMs,
        );
        for (let at = arrivals.next(); at < endMs; at = arrivals.next()) {
          const who = draws.weighted(choice);
          const sync = pages !== undefined && draws.chance(SYNC_SHARE);
          const own = draws.fork(String(at));
          const script = sync
            ? walk(who, pages, at, 1 + own.poisson(SYNC_PAGES - 1), 250, own)
            : lookUp(who, surface, products, at, own.geometric(LOOKUPS), own);
          yield new Scripted(label, script, endMs);
        }
      },
    };
  },
};

/** Details and searches in quick succession. */
function* lookUp(
  who: Partner,
  surface: Surface,
  products: Popularity,
  atMs: number,
  n: number,
  random: Random,
): Script {
  const client = random.pick(who.clients);
  const routes = [surface.first('detail'), surface.first('search'), surface.first('list')].filter(
    (route): route is Route => route !== undefined && !route.authenticated,
  );
  if (routes.length === 0) return;
  for (let i = 0; i < n; i++) {
    const route = routes[Math.min(routes.length - 1, random.geometric(1.4) - 1)];
    const product = products.draw(random);
    const fill = { id: product, product, query: route.role === 'search' ? 'sku' : undefined };
    const { answer, nowMs } = yield { atMs, request: ask(route, fill, client, { token: who.key.secret }) };
    atMs = nowMs + random.logNormal(unwelcome(answer) ? 20_000 : 350, 0.9);
  }
}

/** Page after page, from where the last walk ended. */
function* walk(who: Partner, route: Route, atMs: number, n: number, gapMs: number, random: Random): Script {
  const client = random.pick(who.clients);
  let page = 1 + random.below(3);
  for (let i = 0; i < n; i++) {
    const fill = { page, size: who.size, id: page };
    const { answer, nowMs } = yield { atMs, request: ask(route, fill, client, { token: who.key.secret }) };
    if (unwelcome(answer)) {
      // Decent clients wait, longer each time.
      atMs = nowMs + 30_000 * (1 + random.uniform());
      continue;
    }
    page = typeof answer.body.next === 'number' ? answer.body.next : 1;
    atMs = nowMs + random.logNormal(gapMs, 0.3);
  }
}

const BACKFILL_OPTIONS = {
  hour: 'hour of the day, UTC, at which it starts (2)',
  workers: 'parallel workers of each partner (2)',
  partners: 'how many of the partners do it (a third of them, at least one)',
} as const;

const backfill: Recipe = {
  cohort: 'partner-backfill',
  summary: 'Partners that fetch everything again at 02:00, with several workers, as fast as it goes',
  options: BACKFILL_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, BACKFILL_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const { surface } = sharedOf(world);
    const hour = options.number('hour', 2, 0, 24);
    const workers = options.number('workers', 2, 1, 64);
    const label = benign(cohortOf(plan, backfill));
    return {
      name: plan.name,
      *arrivals() {
        const all = partnersOf(world, random.fork('partners'));
        const n = Math.min(all.length, options.number('partners', Math.max(1, Math.round(all.length / 3)), 1));
        const those = all.slice(0, n);
        const route = surface.first('export', 'list');
        if (route === undefined || n === 0) return;
        const share = plan.requestsPerDay / those.length / workers;
        const jobs: { readonly atMs: number; readonly script: Script }[] = [];
        for (let day = nightOf(world.startMs, hour); day < world.endMs; day += DAY_MS) {
          for (const who of those) {
            const own = random.fork(`${who.key.id}/${day}`);
            const begin = day + own.exponential(90_000);
            for (let w = 0; w < workers; w++) {
              const atMs = begin + own.exponential(1500);
              const amount = Math.max(1, Math.round(share * own.logNormal(0.99, 0.15)));
              jobs.push({ atMs, script: walk(who, route, atMs, amount, own.between(60, 300), own.fork(String(w))) });
            }
          }
        }
        jobs.sort((a, b) => a.atMs - b.atMs);
        for (const { script } of jobs) yield new Scripted(label, script, world.endMs);
      },
    };
  },
};

/** The first such hour at or after a moment. */
function nightOf(startMs: number, hour: number): number {
  const midnight = Math.floor(startMs / DAY_MS) * DAY_MS;
  const at = midnight + hour * HOUR_MS;
  return at >= startMs ? at : at + DAY_MS;
}

export const PARTNERS: Readonly<Record<string, Recipe>> = { partner, 'partner-backfill': backfill };
