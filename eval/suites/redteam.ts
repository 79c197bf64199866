/**
 * Traffic and attacks that share no code with the product, and whether it sees them: a week with sixteen families at the levels E0 to
 * E3 under three seeds taken from the date, then thirty days without any attack. The product is run as its users run it:
 * its built command line over an event file.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, type Figure, type Target } from '../../bench/lib/figures.ts';
import {
  htmlReport,
  jsonReport,
  type Measured,
  type MeasureOptions,
  measureNull,
  measureSeed,
  type Scoreboard,
  scoreboard,
  terminalReport,
} from '../../redteam/src/score/index.ts';
import { readScenario, type Scenario } from '../../redteam/src/simulate/index.ts';
import { registry } from '../../redteam/src/simulate/registry.ts';
import { Skipped } from '../data.ts';

const SUITE = 'redteam';
const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SEEDS = 3;
const NULL_DAYS = 30;
const NULL_EXCHANGES = 1_000_000;
/** What an excerpt for other people's programs holds: the slowest of them reads about 300 lines a second. */
const EXCERPT_LINES = 15_000;
/** The whole suite, on two cores. */
const MAX_MINUTES = 20;

/** Metric of the figure line, name of the scoreboard's figure, what was promised. redteam/src/score/README.md says why. */
const FIGURES: readonly (readonly [metric: string, name: string, target?: Target])[] = [
  ['recall', 'recall'],
  ['recall_e0', 'recall_E0', atLeast(0.9)],
  ['recall_e1', 'recall_E1', atLeast(0.75)],
  ['recall_e2', 'recall_E2', atLeast(0.5)],
  ['recall_e3', 'recall_E3', atLeast(0.25)],
  ['recall_at_request_fpr_1e-4', 'recall_at_rate', atLeast(0.5)],
  ['seconds_to_detection_median', 'seconds_to_detection', atMost(600)],
  ['requests_to_detection_median', 'requests_to_detection', atMost(50)],
  ['leak_e0', 'leak_E0_sallyport', atMost(0.2)],
  ['leak_e1', 'leak_E1_sallyport', atMost(0.5)],
  ['leak', 'leak_sallyport'],
  ['leak_address_limit', 'leak_address_limit'],
  ['cost_of_a_gain_to_limit', 'cost_ratio_to_limit', atLeast(2)],
  ['precision_findings', 'precision_findings', atLeast(0.9)],
  ['precision_actors_acted_on', 'precision_acted', atLeast(0.95)],
  ['collateral_identities', 'collateral_sallyport', atMost(0.001)],
  ['collateral_worst_cohort', 'collateral_worst_sallyport', atMost(0.01)],
  ['collateral_requests', 'collateral_requests_sallyport', atMost(0.001)],
  ['false_incidents_a_day', 'false_incidents_per_day', atMost(1)],
  ['false_actions_a_day', 'false_actions_per_day', atMost(1)],
];

export async function redteam(print: (text: string) => void): Promise<readonly Figure[]> {
  const command = join(repository, 'dist', 'cli', 'main.js');
  if (!existsSync(command)) throw new Skipped('dist/ is not built (npm run build)');
  const started = performance.now();
  const scenario = readScenario(
    resolve(process.env.REDTEAM_SCENARIO ?? join(repository, 'redteam/scenarios/week.yaml')),
  );
  const options = optionsOf(scenario, command, print);
  const measured: Measured[] = [];
  for (const [i, seed] of seeds().entries()) {
    // Other people's programs are slow: they see the first seed only.
    measured.push(await measureSeed(scenario, seed, { ...options, excerptLines: i === 0 ? options.excerptLines : 0 }));
  }
  const quiet = nullScenario(scenario);
  const nullRun = await measureNull(quiet, seeds()[0], { ...options, scale: nullScale(quiet) });
  const board = scoreboard({
    scenario: scenario.name,
    runs: measured.map((m) => m.score),
    nullRuns: [nullRun],
    peers: measured.flatMap((m) => m.peers),
    marginals: measured[0].marginals,
  });
  print(`\n${terminalReport(board, process.stdout.isTTY && !process.env.NO_COLOR)}`);
  print(`written: ${write(board).join(', ')}`);
  const minutes = (performance.now() - started) / 60_000;
  return [
    ...FIGURES.map((f) => figureOf(board, ...f)),
    ...familyFigures(board),
    { suite: SUITE, metric: 'minutes', value: minutes, target: atMost(MAX_MINUTES) },
  ];
}

