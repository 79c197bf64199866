import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASSES } from '../engine/detector.ts';
import { Timeline } from './timeline.ts';

fc.configureGlobal({ seed: 20240304 });

const T = 1_709_510_400_000;

/** Requests at these times after T, in order; every third is answered by an error. */
function lineOf(times: readonly number[]): Timeline {
  const line = new Timeline();
  times.forEach((t, i) => {
    line.event(T + t, false, 0);
    line.event(T + t, true, i % 3 === 0 ? 500 : 200);
  });
  return line;
}
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('a time line', () => {
  it('has a bucket a second for short logs, gaps filled', () => {
    const buckets = lineOf([0, 100, 900, 3000]).report();
    expect(buckets.map((b) => [b.start.slice(17), b.requests, b.errors])).toEqual([
      ['00.000Z', 3, 1],
      ['01.000Z', 0, 0],
      ['02.000Z', 0, 0],
      ['03.000Z', 1, 1],
    ]);
  });

  it('loses nothing and has at most 240 buckets of equal width, however long the log', () => {
    const gaps = fc.array(fc.oneof(fc.nat(1000), fc.nat(100_000), fc.nat(40 * 86_400_000)), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(gaps, (list) => {
        let t = 0;
        const times = list.map((gap) => (t += gap));
        const line = lineOf(times);
        const buckets = line.report();
        expect(buckets.length).toBeLessThanOrEqual(240);
        expect(sum(buckets.map((b) => b.requests))).toBe(times.length);
        expect(sum(buckets.map((b) => b.errors))).toBe(Math.ceil(times.length / 3));
        expect(line.requests).toBe(times.length);
        const starts = buckets.map((b) => Date.parse(b.start));
        const widths = new Set(starts.slice(1).map((s, i) => s - starts[i]));
        expect(widths.size).toBeLessThanOrEqual(1);
        expect(starts[0]).toBeLessThanOrEqual(T + times[0]);
        expect(starts[starts.length - 1]).toBeLessThanOrEqual(T + t);
      }),
      { numRuns: 300 },
    );
  });

  it('widens its buckets when there are too many, and goes on counting', () => {
    const line = lineOf(Array.from({ length: 20_000 }, (_, i) => i * 1000));
    const buckets = line.report();
    expect(buckets.length).toBeLessThanOrEqual(240);
    expect(sum(buckets.map((b) => b.requests))).toBe(20_000);
    const kept = (line.snapshot().buckets as Map<number, unknown>).size;
    expect(kept).toBeLessThanOrEqual(4096);
  });

  it('counts an abusive request once, under the class that was named first, and once as met', () => {
    const line = new Timeline();
    line.event(T, false, 0);
    line.abusive(T, 2, 17, false);
    line.abusive(T, 3, 17, true);
    line.abusive(T, 3, 17, true);
    line.abusive(T, 3, 18, true);
    expect(line.report()[0].abusive).toEqual({ [CLASSES[2]]: 1, [CLASSES[3]]: 1 });
    expect([line.abusiveRequests, line.metRequests]).toEqual([2, 2]);
  });

  it('goes on from a snapshot as if it had never stopped', () => {
    const times = Array.from({ length: 9000 }, (_, i) => i * 1700);
    const whole = lineOf(times);
    const first = lineOf(times.slice(0, 4501));
    const second = new Timeline();
    second.restore(structuredClone(first.snapshot()));
    times.slice(4501).forEach((t, i) => {
      second.event(T + t, false, 0);
      second.event(T + t, true, (i + 4501) % 3 === 0 ? 500 : 200);
    });
    expect(second.report()).toEqual(whole.report());
  });

  it('of nothing is empty', () => {
    expect(new Timeline().report()).toEqual([]);
  });
});
