/** From the tallies of a sample to the routes of a model. */
import { METHODS, ROUTE_CLASS } from '../enrich/facts.ts';
import type { RouteTemplate } from '../enrich/model.ts';
import type { ClassOverride } from '../enrich/routes/classes.ts';
import { RouteMatcher } from '../enrich/routes/matcher.ts';
import { SHAPE, shapeOf } from '../enrich/routes/shape.ts';
import { compareText } from './sample.ts';
import { bytesOf, ClassCache, type Tallies } from './tally.ts';
import { learnTemplates } from './templates.ts';

/** Actors that must have met a path that was never answered with content, before it is believed to exist. */
const ACTORS_OF_REFUSED = 3;
/** Host names learned. */
const MAX_HOSTS = 16;
/** Share of the requests that a host must have to be one of ours, and of the referrers where the log has no host. */
const HOST_SHARE = 0.01;
const REFERRER_SHARE = 0.3;
const MIN_REFERRERS = 3;

const GET = METHODS.indexOf('GET');
const POST = METHODS.indexOf('POST');
const utf8 = new TextDecoder('utf-8', { fatal: false });

/**
 * Configured templates and, for the paths they do not cover, learned ones; with what the sample says about each. Also
 * sets each actor's peak of distinct objects, which needs the routes.
 */
export function learnRoutes(
  tallies: Tallies,
  configured: readonly RouteTemplate[],
  overrides: readonly ClassOverride[],
  seed: number,
): RouteTemplate[] {
  const given = new RouteMatcher(configured, seed);
  const enough = Math.min(ACTORS_OF_REFUSED, Math.max(2, tallies.actors.length));
  const taught = tallies.paths().filter((p) => {
    if (!p.solid && p.actors.size < enough) return false;
    const bytes = bytesOf(p.path);
    return !hasJunk(bytes) && given.match(bytes, 0, bytes.length) === 0;
  });
  const classes = new ClassCache(overrides);
  const learned = learnTemplates(taught, tallies.actors.length)
    .map(({ template }) => utf8.decode(bytesOf(template)))
    .filter((template) => !template.includes('\ufffd'))
    .map((template): RouteTemplate => {
      const routeClass = classes.of(template, GET);
      return { template, routeClass, answered: 0, requests: 0, origin: 'learned' };
    });
  const routes = [...configured, ...learned].sort((a, b) => compareText(a.template, b.template));
  return measure(tallies, routes, classes, seed);
}

function hasJunk(bytes: Uint8Array): boolean {
  return shapeOf(bytes, 0, bytes.length) === SHAPE.junk;
}

/** Counts the sample's requests by route. */
function measure(
  tallies: Tallies,
  routes: readonly RouteTemplate[],
  classes: ClassCache,
  seed: number,
): RouteTemplate[] {
  const matcher = new RouteMatcher(routes, seed);
  const requests = new Float64Array(routes.length + 1);
  const answered = new Float64Array(routes.length + 1);
  const posts = new Float64Array(routes.length + 1);
  const places = new Map<string, { route: number; object: string }>();
  for (const actor of tallies.actors) {
    for (const cell of actor.cells) {
      const objects = new Map<number, Set<string>>();
      for (const { path, status, method } of cell.requests) {
        const { route, object } = placeOf(places, matcher, path);
        requests[route]++;
        if (status > 0 && status < 400) answered[route]++;
        if (method === POST) posts[route]++;
        if (route === 0 || object === '' || routes[route - 1].routeClass === ROUTE_CLASS.asset) continue;
        let seen = objects.get(route);
        if (seen === undefined) {
          seen = new Set();
          objects.set(route, seen);
        }
        seen.add(object);
      }
      for (const seen of objects.values()) actor.peakObjects = Math.max(actor.peakObjects, seen.size);
    }
  }
  return routes.map((route, i) => {
    const n = requests[i + 1];
    if (route.origin !== 'learned') return { ...route, requests: n };
    const share = n === 0 ? 0 : Math.round((answered[i + 1] / n) * 10_000) / 10_000;
    // The class in the model is that of what the route is mostly used for; the enricher tells methods apart.
    const routeClass = posts[i + 1] * 2 > n ? classes.of(route.template, POST) : route.routeClass;
    return { ...route, routeClass, answered: share, requests: n };
  });
}

function placeOf(
  places: Map<string, { route: number; object: string }>,
  matcher: RouteMatcher,
  path: string,
): { route: number; object: string } {
  let place = places.get(path);
  if (place === undefined) {
    const bytes = bytesOf(path);
    const route = matcher.match(bytes, 0, bytes.length);
    place = { route, object: matcher.objectLo === 0 ? '' : `${matcher.objectHi}.${matcher.objectLo}` };
    places.set(path, place);
  }
  return place;
}

/** Host names that answered or, where the log has none, the one that most referrers name. */
export function learnHosts(tallies: Tallies): string[] {
  const hosts = new Map<string, { n: number; actors: number; last: number }>();
  let own = 0;
  let referred = 0;
  tallies.actors.forEach((actor, index) => {
    if (!tallies.teaches(actor)) return;
    for (const cell of actor.cells) {
      for (const { site, status, teaches } of cell.requests) {
        if (site === '' || !teaches || status >= 400) continue;
        if (site[0] === ':') referred++;
        else own++;
        const host = hosts.get(site) ?? { n: 0, actors: 0, last: -1 };
        host.n++;
        if (host.last !== index) host.actors++;
        host.last = index;
        hosts.set(site, host);
      }
    }
  });
  const ranked = [...hosts].sort((a, b) => b[1].n - a[1].n || compareText(a[0], b[0]));
  if (own > 0) {
    const several = Math.min(2, tallies.actors.length);
    return ranked
      .filter(([site, h]) => site[0] !== ':' && h.actors >= several && h.n >= own * HOST_SHARE)
      .slice(0, MAX_HOSTS)
      .map(([site]) => site);
  }
  return ranked
    .filter(([, h]) => h.n >= MIN_REFERRERS && h.n >= referred * REFERRER_SHARE)
    .slice(0, 1)
    .map(([site]) => site.slice(1));
}
