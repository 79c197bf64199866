import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type House, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const closing = new Closing();
afterEach(async () => {
  await closing.run();
  vi.useRealTimers();
});

/** A gateway before an application whose answer to /stream goes on until it is told to end. */
async function world(plan: object): Promise<House & { streams: ServerResponse[]; wait(ms: number): void }> {
  const streams: ServerResponse[] = [];
  const upstream = await httpUpstream(closing, (req, res) => {
    if (req.url !== '/stream') res.end('short');
    else {
      res.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      res.write('x'.repeat(1000));
      streams.push(res);
    }
  });
  let now = Date.parse('2026-03-02T12:00:00Z');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const settings = { plans: [{ name: 'free', default: true, ...plan }], gateway: { timeout_s: 3600 } };
  const opened = await openHouse({ upstream, settings, ephemeral: true, clock: () => now });
  closing.add(() => opened.close());
  const wait = (ms: number): void => {
    for (const until = now + ms; now < until; ) {
      now += 5000;
      vi.advanceTimersByTime(5000);
    }
  };
  return { ...opened, streams, wait };
}

const get = (at: House, path: string) => fetch(at.url + path, { headers: { 'X-Forwarded-For': '198.51.100.7' } });

describe('an exchange that goes on for long', () => {
  it('keeps its place in the plan until it ends, is scored once, and counts its bytes then', async () => {
    const w = await world({ concurrency: 1, quotas: [{ per: 'month', bytes: 1_000_000 }] });
    const stream = await get(w, '/stream');
    w.wait(40_000);
    expect((await get(w, '/a')).status).toBe(429);
    const { events } = w.live.operator.status();
    // Beyond the time after which what is not heard of counts as over.
    w.wait(5 * 3_600_000);
    expect((await get(w, '/a')).status).toBe(429);
    expect(w.live.operator.status().events - events).toBeLessThanOrEqual(2);
    const [key] = w.live.plans.report(1).plans[0].most_used;
    expect([key.in_flight, key.bytes_month]).toEqual([1, 0]);
    w.streams[0].end('y'.repeat(500));
    expect((await stream.text()).length).toBe(1500);
    await vi.waitFor(() => expect(w.live.runtime.plans.leases.size).toBe(0));
    expect((await get(w, '/a')).status).toBe(200);
    expect(w.live.plans.report(1).plans[0].most_used[0]).toMatchObject({ in_flight: 0, bytes_month: 1505 });
  });

  it('gives its place back when its client goes away', async () => {
    const w = await world({ concurrency: 1 });
    const gone = new AbortController();
    await fetch(`${w.url}/stream`, { headers: { 'X-Forwarded-For': '198.51.100.7' }, signal: gone.signal });
    w.wait(90_000);
    expect((await get(w, '/a')).status).toBe(429);
    const closed = once(w.streams[0], 'close');
    gone.abort();
    await closed;
    await vi.waitFor(() => expect(w.live.runtime.plans.leases.size).toBe(0));
    expect((await get(w, '/a')).status).toBe(200);
  });
});
