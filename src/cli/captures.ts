/** `captures`: which raw requests a running Sallyport keeps, and one of them, on record. */
import type { Command } from 'commander';
import { columns, escapeUnprintable, type Paint, printable } from '../doors/replay/render/text.ts';
import { counted, when } from '../doors/replay/render/words.ts';
import type { ListedCapture, ReadCapture } from './admin-client.ts';
import { EXIT } from './exit.ts';
import { answer, type Flags, remote, whoami } from './operate.ts';
import { facts } from './operate-text.ts';
import { wholeNumber } from './options.ts';
import type { Cli } from './ports.ts';

const SHOWN = 20;
const MOST_SHOWN = 1000;

const HELP = `
Examples:
    sallyport captures
    sallyport captures read C-019b2f0c5a1e0a1b2c3d --reason "case 17"

Captured is what gateway.routes[].capture asks for, until the date that stands there. docs/captures.md.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addCaptures(program: Command, cli: Cli, done: (code: number) => void): void {
  const verb = program
    .command('captures')
    .summary('raw requests that are kept, and one of them')
    .description('Lists the raw requests that a running Sallyport has captured, newest first, or shows one.')
    .addHelpText('after', HELP);
  remote(verb.command('list', { isDefault: true }).description('What there is, newest first.'))
    .option('--last <n>', 'how many', wholeNumber(1, MOST_SHOWN), SHOWN)
    .action(async (flags: Flags & { last: number }) => {
      await answer(flags, cli, (client) => client.captures(flags.last), listText);
      done(EXIT.ok);
    });
  remote(
    verb
      .command('read')
      .description('Shows one request. Who reads it and why stands in the ledger before it is shown.'),
  )
    .argument('<id>', 'the capture: C- and twenty hex digits')
    .requiredOption('--reason <text>', 'why you have to see it; it is kept in the ledger')
    .action(async (id: string, flags: Flags & { reason: string }) => {
      await answer(flags, cli, (client) => client.readCapture(id, whoami(cli), flags.reason), captureText);
      done(EXIT.ok);
    });
}

const statusText = (status: number): string => (status === 0 ? 'no answer' : String(status));

/** One line a capture. */
function listText(list: readonly ListedCapture[], width: number, paint: Paint): string {
  if (list.length === 0)
    return 'Nothing is captured. gateway.routes[].capture says of a route that it is (docs/captures.md).\n';
  const head = ['id', 'captured (UTC)', 'method', 'route', 'answer', 'why', 'until (UTC)'].map(paint.bold);
  const rows = list.map(({ id, captured_at, expires_at, route, reason, method, status }) =>
    [id, when(captured_at), method, route, statusText(status), reason, when(expires_at)].map(printable),
  );
  return `${columns([head, ...rows], width).join('\n')}\n`;
}

/** A request as it was sent, secrets aside. Nothing in it reaches the terminal as it is. */
function captureText(capture: ReadCapture, width: number, paint: Paint): string {
  const { id, captured_at, peer, route, reason, method, target, protocol, headers, status, body_bytes } = capture;
  const about = facts(
    [
      ['captured', `${when(captured_at)} UTC, from ${peer}`],
      ['route', route],
      ['why', reason],
      ['answer', statusText(status)],
    ],
    width,
    paint,
  );
  const lines = [`${method} ${target} ${protocol}`];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  const body = Buffer.from(capture.body_base64, 'base64');
  const shown = body.length === 0 ? '' : `\n${bodyText(body)}\n`;
  const more =
    body.length < body_bytes ? `\n${paint.dim(`(the first ${body.length} of ${counted(body_bytes, 'byte')})`)}\n` : '';
  return `${paint.bold(id)}\n${about}\n${lines.map(printable).join('\n')}\n${shown}${more}`;
}

/** The body as text where it is text. */
function bodyText(body: Buffer): string {
  const text = body.toString('utf8');
  // A character that was cut in half at the end is no reason to take it for something else.
  return text.slice(0, -1).includes('\ufffd') ? `base64: ${body.toString('base64')}` : escapeUnprintable(text);
}
