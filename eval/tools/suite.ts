/** What the suites with real tools have in common: which runs there are, one after the other, and what is said of them. */
import { installed } from '../../bench/lib/child.ts';
import type { Figure } from '../../bench/lib/figures.ts';
import type { Tool } from './arsenal.ts';
import { figuresOf, reportOf } from './report.ts';
import { type Prepared, prepare, type RunPlan, type RunResult, SETTINGS } from './run.ts';

const MOST_SECONDS = 120;

export interface ToolSuite {
  /** First word of its figures. */
  readonly name: string;
  readonly tools: readonly Tool[];
  /** How long a tool runs if nothing else is asked for, in seconds. */
  readonly seconds: number;
  /** Whether tools that can hide behind a browser's User-Agent, if nothing else is asked for. */
  readonly disguised: boolean;
  readonly tokens: boolean;
  readonly beforeMs?: number;
}

export async function runTools(suite: ToolSuite, print: (text: string) => void): Promise<readonly Figure[]> {
  const started = performance.now();
  const wanted = chosen(suite.tools);
  const missing = wanted.filter((tool) => !installed(tool.program));
  for (const tool of missing) print(`${tool.name}: ${tool.program} is not here: apt-get install ${tool.package}`);
  // What was started is ended when this process ends, but not where a signal ends it at once.
  const interrupted = (): never => process.exit(130);
  process.once('SIGINT', interrupted);
  const present = wanted.filter((tool) => !missing.includes(tool));
  const results = await runAll(plansFor(suite, present), print);
  process.off('SIGINT', interrupted);
  print(`\n${reportOf(results)}`);
  return figuresOf(results, missing, (performance.now() - started) / 60_000, suite.name);
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

function plansFor(suite: ToolSuite, present: readonly Tool[]): RunPlan[] {
  const { env } = process;
  const seconds = Math.min(MOST_SECONDS, Number(env.TOOLS_SECONDS ?? suite.seconds));
  if (!(seconds > 0)) throw new Error(`TOOLS_SECONDS is no number of seconds: ${env.TOOLS_SECONDS}`);
  const given = env.TOOLS_SETTINGS?.split(',') ?? [...SETTINGS];
  const settings = SETTINGS.filter((s) => given.includes(s));
  const seed = env.TOOLS_SEED ?? new Date().toISOString().slice(0, 10);
  const disguised = env.TOOLS_DISGUISED === undefined ? suite.disguised : env.TOOLS_DISGUISED === '1';
  const keep = env.TOOLS_KEEP === '1';
  const { tokens, beforeMs } = suite;
  return present.flatMap((tool) =>
    settings.map((setting): RunPlan => ({ tool, setting, seed, seconds, disguised, keep, tokens, beforeMs })),
  );
}

function chosen(tools: readonly Tool[]): Tool[] {
  const only = process.env.TOOLS_ONLY?.split(',').map((name) => name.trim());
  if (only === undefined) return [...tools];
  const unknown = only.filter((name) => !tools.some((t) => t.name === name || t.program === name));
  if (unknown.length > 0)
    throw new Error(`no tool ${unknown.join(', ')}; there are ${tools.map((t) => t.name).join(', ')}`);
  return tools.filter((t) => only.includes(t.name) || only.includes(t.program));
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
