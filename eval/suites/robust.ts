/**
 * What must hold whatever happens to the gateway: it is killed, its application comes and goes, its disk fills, its
 * configuration changes every few milliseconds, thousands of connections do nothing, its workers die. Everything is counted
 * from the outside: by an application that counts, by clients that remember, and by the tools that read what was left.
 *
 * ROBUST_ROUNDS (20; 500 for the full run), ROBUST_SEED (1), ROBUST_ONLY (names with commas), ROBUST_COMMAND (a built
 * command to take as it is).
 */
import type { Figure } from '../../bench/lib/figures.ts';
import { type Built, buildCopy } from '../robust/built.ts';
import type { Scenario } from '../robust/scenario.ts';
import { SCENARIOS } from '../robust/scenarios.ts';

const SUITE = 'robust';

export async function robust(print: (text: string) => void): Promise<readonly Figure[]> {
  const only = process.env.ROBUST_ONLY?.split(',');
  const unknown = only?.filter((name) => !(name in SCENARIOS)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no scenario ${unknown.join(', ')}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  const built: Built = buildCopy();
  const figures: Figure[] = [];
  try {
    for (const [name, scenario] of Object.entries<Scenario>(SCENARIOS)) {
      if (only !== undefined && !only.includes(name)) continue;
      const began = performance.now();
      const found = await scenario(built.command, Number(process.env.ROBUST_SEED ?? 1), print);
      figures.push(...found.map((figure) => ({ ...figure, suite: SUITE, metric: `${name}_${figure.metric}` })));
      print(`${name}: ${Math.round((performance.now() - began) / 1000)} s\n`);
    }
  } finally {
    built.remove();
  }
  return figures;
}
