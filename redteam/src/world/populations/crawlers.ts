/** Programs that read the site: availability monitors, search engines, price comparers with permission. */
import type { Client, Source, World } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { drawAddress, searchBotAddress } from '../../net/addresses.ts';
import { monitor as monitorProfile, type Profile, searchBot } from '../../net/clients.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import { DAY_MS } from '../rhythm.ts';
import { ask, clientAt, type Script, Scripted, unwelcome } from '../scripted.ts';
import { sharedOf } from '../setting.ts';
import type { Route, Surface } from '../surface.ts';
import { benign } from '../visits.ts';

const MONITOR_OPTIONS = { monitors: 'how many services check (drawn: 4–12)' } as const;

const monitors: Recipe = {
  cohort: 'monitors',
  summary: 'Availability checks at fixed intervals around the clock, each from a few addresses in turn',
  options: MONITOR_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, MONITOR_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const n = Math.round(options.number('monitors', 4 + random.fork('number').below(9), 1, 1000));
    const label = benign(cohortOf(plan, monitors));
    return {
      name: plan.name,
      *arrivals() {
        const { surface } = sharedOf(world);
        const routes = [...surface.of('health'), ...surface.of('page').slice(0, 1)].filter(
          ({ method }) => method === 'GET',
        );
        if (routes.length === 0) routes.push(...surface.routes.filter(isOpen).slice(0, 1));
        if (routes.length === 0) return;
        const weights = Array.from({ length: n }, (_, i) => random.fork(`pace/${i}`).pick([1, 1, 2, 5]));
        const sum = weights.reduce((a, b) => a + b, 0);
        const scripts = weights.map((weight, i) => {
          const everyMs = (DAY_MS * sum) / (plan.requestsPerDay * weight);
          return checking(random.fork(`monitor/${i}`), routes, world.startMs, everyMs);
        });
        yield* sorted(scripts.map((script) => new Scripted(label, script, world.endMs)));
      },
    };
  },
};

function* checking(random: Random, routes: readonly Route[], startMs: number, everyMs: number): Script {
  const profile = monitorProfile(random);
  const clients = Array.from({ length: 1 + random.below(6) }, () => clientAt(drawAddress('hosting', random), profile));
  const route = routes[random.chance(0.7) ? 0 : routes.length - 1];
  const method = random.chance(0.3) ? 'HEAD' : 'GET';
  let due = startMs + random.uniform() * everyMs;
  for (let i = 0; ; i++) {
    const client = clients[i % clients.length];
    const { answer } = yield { atMs: due + random.exponential(40), request: { ...ask(route, {}, client), method } };
    // A failed check is repeated soon from elsewhere.
    due += answer.status >= 500 && random.chance(0.8) ? Math.min(everyMs, 5000) : everyMs;
  }
}

function isOpen({ method, authenticated, parametrised }: Route): boolean {
  return method === 'GET' && !authenticated && !parametrised;
}

/** What a crawler finds by following links. */
interface Links {
  readonly robots: Route | undefined;
  readonly pages: readonly Route[];
  readonly list: Route | undefined;
  readonly detail: Route | undefined;
  readonly files: readonly Route[];
}

function linksOf(surface: Surface): Links {
  const open = (route: Route) => route.method === 'GET' && !route.authenticated;
  return {
    robots: surface.robots,
    pages: surface.of('page').filter(open),
    list: surface.of('list').find(open),
    detail: surface.of('detail').find(open),
    files: surface.of('asset').filter((route) => open(route) && !route.parametrised),
  };
}

const SHARES: readonly (readonly [name: string, share: number])[] = [
  ['googlebot', 0.38],
  ['googlebot-desktop', 0.07],
  ['bingbot', 0.25],
  ['applebot', 0.1],
  ['yandexbot', 0.08],
  ['petalbot', 0.06],
  ['duckduckbot', 0.03],
  ['baiduspider', 0.03],
];

const searchBots: Recipe = {
  cohort: 'search-bots',
  summary:
    "Search engines' crawlers from their published ranges: robots.txt daily, an even pace, nothing behind a login",
  options: {},
  create(plan, world): Source {
    new Options(plan, {});
    const random = world.random(`world/${plan.name}`);
    const label = benign(cohortOf(plan, searchBots));
    return {
      name: plan.name,
      *arrivals() {
        const scripts = SHARES.map(([name, share]) => {
          const gapMs = DAY_MS / (plan.requestsPerDay * share);
          // A crawler that has much to read has several machines at it, none of them faster than one page in two
          // seconds.
          const machines = Math.max(1, Math.ceil(2000 / gapMs));
          return Array.from({ length: machines }, (_, i) =>
            crawling(name, world, random.fork(`${name}/${i}`), gapMs * machines),
          );
        });
        yield* sorted(scripts.flat().map((script) => new Scripted(label, script, world.endMs)));
      },
    };
  },
};

