/** Cost units in a configuration: what is limited in units and probably not as it was meant. */
import type { Locate, Path } from './locate.ts';
import type { Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** One request takes at most so many windows of a limit of cost units: then its sender is served again. */
export const MAX_WINDOWS = 10;

interface Weighed {
  readonly path: Path;
  /** Units in a window. */
  readonly limit: number;
}

/** Every limit and rate that counts units, with its place. */
function weighedOf({ limits, plans, inspection }: Config): Weighed[] {
  const found: Weighed[] = [];
  for (const [i, { unit, limit }] of limits.entries()) {
    if (unit === 'cost') found.push({ path: ['limits', i, 'unit'], limit });
  }
  for (const [i, { rates }] of plans.entries()) {
    for (const [j, { unit, limit }] of rates.entries()) {
      if (unit === 'cost') found.push({ path: ['plans', i, 'rates', j, 'unit'], limit });
    }
  }
  const { units_per_minute: limit } = inspection.graphql;
  if (limit !== undefined) found.push({ path: ['inspection', 'graphql', 'units_per_minute'], limit });
  return found;
}

/** Warnings about cost units, in no order. */
export function costWarnings(config: Config, locate: Locate): Problem[] {
  const { mode, max_cost: most } = config.inspection.graphql;
  const { units_per_request: perRequest } = config.gateway.throttle;
  const weighed = weighedOf(config);
  const at: Path = ['gateway', 'throttle', 'units_per_request'];
  if (mode === 'off') {
    const places = weighed.map(({ path }) => path);
    if (perRequest !== undefined) places.push(at);
    const message = 'no request is weighed while "inspection.graphql.mode" is off: each takes one unit';
    return places.map((path) => locate(path, 'SP8207', message));
  }
  const problems: Problem[] = [];
  for (const { path, limit } of weighed) {
    if (most <= limit * MAX_WINDOWS) continue;
    const message =
      `a request may cost ${most} units ("inspection.graphql.max_cost"), but takes no more than ` +
      `${MAX_WINDOWS} windows from this: ${limit * MAX_WINDOWS}`;
    problems.push(locate(path, 'SP8207', message));
  }
  if (mode === 'enforce' && perRequest !== undefined && perRequest >= most) {
    const message = `no request that is let through costs more than ${most} units ("inspection.graphql.max_cost"): all count as one`;
    problems.push(locate(at, 'SP8207', message));
  }
  return problems;
}
