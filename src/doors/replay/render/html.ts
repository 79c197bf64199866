/**
 * The report as one self-contained page. It loads nothing: a content security policy with the hashes of its own style
 * and script forbids everything else, so that even a hole in the escaping could not run what a log smuggled in.
 */
import { createHash } from 'node:crypto';
import type { Report, ThresholdPoint, TimeBucket } from '../../../runtime/report.ts';
import { actorsCard } from './html/actors.ts';
import { chartCard, thinned } from './html/chart.ts';
import { html, json, type Markup, shipped } from './html/markup.ts';
import { SCRIPT } from './html/script.ts';
import { incidentsCard, inputCards, sliderCard, tiles, verdictCard } from './html/sections.ts';
import { STYLE } from './html/style.ts';
import { acts, ranked, verdict, when } from './words.ts';

/** A browser stays quick with this many rows; the JSON report has all. */
const MOST_ACTORS = 1000;

/** The page's text. Deterministic: it holds no time but those of the report. */
export function renderHtml(report: Report): string {
  const page = html`<!doctype html>
<html lang="en">
${head(report)}
${body(report)}
</html>
`;
  return page.text;
}

function head(report: Report): Markup {
  const policy = [
    "default-src 'none'",
    `style-src '${digest(STYLE)}'`,
    `script-src '${digest(SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${shipped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Sallyport: ${verdict(report).headline}</title>
<style>${shipped(STYLE)}</style>
</head>`;
}

function body(report: Report): Markup {
  const actors = ranked(report.actors);
  const acted = actors.filter((actor) => acts(actor.recommended));
  const buckets = thinned(report.timeline);
  const thresholds = [...report.thresholds].sort((a, b) => a.risk - b.risk);
  return html`<body>
<div class="wrap">
<div class="top">${LOGO}<b>Sallyport</b><span class="quiet">report</span><span class="spacer"></span>
<span class="quiet">version ${report.sallyport}</span>
<button type="button" id="theme" aria-label="Light or dark" title="Light or dark">◐</button></div>
<main>
${verdictCard(report)}
${tiles(report, acted)}
${chartCard(buckets)}
${incidentsCard(report)}
${actorsCard(report, actors.slice(0, MOST_ACTORS))}
${sliderCard(thresholds)}
${inputCards(report)}
</main>
<footer class="end">Made by Sallyport ${report.sallyport} from the log alone.
Nothing in this page was loaded from elsewhere, and opening it contacts nobody.</footer>
</div>
<script type="application/json" id="data">${json(pageData(report, buckets, thresholds))}</script>
<script>${shipped(SCRIPT)}</script>
</body>`;
}

/** What the page's script reads. */
function pageData(report: Report, buckets: readonly TimeBucket[], thresholds: readonly ThresholdPoint[]) {
  return {
    abusive: report.totals.requests_abusive,
    thresholds,
    buckets: buckets.map((b) => ({
      label: when(b.start, 'short'),
      requests: b.requests,
      errors: b.errors,
      abusive: Object.entries(b.abusive),
    })),
  };
}

const digest = (source: string): string => `sha256-${createHash('sha256').update(source, 'utf8').digest('base64')}`;

/** Two doors, one behind the other. */
const LOGO = html`<svg width="26" height="26" viewBox="0 0 26 26" fill="none" stroke="currentColor" stroke-width="2"
 stroke-linejoin="round" aria-hidden="true"><path d="M3 23V9a6 6 0 0 1 6-6h8a6 6 0 0 1 6 6v14"/>
<path d="M8 23V12a3 3 0 0 1 3-3h4a3 3 0 0 1 3 3v11"/><path d="M1.5 23h23"/>
<circle cx="14.6" cy="16.6" r=".6" fill="currentColor"/></svg>`;
