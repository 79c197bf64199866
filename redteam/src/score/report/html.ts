/** The scoreboard as one page that loads nothing. */
import { FAMILIES } from '../../contract.ts';
import type { Wrong } from '../findings.ts';
import type { MarginalRow } from '../marginals/compare.ts';
import { SYSTEMS } from '../run.ts';
import type { FamilyRow, Scoreboard } from '../scoreboard.ts';
import type { Estimate } from '../stats.ts';
import { cohortChart, detectionChart, leakCharts, legend, levelsOf, systemLegend, whiskers } from './charts.ts';
import { cents, count, numberEstimate, percent, SYSTEM_NAMES, seconds, shareEstimate } from './format.ts';
import { STYLE } from './style.ts';
import { escapeText } from './svg.ts';

/** The whole page. Everything that comes from a scenario or a log is escaped. */
export function htmlReport(board: Scoreboard): string {
  const title = `Red team scoreboard: ${board.scenario}`;
  const sections = [
    matrix(board),
    detection(board),
    leaks(board),
    intervals(board),
    collateral(board),
    wrongs(board),
    prices(board),
    peers(board),
    marginals(board),
    notes(board),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>
${header(board, title)}
${sections.filter((s) => s !== '').join('\n')}
</main></body>
</html>
`;
}

function header(board: Scoreboard, title: string): string {
  const { runs, seeds, figures } = board;
  const exchanges = runs.reduce((sum, r) => sum + r.exchanges, 0) / Math.max(1, runs.length);
  const abusive = runs.reduce((sum, r) => sum + r.abusive, 0) / Math.max(1, exchanges * runs.length);
  const campaigns = runs.reduce((sum, r) => sum + r.campaigns.length, 0);
  const share = (e: Estimate | undefined): [string, string] => [percent(e?.mean), range(e, (n) => percent(n))];
  const tiles: [string, string, string][] = [
    [...share(figures.recall), 'of campaigns found, by a finding that names them rightly'],
    [
      figure(figures.seconds_to_detection, seconds),
      range(figures.seconds_to_detection, seconds),
      'to detection, in the middle',
    ],
    [
      ...share(figures.leak_sallyport),
      `leaks before a campaign is held; ${percent(figures.leak_address_limit?.mean)} under a per-address limit`,
    ],
    [...share(figures.recall_at_rate), 'found where 1 benign request in 10,000 may be flagged'],
    [...share(figures.collateral_worst_sallyport), 'of the worst cohort throttled or harder'],
    [
      figure(figures.false_incidents_per_day, (n) => n.toFixed(2)),
      range(figures.false_incidents_per_day, (n) => n.toFixed(2)),
      'false incidents a day, nobody attacking',
    ],
  ];
  return `<h1>${escapeText(title)}</h1>
<p class="lead">Seeds ${seeds.map(escapeText).join(', ')}: ${count(exchanges)} exchanges each over ${(runs[0]?.days ?? 0).toFixed(1)} days, ${percent(abusive)} of them abusive, ${campaigns} campaigns in all.</p>
<div class="tiles">${tiles.map(([value, interval, what]) => `<div class="tile"><b>${escapeText(value)}</b><small>${escapeText(interval)}</small><span>${escapeText(what)}</span></div>`).join('')}</div>
<p class="note">${intervalNote(seeds.length)}</p>`;
}

function intervalNote(seeds: number): string {
  if (seeds < 2) return 'One seed: no intervals.';
  const wide = '; with three seeds that is 2.48 standard deviations to either side: a warning rather than a measure';
  return `Small figures are 95 % intervals over ${seeds} seeds by Student’s t${seeds === 3 ? wide : ''}.`;
}

const figure = (e: Estimate | undefined, show: (n: number) => string): string =>
  e === undefined || e.mean === null ? '–' : show(e.mean);

const range = (e: Estimate | undefined, show: (n: number) => string): string =>
  e === undefined || e.low === null || e.high === null ? 'no interval' : `${show(e.low)} to ${show(e.high)}`;

function matrix(board: Scoreboard): string {
  const levels = levelsOf(board);
  const rows = FAMILIES.map((family) => {
    const cells = levels.map((level) => {
      const row = board.families.find((r) => r.family === family && r.level === level);
      return `<td>${row && row.campaigns > 0 ? cell(row) : '<span class="cell none"><em>none ran</em></span>'}</td>`;
    });
    return `<tr><td>${family}</td>${cells.join('')}</tr>`;
  });
  return `<h2>Who was found</h2>
<p class="note">Campaigns of a family at a level over all seeds: how many were found by a finding whose class fits, and after how long (median). The red bar is the leak: the share of requests before nine in ten of the rest are held.</p>
<div class="card"><table class="matrix"><tr><th>family</th>${levels.map((l) => `<th>${l}</th>`).join('')}</tr>${rows.join('')}</table></div>`;
}

function cell(row: FamilyRow): string {
  const look = row.found === 0 ? 'missed' : row.found < row.campaigns ? 'partly' : 'found';
  const leak = percent(row.leakShare.sallyport);
  const seen = row.otherClass > 0 ? `as ${row.otherClasses.join(', ')}` : 'not seen at all';
  const what =
    row.found === 0 ? seen : `${seconds(row.seconds)}, ${count(Math.round(row.requestsToDetection ?? 0))} requests`;
  const head =
    row.found === 0 ? `missed ${row.campaigns > 1 ? `×${row.campaigns}` : ''}` : `${row.found} of ${row.campaigns}`;
  return `<span class="cell ${look}" style="--leak:${Math.round(row.leakShare.sallyport * 100)}%" title="leak ${escapeText(leak)}, held ${escapeText(percent(row.held.sallyport))}"><b>${escapeText(head)}</b> <em>${escapeText(what)}</em><i></i></span>`;
}

function detection(board: Scoreboard): string {
  return `<h2>Time to detection against attack rate</h2>
<p class="note">Each mark is a campaign; hollow ones on the rail were missed.</p>
${legend(levelsOf(board))}
<div class="card">${detectionChart(board)}</div>`;
}

function leaks(board: Scoreboard): string {
  return `<h2>Leak curves</h2>
<p class="note">Share of a campaign’s requests that got through (up), as it goes on from its first request to its last (right). The straight diagonal is a campaign that nothing holds; dashed is a per-address limit.</p>
${legend(levelsOf(board))}
<div class="card small">${leakCharts(board)}</div>`;
}

function intervals(board: Scoreboard): string {
  const { figures } = board;
  const levels = levelsOf(board);
  const recall = ['recall', ...levels.map((l) => `recall_${l}`)].map((name) => ({
    title: name === 'recall' ? 'all levels' : name.slice(-2),
    items: [{ estimate: figures[name], look: 'sallyport', name }],
  }));
  const leak = ['', ...levels.map((l) => `_${l}`)].map((suffix) => ({
    title: suffix === '' ? 'all levels' : suffix.slice(1),
    items: SYSTEMS.map((system) => ({
      estimate: figures[`leak${suffix}_${system.replaceAll('-', '_')}`],
      look: system,
      name: SYSTEM_NAMES[system],
    })),
  }));
  return `<h2>How sure</h2>
<p class="note">Means and 95 % intervals over seeds; short strokes are the seeds themselves.</p>
<div class="two"><div class="card"><p class="note">Campaigns found</p>${whiskers(recall, 'Recall by level')}</div>
<div class="card"><p class="note">Leak</p>${systemLegend(SYSTEMS)}${whiskers(leak, 'Leak by level')}</div></div>`;
}

function collateral(board: Scoreboard): string {
  const { figures } = board;
  const lines = SYSTEMS.map((s) => {
    const name = s.replaceAll('-', '_');
    const worst = percent(figures[`collateral_worst_${name}`]?.mean);
    return `<tr><td>${escapeText(SYSTEM_NAMES[s])}</td><td>${escapeText(shareEstimate(figures[`collateral_${name}`]))}</td><td>${escapeText(shareEstimate(figures[`collateral_challenged_${name}`]))}</td><td>${escapeText(shareEstimate(figures[`collateral_requests_${name}`]))}</td><td>${escapeText(worst)}</td></tr>`;
  });
  return `<h2>Whom it hurts</h2>
<p class="note">Share of the benign identities of each cohort that would have met an action at least once, on a logarithmic scale.</p>
<p class="legend"><span><b class="swatch soft"></b>throttle or harder</span><span><b class="swatch hard"></b>challenge or harder</span><span><b class="swatch address-limit"></b>per-address limit</span><span><b class="swatch log-rules"></b>three log rules</span></p>
<div class="card">${cohortChart(board.cohorts)}</div>
<div class="card" style="margin-top:14px"><table><tr><th>all cohorts</th><th>identities throttled</th><th>challenged</th><th>requests throttled</th><th>worst cohort</th></tr>${lines.join('')}</table></div>`;
}

function wrongs({ wrongFindings, wrongActions }: Scoreboard): string {
  const list = (title: string, all: readonly Wrong[]): string => {
    const rows = all
      .slice(0, 14)
      .map(
        (w) =>
          `<tr><td>${escapeText(w.class)}</td><td class="text">${escapeText(w.dimension)}</td><td class="text">${escapeText(w.cohort || 'nobody')}</td><td>${w.count}</td></tr>`,
      );
    const more = all.length > 14 ? `<p class="note">and ${all.length - 14} more kinds</p>` : '';
    return `<div class="card"><table><tr><th>${title}</th><th class="text">about</th><th class="text">of</th><th>how many</th></tr>${rows.join('')}</table>${more}</div>`;
  };
  if (wrongFindings.length === 0 && wrongActions.length === 0) return '';
  return `<h2>What was wrong</h2>
<p class="note">Findings, and actors that met a throttle or harder, behind whom there was no campaign (or one of another kind), by the cohort of most of their requests.</p>
<div class="two">${list('findings', wrongFindings)}${list('actors acted on', wrongActions)}</div>`;
}

function prices(board: Scoreboard): string {
  const levels = levelsOf(board);
  const rows = FAMILIES.filter((f) => board.families.some((r) => r.family === f && r.campaigns > 0)).map((family) => {
    const own = board.families.filter((r) => r.family === family && r.campaigns > 0);
    const cells = levels.map((level) => {
      const found = own.find((r) => r.level === level);
      return found
        ? `<td class="pair"><b>${escapeText(cents(found.centsPerGain.sallyport))}</b> <span>limit ${escapeText(cents(found.centsPerGain['address-limit']))}</span></td>`
        : '<td></td>';
    });
    return `<tr><td>${family}</td><td class="text">${escapeText(own[0].unit)}</td>${cells.join('')}</tr>`;
  });
  return `<h2>What a gain costs its attacker</h2>
<p class="note">All that was spent on addresses, accounts, solved challenges and requests, over what was got by the requests that met no action: with Sallyport, and with a per-address limit.</p>
<div class="card"><table><tr><th>family</th><th class="text">a gain is</th>${levels.map((l) => `<th>${l}</th>`).join('')}</tr>${rows.join('')}</table></div>`;
}

function peers({ peers: rows }: Scoreboard): string {
  if (rows.length === 0) return '';
  const body = rows.map((p) =>
    p.absent === ''
      ? `<tr><td>${escapeText(SYSTEM_NAMES[p.name] ?? p.name)}</td><td>${p.acted} of ${p.campaigns}</td><td>${escapeText(percent(p.held))}</td><td>${escapeText(percent(p.leakShare))}</td><td>${escapeText(percent(p.identitiesHurt))}</td><td>${escapeText(percent(p.requestsHurt))}</td></tr>`
      : `<tr><td>${escapeText(SYSTEM_NAMES[p.name] ?? p.name)}</td><td colspan="5" class="text">${escapeText(p.absent)}</td></tr>`,
  );
  return `<h2>Beside it</h2>
<p class="note">Everybody on the same ${count(rows[0].lines)} lines: one stretch of time with all of its attackers and some addresses of the benign. Campaigns with at least ten requests there.</p>
<div class="card"><table><tr><th>system</th><th>campaigns acted on</th><th>held</th><th>leak</th><th>identities hurt</th><th>requests hurt</th></tr>${body.join('')}</table></div>`;
}

const VERDICTS: Readonly<Record<MarginalRow['verdict'], string>> = {
  like: 'found',
  similar: 'partly',
  unreal: 'missed',
};

function marginals({ marginals: table }: Scoreboard): string {
  if (!table) return '';
  const rows = table.rows.map(
    (r) =>
      `<tr><td>${escapeText(r.title)}</td><td class="text">${escapeText(r.against)}</td><td>${r.kind} ${r.distance.toFixed(2)}</td><td class="text"><span class="verdict ${VERDICTS[r.verdict]}">${r.verdict}</span></td><td class="text">${escapeText(r.world)}</td><td class="text">${escapeText(r.real)}</td></tr>`,
  );
  const unreal = table.rows.filter((r) => r.sentence !== '').map((r) => `<li>${escapeText(r.sentence)}</li>`);
  const skipped = table.skipped.map((s) => `<li>skipped: ${escapeText(s)}</li>`);
  return `<h2>How real the world is</h2>
<p class="note">Its distributions against those of real logs: Kolmogorov–Smirnov for numbers (half are below the first figure, nine tenths below the second), total variation for categories; 0 alike, 1 nothing in common.</p>
<div class="card"><table><tr><th>marginal</th><th class="text">against</th><th>distance</th><th></th><th class="text">world</th><th class="text">real</th></tr>${rows.join('')}</table></div>
<ul class="note">${unreal.join('')}${skipped.join('')}</ul>`;
}

function notes(board: Scoreboard): string {
  const { figures, shares, nullRuns } = board;
  const lines = [
    ...shares
      .filter((s) => s.campaigns > 0)
      .map(
        (s) =>
          `Campaigns that were ${s.name} of all traffic while they ran: ${s.found} of ${s.campaigns} found, leak ${percent(s.leakShare)}.`,
      ),
    `Of the findings ${shareEstimate(figures.precision_findings)} are right, of the actors acted on ${shareEstimate(figures.precision_acted)}.`,
    `A flag that hits at most 1 benign request in 10,000 is right in ${[0.001, 0.01, 0.05].map((s) => `${percent(figures[`precision_at_share_${s}`]?.mean)} (${s * 100} % abusive)`).join(', ')} of cases.`,
    `A gain costs ${numberEstimate(figures.cost_ratio_to_limit, (n) => n.toFixed(2))} times what it costs under a per-address limit (median over campaigns).`,
    ...nullRuns.map(
      (n) =>
        `Null run (seed ${n.seed}): ${n.incidents} incidents, ${n.findings} findings and ${n.acted} actors acted on in ${n.days.toFixed(1)} days of ${count(n.exchanges)} exchanges, besides ${n.permitted.incidents} incidents about those who attack with permission${n.classes.length > 0 ? `; classes ${n.classes.map(([c, k]) => `${c} ${k}`).join(', ')}` : ''}.`,
    ),
    ...board.notes,
  ];
  return `<h2>Notes</h2><ul class="note">${lines.map((l) => `<li>${escapeText(l)}</li>`).join('')}</ul>`;
}
