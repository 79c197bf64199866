/**
 * The report for a terminal: what was read, the verdict, then who did what, since when, how it is known, how sure that
 * is, what to do, and whom that would hurt. Nothing from the log reaches the terminal unescaped.
 */
import { humanDuration } from '../../../lib/units.ts';
import type { ActorReport, Finding, Incident, Report } from '../../../runtime/report.ts';
import { columns, cut, type Paint, PLAIN, pad, printable, width, wrap } from './text.ts';
import {
  actionFor,
  actorName,
  acts,
  badLineWords,
  between,
  botName,
  bytes,
  collateralWords,
  count,
  counted,
  networkName,
  percent,
  ranked,
  reasonWords,
  riskPercent,
  riskWord,
  seenWords,
  span,
  verdict,
  when,
} from './words.ts';

export interface TerminalOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint?: Paint;
  /** How many actors with a recommended action are shown in full. */
  readonly top?: number;
  /** Files that were written besides: named under "Next" instead of being offered. */
  readonly written?: readonly string[];
}

/** Narrower than this, lines break in what belongs together; wider than the second, nobody can read them. */
const NARROWEST = 60;
const WIDEST = 140;
const DEFAULT_TOP = 10;
const FINDINGS_SHOWN = 3;
const WATCHED_SHOWN = 6;
const INPUTS_SHOWN = 4;

interface Page {
  readonly width: number;
  readonly paint: Paint;
  readonly top: number;
  readonly written: readonly string[];
}

