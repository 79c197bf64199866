/**
 * The validators of one document (ajv): one that takes values as they are, for JSON, and one that reads texts as the types that
 * are declared, for forms and parameters. Functions are compiled when they are first needed, or before in a quiet moment.
 */
import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { COUNTED, type Converted, type Converter, UNIQUE } from './convert.ts';
import { PATTERN_STEPS, patternBudget, safePattern } from './pattern/index.ts';

/** Schemas that contain themselves, followed for one request. A body has no more values; forms may each look at all of them. */
const MAX_FOLLOWED = 50_000;
/** Formats look at texts up to this many characters; nothing that has one of these formats is longer. */
const MAX_FORMAT_LENGTH = 4096;
/** Patterns that clients send are compiled to see whether they are some: short ones. */
const MAX_REGEX_LENGTH = 512;
/** Formats that say how bytes are written down, of any length. */
const UNBOUNDED = new Set(['binary', 'password', 'byte']);

const budget = { followed: MAX_FOLLOWED };
class Spent extends Error {}

/** Schemas that are compared as texts to see whether they are the same. */
const MAX_KEY = 1000;

export type Check = (value: unknown) => ErrorObject | null;

export class Validators {
  private readonly exact = newAjv(false);
  private readonly reading = newAjv(true);
  private readonly converter: Converter;
  /** Documents say the same of many parameters: one function is enough for all of them. */
  private readonly known = new Map([this.exact, this.reading].map((ajv) => [ajv, new Map<string, Check>()]));
  private added = 0;

  constructor(converter: Converter) {
    this.converter = converter;
  }

  /** A check of values as they are. */
  value(schema: unknown, at: string): Check {
    return this.check(this.exact, schema, at);
  }

  /** A check that reads texts as numbers, booleans and lists where those are declared. It may change what is in `value`. */
  text(schema: unknown, at: string): Check {
    return this.check(this.reading, schema, at);
  }

  private check(ajv: Ajv2020, schema: unknown, at: string): Check {
    const key = keyOf(schema);
    const known = key === '' ? undefined : this.known.get(ajv)?.get(key);
    if (known !== undefined) return known;
    const check = this.compiled(ajv, schema, at);
    if (key !== '') this.known.get(ajv)?.set(key, check);
    return check;
  }

  /** A schema that the validator does not take checks nothing, and is told. */
  private compiled(ajv: Ajv2020, schema: unknown, at: string): Check {
    try {
      const validate = this.compile(ajv, this.converter.convert(schema, at));
      return (value) => run(validate, value);
    } catch (error) {
      this.converter.note(`${at}: ${(error as Error).message.slice(0, 200)}; not checked`);
      return () => null;
    }
  }

  private compile(ajv: Ajv2020, schema: Converted): ValidateFunction {
    const { shared } = this.converter;
    if (shared.size > this.added) {
      let at = 0;
      for (const [name, one] of shared) {
        if (at++ < this.added) continue;
        this.exact.addSchema(one as AnySchema, name);
        this.reading.addSchema(one as AnySchema, name);
      }
      this.added = shared.size;
    }
    return ajv.compile(schema as AnySchema);
  }
}

/** A small schema as text; '' for a large one. */
function keyOf(schema: unknown): string {
  try {
    const text = JSON.stringify(schema) ?? '';
    return text.length > MAX_KEY ? '' : text;
  } catch {
    // It contains itself.
    return '';
  }
}

/** Gives a request its budget. */
export function beginChecks(): void {
  budget.followed = MAX_FOLLOWED;
  patternBudget.steps = PATTERN_STEPS;
}

/** What takes more than its budget to look at. */
export const TOO_MUCH: ErrorObject = {
  keyword: COUNTED,
  instancePath: '',
  schemaPath: '',
  params: {},
  message: 'takes too long to compare',
};

function run(validate: ValidateFunction, value: unknown): ErrorObject | null {
  try {
    if (validate(value)) return null;
  } catch (error) {
    // A stack that is full is a value nested deeper than anybody sends in good faith.
    if (error instanceof Spent || error instanceof RangeError) return TOO_MUCH;
    throw error;
  }
  const errors = validate.errors ?? [];
  // Where forms were tried, the last one is about the whole; those before it are about forms that were probably not meant.
  let at = errors.length - 1;
  while (at > 0 && errors[at].keyword === 'if') at--;
  return errors[at] ?? TOO_MUCH;
}

function newAjv(coerceTypes: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
    allErrors: false,
    messages: false,
    ownProperties: true,
    logger: false,
    discriminator: false,
    multipleOfPrecision: 9,
    coerceTypes: coerceTypes ? 'array' : false,
    code: { regExp: Object.assign((pattern: string) => safePattern(pattern), { code: '' }) as never },
  });
  addFormats.default(ajv, { mode: 'full' });
  for (const [name, format] of Object.entries(ajv.formats)) bound(ajv, name, format);
  // The expression that comes for it takes a power of the text's length.
  ajv.addFormat('url', (text: string) => text.length <= MAX_FORMAT_LENGTH && isUrl(text));
  ajv.addKeyword({ keyword: COUNTED, schema: false, errors: false, validate: counted });
  ajv.addKeyword({ keyword: UNIQUE, type: 'array', schema: false, errors: false, validate: isUnique });
  return ajv;
}

type Format = Ajv2020['formats'][string];

/** The same format, which does not look at texts of any length. */
function bound(ajv: Ajv2020, name: string, format: Format): void {
  if (format === undefined || typeof format === 'boolean' || UNBOUNDED.has(name)) return;
  const definition = typeof format === 'object' && 'validate' in format ? format : { validate: format };
  const { validate, type } = definition as { validate: unknown; type?: 'number' | 'string' };
  if (type === 'number') return;
  // Without flags that make an expression remember where it was.
  const regExp = validate instanceof RegExp ? new RegExp(validate.source, validate.flags.replace(/[gy]/g, '')) : null;
  const test = regExp === null ? (validate as (text: string) => boolean) : (text: string) => regExp.test(text);
  const most = name === 'regex' ? MAX_REGEX_LENGTH : MAX_FORMAT_LENGTH;
  ajv.addFormat(name, (text: string) => text.length <= most && test(text));
}

function isUrl(text: string): boolean {
  return /^(?:https?|ftp):\/\/[^\s/]/i.test(text) && URL.canParse(text);
}

function counted(): boolean {
  if (--budget.followed < 0) throw new Spent();
  return true;
}

/** Are all items different? By their canonical text, in linear time: comparing each with each would take a square. */
function isUnique(items: unknown): boolean {
  const list = items as unknown[];
  const seen = new Set<string>();
  for (const item of list) {
    const text = canonical(item);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}
