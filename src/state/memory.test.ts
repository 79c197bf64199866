import { describe, expect, it } from 'vitest';
import { condition, count, distinct, top } from '../engine/aggregates.ts';
import { LEVEL } from '../engine/batch.ts';
import { ACTION } from '../engine/policy.ts';
import { KEY_VALUES } from '../engine/program.ts';
import { RISK } from '../engine/risk.ts';
import { FLAG } from '../enrich/facts.ts';
import { STATE_CONTRACT } from './contract.ts';
import { Driver, programOf } from './contract-driver.ts';
import { ESTABLISHED_AGE_SEC, ESTABLISHED_EVENTS, MemoryState, MIN_IDLE_SEC } from './memory.ts';
import { QUOTAS } from './quotas.ts';
import { PARTITION } from './table.ts';

describe('memory keeps the contract of a state', () => {
  it.each(STATE_CONTRACT.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    await c.run((program) => new MemoryState(program, 0.01));
  });
});

const SCALE = 0.001;
const ANONYMOUS = Math.round(QUOTAS.ip.anonymous * SCALE);
const program = () =>
  programOf({
    n: count({ key: 'ip', windowMs: 3_600_000 }),
    d: distinct({ key: 'ip', of: 'path', windowMs: 3_600_000 }),
  });

function setUp(scale = SCALE) {
  const compiled = program();
  const state = new MemoryState(compiled, scale);
  const driver = new Driver(compiled, state);
  const level = (): number => driver.batch.values[compiled.keys[driver.key('ip')].value + KEY_VALUES.level];
  return { state, driver, level };
}

/** An address in a /24 of its own system, the way enrichment writes it. */
const address = (i: number) => ({ ipLo: i, networkLo: (i >>> 8) + 1, asn: 1 + (i >>> 16) });
const partition = (state: MemoryState, i: number): number => state.partitionOf('ip', 0, i);

describe('partitions', () => {
  it('a record becomes established by age and events together', async () => {
    const { state, driver } = setUp();
    for (let i = 0; i < ESTABLISHED_EVENTS; i++) await driver.event(i, address(1));
    await driver.event(0, address(2));
    await driver.event(ESTABLISHED_AGE_SEC * 1000, address(2));
    expect([partition(state, 1), partition(state, 2)]).toEqual([PARTITION.anonymous, PARTITION.anonymous]);
    await driver.event(ESTABLISHED_AGE_SEC * 1000, address(1));
    expect(partition(state, 1)).toBe(PARTITION.established);
  });

  it('or at once where an identity was proven', async () => {
    const { state, driver } = setUp();
    await driver.event(0, { ...address(1), flags: FLAG.AUTHENTICATED });
    expect(partition(state, 1)).toBe(PARTITION.established);
  });

  it('a mitigated record stands apart until its time is over', async () => {
    const { state, driver } = setUp();
    await driver.event(0, address(1));
    const now = driver.batch.nowSec;
    driver.settle('ip', { [RISK.action]: ACTION.tag, [RISK.untilSec]: now + 60 });
    expect(partition(state, 1)).toBe(PARTITION.anonymous);
    driver.settle('ip', { [RISK.action]: ACTION.throttle });
    expect(partition(state, 1)).toBe(PARTITION.mitigated);
    await driver.event(61_000, address(1));
    driver.settle('ip', { [RISK.action]: 0 });
    expect(partition(state, 1)).toBe(PARTITION.established);
    expect((await driver.event(62_000, address(1))).risk('ip', RISK.action)).toBe(0);
  });

  it('does so after 2038 too', async () => {
    const { state, driver } = setUp();
    const later = (2 ** 31 + 1000) * 1000 - 1_709_510_400_000;
    for (let i = 0; i < ESTABLISHED_EVENTS; i++) await driver.event(later + i, address(1));
    expect(partition(state, 1)).toBe(PARTITION.anonymous);
    await driver.event(later + ESTABLISHED_AGE_SEC * 1000, address(1));
    expect(partition(state, 1)).toBe(PARTITION.established);
    driver.settle('ip', { [RISK.action]: ACTION.throttle, [RISK.untilSec]: driver.batch.nowSec + 60 });
    expect(partition(state, 1)).toBe(PARTITION.mitigated);
  });
});