function* crawling(name: string, world: World, random: Random, gapMs: number): Script {
  const { surface, products } = sharedOf(world);
  const links = linksOf(surface);
  const engine = name.replace('-desktop', '');
  const machines = Array.from({ length: 4 }, () =>
    clientAt(
      searchBotAddress(engine, random, engine === 'googlebot' && random.chance(0.15) ? 6 : 4),
      searchBot(name, world.startMs),
    ),
  );
  let due = world.startMs + random.uniform() * gapMs;
  let day = -1;
  let page = 1;
  for (;;) {
    const client = random.pick(machines);
    const today = Math.floor(due / DAY_MS);
    const route = today !== day && links.robots !== undefined ? links.robots : nextLink(links, engine, random);
    if (route === undefined) return;
    day = today;
    // One link in a hundred is old: the product is gone.
    const id = random.chance(0.01)
      ? world.site.inventory.products + 1 + random.below(1000)
      : crawled(world, products.draw(random), random);
    const fill = { id, product: id, page: route === links.list && page > 1 ? page : undefined };
    const { answer, nowMs } = yield { atMs: due, request: ask(route, fill, client) };
    if (route === links.list) page = typeof answer.body.next === 'number' ? answer.body.next : 1;
    due = Math.max(due, nowMs - gapMs) + gapMs * (0.3 + random.exponential(0.7));
    if (unwelcome(answer)) due += 20 * gapMs * random.uniform();
  }
}

/** Crawlers read everything, the popular somewhat more often. */
function crawled(world: World, popular: number, random: Random): number {
  return random.chance(0.4) ? popular : 1 + random.below(Math.max(1, world.site.inventory.products));
}

function nextLink(links: Links, engine: string, random: Random): Route | undefined {
  const at = random.uniform();
  if (links.detail !== undefined && at < 0.68) return links.detail;
  if (links.list !== undefined && at < 0.8) return links.list;
  // Google and Bing render pages, and need what they are made of.
  if (links.files.length > 0 && at > 0.93 && /google|bing|apple/.test(engine)) return random.pick(links.files);
  return links.pages.length > 0 ? random.pick(links.pages) : (links.list ?? links.detail);
}

const COMPARERS = ['PriceRunnerBot', 'OfferScout', 'ShopIndexer', 'DealGraph'] as const;

const AGGREGATOR_OPTIONS = {
  aggregators: 'how many of them (2)',
  secondsBetween: 'seconds between requests of one of them while it reads (drawn: 0.7–2.5)',
} as const;

const aggregators: Recipe = {
  cohort: 'aggregators',
  summary: 'Price comparers with permission: all products in order, once a day, at a steady pace, under their own name',
  options: AGGREGATOR_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, AGGREGATOR_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const n = Math.round(options.number('aggregators', 2, 1, 50));
    const label = benign(cohortOf(plan, aggregators));
    return {
      name: plan.name,
      *arrivals() {
        const days: Scripted[] = [];
        for (let i = 0; i < n; i++) {
          const own = random.fork(String(i));
          const client = comparer(i, own);
          const hour = own.uniform();
          const seconds = options.number('secondsBetween', own.between(0.7, 2.5), 0.05);
          // What does not fit into a day is read by several workers side by side.
          const perDay = plan.requestsPerDay / n;
          const workers = Math.max(1, Math.ceil((perDay * seconds) / 80_000));
          // One day more at the beginning: its reading may still be under way.
          for (let day = (Math.floor(world.startMs / DAY_MS) - 1) * DAY_MS; day < world.endMs; day += DAY_MS) {
            for (let w = 0; w < workers; w++) {
              const from = day + hour * DAY_MS + own.exponential(60_000);
              const done = Math.max(0, Math.ceil((world.startMs - from) / (1000 * seconds)));
              const range = { from: done, amount: perDay / workers, part: w / workers };
              const atMs = from + done * 1000 * seconds;
              const script = comparing(world, client, own.fork(`${day}/${w}`), atMs, range, seconds * 1000);
              days.push(new Scripted(label, script, world.endMs));
            }
          }
        }
        yield* sorted(days);
      },
    };
  },
};

function comparer(i: number, random: Random): Client {
  const name = COMPARERS[i % COMPARERS.length] + (i < COMPARERS.length ? '' : i);
  const profile: Profile = {
    agent: `Mozilla/5.0 (compatible; ${name}/2.${random.below(9)}; +https://www.${name.toLowerCase()}.example/bot)`,
    protocol: 'HTTP/1.1',
    headers: { accept: 'application/json, text/html;q=0.9', 'accept-encoding': 'gzip' },
  };
  return clientAt(drawAddress('hosting', random), profile);
}

/**
 * What one worker reads in a day: requests from number `from` up to `amount`, beginning at `part` of the catalogue (0
 * to 1).
 */
interface Range {
  readonly from: number;
  readonly amount: number;
  readonly part: number;
}

function* comparing(
  world: World,
  client: Client,
  random: Random,
  atMs: number,
  { from, amount, part }: Range,
  gapMs: number,
): Script {
  const { list, detail, robots, pages } = linksOf(sharedOf(world).surface);
  const { products } = world.site.inventory;
  const [main = detail, other = main] = detail === undefined ? [list ?? pages[0]] : [detail, list];
  if (main === undefined || other === undefined) return;
  let id = Math.floor(part * products) + from;
  let page = 1;
  for (let i = from; i < amount; i++) {
    const listing = i % 25 === 0;
    const route = i === 0 && robots !== undefined ? robots : listing ? other : main;
    if (!listing) id = (id % Math.max(1, products)) + 1;
    const { answer, nowMs } = yield {
      atMs,
      request: ask(route, { id, product: id, page: listing ? page : undefined }, client),
    };
    if (listing && i > 0) page = typeof answer.body.next === 'number' ? answer.body.next : 1;
    atMs = nowMs + gapMs * (0.9 + 0.2 * random.uniform());
    if (unwelcome(answer)) atMs = nowMs + 60_000;
  }
}

function sorted(visitors: readonly Scripted[]): Scripted[] {
  return [...visitors].sort((a, b) => a.nextAt - b.nextAt);
}

export const CRAWLERS: Readonly<Record<string, Recipe>> = { monitors, 'search-bots': searchBots, aggregators };
