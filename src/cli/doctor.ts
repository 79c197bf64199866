/** `sallyport doctor`: looks at the machine, the network and a running gateway, and says what to do. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { columns, type Paint, printable, wrap } from '../doors/replay/render/text.ts';
import { problemsText, verdictText } from './check-text.ts';
import { type Examination, type Finding, type FindingStatus, ok, warn } from './doctor/finding.ts';
import { EXIT } from './exit.ts';
import { jsonText, USUAL_CONFIG } from './files.ts';
import type { Cli } from './ports.ts';
import { columnsOf, paintFor } from './screen.ts';

interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly testOutputs?: boolean;
}

const HELP = `
Examples:
    sallyport doctor
    sallyport doctor --config /etc/sallyport/sallyport.yaml
    sallyport doctor --json | jq '.checks[] | select(.status != "ok")'

Run it as the user that runs the gateway, and while it runs: some checks ask it what it has seen. Nothing is changed,
and only --test-outputs sends events.
Exit code 0, also with warnings; 1 where a check failed; 2 where the configuration is wrong. docs/doctor.md.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addDoctor(program: Command, cli: Cli, done: (code: number) => void): void {
  program
    .command('doctor')
    .summary('look at proxies, clock, TLS, upstreams, disk and limits')
    .description('Looks at what no configuration can say: proxy trust, clock, TLS, upstreams, disk, limits.')
    .option('-c, --config <file>', `configuration; ${USUAL_CONFIG} here if there is one`)
    .option('--json', 'as JSON')
    .option('--test-outputs', 'send one test event to each output')
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => done(await doctor(flags, cli)));
}

async function doctor(flags: DoctorFlags, cli: Cli): Promise<number> {
  const usual = existsSync(resolve(cli.cwd, USUAL_CONFIG)) ? USUAL_CONFIG : undefined;
  const file = flags.config ?? usual;
  const findings: Finding[] = [];
  let loaded: Examination['loaded'];
  if (file === undefined) {
    loaded = await cli.ports.loadConfig(undefined);
    findings.push(ok('config', `no ${USUAL_CONFIG} here: looking at defaults`));
  } else {
    const checked = await cli.ports.checkConfig(file, cli.now());
    if (checked.loaded === null) {
      const paint = paintFor(cli.stderr, cli.env, undefined);
      cli.stderr.write(problemsText(checked, paint, columnsOf(cli.stderr, cli.env)) + verdictText(checked));
      return EXIT.usage;
    }
    loaded = checked.loaded;
    const warnings = checked.warnings.map(({ line, message }) =>
      warn('config', `line ${line}: ${message}`, 'sallyport check shows the place.'),
    );
    findings.push(...(warnings.length > 0 ? warnings : [ok('config', `${file} is good`)]));
  }
  const { testOutputs = false } = flags;
  const examination = { loaded, cwd: cli.cwd, now: cli.now, signal: cli.signal, testOutputs };
  findings.push(...(await cli.ports.examine(examination)));
  const worst = worstOf(findings);
  if (flags.json) {
    cli.stdout.write(jsonText({ doctor_version: 1, at: new Date(cli.now()).toISOString(), worst, checks: findings }));
  } else {
    cli.stdout.write(findingsText(findings, paintFor(cli.stdout, cli.env, undefined), columnsOf(cli.stdout, cli.env)));
  }
  return worst === 'fail' ? EXIT.found : EXIT.ok;
}

function worstOf(findings: readonly Finding[]): FindingStatus {
  if (findings.some(({ status }) => status === 'fail')) return 'fail';
  return findings.some(({ status }) => status === 'warn') ? 'warn' : 'ok';
}

function findingsText(findings: readonly Finding[], paint: Paint, room: number): string {
  const colour = { ok: paint.green, warn: paint.yellow, fail: paint.red };
  const rows = findings.flatMap(({ id, status, sentence, advice }) => [
    [colour[status](status), id, printable(sentence)],
    ...(advice === '' ? [] : [['', '', printable(`→ ${advice}`)]]),
  ]);
  const count = (status: FindingStatus) => findings.filter((finding) => finding.status === status).length;
  const sum = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return `${columns(rows, room).join('\n')}\n\n${wrap(sum, room).join('\n')}\n`;
}