/** The whole report as text that ends in a line end. */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const page: Page = {
    width: Math.min(WIDEST, Math.max(NARROWEST, options.width)),
    paint: options.paint ?? PLAIN,
    top: options.top ?? DEFAULT_TOP,
    written: options.written ?? [],
  };
  const blocks = [
    header(report, page),
    verdictLines(report, page),
    incidentLines(report, page),
    actorLines(report, page),
    watchedLines(report, page),
    badLines(report, page),
    noteLines(report, page),
    footer(report, page),
    nextLines(report, page),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function header(report: Report, page: Page): string[] {
  const { paint } = page;
  const shown = report.inputs.slice(0, INPUTS_SHOWN);
  const read = shown.map((input) =>
    [
      printable(input.name),
      input.format,
      `${counted(input.lines, 'line')}, ${bytes(input.bytes)}${input.truncated ? ', cut short' : ''}`,
    ].join(' · '),
  );
  if (report.inputs.length > shown.length) {
    const rest = report.inputs.slice(INPUTS_SHOWN);
    read.push(`${counted(rest.length, 'more input')}, ${counted(sum(rest.map((i) => i.lines)), 'line')}`);
  }
  if (report.generated_input) read.push('This is a generated sample, not a real log.');
  const bad = sum(Object.values(report.bad_lines));
  const lines = [
    counted(report.lines, 'line'),
    bad > 0 ? `${count(bad)} bad (${percent(bad / Math.max(1, report.lines))})` : 'none bad',
    report.late_events > 0 ? `${count(report.late_events)} too late to be put in order` : '',
    `read in ${humanDuration(report.elapsed_s * 1000)}${speed(report)}`,
  ].filter(Boolean);
  const rows = [
    ['Read', read[0] ?? 'nothing'],
    ...read.slice(1).map((text) => ['', text]),
    ['Time', `${span(report.started_at, report.ended_at)}; ${timeMeaning(report)}`],
    ['Lines', lines.join(', ')],
  ];
  const title = `${paint.bold('Sallyport')} ${report.sallyport}`;
  const watching = paint.dim('only watched: nothing was blocked');
  return [
    title + pad(watching, page.width - width(title), 'left'),
    '',
    ...columns(
      rows.map(([name, text]) => [paint.dim(name), text]),
      page.width,
    ),
  ];
}

function speed(report: Report): string {
  if (report.elapsed_s < 0.05) return '';
  const rate = report.lines / report.elapsed_s;
  return ` (${count(rate >= 1000 ? Math.round(rate / 1000) * 1000 : rate)} lines/s)`;
}

function timeMeaning(report: Report): string {
  const meanings = new Set(report.inputs.map((input) => input.time_meaning));
  if (meanings.size > 1) return 'some inputs log when an exchange started, some when it ended';
  return `a time in this log is when an exchange ${meanings.has('start') ? 'started' : 'ended'}`;
}

function verdictLines(report: Report, page: Page): string[] {
  const { paint } = page;
  const { level, headline, detail } = verdict(report);
  const colour = level === 'abuse' || level === 'unread' ? paint.red : level === 'watch' ? paint.yellow : paint.green;
  return [...wrap(headline, page.width).map((line) => paint.bold(colour(line))), ...wrap(detail, page.width)];
}

/** Incidents of one actor say nothing that the actor does not: only those that tie actors together are listed. */
function incidentLines(report: Report, page: Page): string[] {
  const tied = report.incidents.filter((incident) => incident.actors.length > 1 || incident.campaign);
  if (tied.length === 0) return [];
  const lines = [heading('What belongs together', page)];
  for (const incident of tied.slice(0, page.top)) lines.push(...incidentText(incident, page));
  if (tied.length > page.top) lines.push(page.paint.dim(`   and ${counted(tied.length - page.top, 'more incident')}`));
  return lines;
}

function incidentText(incident: Incident, page: Page): string[] {
  const { paint } = page;
  const campaign = incident.campaign ? paint.magenta('  campaign') : '';
  const what = `  ${incident.class}${campaign}`;
  const title = paint.bold(cut(printable(incident.title), page.width - width(what) - 3)) + what;
  const facts = [
    `${when(incident.started_at, 'short')}, for ${humanDuration(between(incident.started_at, incident.ended_at))}`,
    counted(incident.actors.length, 'actor'),
    counted(incident.requests, 'request'),
  ].join(' · ');
  const names = incident.actors.slice(0, 4).map((actor) => printable(actorName(actor)));
  if (incident.actors.length > 4) names.push(`${count(incident.actors.length - 4)} more`);
  const rows = [
    ['', facts],
    ['Actors', names.join(', ')],
  ];
  if (incident.shared.length > 0) rows.push(['In common', incident.shared.map(printable).join(', ')]);
  return [` ${paint.dim('•')} ${title}`, ...indented(rows, page)];
}

function actorLines(report: Report, page: Page): string[] {
  const acted = ranked(report.actors).filter((actor) => acts(actor.recommended));
  if (acted.length === 0) return [];
  const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
  const lines = [heading('Who, and what to do', page)];
  acted.slice(0, page.top).forEach((actor, i) => {
    if (i > 0) lines.push('');
    lines.push(...actorText(actor, i + 1, findings, page));
  });
  if (acted.length > page.top) {
    lines.push(
      '',
      page.paint.dim(
        `   ${count(acted.length - page.top)} more with an action: --top ${acted.length}, --html or --json`,
      ),
    );
  }
  return lines;
}

function actorText(actor: ActorReport, rank: number, findings: ReadonlyMap<string, Finding>, page: Page): string[] {
  const { paint } = page;
  const action = actionPaint(actor, paint)(actionFor(actor));
  const name = cut(printable(actorName(actor.actor)), page.width - width(action) - 6);
  const head = `${pad(String(rank), 2, 'left')} ${paint.bold(name)}`;
  const sure = `${riskWord(actor.risk)} (${riskPercent(actor.risk)})`;
  const rows: string[][] = [['What', `${actor.risk_class}, ${sure}, since ${when(actor.first_seen, 'short')}`]];
  const who = [networkName(actor), botName(actor), agentText(actor)].filter(Boolean).map(printable);
  if (who.length > 0) rows.push(['Who', who.join(' · ')]);
  const known = actor.findings
    .map((id) => findings.get(id))
    .filter((finding): finding is Finding => finding !== undefined)
    .sort((a, b) => b.nats - a.nats);
  known.slice(0, FINDINGS_SHOWN).forEach((finding, i) => {
    rows.push([
      i === 0 ? 'How known' : 'and',
      `${printable(finding.why)} ${paint.dim(`(${finding.detector}, ${finding.id})`)}`,
    ]);
  });
  if (known.length > FINDINGS_SHOWN) rows.push(['', counted(known.length - FINDINGS_SHOWN, 'more finding')]);
  rows.push(
    ['Leaked', leakText(actor)],
    ['Would hurt', printable(collateralWords(actor))],
    ['Why this', printable(reasonWords(actor, known))],
  );
  return [head + pad(action, page.width - width(head), 'left'), ...indented(rows, page)];
}

function agentText(actor: ActorReport): string {
  if (actor.actor.dimension === 'fingerprint' && actor.agent === actor.actor.key) return '';
  return actor.agent === '' ? '' : cut(printable(actor.agent), 60);
}

function leakText(actor: ActorReport): string {
  const leaked = `${count(actor.requests_before_action)} of ${counted(actor.requests, 'request')} before it was known`;
  return actor.requests_stopped > 0 ? `${leaked}; the action would have met ${count(actor.requests_stopped)}` : leaked;
}

function watchedLines(report: Report, page: Page): string[] {
  const watched = ranked(report.actors).filter((actor) => !acts(actor.recommended));
  if (watched.length === 0) return [];
  const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
  const rows = watched.slice(0, WATCHED_SHOWN).map((actor) => {
    const why = findings.get(actor.findings[0])?.why ?? actor.reason;
    const bot = botName(actor);
    return [
      `   ${actor.recommended}`,
      cut(printable(actorName(actor.actor)), 34),
      printable(`${bot ? `${bot}: ` : ''}${why}`),
    ];
  });
  const lines = [heading('Seen, and left alone', page), ...columns(rows, page.width)];
  if (watched.length > WATCHED_SHOWN) {
    lines.push(page.paint.dim(`   and ${counted(watched.length - WATCHED_SHOWN, 'more actor')}`));
  }
  return lines;
}

function badLines(report: Report, page: Page): string[] {
  const reasons = Object.entries(report.bad_lines).filter(([, n]) => n > 0);
  if (reasons.length === 0) return [];
  reasons.sort((a, b) => b[1] - a[1]);
  const lead = 13 + Math.max(...reasons.map(([reason]) => badLineWords(reason).length));
  const rows = reasons.map(([reason, n]) => {
    const sample = report.bad_line_samples.find((s) => s.reason === reason);
    const where = sample ? `${printable(sample.input)}:${sample.line}  ` : '';
    const text = sample ? cut(printable(sample.text), Math.max(12, page.width - lead - width(where))) : '';
    return [`   ${pad(count(n), 6, 'left')}`, `${badLineWords(reason)}`, page.paint.dim(where) + text];
  });
  return [heading('Lines that were no exchange', page), ...columns(rows, page.width)];
}

function noteLines(report: Report, page: Page): string[] {
  if (report.notes.length === 0) return [];
  const lines = [heading('To know', page)];
  for (const note of report.notes) lines.push(...columns([['  ', printable(note)]], page.width, 1));
  return lines;
}

function footer(report: Report, page: Page): string[] {
  const seen = seenWords(report);
  const rows = [['Decision hash', `${report.decision_hash} (the same whenever this is run again)`]];
  if (seen) rows.unshift(['Looked at', seen]);
  return columns(
    rows.map(([name, text]) => [page.paint.dim(name), text]),
    page.width,
  );
}

function nextLines(report: Report, page: Page): string[] {
  const files = report.inputs.map((input) => shellWord(input.name)).slice(0, 2);
  const input = report.inputs.length > 2 ? 'FILES' : files.join(' ') || 'FILE';
  const first = ranked(report.actors)[0]?.findings[0];
  const has = (ending: RegExp): boolean => page.written.some((file) => ending.test(file));
  const rows: string[][] = page.written.map((file) => [`   written: ${printable(file)}`, '']);
  if (first) rows.push([`   sallyport explain ${first}`, 'how this came about, and what would have flipped it']);
  if (report.exchanges > 0 && !has(/\.html?$/)) {
    rows.push([`   sallyport try ${input} --html report.html`, 'all actors, the time chart, the threshold slider']);
  }
  if (report.actors.some((actor) => acts(actor.recommended))) {
    rows.push([`   sallyport try ${input} --emit nginx`, 'an expiring mitigation to paste']);
  }
  if (report.exchanges === 0) rows.push(['   sallyport formats', 'what can be read, and what its times mean']);
  if (rows.length === 0) return [];
  // Beside each other where there is room; else the command alone, so that it can be copied in one go.
  const lead = Math.max(...rows.map(([command]) => width(command)));
  const beside = lead + 2 + 52 <= page.width;
  const lines = rows.flatMap(([command, text]) => {
    if (text === '') return [command];
    return beside ? [`${pad(command, lead)}  ${page.paint.dim(text)}`] : [command, page.paint.dim(`      ${text}`)];
  });
  return [heading('Next', page), ...lines];
}

/** A file name as a shell takes it. Names with control characters are shown escaped, and will not work pasted. */
export function shellWord(text: string): string {
  const safe = printable(text);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

function heading(text: string, page: Page): string {
  return page.paint.bold(text);
}

function indented(rows: readonly (readonly string[])[], page: Page): string[] {
  return columns(
    rows.map(([name, text]) => [`   ${page.paint.dim(pad(name, 10))}`, text]),
    page.width,
  );
}

function actionPaint(actor: ActorReport, paint: Paint): (text: string) => string {
  const colour = { block: paint.red, 'step-up': paint.magenta, challenge: paint.magenta, throttle: paint.yellow };
  const pick = colour[actor.recommended as keyof typeof colour] ?? paint.dim;
  return (text) => paint.bold(pick(text));
}

const sum = (values: readonly number[]): number => values.reduce((total, n) => total + n, 0);
