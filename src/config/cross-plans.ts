/** What only holds between plans, and between them and those who name them. */
import type { Locate } from './locate.ts';
import { hint, type Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** What does not hold between plans, and plans that are named and do not exist. */
export function planProblems(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const names = config.plans.map(({ name }) => name);
  const defaults = config.plans.flatMap((one, i) => (one.default ? [i] : []));
  for (const i of defaults.slice(1)) {
    const message = `"${names[defaults[0]]}" is the default plan already: there is one`;
    problems.push(locate(['plans', i, 'default'], 'SP1007', message));
  }
  // Who names plans without any here has them elsewhere: the name goes upstream and into reports.
  if (names.length === 0) return problems;
  const entries = [
    ['keys', config.identity.keys?.entries],
    ['certificates', config.identity.certificates?.entries],
  ] as const;
  for (const [section, list] of entries) {
    for (const [i, { plan: named = '' }] of (list ?? []).entries()) {
      if (named === '' || names.includes(named)) continue;
      const message = `there is no plan "${named}"${hint(named, names)}`;
      problems.push(locate(['identity', section, 'entries', i, 'plan'], 'SP1005', message));
    }
  }
  return problems;
}
