/** What a running gateway knows of an API: before the sample shop, by the shop's own document, in one process and in several. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type RunningShop, startShop } from '../examples/shop/src/shop.ts';
import { call, type Extra } from '../examples/shop/src/testing.ts';
import { openGateway } from '../src/doors/gateway/gateway.ts';
import { type House, openHouse } from '../src/doors/gateway/testing.ts';
import { days } from '../src/lib/units.ts';
import { connectOwner } from '../src/runtime/owner/client.ts';
import { serveOwner } from '../src/runtime/owner/server.ts';
import { ROOT } from './tidy/source.ts';

interface Document {
  readonly paths: Record<string, Record<string, Record<string, unknown>>>;
}

/** How busy the machine is must not count here. */
const CALM = { start: () => {}, stop: () => {} };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The shop's document, with one operation that is going away and one that the shop does not have. */
function shopDocument(): Document {
  const document = parse(readFileSync(join(ROOT, 'examples/shop/openapi.yaml'), 'utf8')) as Document;
  document.paths['/api/search'].get.deprecated = true;
  document.paths['/api/wishes'] = { get: { responses: { 200: { description: 'Never built' } } } };
  return document;
}

interface World extends House {
  readonly shop: RunningShop;
  /** Requests that the shop was asked. */
  readonly notes: string[];
  wait(ms: number): void;
}

async function world(schema: Record<string, unknown> = {}, dir?: string): Promise<World> {
  const shop = await startShop();
  ends.push(() => shop.close());
  let shift = 0;
  const notes: string[] = [];
  const house = await openHouse({
    upstream: shop.url,
    settings: { inspection: { schemas: [{ openapi: 'shop.yaml', ...schema }] } },
    schemas: [shopDocument()],
    clock: () => Date.now() + shift,
    onNote: (text) => notes.push(text),
    dir,
  });
  ends.push(() => house.close());
  const wait = (ms: number) => {
    shift += ms;
  };
  return { ...house, shop, notes, wait };
}

/** Ordinary traffic, and what somebody finds who looks around. */
async function traffic(url: string): Promise<void> {
  const from = (k: number, extra: Extra = {}) => ({ ...extra, headers: { 'X-Forwarded-For': `198.51.100.${k}` } });
  for (let k = 1; k <= 5; k++) {
    await call(url, 'GET', '/api/products?page=1', from(k));
    await call(url, 'GET', `/api/products/${k}?debug=1`, from(k));
  }
  await call(url, 'GET', '/api/search?q=tea', from(1));
  await call(url, 'GET', '/api/v0/customers', from(9));
  await call(url, 'GET', '/api/nothing/here', from(9));
  await call(url, 'GET', '/api/orders/none', from(2));
}

const ordered = ({ live }: House) => {
  const { endpoints, counts } = live.inventory?.report() ?? { endpoints: [], counts: {} };
  const of = (method: string, template: string) =>
    endpoints.find((one) => one.method === method && one.template === template);
  return { endpoints, counts, of };
};

function expectKnown(house: House): void {
  const { of, endpoints } = ordered(house);
  expect(of('GET', '/api/products/{productId}')).toMatchObject({
    operation: 'getProduct',
    kind: 'documented',
    requests: 5,
    callers: 5,
    undeclared_parameters: ['debug'],
    departures: ['undeclaredParameter'],
    exposure: 'internet',
  });
  expect(of('GET', '/api/products')).toMatchObject({ kind: 'documented', requests: 5, departures: [] });
  expect(of('GET', '/api/search')).toMatchObject({ kind: 'zombie', reason: 'deprecated', requests: 1 });
  expect(of('GET', '/api/v0/customers')).toMatchObject({ kind: 'shadow', requests: 1 });
  expect(of('GET', '/api/orders/{orderId}')).toMatchObject({ kind: 'documented', departures: ['type'] });
  expect(of('GET', '/api/wishes')).toMatchObject({ kind: 'documented', requests: 0, last_seen: '' });
  expect(endpoints.filter(({ template }) => template.includes('nothing'))).toEqual([]);
}

