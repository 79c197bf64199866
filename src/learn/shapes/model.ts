/**
 * What values of parameters usually look like, where no schema says it: an immutable model, and how a value departs from it.
 * Such evidence is weak on its own: usual is not the same as right.
 */
import { SCHEMA } from '../../enrich/kinds.ts';
import { MARKS, SHAPE_CLASS, SHAPE_TYPE, type ValueShape } from './shape.ts';

/** What is usual for one field. Integers, so that it says the same everywhere. */
export interface FieldModel {
  /** `query.page`, `body$.items[].price`, `path.id`. */
  readonly where: string;
  readonly observations: number;
  /** Distinct senders, counted up to a few. */
  readonly identities: number;
  /** How many of a thousand requests of the route have it. */
  readonly presentPerMille: number;
  /** Bit sets SHAPE_TYPE and SHAPE_CLASS. */
  readonly types: number;
  readonly classes: number;
  /** Upper edge of usual lengths and magnitudes; −1 where there was no number. */
  readonly length: number;
  readonly magnitude: number;
  readonly negative: boolean;
  /** Hashes of all usual values, sorted, where they are few; null else. */
  readonly values: readonly number[] | null;
  /** There were more different values than any enumeration has. */
  readonly manyValues: boolean;
  /** Unix ms between which it was seen, and when it last became wider. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly widenedMs: number;
  /** Types and characters that were seen lately and wait a day before they count. */
  readonly pending: { readonly types: number; readonly classes: number; readonly sinceMs: number } | null;
}

export interface RouteModel {
  readonly method: string;
  readonly template: string;
  readonly requests: number;
  readonly identities: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Usual number of fields in one request. */
  readonly count: number;
  readonly fields: readonly FieldModel[];
}

export interface ShapeModel {
  readonly version: string;
  /** Unix ms at which it was made. */
  readonly learnedMs: number;
  /** Keys the hashes of values. */
  readonly seed: number;
  readonly routes: readonly RouteModel[];
}

/** From when on a model says anything. */
export interface Enough {
  readonly observations: number;
  readonly minutes: number;
  readonly identities: number;
}

export const ENOUGH: Enough = { observations: 200, minutes: 60, identities: 5 };

export interface Departure {
  /** Bits of SCHEMA. */
  readonly bits: number;
  readonly where: string;
  /** A sentence without the value. */
  readonly what: string;
}

/** A value is too long beyond twice the usual length and a little more: texts of people vary. */
const LENGTH_SLACK = 16;
/** A number is out of range beyond so many times the usual. */
const MAGNITUDE_FACTOR = 10;
const MAGNITUDE_SLACK = 100;
/** Characters that any text may have one day need so many times more observations to be missed. */
const MILD_FACTOR = 5;

/** Were there enough observations, over time and from several senders? */
export function isEnough(
  seen: { readonly identities: number; readonly firstMs: number; readonly lastMs: number },
  observations: number,
  enough: Enough,
): boolean {
  return (
    observations >= enough.observations &&
    seen.identities >= enough.identities &&
    seen.lastMs - seen.firstMs >= enough.minutes * 60_000
  );
}

/** How a value departs from what is usual for its field; null where it does not, or where too little is known. */
export function departs(field: FieldModel, value: ValueShape, enough: Enough = ENOUGH): Departure | null {
  if (!isEnough(field, field.observations, enough)) return null;
  const what = unusual(field, value, enough);
  return what === '' ? null : { bits: SCHEMA.shape, where: field.where, what };
}

function unusual(field: FieldModel, value: ValueShape, { observations }: Enough): string {
  // Nothing at all says nothing: people leave fields empty.
  if (value.type === SHAPE_TYPE.empty || value.type === SHAPE_TYPE.null) return '';
  if ((field.types & value.type) === 0) {
    const isNumber = (value.type & (SHAPE_TYPE.integer | SHAPE_TYPE.decimal)) !== 0;
    // A number where texts stand is a short text.
    if (!(isNumber && (field.types & (SHAPE_TYPE.text | SHAPE_TYPE.decimal)) !== 0))
      return 'is of a type that is not usual here';
  }
  if (value.magnitude >= 0 && field.magnitude >= 0) {
    if (value.negative && !field.negative) return 'is below zero, which is not usual here';
    if (value.magnitude > field.magnitude * MAGNITUDE_FACTOR + MAGNITUDE_SLACK) return 'is far greater than usual';
  }
  const fresh = value.classes & ~field.classes;
  if ((fresh & MARKS) !== 0) return `has ${nameOf(fresh & MARKS)} that are not usual here`;
  if (fresh !== 0 && field.observations >= observations * MILD_FACTOR)
    return `has ${nameOf(fresh)} that are not usual here`;
  if (value.length > field.length * 2 + LENGTH_SLACK) return 'is longer than usual';
  if (field.values !== null && !field.values.includes(value.hash)) return 'is none of the usual values';
  return '';
}

/** How the fields of a whole request depart: those that are never there, and too many of them. */
export function routeDeparts(
  route: RouteModel,
  places: readonly string[],
  count: number,
  enough: Enough = ENOUGH,
): Departure | null {
  if (!isEnough(route, route.requests, enough)) return null;
  if (count > route.count * 2 + LENGTH_SLACK) {
    return { bits: SCHEMA.shape, where: 'request', what: 'has more fields than usual' };
  }
  const strange = places.find((where) => !route.fields.some((field) => field.where === where));
  return strange === undefined ? null : { bits: SCHEMA.shape, where: strange, what: 'is not usual on this route' };
}

const NAMES: readonly (readonly [number, string])[] = [
  [SHAPE_CLASS.control, 'control characters'],
  [SHAPE_CLASS.angle, 'angle brackets'],
  [SHAPE_CLASS.quote, 'quotes'],
  [SHAPE_CLASS.bracket, 'brackets'],
  [SHAPE_CLASS.escape, 'dollar signs or backslashes'],
  [SHAPE_CLASS.operator, 'operators'],
  [SHAPE_CLASS.list, 'commas, semicolons or bars'],
  [SHAPE_CLASS.address, 'colons, slashes or at signs'],
  [SHAPE_CLASS.beyond, 'letters of other scripts'],
  [SHAPE_CLASS.blank, 'blanks'],
];

const nameOf = (classes: number): string => NAMES.find(([bit]) => (classes & bit) !== 0)?.[1] ?? 'characters';
