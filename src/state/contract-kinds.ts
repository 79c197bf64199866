/** Cases of the contract about kinds of aggregates with a memory of their own. */
import assert from 'node:assert/strict';
import { count, habit, mark, mix, pace, path, phase, rate } from '../engine/aggregates.ts';
import { FLAG } from '../enrich/facts.ts';

import { type ContractCase, driverOf, failed, MINUTE, onlyPosts } from './contract-driver.ts';

const habits: ContractCase[] = [
  {
    name: 'keeps a habit: what is new is told, guards what is later, and is then known',
    async run(make) {
      const software = habit({ key: 'ip', of: 'agent', from: 3, most: 2 });
      const strange = count({ key: ['all', 'ip'], windowMs: MINUTE, when: failed, guard: { of: software, is: 'new' } });
      const d = await driverOf(make, { software, strange, hours: habit({ key: 'ip', of: 'hour', from: 9, most: 8 }) });
      for (let i = 0; i < 3; i++) await d.event(i * 1000, { ipLo: 1, agentLo: 8, status: 500 });
      assert.deepEqual([d.values('software'), d.values('strange')], [[2, 0, 2, 1, 2, 0], [0]]);
      await d.event(4000, { ipLo: 1, agentLo: 9, status: 500 });
      assert.deepEqual([d.values('software'), d.values('strange')], [[3, 1, 0, 1, 0, 0], [1]]);
      await d.event(9000, { ipLo: 1, agentLo: 9, status: 500 });
      assert.deepEqual(
        [d.values('software'), d.values('hours')],
        [
          [4, 0, 1, 2, 5, 1],
          [4, 0, 4, 1, 9, 0],
        ],
      );
      assert.deepEqual((await d.event(9000, { ipLo: 2, agentLo: 9 })).values('software'), [0, 0, 0, 0, 0, 0]);
    },
  },
];

const ways: ContractCase[] = [
  {
    name: 'weighs events by what they cost, bring or take',
    async run(make) {
      const d = await driverOf(make, {
        units: rate({ key: 'ip', limit: 60, periodMs: MINUTE, burst: 100, weigh: 'cost' }),
        objects: count({ key: 'ip', windowMs: MINUTE, weigh: 'objects' }),
        time: count({ key: 'ip', windowMs: MINUTE, weigh: 'durationMs', when: failed }),
        events: count({ key: 'ip', windowMs: MINUTE }),
      });
      await d.event(0, { ipLo: 1, cost: 90, objects: 25, durationMs: 700, status: 500 });
      await d.event(0, { ipLo: 1, cost: 0, objects: -1, durationMs: 900, status: 200 });
      await d.event(0, { ipLo: 1, cost: 30, objects: 0, durationMs: 50, status: 500 });
      assert.deepEqual(d.values('units'), [21_000, 60]);
      assert.deepEqual([d.values('objects'), d.values('time'), d.values('events')], [[26], [750], [3]]);
    },
  },
  {
    name: 'keeps marks by an object, whatever route names it',
    async run(make) {
      const d = await driverOf(make, {
        paid: mark({ key: 'item', windowMs: MINUTE, when: onlyPosts }),
        seen: mark({ key: 'item', windowMs: MINUTE }),
      });
      await d.event(0, { ipLo: 1, route: 1, objectLo: 7, objectHi: 3, method: 3, amountMinor: 900 });
      await d.event(2000, { ipLo: 2, route: 2, objectLo: 7, objectHi: 3, method: 1, amountMinor: 850 });
      assert.deepEqual(d.values('paid'), [1, 2000, 1, 1, -50, 2]);
      await d.event(3000, { ipLo: 1, route: 2, objectLo: 8, objectHi: 3, method: 1 });
      assert.deepEqual(d.values('paid'), [0, 0, 0, 0, 0, 0]);
    },
  },
  {
    name: 'follows ways, paces, mixes and the seconds of a minute',
    async run(make) {
      const transitions = { version: 'x', unseen: 5000, steps: [], pairs: [2, 4, 100], contexts: [], triples: [] };
      const d = await driverOf(make, {
        way: path({ key: 'ip', transitions, breakMs: 10 * MINUTE }),
        pace: pace({ key: 'ip', weigh: 'cost' }),
        mix: mix({ key: 'ip', of: 'route' }),
        clock: phase({ key: 'ip' }),
      });
      const known = { ipLo: 1, flags: FLAG.KNOWN_ROUTE, method: 1, cost: 10 };
      await d.event(0, { ...known, route: 1 });
      await d.event(1000, { ...known, route: 2 });
      await d.event(2000, { ...known, route: 2, method: 3 });
      assert.deepEqual(d.values('way'), [2, 2550, 5000, 4, 5]);
      assert.deepEqual(d.values('pace'), [30, 0, 0, 0, 0, 0]);
      assert.deepEqual(d.values('mix'), [3, 0, 0, 0, 0]);
      assert.deepEqual(d.values('clock'), [3, 1000, 0, 1]);
    },
  },
];

export const KINDS: readonly ContractCase[] = [...habits, ...ways];
