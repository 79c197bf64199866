/** Ids that a path names, and what else in the request says about the same thing. */
import type { BodyField } from '../contract.ts';
import { fold } from './names.ts';

/** Segments of a path, and pairs of a query, that are looked at. */
const MAX_SEGMENTS = 32;
const MAX_PAIRS = 64;
/** Longest id, in characters. */
const MAX_ID = 128;

/** An id in a path: `/users/42` names 42 of the collection "users". */
export interface PathId {
  readonly collection: string;
  readonly id: string;
  /** Nothing follows it: a plain `id` elsewhere is about the same thing. */
  readonly last: boolean;
}

export interface Pair {
  readonly name: string;
  readonly value: string;
}

const ID = /^(?:\d{1,20}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12,64}|(?=[\w.~-]*\d)[\w.~-]{1,64})$/i;
const VERSION = /^v\d{1,3}(?:\.\d+)*$/i;
const WORD = /^[a-z][a-z_-]*$/i;
/** Stand for whoever asks. */
export const SELF: ReadonlySet<string> = new Set(['me', 'self', 'current', 'mine', 'my', '~', '-']);
/** Collections of people: what stands behind them is a person even where it is a name. */
const PEOPLE: ReadonlySet<string> = new Set(
  'user users account accounts customer customers member members profile profiles'.split(' '),
);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Ids that stand behind the name of a collection. */
export function pathIds(target: string): readonly PathId[] {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const segments = path.split('/', MAX_SEGMENTS + 1).filter((segment) => segment !== '');
  const found: PathId[] = [];
  for (let i = 1; i < segments.length && i < MAX_SEGMENTS; i++) {
    const collection = segments[i - 1];
    if (!WORD.test(collection) || VERSION.test(collection)) continue;
    const id = decode(segments[i]).slice(0, MAX_ID);
    if (ID.test(id) || PEOPLE.has(collection.toLowerCase())) {
      found.push({ collection: collection.toLowerCase(), id, last: i === segments.length - 1 });
    }
  }
  return found;
}

/** Names and values of a query, decoded. */
export function queryPairs(target: string): readonly Pair[] {
  const at = target.indexOf('?');
  if (at < 0) return [];
  return target
    .slice(at + 1)
    .split('&', MAX_PAIRS)
    .map((pair) => {
      const equals = pair.indexOf('=');
      const value = equals < 0 ? '' : pair.slice(equals + 1);
      return {
        name: decode((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' ')),
        value: decode(value.replaceAll('+', ' ')),
      };
    })
    .filter((pair) => pair.name !== '');
}

/** Does this name stand for an id of something? `paid`, `valid` and `android` do not. */
export const isIdName = (name: string): boolean =>
  /^(?:id|uuid|guid)$/i.test(name) || /(?:[_.-](?:id|uuid|guid)|[a-z0-9](?:Id|ID|Uuid|UUID|Guid))$/.test(name);

const singular = (word: string): string =>
  word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.endsWith('s') ? word.slice(0, -1) : word;

/**
 * Does one id stand more than once, with different values: in path and query or body, in query and body, or twice in one of
 * them? Two parts of an application that read different ones check one thing and do another.
 */
export function hasConflict(
  ids: readonly PathId[],
  pairs: readonly Pair[],
  fields: readonly BodyField[],
  duplicates: readonly string[],
): boolean {
  // Names of things with the first value seen of each.
  const seen = new Map<string, string>();
  for (const { collection, id, last } of ids) {
    const thing = fold(singular(collection));
    seen.set(`${thing}id`, id.toLowerCase());
    if (last) seen.set('id', id.toLowerCase());
  }
  const differs = (folded: string, value: string): boolean => {
    const before = seen.get(folded);
    if (before !== undefined) return before !== value.toLowerCase();
    seen.set(folded, value.toLowerCase());
    return false;
  };
  // `userid` in small letters is one where the path has named a user.
  const counts = (name: string): boolean => isIdName(name) || (/id$/i.test(name) && seen.has(fold(name)));
  for (const { name, value } of pairs) {
    // A list (ids[]=1&ids[]=2) is meant to have several.
    if (name.endsWith(']')) continue;
    if (value !== '' && value.length <= MAX_ID && counts(name) && differs(fold(name), value)) return true;
  }
  for (const field of fields) {
    // Only of the body itself: what lies deeper has ids of its own.
    if (!isTop(field) || (field.type !== 'string' && field.type !== 'number') || field.text === '') continue;
    if (field.text.length <= MAX_ID && counts(field.name) && differs(fold(field.name), field.text)) return true;
  }
  return duplicates.some((path) => isIdName(path.slice(path.lastIndexOf('.') + 1)));
}

const isTop = ({ path, name }: BodyField): boolean => path === `$.${name}` || path === name;

/**
 * The person that a path names by an id; '' for none, or for whoever asks. A plain word (`/users/search`) may be anything.
 */
export function pathSubject(ids: readonly PathId[]): string {
  const named = ids.find((each) => PEOPLE.has(each.collection));
  return named === undefined || SELF.has(named.id.toLowerCase()) || shapeOf(named.id) === 'name' ? '' : named.id;
}

/** What kind of name it is; names of different kinds say nothing about each other. */
function shapeOf(id: string): string {
  if (/^\d+$/.test(id)) return 'number';
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id)) return 'uuid';
  if (/^[0-9a-f]{24}$/i.test(id)) return 'hex';
  if (id.includes('@')) return 'mail';
  const prefix = /^([a-z]{1,8})[_-](?=.*\d)/i.exec(id);
  if (prefix !== null) return `prefix ${prefix[1].toLowerCase()}`;
  return /^[a-z][\w.-]*$/i.test(id) ? 'name' : 'other';
}

/** Are both names of the same kind, and of different people? */
export function namesDiffer(subject: string, principal: string): boolean {
  const a = subject.trim().toLowerCase();
  const b = principal.trim().toLowerCase();
  if (a === '' || b === '' || a === b) return false;
  const shape = shapeOf(a);
  return shape !== 'other' && shape === shapeOf(b);
}
