/** Which places of a body a walk counts or picks: paths, compiled once into bits that a walk combines as names and brackets come. */
import type { Step } from '../fields/path.ts';

/** Levels that paths may reach. */
export const MAX_LEVELS = 20;
/** Patterns that one walk follows: bits of a number. */
export const MAX_PATTERNS = 30;
/** Longest name and longest text that is picked, in bytes; longer ones do not match, or are cut. */
export const MAX_TEXT = 256;

export interface Pattern {
  readonly steps: readonly Step[];
  /** What is done where it matches: counted, counted where it is an object, or kept as text. */
  readonly what: 'count' | 'objects' | 'pick';
  /** A star at the end stands for elements of arrays only, not for members of objects. */
  readonly elements?: boolean;
}

/** The step that patterns take at one level, as sets of patterns: bit n is pattern n. */
export interface Level {
  /** Any member of an object. */
  readonly members: number;
  /** Any element of an array. */
  readonly elements: number;
  /** One element, by its place: see {@link Level.places}. */
  readonly placed: number;
  /** One member, by the length of its name in bytes: see {@link Level.names}. */
  readonly named: Int32Array;
  /** By pattern: the name it wants here; null for none. */
  readonly names: readonly (Uint8Array | null)[];
  /** By pattern: the place it wants here. */
  readonly places: readonly number[];
}

const encoder = new TextEncoder();

/** Patterns, made ready once; walks share them. Places counted from the end (−1) cannot be followed and match nothing. */
export class Patterns {
  readonly count: number;
  readonly all: number;
  /** Patterns of each kind. */
  readonly picks: number;
  readonly objects: number;
  /** By level: patterns that go on below it, and the steps that lead to what stands in it. */
  readonly deeper: Int32Array;
  readonly levels: readonly Level[];

  constructor(patterns: readonly Pattern[]) {
    if (patterns.length > MAX_PATTERNS) throw new RangeError(`more than ${MAX_PATTERNS} patterns`);
    this.count = patterns.length;
    this.all = 2 ** patterns.length - 1;
    this.picks = bitsOf(patterns, ({ what }) => what === 'pick');
    this.objects = bitsOf(patterns, ({ what }) => what === 'objects');
    this.deeper = Int32Array.from({ length: MAX_LEVELS + 1 }, (_, level) =>
      bitsOf(patterns, ({ steps }) => steps.length > level),
    );
    this.levels = Array.from({ length: MAX_LEVELS + 1 }, (_, level) => levelOf(patterns, level - 1));
  }

  /** Can a walk follow these steps at all? */
  static follows(steps: readonly Step[] | null): steps is readonly Step[] {
    if (steps === null || steps.length > MAX_LEVELS) return false;
    return steps.every((step) => step.kind !== 'index' || step.index >= 0);
  }
}

const bitsOf = (patterns: readonly Pattern[], holds: (pattern: Pattern) => boolean): number =>
  patterns.reduce((bits, pattern, i) => (holds(pattern) ? bits | (1 << i) : bits), 0);

function levelOf(patterns: readonly Pattern[], at: number): Level {
  const isAny = ({ steps }: Pattern): boolean => steps[at]?.kind === 'all';
  const isPlaced = ({ steps }: Pattern): boolean => steps[at]?.kind === 'index';
  const names = patterns.map(({ steps }) => {
    const step = steps[at];
    return step?.kind === 'name' ? encoder.encode(step.name) : null;
  });
  const named = new Int32Array(MAX_TEXT + 1);
  for (const [i, name] of names.entries()) if (name !== null && name.length <= MAX_TEXT) named[name.length] |= 1 << i;
  return {
    members: bitsOf(patterns, (p) => isAny(p) && !(p.elements === true && at === p.steps.length - 1)),
    elements: bitsOf(patterns, isAny),
    placed: bitsOf(patterns, isPlaced),
    named,
    names,
    places: patterns.map(({ steps }) => {
      const step = steps[at];
      return step?.kind === 'index' ? step.index : -1;
    }),
  };
}
