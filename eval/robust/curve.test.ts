import { describe, expect, it } from 'vitest';
import { curveTable, trendOf } from './curve.ts';

const curve = (n: number, bytes: (sec: number) => number) =>
  Array.from({ length: n }, (_, sec) => ({ sec, bytes: bytes(sec) }));

describe('the trend of a curve', () => {
  it('is the slope of its second half in percent of the mean over ten minutes', () => {
    // It grows fast at first, then by 0.1 MB a minute at 100 MB: one percent in ten minutes.
    const samples = curve(1800, (sec) => (sec < 900 ? sec * 1e5 : 1e8 + ((sec - 900) / 60) * 1e5));
    const { percentPer10Min, plusMinus } = trendOf(samples);
    expect(percentPer10Min).toBeCloseTo(1, 1);
    expect(plusMinus).toBeLessThan(0.02);
  });

  it('is near nothing for a saw, and says how sure it is', () => {
    const { percentPer10Min, plusMinus } = trendOf(curve(1800, (sec) => 1e8 + (sec % 37) * 1e5));
    expect(Math.abs(percentPer10Min)).toBeLessThan(0.2);
    expect(plusMinus).toBeLessThan(0.5);
    const short = trendOf(curve(60, (sec) => 1e8 + (sec % 37) * 1e5));
    expect(short.plusMinus).toBeGreaterThan(1);
  });

  it('is unknown where there are too few samples', () => {
    expect(trendOf(curve(10, () => 1e8)).percentPer10Min).toBeNaN();
    expect(trendOf([]).percentPer10Min).toBeNaN();
  });
});

it('is shown in parts with least, median and most', () => {
  const text = curveTable(
    curve(100, (sec) => (sec + 1) * 2 ** 20),
    2,
  );
  const rows = text.split('\n').slice(2);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(/^49\s+1\.0\s+26\.0\s+50\.0\s+#{10}$/);
  expect(rows[1]).toMatch(/^99\s+51\.0\s+76\.0\s+100\.0\s+#{30}$/);
});
