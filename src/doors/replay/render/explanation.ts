/** A finding taken apart, for a terminal. */
import { probability } from '../../../lib/fixed.ts';
import { humanDuration } from '../../../lib/units.ts';
import type { ExplainedTerm, ExplainedValue, Explanation } from '../../../runtime/explanation.ts';
import type { Finding, Report } from '../../../runtime/report.ts';
import { columns, cut, type Paint, PLAIN, pad, printable, width, wrap } from './text.ts';
import { actorName, collateralWords, count, counted, percent, riskPercent, riskWord, when } from './words.ts';

export interface ExplanationOptions {
  readonly width: number;
  readonly paint?: Paint;
}

interface Page {
  readonly width: number;
  readonly paint: Paint;
}

const pageOf = (options: ExplanationOptions): Page => ({
  width: Math.min(140, Math.max(60, options.width)),
  paint: options.paint ?? PLAIN,
});

/** The explanation as text that ends in a line end. */
export function renderExplanation(explanation: Explanation, options: ExplanationOptions): string {
  const page = pageOf(options);
  const blocks = [
    findingLines(explanation.finding, detectorLine(explanation), page),
    mitigationLines(explanation, page),
    valueLines(explanation, page),
    sumLines(explanation, page),
    flipLines(explanation, page),
    eventLines(explanation, page),
    noteLines(explanation, page),
    [`${page.paint.dim('Decision hash')}  ${explanation.decision_hash}`],
  ];
  return join(blocks);
}

/** What a report alone tells about a finding; null where it has none of this id. */
export function renderFromReport(report: Report, id: string, options: ExplanationOptions): string | null {
  const page = pageOf(options);
  const finding = report.findings.find((f) => f.id === id);
  if (!finding) return null;
  const actor = report.actors.find((a) => a.findings.includes(id));
  const detector = `Found by ${finding.detector} (${finding.owasp.join(', ')}) with ${finding.nats.toFixed(1)} nats.`;
  const rows = actor
    ? [
        ['How sure', `${actor.risk_class}, ${riskWord(actor.risk)} (${riskPercent(actor.risk)})`],
        ['What to do', `${actor.recommended}: ${printable(actor.reason)}`],
        ['Would hurt', printable(collateralWords(actor))],
        ['Also found', actor.findings.filter((other) => other !== id).join(', ') || 'nothing else'],
      ]
    : [];
  return join([
    findingLines(finding, detector, page),
    columns(
      rows.map(([name, text]) => [page.paint.dim(name), text]),
      page.width,
    ),
    [`${page.paint.dim('Decision hash')}  ${report.decision_hash}`],
  ]);
}

