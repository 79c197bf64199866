import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createBatch, type FactBatch, FLAG, METHODS, NETWORK_CLASS } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME, LEAK, NOT_LOOKED, SCHEMA, SENSITIVITY } from '../../enrich/kinds.ts';
import { hashString } from '../../lib/hash.ts';
import { days } from '../../lib/units.ts';
import { type DeclaredEndpoint, Inventory, type InventoryOptions, templateOfPath } from './inventory.ts';
import { Endpoint, estimate } from './inventory-endpoint.ts';
import { LiveInventory } from './inventory-file.ts';
import { inventoryReport } from './inventory-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-inventory-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START = Date.UTC(2025, 2, 3, 12);
const TEMPLATES = ['', '/v1/users/{id}', '/v2/users/{id}', '/hidden', '/a', '/b', '/c', '/d'];

const declared = (
  index: number,
  method: string,
  template: string,
  more: Partial<DeclaredEndpoint> = {},
): DeclaredEndpoint => ({
  index,
  id: `${method} ${template}`,
  method,
  template,
  deprecated: false,
  secured: false,
  ...more,
});
const V2 = declared(0, 'GET', '/v2/users/{id}', { secured: true });
const OLD = declared(1, 'GET', '/v1/users/{id}', { deprecated: true });

const options = (more: Partial<InventoryOptions> = {}): InventoryOptions => ({
  endpoints: 100,
  declared: [V2, OLD],
  templateOf: (route) => TEMPLATES[route] ?? '',
  ...more,
});

const { text } = new (class {
  readonly text = new TextEncoder().encode('/files/123/report?x=1');
})();
const batch = createBatch(8, text);

interface Seen {
  readonly route?: number;
  readonly method?: string;
  readonly status?: number;
  readonly timeMs?: number;
  readonly caller?: number;
  readonly columns?: Partial<Record<keyof FactBatch, number>>;
}

function observe(inventory: Inventory, seen: Seen): void {
  const { route = 1, method = 'GET', status = 200, timeMs = START, caller = 1, columns = {} } = seen;
  batch.timeMs[0] = timeMs;
  batch.route[0] = route;
  batch.method[0] = METHODS.indexOf(method as never);
  batch.status[0] = status;
  batch.targetLength[0] = text.length;
  batch.pathLo[0] = hashString(`${route}`, 1).lo;
  const { hi, lo } = hashString(`caller ${caller}`, 1);
  Object.assign(batch, {});
  batch.principalHi[0] = hi;
  batch.principalLo[0] = lo;
  for (const name of [
    'flags',
    'leaks',
    'schema',
    'sensitivity',
    'authScheme',
    'authOutcome',
    'networkClass',
    'operation',
  ] as const) {
    batch[name][0] = columns[name] ?? 0;
  }
  inventory.observe(batch, 0);
}

const WATCH = { watchedMs: 0, unusedMs: days(30) };
const report = (inventory: Inventory, nowMs = START) => inventoryReport(inventory.list(nowMs), nowMs, WATCH);
const find = (inventory: Inventory, template: string, nowMs = START) =>
  report(inventory, nowMs).endpoints.find((one) => one.template === template);

describe('what an endpoint is', () => {
  it('is told by documents and by what is answered', () => {
    const inventory = new Inventory(options());
    observe(inventory, { route: 1 });
    observe(inventory, { route: 2 });
    observe(inventory, { route: 3 });
    observe(inventory, { route: 4, status: 404 });
    observe(inventory, { route: 5, columns: { flags: FLAG.NOT_ADMITTED } });
    observe(inventory, { route: 0 });
    expect(report(inventory).endpoints.map(({ template, kind, reason }) => [template, kind, reason])).toEqual([
      ['/files/{id}/report', 'shadow', ''],
      ['/hidden', 'shadow', ''],
      ['/v1/users/{id}', 'zombie', 'deprecated'],
      ['/v2/users/{id}', 'documented', ''],
    ]);
    expect(report(inventory).counts).toEqual({ documented: 1, shadow: 2, zombie: 1 });
  });

  it('is told by the operation that was recognised, whatever the route', () => {
    const inventory = new Inventory(options());
    observe(inventory, { route: 7, columns: { operation: 1 } });
    expect(find(inventory, '/v2/users/{id}')?.requests).toBe(1);
    expect(find(inventory, '/d')).toBeUndefined();
    // Nobody has looked: it may well be declared.
    observe(inventory, { route: 6, columns: { operation: NOT_LOOKED } });
    expect(find(inventory, '/c')).toBeUndefined();
  });

  it('is a zombie where it is gone from the documents, and still called', () => {
    const inventory = new Inventory(options());
    observe(inventory, { route: 2, timeMs: START - 1000 });
    inventory.list(START);
    inventory.use(options({ declared: [] }));
    expect(find(inventory, '/v2/users/{id}')).toBeUndefined();
    observe(inventory, { route: 2, timeMs: START + 1000 });
    expect(find(inventory, '/v2/users/{id}')).toMatchObject({ kind: 'zombie', reason: 'removed' });
  });

  it('is a zombie where nobody has called it for long', () => {
    const inventory = new Inventory(options());
    inventory.list(START);
    observe(inventory, { route: 2 });
    const later = START + days(31);
    expect(find(inventory, '/v2/users/{id}', START + days(29))?.kind).toBe('documented');
    expect(find(inventory, '/v2/users/{id}', later)).toMatchObject({ kind: 'zombie', reason: 'unused' });
    expect(find(inventory, '/v1/users/{id}', later)).toMatchObject({ kind: 'zombie', reason: 'unused', last_seen: '' });
  });
});

