/**
 * What an actor usually shows: a frequency table of up to eight values, with a memory of {@link HABIT_MEMORY} observations.
 * When it is full of them every count is halved, so that what is no longer seen is forgotten and a new habit takes over.
 * Cells: [observations | place of the youngest value × 65,536, when that value came in seconds,
 * eight values as 24 bits of hash and 8 bits of count].
 */
import { mix32 } from '../../lib/hash.ts';
import type { Work } from './cells.ts';

const SLOTS = 8;
const FIRST = 2;
export const HABIT_CELLS = FIRST + SLOTS;

/** Observations after which the past counts half. */
export const HABIT_MEMORY = 64;
/** Values that are told apart; another one takes the place of the rarest. */
export const HABIT_KINDS = SLOTS;
/** Age in seconds of a value that is not the youngest: it is only known to be older. */
export const HABIT_OLD_SEC = 0x7fffffff;

/** The hours of a day are looked at in pieces of this length. */
const PIECE_MS = 3 * 3_600_000;
const PIECES = 8;

/**
 * Writes [observations before this one, 1 where the value is new to somebody with at least `from` observations of at most
 * `most` values, times it was seen, values known, seconds since it first came, values seen only once]. `clock`: the subject is the piece of the day.
 */
export function applyHabit(w: Work, at: number, value: number, from: number, most: number, clock: boolean): void {
  const { cells, values } = w;
  const n = cells[at] & 0xffff;
  const kinds = kindsAt(cells, at);
  const tag = clock ? (Math.floor(w.nowMs / PIECE_MS) % PIECES) + 1 : tagOf(w.subjectHi, w.subjectLo);
  const place = tag === 0 ? -1 : placeOf(cells, at, tag);
  values[value] = n;
  values[value + 1] = tag !== 0 && place < 0 && n >= from && kinds <= most ? 1 : 0;
  values[value + 2] = place < 0 ? 0 : cells[at + FIRST + place] & 0xff;
  values[value + 3] = kinds;
  values[value + 4] =
    place >= 0 && cells[at] >>> 16 === place ? Math.max(0, w.nowSec - (cells[at + 1] >>> 0)) | 0 : oldOr0(place);
  values[value + 5] = singlesAt(cells, at, kinds);
  if (w.readOnly || tag === 0) return;
  if (place >= 0) cells[at + FIRST + place]++;
  else {
    const taken = kinds < SLOTS ? kinds : rarest(cells, at);
    cells[at + FIRST + taken] = (tag << 8) | 1;
    cells[at] = n | (taken << 16);
    cells[at + 1] = w.nowSec;
  }
  cells[at]++;
  if (n + 1 >= HABIT_MEMORY) halve(cells, at);
}

const oldOr0 = (place: number): number => (place < 0 ? 0 : HABIT_OLD_SEC);

/** 24 bits, never 0: of eight values two are taken for one once in half a million tables. */
function tagOf(hi: number, lo: number): number {
  if (hi === 0 && lo === 0) return 0;
  return (mix32(hi ^ mix32(lo)) >>> 8) | 1;
}

/** Values fill the table from its start and leave no gaps. */
function kindsAt(cells: Int32Array, at: number): number {
  let kinds = 0;
  while (kinds < SLOTS && cells[at + FIRST + kinds] !== 0) kinds++;
  return kinds;
}

/** Values that were seen once: their share of all observations is how often something new comes (Good 1953). */
function singlesAt(cells: Int32Array, at: number, kinds: number): number {
  let singles = 0;
  for (let i = 0; i < kinds; i++) if ((cells[at + FIRST + i] & 0xff) === 1) singles++;
  return singles;
}

function placeOf(cells: Int32Array, at: number, tag: number): number {
  for (let i = 0; i < SLOTS; i++) if (cells[at + FIRST + i] >>> 8 === tag) return i;
  return -1;
}

function rarest(cells: Int32Array, at: number): number {
  let best = 0;
  for (let i = 1; i < SLOTS; i++) if ((cells[at + FIRST + i] & 0xff) < (cells[at + FIRST + best] & 0xff)) best = i;
  return best;
}

/** Halves every count and drops what was seen once; the youngest value keeps its mark, or nobody has it. */
function halve(cells: Int32Array, at: number): void {
  const youngest = cells[at] >>> 16;
  let kept = 0;
  let sum = 0;
  let mark = 0xff;
  for (let i = 0; i < SLOTS; i++) {
    const cell = cells[at + FIRST + i];
    const times = (cell & 0xff) >>> 1;
    cells[at + FIRST + i] = 0;
    if (times === 0) continue;
    if (i === youngest) mark = kept;
    cells[at + FIRST + kept++] = (cell & ~0xff) | times;
    sum += times;
  }
  cells[at] = sum | (mark << 16);
}
