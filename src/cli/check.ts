/** `sallyport check`: what is wrong with a configuration, what is probably not meant, and what it puts in force. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { CheckedConfig } from '../config/load.ts';
import type { Problem } from '../config/problems.ts';
import { escapeUnprintable } from '../doors/replay/render/text.ts';
import { ERRORS } from '../lib/errors.ts';
import { effectiveConfig, summaryOf } from './check-summary.ts';
import { problemsText, summaryText, verdictText } from './check-text.ts';
import { EXIT } from './exit.ts';
import { jsonText, USUAL_CONFIG } from './files.ts';
import type { Cli } from './ports.ts';
import { columnsOf, paintFor } from './screen.ts';

interface CheckFlags {
  readonly json?: boolean;
  readonly print?: boolean;
}

const HELP = `
Examples:
    sallyport check
    sallyport check /etc/sallyport/sallyport.yaml --print
    sallyport check --json | jq .problems

Nothing is started. Exit code 0 where the configuration is good, warnings or not; 2 where it is wrong. docs/check.md.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addCheck(program: Command, cli: Cli, done: (code: number) => void): void {
  program
    .command('check')
    .summary('check a configuration, and say what it puts in force')
    .description('Checks a configuration and the files it names: all mistakes at once, with places and hints.')
    .argument('[file]', 'the configuration', USUAL_CONFIG)
    .option('--json', 'as JSON')
    .option('--print', 'print the whole configuration as it is in force, secrets left out')
    .addHelpText('after', HELP)
    .action(async (file: string, flags: CheckFlags) => {
      const nowMs = cli.now();
      const checked = await cli.ports.checkConfig(file, nowMs);
      if (flags.json) cli.stdout.write(jsonText(checkReport(checked, nowMs)));
      else show(checked, flags, cli, nowMs);
      done(checked.loaded === null ? EXIT.usage : EXIT.ok);
    });
}

function show(checked: CheckedConfig, flags: CheckFlags, cli: Cli, nowMs: number): void {
  // What was found goes where messages go, so that --print can be piped into a file.
  const paint = paintFor(cli.stderr, cli.env, undefined);
  const room = columnsOf(cli.stderr, cli.env);
  cli.stderr.write(problemsText(checked, paint, room) + verdictText(checked));
  if (checked.loaded === null) return;
  if (flags.print) {
    cli.stdout.write(
      escapeUnprintable(stringify(effectiveConfig(checked.loaded.config), { aliasDuplicateObjects: false })),
    );
    return;
  }
  const summary = summaryOf(checked.loaded, nowMs);
  cli.stdout.write(summaryText(summary, paintFor(cli.stdout, cli.env, undefined), columnsOf(cli.stdout, cli.env)));
}

/** The answer of --json. Stable; new fields may be added. */
function checkReport(checked: CheckedConfig, nowMs: number): object {
  const entry = ({ code, line, column, message }: Problem) => ({
    code,
    line,
    column,
    message,
    advice: ERRORS[code].advice,
  });
  return {
    check_version: 1,
    file: checked.file,
    ok: checked.loaded !== null,
    problems: checked.problems.map(entry),
    warnings: checked.warnings.map(entry),
    summary: checked.loaded === null ? null : summaryOf(checked.loaded, nowMs),
  };
}
