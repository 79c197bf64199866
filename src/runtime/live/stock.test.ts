/** What a reload makes of the inventory. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultConfig, type LoadedConfig } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import { createBatch, METHODS } from '../../enrich/facts.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { days } from '../../lib/units.ts';
import type { Inventory } from './inventory.ts';
import { NO_INVENTORY } from './inventory-report.ts';
import { Stock } from './stock.ts';

const START = Date.UTC(2025, 2, 3, 12);
let folder: string;
let nowMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-stock-'));
  nowMs = START;
});
afterEach(() => rmSync(folder, { recursive: true }));

const loaded = (inventory: Record<string, unknown>): LoadedConfig => ({
  ...defaultConfig(),
  config: configSchema.parse({ inspection: { inventory } }),
});

const ON = loaded({});
const OFF = loaded({ enabled: false });

const one = (index: number, template: string) => ({
  ...{ index, id: template, method: 'GET', template },
  ...{ deprecated: false, secured: false },
});

function open(from: LoadedConfig, dataDir: string | null = folder) {
  const runtime: { inventory: Inventory | null } = { inventory: null };
  const declared = [one(0, '/a'), one(1, '/b')];
  const failed: Error[] = [];
  const stock = new Stock({
    ...{ loaded: from, runtime, dataDir, clock: () => nowMs, model: () => EMPTY_MODEL },
    ...{ declared: () => declared, onFailure: (error) => failed.push(error) },
  });
  return { stock, runtime, declared, failed };
}

const batch = createBatch(1, new TextEncoder().encode('/hidden/page'));
function call(runtime: { inventory: Inventory | null }, operation = 0): void {
  batch.timeMs[0] = nowMs;
  batch.method[0] = METHODS.indexOf('GET');
  batch.status[0] = 200;
  batch.targetLength[0] = '/hidden/page'.length;
  batch.operation[0] = operation;
  runtime.inventory?.observe(batch, 0);
}

const requests = (stock: Stock): Record<string, number> =>
  Object.fromEntries(stock.port.report().endpoints.map((endpoint) => [endpoint.template, endpoint.requests]));

it('is switched on by a reload', async () => {
  const { stock, runtime } = open(OFF);
  const { port } = stock;
  expect([port.report(), runtime.inventory]).toEqual([NO_INVENTORY, null]);
  call(runtime);
  await stock.close();
  expect(existsSync(join(folder, 'inventory.json'))).toBe(false);
  stock.reload(ON);
  call(runtime);
  // Who asked before the reload asks the same port.
  expect(port.report().enabled).toBe(true);
  expect(requests(stock)).toEqual({ '/hidden/page': 1, '/a': 0, '/b': 0 });
});

it('keeps what it has while it is switched off, and goes on with it', async () => {
  const { stock, runtime } = open(ON);
  call(runtime);
  call(runtime, 1);
  stock.reload(OFF);
  call(runtime);
  expect(stock.port.report()).toEqual(NO_INVENTORY);
  // What was counted last is written, though nothing more is.
  nowMs += 60_000;
  await stock.tick();
  expect(readFileSync(join(folder, 'inventory.json'), 'utf8')).toContain('/hidden/page');
  nowMs += days(40);
  stock.reload(ON);
  expect(requests(stock)).toEqual({ '/hidden/page': 1, '/a': 1, '/b': 0 });
  // Nobody knows whether they were called meanwhile.
  expect(stock.port.report().counts).toEqual({ documented: 2, shadow: 1, zombie: 0 });
  await stock.close();
  const next = open(ON);
  expect(next.stock.port.report().counts.zombie).toBe(0);
  expect(requests(next.stock)).toEqual(requests(stock));
});

it('takes other bounds over', () => {
  const { stock, runtime } = open(ON, null);
  call(runtime, 2);
  call(runtime);
  nowMs += days(2);
  expect(stock.port.report().counts.zombie).toBe(0);
  stock.reload(loaded({ unused_days: 1 }));
  expect(stock.port.report({ kind: 'zombie' }).endpoints.map(({ template }) => template)).toEqual(['/b', '/a']);
  stock.reload(loaded({ endpoints: 16 }));
  expect(stock.port.report().counts).toEqual({ documented: 2, shadow: 1, zombie: 0 });
});
