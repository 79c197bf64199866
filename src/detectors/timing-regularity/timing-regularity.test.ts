import { describe, expect, it } from 'vitest';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { timingRegularity } from './timing-regularity.ts';

const detectors = [timingRegularity];
const run = (exchanges: Exchange | Exchange[], options: FixtureOptions = {}) =>
  runFixture([exchanges].flat(), { detectors, ...options }).findings;
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const page: Exchange = { t: 0, ip: '198.51.100.80', target: '/articles/a{i}', agent: CHROME };

/** Pages at the given gaps in seconds, each a page of its own. */
function visits(gaps: readonly number[]): Exchange[] {
  let t = 0;
  return gaps.map((gap, i) => {
    t += gap;
    return { ...page, t, target: `/articles/a${i}` };
  });
}

describe('timing', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const of = (key: string) => findings.find((f) => f.actor.key === key);

  it('finds metronomes, also where whole seconds blur them, and who is too fast to read', () => {
    expect(findings.map((f) => `${f.class} ${f.actor.key}`).sort()).toEqual([
      'automation 198.51.100.80',
      'automation 198.51.100.82',
      'automation sess-metronome',
    ]);
    expect(of('198.51.100.80')?.why).toMatch(
      /^\d+ gaps of 7\.\d s between pages, varying by [\d.]+ % \(random: 74 %\)$/,
    );
    expect(of('sess-metronome')?.requests).toBeLessThan(30);
    expect(of('198.51.100.82')?.why).toMatch(/^\d+ pages on end with 1 s between them; somebody in a hurry takes 6 s$/);
    expect(of('198.51.100.82')?.requests).toBeLessThan(20);
  });

  it('asks for a tag at most', () => {
    for (const action of Object.values(actions)) expect(['allow', 'tag']).toContain(action);
  });

  it('finds no people, tabs, monitors, feed readers, pollers, crawlers, scheduled jobs, displays or applications', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs twenty gaps that vary by less than a tenth', () => {
    expect(run({ ...page, repeat: { n: 24, every_s: 30 } })).toEqual([]);
    expect(run({ ...page, repeat: { n: 30, every_s: 30 } })).toHaveLength(1);
    const varying = (by: number): Exchange[] =>
      visits(Array.from({ length: 60 }, (_, i) => 30 + (i % 2 === 0 ? by : -by)));
    expect(run(varying(2))).toHaveLength(1);
    expect(run(varying(4))).toEqual([]);
  });

  it('takes whole seconds for what they are', () => {
    // Gaps of 2 and 3 s are a metronome of 2.5 s seen through whole seconds; gaps of 2 and 4 s are none.
    const coarse = (a: number, b: number) =>
      run(visits(Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? a : b))), { coarse: true }).map((f) => f.why);
    expect(coarse(7, 8)[0]).toMatch(/^\d+ gaps of 7\.\d s/);
    expect(coarse(6, 9)).toEqual([]);
  });

  it('is patient with who is quick', () => {
    const quick = (gap: number, n: number) => run({ ...page, repeat: { n, every_s: gap } }).length;
    // Irregular by construction: every third page comes at once.
    const uneven = (mean: number) =>
      run(visits(Array.from({ length: 18 }, (_, i) => [mean * 1.8, mean, mean * 0.2][i % 3])));
    expect(quick(0.2, 40)).toBe(0);
    expect(uneven(6.5)).toEqual([]);
    expect(uneven(4.5)).toEqual([]);
    expect(uneven(2)).toHaveLength(1);
  });

  it('starts over after a break', () => {
    const half: Exchange = { ...page, repeat: { n: 14, every_s: 30 } };
    expect(run([half, { ...half, t: 4000, target: '/articles/b{i}' }])).toEqual([]);
  });
});
