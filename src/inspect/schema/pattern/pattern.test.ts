import { describe, expect, it } from 'vitest';
import { PATTERN_STEPS, patternBudget, powerOf, safePattern } from './index.ts';

describe('patterns that take linear time', () => {
  for (const pattern of [
    '^[0-9]{5}$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    '^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\\.[a-z]{2,}$',
    '^(?=.*[a-z])(?=.*[A-Z])(?=.*\\d).{8,64}$',
    '^(GET|POST|PUT)$',
    '^#[0-9a-fA-F]{6}$',
    '[a-z]+',
    '^\\s*\\S+$',
    '^.*\\.(jpg|png)$',
    '^(\\d+\\.)?(\\d+\\.)?(\\*|\\d+)$',
    '^[^\\s]{1,200}$',
    '^\\p{L}+$',
    '^$',
    '',
    '^a{1000}b{1,5000}$',
    '^(?<year>\\d+)-x$',
    '^[\\w.+-]+$|^$',
    'foo|bar',
  ]) {
    it(pattern, () => expect(powerOf(pattern)).toBe(1));
  }
});

describe('patterns that take exponential time are refused', () => {
  for (const pattern of [
    '^(a+)+$',
    '^(a*)*$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^([a-z]+\\s?)+$',
    '^(\\w+\\.?)*@',
    '(x+x+)+y',
    '^((ab)*|[ab]*)*$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '^(?:[^/]+/?)*$',
    '^(.*?,)*.*?$|^(\\d?\\d?)*z$',
  ]) {
    it(pattern, () => expect(() => safePattern(pattern)).toThrow(/exponential|too long/));
  }
});

describe('patterns that take a power of time', () => {
  for (const [pattern, power] of [
    ['^.*foo.*bar.*$', 3],
    ['^(.+)@(.+)$', 2],
    ['^\\s+|\\s+$', 2],
    ['\\d+$', 2],
    ['^a*a*$', 2],
    ['^a*a*a*$', 3],
    ['^\\d*\\d*\\d*\\d*$', 4],
    ['foo.*bar', 2],
  ] as const) {
    it(pattern, () => expect(powerOf(pattern)).toBe(power));
  }

  it('run within a budget, and what goes beyond it does not fit', () => {
    const { test, power } = safePattern('^(.+)@(.+)$');
    expect(power).toBe(2);
    patternBudget.steps = PATTERN_STEPS;
    expect(test('a@b')).toBe(true);
    expect(test('ab')).toBe(false);
    expect(test(`a@${'b'.repeat(2000)}`)).toBe(false);
    patternBudget.steps = PATTERN_STEPS;
    expect(test('a@b')).toBe(true);
  });
});

describe('what cannot be told is refused with the reason', () => {
  for (const [pattern, reason] of [
    ['^(a)\\1$', /refers back/],
    ['(?<=a)b', /looks behind/],
    ['^(?:(?=a)b)+$', /look-around/],
    ['(', /no regular expression/],
    [`^${'a?'.repeat(400)}$`, /too large/],
    ['a'.repeat(3000), /longer than/],
  ] as const) {
    it(pattern.slice(0, 40), () => expect(() => safePattern(pattern)).toThrow(reason));
  }
});

it('what only the older grammar takes is run as it is meant there', () => {
  expect(safePattern('^\\-[a-z]+\\_$').test('-ab_')).toBe(true);
});