function join(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function detectorLine({ detector }: Explanation): string {
  return `Found by ${detector.id} (${detector.title}; ${detector.owasp.join(', ')}).`;
}

function findingLines(finding: Finding, detector: string, page: Page): string[] {
  const { paint } = page;
  const head = `${paint.bold(finding.id)}  ${finding.class}  ${paint.bold(printable(actorName(finding.actor)))}`;
  const basis = { learned: 'what this log shows to be usual', prior: 'a shipped first guess', fixed: 'a fixed rule' };
  const rows = [
    ['Known', `${when(finding.detected_at)} UTC, after ${counted(finding.requests_before_detection, 'request')}`],
    ['Seen', `${when(finding.first_seen)} – ${when(finding.last_seen)} UTC`],
    ['Against', basis[finding.basis]],
    ['Recommended', finding.recommended],
    ...(finding.sample ? [['For example', printable(finding.sample)]] : []),
  ];
  return [
    head,
    ...wrap(printable(finding.why), page.width).map(paint.bold),
    ...wrap(detector, page.width),
    '',
    ...columns(
      rows.map(([name, text]) => [paint.dim(name), text]),
      page.width,
    ),
  ];
}

function mitigationLines({ mitigation }: Explanation, page: Page): string[] {
  if (mitigation === undefined) return [];
  const { action, class: name, started_at: from, until } = mitigation;
  const row = [page.paint.dim('Decided'), `${action} against ${name}, from ${when(from)} until ${when(until)} UTC`];
  return columns([row], page.width);
}

function valueLines({ values }: Explanation, page: Page): string[] {
  if (values.length === 0) return [];
  const rows = values.map((value) => [`  ${value.name}`, amount(value.value, value.unit), page.paint.dim(value.doc)]);
  return [page.paint.bold('What the detector read'), ...columns(rows, page.width)];
}

/** A value in the unit that people read: nats, per cent, durations. */
function amount(value: number, unit: ExplainedValue['unit']): string {
  if (unit === 'millinats') return nats(value);
  if (unit === 'permille') return percent(value / 1000);
  if (unit === 'ms') return humanDuration(value);
  const plain = Number.isInteger(value) ? signedCount(value) : String(value);
  return unit ? `${plain} ${unit}` : plain;
}

const signedCount = (n: number): string => (n < 0 ? `−${count(-n)}` : count(n));
const figure = (millinats: number): string => `${millinats < 0 ? '−' : ''}${Math.abs(millinats / 1000).toFixed(2)}`;
const nats = (millinats: number): string => `${figure(millinats)} nats`;

function sumLines(explanation: Explanation, page: Page): string[] {
  const { paint } = page;
  const { threshold } = explanation;
  const own = (t: ExplainedTerm): string =>
    t.detector === explanation.detector.id ? paint.bold(t.detector) : t.detector;
  const rows = [
    ['  before any evidence', '', figure(explanation.prior_millinats), odds(explanation.prior_millinats)],
    ...explanation.terms.map((term) => [
      `  ${own(term)}`,
      `${figure(term.millinats)} × ${term.weight.toFixed(2).replace(/\.?0+$/, '')}`,
      figure(Math.round(term.millinats * term.weight)),
      term.weight === 0 ? `${term.group}: a stronger one counts` : term.group,
    ]),
    ['  together', '', figure(explanation.log_odds_millinats), odds(explanation.log_odds_millinats)],
    [`  ${threshold.action} from`, '', figure(threshold.log_odds_millinats), odds(threshold.log_odds_millinats)],
  ];
  const wide = [0, 1, 2].map((i) => Math.max(...rows.map((row) => width(row[i]))));
  const lines = rows.map((row) =>
    [pad(row[0], wide[0]), pad(row[1], wide[1], 'left'), pad(row[2], wide[2], 'left'), paint.dim(row[3])]
      .join('  ')
      .trimEnd(),
  );
  lines.splice(rows.length - 2, 0, paint.dim(`  ${'─'.repeat(wide[0] + wide[1] + wide[2] + 2)}`));
  return [`${paint.bold('How sure that makes it')} ${paint.dim('(in nats)')}`, ...lines];
}

const odds = (millinats: number): string => riskPercent(probability(millinats));

function flipLines({ flips, detector }: Explanation, page: Page): string[] {
  const title = page.paint.bold('What would have flipped it');
  if (flips.length === 0) {
    return [
      title,
      ...columns(
        [['  ', `Nothing that one value could change (a finding from ${nats(detector.finding_at_millinats)}).`]],
        page.width,
        0,
      ),
    ];
  }
  return [title, ...flips.flatMap((flip) => columns([['  •', printable(flip.sentence)]], page.width, 1))];
}

function eventLines({ events }: Explanation, page: Page): string[] {
  if (events.length === 0) return [];
  const { paint } = page;
  const lines = events.map((event) => {
    const mark = event.relation === 'at' ? '>' : ' ';
    const status = event.status > 0 ? String(event.status) : '  –';
    const lead = ` ${mark} ${when(event.time).slice(-8)}  ${status}  `;
    const tail = `  ${nats(event.millinats)}`;
    const room = Math.max(16, page.width - width(lead) - 14);
    const line = `${lead}${pad(cut(printable(event.request), room), room)}${pad(tail, 14, 'left')}`;
    return event.relation === 'at' ? paint.bold(line) : line;
  });
  return [`${paint.bold('Around that moment')} ${paint.dim('(> is the event that made it known)')}`, ...lines];
}

function noteLines({ notes }: Explanation, page: Page): string[] {
  if (notes.length === 0) return [];
  return [page.paint.bold('To know'), ...notes.flatMap((note) => columns([['  ', printable(note)]], page.width, 0))];
}
