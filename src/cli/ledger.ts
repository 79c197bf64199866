/** `sallyport ledger`: the log of all decisions, verified, shown, and made to forget somebody. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { columns, escapeUnprintable, printable } from '../doors/replay/render/text.ts';
import { count, counted } from '../doors/replay/render/words.ts';
import { SallyportError } from '../lib/errors.ts';
import type { Subject } from '../record/ledger/kinds.ts';
import type { Ledger, LedgerEntry, ReadSubject, SignedHead, VerifyReport } from '../record/ledger/port.ts';
import { EXIT } from './exit.ts';
import { jsonText } from './files.ts';
import { wholeNumber } from './options.ts';
import type { Cli } from './ports.ts';
import { columnsOf, paintFor } from './screen.ts';

/** Of a file with exported heads: two years of one head a minute. */
const MAX_HEADS_BYTES = 256 * 1024 * 1024;
const SHOWN = 20;
const MOST_SHOWN = 100_000;

const VERIFY_HELP = `
Examples:
    sallyport ledger verify
    sallyport ledger verify --heads kept/ledger-heads.jsonl --public-key ledger-key.pub.pem

Without --heads it finds damage and whatever was altered by somebody without the signing key. Only heads that were
carried elsewhere while they were new show what the owner of the data directory has cut off or written anew.
Exit code 3 where something is wrong. docs/ledger.md.`;

const ERASE_HELP = `
Examples:
    sallyport ledger erase --subject principal=ann@example.com --reason "request 2026-114"
    sallyport ledger erase --subject ip=203.0.113.7 --reason "request 2026-114" --yes

Destroys the key of this subject: what identifies it in the ledger can never be read again, backups with the same master
key aside. The chain stays whole, and the erasure itself is on record. Stop the server first, or use its admin listener.`;

interface PlaceFlags {
  readonly dataDir?: string;
  readonly config?: string;
  readonly json?: boolean;
}

const HELP = `
Examples:
    sallyport ledger verify
    sallyport ledger show --last 20 --kind mitigation
    sallyport ledger erase --subject principal=ann@example.com --reason "asked to be forgotten" --yes

It is read beside a running gateway; docs/ledger.md says what stands in it.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addLedger(program: Command, cli: Cli, done: (code: number) => void): void {
  const verb = program
    .command('ledger')
    .summary('verify or show the log of all decisions, or erase somebody from it')
    .description('The ledger holds whatever anyone or anything decided: policies, mitigations, undos, labels, logins.')
    .addHelpText('after', HELP);
  placed(verb.command('verify').description('Walks the whole chain, its signed heads and its snapshots.'))
    .option('--heads <file>', 'signed heads that were kept elsewhere: what lies before them must be the same')
    .option('--public-key <file>', 'believe signatures of this key only (PEM), not of those the ledger names itself')
    .addHelpText('after', VERIFY_HELP)
    .action(async (flags: VerifyFlags) => done(await verify(flags, cli)));
  placed(verb.command('show').description('Prints the last entries, oldest first.'))
    .addOption(
      new Option('--last <n>', 'how many').default(SHOWN).argParser((text) => wholeNumber(1, MOST_SHOWN)(text)),
    )
    .option('--kind <kind>', 'only of this kind, such as mitigation.undone; "mitigation" means all that begin with it')
    .action(async (flags: ShowFlags) => done(await show(flags, cli)));
  placed(verb.command('backup').description('Copies the ledger as of this moment, also while the server runs.'))
    .argument('<dir>', 'folder for the copy, without a ledger in it; keys are not copied')
    .action(async (dir: string, flags: PlaceFlags) => done(await backup(dir, flags, cli)));
  placed(verb.command('erase').description('Makes the ledger forget who somebody was.'))
    .requiredOption('--subject <dimension=key>', 'for example principal=ann@example.com', subjectOf)
    .requiredOption('--reason <text>', 'why; it stays in the ledger, so name nobody')
    .option('--by <name>', 'who asks for it', 'operator')
    .option('--yes', 'do it; without this it is only said what would be erased')
    .addHelpText('after', ERASE_HELP)
    .action(async (flags: EraseFlags) => done(await erase(flags, cli)));
}

function placed(command: Command): Command {
  return command
    .option('--data-dir <dir>', 'data directory, instead of that of the configuration (sallyport-data)')
    .option('-c, --config <file>', 'configuration whose records.data_dir counts')
    .option('--json', 'as JSON');
}

function subjectOf(text: string): Subject {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError('A subject is a dimension and a key: ip=203.0.113.7.');
  }
  return { dimension: text.slice(0, at), key: text.slice(at + 1) };
}

/** The data directory: as named, or as the configuration says, relative to its file. */
async function dirOf({ dataDir, config }: PlaceFlags, cli: Cli): Promise<string> {
  if (dataDir !== undefined) return resolve(cli.cwd, dataDir);
  const loaded = await cli.ports.loadConfig(config);
  return resolve(loaded.file === null ? cli.cwd : dirname(loaded.file), loaded.config.records.data_dir);
}

/** Only these verbs load the store. */
const lmdb = () => import('../record/ledger/lmdb/open.ts');

async function reading<T>(flags: PlaceFlags, cli: Cli, use: (ledger: Ledger, dir: string) => Promise<T>): Promise<T> {
  const dir = await dirOf(flags, cli);
  const ledger = (await lmdb()).openLedgerForReading(dir);
  try {
    return await use(ledger, dir);
  } finally {
    await ledger.close();
  }
}

interface VerifyFlags extends PlaceFlags {
  readonly heads?: string;
  readonly publicKey?: string;
}

function verify(flags: VerifyFlags, cli: Cli): Promise<number> {
  return reading(flags, cli, async (ledger, dir) => {
    const given = flags.heads === undefined ? null : await readHeadsFile(resolve(cli.cwd, flags.heads), flags.heads);
    const report = await ledger.verify({
      heads: given?.heads,
      trustedKeys: flags.publicKey === undefined ? undefined : await trusted(resolve(cli.cwd, flags.publicKey)),
      signal: cli.signal,
    });
    const badLines = given?.badLines ?? [];
    cli.stdout.write(flags.json ? reportJson(report, badLines) : reportText(report, dir, given, cli));
    if (report.ok) return EXIT.ok;
    throw new SallyportError('SP4110', report.problems[0].says);
  });
}

type GivenHeads = { readonly heads: readonly SignedHead[]; readonly badLines: readonly number[] };

async function readHeadsFile(path: string, name: string): Promise<GivenHeads> {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > MAX_HEADS_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_HEADS_BYTES} are read`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SallyportError('SP2001', `${name}: ${(error as Error).message}`, { cause: error });
  }
  const { parseHeads } = await import('../record/ledger/heads.ts');
  const given = parseHeads(text);
  if (given.heads.length > 0) return given;
  const advice = 'Name a copy of ledger-heads.jsonl, as it was carried away from the data directory.';
  throw new SallyportError('SP2001', `${name} holds no signed head`, { advice });
}

