/** The parts of the page, from the verdict down to the manifest. */
import { humanDuration } from '../../../../lib/units.ts';
import type { ActorReport, Finding, Incident, Report, ThresholdPoint } from '../../../../runtime/report.ts';
import { cut, printable } from '../text.ts';
import {
  actionFor,
  actorName,
  badLineWords,
  between,
  botName,
  bytes,
  collateralWords,
  count,
  counted,
  dimensionPlural,
  networkName,
  percent,
  riskPercent,
  riskWord,
  severity,
  span,
  verdict,
  when,
} from '../words.ts';
import { classStyle } from './chart.ts';
import { html, type Markup, NONE } from './markup.ts';

export function verdictCard(report: Report): Markup {
  const { level, headline, detail } = verdict(report);
  const bad = Object.values(report.bad_lines).reduce((sum, n) => sum + n, 0);
  const lines = `${counted(report.lines, 'line')}, ${bad > 0 ? `${count(bad)} of them no exchange` : 'all of them understood'}`;
  const sample = report.generated_input ? html`<p><b>This is a generated sample, not a real log.</b></p>` : NONE;
  const names = report.inputs.slice(0, 3).map((input) => input.name);
  if (report.inputs.length > 3) names.push(`${report.inputs.length - 3} more`);
  return html`<section class="card verdict ${level}">
<h1>${headline}</h1><p>${detail}</p>${sample}
<dl class="facts"><dt>Read</dt><dd>${names.join(', ')}</dd><dt>Time</dt><dd>${span(report.started_at, report.ended_at)}</dd><dt>Lines</dt><dd>${lines}; read in ${humanDuration(report.elapsed_s * 1000)}</dd></dl>
</section>`;
}

export function tiles(report: Report, acted: readonly ActorReport[]): Markup {
  const t = report.totals;
  if (t.requests === 0) return NONE;
  const leaked = acted.reduce((sum, actor) => sum + actor.requests_before_action, 0);
  const tile = (value: string, name: string, style = ''): Markup =>
    html`<div class="tile ${style}"><b>${value}</b><span>${name}</span></div>`;
  return html`<div class="tiles">
${tile(count(t.requests), 'requests')}
${tile(count(t.requests_abusive), `abusive (${percent(t.requests_abusive / t.requests)})`, t.requests_abusive > 0 ? 'bad' : '')}
${tile(count(t.requests_stoppable), 'would have been met by an action')}
${tile(count(leaked), 'leaked before detection')}
${tile(count(t.identities_hurt), t.identities_hurt === 1 ? 'identity hurt that did nothing' : 'identities hurt that did nothing', t.identities_hurt > 0 ? 'bad' : 'good')}
</div>`;
}

/** Where the slider starts: the policy's usual threshold for a block. */
const START_RISK = 0.75;

export function sliderCard(points: readonly ThresholdPoint[]): Markup {
  if (points.length < 2) return NONE;
  let start = 0;
  points.forEach((point, i) => {
    if (Math.abs(point.risk - START_RISK) < Math.abs(points[start].risk - START_RISK)) start = i;
  });
  const p = points[start];
  return html`<section class="card"><header><div><h2>Where to draw the line</h2>
<p class="lead">Acting on more actors stops more abuse and hurts more people. Move the threshold to see both.</p></div></header>
<div class="line-tool"><div>
<p class="chosen"><label for="threshold">Act from a risk of <span id="at">${percent(p.risk)}</span></label></p>
<input id="threshold" type="range" min="0" max="${points.length - 1}" step="1" value="${start}">
<div class="scale"><span>${percent(points[0].risk)}: strict</span><span>${riskPercent(points[points.length - 1].risk)}: lenient</span></div>
<p class="sub">This would act on <b id="acted">${counted(p.actors, 'actor')}</b>.</p></div>
<div><div class="measure"><div><span>Requests stopped <span class="sub" id="share"></span></span><b id="stopped">${count(p.requests_stopped)}</b></div>
<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect id="stopped-bar" class="stopped" width="0" height="10"/></svg></div>
<div class="measure"><div><span>Identities hurt that did nothing</span><b id="hurt">${count(p.identities_hurt)}</b></div>
<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect id="hurt-bar" class="hurt" width="0" height="10"/></svg></div></div>
</div></section>`;
}

