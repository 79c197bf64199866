/** Times written by a strftime format, as in Apache's `%{%Y-%m-%d %H:%M:%S}t`, read piece by piece. */
import { FormatError } from './errors.ts';
import { isDigit } from './scan.ts';
import { daysFromDate, monthAt, timeCursor, zoneOffset } from './time.ts';

const YEAR = 0;
const MONTH = 1;
const DAY = 2;
const HOUR = 3;
const MINUTE = 4;
const SECOND = 5;
const FRACTION = 6; // ms
const OFFSET = 7; // ms
const EPOCH = 8; // ms
const AFTERNOON = 9;
const PARTS = 10;

/** A literal byte, or one of the readers below. */
type Step = (buf: Uint8Array, at: number, end: number, parts: Float64Array) => number;

/** A compiled format: returns where it ended, −1 where the text does not follow it. */
export interface TimeProgram {
  readonly steps: readonly Step[];
}

/** The parts of a time that may stand in several places of a line, `%{%d/%b/%Y:%T}t.%{msec_frac}t`. */
export class TimeParts {
  readonly parts = new Float64Array(PARTS);

  reset(): void {
    this.parts.fill(Number.NaN);
  }

  /** Unix ms, NaN where too little was read. What is finer than a second counts as 0 where it was not read. */
  toMs(): number {
    const p = this.parts;
    const fraction = orZero(p[FRACTION]);
    if (p[EPOCH] >= 0) return p[EPOCH] + fraction;
    const day = daysFromDate(p[YEAR], p[MONTH], p[DAY]);
    let hour = p[HOUR];
    if (p[AFTERNOON] >= 0) hour = (hour % 12) + p[AFTERNOON] * 12;
    const offset = orZero(p[OFFSET]);
    const second = orZero(p[SECOND]);
    return day * 86_400_000 + hour * 3_600_000 + p[MINUTE] * 60_000 + second * 1000 + fraction - offset;
  }
}

/** A part that was not read counts as 0. */
function orZero(part: number): number {
  return Number.isNaN(part) ? 0 : part;
}

/** Reads `at` on by `program` into `into`; the position behind it, −1 where it does not fit. */
export function runTime(program: TimeProgram, buf: Uint8Array, at: number, end: number, into: TimeParts): number {
  for (const step of program.steps) {
    at = step(buf, at, end, into.parts);
    if (at < 0) return -1;
  }
  return at;
}

/** Up to `width` digits into a part. */
function digits(part: number, width: number, scale = 1, shift = 0): Step {
  return (buf, at, end, parts) => {
    let n = 0;
    let i = at;
    if (width === 2 && i < end && buf[i] === 0x20) i++;
    const from = i;
    for (; i < end && i - at < width && isDigit(buf[i]); i++) n = n * 10 + (buf[i] - 0x30);
    if (i === from) return -1;
    parts[part] = Math.floor(n * scale) + shift;
    return i;
  };
}

function literal(byte: number): Step {
  return (buf, at, end) => (at < end && buf[at] === byte ? at + 1 : -1);
}

const monthName: Step = (buf, at, end, parts) => {
  if (at + 3 > end) return -1;
  parts[MONTH] = monthAt(buf, at);
  return parts[MONTH] > 0 ? word(buf, at, end, parts) : -1;
};

const word: Step = (buf, at, end) => {
  let i = at;
  while (i < end && (buf[i] | 0x20) >= 0x61 && (buf[i] | 0x20) <= 0x7a) i++;
  return i > at ? i : -1;
};

const zone: Step = (buf, at, end, parts) => {
  parts[OFFSET] = zoneOffset(buf, at, end);
  return timeCursor.at > at && !Number.isNaN(parts[OFFSET]) ? timeCursor.at : -1;
};

const half: Step = (buf, at, end, parts) => {
  if (at + 2 > end) return -1;
  parts[AFTERNOON] = (buf[at] | 0x20) === 0x70 ? 1 : 0;
  return at + 2;
};

const ONE: Readonly<Record<string, Step>> = {
  Y: digits(YEAR, 4),
  y: digits(YEAR, 2, 1, 2000),
  m: digits(MONTH, 2),
  d: digits(DAY, 2),
  e: digits(DAY, 2),
  H: digits(HOUR, 2),
  k: digits(HOUR, 2),
  I: digits(HOUR, 2),
  M: digits(MINUTE, 2),
  S: digits(SECOND, 2),
  s: digits(EPOCH, 11, 1000),
  b: monthName,
  B: monthName,
  h: monthName,
  a: word,
  A: word,
  Z: word,
  p: half,
  z: zone,
};
const SEVERAL: Readonly<Record<string, string>> = { T: '%H:%M:%S', F: '%Y-%m-%d', R: '%H:%M', D: '%m/%d/%y' };
const APACHE_TOKENS: Readonly<Record<string, Step>> = {
  sec: digits(EPOCH, 11, 1000),
  msec: digits(EPOCH, 14),
  usec: digits(EPOCH, 17, 0.001),
  msec_frac: digits(FRACTION, 3),
  usec_frac: digits(FRACTION, 6, 0.001),
};

/** Compiles a strftime format or one of Apache's words (`msec`, `usec_frac` …). FormatError for what it cannot read. */
export function compileTime(format: string): TimeProgram {
  if (Object.hasOwn(APACHE_TOKENS, format)) return { steps: [APACHE_TOKENS[format]] };
  const steps: Step[] = [];
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== '%') {
      for (const byte of new TextEncoder().encode(format[i])) steps.push(literal(byte));
      continue;
    }
    const c = format[++i] ?? '';
    if (c === '%') steps.push(literal(0x25));
    else if (Object.hasOwn(SEVERAL, c)) steps.push(...compileTime(SEVERAL[c]).steps);
    else if (Object.hasOwn(ONE, c)) steps.push(ONE[c]);
    else {
      throw new FormatError(
        'pattern.unknown',
        `The time format "${format}" has %${c}, which cannot be read. Use ${Object.keys(ONE).join(' ')} T F R D.`,
      );
    }
  }
  return { steps };
}
