/**
 * What an actor's requests are made of, now and usually: shares of a few values in a fast and in a slow memory, and the
 * Jensen–Shannon divergence between the two (Lin 1991), in thousandths of a bit. Logarithms come from a table of integers.
 * Cells: [events, 12 × (value, fast weight, slow weight)]; the last place is for whatever has no place of its own.
 */
import { ln } from '../../lib/fixed.ts';
import { CELL_MAX, type Work } from './cells.ts';

const PLACES = 12;
const OTHER = PLACES - 1;
const WIDTH = 3;
export const MIX_CELLS = 1 + PLACES * WIDTH;

/** Weight of one event; events after which the fast and the slow memory are halved. */
const UNIT = 64;
const FAST = 64;
const SLOW = 2048;
/** Events before now and usually are two things. */
export const MIX_SETTLED = 512;
/** While the mix is another one, only one event in so many is taken for usual: nobody teaches a new mix in an hour. */
const HELD = 8;
const DRIFTED = 200;

/** Shares are whole parts of this. */
const SCALE = 4096;
const LN2 = ln(2);
/** −x · log2(x) for x in parts of 2 × {@link SCALE}, in parts of 2^16 of a bit. */
const ENTROPY = Int32Array.from({ length: 2 * SCALE + 1 }, (_, i) =>
  i === 0 ? 0 : Math.round((-(i / (2 * SCALE)) * ln(i / (2 * SCALE)) * 65_536) / LN2),
);

export function applyMix(w: Work, at: number, value: number): void {
  const { cells } = w;
  const present = w.subjectLo !== 0 || w.subjectHi !== 0;
  if (!w.readOnly && present) add(w, at);
  compare(w, at, value);
  if (w.readOnly || !present) return;
  const n = cells[at];
  if (w.values[value + 1] < DRIFTED || n < MIX_SETTLED || n % HELD === 0)
    cells[at + 1 + placeOf(cells, at, w.subjectLo) * WIDTH + 2] += UNIT;
}

function placeOf(cells: Int32Array, at: number, subject: number): number {
  for (let p = 0; p < OTHER; p++) if (cells[at + 1 + p * WIDTH] === subject) return p;
  return OTHER;
}

function add(w: Work, at: number): void {
  const { cells } = w;
  const n = cells[at] < CELL_MAX ? cells[at] + 1 : MIX_SETTLED;
  cells[at] = n;
  if (n % FAST === 0) halve(cells, at, 1);
  if (n % SLOW === 0) halve(cells, at, 2);
  let place = placeOf(cells, at, w.subjectLo);
  if (place === OTHER) {
    for (let p = 0; p < OTHER; p++) {
      const cell = at + 1 + p * WIDTH;
      if (cells[cell] !== 0) continue;
      cells[cell] = w.subjectLo;
      place = p;
      break;
    }
  }
  cells[at + 1 + place * WIDTH + 1] += UNIT;
}

/** Halves one memory; a place that both have forgotten is free again. */
function halve(cells: Int32Array, at: number, memory: number): void {
  for (let p = 0; p < PLACES; p++) {
    const cell = at + 1 + p * WIDTH;
    cells[cell + memory] >>= 1;
    if (cells[cell + 1] === 0 && cells[cell + 2] === 0) cells[cell] = 0;
  }
}

function compare(w: Work, at: number, value: number): void {
  const { cells, values } = w;
  let fast = 0;
  let slow = 0;
  for (let p = 0; p < PLACES; p++) {
    fast += cells[at + 1 + p * WIDTH + 1];
    slow += cells[at + 1 + p * WIDTH + 2];
  }
  values[value] = cells[at];
  values.fill(0, value + 1, value + 5);
  if (cells[at] < MIX_SETTLED || fast === 0 || slow === 0) return;
  let mixed = 0;
  let apart = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < PLACES; p++) {
    const cell = at + 1 + p * WIDTH;
    const now = Math.floor((cells[cell + 1] * SCALE) / fast);
    const usual = Math.floor((cells[cell + 2] * SCALE) / slow);
    mixed += ENTROPY[now + usual];
    apart += ENTROPY[now * 2] + ENTROPY[usual * 2];
    if (now - usual <= most) continue;
    most = now - usual;
    values[value + 2] = p === OTHER ? 0 : cells[cell];
    values[value + 3] = Math.floor((now * 1000) / SCALE);
    values[value + 4] = Math.floor((usual * 1000) / SCALE);
  }
  values[value + 1] = Math.max(0, Math.floor(((mixed - apart / 2) * 1000) / 65_536));
}
