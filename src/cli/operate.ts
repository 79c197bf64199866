/** `status`, `mitigations`, `undo`, `mode` and `reload`: what an operator asks of a running Sallyport. */
import { Argument, type Command } from 'commander';
import type { Paint } from '../doors/replay/render/text.ts';
import { type AdminClient, type AdminFlags, adminClient } from './admin-client.ts';
import { EXIT } from './exit.ts';
import { jsonText } from './files.ts';
import { facts, mitigationsText, receiptText, statusText } from './operate-text.ts';
import type { Cli } from './ports.ts';
import { columnsOf, paintFor } from './screen.ts';

/** Mitigations listed with --all. */
const MOST_LISTED = 1000;

export interface Flags extends AdminFlags {
  readonly json?: boolean;
}

interface ReasonFlags extends Flags {
  readonly reason: string;
}

type Done = (code: number) => void;

/** Adds the verbs to the program. `done` receives the exit code. */
export function addOperate(program: Command, cli: Cli, done: Done): void {
  addStatus(program, cli, done);
  addMitigations(program, cli, done);
  addUndo(program, cli, done);
  addMode(program, cli, done);
  addReload(program, cli, done);
}

/** What all of them understand: which Sallyport is meant, and whether people or programs read the answer. */
export function remote(command: Command): Command {
  return command
    .option('--admin <url>', 'its admin listener, instead of the one in the configuration')
    .option('--token-file <file>', 'file with the admin token, instead of the one in the configuration')
    .option('-c, --config <file>', 'configuration; sallyport.yaml here if there is one')
    .option('--json', 'as JSON');
}

/** Prints an answer: as JSON, or as the text that `say` makes of it. */
export async function answer<T>(
  flags: Flags,
  cli: Cli,
  ask: (client: AdminClient) => Promise<T>,
  say: (value: T, width: number, paint: Paint) => string,
): Promise<void> {
  const value = await ask(await adminClient(flags, cli));
  const text = flags.json
    ? jsonText(value)
    : say(value, columnsOf(cli.stdout, cli.env), paintFor(cli.stdout, cli.env, undefined));
  cli.stdout.write(text);
}

/** Who acts, for the ledger: what the system calls the user. A claim, as the token is one for all. */
export const whoami = (cli: Cli): string => cli.env.SUDO_USER || cli.env.USER || cli.env.LOGNAME || 'operator';

function addStatus(program: Command, cli: Cli, done: Done): void {
  remote(program.command('status'))
    .summary('what a running Sallyport does, and what it has seen')
    .description('Says in which mode a running Sallyport is, what it has seen, and how the servers behind it are.')
    .addHelpText(
      'after',
      `
Examples:
    sallyport status
    sallyport status --admin http://127.0.0.1:9464 --token-file sallyport-data/admin.token`,
    )
    .action(async (flags: Flags) => {
      await answer(flags, cli, (client) => client.status(), statusText);
      done(EXIT.ok);
    });
}

function addMitigations(program: Command, cli: Cli, done: Done): void {
  remote(program.command('mitigations'))
    .summary('what stands against whom, and why')
    .description('Lists the mitigations that stand, newest first: who, what is done, how that is known, for how long.')
    .option('--all', 'those that have expired or were undone, too')
    .addHelpText(
      'after',
      `
Examples:
    sallyport mitigations
    sallyport mitigations --all --json
    sallyport undo M-0a1b2c3d4e --reason "our own load test"`,
    )
    .action(async (flags: Flags & { all?: boolean }) => {
      const filter = { limit: MOST_LISTED, ...(!flags.all && { active: true }) };
      await answer(
        flags,
        cli,
        (client) => client.mitigations(filter),
        (list, width, paint) =>
          list.length > 0
            ? mitigationsText(list, width, paint, cli.now())
            : flags.all
              ? 'There has been none yet.\n'
              : 'None stands. sallyport mitigations --all shows earlier ones.\n',
      );
      done(EXIT.ok);
    });
}

function addUndo(program: Command, cli: Cli, done: Done): void {
  remote(program.command('undo'))
    .summary('take a mitigation back, with everything that came of it')
    .description(
      'Takes a mitigation back: lifts it and what was derived from it, forgets what was held against the actor, and gives ' +
        'it a time of grace. Prints what was done, and what cannot be.',
    )
    .argument('<id>', 'the mitigation: M- and ten hex digits')
    .requiredOption('--reason <text>', 'why it is wrong; it is kept in the ledger')
    .addHelpText(
      'after',
      `
Examples:
    sallyport undo M-0a1b2c3d4e --reason "our own load test"

A different kind of abuse by the same actor is still caught. docs/admin.md.`,
    )
    .action(async (id: string, flags: ReasonFlags) => {
      await answer(flags, cli, (client) => client.undo(id, whoami(cli), flags.reason), receiptText);
      done(EXIT.ok);
    });
}

function addMode(program: Command, cli: Cli, done: Done): void {
  remote(program.command('mode'))
    .summary('switch all enforcement off or on')
    .description(
      'The kill switch. observe: nothing is acted on from this moment, everything is still scored. enforce: policies that ' +
        'enforce act again.',
    )
    .addArgument(new Argument('<mode>', 'what to do from now on').choices(['observe', 'enforce']))
    .requiredOption('--reason <text>', 'why; it is kept in the ledger')
    .addHelpText(
      'after',
      `
Examples:
    sallyport mode observe --reason "a partner is hurt"
    sallyport mode enforce --reason "the partner is exempt now"

It lasts until the next switch or restart; the key "mode" of the configuration says how serve starts.`,
    )
    .action(async (mode: string, flags: ReasonFlags) => {
      await answer(
        flags,
        cli,
        (client) => client.setMode(mode, whoami(cli), flags.reason),
        (value) =>
          value.mode === 'observe' ? 'Observing: nothing is acted on any more.\n' : 'Enforcing: policies act.\n',
      );
      done(EXIT.ok);
    });
}

function addReload(program: Command, cli: Cli, done: Done): void {
  remote(program.command('reload'))
    .summary('make a running Sallyport read its configuration again')
    .description('Makes a running Sallyport read its configuration again. A wrong one changes nothing.')
    .addHelpText(
      'after',
      `
Examples:
    sallyport check sallyport.yaml && sallyport reload`,
    )
    .action(async (flags: Flags) => {
      await answer(
        flags,
        cli,
        (client) => client.reload(),
        (receipt, width, paint) =>
          `The configuration is in force.\n${facts(
            [
              ['changed', receipt.changed.join(', ') || 'nothing'],
              ['needs a restart', receipt.needs_restart.join(', ') || 'nothing'],
            ],
            width,
            paint,
          )}`,
      );
      done(EXIT.ok);
    });
}
