/** `keys`: API keys made and hashed here, listed from the configuration, revoked and restored in a running Sallyport. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { columns, type Paint, printable } from '../doors/replay/render/text.ts';
import { when } from '../doors/replay/render/words.ts';
import { readKeyFile } from '../identity/keys/file.ts';
import { hashKey, newKey } from '../identity/keys/format.ts';
import type { KeyEntry } from '../identity/keys/table.ts';
import { SallyportError } from '../lib/errors.ts';
import { openDataDir, secretOf } from '../runtime/live/data-dir.ts';
import { dataDirOf } from '../runtime/live/service.ts';
import type { ListedRevocation, ToldOthers } from './admin-client.ts';
import { EXIT } from './exit.ts';
import { jsonText, USUAL_CONFIG } from './files.ts';
import { answer, type Flags, remote, whoami } from './operate.ts';
import { wholeNumber } from './options.ts';
import type { Cli } from './ports.ts';
import { columnsOf, paintFor } from './screen.ts';

type Done = (code: number) => void;

const SHOWN = 100;
const MOST_SHOWN = 1000;
const KINDS = ['credential', 'session', 'device', 'principal'];

const HELP = `
Examples:
    sallyport keys new --id acme-2027 --partner acme
    sallyport keys hash < key.txt
    sallyport keys list
    sallyport keys revoke acme-2026 --reason "found in a repository"
    sallyport keys restore acme-2026 --reason "it was a key of the test system"

A key is shown once and kept nowhere: the configuration holds its hash. docs/identity.md, docs/revocation.md.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addKeys(program: Command, cli: Cli, done: Done): void {
  const verb = program
    .command('keys')
    .summary('API keys: make, hash, list, revoke, restore')
    .description('Makes and lists API keys, and takes keys, tokens, sessions and users out of use.')
    .addHelpText('after', HELP);
  addNew(verb, cli, done);
  addHash(verb, cli, done);
  addList(verb, cli, done);
  addRevoke(verb, cli, done);
}

interface HashFlags {
  readonly config?: string;
  readonly keyed?: boolean;
}

interface NewFlags extends HashFlags {
  readonly id?: string;
  readonly prefix: string;
  readonly principal?: string;
  readonly partner?: string;
  readonly plan?: string;
}

const hashed = (command: Command): Command =>
  command
    .option('-c, --config <file>', 'configuration whose data directory holds the secret of the installation')
    .option('--keyed', 'hash under that secret: worth nothing to a thief, and good for this installation only');

function addNew(verb: Command, cli: Cli, done: Done): void {
  hashed(verb.command('new').description('Makes a key: prints it, once, and the entry that the configuration holds.'))
    .option('--id <id>', 'its id; a random one when left out')
    .option('--prefix <text>', 'how it begins', 'sp_live')
    .option('--principal <name>', 'user or service that it proves')
    .option('--partner <name>', 'partner that it belongs to')
    .option('--plan <name>', 'usage plan')
    .action(async (flags: NewFlags) => {
      const { id, prefix, principal, partner, plan } = flags;
      if (id !== undefined && !/^[\w.:-]{1,100}$/.test(id))
        throw new SallyportError('SP9002', '--id has letters, digits, dots, colons, dashes and underscores');
      const made = newKey({ prefix, secret: await secretFor(flags, cli), ...(id !== undefined && { id }) });
      const lines = [`- id: ${JSON.stringify(made.id)}`];
      for (const [name, value] of Object.entries({ principal, partner, plan }))
        if (value !== undefined) lines.push(`  ${name}: ${JSON.stringify(value)}`);
      cli.stdout.write(`${made.key}\n`);
      cli.stderr.write(`For identity.keys.entries, or a file of keys:\n${lines.join('\n')}\n  hash: "${made.hash}"\n`);
      done(EXIT.ok);
    });
}

function addHash(verb: Command, cli: Cli, done: Done): void {
  hashed(verb.command('hash').description('Prints the hash of a key that is there already.'))
    .argument('[file]', 'file with the key; standard input when left out, so that it stands in no history')
    .action(async (file: string | undefined, flags: HashFlags) => {
      const key = textOf(file, cli).replace(/\r?\n$/, '');
      if (key === '' || /\s/.test(key)) throw new SallyportError('SP9002', 'a key is one line without spaces');
      cli.stdout.write(`${hashKey(key, await secretFor(flags, cli))}\n`);
      done(EXIT.ok);
    });
}

function textOf(file: string | undefined, cli: Cli): string {
  try {
    return readFileSync(file === undefined ? 0 : resolve(cli.cwd, file), 'utf8');
  } catch (error) {
    throw new SallyportError('SP7510', `the key cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** The secret of the installation where hashes are to be keyed; null else. */
async function secretFor({ keyed, config }: HashFlags, cli: Cli): Promise<Buffer | null> {
  if (keyed !== true) return null;
  return secretOf(openDataDir(dataDirOf(await cli.ports.loadConfig(config))), 'pseudonyms');
}

interface ListFlags extends Flags {
  readonly revoked?: boolean;
  readonly last: number;
}

