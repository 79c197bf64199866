/**
 * The contract of a state, as cases that every implementation must pass: memory in process, and shared stores. It uses
 * plain assertions, so that any test runner can drive it.
 */
import assert from 'node:assert/strict';
import { count, distinct, last, type Needs, rate, spread, sprt, steps } from '../engine/aggregates.ts';
import { RISK } from '../engine/risk.ts';
import { FLAG } from '../enrich/facts.ts';

import { type ContractCase, Driver, driverOf, failed, MINUTE, onlyPosts, programOf, START } from './contract-driver.ts';
import { KINDS } from './contract-kinds.ts';

const records: ContractCase[] = [
  {
    name: 'keeps each key apart, and each phase',
    async run(make) {
      const d = await driverOf(make, {
        n: count({ key: 'ip', windowMs: MINUTE }),
        m: count({ key: 'ip', windowMs: MINUTE, on: 'response' }),
      });
      for (let i = 0; i < 3; i++) await d.event(i, { ipLo: 1 });
      await d.event(3, { ipLo: 1 }, true);
      assert.deepEqual((await d.event(4, { ipLo: 2 })).values('n'), [1]);
      await d.event(5, { ipLo: 1 });
      assert.deepEqual([d.values('n'), d.values('m'), d.requests('ip')], [[4], [1], 4]);
      assert.deepEqual((await d.event(6, { ipHi: 1, ipLo: 1 })).values('n'), [1]);
    },
  },
  {
    name: 'reads zero for a key that is absent: nothing of an earlier event shows through',
    async run(make) {
      const d = await driverOf(make, {
        session: count({ key: 'session', windowMs: MINUTE }),
        pair: count({ key: ['route', 'session'], windowMs: MINUTE }),
        gated: count({ key: ['all', 'ip'], windowMs: MINUTE, when: failed }),
      });
      await d.event(0, { ipLo: 1, sessionLo: 5, route: 2, status: 404 });
      assert.deepEqual([d.values('session'), d.values('pair'), d.values('gated')], [[1], [1], [1]]);
      await d.event(1, { ipLo: 1, route: 2, status: 200 });
      assert.deepEqual([d.values('session'), d.values('pair'), d.values('gated')], [[0], [0], [0]]);
      assert.deepEqual([d.requests('session'), d.requests('ip')], [0, 2]);
      await d.event(2, { ipLo: 1, sessionLo: 5, status: 404 });
      assert.deepEqual([d.values('session'), d.values('pair'), d.values('gated')], [[2], [0], [2]]);
    },
  },
  {
    name: 'an operation whose condition does not hold still reads',
    async run(make) {
      const d = await driverOf(make, { n: count({ key: 'ip', windowMs: MINUTE, when: failed }) });
      await d.event(0, { ipLo: 1, status: 404 });
      assert.deepEqual((await d.event(1, { ipLo: 1, status: 200 })).values('n'), [1]);
      assert.deepEqual((await d.event(2, { ipLo: 1, status: 404 })).values('n'), [2]);
    },
  },
  {
    name: 'reads in one phase what the other wrote, and counts it once',
    async run(make) {
      const needs = {
        n: count({ key: 'ip', windowMs: MINUTE, on: 'request' }),
        g: count({ key: ['all', 'ip'], windowMs: MINUTE, on: 'request', when: failed }),
      };
      const d = await driverOf(make, needs, { on: 'response' });
      await d.event(0, { ipLo: 1, status: 500 });
      await d.event(1, { ipLo: 2, status: 500 });
      await d.event(2, { ipLo: 1, status: 500 });
      await d.event(3, { ipLo: 1, status: 500 }, true);
      assert.deepEqual([d.values('n'), d.values('g')], [[2], [2]]);
      await d.event(4, { ipLo: 1, status: 500 }, true);
      assert.deepEqual([d.values('n'), d.values('g')], [[2], [2]]);
    },
  },
  {
    name: 'keeps every kind of aggregate',
    async run(make) {
      const d = await driverOf(make, {
        rate: rate({ key: 'ip', limit: 60, periodMs: MINUTE, burst: 2 }),
        distinct: distinct({ key: 'ip', of: 'path', windowMs: MINUTE }),
        sprt: sprt({ key: 'ip', hit: failed, p0: 0.2, p1: 0.9, floor: 1000, ceiling: 9000 }),
        last: last({ key: 'ip', of: 'agent' }),
        spread: spread({ key: 'ip', breakMs: 10 * MINUTE }),
        steps: steps({ key: 'ip' }),
      });
      for (let i = 0; i < 5; i++)
        await d.event(i * 100, {
          ipLo: 1,
          pathLo: 10 + (i % 3),
          agentLo: i < 4 ? 8 : 9,
          objectNumber: 70 + i,
          status: 404,
        });
      assert.deepEqual(d.values('rate'), [5000 - 400 - 2000, 60]);
      assert.deepEqual(d.values('distinct'), [3, 0]);
      assert.deepEqual(d.values('sprt'), [5 * 1504, 5, 5]);
      assert.deepEqual(d.values('last'), [1, 1, 100]);
      assert.deepEqual(d.values('spread'), [4, 100, 0]);
      assert.deepEqual(d.values('steps'), [4, 3, 4]);
    },
  },
];

