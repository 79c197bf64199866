/**
 * The sample shop with the gateway before it and its admin listener beside it, in one process and on a clock that the suite
 * moves on: an hour of grace passes in seconds. Every request goes over a socket.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Inventory, makeInventory } from '../../examples/shop/src/inventory.ts';
import { startShop } from '../../examples/shop/src/shop.ts';
import { startAdmin } from '../../src/admin/server.ts';
import { parseOpenApi } from '../../src/config/openapi.ts';
import { type House, openHouse } from '../../src/doors/gateway/testing.ts';
import type { Mitigation, UndoReceipt } from '../../src/runtime/live/operator.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const OPENAPI = 'examples/shop/openapi.yaml';
const TOKEN = 'a-token-of-an-evaluation';
/** A catalogue that nobody gets to the end of. */
const PRODUCTS = 3000;
/** A Monday morning. */
const START_MS = Date.UTC(2025, 2, 3, 9);

/** Who asks: what a proxy before the gateway and a browser would send along. */
export interface Client {
  readonly address: string;
  readonly agent: string;
  readonly session?: string;
  readonly key?: string;
}

export interface Reply {
  readonly status: number;
  /** The gateway answered itself. */
  readonly held: boolean;
  readonly json: Readonly<Record<string, unknown>>;
  /** Value of the session cookie that was set; '' for none. */
  readonly session: string;
}

export interface World {
  readonly house: House;
  readonly inventory: Inventory;
  readonly nowMs: () => number;
  wait(ms: number): void;
  ask(client: Client, method: string, target: string, body?: unknown): Promise<Reply>;
  /** The operator's API. */
  mitigations(): Promise<readonly Mitigation[]>;
  undo(id: string, reason: string): Promise<UndoReceipt>;
  close(): Promise<void>;
}

export async function openWorld(seed: string, settings: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const inventory = makeInventory(seed, { products: PRODUCTS });
  const shop = await startShop({ data: inventory, signals: true });
  let nowMs = START_MS;
  const house = await openHouse({
    upstream: shop.url,
    openapi: parseOpenApi(readFileSync(join(ROOT, OPENAPI), 'utf8'), OPENAPI),
    clock: () => nowMs,
    settings: {
      // A model is made in real time, on another thread: on this clock it would come at another place each time.
      learning: { enabled: false },
      // Held back is refused: a delay would pass in real time.
      gateway: { throttle: { max_delay_ms: 0 } },
      ...settings,
    },
  });
  const admin = await startAdmin({
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    operator: house.live.operator,
    metrics: () => ({ type: 'text/plain', body: '' }),
    trust: () => ({}),
    health: () => ({ live: true, ready: true }),
    reload: () => Promise.reject(new Error('nothing to reload')),
    clock: Date.now,
  });
  const operate = async <T>(path: string, body?: unknown): Promise<T> => {
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${admin.url}/api/v1${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    house,
    inventory,
    nowMs: () => nowMs,
    wait: (ms) => {
      nowMs += ms;
    },
    ask: (client, method, target, body) => ask(house.url, client, method, target, body),
    mitigations: async () => {
      // What ran out while nobody came has ended, as the second hand of a real clock would have seen.
      await house.live.operator.second(nowMs);
      return (await operate<{ mitigations: Mitigation[] }>('/mitigations?active=true&limit=200')).mitigations;
    },
    undo: (id, reason) => operate<UndoReceipt>(`/mitigations/${id}/undo`, { reason }),
    async close() {
      await admin.close();
      await house.close();
      await shop.close();
    },
  };
}

async function ask(url: string, client: Client, method: string, target: string, body?: unknown): Promise<Reply> {
  const headers: Record<string, string> = { 'X-Forwarded-For': client.address, 'User-Agent': client.agent };
  if (client.session !== undefined && client.session !== '') headers.Cookie = `session=${client.session}`;
  if (client.key !== undefined) headers['X-Api-Key'] = client.key;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const response = await fetch(url + target, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: 'manual',
  });
  const text = await response.text();
  // The shop signs what it answers.
  const held = !(response.headers.get('server') ?? '').startsWith('shop/');
  const session = /(?:^|, )session=([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '';
  return { status: response.status, held, json: jsonOf(text), session };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