export function actorsCard(report: Report, shown: readonly ActorReport[]): Markup {
  if (shown.length === 0) return NONE;
  const findings = new Map(report.findings.map((finding) => [finding.id, finding]));
  const classes = [...new Set(shown.flatMap((actor) => [...actor.classes]))].sort();
  const chips = classes.map(
    (name) =>
      html`<button type="button" class="chip" data-class="${name}" aria-pressed="false"><i class="dot ${classStyle(name)}"></i>${name}</button>`,
  );
  const missing = report.actors.length - shown.length;
  const more =
    missing > 0
      ? html`<p class="empty">${count(missing)} more actors of lower rank stand in the JSON report.</p>`
      : NONE;
  const th = (label: string, sort: string, kind: 'text' | 'number', style = ''): Markup =>
    html`<th scope="col" class="${style}" data-sort="${sort}" data-kind="${kind}"><button type="button">${label}</button></th>`;
  return html`<section class="card"><header><div><h2>Who, and what to do</h2>
<p class="lead">Open a row for the evidence. Nothing was blocked: this is what the default policy would have done.</p></div>
<button type="button" class="chip" id="open">Open all</button></header>
<div class="tools"><input id="search" type="search" placeholder="Address, network, agent, finding …" aria-label="Search actors">
<button type="button" class="chip" data-class="" aria-pressed="true">all</button>${chips}<span class="sub" id="shown" role="status"></span></div>
<table class="actors"><thead><tr>${th('Actor', 'key', 'text')}${th('Class', 'class', 'text')}${th('How sure', 'risk', 'number')}${th('Do', 'action', 'number')}${th('Since', 'since', 'text')}${th('Requests', 'requests', 'number', 'num')}${th('Leaked', 'leaked', 'number', 'num')}${th('Hurt', 'hurt', 'number', 'num')}</tr></thead>
${shown.map((actor) => actorBody(actor, findings))}
</table><p class="empty" id="none" hidden>No actor fits.</p>${more}</section>`;
}

function actorBody(actor: ActorReport, findings: ReadonlyMap<string, Finding>): Markup {
  const known = actor.findings.map((id) => findings.get(id)).filter((f): f is Finding => f !== undefined);
  known.sort((a, b) => b.nats - a.nats);
  const name = actorName(actor.actor);
  const agent = actor.agent === actor.actor.key ? '' : actor.agent;
  const about = [networkName(actor), botName(actor)].filter(Boolean).join(' · ') || cut(printable(agent), 90);
  const risk = Math.round(actor.risk * 100);
  const id = known.length > 0 && /^F-[0-9a-f]+$/.test(known[0].id) ? html` id="${known[0].id}"` : NONE;
  return html`<tbody${id} data-key="${name}" data-class="${actor.risk_class}" data-classes="${actor.classes.join(' ')}" data-risk="${actor.risk}" data-action="${severity(actor.recommended)}" data-since="${actor.first_seen}" data-requests="${actor.requests}" data-leaked="${actor.requests_before_action}" data-hurt="${actor.collateral}">
<tr class="row"><td class="who"><button type="button" class="opener" aria-expanded="false" aria-label="Evidence"></button><b>${name}</b><small>${about}</small></td>
<td class="class"><i class="dot ${classStyle(actor.risk_class)}"></i>${actor.risk_class}</td>
<td><span class="risk"><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="${risk}" height="6"/></svg>${riskPercent(actor.risk)}</span><span class="sub">${riskWord(actor.risk)}</span></td>
<td class="do"><span class="action a-${actor.recommended}">${actionFor(actor)}</span></td>
<td class="num" data-label="since">${when(actor.first_seen, 'short')}</td>
<td class="num" data-label="requests">${count(actor.requests)}</td><td class="num" data-label="leaked">${count(actor.requests_before_action)}</td><td class="num" data-label="hurt">${count(actor.collateral)}</td></tr>
<tr class="detail"><td colspan="8"><ul class="evidence">${known.map(evidence)}</ul>
<dl class="facts"><dt>Why this action</dt><dd>${actor.reason}</dd><dt>Would hurt</dt><dd>${collateralWords(actor)}</dd>
<dt>Seen</dt><dd>${span(actor.first_seen, actor.last_seen)}; acted on from ${when(actor.recommended_at)}, meeting ${counted(actor.requests_stopped, 'request')}</dd>${actor.agent ? html`<dt>Agent</dt><dd class="mono">${actor.agent}</dd>` : NONE}</dl></td></tr>
</tbody>`;
}

const BASIS_WORDS = {
  learned: 'against what this log shows to be usual',
  prior: 'against a shipped first guess',
  fixed: 'by a fixed rule',
} as const;

