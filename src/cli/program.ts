/** The whole command line: verbs, help, errors, exit codes. */
import { Command, CommanderError } from 'commander';
import { printable } from '../doors/replay/render/text.ts';
import { errorText, SallyportError } from '../lib/errors.ts';
import { addCaptures } from './captures.ts';
import { addCheck } from './check.ts';
import { addDoctor } from './doctor.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { addExplain } from './explain.ts';
import { addInventory } from './inventory.ts';
import { addKeys } from './keys.ts';
import { addLedger } from './ledger.ts';
import { addDetectors, addFormats } from './lists.ts';
import { addOperate } from './operate.ts';
import { untangleJson } from './options.ts';
import { addPlans } from './plans.ts';
import type { Cli } from './ports.ts';
import { addReplay } from './replay.ts';
import { columnsOf } from './screen.ts';
import { addServe } from './serve.ts';
import { addTry } from './try.ts';

const EXAMPLES = `
Start here:
    sallyport try /var/log/nginx/access.log

Then:
    sallyport explain F-0a1b2c3d4e                     how a finding came about, and what would have flipped it
    sallyport try access.log --html report.html        a page with the time chart and all evidence
    sallyport try access.log --emit nginx              an expiring mitigation to review and paste
    sallyport help try                                 everything that try can do

Sallyport only watches unless you tell it otherwise. It reads logs on this machine and sends nothing anywhere.
Exit codes: 0 ran to its end · 1 --fail-on was met · 2 command line or configuration · 3 input · 4 output ·
70 defect · 130 interrupted (docs/cli.md).`;

/** The program with all verbs. `done` receives the exit code of the verb that ran. */
export function buildProgram(cli: Cli, done: (code: number) => void): Command {
  const program = new Command('sallyport')
    .description(
      'Tells abuse of an API from its use: sees every exchange, explains every finding, undoes every action.',
    )
    .version(cli.ports.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [verb]', 'show help for a verb')
    .showSuggestionAfterError(true)
    .configureHelp({ helpWidth: Math.min(120, columnsOf(cli.stdout, cli.env)), showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      // Errors are printed in one place, with their code and advice.
      writeErr: () => {},
    })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addServe(program, cli, done);
  addTry(program, cli, done);
  addExplain(program, cli, done);
  addReplay(program, cli, done);
  addCheck(program, cli, done);
  addDoctor(program, cli, done);
  addOperate(program, cli, done);
  addKeys(program, cli, done);
  addCaptures(program, cli, done);
  addInventory(program, cli, done);
  addPlans(program, cli, done);
  addLedger(program, cli, done);
  addFormats(program, cli, done);
  addDetectors(program, cli, done);
  for (const verb of program.commands) verb.copyInheritedSettings(program).helpOption('-h, --help', 'show help');
  return program;
}

/** Runs the command line on the words after the program's name, and resolves with the exit code. Never rejects. */
export async function runCli(words: readonly string[], cli: Cli): Promise<number> {
  let code: number = EXIT.ok;
  const program = buildProgram(cli, (given) => {
    code = given;
  });
  try {
    if (words.length === 0) {
      cli.stdout.write(program.helpInformation() + EXAMPLES.concat('\n'));
      return EXIT.usage;
    }
    await program.parseAsync(untangleJson(words), { from: 'user' });
    return code;
  } catch (error) {
    return report(error, cli);
  }
}

function report(error: unknown, cli: Cli): number {
  if (error instanceof CommanderError) {
    // Help and version end with an exception too, and with code 0.
    if (error.exitCode === 0) return EXIT.ok;
    const message = error.message.replace(/^error: /, '');
    cli.stderr.write(`${printableText(errorText(new SallyportError('SP9002', message)))}\n`);
    return EXIT.usage;
  }
  if (cli.signal.aborted && !(error instanceof SallyportError)) {
    cli.stderr.write('Interrupted.\n');
    return EXIT.interrupted;
  }
  if (error instanceof SallyportError) {
    cli.stderr.write(`${printableText(errorText(error))}\n`);
    return exitCodeOf(error);
  }
  const defect = new SallyportError('SP9001', error instanceof Error ? error.message : String(error));
  cli.stderr.write(`${printableText(errorText(defect))}\n`);
  // The place helps whoever gets the report; a user's own mistake never comes here.
  if (error instanceof Error && error.stack) cli.stderr.write(`${printableText(error.stack)}\n`);
  return EXIT.defect;
}

/** Messages name files and quote configuration: escaped line by line. */
const printableText = (text: string): string => text.split('\n').map(printable).join('\n');
