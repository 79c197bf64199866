/** `sallyport replay FILE…`: events in, decisions out, as JSON lines. */
import type { Command } from 'commander';
import { escapeUnprintable } from '../doors/replay/render/text.ts';
import { counted } from '../doors/replay/render/words.ts';
import { SallyportError } from '../lib/errors.ts';
import { EXIT } from './exit.ts';
import { addRunOptions, type RunFlags, runOptions } from './options.ts';
import type { Cli } from './ports.ts';
import { progressView } from './progress.ts';
import { columnsOf } from './screen.ts';

interface ReplayFlags extends RunFlags {
  readonly held?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  Write a journal, and decide it again
    sallyport try access.log --journal run.journal
    sallyport replay run.journal > decisions.jsonl
  Events of your own, as JSON lines (docs/events.md)
    sallyport replay events.jsonl
  Would another configuration have decided otherwise?
    sallyport replay run.journal > before.jsonl
    sallyport replay run.journal --config strict.yaml > after.jsonl
    diff before.jsonl after.jsonl
  Who would have been blocked, and when?
    sallyport replay run.journal | jq -r 'select(.action == "block") | [.time_ms, .actor.key] | @tsv'

  Which requests would be held, if what is observed were enforced?
    sallyport replay sallyport-data --held | jq -r 'select(.type == "request") | [.address, .route, .action] | @tsv'

Each line is one change of what is done about an actor; the last line is a summary with the decision hash. The same
input, versions and seed give the same lines. Exit codes: docs/cli.md.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addReplay(program: Command, cli: Cli, done: (code: number) => void): void {
  const command = program
    .command('replay')
    .summary('run events or a journal through the engine: decisions as JSON lines')
    .description(
      'Runs journals, event files or logs through the engine and prints every decision as a line of JSON, in the\n' +
        'order in which they were taken.',
    )
    .argument('[files...]', 'journals, event files or logs, or - for standard input');
  addRunOptions(command)
    .option('--held', 'a line, too, for every request that would be held if every policy were in force')
    .option('-q, --quiet', 'no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: ReplayFlags) => done(await replayVerb(files, flags, cli)));
}

async function replayVerb(files: readonly string[], flags: ReplayFlags, cli: Cli): Promise<number> {
  if (files.length === 0 && cli.stdinIsTTY) {
    throw new SallyportError('SP9002', 'replay needs a journal, events or a log to read', {
      advice: 'Name files, as in sallyport replay run.journal, or pipe events in.',
    });
  }
  const line = (value: unknown): string => `${escapeUnprintable(JSON.stringify(value))}\n`;
  const view = progressView(cli.stderr, columnsOf(cli.stderr, cli.env), flags.quiet === true);
  try {
    const summary = await cli.ports.runReplay({
      ...(await runOptions(files.length > 0 ? files : ['-'], flags, cli)),
      onProgress: (progress) => view.show(progress),
      onDecision: (decision) => cli.stdout.write(line(decision)),
      ...(flags.held && { onRequest: (request) => cli.stdout.write(line(request)) }),
    });
    view.clear();
    cli.stdout.write(line(summary));
    if (!flags.quiet) {
      const decided = `${counted(summary.decisions, 'decision')} on ${counted(summary.events, 'event')}`;
      cli.stderr.write(`${decided}, hash ${summary.decision_hash}\n`);
    }
    if (cli.signal.aborted) return EXIT.interrupted;
    return summary.events === 0 ? EXIT.input : EXIT.ok;
  } finally {
    view.clear();
  }
}
