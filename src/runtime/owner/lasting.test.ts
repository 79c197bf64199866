import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultConfig } from '../../config/load.ts';
import type { FactBatch } from '../../enrich/facts.ts';
import { configOf, NOON, rowOf } from '../live/plans/testing.ts';
import { type Live, startLive } from '../live/service.ts';
import { LASTS_MS } from '../live/verdict.ts';
import { connectOwner, type OwnerClient } from './client.ts';
import { type OwnerServer, ownerPath, serveOwner } from './server.ts';
import { shortFolder } from './testing.ts';

const ANN = { credential: 'key-ann' };
const SECRET = 'of this test';

/** Workers before an owner of state that lets each key have one request under way. */
describe('what workers have under way', () => {
  let folder: ReturnType<typeof shortFolder>;
  let live: Live;
  let server: OwnerServer;
  let workers: OwnerClient[];
  let now = NOON;

  beforeEach(async () => {
    now = NOON;
    folder = shortFolder();
    const plans = [{ name: 'gold', concurrency: 1, quotas: [{ per: 'month', bytes: 1000 }] }];
    const records = { data_dir: folder.path };
    live = await startLive({
      loaded: { ...defaultConfig(), config: configOf(plans, { records, seed: 5 }) },
      mode: 'enforce',
      version: 'test',
      ephemeral: true,
      clock: () => now,
      facts: () => ({ workers: 2, upstreams: [] }),
    });
    const path = ownerPath(folder.path);
    server = await serveOwner(path, live.runtime, { secret: SECRET });
    workers = await Promise.all([1, 2].map((worker) => connectOwner(path, { secret: SECRET, worker })));
  });
  afterEach(async () => {
    for (const worker of workers) await worker.close();
    await server.close();
    await live.close();
    folder.remove();
  });

  const begin = async (worker: OwnerClient): Promise<FactBatch> => {
    now += 10;
    const rows = rowOf(ANN, now);
    expect((await worker.request(rows, 0, now)).limit?.exceeded).toBe(false);
    return rows;
  };
  const isRefused = async (worker: OwnerClient): Promise<boolean> => {
    now += 10;
    const rows = rowOf({ ...ANN, target: '/other' }, now);
    const exceeded = (await worker.request(rows, 0, now)).limit?.exceeded === true;
    worker.response(rows, 0, now, false);
    await worker.ping();
    return exceeded;
  };
  const used = () => live.plans.report(1).plans[0].most_used[0];

  it('keeps its place from the early word to the end, and its bytes count then', async () => {
    const [a, b] = workers;
    const rows = await begin(a);
    now += LASTS_MS;
    a.response(rows, 0, now, true, true);
    await a.ping();
    const { events } = live.operator.status();
    for (let i = 0; i < 20; i++) {
      now += LASTS_MS;
      a.lasts(rows, 0, now, false);
      await a.ping();
    }
    expect(live.operator.status().events).toBe(events);
    expect(await isRefused(b)).toBe(true);
    rows.bytes[0] = 700;
    a.lasts(rows, 0, now, true);
    await a.ping();
    expect(await isRefused(b)).toBe(false);
    expect(used()).toMatchObject({ bytes_month: 700, in_flight: 0 });
  });

  it('takes no place once its worker is gone', async () => {
    const [a, b] = workers;
    const rows = await begin(a);
    a.response(rows, 0, now, true, true);
    await a.ping();
    expect(await isRefused(b)).toBe(true);
    await a.close();
    await vi.waitFor(() => expect(server.workers()).toHaveLength(1));
    expect(await isRefused(b)).toBe(false);
  });

  it('has its place again where its worker has come back by another connection', async () => {
    const [a, b] = workers;
    const rows = await begin(a);
    await a.close();
    await vi.waitFor(() => expect(server.workers()).toHaveLength(1));
    const again = await connectOwner(server.path, { secret: SECRET, worker: 1 });
    workers.push(again);
    again.lasts(rows, 0, now, false);
    await again.ping();
    expect(await isRefused(b)).toBe(true);
    again.lasts(rows, 0, now, true);
    await again.ping();
    expect(await isRefused(b)).toBe(false);
  });
});
