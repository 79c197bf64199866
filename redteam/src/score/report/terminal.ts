/** The scoreboard for a terminal of 100 columns. */
import pc from 'picocolors';
import { PERMITTED } from '../cohorts.ts';
import type { Wrong } from '../findings.ts';
import type { MarginalTable } from '../marginals/compare.ts';
import { SYSTEMS } from '../run.ts';
import type { FamilyRow, Scoreboard } from '../scoreboard.ts';
import type { Estimate } from '../stats.ts';
import { cents, count, numberEstimate, percent, SYSTEM_NAMES, seconds, shareEstimate } from './format.ts';

const WIDTH = 100;
type Paint = ReturnType<typeof pc.createColors>;

/** The whole scoreboard as text; `color` as the terminal allows. */
export function terminalReport(board: Scoreboard, color = false): string {
  const paint = pc.createColors(color);
  const parts = [
    header(board, paint),
    families(board, paint),
    figures(board, paint),
    cohorts(board, paint),
    wrongs(board, paint),
    peers(board, paint),
    marginals(board, paint),
    notes(board, paint),
  ];
  return `${parts.filter((p) => p !== '').join('\n\n')}\n`;
}

function header({ scenario, seeds, runs }: Scoreboard, paint: Paint): string {
  const exchanges = runs.reduce((sum, r) => sum + r.exchanges, 0) / Math.max(1, runs.length);
  const abusive = runs.reduce((sum, r) => sum + r.abusive, 0) / Math.max(1, exchanges * runs.length);
  const days = runs[0]?.days ?? 0;
  return [
    paint.bold(`Red team scoreboard: ${scenario}`),
    `seeds ${seeds.join(', ')}; ${count(exchanges)} exchanges a seed over ${days.toFixed(1)} days, ${percent(abusive)} of them abusive`,
  ].join('\n');
}

function families({ families: rows }: Scoreboard, paint: Paint): string {
  const head = ['family', '', 'found', 'after', 'reqs', 'leak', 'held', 'limit', 'per gain', 'limit'];
  const body = rows.map((row) => ({ cells: familyCells(row), paint: painter(row, paint) }));
  const legend = wrap(
    'found: a finding whose class fits, over the campaigns of all seeds · after, reqs: to the first such finding (median) · ' +
      'leak: share of its requests before 90 % of the rest are held · held: share that would have met a throttle or harder; ' +
      'limit: held by a per-address limit · per gain: the ' +
      'attacker’s costs for each thing that it still gets, and under the limit',
  );
  const text = table(
    head,
    body.map((b) => b.cells),
  ).split('\n');
  const painted = text.map((line, i) => (i < 2 ? paint.dim(line) : body[i - 2].paint(line)));
  return `${paint.bold('Campaigns')}\n${painted.join('\n')}\n${paint.dim(legend)}`;
}

function familyCells(row: FamilyRow): string[] {
  if (row.campaigns === 0) return [row.family, row.level, 'none ran', '', '', '', '', '', '', ''];
  const found = `${row.found}/${row.campaigns}`;
  const seen = row.found === 0 ? `miss ${found}` : found;
  return [
    row.family,
    row.level,
    row.otherClass > 0 ? `${seen} *` : seen,
    seconds(row.seconds),
    count(row.requestsToDetection === null ? null : Math.round(row.requestsToDetection)),
    percent(row.leakShare.sallyport),
    percent(row.held.sallyport),
    percent(row.held['address-limit']),
    cents(row.centsPerGain.sallyport),
    cents(row.centsPerGain['address-limit']),
  ];
}

function painter(row: FamilyRow, paint: Paint): (text: string) => string {
  if (row.campaigns === 0) return paint.dim;
  if (row.found === 0) return paint.red;
  return row.found < row.campaigns ? paint.yellow : paint.green;
}

