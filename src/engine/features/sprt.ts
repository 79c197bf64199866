/**
 * Wald's sequential probability ratio test (Wald 1945; for scan detection Jung et al., Oakland 2004). Each observation
 * adds ln(p1/p0) for a hit or ln((1−p1)/(1−p0)) for none. The sum is kept within [−floor, ceiling]: the floor makes it
 * a repeated test (a long good past does not hide an attack), the ceiling lets it come down again.
 * Cells: [sum in millinats, observations, hits since the sum last stood at its floor].
 */
import { CELL_MAX, type Work } from './cells.ts';

export const SPRT_CELLS = 3;

export function applySprt(
  w: Work,
  at: number,
  value: number,
  hitWeight: number,
  missWeight: number,
  floor: number,
  ceiling: number,
): void {
  const { cells, values } = w;
  let llr = cells[at];
  let n = cells[at + 1];
  let hits = cells[at + 2];
  if (!w.readOnly) {
    llr += w.hit ? hitWeight : missWeight;
    if (n < CELL_MAX) n++;
    if (w.hit && hits < CELL_MAX) hits++;
    if (llr <= -floor) {
      llr = -floor;
      n = 0;
      hits = 0;
    } else if (llr > ceiling) llr = ceiling;
    cells[at] = llr;
    cells[at + 1] = n;
    cells[at + 2] = hits;
  }
  values[value] = llr;
  values[value + 1] = n;
  values[value + 2] = hits;
}