describe('how an endpoint is used', () => {
  it('is counted by day, caller and status', () => {
    const inventory = new Inventory(options());
    for (let day = 0; day < 3; day++) {
      for (let i = 0; i < 100; i++) {
        observe(inventory, { route: 2, timeMs: START + days(day), caller: i % 40, status: i < 90 ? 200 : 404 });
      }
    }
    const seen = find(inventory, '/v2/users/{id}', START + days(2));
    expect(seen).toMatchObject({ requests: 300, requests_per_day: 100, statuses: { 200: 270, 404: 30 } });
    expect(Math.abs((seen?.callers ?? 0) - 40)).toBeLessThan(8);
    expect(Math.abs((seen?.callers_day ?? 0) - 40)).toBeLessThan(8);
    expect(seen).toMatchObject({ first_seen: '2025-03-03T12:00:00.000Z', last_seen: '2025-03-05T12:00:00.000Z' });
  });

  it('has authentication, exposure and sensitivity', () => {
    const inventory = new Inventory(options());
    const { accepted } = AUTH_OUTCOME;
    observe(inventory, {
      route: 2,
      columns: { authScheme: AUTH_SCHEME.jwt, authOutcome: accepted, networkClass: NETWORK_CLASS.internal },
    });
    expect(find(inventory, '/v2/users/{id}')).toMatchObject({
      authentication: { accepted_percent: 100, schemes: ['jwt'], declared: true },
      exposure: 'internal',
      sensitivity: { level: 'personal', because: 'its name' },
    });
    observe(inventory, { route: 2, columns: { leaks: LEAK.iban | LEAK.email, schema: SCHEMA.type } });
    expect(find(inventory, '/v2/users/{id}')).toMatchObject({
      authentication: { accepted_percent: 50 },
      exposure: 'internet',
      sensitivity: { level: 'money', because: 'answers hold iban' },
      departures: ['type'],
      versions: ['/v1/users/{id}'],
    });
    observe(inventory, { route: 2, columns: { sensitivity: SENSITIVITY.admin } });
    expect(find(inventory, '/v2/users/{id}')?.sensitivity).toEqual({ level: 'admin', because: 'configured' });
  });

  it('has parameters that nothing declares, and departures that are only learned', () => {
    const inventory = new Inventory(options());
    const key = 'GET /v2/users/{id}';
    inventory.departed(key, 0, ['debug']);
    inventory.departed('GET /hidden', SCHEMA.type, ['x']);
    for (let i = 0; i < 100; i++) inventory.departed(key, SCHEMA.range, [`${i}${'y'.repeat(500)}`]);
    inventory.departed(key, SCHEMA.missing, ['debug']);
    const seen = find(inventory, '/v2/users/{id}');
    const names = seen?.undeclared_parameters ?? [];
    expect(names).toHaveLength(32);
    expect(names[0]).toBe('debug');
    expect(Math.max(...names.map((name) => name.length))).toBe(64);
    expect(seen?.departures).toEqual(['missing', 'range']);
    expect(find(inventory, '/hidden')).toBeUndefined();
  });
});

