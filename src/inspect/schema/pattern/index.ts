/**
 * Patterns of documents, and how long they may take over a text. JavaScript's matcher goes back and tries again; a pattern
 * that invites it to can hold the process for hours over fifty letters. So each is looked at before it is ever used: linear ones
 * run as they are, those whose time grows with a square or cube of the text run within a budget of steps, others not at all.
 */
import { growth } from './ambiguity.ts';
import { automatonOf } from './automaton.ts';
import { parsePattern, type Tree } from './parse.ts';

/** Steps that the patterns of one request may take together. About 10 ms on one core of 2020. */
export const PATTERN_STEPS = 3_000_000;
/** Higher powers leave texts of a few dozen characters: such a pattern checks nothing. */
const MAX_POWER = 3;

/** What is left of it, reset for each request. One for all: a check runs to its end before the next one begins. */
export const patternBudget = { steps: PATTERN_STEPS };

export interface CheckedPattern {
  test(text: string): boolean;
  /** 1 for linear, 2 for a square, 3 for a cube of the text's length. */
  readonly power: number;
  /** The pattern: validators tell patterns apart by it. */
  toString(): string;
}

/**
 * A pattern that is safe to run. RangeError with the reason for one that is not. A text that would take more steps than are left
 * does not fit: nobody may get past a pattern by sending more than it can look at.
 */
export function safePattern(source: string): CheckedPattern {
  const regExp = compiled(source);
  const power = powerOf(source);
  if (power > MAX_POWER) {
    throw new RangeError(power === Number.POSITIVE_INFINITY ? 'can take exponential time' : 'can take far too long');
  }
  const name = (): string => source;
  if (power === 1) return { power, toString: name, test: (text) => regExp.test(text) };
  return {
    power,
    toString: name,
    test(text) {
      const { length } = text;
      patternBudget.steps -= power === 2 ? length * length : length * length * length;
      return patternBudget.steps >= 0 && regExp.test(text);
    },
  };
}

/** With `u` as JSON Schema asks for; without it where only the older, laxer grammar takes the pattern. */
function compiled(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    try {
      return new RegExp(source);
    } catch {
      throw new RangeError('is no regular expression of ECMAScript');
    }
  }
}

/** The power of a text's length that a pattern may take. RangeError where that cannot be told. */
export function powerOf(source: string): number {
  const tree = parsePattern(source);
  const looks: { readonly body: Tree; readonly first: boolean }[] = [];
  collect(tree, true, false, looks);
  const anywhere = !beginsAtStart(tree);
  const main = growth(automatonOf(tree, anywhere, looks.length === 0 && !holdsEnd(tree)));
  let power = main;
  for (const { body, first } of looks) {
    const own = growth(automatonOf(body, false, !holdsEnd(body)));
    // At the start it runs once; elsewhere as often as the matcher comes by.
    power = Math.max(power, first && !anywhere ? own : own + main);
  }
  return power;
}

/** Collects the look-aheads of a tree. RangeError for one that is repeated or stands in another one. */
function collect(tree: Tree, first: boolean, repeated: boolean, found: { body: Tree; first: boolean }[]): boolean {
  switch (tree.kind) {
    case 'look':
      if (repeated) throw new RangeError('repeats a look-around');
      if (hasLook(tree.body)) throw new RangeError('looks around while it looks around');
      found.push({ body: tree.body, first });
      return first;
    case 'start':
    case 'empty':
      return first;
    case 'sequence':
      for (const part of tree.parts) first = collect(part, first, repeated, found);
      return first;
    case 'either':
      for (const part of tree.parts) collect(part, first, repeated, found);
      return false;
    case 'repeat':
      collect(tree.body, first, true, found);
      return false;
    default:
      return false;
  }
}

function hasLook(tree: Tree): boolean {
  if (tree.kind === 'look') return true;
  if (tree.kind === 'sequence' || tree.kind === 'either') return tree.parts.some(hasLook);
  return tree.kind === 'repeat' && hasLook(tree.body);
}

function holdsEnd(tree: Tree): boolean {
  if (tree.kind === 'end') return true;
  if (tree.kind === 'sequence' || tree.kind === 'either') return tree.parts.some(holdsEnd);
  return tree.kind === 'repeat' && holdsEnd(tree.body);
}

function beginsAtStart(tree: Tree): boolean {
  if (tree.kind === 'start') return true;
  if (tree.kind === 'either') return tree.parts.every(beginsAtStart);
  if (tree.kind === 'sequence') {
    for (const part of tree.parts) if (part.kind !== 'look') return beginsAtStart(part);
  }
  return false;
}
