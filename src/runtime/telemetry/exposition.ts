/**
 * Metrics as text: Prometheus text format 0.0.4, or OpenMetrics 1.0 where a scraper prefers it. The two differ in the names
 * of counters' families, in how numbers of buckets are written, in units and exemplars, and in the end mark.
 */
import { type Family, Histogram, type MetricRegistry } from './metrics.ts';

export type Exposition = 'text' | 'openmetrics';

export const CONTENT_TYPE: Readonly<Record<Exposition, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Families of so few series show all of them from the start, so that alerts see a 0 and not an absence. */
const SHOWN_FROM_START = 16;
/** Accept headers longer than this are not read, in UTF-16 code units. */
const MAX_ACCEPT_LENGTH = 1000;

/** The format that a scraper wants most, by its Accept header (RFC 9110, section 12.5.1). */
export function negotiate(accept: string | undefined): Exposition {
  if (accept === undefined || accept.length > MAX_ACCEPT_LENGTH) return 'text';
  let open = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2)) || 0;
    const version = parameters
      .find((parameter) => parameter.startsWith('version='))
      ?.slice(8)
      .replaceAll('"', '');
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0')) {
      open = Math.max(open, quality);
    } else if (['text/plain', 'text/*', '*/*'].includes(type)) {
      text = Math.max(text, quality);
    }
  }
  return open > 0 && open >= text ? 'openmetrics' : 'text';
}

/** Runs the hooks of the registry and writes all its families. */
export function render(registry: MetricRegistry, format: Exposition): string {
  registry.collect();
  const lines: string[] = [];
  for (const family of registry.families()) renderFamily(family, format, lines);
  if (format === 'openmetrics') lines.push('# EOF');
  lines.push('');
  return lines.join('\n');
}

function renderFamily(family: Family, format: Exposition, lines: string[]): void {
  const open = format === 'openmetrics';
  const name = open ? openName(family) : family.name;
  const unit = /_(seconds|bytes)$/.exec(name)?.[1];
  lines.push(`# HELP ${name} ${open ? escapeLabel(family.help) : escapeHelp(family.help)}`);
  lines.push(`# TYPE ${name} ${family.type === 'info' && !open ? 'gauge' : family.type}`);
  if (open && unit !== undefined && family.type !== 'info') lines.push(`# UNIT ${name} ${unit}`);
  for (let slot = 0; slot < family.series; slot++) {
    if (!family.shown(slot) && !shownFromStart(family, slot)) continue;
    const labels = labelText(family, slot);
    if (family instanceof Histogram) renderHistogram(family, slot, labels, open, lines);
    else lines.push(`${family.name}${braced(labels)} ${numberText(family.slots[slot])}`);
  }
}

/** OpenMetrics names a family without the end that its samples have. */
function openName(family: Family): string {
  if (family.type === 'counter') return family.name.replace(/_total$/, '');
  return family.type === 'info' ? family.name.replace(/_info$/, '') : family.name;
}

/** A gauge that was never set is not known; a counter that never counted stands at 0. */
function shownFromStart(family: Family, slot: number): boolean {
  if (family.type === 'gauge' || family.type === 'info' || family.series > SHOWN_FROM_START) return false;
  return family.labels.every((label, i) => {
    const index = family.indexIn(slot, i);
    return index !== label.other && label.value(index) !== undefined;
  });
}

function labelText(family: Family, slot: number): string {
  return family.labels
    .map((label, i) => `${label.name}="${escapeLabel(label.value(family.indexIn(slot, i)) ?? '')}"`)
    .join(',');
}

function renderHistogram(family: Histogram, slot: number, labels: string, open: boolean, lines: string[]): void {
  const base = slot * family.width;
  const lead = labels === '' ? '' : `${labels},`;
  let count = 0;
  for (let i = 0; i <= family.bounds.length; i++) {
    count += family.slots[base + i];
    const bound = i < family.bounds.length ? boundText(family.bounds[i], open) : '+Inf';
    const example = open ? exemplarText(family, base + i) : '';
    lines.push(`${family.name}_bucket{${lead}le="${bound}"} ${numberText(count)}${example}`);
  }
  lines.push(`${family.name}_sum${braced(labels)} ${numberText(family.slots[base + family.width - 1])}`);
  lines.push(`${family.name}_count${braced(labels)} ${numberText(count)}`);
}

function exemplarText(family: Histogram, index: number): string {
  const example = family.exemplars.get(index);
  if (example === undefined) return '';
  return ` # {trace_id="${escapeLabel(example.traceId)}"} ${numberText(example.value)} ${numberText(example.timeSec)}`;
}

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

/** OpenMetrics wants 1.0 where Prometheus writes 1: both would otherwise be different series. */
function boundText(bound: number, open: boolean): string {
  const text = numberText(bound);
  return open && /^\d+$/.test(text) ? `${text}.0` : text;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