describe('bounds', () => {
  it('keep documented endpoints and those with the most requests', () => {
    const inventory = new Inventory(options({ endpoints: 4, templateOf: (route) => `/r${route}` }));
    for (let i = 0; i < 50; i++) observe(inventory, { route: 100 });
    for (let route = 200; route < 5000; route++) observe(inventory, { route });
    const all = report(inventory).endpoints.map(({ template }) => template);
    expect(all).toHaveLength(4);
    expect(all).toEqual(expect.arrayContaining(['/v1/users/{id}', '/v2/users/{id}', '/r100']));
    for (let i = 0; i < 5; i++) observe(inventory, { route: 7 });
    expect(find(inventory, '/r7')?.requests).toBeGreaterThan(1);
  });

  it('hold after a reload and after a restart, too', () => {
    const inventory = new Inventory(options({ templateOf: (route) => `/r${route}` }));
    for (let route = 1; route <= 20; route++)
      for (let i = 0; i < route; i++) observe(inventory, { route: 100 + route });
    const saved = inventory.list(START).map((endpoint) => endpoint.saved());
    const before = inventory.changes;
    inventory.use(options({ endpoints: 4 }));
    const kept = ['/r119', '/r120', '/v1/users/{id}', '/v2/users/{id}'];
    const templates = (of: Inventory): string[] => report(of).endpoints.map(({ template }) => template);
    expect(templates(inventory).sort()).toEqual(kept);
    expect(inventory.changes).toBeGreaterThan(before);
    expect(find(inventory, '/r120')?.requests).toBe(20);
    expect(templates(new Inventory(options({ endpoints: 4 }), saved)).sort()).toEqual(kept);
    inventory.use(options({ endpoints: 100 }));
    for (let route = 1; route <= 3; route++) observe(inventory, { route });
    expect(templates(inventory)).toContain('/hidden');
  });

  it('hold for paths, however they look', () => {
    expect(templateOfPath('/users/123e4567-e89b-42d3-a456-426614174000/x?y')).toBe('/users/{id}/x');
    expect(templateOfPath(`/${'a/'.repeat(1000)}`).length).toBeLessThanOrEqual(256);
    expect(templateOfPath('')).toBe('/');
  });

  it('estimate callers within their error', () => {
    for (const n of [10, 100, 1000, 20_000]) {
      const endpoint = new Endpoint('GET', '/');
      for (let i = 0; i < n; i++) {
        batch.principalHi[0] = 0;
        batch.principalLo[0] = 0;
        batch.credentialHi[0] = 0;
        batch.credentialLo[0] = 0;
        batch.ipLo[0] = 0x0a000000 + i;
        endpoint.add(batch, 0);
      }
      expect(Math.abs(estimate(endpoint.callers) - n) / n, String(n)).toBeLessThan(0.3);
    }
  });
});

describe('on disk', () => {
  const live = (clock: { nowMs: number }, directory: string | null = folder) =>
    new LiveInventory(directory, { ...options(), unusedDays: 30, clock: () => clock.nowMs });

  it('goes on where it was', async () => {
    const clock = { nowMs: START };
    const before = live(clock);
    observe(before.inventory, { route: 2 });
    before.inventory.departed('GET /v2/users/{id}', 0, ['debug']);
    observe(before.inventory, { route: 3 });
    clock.nowMs += 59_000;
    await before.tick();
    expect(() => statSync(join(folder, 'inventory.json'))).toThrow('ENOENT');
    clock.nowMs += 1000;
    await before.tick();
    expect(statSync(join(folder, 'inventory.json')).mode & 0o777).toBe(0o600);
    const after = live(clock);
    expect(after.report()).toEqual(before.report());
    observe(after.inventory, { route: 3 });
    expect(after.report({ kind: 'shadow' }).endpoints[0]).toMatchObject({ template: '/hidden', requests: 2 });
    await after.close();
    expect(live(clock).report({ kind: 'shadow' }).endpoints[0].requests).toBe(2);
  });

  it('is not written where nothing has changed, or nothing is kept', async () => {
    const clock = { nowMs: START };
    const path = join(folder, 'inventory.json');
    const before = readFileSync(path, 'utf8');
    const idle = live(clock);
    clock.nowMs += 3_600_000;
    await idle.tick();
    await idle.close();
    expect(readFileSync(path, 'utf8')).toBe(before);
    const nowhere = live(clock, null);
    observe(nowhere.inventory, { route: 3 });
    await nowhere.close();
    expect(nowhere.report().counts.shadow).toBe(1);
  });

  it('says nothing of what was not called while nobody looked', async () => {
    const directory = mkdtempSync(join(folder, 'gap-'));
    const clock = { nowMs: START };
    const first = live(clock, directory);
    observe(first.inventory, { route: 2 });
    await first.close();
    clock.nowMs += days(31);
    const second = live(clock, directory);
    expect(second.report().counts.zombie).toBe(0);
    clock.nowMs += days(29);
    observe(second.inventory, { route: 3, timeMs: clock.nowMs });
    await second.close();
    // A short stop is no gap.
    const third = live(clock, directory);
    expect(third.report().counts.zombie).toBe(0);
    clock.nowMs += days(2);
    expect(third.report({ kind: 'zombie' }).endpoints.map(({ reason }) => reason)).toEqual(['unused', 'unused']);
  });

  it('is refused where it is damaged', () => {
    for (const damaged of ['{', '{}', '{"version":1,"endpoints":[{}]}', '{"version":9,"endpoints":[]}']) {
      writeFileSync(join(folder, 'inventory.json'), damaged);
      expect(() => live({ nowMs: START }), damaged).toThrow(expect.objectContaining({ code: 'SP7905' }));
    }
  });
});
