import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from './parse.ts';
import { planNumber, requestsPerDay } from './plans.ts';
import type { ConfigError } from './problems.ts';

const problemsOf = (text: string): string[] => {
  try {
    parseConfig(text, 'sallyport.yaml');
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ code, line, message }) => `${code} ${line}: ${message}`);
  }
};

describe('plans in a configuration', () => {
  it('are as docs/plans.md shows them', () => {
    const page = readFileSync(new URL('../../docs/plans.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text);
    expect(blocks).toHaveLength(5);
    for (const block of blocks) {
      const { plans } = parseConfig(block, 'plans.md');
      const written = parse(block) as { plans: { name: string }[] };
      expect(plans.map(({ name }) => name)).toEqual(written.plans.map(({ name }) => name));
    }
  });

  it('have numbers by their place, 0 for none of that name', () => {
    const config = parseConfig('plans: [{ name: free }, { name: gold }]', 'x');
    expect(['free', 'gold', 'silver', ''].map((name) => planNumber(config, name))).toEqual([1, 2, 0, 0]);
  });

  it('say how many requests a day a key or partner has: the smallest of its quotas', () => {
    const of = (...plans: string[]) => requestsPerDay(parseConfig(`plans: [${plans.join(', ')}]`, 'x').plans);
    const day = (requests: number, more = '') => `{ per: day, requests: ${requests}${more} }`;
    const gold = `{ name: gold, quotas: [${day(900)}, ${day(500, ', by: partner')}, ${day(5, ', by: plan')}] }`;
    const month = '{ name: month, quotas: [{ per: month, requests: 7 }, { per: day, units: 8 }] }';
    expect(of(month, gold)).toEqual([0, 500]);
    expect(of(`{ name: users, by: principal, quotas: [${day(4)}] }`, month)).toEqual([]);
    expect(of()).toEqual([]);
  });

  it('that cannot hold are said with their places', () => {
    expect(problemsOf('plans: [{ name: gold }, { name: gold }]')).toEqual([
      'SP1007 1: "gold" is taken: names are unique',
    ]);
    expect(problemsOf('plans:\n- { name: a, default: true }\n- { name: b, default: true }')).toEqual([
      'SP1007 3: "a" is the default plan already: there is one',
    ]);
    expect(problemsOf('plans:\n- { name: a, time_zone: Europe/Berlyn }')).toEqual([
      expect.stringMatching(/^SP1005 2: .*"Europe\/Berlyn" is no time zone/),
    ]);
    expect(problemsOf('plans:\n- { name: a, quotas: [{ per: day }] }')).toEqual([
      expect.stringContaining('a quota says how many requests, units or bytes'),
    ]);
    expect(problemsOf('plans:\n- { name: a, budget: { per: day, amount_minor: 5 } }')).toEqual([
      expect.stringContaining('what a request, a unit or a KB costs'),
    ]);
    const turned = '{ per: day, amount_minor: 5, unit_minor: 1, throttle_at_percent: 90, hard_at_percent: 80 }';
    expect(problemsOf(`plans:\n- { name: a, budget: ${turned} }`)).toEqual([
      expect.stringContaining('throttle_at_percent must not be above hard_at_percent'),
    ]);
    expect(problemsOf('reserve: { critical_percent: 60, normal_percent: 40 }')).toEqual([
      expect.stringContaining('more than 90 percent cannot be kept'),
    ]);
  });

  it('are known to those who name them, once there are any', () => {
    const key = (plan: string) =>
      `identity: { keys: { entries: [{ id: k1, plan: ${plan}, hash: 'sha256:${'0'.repeat(64)}' }] } }`;
    expect(problemsOf(`plans: [{ name: gold }]\n${key('gold')}`)).toEqual([]);
    expect(problemsOf(`plans: [{ name: gold }]\n${key('gould')}`)).toEqual([
      expect.stringMatching(/^SP1005 2: there is no plan "gould".*gold/),
    ]);
    expect(problemsOf(key('anything'))).toEqual([]);
  });
});
