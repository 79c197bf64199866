/** The charts of the page. */
import { FAMILIES, LEVELS, type Level } from '../../contract.ts';
import type { CampaignScore } from '../run.ts';
import type { CohortRow, Scoreboard } from '../scoreboard.ts';
import type { Estimate } from '../stats.ts';
import { count, percent, SYSTEM_NAMES, seconds, shareEstimate } from './format.ts';
import { at, axisX, axisY, escapeText, linear, logarithmic, mark, type Scale, svg } from './svg.ts';

const DAY = 86_400;
const TIMES: readonly (readonly [seconds: number, name: string])[] = [
  [0.1, '0.1 s'],
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3600, '1 h'],
  [6 * 3600, '6 h'],
  [DAY, '1 d'],
  [7 * DAY, '7 d'],
];
const SOONEST = 0.1;
const RATES = [0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000];

/** Campaigns of all seeds that sent something. */
function campaignsOf(board: Scoreboard): CampaignScore[] {
  return board.runs.flatMap((r) => r.campaigns.filter((c) => c.requests > 0));
}

export function levelsOf(board: Scoreboard): Level[] {
  const all = campaignsOf(board);
  return LEVELS.filter((level) => all.some((c) => c.level === level));
}

export function legend(levels: readonly Level[]): string {
  const names: Record<Level, string> = {
    E0: 'naive',
    E1: 'rotates',
    E2: 'residential',
    E3: 'mimics',
    E4: 'adapts',
  };
  const items = levels.map(
    (level) => `<span>${svg(14, 14, '', mark(level, 7, 7, false, ''))}${level} <i>${names[level]}</i></span>`,
  );
  return `<p class="legend">${items.join('')}</p>`;
}

/** Time to detection against attack rate; who was missed stands on the rail above. */
export function detectionChart(board: Scoreboard): string {
  const all = campaignsOf(board);
  const [width, height, left, right, top, bottom] = [940, 430, 74, 924, 84, 380];
  const rates = all.map((c) => c.requestsPerMinute);
  const low = 10 ** Math.floor(Math.log10(Math.min(1, ...rates)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(10, ...rates)));
  const x = logarithmic(low, high, left + 14, right - 14, RATES);
  const names = new Map(TIMES);
  const y = logarithmic(SOONEST, 7 * DAY, bottom, top, [...names.keys()]);
  const missed = all.filter((c) => c.seconds === null);
  const marks = all.map((c) => {
    const what = `${c.name}: ${c.requestsPerMinute.toPrecision(2)} requests a minute`;
    if (c.seconds !== null) {
      const title = `${what}, found after ${seconds(c.seconds)} and ${count(c.requestsToDetection)} requests as ${c.class}`;
      return mark(c.level, x(c.requestsPerMinute), y(c.seconds), false, title);
    }
    const seen = c.otherClasses.length > 0 ? `, seen as ${c.otherClasses.join(', ')}` : '';
    return mark(c.level, x(c.requestsPerMinute), 34 + spread(c.name, 18), true, `${what}, missed${seen}`);
  });
  return svg(
    width,
    height,
    'Time to detection against attack rate',
    `<rect class="rail" x="${left}" y="24" width="${right - left}" height="38" rx="4"/>` +
      `<text class="axis" x="${left - 8}" y="47" text-anchor="end">missed</text>` +
      `<text class="tick" x="${right - 8}" y="19" text-anchor="end">${missed.length} of ${all.length} campaigns</text>` +
      axisX(x, top, bottom, (n) => (n < 1 ? String(n) : count(n)), 'requests a minute') +
      axisY(y, left, right, (s) => names.get(s) ?? '', '') +
      marks.join(''),
  );
}

/** A place within `range` pixels that depends on a name alone, so that marks of one rate do not hide each other. */
function spread(name: string, range: number): number {
  let h = 7;
  for (const c of name) h = (Math.imul(h, 31) + c.charCodeAt(0)) | 0;
  return ((h >>> 0) % 1000) * (range / 1000);
}

/** One small chart for each family: the share of its requests that got through, as the campaign goes on. */
export function leakCharts(board: Scoreboard): string {
  const all = campaignsOf(board);
  return FAMILIES.map((family) => {
    const own = all.filter((c) => c.family === family);
    const levels = LEVELS.filter((level) => own.some((c) => c.level === level));
    const lines = levels.map((level) => {
      const curve = meanCurve(own.filter((c) => c.level === level).map((c) => c.curve));
      return `<path class="curve ${level}" d="${pathOf(curve)}"><title>${escapeText(`${family} ${level}: ${percent(curve[curve.length - 1] ?? 0)} got through`)}</title></path>`;
    });
    const limit =
      own.length > 0 ? `<path class="curve limit" d="${pathOf(meanCurve(own.map((c) => c.limitCurve)))}"/>` : '';
    const empty = own.length === 0 ? '<text class="axis" x="104" y="76" text-anchor="middle">none ran</text>' : '';
    const frame = '<path class="frame" d="M24 12V132H192"/><path class="diagonal" d="M24 132L192 12"/>';
    const ticks =
      '<text class="tick" x="18" y="18" text-anchor="end">1</text><text class="tick" x="18" y="136" text-anchor="end">0</text>';
    return `<figure><figcaption>${family}</figcaption>${svg(200, 140, `Leak of ${family}`, frame + ticks + limit + lines.join('') + empty)}</figure>`;
  }).join('');
}

