/** `sallyport serve`: the gateway in front of an API. */
import type { Command } from 'commander';
import { SallyportError } from '../lib/errors.ts';
import { EXIT } from './exit.ts';
import { wholeNumber } from './options.ts';
import type { Cli } from './ports.ts';
import { paintFor } from './screen.ts';
import type { Overrides } from './serve/overrides.ts';
import type { Serving } from './serve/serving.ts';

interface ServeFlags extends Overrides {
  readonly config?: string;
  readonly ephemeral?: boolean;
  readonly json?: boolean;
}

const HELP = `
Examples:
    sallyport serve --upstream http://127.0.0.1:3000
    sallyport serve --config sallyport.yaml
    sallyport serve --config sallyport.yaml --enforce

It observes until told otherwise: everything is scored and shown on the live page, nothing is held. --enforce, or
"mode: enforce" in the configuration, turns the shipped policies on; sallyport mode observe turns them off again while
it runs. SIGHUP takes the configuration over anew without losing a request; SIGTERM and Ctrl-C let requests end first.
docs/gateway.md is the guide.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addServe(program: Command, cli: Cli, done: (code: number) => void): void {
  program
    .command('serve')
    .summary('stand in front of an API as a reverse proxy that sees, decides and acts')
    .description('Runs the gateway: a reverse proxy with the engine in its request path, and a live page beside it.')
    .option('-c, --config <file>', 'configuration (sallyport.yaml)')
    .option('-u, --upstream <url>', 'the server behind, over the configuration: http://127.0.0.1:3000')
    .option('-l, --listen <address>', 'port or address:port to listen on, over the configuration')
    .option('--admin <address>', 'where the live page and the operator API listen, over the configuration')
    .option('--enforce', 'act: the shipped policies are enforced')
    .option('--data-dir <dir>', 'ledger, journal and keys, over the configuration')
    .option('--workers <n>', 'processes that do the input and output', wholeNumber(1, 64))
    .option('--ephemeral', 'keep nothing on disk')
    .option('--json', 'one line of JSON when it listens, instead of the greeting')
    .addHelpText('after', HELP)
    .action(async (flags: ServeFlags) => {
      const { config, upstream, listen, admin, enforce, dataDir, workers } = flags;
      const serving = await cli.ports.serve({
        load: async () => cli.ports.loadConfig(config),
        overrides: { upstream, listen, admin, enforce, dataDir, workers },
        ephemeral: flags.ephemeral ?? false,
        onNote: (text) => cli.stderr.write(`${text}\n`),
      });
      cli.stdout.write(flags.json ? `${JSON.stringify(listening(serving))}\n` : greeting(serving, cli));
      await untilStopped(serving, cli);
      done(EXIT.ok);
    });
}

const listening = (s: Serving) => ({
  listening: s.urls[0] ?? '',
  urls: s.urls,
  admin: s.adminLink,
  mode: s.mode,
  upstreams: s.upstreams,
  data_dir: s.dataDir,
  known_as_of: s.knownAsOf,
  pid: process.pid,
});

function greeting(serving: Serving, cli: Cli): string {
  const paint = paintFor(cli.stdout, cli.env, undefined);
  const { urls, upstreams, mode } = serving;
  const acts =
    mode === 'enforce'
      ? 'It enforces the shipped policies.'
      : 'It observes: nothing is held. Turn the policies on with --enforce or "mode: enforce".';
  return [
    `${paint.bold('Sallyport')} stands at ${paint.bold(urls.join(', '))} in front of ${upstreams.join(', ')}.`,
    acts,
    `Live page: ${serving.adminLink}`,
    `Data: ${serving.dataDir}${serving.knownAsOf === '' ? '' : `, with what was known of callers at ${serving.knownAsOf}`}`,
    'Ctrl-C stops it: requests under way are finished first.',
    '',
  ].join('\n');
}

/** Runs until the process is told to stop; each hang-up is a reload. */
async function untilStopped(serving: Serving, cli: Cli): Promise<void> {
  const end = cli.ports.onHangup(() => {
    serving.reopen();
    serving.reload('SIGHUP').then(
      ({ changed, needs_restart: needs }) => {
        const restart = needs.length === 0 ? '' : `; after a restart: ${needs.join(', ')}`;
        cli.stderr.write(`Reloaded: ${changed.length === 0 ? 'nothing has changed' : changed.join(', ')}${restart}.\n`);
      },
      (error: Error) => {
        const code = error instanceof SallyportError ? error.code : 'SP7008';
        cli.stderr.write(`${code}: ${error.message}\n`);
      },
    );
  });
  await new Promise<void>((resolve) => {
    if (cli.signal.aborted) resolve();
    else cli.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  end();
  await serving.stop();
}
