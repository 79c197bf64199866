/**
 * `sallyport serve` as users run it, in a process of its own, with one worker and with two: what passes, what a reload and
 * an orderly end do to requests under way, and what a kill -9 leaves behind. `npm run eval -- robust` does it at length.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type GatewayProcess, isAlive } from '../../eval/robust/gateway.ts';
import { ask } from '../../eval/robust/load.ts';
import { LedgerBook, replayJournal, verifyLedger } from '../../eval/robust/record.ts';
import { openEvents, openWebSocket } from '../../eval/robust/sideline.ts';
import { Stage } from '../../eval/robust/stage.ts';
import { ROOT } from '../tidy/source.ts';

/** `npm test` has built it. */
const COMMAND = process.env.ROBUST_COMMAND ?? join(ROOT, 'dist/cli/main.js');
const TIMEOUT_MS = 90_000;
const PATIENCE = { timeout: 10_000, interval: 20 };
const PERSON = '10.20.0.1';
const BAD = '198.51.100.7';
/** Processes that have just started may be late with their first verdicts; here they are waited for. */
const PATIENT = "routes: [{ match: { path: '/**' }, scoring_budget_ms: 1000 }]";

const stages: Stage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function open(workers: number): Promise<{ stage: Stage; gateway: GatewayProcess }> {
  const stage = await Stage.open(COMMAND, 'test');
  stages.push(stage);
  stage.write(stage.config({ workers, gateway: [PATIENT] }));
  return { stage, gateway: await stage.start() };
}

/** Comes back when the application has been asked for `path`. */
function arrives(stage: Stage, path: string): Promise<void> {
  return new Promise((resolve) => {
    stage.upstream.onRequest = (asked) => {
      if (asked === path) resolve();
    };
  });
}

/** Makes `address` a nuisance; comes back with the id of its mitigation when that is on record. */
async function provoke(gateway: GatewayProcess, address: string): Promise<string> {
  const stream = await gateway.stream();
  expect((await ask({ url: `${gateway.url}/trap`, address })).status).toBe(403);
  for await (const event of stream) {
    const { mitigation } = event as { mitigation?: { id: string; status: string; actor: { key: string } } };
    if (mitigation?.actor.key === address && mitigation.status === 'active') return mitigation.id;
  }
  throw new Error(
    `the stream ended: ${gateway.running ? 'it runs' : await gateway.ended} ${gateway.notes.join(' | ')}`,
  );
}

describe.each([1, 2])('sallyport serve with %i worker(s)', { timeout: TIMEOUT_MS }, (workers) => {
  it('passes what it should, takes a reload over, and ends when the last request has', async () => {
    const { stage, gateway } = await open(workers);
    const { url, port, upstream } = stage;
    expect(gateway.url).toBe(url);
    expect(gateway.workers()).toHaveLength(workers === 1 ? 0 : workers);

    const get = (path: string) => ask({ url: url + path, address: PERSON });
    const order = (id: string, bytes = 10) =>
      ask({ url: `${url}/orders`, address: PERSON, order: id, body: 'x'.repeat(bytes) });
    expect((await get('/items/1')).status).toBe(200);
    expect((await order('one')).status).toBe(201);
    expect([await openEvents(port), await openWebSocket(port)]).toEqual([true, true]);
    const status = await gateway.status();
    expect(status).toMatchObject({ mode: 'enforce', workers, degraded: expect.any(Number) });
    expect(status.requests).toBeGreaterThanOrEqual(4);

    stage.write(stage.config({ workers, gateway: [PATIENT, 'body_limit_bytes: 1000'] }));
    gateway.signal('SIGHUP');
    expect(await gateway.note(/^Reloaded/)).toContain('gateway');
    expect([(await order('two', 2000)).status, (await order('three', 500)).status]).toEqual([413, 201]);
    stage.write('mode: [enforce');
    gateway.signal('SIGHUP');
    expect(await gateway.note(/^SP7008/)).toContain('sallyport.yaml');
    expect((await order('four', 2000)).status).toBe(413);

    const arrived = arrives(stage, '/slow/one');
    const slow = get('/slow/one');
    await arrived;
    const left = gateway.workers();
    gateway.signal('SIGTERM');
    // Nobody new is taken while the slow one goes on.
    await vi.waitFor(async () => expect((await get('/items/2')).error).toBe('ECONNREFUSED'), PATIENCE);
    upstream.finish('one');
    expect([(await slow).status, await gateway.ended]).toEqual([200, 0]);
    expect([left.filter(isAlive), upstream.twice(), gateway.notes.filter((note) => /SP9/.test(note))]).toEqual([
      [],
      [],
      [],
    ]);
    expect([...upstream.served.keys()]).toEqual(['one', 'three']);
  });

  it('finds everything again after kill -9', async () => {
    const { stage, gateway } = await open(workers);
    const { dataDir, configPath, upstream } = stage;
    const [standing, undone] = await Promise.all([provoke(gateway, BAD), provoke(gateway, '203.0.113.9')]);
    const { status } = await gateway.api(`/api/v1/mitigations/${undone}/undo`, 'POST', { reason: 'our own test' });
    expect(status).toBe(200);
    const arrived = arrives(stage, '/orders');
    await upstream.be('hang');
    const order = ask({ url: `${stage.url}/orders`, address: PERSON, order: 'hanging' });
    await arrived;
    const left = gateway.workers();
    await gateway.kill();
    expect((await order).status).toBe(0);
    await vi.waitFor(() => expect(left.filter(isAlive)).toEqual([]), PATIENCE);
    await upstream.be('ok');

    const [wrong, replayed] = await Promise.all([
      verifyLedger(COMMAND, dataDir),
      replayJournal(COMMAND, dataDir, configPath),
    ]);
    expect([wrong, replayed.problem]).toEqual(['', '']);
    expect(replayed.events).toBeGreaterThan(0);
    const ledger = new LedgerBook();
    await ledger.read(dataDir);
    expect([ledger.started.has(standing), ledger.started.has(undone), ledger.undone.has(undone)]).toEqual([
      true,
      true,
      true,
    ]);

    const next = await stage.start();
    expect((await next.mitigations('active=true')).map((m) => [m.id, m.actor.key, m.status])).toEqual([
      [standing, BAD, 'active'],
    ]);
    const at = (address: string) => ask({ url: `${next.url}/items/1`, address });
    expect([(await at(BAD)).status, (await at('203.0.113.9')).status]).toEqual([403, 200]);
    expect([upstream.came.get('hanging'), await next.stop()]).toEqual([1, 0]);
  });
});
