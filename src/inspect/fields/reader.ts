/**
 * Business fields of a request: which code, whom it acts for, how much money, which device. By the JSONPaths of its route, and by
 * usual names where the route says nothing. Secrets leave this room as hashes only.
 */
import type { Config } from '../../config/schema.ts';
import type { Extras } from '../../enrich/extras.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import { BODY_KIND, ROLE } from '../../enrich/kinds.ts';
import { mailPattern } from '../../enrich/mail.ts';
import type { BodyField, ParsedBody } from '../contract.ts';
import { amountMinor, exponentOf } from './amount.ts';
import type { DailySecret } from './daily-secret.ts';
import { fits, type Meaning, meaningsOf } from './names.ts';
import { type CompiledPath, compilePath } from './path.ts';
import { hasConflict, isIdName, namesDiffer, type Pair, pathIds, pathSubject, queryPairs, SELF } from './path-ids.ts';

type FieldsConfig = NonNullable<Config['gateway']['routes'][number]['fields']>;

/** A request, as far as fields are read from it. */
export interface FieldInput {
  /** Origin form: /path?query. */
  readonly target: string;
  /** ROUTE_CLASS. */
  readonly routeClass: number;
  readonly body: ParsedBody | null;
  /** User that the caller has proven to be; '' for none. */
  readonly principal: string;
  /** ROLE of the caller. */
  readonly role: number;
}

/** Reads the fields of requests of one configuration. */
export interface FieldReader {
  /**
   * What a request names, as extras of its row (flags among them). `route` is the place in `gateway.routes`, −1 for none.
   * Never throws; time is bounded by the fields that the body was taken apart into.
   */
  read(route: number, input: FieldInput): Extras;
}

/** Fields of a body that are looked at for usual names. */
const MAX_FIELDS = 2000;
/** Levels below the body's own at which a usual name still counts. */
const MAX_LEVELS = 4;
/** Longest value that names something, in characters. */
const MAX_VALUE = 256;

type Paths = { readonly [K in keyof FieldsConfig]-?: CompiledPath | null } & {
  /** Where the currency of the amount may stand. */
  readonly currency: readonly CompiledPath[];
};
type Found = Partial<Record<Meaning, string>> & { object?: string };
type Writable = { -readonly [K in keyof Extras]: Extras[K] };

const NO_FIELDS: readonly BodyField[] = [];
const NO_PATHS: Paths = {
  ...{ code: null, object: null, amount: null, subject: null, password: null, device: null },
  currency: [],
};
const CURRENCY_NAMES = ['currency', 'currency_code', 'currencyCode', 'ccy'] as const;

/**
 * Compiles the fields of all routes. Throws SP8002 where a JSONPath is none. `secret` keys the hashes of passwords.
 */
export function createFieldReader(routes: Config['gateway']['routes'], secret: DailySecret): FieldReader {
  const compiled = routes.map((route) => compileFields(route.fields));
  return {
    read(route, input) {
      return readFields(compiled[route] ?? NO_PATHS, input, secret);
    },
  };
}

function compileFields(fields: FieldsConfig | undefined): Paths {
  if (fields === undefined) return NO_PATHS;
  const compile = (expression: string | undefined) => (expression === undefined ? null : compilePath(expression));
  const amount = compile(fields.amount);
  return {
    code: compile(fields.code),
    object: compile(fields.object),
    amount,
    subject: compile(fields.subject),
    password: compile(fields.password),
    device: compile(fields.device),
    currency: amount === null ? [] : currenciesBeside(amount),
  };
}

/** The same place with another last name. */
function currenciesBeside({ singular, expression, steps }: CompiledPath): readonly CompiledPath[] {
  if (!singular || steps?.at(-1)?.kind !== 'name') return [];
  const parent = expression.trim().replace(/(?:\.[^.[\]]+|\[[^\]]*\])$/, '');
  return CURRENCY_NAMES.map((name) => compilePath(`${parent}.${name}`));
}

const NOTHING: Extras = {};

function readFields(paths: Paths, input: FieldInput, secret: DailySecret): Extras {
  const { body, target, routeClass } = input;
  // Most requests name nothing: no body, no query, and nobody whose path could name somebody else.
  if (body === null && (input.principal === '' || input.role !== ROLE.user) && target.indexOf('?') < 0) return NOTHING;
  const pairs = queryPairs(target);
  const found: Found = {};
  if (body !== null) byNames(found, body.fields, routeClass);
  for (const { name, value } of pairs) takeUsual(found, name, value, routeClass);
  if (body?.kind === BODY_KIND.graphql) found.object = variableId(body.fields);
  if (body !== null && paths !== NO_PATHS) byPaths(found, paths, body.value);
  const extras: Writable = {};
  const object = found.code ?? found.object;
  if (object !== undefined) extras.object = object;
  if (found.device !== undefined) extras.device = found.device;
  if (found.password !== undefined) extras.password = secret.hash(found.password);
  takeSubject(extras, found);
  takeAmount(extras, found);
  const flags = flagsOf(input, pairs, paths.subject !== null ? found.subject : undefined);
  if (flags !== 0) extras.flags = flags;
  return extras;
}

function takeSubject(extras: Writable, found: Found): void {
  const { subject, mail } = found;
  if (subject !== undefined) extras.subject = subject.includes('@') ? subject.toLowerCase() : subject;
  const pattern = mailPattern(mail ?? subject ?? '');
  if (pattern !== '') extras.mail = pattern;
}

