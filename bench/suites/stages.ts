/** Each stage of the path by itself, in a process of its own on the first core. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastJson, run } from '../lib/child.ts';
import { atMost, type Figure, plain } from '../lib/figures.ts';
import { ensureLog } from '../lib/generate.ts';
import { planFromEnvironment, rounds } from '../lib/settings.ts';
import { median } from '../lib/stats.ts';

const runners = join(dirname(dirname(fileURLToPath(import.meta.url))), 'runners');
type Print = (text: string) => void;

/** Runs a runner once a round and returns what each round printed. */
async function measure<T>(print: Print, script: string, args: readonly string[]): Promise<T[]> {
  const log = await ensureLog(planFromEnvironment());
  const results: T[] = [];
  for (let round = 1; round <= rounds(); round++) {
    const path = join(runners, script);
    const words = args.map((a) => (a === 'LOG' ? log : a));
    const cost = await run(process.execPath, ['--import', 'tsx', path, ...words], '0');
    const output = lastJson<T>(cost.stdout);
    if (!cost.ok || !output) throw new Error(`${script} failed: ${cost.stderr.slice(-2000)}`);
    print(`round ${round}: ${JSON.stringify(output)}`);
    results.push(output);
  }
  return results;
}

export async function parse(print: Print): Promise<readonly Figure[]> {
  const results = await measure<{ linesPerS: number }>(print, 'stages.ts', ['parse', 'LOG']);
  return [{ suite: 'parse', metric: 'lines_per_s', value: median(results.map((r) => r.linesPerS)) }];
}

export async function enrich(print: Print): Promise<readonly Figure[]> {
  const results = await measure<{ linesPerS: number; enrichUsPerLine: number }>(print, 'stages.ts', ['enrich', 'LOG']);
  return [
    { suite: 'enrich', metric: 'parse_and_enrich_lines_per_s', value: median(results.map((r) => r.linesPerS)) },
    { suite: 'enrich', metric: 'enrich_us_per_line', value: median(results.map((r) => r.enrichUsPerLine)) },
  ];
}

interface EngineResult {
  readonly events: number;
  readonly enginePerEventUs: number;
  readonly enginePerEventUsMean: number;
  readonly enginePerEventUsP99: number;
  readonly stateMb: number;
}

export async function engine(print: Print): Promise<readonly Figure[]> {
  const results = await measure<EngineResult>(print, 'engine.ts', ['LOG']);
  const of = (pick: (r: EngineResult) => number): number => median(results.map(pick));
  print(`${plain(results[0].events)} events in blocks of 1,000`);
  return [
    { suite: 'engine', metric: 'us_per_event_median', value: of((r) => r.enginePerEventUs), target: atMost(2.5) },
    { suite: 'engine', metric: 'us_per_event_mean', value: of((r) => r.enginePerEventUsMean) },
    { suite: 'engine', metric: 'us_per_event_p99_of_blocks', value: of((r) => r.enginePerEventUsP99) },
    { suite: 'engine', metric: 'state_mb', value: of((r) => r.stateMb) },
  ];
}

export async function inspectLite(print: Print): Promise<readonly Figure[]> {
  const results = await measure<{ p50Us: number; p99Us: number }>(print, 'stages.ts', ['inspect', 'LOG']);
  return [
    { suite: 'inspect-lite', metric: 'request_p50_us', value: median(results.map((r) => r.p50Us)) },
    { suite: 'inspect-lite', metric: 'request_p99_us', value: median(results.map((r) => r.p99Us)) },
  ];
}