const guards: ContractCase[] = [
  {
    name: 'guards an operation by an earlier one of the same batch: new and seen',
    async run(make) {
      const paths = distinct({ key: 'ip', of: 'path', windowMs: MINUTE });
      const d = await driverOf(make, {
        paths,
        fresh: count({ key: 'ip', windowMs: MINUTE, guard: { of: paths, is: 'new' } }),
        again: count({ key: ['route', 'ip'], windowMs: MINUTE, guard: { of: paths, is: 'seen' } }),
      });
      for (const pathLo of [1, 2, 1, 1, 3, 2]) await d.event(0, { ipLo: 7, route: 4, pathLo });
      assert.deepEqual([d.values('paths'), d.values('fresh'), d.values('again')], [[3, 0], [3], [3]]);
    },
  },
  {
    name: 'guards by a figure, of another key, as it stands after this event: over and under',
    async run(make) {
      const total = count({ key: 'network', windowMs: MINUTE });
      const d = await driverOf(make, {
        total,
        early: count({ key: 'ip', windowMs: MINUTE, guard: { of: total, is: 'under', than: 3 } }),
        late: count({ key: 'ip', windowMs: MINUTE, guard: { of: total, is: 'over', than: 3 } }),
      });
      for (let i = 0; i < 5; i++) await d.event(i, { ipLo: 7, networkLo: 1 });
      assert.deepEqual([d.values('early'), d.values('late')], [[2], [3]]);
    },
  },
  {
    name: 'a guard whose own condition does not hold lets nothing new through',
    async run(make) {
      const paths = distinct({ key: 'ip', of: 'path', windowMs: MINUTE, when: onlyPosts });
      const d = await driverOf(make, {
        paths,
        n: count({ key: 'ip', windowMs: MINUTE, guard: { of: paths, is: 'new' } }),
      });
      await d.event(0, { ipLo: 1, pathLo: 1, method: 1 });
      assert.deepEqual([d.values('paths'), d.values('n')], [[0, 0], [0]]);
      await d.event(1, { ipLo: 1, pathLo: 1, method: 3 });
      assert.deepEqual([d.values('paths'), d.values('n')], [[1, 1], [1]]);
    },
  },
  {
    name: 'leaves a combination out until a guard on an earlier key lets one of its operations run',
    async run(make) {
      const total = count({ key: 'ip', windowMs: MINUTE, when: failed });
      const guard = { of: total, is: 'over', than: 3 } as const;
      const paths = distinct({ key: ['fingerprint', 'ip'], of: 'path', windowMs: MINUTE, when: failed, guard });
      const d = await driverOf(make, {
        paths,
        fresh: count({ key: ['fingerprint', 'ip'], windowMs: MINUTE, when: failed, guard: { of: paths, is: 'new' } }),
      });
      const seen: number[][] = [];
      for (let i = 0; i < 5; i++) {
        await d.event(i, { ipLo: 1, fingerprintLo: 1, pathLo: 10 + i, status: 500 });
        seen.push([...d.values('paths'), ...d.values('fresh')]);
      }
      assert.deepEqual(seen, [
        [0, 0, 0],
        [0, 0, 0],
        [1, 1, 1],
        [2, 1, 2],
        [3, 1, 3],
      ]);
      await d.event(6, { ipLo: 1, fingerprintLo: 1, pathLo: 20, status: 200 });
      assert.deepEqual([d.values('paths'), d.values('fresh')], [[0, 0], [0]]);
      assert.equal(d.requests('fingerprint×ip'), 0);
    },
  },
];

