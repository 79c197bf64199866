/** For tests only: hostile texts, and a strict reader of metrics text that refuses what a scraper would refuse. */
import fc from 'fast-check';

/** Texts of any code units, lone surrogates and controls included. */
export const anyText = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength });

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: string;
}

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  readonly samples: Sample[];
}

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*?)\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?\d+)?)(?: # (\{.*\} \S+ \S+))?$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

/** Families of an exposition; throws with the line where the text is not valid. */
export function parseExposition(text: string, open: boolean): ParsedFamily[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const lines = text.slice(0, -1).split('\n');
  if (open && lines.pop() !== '# EOF') throw new Error('no end mark');
  const families: ParsedFamily[] = [];
  for (const line of lines) {
    const meta = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/.exec(line);
    if (meta === null) addSample(families.at(-1), line, open);
    else addMeta(families, meta[1], meta[2], meta[3]);
  }
  for (const family of families) checkFamily(family, open);
  return families;
}

function addMeta(families: ParsedFamily[], kind: string, name: string, value: string): void {
  let family = families.at(-1);
  if (family?.name !== name) {
    if (families.some((other) => other.name === name)) throw new Error(`${name} stands in two places`);
    family = { name, type: '', help: '', unit: '', samples: [] };
    families.push(family);
  }
  if (family.samples.length > 0) throw new Error(`${kind} of ${name} after its samples`);
  (family as Record<'type' | 'help' | 'unit', string>)[kind.toLowerCase() as 'type'] = value;
}

function addSample(family: ParsedFamily | undefined, line: string, open: boolean): void {
  const match = SAMPLE.exec(line);
  if (match === null || family === undefined) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  const text = match[2] ?? '';
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const label = LABEL.exec(text);
    if (label === null || label[1] in labels) throw new Error(`bad labels: ${line}`);
    labels[label[1]] = label[2];
  }
  if (match[4] !== undefined && !open) throw new Error(`an exemplar outside of OpenMetrics: ${line}`);
  const value = Number(match[3].replace('Inf', 'Infinity'));
  family.samples.push({ name: match[1], labels, value, exemplar: match[4] ?? '' });
}

const ENDS: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  counter: ['_total'],
  info: ['_info'],
  gauge: [''],
};

function checkFamily(family: ParsedFamily, open: boolean): void {
  const { name, type, samples } = family;
  const ends = !open && type !== 'histogram' ? [''] : ENDS[type];
  if (ends === undefined) throw new Error(`${name} has no type`);
  if (family.unit !== '' && !name.endsWith(`_${family.unit}`)) throw new Error(`the unit of ${name} is not its end`);
  const seen = new Set<string>();
  for (const sample of samples) {
    if (!ends.some((end) => sample.name === name + end)) throw new Error(`${sample.name} is none of ${name}`);
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) throw new Error(`twice: ${key}`);
    seen.add(key);
    if (type === 'counter' && !(sample.value >= 0)) throw new Error(`${name} is negative`);
  }
  if (type === 'histogram') checkBuckets(name, samples);
}

/** Buckets rise in bound and count, end in +Inf, and the last equals the count. */
function checkBuckets(name: string, samples: readonly Sample[]): void {
  let bound = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const sample of samples) {
    if (sample.name === `${name}_bucket`) {
      const le = Number(sample.labels.le.replace('Inf', 'Infinity'));
      if (!(le > bound) || sample.value < count) throw new Error(`the buckets of ${name} do not rise`);
      bound = le;
      count = sample.value;
    } else {
      if (bound !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no last bucket`);
      if (sample.name === `${name}_count`) {
        if (sample.value !== count) throw new Error(`the count of ${name} is not that of its last bucket`);
        bound = Number.NEGATIVE_INFINITY;
        count = 0;
      }
    }
  }
}