/** `REDTEAM_SEEDS` (comma-separated), or today's date with 0, 1, 2 behind it: nobody has tuned anything with them. */
function seeds(): string[] {
  const given = process.env.REDTEAM_SEEDS;
  if (given) return given.split(',').map((s) => s.trim());
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  return Array.from({ length: SEEDS }, (_, i) => `${day}${i}`);
}

function optionsOf(scenario: Scenario, command: string, print: (text: string) => void): MeasureOptions {
  const exchanges = number('REDTEAM_EXCHANGES');
  const share = number('REDTEAM_SHARE');
  return {
    registry,
    command,
    excerptLines: number('REDTEAM_EXCERPT') ?? EXCERPT_LINES,
    print,
    ...(exchanges === undefined || scenario.exchanges === undefined ? {} : { scale: exchanges / scenario.exchanges }),
    ...(share === undefined ? {} : { share }),
  };
}

/** `REDTEAM_NULL_SCENARIO`, else null-month.yaml beside the other scenarios, else the given one without campaigns for thirty days. */
function nullScenario(scenario: Scenario): Scenario {
  const usual = join(repository, 'redteam/scenarios/null-month.yaml');
  const path = process.env.REDTEAM_NULL_SCENARIO ?? (existsSync(usual) ? usual : undefined);
  if (path !== undefined) return readScenario(resolve(path));
  return {
    ...scenario,
    name: 'null',
    world: { ...scenario.world, duration: `${NULL_DAYS}d` },
    exchanges: NULL_EXCHANGES,
    campaigns: [],
  };
}

/** The null run shrinks with the runs; `REDTEAM_NULL_EXCHANGES` says otherwise. */
function nullScale(quiet: Scenario): number {
  const size = quiet.exchanges ?? NULL_EXCHANGES;
  const given = number('REDTEAM_NULL_EXCHANGES');
  if (given !== undefined) return given / size;
  return Math.min(1, (number('REDTEAM_EXCHANGES') ?? 5_000_000) / 5_000_000);
}

function number(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`${name} is no number: ${text}`);
  return value;
}

/** Writes the scoreboard into `REDTEAM_OUT` (`.sallyport/redteam` of the repository, which is not committed). */
function write(board: Scoreboard): string[] {
  const directory = resolve(repository, process.env.REDTEAM_OUT ?? '.sallyport/redteam');
  mkdirSync(directory, { recursive: true });
  const paths = ['scoreboard.json', 'scoreboard.html', 'scoreboard.txt'].map((name) => join(directory, name));
  const texts = [jsonReport(board), htmlReport(board), terminalReport(board)];
  for (const [i, path] of paths.entries()) writeFileSync(path, texts[i]);
  return paths;
}

function figureOf(board: Scoreboard, metric: string, name: string, target?: Target): Figure {
  const estimate = board.figures[name];
  const { mean, low, high } = estimate ?? { mean: null, low: null, high: null };
  const round = (n: number): string => String(Number(n.toPrecision(3)));
  const note = low === null || high === null ? 'no interval' : `95 % ${round(low)} to ${round(high)}`;
  return { suite: SUITE, metric, value: mean, note, ...(target ? { target } : {}) };
}

/** Families that no campaign was ever found of, whatever its level: what nothing covers. */
function familyFigures(board: Scoreboard): Figure[] {
  const ran = [...new Set(board.families.filter((r) => r.campaigns > 0).map((r) => r.family))];
  const missed = ran.filter((family) => board.families.every((r) => r.family !== family || r.found === 0));
  return [
    {
      suite: SUITE,
      metric: 'families_never_found',
      value: missed.length,
      target: atMost(0),
      note: missed.length > 0 ? missed.join(', ') : `of ${ran.length}`,
    },
  ];
}
