/** The body of one operation, compiled: its media types, and what stands in it. */
import { SCHEMA } from '../../enrich/kinds.ts';
import type { Asked, ParsedBody } from '../contract.ts';
import { add, type Found, MAX_VIOLATIONS } from './checked-parameters.ts';
import type { KnownNames } from './known.ts';
import { headerValues } from './parameters.ts';
import { propertyNames } from './shapes-of.ts';
import type { DeclaredBody, DeclaredMedia, DeclaredOperation, Source } from './source.ts';
import type { Check, Validators } from './validators.ts';
import { place, shown, violationOf } from './words.ts';

export interface BodyFound extends Found {
  /** What is wrong is the media type, or the body as such, rather than a value in it. */
  isMedia: boolean;
  isBroken: boolean;
}

/** What was given up on. Nobody may get past a declaration by sending more than is looked at. */
const TOO_LARGE: ReadonlySet<string> = new Set(['bomb', 'depth', 'fields', 'entity']);
/** Brackets in the names of a form make objects of it, up to this depth. */
const MAX_FORM_DEPTH = 32;

interface Compiled {
  readonly media: DeclaredMedia;
  readonly isJson: boolean;
  check: Check | null;
}

export class CheckedBody {
  private readonly declared: DeclaredBody | null;
  private readonly media: readonly Compiled[];
  private readonly id: string;
  private readonly source: Source;
  private readonly validators: Validators;
  private readonly known: KnownNames;

  constructor(operation: DeclaredOperation, source: Source, validators: Validators, known: KnownNames) {
    this.declared = operation.body;
    this.id = operation.id;
    this.source = source;
    this.validators = validators;
    this.known = known;
    const media = [...(operation.body?.media ?? [])].sort((a, b) => exactness(b.type) - exactness(a.type));
    this.media = media.map((one) => ({ media: one, isJson: /[/+]json$/.test(one.type), check: null }));
  }

  /** Makes all checks now. */
  warm(): void {
    for (const one of this.media) this.checkOf(one);
  }

  /** Adds what departs. `undeclared`: also tell properties that no schema names. */
  check(asked: Asked, body: ParsedBody | null, undeclared: boolean, found: BodyFound): void {
    const presence = presenceOf(asked);
    const { declared } = this;
    if (presence === 'none') {
      if (declared?.required) add(found, { kind: SCHEMA.missing, where: 'body', what: 'is missing' });
      return;
    }
    if (declared === null) {
      if (undeclared && presence === 'some')
        found.beyond.push({ kind: SCHEMA.undeclaredParameter, where: 'body', what: 'is not declared' });
      return;
    }
    if (this.media.length === 0) return;
    const one = this.compiled(asked.mediaType);
    if (one === null) {
      found.isMedia = true;
      add(found, { kind: SCHEMA.mediaType, where: 'body', what: 'is of a media type that is not declared' });
      return;
    }
    if (body !== null && !asked.cut) this.compare(one, body, undeclared, found);
  }

  private compiled(mediaType: string): Compiled | null {
    const end = mediaType.indexOf(';');
    const type = (end < 0 ? mediaType : mediaType.slice(0, end)).trim().toLowerCase();
    for (const one of this.media) if (fits(one.media.type, type)) return one;
    return null;
  }

  private compare(one: Compiled, body: ParsedBody, undeclared: boolean, found: BodyFound): void {
    const { value } = body;
    if (one.isJson && (body.problem === 'syntax' || body.problem === 'encoding')) {
      found.isBroken = true;
      add(found, { kind: SCHEMA.format, where: 'body', what: 'is not what its media type says' });
    }
    for (const path of body.duplicates.slice(0, MAX_VIOLATIONS))
      add(found, { kind: SCHEMA.duplicate, where: `body${shown(path)}`, what: 'stands more than once' });
    if (TOO_LARGE.has(body.problem)) {
      add(found, {
        kind: SCHEMA.range,
        where: 'body',
        what: 'is larger than what can be compared with its declaration',
      });
    }
    if (value === undefined || body.problem !== '') return;
    const error = this.checkOf(one)(value);
    if (error !== null) add(found, violationOf(error, 'body$'));
    if (!undeclared) return;
    for (const { path, readOnly } of this.known.undeclared(one.media.schema, value)) {
      const what = readOnly ? 'is declared for answers only' : 'is not declared';
      const where = place('body$', path);
      // What the schema itself rules out is told already.
      if (!found.violations.some((one) => one.where === where))
        found.beyond.push({ kind: SCHEMA.undeclaredParameter, where, what });
    }
  }

  /** Compiled when the first body of its kind comes, or before by {@link warm}. */
  private checkOf(one: Compiled): Check {
    if (one.check !== null) return one.check;
    const at = `${this.id}/${one.media.type}`;
    if (one.isJson) one.check = this.validators.value(one.media.schema ?? true, at);
    else {
      const check = this.validators.text(one.media.schema ?? true, at);
      const objects = this.objectsOf(one.media.schema);
      one.check = (value) => check(formOf(value, objects));
    }
    return one.check;
  }

  /** Properties of a form that are objects: they come as JSON. */
  private objectsOf(schema: unknown): ReadonlySet<string> {
    const names = new Set<string>();
    const whole = this.source.follow(schema) as { properties?: Record<string, unknown> } | undefined;
    for (const name of propertyNames(this.source, schema)) {
      const property = this.source.follow(whole?.properties?.[name]) as { type?: unknown } | undefined;
      if (property?.type === 'object') names.add(name);
    }
    return names;
  }
}

/** A copy: reading texts as numbers must not change what others look at. */
function formOf(value: unknown, objects: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]): [string, unknown] => {
    if (objects.has(name) && typeof one === 'string' && one.startsWith('{')) {
      try {
        return [name, JSON.parse(one)];
      } catch {
        return [name, one];
      }
    }
    return [name, copied(one, MAX_FORM_DEPTH)];
  });
  return Object.fromEntries(entries);
}

function copied(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((one) => copied(one, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copied(one, depth - 1)]));
}

/** Is there a body? `unknown`: there may be one that nobody has looked at. */
function presenceOf(asked: Asked): 'none' | 'some' | 'unknown' {
  if (asked.body !== null) return asked.body.length > 0 ? 'some' : 'none';
  const [length] = headerValues(asked.headers, 'content-length');
  if (length !== undefined) return length.trim() === '0' ? 'none' : 'some';
  if (headerValues(asked.headers, 'transfer-encoding').length > 0) return 'some';
  return asked.mediaType === '' ? 'none' : 'unknown';
}

const exactness = (type: string): number => (type === '*/*' ? 0 : type.endsWith('/*') ? 1 : 2);

function fits(declared: string, type: string): boolean {
  if (declared === type || declared === '*/*') return true;
  return declared.endsWith('/*') && type.startsWith(declared.slice(0, -1));
}
