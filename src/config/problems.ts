/** What is wrong with a configuration, where, and what was probably meant. */
import { type ErrorCode, SallyportError } from '../lib/errors.ts';

export interface Problem {
  readonly code: ErrorCode;
  /** From 1; both 0 where a problem has no place in the file. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Every problem of one file at once: nobody wants to meet them one by one. */
export class ConfigError extends SallyportError {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], cause?: unknown) {
    const lines = problems.map((problem) => problemText(file, problem));
    super(problems[0].code, lines.join('\n'), { cause });
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}

/** "sallyport.yaml:3:5: unknown key …": the form that editors and terminals make clickable. */
function problemText(file: string, { line, column, message, code }: Problem): string {
  return `${line > 0 ? `${file}:${line}:${column}` : file}: ${message} (${code})`;
}

/** `; did you mean "x"?`, or nothing where no candidate comes close. */
export function hint(word: string, candidates: readonly string[]): string {
  const meant = didYouMean(word, candidates);
  return meant === null ? '' : `; did you mean "${meant}"?`;
}

/** The candidate that `word` was probably meant to be, or null. */
function didYouMean(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  // A third of the letters may be wrong: more is another word.
  let bound = Math.floor(Math.max(word.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bound) {
      bound = distance;
      best = candidate;
    }
  }
  // The unit at the end is what people leave out: timeout for timeout_s.
  const withUnit = candidates.filter((candidate) => candidate.startsWith(`${word}_`));
  return best ?? (withUnit.length === 1 ? withUnit[0] : null);
}

/** Levenshtein distance in which swapping two neighbours counts once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