/** Figure, what it is, how to write it. */
const FIGURES: readonly (readonly [string, string, (e: Estimate) => string])[] = [
  ['recall', 'campaigns found', shareEstimate],
  ...['E0', 'E1', 'E2', 'E3', 'E4'].map((l) => [`recall_${l}`, `  of level ${l}`, shareEstimate] as const),
  ['recall_own_actors', '  by a finding about an actor of their own, not about a crowd', shareEstimate],
  ['found_under_another_class', 'campaigns seen, but under a class that does not fit (*)', shareEstimate],
  ['recall_at_rate', 'campaigns found where at most 1 benign request in 10,000 is flagged', shareEstimate],
  ['request_recall_at_rate', '  abusive requests flagged there', shareEstimate],
  ['risk_at_rate', '  risk from which on that holds', (e) => numberEstimate(e, (n) => n.toFixed(3))],
  ['precision_at_share_0.001', '  precision of a flag, were 0.1 % of all requests abusive', shareEstimate],
  ['precision_at_share_0.01', '  were 1 %', shareEstimate],
  ['precision_at_share_0.05', '  were 5 %', shareEstimate],
  ['seconds_to_detection', 'time to detection, median', (e) => numberEstimate(e, seconds)],
  ['requests_to_detection', 'requests to detection, median', (e) => numberEstimate(e, (n) => count(Math.round(n)))],
  ['leak_sallyport', 'leak, mean over campaigns', shareEstimate],
  ['leak_address_limit', '  under a per-address limit', shareEstimate],
  ['leak_log_rules', '  under three log rules', shareEstimate],
  [
    'cost_ratio_to_limit',
    'cost of a gain, times that under the limit, median',
    (e) => numberEstimate(e, (n) => n.toFixed(2)),
  ],
  ['precision_findings', 'findings that are right', shareEstimate],
  ['precision_acted', 'actors acted on that are right', shareEstimate],
  ['false_incidents_per_day', 'false incidents a day, null run', (e) => numberEstimate(e, (n) => n.toFixed(2))],
  ['false_actions_per_day', 'actors acted on a day, null run', (e) => numberEstimate(e, (n) => n.toFixed(2))],
];

function figures({ figures: all, shares, seeds }: Scoreboard, paint: Paint): string {
  const rows = FIGURES.filter(([name]) => all[name] !== undefined && all[name].mean !== null);
  const width = Math.max(...rows.map(([, title]) => title.length), 0);
  const lines = rows.map(([name, title, show]) => `${title.padEnd(width)}  ${show(all[name])}`);
  const buckets = shares
    .filter((s) => s.campaigns > 0)
    .map((s) => `${s.name}: ${s.found}/${s.campaigns} found, leak ${percent(s.leakShare)}`);
  const interval =
    seeds.length < 2
      ? 'One seed: no intervals.'
      : `In brackets the 95 % interval over ${seeds.length} seeds, by Student’s t${seeds.length === 3 ? ': with three seeds 2.48 standard deviations to either side' : ''}.`;
  return [
    paint.bold('Figures'),
    ...lines,
    wrap(`By the campaign’s part of all traffic while it ran: ${buckets.join('; ')}.`),
    paint.dim(wrap(interval)),
  ].join('\n');
}

function cohorts({ cohorts: rows, figures: all }: Scoreboard, paint: Paint): string {
  const head = ['cohort', 'identities', 'requests', 'throttled', 'challenged', 'of reqs', 'limit', 'rules'];
  const body = rows.map((row) => [
    row.cohort,
    count(row.identities),
    count(row.requests),
    shareEstimate(row.throttled.sallyport),
    percent(row.challenged.sallyport.mean),
    percent(row.requestsThrottled.sallyport.mean),
    ...SYSTEMS.slice(1).map((s) => percent(row.throttled[s].mean)),
  ]);
  const permitted = rows.filter((r) => PERMITTED.includes(r.cohort)).map((r) => r.cohort);
  const worsts = SYSTEMS.map((s) => {
    const name = s.replaceAll('-', '_');
    return `${SYSTEM_NAMES[s]} ${shareEstimate(all[`collateral_${name}`])}, worst cohort ${percent(all[`collateral_worst_${name}`].mean)}`;
  });
  return [
    paint.bold('Collateral: benign identities that met a throttle or harder, by cohort'),
    table(head, body),
    wrap(`All cohorts: ${worsts.join('; ')}.`),
    ...(permitted.length > 0
      ? [wrap(`Attack with permission, and count for none of it: ${permitted.join(', ')}.`)]
      : []),
  ].join('\n');
}

