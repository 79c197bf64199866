import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Exchange } from '../contract.ts';
import { readScenario, runWorld } from './index.ts';

const quick = fileURLToPath(new URL('../../scenarios/quick.yaml', import.meta.url));

it('runs a shipped scenario with everything this red team has, in order and with the truth beside it', () => {
  const exchanges: Exchange[] = [];
  const result = runWorld(readScenario(quick), 3, (exchange) => exchanges.push({ ...exchange }), { scale: 0.05 });
  expect(result.exchanges).toBe(exchanges.length);
  expect(exchanges.length).toBeGreaterThan(300);
  const times = exchanges.map((e) => e.timeMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const cohorts = new Set(exchanges.map((e) => e.label.cohort));
  expect([...cohorts]).toEqual(expect.arrayContaining(['attack', 'people', 'mobile-app', 'devices', 'search-bots']));
  const families = new Set(exchanges.filter((e) => e.label.cohort === 'attack').map((e) => e.label.family));
  expect(families.size).toBeGreaterThanOrEqual(5);
});
