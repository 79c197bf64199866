/** A checked configuration as text: mistakes as a compiler shows them, and what is in force. */
import type { CheckedConfig } from '../config/load.ts';
import type { Problem } from '../config/problems.ts';
import { columns, type Paint, printable, width, wrap } from '../doors/replay/render/text.ts';
import { ERRORS } from '../lib/errors.ts';
import type { ConfigSummary } from './check-summary.ts';

/** Columns of a source line before the place in it, where the line is too long to be shown whole. */
const LEAD = 30;

/** All problems and warnings, in the order of the file, and how many there are. */
export function problemsText(checked: CheckedConfig, paint: Paint, room: number): string {
  const blocks = [
    ...checked.problems.map((problem) => block(checked, problem, 'error', paint, room)),
    ...checked.warnings.map((warning) => block(checked, warning, 'warning', paint, room)),
  ];
  return blocks.map((lines) => `${lines.join('\n')}\n\n`).join('');
}

/** "2 mistakes in sallyport.yaml", for the end. */
export function verdictText({ file, problems, warnings }: CheckedConfig): string {
  const counted = (n: number, one: string, more: string) => `${n} ${n === 1 ? one : more}`;
  const name = printable(file);
  const also = warnings.length > 0 ? `, ${counted(warnings.length, 'warning', 'warnings')}` : '';
  return problems.length === 0
    ? `${name} is good${also}\n`
    : `${counted(problems.length, 'mistake', 'mistakes')} in ${name}\n`;
}

function block(
  checked: CheckedConfig,
  problem: Problem,
  kind: 'error' | 'warning',
  paint: Paint,
  room: number,
): string[] {
  const { code, line, column, message } = problem;
  const colour = kind === 'error' ? paint.red : paint.yellow;
  const head = wrap(`${kind} ${code}: ${printable(message)}`, room);
  head[0] = head[0].replace(`${kind} ${code}`, paint.bold(colour(`${kind} ${code}`)));
  const gutter = ' '.repeat(Math.max(2, String(line).length) + 1);
  const place = line > 0 ? `${printable(checked.file)}:${line}:${column}` : printable(checked.file);
  const text = checked.lines[line - 1];
  return [
    ...head,
    `${gutter}${paint.dim('-->')} ${place}`,
    ...(text === undefined ? [] : source(text, line, column, gutter, paint, colour, room)),
    ...wrap(ERRORS[code].advice, room - gutter.length - 3).map(
      (part, i) => `${gutter}${i === 0 ? paint.dim('=') : ' '} ${part}`,
    ),
  ];
}

/** The line and a mark under the place. */
function source(
  text: string,
  line: number,
  column: number,
  gutter: string,
  paint: Paint,
  colour: (text: string) => string,
  room: number,
): string[] {
  const from = column + LEAD > room - gutter.length ? Math.max(0, column - 1 - LEAD) : 0;
  const shown = text.slice(from, from + room - gutter.length - 4);
  // A tab or a control character would put the mark under something else.
  const plain = (part: string) => printable(part.replaceAll('\t', ' '));
  const before = plain(shown.slice(0, column - 1 - from));
  const mark = '^'.repeat(Math.max(1, width(plain(tokenAt(shown, column - 1 - from)))));
  const bar = paint.dim('|');
  return [
    `${gutter}${bar}`,
    `${paint.dim(String(line).padStart(gutter.length - 1))} ${bar} ${plain(shown)}`,
    `${gutter}${bar} ${' '.repeat(width(before))}${colour(mark)}`,
  ];
}

/** What stands at a place: a quoted text, a word, or one character. */
function tokenAt(text: string, at: number): string {
  const rest = text.slice(at);
  return (/^(?:'[^']*'|"[^"]*"|[^\s,:[\]{}#'"]+(?::[^\s,[\]{}]+)*)/.exec(rest) ?? [rest.slice(0, 1)])[0];
}

/** What is in force, as a table. */
export function summaryText(summary: ConfigSummary, paint: Paint, room: number): string {
  const rows: [string, string][] = [['mode', summary.mode === 'enforce' ? 'enforce' : 'observe: nothing is acted on']];
  const list = (name: string, entries: readonly string[], none?: string) => {
    if (entries.length === 0 && none !== undefined) rows.push([name, none]);
    for (const [i, entry] of entries.entries()) rows.push([i === 0 ? name : '', entry]);
  };
  const { listeners, upstreams, limits, policies, exceptions } = summary;
  list('listens on', listeners.map(listenerText), 'nothing: serve needs "listen" or --listen');
  rows.push(['admin', summary.admin]);
  list(
    'upstreams',
    upstreams.map(({ name, servers }) => `${name}: ${servers.join(', ')}`),
    'none: serve needs "upstream"',
  );
  if (summary.routes > 0) rows.push(['routes', `${summary.routes} with settings of their own`]);
  list(
    'limits',
    limits.map(
      (l) =>
        `${l.name}: ${l.limit}${l.unit === 'cost' ? ' cost units' : ''} in ${l.window_s} s by ${l.by.join(', ')}${shadow(l.mode)}`,
    ),
  );
  list(
    'policies',
    policies.map((p) => `${p.name}: ${p.classes.join(', ')} · ${p.mode}${p.percent === null ? '' : ` ${p.percent} %`}`),
    'the shipped default',
  );
  list(
    'exceptions',
    exceptions.map(
      (e) =>
        `${e.what}${e.in === '' ? '' : ` in ${e.in}`}, until ${e.expires} (${e.owner})${e.ended ? ' · ended' : ''}`,
    ),
  );
  if (summary.detectors_disabled.length > 0) rows.push(['disabled', summary.detectors_disabled.join(', ')]);
  rows.push(['data', summary.data_dir]);
  list('files', summary.files);
  const lines = columns(
    rows.map(([name, text]) => [paint.dim(name), printable(text)]),
    room,
  );
  return `${lines.join('\n')}\n`;
}

const shadow = (mode: string): string => (mode === 'enforce' ? '' : ' · shadow');

function listenerText(listener: ConfigSummary['listeners'][number]): string {
  const { address, tls, h2c, proxy_protocol } = listener;
  const kinds = [tls ? 'TLS' : 'plain HTTP', ...(h2c ? ['h2c'] : []), ...(proxy_protocol ? ['PROXY protocol'] : [])];
  return `${address} (${kinds.join(', ')})`;
}
