import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { Random } from '../../redteam/src/core/random.ts';
import { dearQuery, scriptOf } from './payloads.ts';

it('dear queries can be read, one line each, alone or many at once', () => {
  const random = new Random('dear');
  const bodies = Array.from({ length: 100 }, () => dearQuery(random));
  for (const body of bodies) {
    expect(body).not.toContain('\n');
    for (const { query } of [JSON.parse(body)].flat() as { query: string }[])
      expect(parse(query).definitions).toHaveLength(1);
  }
  expect(bodies.filter((b) => b.startsWith('[')).length).toBeGreaterThan(5);
});

it('scripts are markup that runs something, and differ', () => {
  const random = new Random('scripts');
  const scripts = Array.from({ length: 200 }, () => scriptOf(random));
  for (const script of scripts) expect(script).toMatch(/<script>|on\w+=|javascript:/);
  expect(new Set(scripts).size).toBeGreaterThan(100);
});
