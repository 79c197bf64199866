/** What is valid and still probably not meant: nothing is refused for it, and `sallyport check` says it. */
import { days } from '../lib/units.ts';
import { costWarnings } from './cost.ts';
import { parseListen } from './listen.ts';
import type { Locate, Path } from './locate.ts';
import type { Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** From so long before its end an entry is said to end soon, in ms. */
export const SOON_MS = days(14);

/** Warnings in no order. `nowMs` is what dates are compared with. */
export function configWarnings(config: Config, locate: Locate, nowMs: number): Problem[] {
  return [
    ...dateWarnings(config, locate, nowMs),
    ...exposureWarnings(config, locate),
    ...idleWarnings(config, locate),
    ...costWarnings(config, locate),
  ];
}

/** Unix ms from which an entry with this date counts no more. */
export const expiryMs = (date: string): number => Date.parse(date);

function dateWarnings(config: Config, locate: Locate, nowMs: number): Problem[] {
  const dated: { path: Path; date: string; what: string }[] = [];
  for (const [i, { expires, owner }] of config.allowlist.entries()) {
    dated.push({ path: ['allowlist', i, 'expires'], date: expires, what: `this entry of ${owner}` });
  }
  for (const [i, { exemptions }] of config.policies.entries()) {
    for (const [j, { expires, owner }] of exemptions.entries()) {
      const path = ['policies', i, 'exemptions', j, 'expires'];
      dated.push({ path, date: expires, what: `this exemption of ${owner}` });
    }
  }
  for (const [i, { capture }] of config.gateway.routes.entries()) {
    if (capture === undefined) continue;
    dated.push({ path: ['gateway', 'routes', i, 'capture', 'until'], date: capture.until, what: 'this capture' });
  }
  return dated.flatMap(({ path, date, what }) => {
    const leftMs = expiryMs(date) - nowMs;
    if (leftMs > SOON_MS) return [];
    const when = leftMs <= 0 ? `has ended on ${date} and counts no more` : `ends on ${date}, in ${daysText(leftMs)}`;
    return [locate(path, 'SP7010', `${what} ${when}`)];
  });
}

function daysText(ms: number): string {
  const whole = Math.floor(ms / days(1));
  return whole === 0 ? 'less than a day' : whole === 1 ? '1 day' : `${whole} days`;
}

/** Whether an address is of this machine only. */
export const isLoopback = (address: string): boolean => /^127\.|^::1$|^::ffff:127\./.test(address);

function exposureWarnings(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const { admin } = config;
  const at = parseListen(admin.listen);
  const open = at !== null && !isLoopback(at.address);
  if (open && admin.token_file === undefined) {
    const message = `the admin listener is open to others at ${admin.listen}, and no "token_file" of yours is named`;
    problems.push(locate(['admin', 'listen'], 'SP7011', message));
  }
  if (open && admin.metrics_without_token) {
    const message = 'metrics are open to everybody who reaches the admin listener';
    problems.push(locate(['admin', 'metrics_without_token'], 'SP7011', message));
  }
  for (const [i, { tls }] of config.upstreams.entries()) {
    if (tls.verify) continue;
    const message = 'whoever stands between here and these servers can read and change everything';
    problems.push(locate(['upstreams', i, 'tls', 'verify'], 'SP7011', message));
  }
  return problems;
}

/** What stands behind something that matches everything. */
function idleWarnings(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const { routes } = config.gateway;
  const everything = routes.findIndex(
    ({ match }) => isAll([match.path]) && noMethods(match) && match.host === undefined,
  );
  if (everything >= 0 && everything < routes.length - 1) {
    const message = `this route matches every request: the ${routes.length - 1 - everything} after it never count`;
    problems.push(locate(['gateway', 'routes', everything], 'SP7012', message));
  }
  const covered = new Map<string, string>();
  for (const [i, { name, match, class: classes }] of config.policies.entries()) {
    const own = typeof classes === 'string' ? [classes] : classes;
    const by = covered.get(own[0]);
    if (by !== undefined && own.every((one) => covered.has(one))) {
      const message = `"${name}" never counts: "${by}" before it takes every request of its classes`;
      problems.push(locate(['policies', i, 'name'], 'SP7012', message));
    }
    const all = isAll(match.paths) && noMethods(match) && match.hosts.length === 0 && match.route_classes.length === 0;
    if (all) for (const one of own) if (!covered.has(one)) covered.set(one, name);
  }
  return problems;
}

const isAll = (paths: readonly string[]): boolean => paths.length === 0 || paths.includes('/**');
const noMethods = ({ methods }: { methods: readonly string[] }): boolean => methods.length === 0;
