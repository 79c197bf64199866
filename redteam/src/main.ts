/** The red team's command line. */
import { Command, CommanderError } from 'commander';
import { addCatalogue } from './cli/catalogue.ts';
import { EXIT, explain } from './cli/common.ts';
import { addLive } from './cli/live.ts';
import { addSimulate } from './cli/simulate.ts';
import { addScore } from './score/index.ts';

const HELP = `
Begin with:
  $ redteam simulate redteam/scenarios/quick.yaml --seed 1 --out run
  $ redteam families

Scenarios stand in redteam/scenarios; redteam/README.md says how to write one, and what the figures can and cannot prove.
Exit codes: 0 fine, 2 wrong command line, 3 an input that cannot be used, 4 output that cannot be written, 70 a defect,
130 interrupted.
`;

/** The program with all its verbs; it throws where commander would end the process. */
export function commandLine(): Command {
  const program = new Command('redteam')
    .description('Traffic, attacks and a scoreboard that share nothing with what they test.')
    .version('0.1.0', '-V, --version')
    .addHelpText('after', HELP)
    .showHelpAfterError('(redteam help VERB shows everything a verb can do)')
    .exitOverride();
  addSimulate(program);
  addLive(program);
  addScore(program);
  addCatalogue(program);
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
  }
  return program;
}

/** Runs one command line and returns the code to exit with. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await commandLine().parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (!(error instanceof CommanderError)) return explain(error);
    // Help and version are no errors; everything else of commander's is about the command line.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