function addList(verb: Command, cli: Cli, done: Done): void {
  remote(verb.command('list', { isDefault: true }).description('Keys of the configuration, or what was revoked.'))
    .option('--revoked', 'what a running Sallyport holds for revoked, newest first')
    .option('--last <n>', 'how many of those', wholeNumber(1, MOST_SHOWN), SHOWN)
    .action(async (flags: ListFlags) => {
      if (flags.revoked) await answer(flags, cli, (client) => client.revocations(flags.last), revokedText);
      else await listKeys(flags, cli);
      done(EXIT.ok);
    });
}

async function listKeys(flags: Flags, cli: Cli): Promise<void> {
  const { config, file } = await cli.ports.loadConfig(flags.config ?? USUAL_CONFIG);
  const { keys } = config.identity;
  const folder = dirname(file ?? '.');
  const entries: readonly KeyEntry[] = [
    ...(keys?.entries ?? []),
    ...(keys?.files ?? []).flatMap((name) => readKeyFile(resolve(folder, name))),
  ];
  const listed = entries.map((entry) => listedKey(entry, cli.now()));
  if (flags.json) cli.stdout.write(jsonText({ keys: listed }));
  else cli.stdout.write(keysText(listed, columnsOf(cli.stdout, cli.env), paintFor(cli.stdout, cli.env, undefined)));
}

/** What of a key may be shown: never its hash. */
const listedKey = (entry: KeyEntry, nowMs: number) => ({
  id: entry.id,
  state: stateOf(entry, nowMs),
  owner: entry.owner ?? '',
  principal: entry.principal ?? '',
  partner: entry.partner ?? '',
  plan: entry.plan ?? '',
  expires: entry.expires ?? '',
});

function stateOf({ revoked, expires, not_before }: KeyEntry, nowMs: number): string {
  if (revoked === true) return 'revoked';
  if (expires !== undefined && Date.parse(expires) <= nowMs) return 'expired';
  return not_before !== undefined && Date.parse(not_before) > nowMs ? 'to come' : 'in force';
}

function keysText(keys: readonly ReturnType<typeof listedKey>[], width: number, paint: Paint): string {
  if (keys.length === 0) return 'The configuration has no API keys (docs/identity.md).\n';
  const head = ['id', 'state', 'owner', 'principal', 'partner', 'plan', 'expires'].map(paint.bold);
  return `${columns([head, ...keys.map((key) => Object.values(key).map(printable))], width).join('\n')}\n`;
}

function revokedText(list: readonly ListedRevocation[], width: number, paint: Paint): string {
  if (list.length === 0) return 'Nothing is revoked.\n';
  const head = ['what', 'id', 'since (UTC)', 'until (UTC)', 'by', 'why'].map(paint.bold);
  const rows = list.map(({ kind, id, since, until, by, reason }) =>
    [kind, id, when(since), until === '' ? 'for good' : when(until), by, reason].map(printable),
  );
  return `${columns([head, ...rows], width).join('\n')}\n`;
}

/** What a restore does not take back: nobody can. */
function staysText({ told_issuers: issuers, told_streams: streams }: ToldOthers): string {
  let text = '';
  if (issuers.length > 0)
    text += `Tokens stay revoked at ${printable(issuers.join(', '))}: an issuer takes no revocation back (RFC 7009).\n`;
  if (streams.length > 0)
    text += `${printable(streams.join(', '))} ${streams.length === 1 ? 'was' : 'were'} told of the revocation, and no event takes that back.\n`;
  return text;
}

interface RevokeFlags extends Flags {
  readonly reason: string;
  readonly kind: string;
  readonly issuer?: string;
  readonly until?: string;
}

const targeted = (command: Command): Command =>
  remote(command)
    .argument('<id>', 'id of a key, jti of a token, id of a session or device, name of a user')
    .addOption(new Option('--kind <kind>', 'what it is').choices(KINDS).default('credential'))
    .option('--issuer <issuer>', 'who issued the token, or gave the user its name')
    .requiredOption('--reason <text>', 'why; it is kept in the ledger');

function addRevoke(verb: Command, cli: Cli, done: Done): void {
  targeted(verb.command('revoke').description('Takes something out of use, from the next request on.'))
    .option('--until <time>', 'when it ends, such as 2027-01-31T12:00:00Z; for good when left out')
    .action(async (id: string, { kind, issuer, until, ...flags }: RevokeFlags) => {
      const order = { kind, id, issuer, until, by: whoami(cli), reason: flags.reason };
      const say = (told: ListedRevocation): string =>
        `${printable(`The ${told.kind} ${told.id}`)} counts no more${told.until === '' ? '' : ` until ${when(told.until)} UTC`}.\n`;
      await answer(flags, cli, (client) => client.revoke(order), say);
      done(EXIT.ok);
    });
  targeted(verb.command('restore').description('Takes a revocation back.')).action(
    async (id: string, { kind, issuer, ...flags }: RevokeFlags) => {
      const order = { kind, id, issuer, by: whoami(cli), reason: flags.reason };
      await answer(
        flags,
        cli,
        (client) => client.restore(order),
        (told) => `${printable(`The ${kind} ${id}`)} counts again.\n${staysText(told)}`,
      );
      done(EXIT.ok);
    },
  );
}
