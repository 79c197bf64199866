/** The verbs of the command line that keep the score: `score` and `marginals`. */
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { costCents } from '../attack/index.ts';
import type { CampaignResult } from '../simulate/index.ts';
import { readTruth } from '../simulate/index.ts';
import { readCombined } from './marginals/combined.ts';
import type { MarginalTable } from './marginals/compare.ts';
import { compareWithReal, worldSamplers } from './marginals/real.ts';
import { htmlReport } from './report/html.ts';
import { jsonReport } from './report/json.ts';
import { marginalText, terminalReport } from './report/terminal.ts';
import { type CampaignFacts, scoreRun } from './run.ts';
import { readDecisions, readReport } from './said.ts';
import { scoreboard } from './scoreboard.ts';

interface ScoreOptions {
  readonly report: string;
  readonly decisions: string;
  readonly html?: string;
  readonly json?: string;
}

/** What `simulate` says of a run in `run.json`. */
interface RunFile {
  readonly scenario: string;
  readonly seed: string;
  readonly startMs: number;
  readonly exchanges: number;
  readonly campaigns: readonly CampaignResult[];
}

/** Adds the verbs. */
export function addScore(program: Command): void {
  program
    .command('score')
    .description('who was found in a recorded run, when, what got through, and whom it hurt')
    .argument('<directory>', 'what `simulate` wrote, with the truth in it')
    .requiredOption('--report <file>', 'report of the system under test: try EVENTS --json FILE')
    .requiredOption('--decisions <file>', 'its decision lines: replay EVENTS > FILE')
    .option('--html <file>', 'write the scoreboard as a page')
    .option('--json <file>', 'write the scoreboard as a document')
    .action(score);
  program
    .command('marginals')
    .description('how real a recorded run is: its distributions against real logs (SALLYPORT_EVAL_DATA)')
    .argument('<directory>', 'what `simulate` wrote, with access.log in it')
    .action(async (directory: string) => {
      process.stdout.write(`${marginalText(await marginalsOf(directory))}\n`);
    });
}

async function score(directory: string, options: ScoreOptions): Promise<void> {
  const about = runFile(directory);
  const run = scoreRun({
    seed: about.seed,
    truth: readTruth(join(directory, 'truth')),
    said: readReport(options.report),
    decisions: await readDecisions(options.decisions),
    facts: about.campaigns.map(factsOf),
  });
  const marginals = existsSync(join(directory, 'access.log')) ? await marginalsOf(directory) : null;
  const board = scoreboard({ scenario: about.scenario, runs: [run], nullRuns: [], marginals });
  process.stdout.write(terminalReport(board, process.stdout.isTTY === true));
  if (options.html !== undefined) writeFileSync(options.html, htmlReport(board));
  if (options.json !== undefined) writeFileSync(options.json, jsonReport(board));
}

function runFile(directory: string): RunFile {
  return JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunFile;
}

/** What a campaign cost, from what it spent. */
export function factsOf({ plan, unit, spend }: Pick<CampaignResult, 'plan' | 'unit' | 'spend'>): CampaignFacts {
  return { name: plan.name, family: plan.family, level: plan.level, unit, costCents: costCents(spend, plan.level) };
}

/** Samples the access log of a run. It does not say who is who, so everybody stands for people too. */
async function marginalsOf(directory: string): Promise<MarginalTable> {
  const { startMs, exchanges } = runFile(directory);
  const { everybody, people } = worldSamplers(startMs, exchanges);
  const input = createReadStream(join(directory, 'access.log'), 'latin1');
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const read = readCombined(line);
    if (!read) continue;
    everybody.add(read);
    people.add(read);
  }
  return compareWithReal({ everybody: everybody.sample(), people: people.sample() });
}
