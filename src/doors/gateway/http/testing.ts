/** For tests of any room of the gateway. */
import type { RouteSettings } from '../contract.ts';

/** Settings of a route where nothing is configured, with some of them changed. */
export function routeOf(part: Partial<RouteSettings> = {}): RouteSettings {
  return {
    name: 'default',
    upstream: 'default',
    timeoutMs: 60_000,
    bodyLimitBytes: 0,
    responseLimitBytes: 0,
    fail: 'open',
    scoringBudgetMs: 50,
    priority: 'normal',
    concurrency: 0,
    capture: null,
    place: -1,
    access: null,
    sensitivity: 0,
    body: { inspect: false, bytes: 65_536, beyond: 'prefix', spoolBytes: 0 },
    answer: { inspect: false, bytes: 65_536, withhold: 0 },
    ...part,
  };
}