function meanCurve(curves: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...curves.map((c) => c.length));
  return Array.from({ length }, (_, i) => curves.reduce((sum, c) => sum + (c[i] ?? 0), 0) / curves.length);
}

function pathOf(curve: readonly number[]): string {
  const points = curve.map((v, i) => `${at(24 + (168 * i) / Math.max(1, curve.length - 1))} ${at(132 - 120 * v)}`);
  return points.length === 0 ? '' : `M${points.join('L')}`;
}

/** A row of a chart with intervals: several estimates on one line. */
export interface WhiskerRow {
  readonly title: string;
  readonly items: readonly { readonly estimate: Estimate; readonly look: string; readonly name: string }[];
}

/** Means with their intervals, and the seeds' own values as ticks. */
export function whiskers(rows: readonly WhiskerRow[], label: string): string {
  const [width, left, right] = [446, 84, 424];
  const rowHeight = (row: WhiskerRow): number => Math.max(1, row.items.length) * 13 + 12;
  const height = rows.reduce((sum, row) => sum + rowHeight(row), 0) + 44;
  const x = linear(0, 1, left, right, [0, 0.25, 0.5, 0.75, 1]);
  let y = 8;
  const drawn = rows.map((row) => {
    const top = y;
    y += rowHeight(row);
    const lines = row.items.map((item, i) => whisker(x, top + 12 + i * 13, item));
    const middle = top + rowHeight(row) / 2 + 3;
    return `<text class="name" x="${left - 12}" y="${at(middle)}" text-anchor="end">${escapeText(row.title)}</text>${lines.join('')}`;
  });
  return svg(width, height, label, axisX(x, 4, height - 40, (n) => percent(n), '') + drawn.join(''));
}

function whisker(x: Scale, y: number, item: WhiskerRow['items'][number]): string {
  const { estimate, look, name } = item;
  if (estimate.mean === null) return '';
  const tip = `<title>${escapeText(`${name}: ${shareEstimate(estimate)}`)}</title>`;
  const line =
    estimate.low === null || estimate.high === null
      ? ''
      : `<path class="whisker ${look}" d="M${at(x(estimate.low))} ${at(y)}H${at(x(estimate.high))}"/>`;
  const seeds = estimate.values.map((v) => `<path class="seed ${look}" d="M${at(x(v))} ${at(y - 4)}V${at(y + 4)}"/>`);
  return `<g>${tip}${line}${seeds.join('')}<circle class="dot ${look}" cx="${at(x(estimate.mean))}" cy="${at(y)}" r="4.5"/></g>`;
}

/** Whom it hurt: bars by cohort on a logarithmic scale, with intervals, and what the limit would have hurt. */
export function cohortChart(cohorts: readonly CohortRow[]): string {
  const [width, left, right, step] = [940, 170, 880, 30];
  const height = cohorts.length * step + 52;
  const x = logarithmic(1e-5, 1, left, right, [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  const sorted = [...cohorts].sort((a, b) => (b.throttled.sallyport.mean ?? 0) - (a.throttled.sallyport.mean ?? 0));
  const rows = sorted.map((row, i) => {
    const y = 14 + i * step;
    const own = row.throttled.sallyport;
    const limit = row.throttled['address-limit'].mean ?? 0;
    const rules = row.throttled['log-rules'].mean ?? 0;
    const tip = `${row.cohort}: ${shareEstimate(own)} of ${count(row.identities)} identities throttled, ${percent(row.challenged.sallyport.mean)} challenged; limit ${percent(limit)}, rules ${percent(rules)}`;
    const bar = own.mean
      ? `<rect class="bar" x="${left}" y="${y}" width="${at(x(own.mean) - left)}" height="14" rx="2"/>`
      : '';
    const hard = row.challenged.sallyport.mean ?? 0;
    const inner = hard
      ? `<rect class="bar hard" x="${left}" y="${y}" width="${at(x(hard) - left)}" height="14" rx="2"/>`
      : '';
    const span =
      own.high && own.low !== null
        ? `<path class="whisker plain" d="M${at(x(own.low))} ${y + 7}H${at(x(own.high))}"/>`
        : '';
    const other = (share: number, look: string): string =>
      share > 0 ? `<path class="other ${look}" d="M${at(x(share))} ${y - 3}V${y + 17}"/>` : '';
    return `<g><title>${escapeText(tip)}</title><text class="name" x="${left - 12}" y="${y + 12}" text-anchor="end">${escapeText(row.cohort)}</text>${bar}${inner}${span}${other(limit, 'limit')}${other(rules, 'rules')}<text class="value" x="${right + 10}" y="${y + 12}">${escapeText(percent(own.mean))}</text></g>`;
  });
  const axis = axisX(x, 6, height - 40, (n) => (n < 1e-4 ? '≤0.001 %' : percent(n)), 'identities of the cohort');
  return svg(width, height, 'Collateral by cohort', axis + rows.join(''));
}

/** What the looks of a chart with several systems mean. */
export function systemLegend(systems: readonly string[]): string {
  const items = systems.map((s) => `<span><b class="swatch ${s}"></b>${escapeText(SYSTEM_NAMES[s] ?? s)}</span>`);
  return `<p class="legend">${items.join('')}</p>`;
}
