/** `redteam simulate`: a scenario into logs and the truth beside them. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { COMBINED_PATTERN, type LogFormat, type Recorded, readScenario, recordWorld } from '../simulate/index.ts';
import { duration, instant } from '../simulate/times.ts';
import { count, Progress, positive, share, table } from './common.ts';

interface Options {
  readonly seed: string;
  readonly out: string;
  readonly format: LogFormat;
  readonly share?: number;
  readonly scale?: number;
  readonly quiet: boolean;
}

const HELP = `
Writes into DIR:
  access.log     the combined format of nginx with duration, session and key behind it
  events.jsonl   what an application writes: exchanges and business events
  truth/         who every request came from and what it was worth, for 'redteam score'
  run.json       what was drawn, what every campaign sent, spent and got

Examples:
  $ redteam simulate redteam/scenarios/quick.yaml --seed 1 --out run
  $ redteam simulate redteam/scenarios/week.yaml --seed 2025-03-03/1 --share 0.1% --format both --out run
  $ redteam simulate redteam/scenarios/week.yaml --seed 1 --scale 0.02 --out small

The same scenario, seed, share and scale give the same files, byte for byte. A reader is told the log's format by:
  ${COMBINED_PATTERN}
`;

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .argument('<scenario>', 'a scenario file (YAML)')
    .description('run a world in simulated time and write its logs, with the truth beside them')
    .requiredOption('--seed <text>', 'everything that is drawn depends on it')
    .requiredOption('--out <dir>', 'where to write; made if it is not there')
    .addOption(
      new Option('--format <format>', 'which logs').choices(['combined', 'events', 'both']).default('combined'),
    )
    .option('--share <part>', "attackers' part of all requests, instead of the scenario's: 0.01 or '1%'", share)
    .option('--scale <factor>', 'factor on everything: 0.01 for a hundredth of the world', positive)
    .option('-q, --quiet', 'neither progress nor summary', false)
    .addHelpText('after', HELP)
    .action((path: string, options: Options) => {
      simulate(path, options);
    });
}

function simulate(path: string, options: Options): void {
  const { seed, out, format, quiet } = options;
  const scenario = readScenario(path);
  const line = new Progress(quiet);
  const startMs = instant(scenario.world.start) as number;
  const worldMs = duration(scenario.world.duration) as number;
  const progress = (timeMs: number, exchanges: number) => line.show((timeMs - startMs) / worldMs, exchanges);
  const recorded = recordWorld(scenario, seed, out, format, { ...options, progress });
  line.end();
  if (!quiet) process.stdout.write(summary(recorded, out, line.seconds));
}

function summary({ result, lost, logs }: Recorded, out: string, seconds: number): string {
  const cohorts = Object.entries(result.cohorts).map(([name, n]) => [name, count(n), part(n / result.exchanges)]);
  const campaigns = result.campaigns.map(({ plan, exchanges, gain, unit, spend }) => {
    return [plan.name, count(exchanges), count(spend.addresses), `${count(gain)} ${unit}`];
  });
  const files = Object.entries(logs).map(([name, bytes]) => `${join(out, name)} (${(bytes / 1e6).toFixed(1)} MB)`);
  const rate = `${count(result.exchanges / seconds)}/s`;
  return [
    table([['cohort', 'requests', 'part'], ...cohorts]),
    campaigns.length === 0 ? 'No campaigns.\n' : table([['campaign', 'requests', 'addresses', 'gain'], ...campaigns]),
    `${count(result.exchanges)} exchanges in ${seconds.toFixed(1)} s (${rate}), ${part(result.attackExchanges / result.exchanges)} of them ` +
      `attacks; ${count(lost)} lines lost by the log\n${[...files, join(out, 'truth'), join(out, 'run.json')].join('\n')}\n`,
  ].join('\n');
}

function part(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