function wrongs({ wrongFindings, wrongActions }: Scoreboard, paint: Paint): string {
  const list = (title: string, all: readonly Wrong[]): string[] => {
    if (all.length === 0) return [];
    const rows = all.slice(0, 10).map((w) => `${w.class} about ${w.dimension} of ${w.cohort || 'nobody'} ${w.count}`);
    return [wrap(`${title}: ${rows.join('; ')}${all.length > 10 ? ` and ${all.length - 10} more kinds` : ''}.`)];
  };
  const lines = [...list('Findings', wrongFindings), ...list('Actors acted on', wrongActions)];
  return lines.length === 0 ? '' : [paint.bold('Wrong, and about whom, over all seeds'), ...lines].join('\n');
}

function peers({ peers: rows }: Scoreboard, paint: Paint): string {
  if (rows.length === 0) return '';
  const there = rows.filter((p) => p.absent === '');
  const head = ['on an excerpt', 'acted on', 'held', 'leak', 'identities hurt', 'requests hurt', 'took'];
  const body = there.map((p) => [
    SYSTEM_NAMES[p.name] ?? p.name,
    `${p.acted}/${p.campaigns}`,
    percent(p.held),
    percent(p.leakShare),
    percent(p.identitiesHurt),
    percent(p.requestsHurt),
    p.seconds === 0 ? '' : seconds(p.seconds),
  ]);
  const absent = rows.filter((p) => p.absent !== '').map((p) => `${SYSTEM_NAMES[p.name] ?? p.name}: ${p.absent}.`);
  return [paint.bold(`Beside it, on the same ${count(rows[0].lines)} lines`), table(head, body), ...absent].join('\n');
}

function marginals({ marginals: found }: Scoreboard, paint: Paint): string {
  if (!found) return '';
  const title = 'The world against real logs: 0 is alike, 1 is nothing in common; half … nine tenths are below';
  return `${paint.bold(title)}\n${marginalText(found)}`;
}

/** The table of marginals, a sentence for each that is unreal, and what was skipped. */
export function marginalText({ rows, skipped }: MarginalTable): string {
  const head = ['marginal', 'against', 'distance', '', 'world', 'real'];
  const body = rows.map((r) => [r.title, r.against, `${r.kind} ${r.distance.toFixed(2)}`, r.verdict, r.world, r.real]);
  const sentences = rows.filter((r) => r.sentence !== '').map((r) => wrap(`- ${r.sentence}`));
  return [
    ...(body.length > 0 ? [table(head, body)] : []),
    ...sentences,
    ...skipped.map((s) => wrap(`skipped: ${s}`)),
  ].join('\n');
}

function notes({ notes: list, runs, families: rows }: Scoreboard, paint: Paint): string {
  const lines = [...list];
  const missed = rows.filter((r) => r.campaigns > 0 && r.found === 0);
  if (missed.length > 0) {
    lines.push(`missed altogether: ${missed.map((r) => `${r.family} ${r.level}`).join(', ')}`);
  }
  const elsewhere = rows.filter((r) => r.otherClass > 0);
  for (const r of elsewhere) lines.push(`* ${r.family} ${r.level} seen as ${r.otherClasses.join(', ')}`);
  const silent = runs.flatMap((r) => r.campaigns.filter((c) => c.requests === 0).map((c) => `${c.name} (${r.seed})`));
  if (silent.length > 0) lines.push(`sent nothing: ${silent.join(', ')}`);
  return lines.length === 0 ? '' : [paint.bold('Notes'), ...lines.map((l) => wrap(l))].join('\n');
}

/** First column to the left, others to the right, two spaces between. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => (r[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((c, i) => (i < 2 ? c.padEnd(widths[i]) : c.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((w) => '─'.repeat(w)).join('  '), ...rows.map(line)].join('\n');
}

function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
