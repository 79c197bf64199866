/** From requests to what a receiver gets: a whole gateway with outputs. */
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type House, openHouse } from '../../doors/gateway/testing.ts';
import { closeReceivers, httpReceiver, NOW_MS, settingsOf, until } from './testing.ts';

let folder: string;
let app: Server;
let house: House | null = null;
let now = NOW_MS;

beforeEach(async () => {
  now = NOW_MS;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-outputs-'));
  app = createServer((_, res) => res.end('{}'));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await house?.close();
  house = null;
  await closeReceivers();
  await new Promise((resolve) => app.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

type Event = Record<string, unknown> & { event: string; phase: string; uid: string };
const read = (name: string): Event[] =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function open(outputs: readonly object[]): Promise<House> {
  const upstream = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  house = await openHouse({ upstream, clock: () => now, settings: { decoys: ['/trap'], outputs } });
  return house;
}

async function touch({ url }: House, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    now += 50;
    const headers = { 'x-forwarded-for': '203.0.113.7', host: 'shop.example' };
    await (await fetch(url + path, { headers })).arrayBuffer();
  }
}

/** The second is over. */
async function second({ live }: House): Promise<void> {
  now += 1000;
  await live.operator.second(now);
  live.outputs.tick(now);
}

it('a finding and what was done about it arrive once, with one uid until the end', async () => {
  const events = ['findings', 'mitigations', 'decisions', 'ledger'];
  const file = { path: join(folder, 'all.log') };
  const h = await open([{ name: 'all', format: 'json', to: { file }, events, decision_sample: 1, flush_ms: 10 }]);
  await touch(h, ['/', '/trap', '/trap', '/']);
  await second(h);
  await second(h);
  const [{ id }] = h.live.operator.mitigations();
  await h.live.operator.undo(id, 'ops', 'it was our own scanner');
  await second(h);
  await h.close();
  const all = read('all.log');
  const about = (kind: string) => all.filter(({ event }) => event === kind);
  expect(about('finding').map(({ phase }) => phase)[0]).toBe('create');
  expect(about('finding')[0]).toMatchObject({ class: 'decoy', method: 'GET', actor: { key: '203.0.113.7' } });
  const mitigations = about('mitigation').filter(({ uid }) => uid === id);
  expect(mitigations.map(({ phase }) => phase)).toEqual(['create', 'close']);
  expect(mitigations[1]).toMatchObject({ status: 'undone', by: 'ops' });
  expect(mitigations[0].reasons).toMatchObject([{ detector: 'decoy' }]);
  expect(about('decision').length).toBeGreaterThan(0);
  expect(about('decision')[0]).toMatchObject({ actor: { dimension: expect.any(String) }, risk: expect.any(Number) });
  const kinds = about('ledger').map(({ title }) => title);
  expect(kinds).toEqual(expect.arrayContaining(['mitigation.batch', 'mitigation.undone']));
  expect(JSON.stringify(about('ledger'))).not.toContain('203.0.113.7');
  expect(new Set(all.map((one) => one.id)).size).toBe(all.length);
});

it('an output that is changed by a reload goes on with what waits; metrics and status show it', async () => {
  const { port, posted } = await httpReceiver();
  const to = (path: string) => ({ http: { url: `http://127.0.0.1:${port}${path}` } });
  const siem = { name: 'siem', format: 'ocsf', flush_ms: 60_000 };
  const h = await open([{ ...siem, to: to('/old') }]);
  await touch(h, ['/trap', '/trap']);
  await second(h);
  const [before] = h.live.outputs.status();
  expect(before).toMatchObject({ state: 'idle', sent: 0 });
  expect(before.waiting).toBeGreaterThan(0);
  const outputs = [settingsOf({ ...siem, to: to('/new'), flush_ms: 10 })];
  await h.live.reload({ ...h.loaded, config: { ...h.loaded.config, outputs } }, 'test');
  await until(() => h.live.outputs.status()[0].sent >= before.waiting);
  expect(posted.map(({ path }) => path)).toEqual(['/new']);
  expect(JSON.parse(posted[0].body.split('\n')[0])).toMatchObject({ class_uid: 2004, activity_id: 1 });
  expect(h.live.operator.status().outputs).toMatchObject([{ name: 'siem', state: 'ok', dropped: 0 }]);
  h.telemetry.observe(h.live);
  const { body } = h.telemetry.page(undefined);
  expect(body).toMatch(new RegExp(`^sallyport_output_sent_total\\{output="siem"\\} ${before.waiting}$`, 'm'));
});

it('a file that was moved away is begun anew', async () => {
  const h = await open([
    { name: 'lines', format: 'cef', to: { file: { path: join(folder, 'cef.log') } }, flush_ms: 10, events: ['ledger'] },
  ]);
  await h.live.ledger.append({ timeMs: now, kind: 'operator.login', by: 'ann', reason: '', data: {} });
  await second(h);
  await until(() => h.live.outputs.status()[0].waiting === 0);
  renameSync(join(folder, 'cef.log'), join(folder, 'cef.log.1'));
  h.live.outputs.reopen();
  await h.live.ledger.append({ timeMs: now, kind: 'operator.login', by: 'bob', reason: '', data: {} });
  await second(h);
  await until(() => h.live.outputs.status()[0].waiting === 0);
  expect(readFileSync(join(folder, 'cef.log.1'), 'utf8')).toContain('by:ann');
  expect(readFileSync(join(folder, 'cef.log'), 'utf8')).toContain('by:bob');
});

it('nothing stands on the way of requests where nobody wants to know', async () => {
  const h = await open([]);
  expect([h.live.operator.found, h.live.runtime.decided]).toEqual([null, null]);
  expect(h.live.operator.status().outputs).toBeUndefined();
});
