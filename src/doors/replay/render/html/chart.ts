/** The time chart: bars of requests, the abusive ones by class on top, errors as a line; and abusive ones alone. */
import { CLASSES } from '../../../../engine/detector.ts';
import type { TimeBucket } from '../../../../runtime/report.ts';
import { count, when } from '../words.ts';
import { html, type Markup, NONE } from './markup.ts';

/** More bars than this are thinner than a pixel on a phone: neighbours are added together. */
const MOST_BARS = 180;
/** Units of the plot's own coordinates; it is stretched to the width of the page. */
const WIDTH = 1000;
const HEIGHT = 210;

/** At most `most` buckets, each the sum of as many neighbours. */
export function thinned(buckets: readonly TimeBucket[], most = MOST_BARS): TimeBucket[] {
  const group = Math.ceil(buckets.length / most);
  if (group <= 1) return [...buckets];
  const out: TimeBucket[] = [];
  for (let i = 0; i < buckets.length; i += group) {
    const abusive: Record<string, number> = {};
    let requests = 0;
    let errors = 0;
    for (const bucket of buckets.slice(i, i + group)) {
      requests += bucket.requests;
      errors += bucket.errors;
      for (const [name, n] of Object.entries(bucket.abusive)) abusive[name] = (abusive[name] ?? 0) + n;
    }
    out.push({ start: buckets[i].start, requests, errors, abusive });
  }
  return out;
}

/** The style class of a class of findings: one of ours, whatever the report says. */
export const classStyle = (name: string): string =>
  `c-${(CLASSES as readonly string[]).includes(name) ? name : 'other'}`;

/** Classes that occur, those with most requests first: at the bottom of a bar, heights compare best. */
export function classesOf(buckets: readonly TimeBucket[]): string[] {
  const sums = new Map<string, number>();
  for (const bucket of buckets) {
    for (const [name, n] of Object.entries(bucket.abusive)) sums.set(name, (sums.get(name) ?? 0) + n);
  }
  return [...sums.entries()]
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => name);
}

/** The card with the chart, for buckets that were {@link thinned}. */
export function chartCard(buckets: readonly TimeBucket[]): Markup {
  if (buckets.length === 0) return NONE;
  const classes = classesOf(buckets);
  const legend = classes.map((name) => html`<li><i class="dot ${classStyle(name)}"></i>${name}</li>`);
  const views =
    classes.length === 0
      ? NONE
      : html`<div class="switch" role="group" aria-label="What the chart shows"><button type="button" data-show="all"
 aria-pressed="true">All traffic</button><button type="button" data-show="abusive"
 aria-pressed="false">Abusive only</button></div>`;
  return html`<section class="card">
<header><div><h2>Over time</h2>
<p class="lead">Requests of actors with a finding in colour, by class. Times are UTC.</p></div>${views}</header>
${plot(buckets, classes, 'all')}
${classes.length === 0 ? NONE : plot(buckets, classes, 'abusive')}
<ul class="legend"><li><i class="dot benign"></i>everyone else</li>${legend}
<li><i class="dot line"></i>errors (status 400 and above)</li></ul>
</section>`;
}

function plot(buckets: readonly TimeBucket[], classes: readonly string[], view: 'all' | 'abusive'): Markup {
  const total = (b: TimeBucket): number => classes.reduce((sum, name) => sum + (b.abusive[name] ?? 0), 0);
  const values = buckets.map((b) => (view === 'all' ? Math.max(b.requests, b.errors) : total(b)));
  const top = niceCeiling(Math.max(1, ...values));
  const step = WIDTH / buckets.length;
  const gap = buckets.length > 90 ? 0 : step * 0.14;
  const scale = HEIGHT / top;
  const bars: Markup[] = [];
  buckets.forEach((bucket, i) => {
    let y = HEIGHT;
    const bar = (n: number, style: string): void => {
      const h = n * scale;
      if (h <= 0) return;
      y -= h;
      bars.push(
        html`<rect class="${style}" x="${short(i * step + gap / 2)}" y="${short(y)}" width="${short(step - gap)}"
 height="${short(h)}"/>`,
      );
    };
    for (const name of classes) bar(bucket.abusive[name] ?? 0, classStyle(name));
    if (view === 'all') bar(Math.max(0, bucket.requests - total(bucket)), 'benign');
  });
  const errors = buckets.map((b, i) => `${short((i + 0.5) * step)},${short(HEIGHT - b.errors * scale)}`).join(' ');
  const ticks = [1, 0.75, 0.5, 0.25, 0];
  const grid = ticks.map(
    (t) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${HEIGHT * (1 - t)}" y2="${HEIGHT * (1 - t)}"/>`,
  );
  const line = view === 'all' ? html`<polyline class="errors" points="${errors}"/>` : NONE;
  const name = view === 'all' ? 'Requests over time' : 'Abusive requests over time';
  const attributes = view === 'all' ? html`data-view="all"` : html`data-view="abusive" hidden`;
  return html`<div class="chart" ${attributes}>
<div class="y">${ticks.map((t) => html`<span>${count(top * t)}</span>`)}</div>
<div class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img"
 aria-label="${name}">${grid}${bars}${line}</svg></div>
<div class="x">${timeLabels(buckets).map((text) => html`<span>${text}</span>`)}</div>
</div>`;
}

/** Five times along the axis, without the date where all fall on one day. */
function timeLabels(buckets: readonly TimeBucket[]): string[] {
  const n = Math.min(5, buckets.length);
  const picked = Array.from(
    { length: n },
    (_, i) => buckets[Math.floor((i * (buckets.length - 1)) / Math.max(1, n - 1))].start,
  );
  const oneDay = new Set(picked.map((t) => t.slice(0, 10))).size === 1;
  return picked.map((t) => (oneDay ? when(t, 'short').split(' ').slice(-1)[0] : when(t, 'short')));
}

/** The smallest of 1, 2, 4, 8 × 10ⁿ (quarters of it are whole from 4 on) that is not below `n`. */
export function niceCeiling(n: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const factor of [1, 2, 4, 8]) if (factor * unit >= n && factor * unit >= 4) return factor * unit;
  }
}

const short = (n: number): string => n.toFixed(2).replace(/\.?0+$/, '');
