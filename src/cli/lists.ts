/** `sallyport formats` and `sallyport detectors`: what can be read, and what looks at it. */
import type { Command } from 'commander';
import { columns } from '../doors/replay/render/text.ts';
import { actorName, count } from '../doors/replay/render/words.ts';
import type { Detector } from '../engine/detector.ts';
import type { LogFormat } from '../event/format.ts';
import { SallyportError } from '../lib/errors.ts';
import { humanDuration } from '../lib/units.ts';
import { EXIT } from './exit.ts';
import { jsonText } from './files.ts';
import type { Cli } from './ports.ts';
import { columnsOf, paintFor } from './screen.ts';

interface ListFlags {
  readonly json?: boolean;
}

const FORMAT_HELP = `
Examples:
    sallyport formats
    sallyport try access.log --format traefik-json

A format is found out by reading sample lines, never by the file's name. A prefix of syslog or of a container runtime
is taken off first. For a log_format or LogFormat of your own, give the string to try --pattern. docs/formats.md.`;

const DETECTOR_HELP = `
Examples:
    sallyport detectors
    sallyport detectors failure-test

Evidence is measured in nats, the natural logarithm of how much likelier abuse made it: 2.3 nats are a factor of 10,
4.6 of 100. docs/detectors.md says how they are weighed together.`;

/** Adds the verb to the program. `done` receives the exit code. */
export function addFormats(program: Command, cli: Cli, done: (code: number) => void): void {
  program
    .command('formats')
    .summary('list the log formats, and what their times mean')
    .description('Lists the log formats that are found out by themselves or named with --format.')
    .option('--json', 'as JSON')
    .addHelpText('after', FORMAT_HELP)
    .action(async (flags: ListFlags) => {
      const formats = await cli.ports.formats();
      cli.stdout.write(flags.json ? jsonText(formats.map(formatEntry)) : formatTable(formats, cli));
      done(EXIT.ok);
    });
}

const formatEntry = ({ id, title, timeMeaning, resolutionMs }: LogFormat) => ({
  id,
  title,
  time_meaning: timeMeaning,
  resolution_ms: resolutionMs,
});

function formatTable(formats: readonly LogFormat[], cli: Cli): string {
  const paint = paintFor(cli.stdout, cli.env, undefined);
  const rows = formats.map((format) => [
    paint.bold(format.id),
    `${format.timeMeaning}, to ${humanDuration(format.resolutionMs)}`,
    format.title,
  ]);
  const head = ['id', 'time is', 'what it is'].map(paint.dim);
  return `${columns([head, ...rows], columnsOf(cli.stdout, cli.env)).join('\n')}\n`;
}

/** Adds the verb to the program. `done` receives the exit code. */
export function addDetectors(program: Command, cli: Cli, done: (code: number) => void): void {
  program
    .command('detectors')
    .summary('list the detectors, or show one')
    .description('Lists what looks for abuse: its class, whom it can name, and what it stands for in OWASP’s lists.')
    .argument('[id]', 'show this one in full')
    .option('--json', 'as JSON')
    .addHelpText('after', DETECTOR_HELP)
    .action(async (id: string | undefined, flags: ListFlags) => {
      const all = await cli.ports.detectors();
      const shown = id === undefined ? all : all.filter((detector) => detector.id === id);
      if (shown.length === 0 && id !== undefined) throw new SallyportError('SP6001', `there is no detector "${id}"`);
      if (flags.json) cli.stdout.write(jsonText(shown.map(detectorEntry)));
      else cli.stdout.write(id === undefined ? detectorTable(shown, cli) : detectorText(shown[0], cli));
      done(EXIT.ok);
    });
}

const detectorEntry = (d: Detector) => ({
  id: d.id,
  number: d.number,
  title: d.title,
  class: d.class,
  group: d.group,
  owasp: d.owasp,
  actors: d.actors,
  on: d.on,
  cap_nats: d.cap / 1000,
  finding_at_nats: d.findingAt / 1000,
  deterministic: d.deterministic,
});

function detectorTable(detectors: readonly Detector[], cli: Cli): string {
  const paint = paintFor(cli.stdout, cli.env, undefined);
  const rows = [...detectors]
    .sort((a, b) => a.number - b.number)
    .map((d) => [String(d.number).padStart(2), paint.bold(d.id), d.class, d.owasp.join(' '), d.title]);
  const head = ['#', 'id', 'class', 'OWASP', 'what it sees'].map(paint.dim);
  return `${columns([head, ...rows], columnsOf(cli.stdout, cli.env)).join('\n')}\n`;
}

function detectorText(d: Detector, cli: Cli): string {
  const paint = paintFor(cli.stdout, cli.env, undefined);
  const rows = [
    ['class', d.class],
    ['OWASP', d.owasp.join(', ')],
    ['names', d.actors.map((dimension) => actorName({ dimension, key: '' }).trim() || dimension).join(', ')],
    ['looks at', d.on === 'request' ? 'requests, before they are answered' : 'responses'],
    ['a finding from', `${d.findingAt / 1000} nats, a factor of ${count(Math.exp(d.findingAt / 1000))}`],
    ['says at most', `${d.cap / 1000} nats`],
    ['weighed with', `the strongest of the group "${d.group}" counts`],
    ['acts at once', d.deterministic ? 'yes: one event is enough' : 'no: the ladder is climbed step by step'],
    ['more', `src/detectors/${d.id}/README.md`],
  ].map(([name, text]) => [paint.dim(name), text]);
  const head = `${paint.bold(d.title)} (${d.id}, number ${d.number})`;
  return `${[head, '', ...columns(rows, columnsOf(cli.stdout, cli.env))].join('\n')}\n`;
}
