/** `sallyport explain FINDING`: how a finding came about, and what would have flipped it. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { renderExplanation, renderFromReport } from '../doors/replay/render/explanation.ts';
import { printable } from '../doors/replay/render/text.ts';
import { SallyportError } from '../lib/errors.ts';
import type { Report } from '../runtime/report.ts';
import { EXIT } from './exit.ts';
import { jsonText, readReport, recallTry } from './files.ts';
import { addRunOptions, type RunFlags, runOptions } from './options.ts';
import type { Cli } from './ports.ts';
import { progressView } from './progress.ts';
import { columnsOf, paintFor } from './screen.ts';

interface ExplainFlags extends RunFlags {
  readonly from?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const EXAMPLES = `
Examples:
  A finding of the last sallyport try on this machine
    sallyport explain F-0a1b2c3d4e
  Of a log: name the same options as for try
    sallyport explain F-0a1b2c3d4e access.log --seed 7
  Of a live run: a mitigation, with the data directory or the folder of its journal
    sallyport explain M-0a1b2c3d4e sallyport-data
  Of a report that was kept; where its log is gone, from the report alone
    sallyport explain F-0a1b2c3d4e --from report.json

It runs the log again and stops at nothing: the values the detector read, what each term gave to the risk, and the
smallest change of a value that would have made it no finding. docs/report.md says what the words mean.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addExplain(program: Command, cli: Cli, done: (code: number) => void): void {
  const command = program
    .command('explain')
    .summary('take a finding apart: its values, its terms, what would have flipped it')
    .description('Runs a log again and shows how one finding came about.')
    .argument('<finding>', 'id of the finding, as the report names it: F-…; or of a live mitigation: M-…')
    .argument('[files...]', 'the log or journal it was found in; left out, that of the last try');
  addRunOptions(command)
    .option('--from <report>', 'a report that try --json wrote')
    .option('--json', 'as JSON')
    .option('--color', 'colour even where it is not a terminal')
    .option('--no-color', 'no colour')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, files: string[], flags: ExplainFlags) => done(await explainVerb(id, files, flags, cli)));
}

/** What is to be run again, or the report alone where its log is gone. */
interface Source {
  readonly inputs: readonly string[];
  readonly flags: RunFlags;
  readonly cwd: string;
  readonly report: Report | null;
}

async function explainVerb(id: string, files: readonly string[], flags: ExplainFlags, cli: Cli): Promise<number> {
  const finding = findingId(id);
  if (finding.startsWith('M-') && files.length === 0)
    throw new SallyportError('SP9002', `${finding} is a mitigation: name the journal that it stands in`, {
      advice: `Name the data directory: sallyport explain ${finding} sallyport-data`,
    });
  const source = sourceOf(files, flags, cli);
  const look = { width: columnsOf(cli.stdout, cli.env), paint: paintFor(cli.stdout, cli.env, flags.color) };
  const missing = source.inputs.find((input) => input === '-' || !readable(input, source.cwd));
  if (source.report && missing !== undefined) {
    cli.stderr.write(`${printable(missing)} cannot be read again: this is what the report says.\n`);
    const text = renderFromReport(source.report, finding, look);
    if (text === null) throw unknown(finding);
    cli.stdout.write(text);
    return EXIT.ok;
  }
  if (missing === '-') {
    throw new SallyportError('SP2001', 'the last try read standard input, which cannot be read again', {
      advice: 'Save the log and name it, or keep the report: sallyport try - --json report.json',
    });
  }
  const inputs = source.inputs.map((input) => (source.cwd === cli.cwd ? input : resolve(source.cwd, input)));
  const config = source.flags.config && resolve(source.cwd, source.flags.config);
  const view = progressView(cli.stderr, columnsOf(cli.stderr, cli.env), false);
  try {
    const explanation = await cli.ports.explainFinding({
      ...(await runOptions(inputs, { ...source.flags, config }, cli)),
      finding,
      onProgress: (progress) => view.show(progress),
    });
    view.clear();
    cli.stdout.write(flags.json ? jsonText(explanation) : renderExplanation(explanation, look));
    return cli.signal.aborted ? EXIT.interrupted : EXIT.ok;
  } finally {
    view.clear();
  }
}

function findingId(text: string): string {
  if (/^[fm]-[0-9a-f]{10}$/i.test(text)) return text[0].toUpperCase() + text.slice(1).toLowerCase();
  throw new SallyportError('SP9002', `"${printable(text)}" is not the id of a finding`, {
    advice: 'An id is F- (or M- for a mitigation) and ten hex digits; reports and the live page show it.',
  });
}

const unknown = (finding: string): SallyportError =>
  new SallyportError('SP6003', `the report has no finding ${finding}`);

function sourceOf(files: readonly string[], flags: ExplainFlags, cli: Cli): Source {
  const { format, pattern, config, workers, lateness, seed } = flags;
  const own: RunFlags = { format, pattern, config, workers, lateness, seed };
  const report = flags.from === undefined ? null : readReport(flags.from, cli.cwd);
  if (files.length > 0) return { inputs: files, flags: own, cwd: cli.cwd, report };
  if (report && flags.from !== undefined) {
    const inputs = report.inputs.map((input) => input.name);
    // A report lies where it was written, or next to its log.
    const beside = dirname(resolve(cli.cwd, flags.from));
    const cwd = inputs.every((input) => readable(input, cli.cwd)) ? cli.cwd : beside;
    const remembered = recallTry(cli);
    // The options of the run are not in the report; those of the last try fit if it led to the same decisions.
    const same = remembered?.decision_hash === report.decision_hash ? remembered.flags : {};
    return { inputs, flags: merged(same, own), cwd, report };
  }
  const last = recallTry(cli);
  if (last) return { inputs: last.inputs, flags: merged(last.flags, own), cwd: last.cwd, report };
  throw new SallyportError('SP9002', 'no earlier try is remembered on this machine', {
    advice: 'Name the log, as in sallyport explain F-0a1b2c3d4e access.log, or a report: --from report.json',
  });
}

const merged = (base: RunFlags, over: RunFlags): RunFlags => ({
  ...base,
  ...Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined)),
});

/** Patterns are left to the reader of inputs: it knows what they match. */
const readable = (input: string, cwd: string): boolean => /[*?{[]/.test(input) || existsSync(resolve(cwd, input));