const risks: ContractCase[] = [
  {
    name: 'gives a risk record back to its actor and to nobody else',
    async run(make) {
      const d = await driverOf(make, { n: count({ key: 'ip', windowMs: MINUTE }) });
      await d.event(0, { ipLo: 1 });
      assert.equal(d.risk('ip', 0), null);
      d.settle('ip', { 0: 4711, [RISK.sec]: START / 1000 });
      assert.equal((await d.event(1, { ipLo: 2 })).risk('ip', 0), null);
      assert.equal((await d.event(2, { ipLo: 1 })).risk('ip', 0), 4711);
      assert.equal(d.risk('ip', RISK.sec), START / 1000);
      assert.equal((await d.event(3, {})).risk('ip', 0), null);
      assert.equal((await d.event(4, { ipLo: 1 }, true)).risk('ip', 0), 4711);
    },
  },
  {
    name: 'writes back what is marked, once',
    async run(make) {
      const d = await driverOf(make, { n: count({ key: 'ip', windowMs: MINUTE }) });
      await d.event(0, { ipLo: 1 });
      d.settle('ip', { 0: 100 });
      await d.event(1, { ipLo: 1 });
      d.batch.risk[d.key('ip') * RISK.size] = 999;
      assert.equal((await d.event(2, { ipLo: 1 })).risk('ip', 0), 100);
      d.settle('ip', { 1: 5 });
      assert.deepEqual([...d.batch.dirty], [...d.batch.dirty].fill(0));
      assert.equal((await d.event(3, { ipLo: 1 })).risk('ip', 1), 5);
      assert.equal(d.risk('ip', 0), 100);
    },
  },
];

const versions: ContractCase[] = [
  {
    name: 'goes over to new thresholds with its records kept',
    async run(make) {
      const needs = (limit: number) => ({ r: rate({ key: 'ip', limit, periodMs: MINUTE, burst: 1 }) });
      const before = programOf(needs(60));
      const state = await make(before);
      const first = new Driver(before, state);
      for (let i = 0; i < 4; i++) await first.event(0, { ipLo: 1 });
      assert.deepEqual(first.values('r'), [3000, 60]);
      const after = programOf(needs(30));
      state.adopt(after);
      const second = await new Driver(after, state).event(0, { ipLo: 1 });
      assert.deepEqual([second.values('r'), second.requests('ip')], [[4000, 30], 5]);
    },
  },
  {
    name: 'refuses a program that lays records out differently',
    async run(make) {
      const state = await make(programOf({ n: count({ key: 'ip', windowMs: MINUTE }) }));
      const others: readonly Needs[] = [
        { n: count({ key: 'ip', windowMs: MINUTE }), m: count({ key: 'ip', windowMs: 2 * MINUTE }) },
        { n: count({ key: 'ip', windowMs: MINUTE }), m: count({ key: 'session', windowMs: MINUTE }) },
        { n: sprt({ key: 'ip', hit: failed, p0: 0.1, p1: 0.9, floor: 1, ceiling: 2 }) },
      ];
      for (const needs of others) assert.throws(() => state.adopt(programOf(needs)), RangeError);
    },
  },
  {
    name: 'counts an event that proved an identity like any other',
    async run(make) {
      const d = await driverOf(make, { n: count({ key: 'principal', windowMs: MINUTE }) });
      await d.event(0, { ipLo: 1, principalLo: 5, flags: FLAG.AUTHENTICATED });
      assert.deepEqual((await d.event(1, { ipLo: 1, principalLo: 5 })).values('n'), [2]);
    },
  },
];

export const STATE_CONTRACT: readonly ContractCase[] = [...records, ...KINDS, ...guards, ...risks, ...versions];