describe('pressure', () => {
  it('a new address without room is counted for its network, then its system, then the rest', async () => {
    const { state, driver, level } = setUp();
    // Everybody was seen within the idle time, each in a network of its own: nobody may be pushed out.
    for (let i = 0; i < ANONYMOUS; i++) await driver.event(0, { ipLo: i + 1, networkLo: i + 1, asn: 1 });
    expect(level()).toBe(LEVEL.own);
    await driver.event(1, { ipLo: 500_001, networkLo: 9, asn: 7 });
    expect(level()).toBe(LEVEL.asn);
    // The system's record took the place of an address and stands apart since: one more address finds room.
    await driver.event(1, { ipLo: 500_000, networkLo: 8, asn: 7 });
    expect(level()).toBe(LEVEL.own);
    await driver.event(2, { ipLo: 500_002, networkLo: 10, asn: 7 });
    expect([level(), ...driver.values('n')]).toEqual([LEVEL.asn, 2]);
    await driver.event(3, { ipLo: 500_000, networkLo: 8, asn: 7 });
    expect([level(), ...driver.values('n')]).toEqual([LEVEL.own, 2]);
    expect(state.statistics().collapsed).toBe(2);
    expect(state.statistics().records.ip).toBeLessThanOrEqual(ANONYMOUS + 1);
    // Once somebody was idle for long enough, there is room for a network and for addresses again.
    await driver.event((MIN_IDLE_SEC + 1) * 1000, { ipLo: 500_003, networkLo: 9, asn: 7 });
    expect(level()).toBe(LEVEL.own);
  });

  it('a network keeps its record while it is collapsed', async () => {
    const { driver, level } = setUp();
    for (let i = 0; i < ANONYMOUS - 1; i++) await driver.event(0, { ipLo: i + 1, networkLo: i + 1, asn: 1 });
    // The table holds one record of a minute ago: the first newcomer's network may take its place, nobody else.
    await driver.event(-(MIN_IDLE_SEC + 5) * 1000, { ipLo: 400_000, networkLo: 3, asn: 2 });
    const seen: number[] = [];
    for (let i = 0; i < 3 * ANONYMOUS; i++) {
      await driver.event(10, { ipLo: 600_000 + i, networkLo: 77, asn: 2 });
      seen.push(level());
    }
    expect(new Set(seen.slice(1)).size).toBeLessThanOrEqual(3);
    expect(seen).toContain(LEVEL.asn);
  });

  it('risk of a collapsed address is that of the record it was counted in', async () => {
    const { driver, level } = setUp();
    for (let i = 0; i < ANONYMOUS; i++) await driver.event(0, { ipLo: i + 1, networkLo: i + 1, asn: 1 });
    await driver.event(1, { ipLo: 500_001, networkLo: 9, asn: 7 });
    driver.settle('ip', { 0: 5000 });
    await driver.event(2, { ipLo: 500_000, networkLo: 9, asn: 7 });
    expect([level(), driver.risk('ip', 0)]).toEqual([LEVEL.own, null]);
    await driver.event(2, { ipLo: 500_002, networkLo: 9, asn: 7 });
    expect([level(), driver.risk('ip', 0)]).toEqual([LEVEL.asn, 5000]);
    expect((await driver.event(3, { ipLo: 500_003, networkLo: 9, asn: 8 })).risk('ip', 0)).toBeNull();
  });

  it('a flood of spoofed addresses leaves what is long known in place, and memory bounded', async () => {
    const { state, driver } = setUp(0.01);
    const known = 1000;
    const hour = ESTABLISHED_AGE_SEC * 1000;
    for (let round = 0; round <= ESTABLISHED_EVENTS; round++)
      for (let i = 0; i < known; i++)
        await driver.event((round * hour) / ESTABLISHED_EVENTS, { ...address(i + 1), pathLo: round + 1 });
    const before = state.statistics();
    const from = hour + 1000;
    const requests = new Int32Array(known).fill(ESTABLISHED_EVENTS + 1);
    let lost = 0;
    const visit = async (ms: number, i: number): Promise<void> => {
      await driver.event(ms, { ...address(i + 1), pathLo: 1 });
      if (driver.requests('ip') !== ++requests[i]) lost++;
    };
    for (let i = 0; i < 200_000; i++) {
      await driver.event(from + i / 10, { ...address(1_000_000 + i * 7), pathLo: i + 1 });
      // Half of the known addresses go on in between, the others are silent until the flood is over.
      if (i % 200 === 0) await visit(from + i / 10, (i / 200) % (known / 2));
    }
    for (let i = 0; i < known; i++) await visit(from + 30_000, i);
    const kept = known - lost;
    expect(kept / known).toBeGreaterThanOrEqual(0.99);
    const after = state.statistics();
    expect(after.records.ip).toBeLessThanOrEqual(Math.round(QUOTAS.ip.anonymous * 0.01) + known + 32);
    expect(after.bytes).toBeLessThan(before.bytes + 16 * 1024 * 1024);
  });

  it('an actor whose record had to go comes back with its risk', async () => {
    const { state, driver } = setUp();
    await driver.event(0, address(1));
    driver.settle('ip', { 0: 3000 });
    for (let i = 2; i <= ANONYMOUS + 8; i++) await driver.event(MIN_IDLE_SEC * 2000, address(i));
    expect(partition(state, 1)).toBe(-1);
    expect((await driver.event(MIN_IDLE_SEC * 4000, address(1))).risk('ip', 0)).toBe(3000);
    expect((await driver.event(MIN_IDLE_SEC * 4000, address(ANONYMOUS + 9))).risk('ip', 0)).toBeNull();
  });

  it('evidence against passing actors never pushes out a standing mitigation', async () => {
    const { state, driver } = setUp();
    for (let i = 1; i <= 20; i++) {
      await driver.event(0, address(i));
      driver.settle('ip', { 0: 9000, [RISK.action]: ACTION.block, [RISK.untilSec]: driver.batch.nowSec + 86_400 });
    }
    for (let i = 0; i < 5000; i++) {
      await driver.event(120_000 + i * 1000, address(10_000 + i));
      driver.settle('ip', { 0: 1000 });
    }
    let standing = 0;
    for (let i = 1; i <= 20; i++)
      if ((await driver.event(200_000, address(i))).risk('ip', RISK.action) === ACTION.block) standing++;
    expect(standing).toBe(20);
    expect(state.statistics().evicted.ip).toBeGreaterThan(0);
  });

  it('gives sketches back with the records they belong to', async () => {
    // 16 records and 64 slots: without giving back, the 65th actor would take somebody's slot.
    const { state, driver } = setUp(1e-6);
    for (let i = 0; i < 500; i++) {
      for (let p = 1; p <= 5; p++) await driver.event(i * 61_000, { ...address(i + 1), pathLo: p });
      expect(driver.values('d')).toEqual([5, 1]);
    }
    expect(state.statistics()).toMatchObject({ sketchesStolen: 0, records: { ip: 16 }, evicted: { ip: 484 } });
  });
});

