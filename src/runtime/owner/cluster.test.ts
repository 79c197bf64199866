import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startWorkers, type WorkerEvent, type Workers, type WorkersOptions } from './cluster.ts';
import { isFromWorker, workerNumber } from './worker.ts';

const exec = fileURLToPath(new URL('./child.testing.ts', import.meta.url));

describe('workers', () => {
  let workers: Workers | null = null;
  const events: WorkerEvent[] = [];
  let waiting: { wanted: (event: WorkerEvent) => boolean; resolve: (event: WorkerEvent) => void }[] = [];

  afterEach(async () => {
    await workers?.stop();
    cluster.removeAllListeners('listening');
    workers = null;
    events.length = 0;
    waiting = [];
  });

  const start = async (count: number, env: Record<string, string>, more: Partial<WorkersOptions> = {}) => {
    // Port 0 is the same port for all workers of a cluster; the first that listens tells which.
    let port = 0;
    cluster.on('listening', (_, address) => {
      port = address.port;
    });
    workers = await startWorkers(count, {
      exec,
      drainMs: 3000,
      env: () => ({ NODE_OPTIONS: '', ...env }),
      backoff: { firstMs: 5, longestMs: 20 },
      onEvent(event) {
        events.push(event);
        for (const w of waiting) if (w.wanted(event)) w.resolve(event);
      },
      ...more,
    });
    const get = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })).text();
    return { pool: workers, get };
  };
  const next = (wanted: (event: WorkerEvent) => boolean): Promise<WorkerEvent> =>
    new Promise((resolve) => waiting.push({ wanted, resolve }));

  it('share a port, take over configurations, are started again, and finish what is under way', async () => {
    const { pool, get } = await start(2, { ANSWER: 'one' }, { scheduling: 'round-robin' });
    expect(pool.list().map((w) => [w.worker, w.state, w.crashes])).toEqual([
      [1, 'running', 0],
      [2, 'running', 0],
    ]);
    const answers = new Set<string>();
    for (let i = 0; i < 6; i++) answers.add(await get('/'));
    expect(answers).toEqual(new Set(['1 one', '2 one']));

    expect(await pool.reload('two')).toEqual([
      { worker: 1, error: '' },
      { worker: 2, error: '' },
    ]);
    expect((await get('/')).slice(2)).toBe('two');
    expect((await pool.reload({ bad: true })).map((r) => r.error)).toEqual(['not a text', 'not a text']);

    const again = next((event) => event.type === 'ready');
    await expect(get('/crash')).rejects.toThrow();
    const { worker } = await again;
    expect(events.filter((e) => e.type === 'crashed')).toMatchObject([
      { worker, why: 'exit code 7', inARow: 1, againMs: 5, code: '' },
    ]);
    expect(pool.list().find((w) => w.worker === worker)).toMatchObject({ state: 'running', crashes: 1 });

    const slow = get('/slow');
    await get('/');
    await pool.stop();
    expect(await slow).toMatch(/^slow (?:one|two)$/);
    expect(events.filter((e) => e.type === 'drained')).toHaveLength(2);
    await expect(get('/')).rejects.toThrow();
  });

  it('that cannot start are given up after a few tries, with the reason', async () => {
    await expect(start(1, { NEVER: 'ready' })).rejects.toMatchObject({
      code: 'SP7316',
      message: expect.stringContaining('exit code 3'),
    });
    expect(events.map((e) => (e.type === 'crashed' ? [e.inARow, e.againMs, e.code] : e.type))).toEqual([
      [1, 5, ''],
      [2, 10, ''],
      [3, 20, 'SP7316'],
    ]);
  });
});

describe('messages of workers', () => {
  it('are told from others', () => {
    for (const other of [null, 1, 'ready', {}, { sallyport: 'else' }]) expect(isFromWorker(other)).toBe(false);
    expect(isFromWorker({ sallyport: 'ready' })).toBe(true);
  });

  it('come from whoever has a number', () => {
    expect(workerNumber({})).toBe(0);
    expect(workerNumber({ SALLYPORT_WORKER: 'x' })).toBe(0);
    expect(workerNumber({ SALLYPORT_WORKER: '3' })).toBe(3);
  });
});
