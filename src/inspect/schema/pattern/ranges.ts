/** Sets of UTF-16 code units as sorted, disjoint ranges: [first, last, first, last, …]. */

export type Ranges = readonly number[];

const LAST = 0xffff;
export const ANY: Ranges = [0, LAST];

/** The union of some ranges, sorted and joined. */
export function union(...sets: readonly Ranges[]): Ranges {
  const pairs: [number, number][] = [];
  for (const set of sets) for (let i = 0; i < set.length; i += 2) pairs.push([set[i], Math.min(LAST, set[i + 1])]);
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, last] of pairs) {
    if (first > last) continue;
    if (joined.length > 0 && first <= joined[joined.length - 1] + 1) {
      joined[joined.length - 1] = Math.max(joined[joined.length - 1], last);
    } else joined.push(first, last);
  }
  return joined;
}

export function without(set: Ranges): Ranges {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i] > next) rest.push(next, set[i] - 1);
    next = set[i + 1] + 1;
  }
  if (next <= LAST) rest.push(next, LAST);
  return rest;
}

export function common(a: Ranges, b: Ranges): Ranges {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const first = Math.max(a[i], b[j]);
    const last = Math.min(a[i + 1], b[j + 1]);
    if (first <= last) both.push(first, last);
    if (a[i + 1] < b[j + 1]) i += 2;
    else j += 2;
  }
  return both;
}

const DIGIT: Ranges = [0x30, 0x39];
const WORD: Ranges = union(DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
const SPACE: Ranges = union(
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
);
/** What a point stands for. */
export const NO_LINE_END: Ranges = without(union([0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]));

/** What `\d`, `\W` and their like stand for. */
export const CLASS_ESCAPES: Readonly<Record<string, Ranges>> = {
  d: DIGIT,
  D: without(DIGIT),
  w: WORD,
  W: without(WORD),
  s: SPACE,
  S: without(SPACE),
};
