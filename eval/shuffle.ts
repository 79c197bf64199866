/** Puts a log out of order, but no further than a bound: what several workers and several machines do to one. */
import { Prng } from '../bench/lib/prng.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The lines of a combined log in an order in which none is more than `boundMs` behind a later one. */
export function shuffleWithin(log: string, boundMs: number): string {
  const random = new Prng(3);
  const lines = log.split('\n').filter((line) => line !== '');
  const keyed = lines.map((line) => ({ line, key: lineTime(line) + random.below(boundMs) }));
  keyed.sort((a, b) => a.key - b.key);
  return `${keyed.map((k) => k.line).join('\n')}\n`;
}

/** Unix time in ms of a line in combined format; RangeError where there is none. */
function lineTime(line: string): number {
  const m = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\]/.exec(line);
  if (!m) throw new RangeError(`no time in: ${line.slice(0, 100)}`);
  const [day, year, hour, minute, second] = [m[1], m[3], m[4], m[5], m[6]].map(Number);
  const zone = (m[7] === '-' ? -1 : 1) * (Number(m[8]) * 60 + Number(m[9]));
  return Date.UTC(year, MONTHS.indexOf(m[2]), day, hour, minute - zone, second);
}
