/** The parts of the page around the table of actors, from the verdict down to the manifest. */
import { humanDuration } from '../../../../lib/units.ts';
import type { ActorReport, Incident, InputReport, Report, ThresholdPoint } from '../../../../runtime/report.ts';
import {
  actorName,
  badLineWords,
  between,
  bytes,
  count,
  counted,
  percent,
  riskPercent,
  seenWords,
  span,
  verdict,
  when,
} from '../words.ts';
import { classStyle } from './chart.ts';
import { fact, html, type Markup, NONE } from './markup.ts';

/** Rows and boxes beyond these stand in the JSON report only. */
const MOST_INCIDENTS = 60;
const MOST_INPUTS = 50;

export function verdictCard(report: Report): Markup {
  const { level, headline, detail } = verdict(report);
  const bad = Object.values(report.bad_lines).reduce((sum, n) => sum + n, 0);
  const understood = bad > 0 ? `${count(bad)} of them no exchange` : 'all of them understood';
  const names = report.inputs.slice(0, 3).map((input) => input.name);
  if (report.inputs.length > 3) names.push(`${report.inputs.length - 3} more`);
  return html`<section class="card verdict ${level}">
<h1>${headline}</h1><p>${detail}</p>
${report.generated_input ? html`<p><b>This is a generated sample, not a real log.</b></p>` : NONE}
<dl class="facts">
${fact('Read', names.join(', '))}
${fact('Time', span(report.started_at, report.ended_at))}
${fact('Lines', `${counted(report.lines, 'line')}, ${understood}; read in ${humanDuration(report.elapsed_s * 1000)}`)}
</dl></section>`;
}

export function tiles(report: Report, acted: readonly ActorReport[]): Markup {
  const t = report.totals;
  if (t.requests === 0) return NONE;
  const leaked = acted.reduce((sum, actor) => sum + actor.requests_before_action, 0);
  const share = percent(t.requests_abusive / t.requests);
  const hurt = t.identities_hurt === 1 ? 'identity hurt that did nothing' : 'identities hurt that did nothing';
  const tile = (n: number, name: string, style = ''): Markup =>
    html`<div class="tile ${style}"><b>${count(n)}</b><span>${name}</span></div>`;
  return html`<div class="tiles">
${tile(t.requests, 'requests')}
${tile(t.requests_abusive, `abusive (${share})`, t.requests_abusive > 0 ? 'bad' : '')}
${tile(t.requests_stoppable, 'would have been met by an action')}
${tile(leaked, 'leaked before detection')}
${tile(t.identities_hurt, hurt, t.identities_hurt > 0 ? 'bad' : 'good')}
</div>`;
}

/** Where the slider starts: the policy's usual threshold for a block. */
const START_RISK = 0.75;

/** The threshold slider, for points in the order of their risk. */
export function sliderCard(points: readonly ThresholdPoint[]): Markup {
  if (points.length < 2) return NONE;
  const off = (point: ThresholdPoint): number => Math.abs(point.risk - START_RISK);
  const start = points.reduce((best, point, i) => (off(point) < off(points[best]) ? i : best), 0);
  const p = points[start];
  const bar = (id: string, style: string): Markup =>
    html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect id="${id}" class="${style}"
 width="0" height="10"/></svg>`;
  return html`<section class="card"><header><div><h2>Where to draw the line</h2>
<p class="lead">Acting on more actors stops more abuse and hurts more people. Move the threshold to see both.</p>
</div></header><div class="line-tool"><div>
<p class="chosen"><label for="threshold">Act from a risk of <span id="at">${percent(p.risk)}</span></label></p>
<input id="threshold" type="range" min="0" max="${points.length - 1}" step="1" value="${start}">
<div class="scale"><span>${percent(points[0].risk)}: strict</span>
<span>${riskPercent(points[points.length - 1].risk)}: lenient</span></div>
<p class="sub">This would act on <b id="acted">${counted(p.actors, 'actor')}</b>.</p></div>
<div><div class="measure"><div><span>Requests stopped <span class="sub" id="share"></span></span>
<b id="stopped">${count(p.requests_stopped)}</b></div>${bar('stopped-bar', 'stopped')}</div>
<div class="measure"><div><span>Identities hurt that did nothing</span>
<b id="hurt">${count(p.identities_hurt)}</b></div>${bar('hurt-bar', 'hurt')}</div></div>
</div></section>`;
}

/** Incidents that tie actors together; one of a single actor says nothing that the actor does not. */
export function incidentsCard(report: Report): Markup {
  const tied = report.incidents.filter((incident) => incident.actors.length > 1 || incident.campaign);
  if (tied.length === 0) return NONE;
  return html`<section class="card"><header><div><h2>What belongs together</h2>
<p class="lead">Findings that share a cause, a target or a signature.</p></div></header>
<div class="incidents">${tied.slice(0, MOST_INCIDENTS).map(incidentBox)}</div></section>`;
}

function incidentBox(incident: Incident): Markup {
  const names = incident.actors.slice(0, 6).map((actor) => actorName(actor));
  if (incident.actors.length > 6) names.push(`${count(incident.actors.length - 6)} more`);
  const lasted = humanDuration(between(incident.started_at, incident.ended_at));
  const campaign = incident.campaign ? html`<span class="badge">campaign</span>` : NONE;
  return html`<article class="incident"><h3>${incident.title}${campaign}</h3>
<div class="meta"><span><i class="dot ${classStyle(incident.class)}"></i>${incident.class}</span>
<span>${when(incident.started_at, 'short')}, for ${lasted}</span>
<span>${counted(incident.requests, 'request')}</span></div>
<dl class="facts">${fact('Actors', names.join(', '))}
${incident.shared.length > 0 ? fact('In common', incident.shared.join(', ')) : NONE}</dl></article>`;
}

/** Bad lines, inputs, notes and the manifest. */
export function inputCards(report: Report): Markup {
  const notes = report.notes.map((note) => html`<li>${note}</li>`);
  const manifest = Object.entries({ 'decision hash': report.decision_hash, ...report.manifest });
  return html`${badLinesCard(report)}<div class="two">
<section class="card"><header><div><h2>What was read</h2></div></header>
<div class="scroll"><table class="plain"><thead><tr><th scope="col">Input</th><th scope="col">Format</th>
<th scope="col" class="num">Lines</th><th scope="col" class="num">Size</th></tr></thead>
<tbody>${report.inputs.slice(0, MOST_INPUTS).map(inputRow)}</tbody></table></div>
${notes.length > 0 ? html`<ul class="notes">${notes}</ul>` : NONE}</section>
<section class="card"><header><div><h2>How to get the same again</h2>
<p class="lead">The same input, versions and seed give the same decision hash.</p></div></header>
<div class="scroll"><table class="plain"><tbody>
${manifest.map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>`)}
<tr><td>looked at</td><td>${seenWords(report)}</td></tr></tbody></table></div></section></div>`;
}

const inputRow = (input: InputReport): Markup => html`<tr>
<td>${input.name}${input.truncated ? html`<span class="sub">cut short</span>` : NONE}</td>
<td>${input.format}<span class="sub">time is the ${input.time_meaning}</span></td>
<td class="num">${count(input.lines)}</td><td class="num">${bytes(input.bytes)}</td></tr>`;

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
  return html`<section class="card"><header><div><h2>Lines that were no exchange</h2>
<p class="lead">They were counted and passed over.</p></div></header>
<div class="scroll"><table class="plain bad-lines"><thead><tr><th scope="col" class="num">Lines</th>
<th scope="col">Why</th><th scope="col">For example</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
