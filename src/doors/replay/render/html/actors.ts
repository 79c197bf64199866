/** The table of actors: sortable, filtered by class, each row opening on its evidence. */
import type { ActorReport, Finding, Report } from '../../../../runtime/report.ts';
import { cut, printable } from '../text.ts';
import {
  actionFor,
  actorName,
  botName,
  collateralWords,
  count,
  counted,
  networkName,
  reasonWords,
  riskPercent,
  riskWord,
  severity,
  span,
  when,
} from '../words.ts';
import { classStyle } from './chart.ts';
import { fact, html, type Markup, NONE } from './markup.ts';

interface Column {
  readonly label: string;
  /** The data attribute that it is sorted by. */
  readonly sort: string;
  readonly kind: 'text' | 'number';
  readonly style?: string;
}

const COLUMNS: readonly Column[] = [
  { label: 'Actor', sort: 'key', kind: 'text' },
  { label: 'Class', sort: 'class', kind: 'text' },
  { label: 'How sure', sort: 'risk', kind: 'number' },
  { label: 'Do', sort: 'action', kind: 'number' },
  { label: 'Since', sort: 'since', kind: 'text', style: 'num' },
  { label: 'Requests', sort: 'requests', kind: 'number', style: 'num' },
  { label: 'Leaked', sort: 'leaked', kind: 'number', style: 'num' },
  { label: 'Hurt', sort: 'hurt', kind: 'number', style: 'num' },
];

/** The card with the table of `shown`, which is all or the first of the report's actors. */
export function actorsCard(report: Report, shown: readonly ActorReport[]): Markup {
  if (shown.length === 0) return NONE;
  const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
  const classes = [...new Set(shown.flatMap((actor) => [...actor.classes]))].sort();
  const missing = report.actors.length - shown.length;
  return html`<section class="card"><header><div><h2>Who, and what to do</h2>
<p class="lead">Open a row for the evidence. Nothing was blocked: this is what the default policy would have done.</p>
</div><button type="button" class="chip" id="open">Open all</button></header>
<div class="tools"><input id="search" type="search" placeholder="Address, network, agent, finding …"
 aria-label="Search actors"><button type="button" class="chip" data-class="" aria-pressed="true">all</button>
${classes.map(chip)}<span class="sub" id="shown" role="status"></span></div>
<table class="actors"><thead><tr>${COLUMNS.map(headCell)}</tr></thead>
${shown.map((actor) => actorBody(actor, findings))}
</table><p class="empty" id="none" hidden>No actor fits.</p>
${missing > 0 ? html`<p class="empty">${count(missing)} more of lower rank stand in the JSON report.</p>` : NONE}
</section>`;
}

const chip = (name: string): Markup =>
  html`<button type="button" class="chip" data-class="${name}" aria-pressed="false"><i
 class="dot ${classStyle(name)}"></i>${name}</button>`;

const headCell = ({ label, sort, kind, style = '' }: Column): Markup =>
  html`<th scope="col" class="${style}" data-sort="${sort}" data-kind="${kind}"><button
 type="button">${label}</button></th>`;

function actorBody(actor: ActorReport, findings: ReadonlyMap<string, Finding>): Markup {
  const known = actor.findings.map((id) => findings.get(id)).filter((f): f is Finding => f !== undefined);
  known.sort((a, b) => b.nats - a.nats);
  const name = actorName(actor.actor);
  // A link to #F-… opens this row.
  const id = /^F-[0-9a-f]+$/.test(known[0]?.id ?? '') ? html`id="${known[0].id}"` : NONE;
  return html`<tbody ${id} data-key="${name}" data-class="${actor.risk_class}"
 data-classes="${actor.classes.join(' ')}" data-risk="${actor.risk}" data-action="${severity(actor.recommended)}"
 data-since="${actor.first_seen}" data-requests="${actor.requests}" data-leaked="${actor.requests_before_action}"
 data-hurt="${actor.collateral}">
${mainRow(actor, name)}
${detailRow(actor, known)}
</tbody>`;
}

function mainRow(actor: ActorReport, name: string): Markup {
  const agent = actor.agent === actor.actor.key ? '' : actor.agent;
  const about = [networkName(actor), botName(actor)].filter(Boolean).join(' · ') || cut(printable(agent), 90);
  const figure = (label: string, text: string): Markup => html`<td class="num" data-label="${label}">${text}</td>`;
  return html`<tr class="row">
<td class="who"><button type="button" class="opener" aria-expanded="false" aria-label="Evidence"></button><b>${name}</b>
<small>${about}</small></td>
<td class="class"><i class="dot ${classStyle(actor.risk_class)}"></i>${actor.risk_class}</td>
<td><span class="risk"><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect
 width="${Math.round(actor.risk * 100)}" height="6"/></svg>${riskPercent(actor.risk)}</span>
<span class="sub">${riskWord(actor.risk)}</span></td>
<td class="do"><span class="action a-${actor.recommended}">${actionFor(actor)}</span></td>
${figure('since', when(actor.first_seen, 'short'))}
${figure('requests', count(actor.requests))}
${figure('leaked', count(actor.requests_before_action))}
${figure('hurt', count(actor.collateral))}
</tr>`;
}

function detailRow(actor: ActorReport, known: readonly Finding[]): Markup {
  const met = `acted on from ${when(actor.recommended_at)}, meeting ${counted(actor.requests_stopped, 'request')}`;
  return html`<tr class="detail"><td colspan="${COLUMNS.length}"><ul class="evidence">${known.map(evidence)}</ul>
<dl class="facts">
${fact('Why this action', reasonWords(actor, known))}
${fact('Would hurt', collateralWords(actor))}
${fact('Seen', `${span(actor.first_seen, actor.last_seen)}; ${met}`)}
${actor.agent ? fact('Agent', actor.agent, 'mono') : NONE}
</dl></td></tr>`;
}

const BASIS_WORDS = {
  learned: 'against what this log shows to be usual',
  prior: 'against a shipped first guess',
  fixed: 'by a fixed rule',
} as const;

function evidence(finding: Finding): Markup {
  const leaked = counted(finding.requests_before_detection, 'request');
  return html`<li><p>${finding.why}</p>
<div class="meta"><span>${finding.detector}, ${finding.nats.toFixed(1)} nats</span>
<span>${BASIS_WORDS[finding.basis]}</span><span>known ${when(finding.detected_at)}, after ${leaked}</span>
<span>${finding.owasp.join(', ')}</span><code class="take">sallyport explain ${finding.id}</code></div>
${finding.sample ? html`<div class="sample"><code>${finding.sample}</code></div>` : NONE}</li>`;
}
