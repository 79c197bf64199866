/** `sallyport try FILE…`: who abused this API, how that is known, what to do, and whom it would hurt. */
import { type Command, Option } from 'commander';
import { EMIT_TARGETS, EMITTERS, type EmitTarget } from '../doors/replay/render/emit/index.ts';
import { renderHtml } from '../doors/replay/render/html.ts';
import { renderTerminal } from '../doors/replay/render/terminal.ts';
import { pad, printable } from '../doors/replay/render/text.ts';
import { ACTIONS, actorName, severity, verdict, when } from '../doors/replay/render/words.ts';
import { SallyportError } from '../lib/errors.ts';
import type { Action, Finding, Report } from '../runtime/report.ts';
import { EXIT } from './exit.ts';
import { checkOutput, jsonText, rememberTry, writeOutput } from './files.ts';
import {
  addRunOptions,
  outputFile,
  parseCookieName,
  parseTtl,
  type RunFlags,
  runOptions,
  wholeNumber,
} from './options.ts';
import type { Cli } from './ports.ts';
import { type ProgressView, progressView } from './progress.ts';
import { columnsOf, paintFor } from './screen.ts';

interface TryFlags extends RunFlags {
  readonly follow?: boolean;
  readonly journal?: string;
  readonly snapshot?: string;
  readonly html?: string;
  readonly json?: string;
  readonly emit?: EmitTarget;
  readonly ttl?: number;
  readonly sessionCookie?: string;
  readonly top?: number;
  readonly failOn?: Action;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLES = `
Examples:
  What happened here?
    sallyport try /var/log/nginx/access.log
  Several files and archives, put in order by time
    sallyport try access.log access.log.1 'access.log.*.gz'
  A format of your own: the string as it stands in nginx.conf
    sallyport try access.log --pattern '$remote_addr [$time_iso8601] "$request" $status $request_time'
  From a pipe
    kubectl logs deploy/gateway | sallyport try -
  A page to look through and to hand on
    sallyport try access.log --html report.html
  A mitigation that ends by itself, to review and paste
    sallyport try access.log --emit nginx --ttl 2h > sallyport.conf
  As a check in a pipeline: exit code 1 if anyone should be blocked
    sallyport try access.log --quiet --fail-on block
  Keep watching, through log rotation
    sallyport try --follow /var/log/nginx/access.log

Nothing is ever blocked, and the log never leaves this machine. Exit codes: docs/cli.md.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addTry(program: Command, cli: Cli, done: (code: number) => void): void {
  const command = program
    .command('try')
    .summary('tell who abused an API, from its access log')
    .description(
      'Reads access logs and reports who abused the API: what they did, since when, how that is known, how sure it\n' +
        'is, what to do about it, and whom that would hurt. Formats are found out; .gz and .zst are read directly.',
    )
    .argument('[files...]', 'files, directories, patterns such as "logs/*.gz", or - for standard input');
  addRunOptions(command)
    .option('--follow', 'keep reading as the log grows; Ctrl-C ends it with the report')
    .option('--journal <file>', 'write what was read and decided, for sallyport replay')
    .option('--snapshot <file>', 'resume the state from this file, and write it there at the end')
    .addOption(new Option('--html <file>', 'write one self-contained page').argParser(outputFile('.html', '.htm')))
    .addOption(new Option('--json [file]', 'write the report as JSON: into a .json file, or instead of the text'))
    .addOption(new Option('--emit <target>', 'print an expiring mitigation instead of the text').choices(EMIT_TARGETS))
    .addOption(new Option('--ttl <duration>', 'how long an emitted mitigation stands').argParser(parseTtl))
    .addOption(
      new Option('--session-cookie <name>', 'cookie that carries the session, for --emit').argParser(parseCookieName),
    )
    .addOption(new Option('--top <n>', 'actors to show in full').default(10).argParser(wholeNumber(1, 100_000)))
    .addOption(
      new Option('--fail-on <action>', 'exit with 1 if an actor is recommended for this or more').choices(
        ACTIONS.slice(1),
      ),
    )
    .option('-q, --quiet', 'print neither progress nor text: only files and the exit code')
    .option('--color', 'colour even where it is not a terminal')
    .option('--no-color', 'no colour')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: TryFlags) => done(await tryVerb(files, flags, cli)));
}

async function tryVerb(files: readonly string[], flags: TryFlags, cli: Cli): Promise<number> {
  const inputs = files.length > 0 ? [...files] : standardInput(cli);
  checkFlags(flags, inputs, cli);
  const columns = columnsOf(cli.stderr, cli.env);
  const view = progressView(cli.stderr, columns, flags.quiet === true);
  let report: Report;
  try {
    report = await cli.ports.runTry({
      ...(await runOptions(inputs, flags, cli)),
      ...(flags.follow && { follow: true, onFinding: (finding) => announce(finding, view, flags, cli) }),
      ...(flags.journal !== undefined && { journal: flags.journal }),
      ...(flags.snapshot !== undefined && { snapshot: flags.snapshot }),
      onProgress: (progress) => view.show(progress),
    });
  } finally {
    view.clear();
  }
  deliver(report, flags, cli);
  remember(report, inputs, flags, cli);
  return exitCode(report, flags, cli);
}

function standardInput(cli: Cli): string[] {
  if (!cli.stdinIsTTY) return ['-'];
  throw new SallyportError('SP9002', 'try needs a log to read', {
    advice: 'Name files, as in sallyport try /var/log/nginx/access.log, or pipe a log in.',
  });
}

function checkFlags(flags: TryFlags, inputs: readonly string[], cli: Cli): void {
  const wrong = (message: string, advice: string): never => {
    throw new SallyportError('SP9002', message, { advice });
  };
  if (flags.emit !== undefined && flags.json === '-') {
    wrong('--emit and --json both want standard output', 'Name a file for one: --json report.json');
  }
  if (flags.emit === undefined && (flags.ttl !== undefined || flags.sessionCookie !== undefined)) {
    wrong('--ttl and --session-cookie say how --emit writes', `Add --emit ${EMIT_TARGETS.join('|')}.`);
  }
  if (flags.format !== undefined && flags.pattern !== undefined) {
    wrong('--format and --pattern contradict each other', 'A pattern is a format of its own: leave --format out.');
  }
  if (flags.follow && inputs.includes('-')) {
    wrong('standard input cannot be followed', 'Leave --follow out: a pipe is read until it ends.');
  }
  if (flags.json !== undefined) outputFile('.json')(flags.json);
  for (const file of [flags.html, flags.json, flags.journal, flags.snapshot]) {
    if (file !== undefined && file !== '-') checkOutput(file, inputs, cli.cwd);
  }
}

/** With --follow, findings are said as they come about. */
function announce(finding: Finding, view: ProgressView, flags: TryFlags, cli: Cli): void {
  if (flags.quiet || flags.json === '-' || flags.emit !== undefined) return;
  view.clear();
  const paint = paintFor(cli.stdout, cli.env, flags.color);
  const who = paint.bold(printable(actorName(finding.actor)));
  const what = pad(finding.class, 20);
  cli.stdout.write(
    `${paint.dim(when(finding.detected_at))}  ${what}${who}  ${printable(finding.why)} ${paint.dim(finding.id)}\n`,
  );
}

function deliver(report: Report, flags: TryFlags, cli: Cli): void {
  const written: string[] = [];
  if (flags.html !== undefined && flags.html !== '-') {
    writeOutput(flags.html, renderHtml(report), cli.cwd);
    written.push(flags.html);
  }
  if (flags.json !== undefined && flags.json !== '-') {
    writeOutput(flags.json, jsonText(report), cli.cwd);
    written.push(flags.json);
  }
  if (flags.emit !== undefined) {
    const options = { nowMs: cli.now(), ttlMs: flags.ttl, sessionCookie: flags.sessionCookie };
    cli.stdout.write(EMITTERS[flags.emit](report, options));
  } else if (flags.json === '-') cli.stdout.write(jsonText(report));
  else if (flags.html === '-') cli.stdout.write(renderHtml(report));
  else {
    if (!flags.quiet) {
      const paint = paintFor(cli.stdout, cli.env, flags.color);
      cli.stdout.write(
        renderTerminal(report, { width: columnsOf(cli.stdout, cli.env), paint, top: flags.top, written }),
      );
    }
    return;
  }
  // Whoever pipes the mitigation or the JSON away still sees what it is about.
  if (!flags.quiet) cli.stderr.write(`${verdict(report).headline}\n`);
}

function remember(report: Report, inputs: readonly string[], flags: TryFlags, cli: Cli): void {
  const { format, pattern, config, workers, lateness, seed } = flags;
  rememberTry(cli, {
    version: 1,
    at: new Date(cli.now()).toISOString(),
    cwd: cli.cwd,
    inputs,
    flags: { format, pattern, config, workers, lateness, seed },
    decision_hash: report.decision_hash,
  });
}

function exitCode(report: Report, flags: TryFlags, cli: Cli): number {
  // Ctrl-C is how --follow ends.
  if (cli.signal.aborted && !flags.follow) return EXIT.interrupted;
  if (report.exchanges === 0) return EXIT.input;
  const from = flags.failOn === undefined ? Number.POSITIVE_INFINITY : severity(flags.failOn);
  return report.actors.some((actor) => severity(actor.recommended) >= from) ? EXIT.found : EXIT.ok;
}