describe('the inventory', () => {
  it('knows what is documented, what is not, and what should be gone', async () => {
    const w = await world();
    await traffic(w.url);
    expectKnown(w);
    w.wait(days(31));
    expect(ordered(w).of('GET', '/api/wishes')).toMatchObject({ kind: 'zombie', reason: 'unused' });
    const page = w.telemetry.page(undefined).body;
    expect(page).toMatch(/sallyport_schema_departures_total\{kind="undeclared_parameter"\} 5/);
    expect(page).toMatch(/sallyport_schema_departures_total\{kind="type"\} 1/);
  });

  it('knows departures where the document is only learned, and goes on after a restart', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-stock-'));
    ends.unshift(() => rmSync(dir, { recursive: true }));
    const w = await world({ mode: 'learn' }, dir);
    await traffic(w.url);
    expectKnown(w);
    expect(w.telemetry.page(undefined).body).not.toMatch(/sallyport_schema_departures_total\{kind="type"\} [1-9]/);
    await w.close();
    expectKnown(await world({ mode: 'learn' }, dir));
  });

  it('goes over to another document at a reload', async () => {
    const w = await world();
    await traffic(w.url);
    const document = shopDocument();
    delete document.paths['/api/products'];
    const next = { ...w.loaded, schemas: [document] };
    await w.gateway.update(next, w.live.enrichment);
    await w.live.reload(next, 'test');
    expect(ordered(w).of('GET', '/api/products')).toBeUndefined();
    w.wait(1000);
    await traffic(w.url);
    expect(ordered(w).of('GET', '/api/products')).toMatchObject({ kind: 'zombie', reason: 'removed', requests: 10 });
    expect(ordered(w).of('GET', '/api/products/{productId}')).toMatchObject({ kind: 'documented', requests: 10 });
  });

  it('is one for all workers', async () => {
    const w = await world();
    const { live, loaded, telemetry } = w;
    const folder = mkdtempSync(join(tmpdir(), 'sp-'));
    const path = join(folder, 'owner.sock');
    const problems: string[] = [];
    const owner = await serveOwner(path, live.runtime, { secret: 's', onProblem: (_, text) => problems.push(text) });
    ends.push(async () => {
      await owner.close();
      rmSync(folder, { recursive: true });
    });
    const { enrichment, secrets } = live;
    const told: unknown[] = [];
    const departed = live.runtime.departed.bind(live.runtime);
    live.runtime.departed = (...what) => {
      told.push(what);
      departed(...what);
    };
    const doors = await Promise.all(
      [1, 2].map(async (worker) => {
        const gate = await connectOwner(path, { secret: 's', worker });
        const door = await openGateway({ loaded, gate, enrichment, secrets, telemetry, load: CALM });
        ends.push(async () => {
          await door.drain(1000);
          await gate.close();
        });
        return { gate, url: door.listeners.addresses[0].url };
      }),
    );
    await traffic(doors[0].url);
    await call(doors[1].url, 'GET', '/api/products/2?debug=1&verbose=1');
    for (const { gate } of doors) await gate.ping();
    const { of } = ordered(w);
    expect(of('GET', '/api/products/{productId}')).toMatchObject({
      requests: 6,
      undeclared_parameters: ['debug', 'verbose'],
    });
    expect(of('GET', '/api/v0/customers')).toMatchObject({ kind: 'shadow', requests: 1 });
    // Each worker has told each name once.
    expect(told).toEqual([
      ['GET /api/products/{productId}', 0, ['debug']],
      ['GET /api/products/{productId}', 0, ['debug', 'verbose']],
    ]);
    expect(problems).toEqual([]);
  });
});

describe('a document that is enforced', () => {
  it('keeps what does not fit it from the application, and says what to mend', async () => {
    const w = await world({ mode: 'enforce' });
    const body = { username: 'al', password: 'long enough' };
    const refused = await call(w.url, 'POST', '/api/signup', { body, headers: { 'Content-Type': 'application/json' } });
    expect(refused.status).toBe(422);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.json).toMatchObject({
      status: 422,
      errors: [{ pointer: 'body$.username', detail: expect.stringMatching(/shorter/) }],
    });
    expect(refused.text).not.toContain('"al"');
    const served = await call(w.url, 'POST', '/api/signup', {
      body: { ...body, username: 'alice' },
      headers: { 'Content-Type': 'application/json' },
    });
    expect(served.status).toBe(201);
    expect(ordered(w).of('POST', '/api/signup')).toMatchObject({ requests: 1, statuses: { 201: 1 } });
  });
});
