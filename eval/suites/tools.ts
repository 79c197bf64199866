/**
 * Attack tools that nobody here wrote, as Debian has them, against the sample shop behind `sallyport serve --enforce`, with people
 * in the shop before, during and after. Each runs twice: from an address of its own, and from one with twenty people behind it.
 *
 * TOOLS_ONLY (names with commas), TOOLS_SETTINGS (own,shared), TOOLS_SECONDS (20), TOOLS_SEED, TOOLS_DISGUISED=1 (tools hide
 * behind a browser's User-Agent), TOOLS_KEEP=1 (keeps journal and requests of each run).
 */
import { installed } from '../../bench/lib/child.ts';
import type { Figure } from '../../bench/lib/figures.ts';
import { TOOLS, type Tool } from '../tools/arsenal.ts';
import { figuresOf, reportOf } from '../tools/report.ts';
import { type Prepared, prepare, type RunPlan, type RunResult, SETTINGS, type Setting } from '../tools/run.ts';

/** How long a tool runs, in seconds. */
const SECONDS = 20;
const MOST_SECONDS = 120;

export async function tools(print: (text: string) => void): Promise<readonly Figure[]> {
  const started = performance.now();
  const wanted = chosen();
  const missing = wanted.filter((tool) => !installed(tool.program));
  for (const tool of missing) print(`${tool.name}: ${tool.program} is not here: apt-get install ${tool.package}`);
  // What was started is ended when this process ends, but not where a signal ends it at once.
  const interrupted = (): never => process.exit(130);
  process.once('SIGINT', interrupted);
  const results = await runAll(plansFor(wanted.filter((tool) => !missing.includes(tool))), print);
  process.off('SIGINT', interrupted);
  print(`\n${reportOf(results)}`);
  return figuresOf(results, missing, (performance.now() - started) / 60_000);
}

/** One after the other; the people of the next run come while a tool runs: half of the time is theirs. */
async function runAll(plans: readonly RunPlan[], print: (text: string) => void): Promise<RunResult[]> {
  const results: RunResult[] = [];
  let next: Promise<Prepared> | null = plans.length > 0 ? prepare(plans[0]) : null;
  try {
    for (const [i] of plans.entries()) {
      const prepared = (await next) as Prepared;
      next = i + 1 < plans.length ? prepare(plans[i + 1]) : null;
      next?.catch(() => {});
      const result = await prepared.attack();
      results.push(result);
      print(lineOf(result));
    }
  } catch (error) {
    await next?.then((prepared) => prepared.cancel()).catch(() => {});
    throw error;
  }
  return results;
}

function plansFor(present: readonly Tool[]): RunPlan[] {
  const seconds = Math.min(MOST_SECONDS, Number(process.env.TOOLS_SECONDS ?? SECONDS));
  if (!(seconds > 0)) throw new Error(`TOOLS_SECONDS is no number of seconds: ${process.env.TOOLS_SECONDS}`);
  const given = process.env.TOOLS_SETTINGS?.split(',') ?? [...SETTINGS];
  const settings = SETTINGS.filter((s) => given.includes(s));
  const seed = process.env.TOOLS_SEED ?? new Date().toISOString().slice(0, 10);
  const disguised = process.env.TOOLS_DISGUISED === '1';
  const keep = process.env.TOOLS_KEEP === '1';
  return present.flatMap((tool) =>
    settings.map((setting: Setting): RunPlan => ({ tool, setting, seed, seconds, disguised, keep })),
  );
}

function chosen(): Tool[] {
  const only = process.env.TOOLS_ONLY?.split(',').map((name) => name.trim());
  if (only === undefined) return [...TOOLS];
  const unknown = only.filter((name) => !TOOLS.some((t) => t.name === name || t.program === name));
  if (unknown.length > 0)
    throw new Error(`no tool ${unknown.join(', ')}; there are ${TOOLS.map((t) => t.name).join(', ')}`);
  return TOOLS.filter((t) => only.includes(t.name) || only.includes(t.program));
}

function lineOf({ plan, tool, failure, folder }: RunResult): string {
  const how =
    failure !== ''
      ? `failed: ${failure}`
      : tool.seconds === null
        ? 'not held'
        : `held after ${tool.seconds.toFixed(1)} s and ${tool.leaked} requests`;
  return `${plan.tool.name} (${plan.setting}): ${tool.sent} requests, ${how}${folder === '' ? '' : `; ${folder}`}`;
}
