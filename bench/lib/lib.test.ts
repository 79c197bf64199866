import { describe, expect, it } from 'vitest';
import { lastJson } from './child.ts';
import { atLeast, atMost, exactly, figureLine, missed, plain, table, verdict } from './figures.ts';
import { addressOf, DEFAULT_PLAN, logLines } from './generate.ts';
import { amdahlBound, amdahlShare, median, quantile } from './stats.ts';

const figure = (value: number | null, target?: ReturnType<typeof atLeast>) => ({
  suite: 's',
  metric: 'm',
  value,
  target,
});

describe('figures', () => {
  it('says ok, short, info or unmeasured, and never passes what was not measured', () => {
    expect(verdict(figure(3, atLeast(3)))).toBe('ok');
    expect(verdict(figure(2.9, atLeast(3)))).toBe('short');
    expect(verdict(figure(4, atMost(3)))).toBe('short');
    expect(verdict(figure(0, exactly(0)))).toBe('ok');
    expect(verdict(figure(5))).toBe('info');
    expect(verdict(figure(null, atLeast(0)))).toBe('unmeasured');
    expect(verdict(figure(Number.NaN, atMost(9)))).toBe('unmeasured');
  });
  it('prints one line that can be split on spaces', () => {
    expect(figureLine(figure(36, atLeast(34)))).toBe('s m 36 >=34 ok');
    expect(figureLine({ ...figure(null, atMost(600)), note: 'not installed' })).toBe(
      's m - <=600 unmeasured  # not installed',
    );
    expect(figureLine(figure(0.8123456))).toBe('s m 0.812 - info');
  });
  it('counts a promised figure that was not measured as missed', () => {
    expect(missed([figure(1, atLeast(1)), figure(0, atLeast(1)), figure(null, atLeast(1)), figure(null)])).toHaveLength(
      2,
    );
  });
  it('shows no digits that nobody measured', () => {
    expect(plain(151_234.56)).toBe('151235');
    expect(plain(2.4567)).toBe('2.46');
    expect(plain(12)).toBe('12');
  });
  it('aligns tables', () => {
    expect(table(['a', 'n'], [['long', '5']])).toBe('a     n\n----  -\nlong  5');
  });
});

describe('stats', () => {
  it('takes medians and quantiles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10], 0.9)).toBe(9);
    expect(median([])).toBeNaN();
  });
  it('bounds a speed-up by the share that can be spread', () => {
    expect(amdahlBound(0, 2)).toBe(1);
    expect(amdahlBound(1, 2)).toBe(2);
    expect(amdahlBound(0.5, 2)).toBeCloseTo(4 / 3);
    expect(amdahlShare(12, 9, 0.5, 2)).toBeCloseTo(1);
    expect(amdahlShare(12, 12, 0.5, 2)).toBeCloseTo(0.75);
  });
});

describe('the generated log', () => {
  const plan = { ...DEFAULT_PLAN, lines: 20_000, addresses: 10_000 };
  const lines = [...logLines(plan)];
  const addresses = lines.map((line) => line.slice(0, line.indexOf(' ')));

  it('has as many lines and different addresses as planned', () => {
    expect(lines).toHaveLength(plan.lines);
    expect(new Set(addresses).size).toBe(plan.addresses);
  });
  it('shows about the planned share of addresses once', () => {
    const visits = new Map<string, number>();
    for (const a of addresses) visits.set(a, (visits.get(a) ?? 0) + 1);
    const once = [...visits.values()].filter((n) => n === 1).length;
    expect(once / plan.lines).toBeGreaterThan(0.38);
    expect(once / plan.lines).toBeLessThan(0.45);
  });
  it('is the same every time, and another one under another seed', () => {
    expect([...logLines({ ...plan, lines: 50, addresses: 25 })]).toEqual([
      ...logLines({ ...plan, lines: 50, addresses: 25 }),
    ]);
    expect(lines[0]).not.toBe([...logLines({ ...plan, seed: 8 })][0]);
  });
  it('is in combined format with times that never run backwards', () => {
    const shape =
      /^\S+ - - \[(\d{2}\/[A-Z][a-z]{2}\/\d{4}:(\d\d):(\d\d):(\d\d) \+0000)\] "(?:GET|POST) \S+ HTTP\/1\.1" \d{3} \d+ "[^"]+" "[^"]+"$/;
    let before = 0;
    for (const line of lines) {
      const match = shape.exec(line);
      expect(match, line).not.toBeNull();
      const second = Number(match![2]) * 3600 + Number(match![3]) * 60 + Number(match![4]);
      expect(second).toBeGreaterThanOrEqual(before);
      before = second;
    }
  });
  it('gives every visitor an address of his own', () => {
    const seen = new Set<string>();
    for (let v = 0; v < 200_000; v++) seen.add(addressOf(v, 7));
    expect(seen.size).toBe(200_000);
  });
});

describe('lastJson', () => {
  it('reads the last line, or says that there is none', () => {
    expect(lastJson('noise\n{"lines":3}\n')).toEqual({ lines: 3 });
    expect(lastJson('noise')).toBeNull();
    expect(lastJson('')).toBeNull();
  });
});
