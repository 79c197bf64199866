import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type House, openHouse } from '../testing.ts';
import { Closing, httpUpstream } from '../upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

/** A gateway before an application that answers at once, and to /slow when it is told to. */
async function house(
  settings: Record<string, unknown>,
): Promise<House & { waiting: ServerResponse[]; came(): Promise<void> }> {
  const waiting: ServerResponse[] = [];
  let arrived = (): void => {};
  const upstream = await httpUpstream(closing, (req, res) => {
    if (req.url !== '/slow') res.end('x'.repeat(1000));
    else {
      waiting.push(res);
      arrived();
    }
  });
  const opened = await openHouse({ upstream, settings, ephemeral: true });
  closing.add(() => opened.close());
  const came = () => new Promise<void>((resolve) => (arrived = resolve));
  return { ...opened, waiting, came };
}

const get = (at: House, path: string, address = '198.51.100.7', method = 'GET') =>
  fetch(at.url + path, { method, headers: { 'X-Forwarded-For': address } });

describe('usage plans before an application', () => {
  it('tell clients how they stand, and refuse with the name of the quota and its end', async () => {
    const plans = [{ name: 'free', default: true, quotas: [{ per: 'day', requests: 2 }] }];
    const at = await house({ plans });
    const first = await get(at, '/a');
    expect(first.headers.get('ratelimit')).toMatch(/^"free-day";r=1;t=\d+$/);
    expect(first.headers.get('ratelimit-policy')).toBe('"free-day";q=2;w=86400');
    expect((await get(at, '/a')).headers.get('ratelimit-remaining')).toBe('0');
    const over = await get(at, '/a');
    expect(over.status).toBe(429);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
    const problem = (await over.json()) as { renews: string };
    expect(problem).toMatchObject({ code: 'SP8201', quota: 'free-day', title: 'Your quota is used up' });
    expect(Date.parse(problem.renews) % 86_400_000).toBe(0);
    expect((await get(at, '/a', '198.51.100.8')).status).toBe(200);
  });

  it('cost nothing where the request did not reach the application', async () => {
    const plans = [{ name: 'free', default: true, quotas: [{ per: 'day', requests: 2, bytes: 5000 }] }];
    const gateway = { routes: [{ match: { path: '/private/**' }, auth: {} }] };
    const at = await house({ plans, gateway });
    for (let i = 0; i < 5; i++) expect((await get(at, '/private/x')).status).toBe(401);
    expect((await get(at, '/a')).status).toBe(200);
    const [key] = at.live.plans.report(1).plans[0].most_used;
    expect(key).toMatchObject({ requests_day: 1, bytes_month: 1000, in_flight: 0 });
  });

  it('count what is under way, and make room when it ends, however it does', async () => {
    const plans = [{ name: 'free', default: true, concurrency: 1 }];
    const at = await house({ plans });
    const arrived = at.came();
    // A POST is not tried again.
    const slow = get(at, '/slow', '198.51.100.7', 'POST');
    await arrived;
    const refused = await get(at, '/a');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toMatchObject({ code: 'SP8202', quota: 'free-concurrency' });
    at.waiting[0].destroy();
    expect((await slow).status).toBe(502);
    expect((await get(at, '/a')).status).toBe(200);
    expect(at.live.runtime.plans.leases.size).toBe(0);
  });

  it('keep room for higher tiers', async () => {
    const plans = [{ name: 'batch', tier: 'bulk', default: true }];
    const gateway = { overload: { max_in_flight: 10 } };
    const at = await house({ plans, gateway, reserve: { critical_percent: 90 } });
    const arrived = at.came();
    const slow = get(at, '/slow');
    await arrived;
    const refused = await get(at, '/a');
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'SP8204' });
    at.waiting[0].end('done');
    expect((await slow).status).toBe(200);
    expect((await get(at, '/a')).status).toBe(200);
  });
});
