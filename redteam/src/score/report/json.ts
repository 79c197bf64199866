/** The scoreboard as a document. README.md in this folder's parent says what stands in it. */
import type { Scoreboard } from '../scoreboard.ts';

/** Infinite and missing numbers become null; curves are rounded to a ten-thousandth. */
export function jsonReport(board: Scoreboard): string {
  const short = (key: string, value: unknown): unknown =>
    (key === 'curve' || key === 'limitCurve') && Array.isArray(value)
      ? value.map((v: number) => Math.round(v * 1e4) / 1e4)
      : value;
  return `${JSON.stringify(board, short, 1)}\n`;
}
