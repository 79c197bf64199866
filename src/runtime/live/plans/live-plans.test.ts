import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../config/load.ts';
import type { FactBatch } from '../../../enrich/facts.ts';
import { setOutcome } from '../../../enrich/outcome.ts';
import { STATE_FILE } from '../../../record/snapshot.ts';
import { type Live, startLive } from '../service.ts';
import type { Verdict } from '../verdict.ts';
import { type Caller, configOf, MINUTE, NOON, rowOf } from './testing.ts';

const GOLD = { name: 'gold', quotas: [{ per: 'day', requests: 4, alert_percent: [50] }] };
const ANN = { credential: 'key-ann' };

let folder = '';
let now = NOON;
const open: Live[] = [];
beforeEach(() => {
  now = NOON;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-live-plans-'));
});
afterEach(async () => {
  for (const live of open.splice(0)) await live.close();
  rmSync(folder, { recursive: true });
});

const loadedOf = (plans: readonly object[], more: object = {}) => ({
  ...defaultConfig(),
  config: configOf(plans, { records: { data_dir: folder }, seed: 5, learning: { enabled: false }, ...more }),
});

async function start(plans: readonly object[], more: object = {}, notes: string[] = []): Promise<Live> {
  const live = await startLive({
    loaded: loadedOf(plans, more),
    mode: 'enforce',
    version: 'test',
    clock: () => now,
    facts: () => ({ workers: 1, upstreams: [] }),
    onNote: (text) => notes.push(text),
  });
  open.push(live);
  return live;
}

async function close(live: Live): Promise<void> {
  open.splice(open.indexOf(live), 1);
  await live.close();
}

function end(live: Live, rows: FactBatch, admitted: boolean): void {
  setOutcome(rows, 0, { status: 200, bytes: 100, durationMs: 3, claimed: true, admitted });
  live.runtime.response(rows, 0, now, admitted);
}

function pass(live: Live, caller: Caller): Verdict {
  now += 10;
  const rows = rowOf(caller, now);
  const verdict = live.runtime.request(rows, 0, now);
  end(live, rows, !verdict.limit?.exceeded);
  return verdict;
}

describe('plans of a running Sallyport', () => {
  it('limit requests, tell operators, stand in the ledger, and go on after a restart', async () => {
    const notes: string[] = [];
    const first = await start([GOLD], {}, notes);
    const limits = [1, 2, 3].map(() => pass(first, ANN).limit);
    expect(limits.map((l) => [l?.name, l?.remaining])).toEqual([
      ['gold-day', 3],
      ['gold-day', 2],
      ['gold-day', 1],
    ]);
    expect(notes).toEqual([
      'plan gold: key-ann has used 50 % of gold-day, which begins anew at 2024-03-05T00:00:00.000Z',
    ]);
    await close(first);
    const second = await start([GOLD], {}, notes);
    expect(pass(second, ANN).limit).toMatchObject({ remaining: 0, exceeded: false });
    expect(pass(second, ANN).limit).toMatchObject({ kind: 'requests', exceeded: true });
    expect(second.plans.report(5).plans[0]).toMatchObject({ name: 'gold', keys: 1, admitted: 1, refused: 1 });
    const alerts = [];
    for await (const entry of second.ledger.entries()) if (entry.kind === 'plan.alert') alerts.push(entry);
    expect(alerts.map(({ data, subject }) => [data, subject?.key])).toEqual([
      [{ plan: 'gold', quota: 'gold-day', percent: 50, used: 2, limit: 4, until_ms: NOON + 43_200_000 }, 'key-ann'],
    ]);
    expect(notes).toHaveLength(1);
  });

  it('take over another configuration and keep what was used', async () => {
    const live = await start([GOLD]);
    for (let i = 0; i < 4; i++) pass(live, ANN);
    await live.reload(loadedOf([{ ...GOLD, quotas: [{ per: 'day', requests: 5 }] }]), 'test');
    expect(pass(live, ANN).limit).toMatchObject({ remaining: 0, exceeded: false });
    expect(pass(live, ANN).limit?.exceeded).toBe(true);
    await live.reload(loadedOf([]), 'test');
    expect(pass(live, ANN).limit).toBeNull();
  });

  it('and limits take nothing for what the other refuses; the tighter one is told', async () => {
    const limits = [{ name: 'per-address', by: ['address'], limit: 2, window_s: 3600 }];
    const live = await start([GOLD], { limits });
    expect([1, 2].map(() => pass(live, ANN).limit?.name)).toEqual(['per-address', 'per-address']);
    for (let i = 0; i < 9; i++) expect(pass(live, ANN).limit).toMatchObject({ name: 'per-address', exceeded: true });
    const elsewhere = { ...ANN, address: '198.51.100.4' };
    expect([1, 2].map(() => pass(live, elsewhere).limit?.exceeded)).toEqual([false, false]);
    expect(pass(live, { ...ANN, address: '198.51.100.5' }).limit).toMatchObject({ name: 'gold-day', exceeded: true });
    expect(live.runtime.plans.leases.size).toBe(0);
  });

  it('change no decision of the engine', async () => {
    const shadow = { name: 'gold', quotas: [{ per: 'month', requests: 4, mode: 'shadow' }], concurrency: 50 };
    const hashes: string[] = [];
    for (const plans of [[], [shadow]]) {
      now = NOON;
      const live = await start(plans);
      for (let i = 0; i < 60; i++) pass(live, { ...ANN, target: `/items/${i}`, address: `192.0.2.${i % 7}` });
      hashes.push(live.operator.status().decision_hash);
      await close(live);
      for (const name of ['ledger.lmdb', STATE_FILE]) rmSync(join(folder, name), { force: true });
    }
    expect(hashes[1]).toBe(hashes[0]);
  });

  it('tell detectors what a day allows', async () => {
    const said: string[] = [];
    for (const requests of [2000, 20_000]) {
      now = NOON;
      const live = await start([{ name: 'gold', quotas: [{ per: 'day', requests }] }]);
      const call = (i: number, everyMs: number): void => {
        now += everyMs - 10;
        pass(live, { ...ANN, target: `/orders/${i}` });
      };
      for (let i = 0; i < 1500; i++) call(i, 3 * MINUTE);
      for (let i = 0; i < 1900; i++) call(i, 1500);
      const whys = live.operator.mitigations().flatMap(({ reasons }) => reasons.map(({ why }) => why));
      said.push(whys.find((why) => why.includes('requests this hour')) ?? '');
      await close(live);
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    }
    expect(said[0]).toMatch(/usually \d+ in an hour; \d+ % of its daily quota within a day$/);
    expect(said[1]).toMatch(/usually \d+ in an hour$/);
  });

  it('start where the counters cannot be read: it is said, and the file is left as it is', async () => {
    writeFileSync(join(folder, 'plans.jsonl'), 'no counters\n');
    const notes: string[] = [];
    const live = await start([GOLD], {}, notes);
    expect(notes).toEqual([expect.stringContaining('SP8205')]);
    expect(pass(live, ANN).limit?.remaining).toBe(3);
  });
});
