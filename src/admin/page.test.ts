/** The parts of the live page that need no browser: its words, its curves, and that its files are what is served. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLASSES } from '../engine/detector.ts';
import { ASSETS, asset } from './assets.ts';

const FOLDER = new URL('./page/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');

interface Tick {
  readonly abusive_served: number;
  readonly abusive_held: number;
}
interface Words {
  timeLeft(ms: number): string;
  percent(share: number): string;
  riskPercent(risk: number): string;
  actionWords(action: string, mode: string): string;
  list(names: readonly string[]): string;
  counted(n: number, one: string): string;
}
interface Series {
  windowOf(first: number, last: number, span: number): { from: number; to: number };
  secondsOf(ticks: Map<number, Tick>, frame: { from: number; to: number }): (Tick | null)[];
  addedUp(ticks: Map<number, Tick>, frame: { from: number; to: number }): { served: number[]; tried: number[] };
  niceCeiling(n: number): number;
  steps(lower: number[], upper: number[], top: number, width: number, height: number): string;
}
const words: Words = await import(new URL('words.js', FOLDER).href);
const series: Series = await import(new URL('series.js', FOLDER).href);

describe('files', () => {
  it('are all served, and nothing else is', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...ASSETS].sort());
    for (const name of ASSETS) expect(asset(name).body.length).toBeGreaterThan(100);
    expect(() => asset('../server.ts')).toThrow();
  });

  it('name one another, and load nothing from elsewhere', () => {
    for (const name of ASSETS.filter((n) => n.endsWith('.js'))) {
      for (const [, target] of text(name).matchAll(/from '\.\/([\w.]+)'/g)) expect(ASSETS, name).toContain(target);
      // Markup out of text is what the policy forbids; the code does not even try.
      expect(text(name), name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/);
    }
    for (const [, target] of text('index.html').matchAll(/(?:src|href)="\/page\/([^"]+)"/g))
      expect(ASSETS).toContain(target);
    expect(text('index.html')).not.toMatch(/ style="| on\w+="|<style|https?:\/\/(?!127)/);
    expect(text('style.css') + text('parts.css')).not.toMatch(/url\(|@import/);
  });

  it('know every class of finding that there is', () => {
    const listed = /const CLASSES = new Set\(\[([^\]]*)\]\)/.exec(text('decisions.js'))?.[1] ?? '';
    expect([...listed.matchAll(/'([\w-]+)'/g)].map(([, name]) => name)).toEqual(CLASSES);
  });

  it('have every element that scripts look for by name', () => {
    const ids = new Set([...text('index.html').matchAll(/ id="([\w-]+)"/g)].map((m) => m[1]));
    for (const name of ASSETS.filter((n) => n.endsWith('.js'))) {
      for (const [, id] of text(name).matchAll(/'#([\w-]+)'/g)) expect(ids, `${name} looks for #${id}`).toContain(id);
    }
  });
});

describe('words', () => {
  it('say figures as people read them', () => {
    expect([0, 61_001, 3_600_000, 200_000_000].map(words.timeLeft)).toEqual(['0:00', '1:02', '1:00:00', '2 d']);
    expect([0, 0.0004, 0.042, 0.5, 0.9995, 1].map(words.percent)).toEqual([
      '0 %',
      '< 0.1 %',
      '4.2 %',
      '50 %',
      '> 99.9 %',
      '100 %',
    ]);
    expect([0, 0.994, 1].map(words.riskPercent)).toEqual(['< 0.1 %', '99.4 %', '> 99.9 %']);
    expect([words.counted(1, 'request'), words.counted(1204, 'request')]).toEqual(['1 request', '1,204 requests']);
    expect([words.list([]), words.list(['a']), words.list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
  });

  it('tell what is done from what would be', () => {
    expect(words.actionWords('block', 'enforce')).toBe('blocked');
    expect(words.actionWords('block', 'shadow')).toBe('would be blocked');
    expect(words.actionWords('revoke', 'shadow')).toBe('credential would be refused');
  });
});

describe('curves', () => {
  const tick = (served: number, held: number): Tick => ({ abusive_served: served, abusive_held: held });
  const ticks = new Map([
    [10, tick(3, 0)],
    [11, tick(2, 1)],
    [13, tick(0, 5)],
  ]);

  it('show what is known: the axis grows from a minute and a half to its span', () => {
    expect(series.windowOf(100, 110, 300)).toEqual({ from: 21, to: 110 });
    expect(series.windowOf(100, 300, 300)).toEqual({ from: 100, to: 300 });
    expect(series.windowOf(100, 900, 300)).toEqual({ from: 601, to: 900 });
    expect(series.secondsOf(ticks, { from: 12, to: 13 })).toEqual([null, tick(0, 5)]);
  });

  it('add up what got through, from before the window on', () => {
    expect(series.addedUp(ticks, { from: 11, to: 14 })).toEqual({ served: [5, 5, 5, 5], tried: [6, 6, 11, 11] });
  });

  it('end at round figures', () => {
    expect([0, 4, 5, 7, 11, 29, 31, 402, 900].map(series.niceCeiling)).toEqual([4, 4, 6, 8, 20, 30, 40, 600, 1000]);
  });

  it('are steps that close, one for each stretch', () => {
    expect(series.steps([0, 0, 0, 0], [1, 2, 0, 4], 4, 40, 4)).toBe('M0 4V3H10V2H20V4H10V4H0ZM30 4V0H40V4H30Z');
    expect(series.steps([0], [0], 4, 40, 4)).toBe('');
  });
});
