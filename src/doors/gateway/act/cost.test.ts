import { afterEach, describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../../engine/keys.ts';
import { ACTION } from '../../../engine/policy.ts';
import { type House, openHouse } from '../testing.ts';
import { Closing, httpUpstream } from '../upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

/** A gateway before an application that answers everything, on a clock that stands still until it is moved. */
async function house(settings: Record<string, unknown>): Promise<House & { wait(ms: number): void }> {
  const upstream = await httpUpstream(closing, (req, res) => req.resume().on('end', () => res.end('{"data":{}}')));
  let now = Date.parse('2026-03-02T12:00:00Z');
  const opened = await openHouse({ upstream, settings, ephemeral: true, clock: () => now });
  closing.add(() => opened.close());
  return { ...opened, wait: (ms) => (now += ms) };
}

/** Asks for so many objects, which is what it costs. */
const objects = (at: House, count: number, headers: Record<string, string> = {}) =>
  fetch(`${at.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '198.51.100.7', ...headers },
    body: JSON.stringify({ query: `{ search(limit: ${count}) { id } }` }),
  });

describe('cost of GraphQL requests at the gateway', () => {
  it('is taken from limits of cost units, and told in the headers', async () => {
    const limits = [{ name: 'weight', by: ['address'], unit: 'cost', limit: 1000, window_s: 60 }];
    const at = await house({ limits });
    const first = await objects(at, 900);
    expect(first.headers.get('ratelimit-policy')).toBe('"weight";q=1000;w=60;qu="units"');
    expect(first.headers.get('ratelimit')).toBe('"weight";r=100;t=1');
    const over = await objects(at, 400);
    expect([over.status, over.headers.get('retry-after')]).toEqual([429, '18']);
    expect(await over.json()).toMatchObject({ code: 'SP7403', status: 429 });
    expect((await objects(at, 100)).status).toBe(200);
    at.wait(24_000);
    expect((await objects(at, 400)).status).toBe(200);
  });

  it('is bounded a minute by inspection.graphql.units_per_minute, whatever key is made up', async () => {
    const at = await house({ inspection: { graphql: { units_per_minute: 500 } } });
    const statuses: number[] = [];
    for (const key of ['a', 'b', 'c']) statuses.push((await objects(at, 300, { 'X-Api-Key': key })).status);
    expect(statuses).toEqual([200, 429, 429]);
    // Nothing else is limited by it.
    expect((await fetch(`${at.url}/items/1`, { headers: { 'X-Forwarded-For': '198.51.100.7' } })).status).toBe(200);
    at.wait(60_000);
    expect((await objects(at, 300)).status).toBe(200);
  });

  it('is taken from the pace of a throttled caller', async () => {
    const throttle = { rate_per_s: 1, burst: 3, max_delay_ms: 0, units_per_request: 100 };
    const at = await house({ gateway: { throttle } });
    await objects(at, 1);
    const { runtime } = at.live;
    const { lanes } = runtime.parts.engine.batch;
    const place = DIMENSIONS.indexOf('ip') * 2;
    const actor = { dimension: 'ip', hi: lanes[place], lo: lanes[place + 1] };
    const sinceSec = Math.floor(Date.parse('2026-03-02T12:00:00Z') / 1000);
    const data = { actor, action: ACTION.throttle, classIndex: 0, sinceSec, untilSec: sinceSec + 600 };
    runtime.control({ control: 'impose', timeMs: sinceSec * 1000, ref: 'M-1', data });
    expect((await objects(at, 2000)).status).toBe(200);
    const cheap = await objects(at, 10);
    expect([cheap.status, cheap.headers.get('retry-after')]).toEqual([429, '18']);
    const dear = await objects(at, 2000);
    expect([dear.status, dear.headers.get('retry-after')]).toEqual([429, '20']);
    at.wait(18_000);
    expect([(await objects(at, 10)).status, (await objects(at, 10)).status]).toEqual([200, 429]);
    // Another burst, without a restart.
    const { loaded } = at;
    const relaxed = { ...throttle, burst: 10, max_waiting: 10 };
    const config = { ...loaded.config, gateway: { ...loaded.config.gateway, throttle: relaxed } };
    await at.live.reload({ ...loaded, config }, 'test');
    expect((await objects(at, 10)).status).toBe(200);
  });
});
