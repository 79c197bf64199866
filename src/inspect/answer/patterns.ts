/** Which places of a body a walk counts or picks: paths, compiled once into bytes and numbers that a walk compares as they come. */
import type { Step } from '../fields/path.ts';

/** Levels that paths may reach. */
export const MAX_LEVELS = 20;
/** Patterns that one walk follows: bits of a number. */
export const MAX_PATTERNS = 30;

export interface Pattern {
  readonly steps: readonly Step[];
  /** What is done where it matches: counted, counted where it is an object, or kept as text. */
  readonly what: 'count' | 'objects' | 'pick';
  /** A star at the end stands for elements of arrays only, not for members of objects. */
  readonly elements?: boolean;
}

export interface Compiled {
  readonly steps: readonly { readonly name: Uint8Array | null; readonly index: number }[];
  readonly what: Pattern['what'];
}

export const ANY = -1;
const ELEMENT = -2;
const encoder = new TextEncoder();

/** Patterns, made ready once; walks share them. Places counted from the end (−1) cannot be followed and match nothing. */
export class Patterns {
  readonly compiled: readonly Compiled[];
  readonly all: number;

  constructor(patterns: readonly Pattern[]) {
    if (patterns.length > MAX_PATTERNS) throw new RangeError(`more than ${MAX_PATTERNS} patterns`);
    this.compiled = patterns.map(({ steps, what, elements }) => ({
      what,
      steps: steps.map((step, i) => ({
        name: step.kind === 'name' ? encoder.encode(step.name) : null,
        index: placeOf(step, elements === true && i === steps.length - 1),
      })),
    }));
    this.all = 2 ** patterns.length - 1;
  }

  /** Can a walk follow these steps at all? */
  static follows(steps: readonly Step[] | null): steps is readonly Step[] {
    if (steps === null || steps.length > MAX_LEVELS) return false;
    return steps.every((step) => step.kind !== 'index' || step.index >= 0);
  }
}

function placeOf(step: Step, elements: boolean): number {
  if (step.kind === 'index') return step.index < 0 ? Number.MAX_SAFE_INTEGER : step.index;
  return elements ? ELEMENT : ANY;
}
