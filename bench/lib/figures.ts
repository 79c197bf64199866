/**
 * One line per measured figure: `SUITE metric value target ok|short`. Benchmarks and evaluation suites share it, so that
 * a build step can read either with one pattern. A figure without a target is `info`; one that could not be measured is
 * `unmeasured`, never a guess.
 */

/** `>=` and `<=` with their bound; `=` for exact values; undefined where nothing was promised. */
export interface Target {
  readonly is: '>=' | '<=' | '=';
  readonly than: number;
}

export interface Figure {
  readonly suite: string;
  readonly metric: string;
  /** null where it could not be measured; the reason then stands in {@link note}. */
  readonly value: number | null;
  readonly target?: Target;
  readonly note?: string;
}

export type Verdict = 'ok' | 'short' | 'info' | 'unmeasured';

export const atLeast = (than: number): Target => ({ is: '>=', than });
export const atMost = (than: number): Target => ({ is: '<=', than });
export const exactly = (than: number): Target => ({ is: '=', than });

/** Whether a figure holds. NaN holds nothing. */
export function verdict(figure: Figure): Verdict {
  const { value, target } = figure;
  if (value === null || Number.isNaN(value)) return 'unmeasured';
  if (!target) return 'info';
  if (target.is === '>=') return value >= target.than ? 'ok' : 'short';
  if (target.is === '<=') return value <= target.than ? 'ok' : 'short';
  return value === target.than ? 'ok' : 'short';
}

/** The line that is printed for a figure. */
export function figureLine(figure: Figure): string {
  const value = figure.value === null || Number.isNaN(figure.value) ? '-' : plain(figure.value);
  const target = figure.target ? `${figure.target.is}${plain(figure.target.than)}` : '-';
  const note = figure.note ? `  # ${figure.note}` : '';
  return `${figure.suite} ${figure.metric} ${value} ${target} ${verdict(figure)}${note}`;
}

/** Figures that were promised and not reached. Unmeasured figures with a target count: silence is not success. */
export function missed(figures: readonly Figure[]): Figure[] {
  return figures.filter((f) => verdict(f) === 'short' || (verdict(f) === 'unmeasured' && f.target !== undefined));
}

/** A number without digits that nobody measured: whole from 100 on, else three significant figures. */
export function plain(n: number): string {
  if (Number.isInteger(n) || Math.abs(n) >= 100) return String(Math.round(n));
  return String(Number(n.toPrecision(3)));
}

/** Left-aligned first column, right-aligned others, two spaces between. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => (r[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((w) => '-'.repeat(w)).join('  '), ...rows.map(line)].join('\n');
}