async function trusted(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { keyIdOf, publicKeyIn } = await import('../record/ledger/keys.ts');
  const spki = publicKeyIn(path);
  return new Map([[keyIdOf(spki), spki]]);
}

function reportJson(report: VerifyReport, badLines: readonly number[]): string {
  return jsonText({
    ok: report.ok,
    ledger: report.ledger,
    entries: report.entries,
    head: report.head,
    heads_checked: report.headsChecked,
    given_heads_checked: report.givenChecked,
    given_lines_unread: badLines,
    problems: report.problems,
    problem_count: report.problemCount,
  });
}

function reportText(report: VerifyReport, dir: string, given: GivenHeads | null, cli: Cli): string {
  const paint = paintFor(cli.stdout, cli.env, undefined);
  const rows = [
    ['ledger', `${report.ledger} in ${printable(dir)}`],
    ['entries', `${count(report.entries)}, the last with hash ${report.head.hash}`],
    ['chain', report.ok ? paint.green('whole') : paint.red(counted(report.problemCount, 'problem'))],
    ['heads', `${counted(report.headsChecked, 'signed head')} of the ledger agree`],
  ];
  if (given !== null)
    rows.push(['', `${count(report.givenChecked)} of ${counted(given.heads.length, 'given head')} agree`]);
  if (given?.badLines.length)
    rows.push(['', `${counted(given.badLines.length, 'line')} of the file could not be read`]);
  const lines = columns(
    rows.map(([name, text]) => [paint.dim(name), text]),
    Number.POSITIVE_INFINITY,
  );
  const wrong = report.problems.map(({ says }) => `  ${printable(says)}`);
  if (report.problemCount > wrong.length) wrong.push(`  and ${count(report.problemCount - wrong.length)} more`);
  const pinned =
    given !== null || !report.ok ? [] : [paint.dim('Only heads kept elsewhere show what its owner rewrote: --heads.')];
  return `${[...lines, ...(wrong.length > 0 ? ['', ...wrong] : []), ...pinned].join('\n')}\n`;
}

interface ShowFlags extends PlaceFlags {
  readonly last: number;
  readonly kind?: string;
}

function show(flags: ShowFlags, cli: Cli): Promise<number> {
  return reading(flags, cli, async (ledger) => {
    const shown: LedgerEntry[] = [];
    const { seq } = await ledger.head();
    const from = flags.kind === undefined ? Math.max(1, seq - flags.last + 1) : 1;
    for await (const entry of ledger.entries(from)) {
      cli.signal.throwIfAborted();
      if (flags.kind !== undefined && entry.kind !== flags.kind && !entry.kind.startsWith(`${flags.kind}.`)) continue;
      shown.push(entry);
      // In slices, because taking away the first one each time would copy all of them.
      if (shown.length >= 2 * flags.last) shown.splice(0, flags.last);
    }
    const last = shown.slice(-flags.last);
    cli.stdout.write(flags.json ? last.map(entryLine).join('') : entryTable(last, cli));
    return EXIT.ok;
  });
}

