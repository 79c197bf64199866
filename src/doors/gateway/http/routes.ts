/** Which settings hold for a request: the first route of the configuration that matches, or the default. */
import type { Config } from '../../../config/schema.ts';
import { AUTH_SCHEME, LEAK, ROLE, SENSITIVITY } from '../../../enrich/kinds.ts';
import { compileGlob, type Glob, matchGlob } from '../../../enrich/routes/glob.ts';
import { MAX_PATH_BYTES, readTarget, Target } from '../../../enrich/target.ts';
import type { AccessRule } from '../../../identity/contract.ts';
import type { AnswerSettings, RouteSettings } from '../contract.ts';

/** The parts of the configuration that routes come from. */
export type RoutesConfig = Pick<Config, 'gateway' | 'upstream' | 'upstreams'>;

/** Name of the route that takes what no other does. */
export const DEFAULT_ROUTE = 'default';

/** Longest wait for a verdict where no route says otherwise, in ms. */
export const DEFAULT_SCORING_BUDGET_MS = 50;

/** Bytes of a body that are looked at where no route says otherwise. */
const BODY_BYTES = 65_536;

/** Settings of a request by its method, host and target (in origin form, the query may follow). Never throws. */
export type RouteMatcher = (method: string, host: string, target: string) => RouteSettings;

interface CompiledRoute {
  readonly settings: RouteSettings;
  /** null: every path, every method, every host. */
  readonly glob: Glob | null;
  readonly methods: ReadonlySet<string> | null;
  readonly host: string;
  /** The host is named with its port. */
  readonly withPort: boolean;
}

type RouteConfig = RoutesConfig['gateway']['routes'][number];

/** Compiles the routes. The path is matched as a server would look it up: decoded, dot segments resolved, no query. */
export function compileRoutes(config: RoutesConfig): RouteMatcher {
  const preset = defaultRoute(config);
  const routes = config.gateway.routes.map((route, place) => compileRoute(route, preset, place));
  if (routes.length === 0) return () => preset;
  const needPath = routes.some((route) => route.glob !== null);
  return (method, host, target) => {
    if (needPath) readPath(target);
    for (const route of routes) if (matches(route, method, host)) return route.settings;
    return preset;
  };
}

function defaultRoute({ gateway, upstream, upstreams }: RoutesConfig): RouteSettings {
  return {
    name: DEFAULT_ROUTE,
    upstream: upstream === undefined ? (upstreams[0]?.name ?? 'default') : 'default',
    timeoutMs: gateway.timeout_s * 1000,
    bodyLimitBytes: gateway.body_limit_bytes,
    responseLimitBytes: gateway.response_limit_bytes,
    fail: 'open',
    scoringBudgetMs: DEFAULT_SCORING_BUDGET_MS,
    priority: 'normal',
    concurrency: 0,
    capture: null,
    place: -1,
    access: null,
    sensitivity: SENSITIVITY.normal,
    body: { inspect: true, bytes: BODY_BYTES, beyond: 'prefix', spoolBytes: 0 },
    answer: { inspect: true, bytes: BODY_BYTES, withhold: 0 },
  };
}

function compileRoute(route: RouteConfig, preset: RouteSettings, place: number): CompiledRoute {
  const { match, capture, auth, body, answer } = route;
  return {
    glob: match.path === '/**' || match.path === '**' ? null : compileGlob(match.path),
    methods: match.methods.length === 0 ? null : new Set(match.methods),
    host: (match.host ?? '').toLowerCase(),
    withPort: portAt((match.host ?? '').toLowerCase()) >= 0,
    settings: {
      name: nameOf(route),
      upstream: route.upstream ?? preset.upstream,
      timeoutMs: route.timeout_s === undefined ? preset.timeoutMs : route.timeout_s * 1000,
      bodyLimitBytes: route.body_limit_bytes ?? preset.bodyLimitBytes,
      responseLimitBytes: route.response_limit_bytes ?? preset.responseLimitBytes,
      fail: route.fail,
      scoringBudgetMs: route.scoring_budget_ms,
      priority: route.priority,
      concurrency: route.concurrency ?? 0,
      capture: capture
        ? { untilMs: Date.parse(capture.until), reason: capture.reason, bodyBytes: capture.body_bytes }
        : null,
      place,
      access: auth === undefined ? null : accessOf(auth),
      sensitivity: SENSITIVITY[route.sensitivity ?? 'normal'],
      body:
        body === undefined
          ? preset.body
          : { inspect: body.inspect, bytes: body.bytes, beyond: body.beyond, spoolBytes: body.spool_bytes },
      answer: answer === undefined ? preset.answer : answerOf(answer),
    },
  };
}

const accessOf = (auth: NonNullable<RouteConfig['auth']>): AccessRule => ({
  required: auth.required,
  schemes: auth.schemes.map((name) => AUTH_SCHEME[name]),
  scopes: auth.scopes,
  roles: auth.roles.map((name) => ROLE[name]),
});

const answerOf = ({ inspect, bytes, withhold }: NonNullable<RouteConfig['answer']>): AnswerSettings => ({
  inspect,
  bytes,
  withhold: withhold.reduce((bits, name) => bits | LEAK[name], 0),
});

/** `POST,PUT api.example/orders/**`: what stands in the configuration, short enough for a label. */
function nameOf({ match }: RouteConfig): string {
  const methods = match.methods.length === 0 ? '' : `${match.methods.join(',')} `;
  return `${methods}${match.host ?? ''}${match.path}`;
}

const scratch = Buffer.alloc(MAX_PATH_BYTES);
const path = new Target();

function readPath(target: string): void {
  readTarget(scratch, 0, scratch.write(target, 0, 'latin1'), 0, path);
}

function matches(route: CompiledRoute, method: string, host: string): boolean {
  if (route.methods !== null && !route.methods.has(method)) return false;
  if (route.host !== '' && !hostMatches(route, host)) return false;
  return route.glob === null || matchGlob(route.glob, path.path, path.pathStart, path.pathEnd);
}

/** `shop.example` is that name on any port, `*.shop.example` any name below it, `shop.example:8443` that port alone. */
function hostMatches({ host, withPort }: CompiledRoute, authority: string): boolean {
  const asked = authority.toLowerCase();
  const port = withPort ? -1 : portAt(asked);
  const wanted = port < 0 ? asked : asked.slice(0, port);
  return host.startsWith('*.') ? wanted.length > host.length - 1 && wanted.endsWith(host.slice(1)) : wanted === host;
}

/** Where the port of an authority begins, at its colon; −1 without one. */
function portAt(authority: string): number {
  const colon = authority.lastIndexOf(':');
  return colon > authority.lastIndexOf(']') ? colon : -1;
}