function evidence(finding: Finding): Markup {
  const sample = finding.sample ? html`<div class="sample"><code>${finding.sample}</code></div>` : NONE;
  return html`<li><p>${finding.why}</p><div class="meta"><span>${finding.detector}, ${finding.nats.toFixed(1)} nats</span><span>${BASIS_WORDS[finding.basis]}</span><span>known ${when(finding.detected_at)}, after ${counted(finding.requests_before_detection, 'request')}</span><span>${finding.owasp.join(', ')}</span><code class="take">sallyport explain ${finding.id}</code></div>${sample}</li>`;
}

export function incidentsCard(report: Report): Markup {
  const tied = report.incidents.filter((incident) => incident.actors.length > 1 || incident.campaign);
  if (tied.length === 0) return NONE;
  return html`<section class="card"><header><div><h2>What belongs together</h2><p class="lead">Findings that share a cause, a target or a signature.</p></div></header>
<div class="incidents">${tied.slice(0, 60).map(incidentBox)}</div></section>`;
}

function incidentBox(incident: Incident): Markup {
  const names = incident.actors.slice(0, 6).map((actor) => actorName(actor));
  if (incident.actors.length > 6) names.push(`${count(incident.actors.length - 6)} more`);
  const shared = incident.shared.length > 0 ? html`<dt>In common</dt><dd>${incident.shared.join(', ')}</dd>` : NONE;
  return html`<article class="incident"><h3>${incident.title}${incident.campaign ? html`<span class="badge">campaign</span>` : NONE}</h3>
<div class="meta"><span><i class="dot ${classStyle(incident.class)}"></i>${incident.class}</span><span>${when(incident.started_at, 'short')}, for ${humanDuration(between(incident.started_at, incident.ended_at))}</span><span>${counted(incident.requests, 'request')}</span></div>
<dl class="facts"><dt>Actors</dt><dd>${names.join(', ')}</dd>${shared}</dl></article>`;
}

export function inputCards(report: Report): Markup {
  const inputs = report.inputs
    .slice(0, 50)
    .map(
      (i) =>
        html`<tr><td>${i.name}${i.truncated ? html`<span class="sub">cut short</span>` : NONE}</td><td>${i.format}<span class="sub">time is the ${i.time_meaning}</span></td><td class="num">${count(i.lines)}</td><td class="num">${bytes(i.bytes)}</td></tr>`,
    );
  const notes =
    report.notes.length > 0 ? html`<ul class="notes">${report.notes.map((note) => html`<li>${note}</li>`)}</ul>` : NONE;
  const manifest = Object.entries(report.manifest).map(
    ([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>`,
  );
  const seen = Object.entries(report.actors_seen)
    .map(([dimension, n]) => `${count(n)} ${dimensionPlural(dimension)}`)
    .join(', ');
  return html`${badLinesCard(report)}<div class="two"><section class="card"><header><div><h2>What was read</h2></div></header>
<div class="scroll"><table class="plain"><thead><tr><th scope="col">Input</th><th scope="col">Format</th><th scope="col" class="num">Lines</th><th scope="col" class="num">Size</th></tr></thead><tbody>${inputs}</tbody></table></div>${notes}</section>
<section class="card"><header><div><h2>How to get the same again</h2><p class="lead">The same input, versions and seed give the same decision hash.</p></div></header>
<div class="scroll"><table class="plain"><tbody><tr><td>decision hash</td><td class="mono">${report.decision_hash}</td></tr>${manifest}<tr><td>looked at</td><td>${seen}</td></tr></tbody></table></div></section></div>`;
}

function badLinesCard(report: Report): Markup {
  const reasons = Object.entries(report.bad_lines).filter(([, n]) => n > 0);
  if (reasons.length === 0) return NONE;
  reasons.sort((a, b) => b[1] - a[1]);
  const rows = reasons.map(([reason, n]) => {
    const samples = report.bad_line_samples
      .filter((s) => s.reason === reason)
      .slice(0, 3)
      .map((s) => html`<div><span class="sub">${s.input}:${s.line}</span><code>${s.text.slice(0, 200)}</code></div>`);
    return html`<tr><td class="num">${count(n)}</td><td>${badLineWords(reason)}</td><td>${samples}</td></tr>`;
  });
  return html`<section class="card"><header><div><h2>Lines that were no exchange</h2><p class="lead">They were counted and passed over.</p></div></header>
<div class="scroll"><table class="plain"><thead><tr><th scope="col" class="num">Lines</th><th scope="col">Why</th><th scope="col">For example</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
