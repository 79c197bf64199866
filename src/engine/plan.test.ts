import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAG } from '../enrich/facts.ts';
import { condition, count } from './aggregates.ts';
import { createBatch } from './batch.ts';
import { Facts } from './facts.ts';
import { DIMENSIONS, type Key } from './keys.ts';
import { plan } from './plan.ts';
import { programOf, type RowInit, rowsOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const KEYS: readonly Key[] = [...DIMENSIONS, ['route', 'ip'], ['network', 'principal']];
const program = programOf(Object.fromEntries(KEYS.map((key, i) => [`n${i}`, count({ key, windowMs: 1000 })])));
const facts = new Facts();

/** Keys of one event by name, those that are absent left out. */
function keysOf(init: RowInit, batch = createBatch(program), ms = 5000): Record<string, string> {
  plan(batch, facts.at(rowsOf(init), 0, ms), false);
  const present = program.keys.map((k, i) => [k.name, `${batch.hi[i]}:${batch.lo[i]}`] as const);
  return Object.fromEntries(present.filter(([, lanes]) => lanes !== '0:0'));
}

describe('plan', () => {
  it('touches what the event has, and nothing else', () => {
    expect(Object.keys(keysOf({}))).toEqual(['all']);
    expect(Object.keys(keysOf({ ipLo: 1, sessionHi: 5, sessionLo: 6 })).sort()).toEqual(['all', 'ip', 'session']);
    expect(Object.keys(keysOf({ ipHi: 1, route: 3 })).sort()).toEqual(['all', 'ip', 'route', 'route×ip']);
    expect(Object.keys(keysOf({ networkLo: 1, principalLo: 2, asn: 9, objectLo: 4 })).sort()).toEqual([
      'all',
      'asn',
      'item',
      'network',
      'network×principal',
      'object',
      'principal',
    ]);
  });

  it('leaves nothing of one event in the next', () => {
    const columns = fc.record(
      {
        ipHi: fc.nat(2),
        ipLo: fc.nat(2),
        route: fc.nat(2),
        principalLo: fc.nat(2),
        networkLo: fc.nat(2),
        objectLo: fc.nat(2),
        asn: fc.nat(2),
        agentLo: fc.nat(2),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(columns, { minLength: 1, maxLength: 6 }), (events) => {
        const reused = createBatch(program);
        for (const init of events) expect(keysOf(init, reused)).toEqual(keysOf(init));
      }),
    );
  });

  it('keeps combinations and objects of different routes apart', () => {
    const seen = new Set<string>();
    for (let route = 1; route <= 20; route++)
      for (let ipLo = 1; ipLo <= 20; ipLo++) seen.add(keysOf({ route, ipLo })['route×ip']);
    expect(seen.size).toBe(400);
    expect(keysOf({ objectLo: 7, route: 1 }).object).not.toBe(keysOf({ objectLo: 7, route: 2 }).object);
  });

  it('knows the time in whole seconds, at least one', () => {
    const batch = createBatch(program);
    for (const [ms, sec] of [
      [0, 1],
      [-5000, 1],
      [999, 1],
      [2000, 2],
      [2999.5, 2],
      [4_102_444_800_123, 4_102_444_800],
    ]) {
      keysOf({}, batch, ms);
      expect([batch.nowMs, batch.nowSec]).toEqual([ms, sec]);
    }
  });

  it('takes over what proves an identity, and the number of an object', () => {
    const batch = createBatch(program);
    keysOf({ flags: FLAG.AUTHENTICATED | FLAG.QUERY, objectNumber: 99 }, batch);
    expect([batch.authenticated, batch.number]).toEqual([true, 99]);
    keysOf({ flags: FLAG.QUERY }, batch);
    expect([batch.authenticated, batch.number]).toEqual([false, -1]);
  });

  it('asks a narrower condition only where the wider one holds, and answers for each event anew', () => {
    let asked = 0;
    const wide = condition('wide', (f) => f.status >= 400);
    const narrow = condition(
      'narrow',
      (f) => {
        asked++;
        return f.status >= 500;
      },
      wide,
    );
    const p = programOf({ n: count({ key: 'ip', windowMs: 1000, when: narrow }) });
    const batch = createBatch(p);
    const holds = (status: number): (boolean | number)[] => {
      plan(batch, facts.at(rowsOf({ ipLo: 1, status }), 0, 5000), false);
      return [batch.conditions[p.conditions.indexOf(wide)], batch.conditions[p.conditions.indexOf(narrow)], asked];
    };
    expect([500, 404, 200, 500].map(holds)).toEqual([
      [1, 1, 1],
      [1, 0, 2],
      [0, 0, 2],
      [1, 1, 3],
    ]);
  });
});