describe('snapshots', () => {
  it('a state goes on from one as if it had never stopped', async () => {
    const even = condition('even path', (f) => f.batch.pathLo[f.row] % 2 === 0);
    const compiled = programOf({
      n: count({ key: 'ip', windowMs: 60_000 }),
      d: distinct({ key: 'ip', of: 'path', windowMs: 600_000 }),
      t: top({ key: 'all', of: 'ip', windowMs: 60_000 }),
      g: count({ key: ['all', 'ip'], windowMs: 60_000, when: even }),
    });
    const a = new MemoryState(compiled, 0.001);
    const one = new Driver(compiled, a);
    const feed = async (driver: Driver, i: number): Promise<number[]> => {
      await driver.event(i * 37, { ...address(1 + ((i * 7919) % 3000)), pathLo: 1 + (i % 23) }, i % 3 === 0);
      if (i % 11 === 0)
        driver.settle('ip', { 0: i, [RISK.action]: i % 4, [RISK.untilSec]: driver.batch.nowSec + (i % 500) });
      return [...driver.batch.values, ...driver.batch.hasRisk, driver.risk('ip', 0) ?? -1];
    };
    for (let i = 0; i < 4000; i++) await feed(one, i);
    const b = new MemoryState(compiled, 0.001);
    b.restore(structuredClone(a.snapshot()));
    const two = new Driver(compiled, b);
    for (let i = 4000; i < 6000; i++) {
      const expected = await feed(one, i);
      expect(await feed(two, i)).toEqual(expected);
    }
    expect(b.statistics()).toEqual(a.statistics());
  });
});
