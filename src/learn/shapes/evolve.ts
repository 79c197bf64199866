/**
 * From what was usual to what is. What is established becomes wider by a tenth a day at most, and new kinds of characters and
 * types wait a day: whoever wants to teach that anything is usual has to be patient for weeks, in the open.
 */
import { ENOUGH, type FieldModel, type RouteModel } from './model.ts';

const DAY_MS = 86_400_000;
/** A field that was not there for so long is forgotten. */
const FORGOTTEN_MS = 30 * DAY_MS;
/** Observations count up to here: more say no more. */
const MOST_OBSERVED = 1_000_000;
/** A tenth, in whole numbers. */
const tenth = (value: number): number => Math.max(1, Math.ceil(value / 10));

/** The route as it stands after `seen`. */
export function evolveRoute(before: RouteModel | null, seen: RouteModel, nowMs: number): RouteModel {
  if (before === null) return seen;
  const fields = new Map(before.fields.map((field) => [field.where, field]));
  for (const field of seen.fields) {
    const known = fields.get(field.where);
    if (known !== undefined) fields.set(field.where, evolveField(known, field, nowMs));
    else if (isBelieved(before, field)) fields.set(field.where, field);
  }
  const kept = [...fields.values()].filter(({ lastMs }) => nowMs - lastMs < FORGOTTEN_MS);
  return {
    ...seen,
    requests: Math.min(MOST_OBSERVED, before.requests + seen.requests),
    identities: Math.max(before.identities, seen.identities),
    firstMs: Math.min(before.firstMs, seen.firstMs),
    lastMs: Math.max(before.lastMs, seen.lastMs),
    count: Math.min(Math.max(before.count, seen.count), before.count + tenth(before.count)),
    fields: kept.sort((a, b) => (a.where < b.where ? -1 : 1)),
  };
}

/** A field that is new on a route which is established has to come from several senders, or one could make any name usual. */
const isBelieved = (before: RouteModel, field: FieldModel): boolean =>
  before.requests < ENOUGH.observations || field.identities >= ENOUGH.identities;

/** The field as it stands after `seen`. */
function evolveField(before: FieldModel, seen: FieldModel, nowMs: number): FieldModel {
  const observations = Math.min(MOST_OBSERVED, before.observations + seen.observations);
  const common = {
    ...before,
    observations,
    identities: Math.max(before.identities, seen.identities),
    presentPerMille: Math.round(
      (before.presentPerMille * before.observations + seen.presentPerMille * seen.observations) /
        Math.max(1, before.observations + seen.observations),
    ),
    firstMs: Math.min(before.firstMs, seen.firstMs),
    lastMs: Math.max(before.lastMs, seen.lastMs),
  };
  // What is not established holds nothing back yet.
  if (before.observations < ENOUGH.observations) return { ...common, ...united(before, seen), widenedMs: nowMs };
  const pending = pendingOf(before, seen, nowMs);
  const ripe = pending !== null && nowMs - pending.sinceMs >= DAY_MS && seen.identities >= ENOUGH.identities;
  const isDayOld = nowMs - before.widenedMs >= DAY_MS;
  const wider = isDayOld ? widened(before, seen) : null;
  return {
    ...common,
    types: ripe ? before.types | pending.types : before.types,
    classes: ripe ? before.classes | pending.classes : before.classes,
    negative: before.negative || (isDayOld && seen.negative),
    pending: ripe ? null : pending,
    ...(wider ?? {}),
    widenedMs: wider === null ? before.widenedMs : nowMs,
  };
}

type Bounds = Pick<FieldModel, 'length' | 'magnitude' | 'values' | 'manyValues'>;

function united(a: FieldModel, b: FieldModel): Bounds & Pick<FieldModel, 'types' | 'classes' | 'negative'> {
  return {
    types: a.types | b.types,
    classes: a.classes | b.classes,
    negative: a.negative || b.negative,
    length: Math.max(a.length, b.length),
    magnitude: Math.max(a.magnitude, b.magnitude),
    ...joined(a, b, Number.POSITIVE_INFINITY),
  };
}

/** What is new, and since when it is seen; what was pending and is not seen any more is dropped. */
function pendingOf(before: FieldModel, seen: FieldModel, nowMs: number): FieldModel['pending'] {
  const types = seen.types & ~before.types;
  const classes = seen.classes & ~before.classes;
  if (types === 0 && classes === 0) return before.pending;
  const known = before.pending;
  const isKnown = known !== null && (types & ~known.types) === 0 && (classes & ~known.classes) === 0;
  return isKnown ? known : { types, classes, sinceMs: nowMs };
}

/** Bounds that are wider by a tenth at most; null where nothing asks for it. */
function widened(before: FieldModel, seen: FieldModel): Bounds | null {
  const wider = (from: number, to: number): number => (to <= from ? from : Math.min(to, from + tenth(from)));
  const length = wider(before.length, seen.length);
  const magnitude = before.magnitude < 0 ? seen.magnitude : wider(before.magnitude, seen.magnitude);
  const { values, manyValues } = joined(before, seen, tenth(before.values?.length ?? 0));
  const isSame = length === before.length && magnitude === before.magnitude && values?.length === before.values?.length;
  return isSame ? null : { length, magnitude, values, manyValues };
}

/**
 * Values of both, of the second at most so many new ones. A field that turns out to have many values is no enumeration any more;
 * one that has only come too seldom to tell stays what it was.
 */
function joined(a: FieldModel, b: FieldModel, most: number): Pick<FieldModel, 'values' | 'manyValues'> {
  const manyValues = a.manyValues || b.manyValues;
  const known = a.values;
  if (known === null || manyValues) return { values: null, manyValues };
  const fresh = (b.values ?? []).filter((hash) => !known.includes(hash)).slice(0, most);
  return { values: [...known, ...fresh].sort((x, y) => x - y), manyValues };
}
