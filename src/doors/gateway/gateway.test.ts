import { afterEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import { DIMENSIONS } from '../../engine/keys.ts';
import { ACTION } from '../../engine/policy.ts';
import { type House, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

interface World extends House {
  readonly seen: string[];
  /** Moves the clock of the gateway on, in ms. */
  wait(ms: number): void;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  login(name: string, headers?: Record<string, string>): Promise<Response>;
}

/** A gateway before an application that refuses every login and serves everything else. */
async function world(settings: Record<string, unknown> = {}): Promise<World> {
  const seen: string[] = [];
  const upstream = await httpUpstream(closing, (req, res) => {
    seen.push(`${req.method} ${req.url}`);
    if (req.url === '/login') {
      res.writeHead(401, { 'Sallyport-Event': 'login.failed;principal="x"' });
      res.end();
    } else {
      res.writeHead(200, { 'Sallyport-Principal': '"alice"', 'X-Kept': '1' });
      res.end('served');
    }
  });
  let shift = 0;
  const house = await openHouse({
    upstream,
    settings: {
      routes: { login: ['/login'], templates: [{ template: '/items/{id}' }, { template: '/' }] },
      ...settings,
    },
    clock: () => Date.now() + shift,
  });
  closing.add(() => house.close());
  const { url } = house;
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(url + path, { headers: { 'X-Forwarded-For': '198.51.100.7', ...headers } });
  return {
    ...house,
    seen,
    wait: (ms) => {
      shift += ms;
    },
    get,
    login: (name, headers = {}) =>
      fetch(`${url}/login`, { method: 'POST', body: name, headers: { 'X-Forwarded-For': '198.51.100.7', ...headers } }),
  };
}

/** Logs in wrongly until the gateway answers itself; how many were let through. */
async function untilHeld(w: World, most = 60): Promise<number> {
  for (let i = 0; i < most; i++) {
    const response = await w.login(`user${i}`);
    await response.arrayBuffer();
    if (response.status !== 401) return i;
    w.wait(1000);
  }
  return -1;
}

describe('the gateway', () => {
  it('passes on what nobody has anything against, without what is only for it', async () => {
    const w = await world();
    const response = await w.get('/items/1?q=1', { 'Sallyport-Action': 'forged' });
    expect([response.status, await response.text()]).toEqual([200, 'served']);
    expect(response.headers.get('x-kept')).toBe('1');
    expect(response.headers.get('sallyport-principal')).toBeNull();
    expect(w.seen).toEqual(['GET /items/1?q=1']);
  });

  it('holds an attacker before the application sees much of it, and nobody else', async () => {
    const w = await world();
    const leaked = await untilHeld(w);
    expect(leaked).toBeGreaterThan(3);
    expect(leaked).toBeLessThan(25);
    const reached = w.seen.length;
    const held = await w.login('one more');
    expect(held.status).toBe(403);
    expect(held.headers.get('content-type')).toBe('application/problem+json');
    expect(w.seen.length).toBe(reached);
    expect((await w.login('bob', { 'X-Forwarded-For': '203.0.113.5', 'User-Agent': 'other' })).status).toBe(401);
    const [mitigation] = w.live.operator.mitigations();
    expect(mitigation.actor).toEqual({ dimension: 'ip', key: '198.51.100.7' });
    expect(mitigation.sentence).toContain('failed');
  });

  it('only watches where it observes', async () => {
    const w = await world({ mode: 'observe' });
    expect(await untilHeld(w, 30)).toBe(-1);
    expect(w.seen).toHaveLength(30);
    const mitigations = w.live.operator.mitigations();
    expect(mitigations.some((m) => m.mode === 'shadow' && m.actor.key === '198.51.100.7')).toBe(true);
  });

  it('never acts on the allowlist', async () => {
    const entry = { address: '198.51.100.7', owner: 'ops', reason: 'test', expires: '2099-01-01' };
    const w = await world({ allowlist: [entry] });
    expect(await untilHeld(w, 30)).toBe(-1);
  });

  it('takes a decision back: the same goes on, everything derived falls, another attack is still caught', async () => {
    const w = await world({ decoys: ['/backup-of-everything'] });
    await untilHeld(w);
    const stands = () => w.live.operator.mitigations({ active: true }).filter((m) => m.actor.dimension === 'ip');
    const receipt = await w.live.operator.undo(stands()[0].id, 'operator:test', 'a mistake');
    expect(receipt.lifted).toContain(stands().length === 0 ? receipt.mitigation : '');
    expect(receipt.cleared).toContain('ip');
    expect(receipt.grace.detectors.length).toBeGreaterThan(0);
    for (let i = 0; i < 30; i++) {
      expect((await w.login(`again${i}`)).status).toBe(401);
      w.wait(1000);
    }
    expect((await w.get('/backup-of-everything')).status).toBe(403);
    expect((await w.live.ledger.head()).seq).toBeGreaterThanOrEqual(receipt.ledger);
  });

  it('gives a user who is slowed down no fresh pace with a fresh session', async () => {
    const w = await world({ gateway: { throttle: { burst: 3, max_delay_ms: 0 } } });
    const { runtime } = w.live;
    const impose = (dimension: 'session' | 'principal') => {
      const { lanes } = runtime.parts.engine.batch;
      const at = DIMENSIONS.indexOf(dimension) * 2;
      const actor = { dimension, hi: lanes[at], lo: lanes[at + 1] };
      const sinceSec = Math.floor(Date.now() / 1000);
      const data = { actor, action: ACTION.throttle, classIndex: 0, sinceSec, untilSec: sinceSec + 600 };
      runtime.control({ control: 'impose', timeMs: Date.now(), ref: `M-${dimension}`, data });
    };
    for (const session of ['one', 'two']) {
      await w.get('/items/1', { Cookie: `session=${session}` });
      impose('session');
    }
    impose('principal');
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++)
      statuses.push((await w.get('/items/1', { Cookie: `session=${i % 2 === 0 ? 'one' : 'two'}` })).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
  });

  it('is switched off and on by an operator, at once', async () => {
    const w = await world();
    await untilHeld(w);
    await w.live.operator.setMode('observe', 'operator:test', 'too many complaints');
    expect((await w.login('x')).status).toBe(401);
    await w.live.operator.setMode('enforce', 'operator:test', 'back on');
    expect((await w.login('x')).status).toBe(403);
  });

  it('applies rate limits in every mode, and says how one stands', async () => {
    const limits = [{ name: 'per-address', by: ['address'], limit: 2, window_s: 60 }];
    const w = await world({ mode: 'observe', limits });
    const answers = [await w.get('/'), await w.get('/'), await w.get('/')];
    expect(answers.map((a) => a.status)).toEqual([200, 200, 429]);
    expect(answers[0].headers.get('ratelimit')).toContain('r=1');
    expect(Number(answers[2].headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await w.get('/', { 'X-Forwarded-For': '203.0.113.9' })).status).toBe(200);
  });

  it('goes on serving while it takes another configuration', async () => {
    const w = await world();
    const before = await w.get('/items/1');
    const upstream = await httpUpstream(closing, (_, res) => res.end('the new one'));
    const config = configSchema.parse({
      ...({} as object),
      upstream,
      listen: '127.0.0.1:0',
    });
    await w.gateway.update({ ...defaultConfig(), config }, w.live.enrichment);
    const after = await w.get('/items/1');
    expect([await before.text(), await after.text()]).toEqual(['served', 'the new one']);
  });

  it('gives every row back', async () => {
    const w = await world();
    await Promise.all(Array.from({ length: 50 }, (_, i) => w.get(`/items/${i}`).then((r) => r.arrayBuffer())));
    expect(w.gateway.inFlight()).toBe(0);
    expect(w.live.runtime.requests).toBe(50);
    expect(w.live.operator.status().events).toBeGreaterThanOrEqual(100);
  });
});