/** An entry as one line of JSON. */
function entryLine({ timeMs, ...entry }: LedgerEntry): string {
  return `${escapeUnprintable(JSON.stringify({ ...entry, time: new Date(timeMs).toISOString() }))}\n`;
}

function entryTable(entries: readonly LedgerEntry[], cli: Cli): string {
  const paint = paintFor(cli.stdout, cli.env, undefined);
  if (entries.length === 0) return `${paint.dim('No such entry.')}\n`;
  const head = ['#', 'time', 'what', 'by', 'about', 'why'].map(paint.dim);
  const rows = entries.map((entry) => [
    String(entry.seq),
    new Date(entry.timeMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    paint.bold(entry.kind),
    printable(entry.by),
    printable(aboutOf(entry)),
    printable(entry.reason),
  ]);
  return `${columns([head, ...rows], columnsOf(cli.stdout, cli.env)).join('\n')}\n`;
}

function aboutOf({ subject, seal, refs, data }: LedgerEntry): string {
  if (subject !== null) return `${subject.dimension} ${keyOf(subject, seal)}`;
  if (Array.isArray(data.items)) return counted(data.items.length, 'item');
  return typeof data.id === 'string' ? data.id : (refs[0] ?? '');
}

const keyOf = ({ key }: ReadSubject, seal: string): string => key ?? `(${seal})`;

/** Copies and then verifies the copy: a backup that nobody has looked at is a hope. */
async function backup(to: string, flags: PlaceFlags, cli: Cli): Promise<number> {
  const { backupLedger, openLedgerForReading } = await lmdb();
  const path = await backupLedger(await dirOf(flags, cli), resolve(cli.cwd, to));
  const copy = openLedgerForReading(dirname(path));
  try {
    const report = await copy.verify({ signal: cli.signal });
    const { entries, head } = report;
    const text = `${counted(entries, 'entry', 'entries')} in ${printable(path)}; keep ledger-master.key somewhere else.\n`;
    cli.stdout.write(flags.json ? jsonText({ path, entries, head, ok: report.ok }) : text);
    if (report.ok) return EXIT.ok;
    throw new SallyportError('SP4110', report.problems[0].says);
  } finally {
    await copy.close();
  }
}

interface EraseFlags extends PlaceFlags {
  readonly subject: Subject;
  readonly reason: string;
  readonly by: string;
  readonly yes?: boolean;
}

async function erase(flags: EraseFlags, cli: Cli): Promise<number> {
  const { subject, by, reason } = flags;
  const who = `${subject.dimension} ${printable(subject.key)}`;
  if (!flags.yes) return await reading(flags, cli, (ledger) => preview(ledger, flags, who, cli));
  const { openLedger, openLedgerForReading } = await lmdb();
  const dataDir = await dirOf(flags, cli);
  // For appending it would be made where there is none: a mistyped folder must not become a ledger.
  await openLedgerForReading(dataDir).close();
  const ledger = await openLedger({ dataDir, now: cli.now, version: cli.ports.version });
  try {
    const { seq, subjectId } = await ledger.erase(subject, by, reason, cli.now());
    const text = `Erased ${who}: its key is destroyed. Entry ${count(seq)} says so, about subject ${subjectId}.\n`;
    cli.stdout.write(flags.json ? jsonText({ erased: true, seq, subject_id: subjectId }) : text);
    return EXIT.ok;
  } finally {
    await ledger.close();
  }
}

async function preview(ledger: Ledger, { subject, json }: EraseFlags, who: string, cli: Cli): Promise<number> {
  let found = 0;
  for await (const entry of ledger.entries()) {
    cli.signal.throwIfAborted();
    if (isAbout(entry, subject)) found++;
  }
  if (found === 0) throw new SallyportError('SP4112', `no entry that can be opened is about ${who}`);
  const text = `${counted(found, 'entry', 'entries')} would no longer tell who ${who} is. Add --yes to do it.\n`;
  cli.stdout.write(json ? jsonText({ erased: false, entries: found }) : text);
  return EXIT.ok;
}

function isAbout({ subject, data }: LedgerEntry, { dimension, key }: Subject): boolean {
  const same = (one: unknown) => {
    const { dimension: d, key: k } = (one ?? {}) as Partial<Subject>;
    return d === dimension && k === key;
  };
  return (
    same(subject) ||
    (Array.isArray(data.items) && data.items.some((item: { subject?: unknown }) => same(item?.subject)))
  );
}
