/** Routes that no document has, through the whole gateway: what a client is told, and what never reaches the application. */
import { afterEach, describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { NOT_LOOKED, SCHEMA } from '../../enrich/kinds.ts';
import { HandLoad, type House, type HouseOptions, onRows, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

const DOCUMENT = {
  openapi: '3.1.0',
  servers: [{ url: 'https://shop.example/v1' }],
  paths: { '/items': { get: {}, post: {} }, '/items/{id}': { get: {} } },
};

interface World extends House {
  /** Requests that reached the application. */
  readonly seen: string[];
  /** Bits of SCHEMA, and whether it was let on, of every answered request. */
  readonly rows: [number, boolean][];
}

async function world(schema: Record<string, unknown>, more: Partial<HouseOptions> = {}): Promise<World> {
  const seen: string[] = [];
  const upstream = await httpUpstream(closing, (req, res) => {
    seen.push(`${req.method} ${req.url}`);
    res.end('served');
  });
  const house = await openHouse({
    upstream,
    settings: { inspection: { schemas: [{ openapi: 'api.yaml', ...schema }] } },
    schemas: [DOCUMENT],
    ephemeral: true,
    ...more,
  });
  closing.add(() => house.close());
  const rows: [number, boolean][] = [];
  onRows(house, (batch, row, response) => {
    if (response) rows.push([batch.schema[row], (batch.flags[row] & FLAG.NOT_ADMITTED) === 0]);
  });
  return { ...house, seen, rows };
}

const refusing = { mode: 'enforce', undeclared_routes: 'refuse' };

describe('a document that lets nothing else in', () => {
  it('answers for the application, in problem documents', async () => {
    const w = await world(refusing);
    const unknown = await fetch(`${w.url}/v1/admin`, { headers: { Accept: 'application/json' } });
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    const problem = await unknown.json();
    expect(problem).toMatchObject({ status: 404, code: 'SP7908', title: 'There is nothing at this path' });
    expect(problem).not.toHaveProperty('errors');

    const other = await fetch(`${w.url}/v1/items/7`, { method: 'DELETE' });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect(await other.json()).toMatchObject({ status: 405, code: 'SP7909' });
    expect((await fetch(`${w.url}/v1/admin`, { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(404);
    expect(w.seen).toEqual([]);
    expect(w.rows.map(([, admitted]) => admitted)).toEqual([false, false, false]);
    expect(w.rows[0][0]).toBe(SCHEMA.undeclaredRoute | SCHEMA.refusedRoute);
  });

  it('stays closed when there is too little time to look for anything else', async () => {
    const load = new HandLoad();
    const w = await world(refusing, { load });
    const operations: number[] = [];
    onRows(w, (batch, row, response) => response && operations.push(batch.operation[row]));
    await fetch(`${w.url}/v1/items/7`);
    load.degrade(w);
    expect((await fetch(`${w.url}/v1/admin`)).status).toBe(404);
    expect((await fetch(`${w.url}/v1/items/7`)).status).toBe(200);
    expect(w.seen).toEqual(['GET /v1/items/7', 'GET /v1/items/7']);
    expect(operations).toEqual([3, NOT_LOOKED, 3]);
  });

  it('lets on what it has, what browsers ask before, and what is not its business', async () => {
    const w = await world(refusing);
    for (const [method, path] of [
      ['GET', '/v1/items'],
      ['HEAD', '/v1/items/7'],
      ['OPTIONS', '/v1/items'],
      ['GET', '/about'],
    ])
      expect((await fetch(w.url + path, { method })).status, path).toBe(200);
    expect(w.seen).toEqual(['GET /v1/items', 'HEAD /v1/items/7', 'OPTIONS /v1/items', 'GET /about']);
  });

  it('only takes it down where it is learned or reported, and without being asked to refuse', async () => {
    for (const [schema, bits] of [
      [{ ...refusing, mode: 'learn' }, 0],
      [{ ...refusing, mode: 'report' }, SCHEMA.undeclaredRoute],
      [{ mode: 'enforce' }, SCHEMA.undeclaredRoute],
    ] as const) {
      const w = await world(schema);
      expect((await fetch(`${w.url}/v1/admin`)).status).toBe(200);
      expect((await fetch(`${w.url}/v1/items`, { method: 'DELETE' })).status).toBe(200);
      expect(w.rows[0]).toEqual([bits, true]);
    }
  });

  it('goes and comes with a reload', async () => {
    const w = await world({ mode: 'enforce' });
    const status = async () => (await fetch(`${w.url}/v1/admin`)).status;
    expect(await status()).toBe(200);
    const { loaded, live } = w;
    const [schema] = loaded.config.inspection.schemas;
    const schemas = [{ ...schema, undeclared_routes: 'refuse' as const }];
    const config = { ...loaded.config, inspection: { ...loaded.config.inspection, schemas } };
    await w.gateway.update({ ...loaded, config }, live.enrichment);
    expect(await status()).toBe(404);
    await w.gateway.update(loaded, live.enrichment);
    expect(await status()).toBe(200);
  });
});