function takeAmount(extras: Writable, { amount, minor, currency }: Found): void {
  const value =
    amount !== undefined
      ? amountMinor(amount, exponentOf(currency ?? ''))
      : minor !== undefined
        ? amountMinor(minor, 0)
        : -1;
  if (value >= 0) extras.amountMinor = value;
}

function byNames(found: Found, fields: readonly BodyField[], routeClass: number): void {
  const levels: Partial<Record<Meaning, number>> = {};
  const end = Math.min(fields.length, MAX_FIELDS);
  for (let i = 0; i < end; i++) {
    const field = fields[i];
    if (field.type !== 'string' && field.type !== 'number') continue;
    const meanings = meaningsOf(field.name);
    if (meanings.length === 0) continue;
    const level = levelOf(field.path);
    if (level > MAX_LEVELS) continue;
    for (const meaning of meanings) {
      if (!fits(meaning, routeClass) || level >= (levels[meaning] ?? Number.POSITIVE_INFINITY)) continue;
      // A "value" or "total" deep in a body is an amount of something else.
      if (meaning === 'mail' && !field.text.includes('@')) continue;
      if (!isSound(field.text, meaning)) continue;
      levels[meaning] = level;
      found[meaning] = tidy(field.text, meaning);
    }
  }
}

/** Variables of one operation, or of one of a batch; and those within an input. */
const VARIABLE = /^\$(?:\[\d+\])?\.variables(?:\.\w+)?\.\w+$/;

/** The first id among the variables of GraphQL: the path of the request names none. */
function variableId(fields: readonly BodyField[]): string | undefined {
  const end = Math.min(fields.length, MAX_FIELDS);
  for (let i = 0; i < end; i++) {
    const { name, path, type, text } = fields[i];
    if ((type === 'string' || type === 'number') && isIdName(name) && VARIABLE.test(path) && isSound(text, 'code'))
      return text;
  }
  return undefined;
}

function levelOf(path: string): number {
  let level = 0;
  for (let i = 1; i < path.length; i++) if (path[i] === '.' || path[i] === '[') level++;
  return level;
}

function isSound(text: string, meaning: Meaning): boolean {
  return text !== '' && (meaning === 'password' || text.length <= MAX_VALUE);
}

/** What people type differs in case and blanks; passwords do so on purpose. */
function tidy(text: string, meaning: Meaning): string {
  if (meaning === 'password') return text;
  return meaning === 'code' ? text.trim().toUpperCase() : text.trim();
}

function takeUsual(found: Found, name: string, value: string, routeClass: number): void {
  for (const meaning of meaningsOf(name)) {
    if (found[meaning] !== undefined || !fits(meaning, routeClass) || !isSound(value, meaning)) continue;
    if (meaning === 'mail' && !value.includes('@')) continue;
    found[meaning] = tidy(value, meaning);
  }
}

/** What a path gives, as text; undefined for nothing that could be a name. */
function textAt(path: CompiledPath | null, value: unknown): string | undefined {
  const found = path === null ? undefined : path.first(value);
  if (typeof found === 'number' && Number.isFinite(found)) return String(found);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function byPaths(found: Found, paths: Paths, value: unknown): void {
  const take = (meaning: Exclude<keyof Found, 'object'>, path: CompiledPath | null): void => {
    if (path === null) return;
    const text = textAt(path, value);
    // The route says where it stands: what merely has a usual name does not count then.
    delete found[meaning];
    if (text !== undefined && isSound(text, meaning)) found[meaning] = tidy(text, meaning);
  };
  take('code', paths.code);
  take('subject', paths.subject);
  take('password', paths.password);
  take('device', paths.device);
  take('amount', paths.amount);
  if (paths.amount !== null) {
    delete found.minor;
    found.currency = currencyBeside(paths, value) ?? found.currency;
  }
  const object = textAt(paths.object, value);
  if (object !== undefined && object.length <= MAX_VALUE) found.object = object.trim();
}

/** Currency in the object that the amount stands in. */
function currencyBeside(paths: Paths, value: unknown): string | undefined {
  for (const path of paths.currency) {
    const text = textAt(path, value);
    if (text !== undefined && /^[A-Za-z]{3}$/.test(text)) return text;
  }
  return undefined;
}

/** What no name of an id goes without. */
const NAMES_ID = /id/i;
/** Routes that name somebody because the caller is about to prove to be them. */
const PROVING: readonly number[] = [ROUTE_CLASS.login, ROUTE_CLASS.reset, ROUTE_CLASS.signup, ROUTE_CLASS.lookup];

function flagsOf(input: FieldInput, pairs: readonly Pair[], subject: string | undefined): number {
  const { body, principal, role, routeClass, target } = input;
  let flags = 0;
  const fields = body?.fields ?? NO_FIELDS;
  const conflicts = fields.length > 0 || pairs.some(({ name }) => NAMES_ID.test(name));
  const speaks = principal !== '' && role === ROLE.user && !PROVING.includes(routeClass);
  if (!conflicts && !speaks) return 0;
  const ids = pathIds(target);
  if (conflicts && hasConflict(ids, pairs, fields.slice(0, MAX_FIELDS), body?.duplicates ?? []))
    flags |= FLAG.DUPLICATE_ID;
  if (!speaks) return flags;
  const named = subject !== undefined && !SELF.has(subject.toLowerCase()) ? subject : pathSubject(ids);
  if (namesDiffer(named, principal)) flags |= FLAG.SUBJECT_MISMATCH;
  return flags;
}
