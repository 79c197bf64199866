import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import type { Capture } from '../../record/journal/capture.ts';
import { CaptureDraft, CaptureRules } from './capture.ts';
import { type House, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const NOW_MS = Date.UTC(2025, 2, 3, 9);
const CAPTURED = {
  match: { path: '/login' },
  capture: { until: '2025-03-10', reason: 'case 17', body_bytes: 20 },
};

let house: House;
let upstream: string;
const closing = new Closing();
let nowMs = NOW_MS;
/** Bodies that came to the application. */
let bodies: string[] = [];

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
}

async function open(settings: Record<string, unknown> = {}, ephemeral = false): Promise<void> {
  house = await openHouse({
    upstream,
    clock: () => nowMs,
    ephemeral,
    settings: { gateway: { routes: [CAPTURED] }, ...settings },
  });
}

beforeEach(async () => {
  nowMs = NOW_MS;
  bodies = [];
  upstream = await httpUpstream(closing, async (req, res) => {
    bodies.push(await bodyOf(req));
    res.writeHead(req.url === '/login' ? 401 : 200).end('{}');
  });
});
afterEach(async () => {
  await house.close();
  await closing.run();
});

const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = new URL(house.url);
    const req = request({ host: url.hostname, port: url.port, path, method: 'POST', headers }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode ?? 0));
    });
    req.on('error', reject).end(body);
  });

/** Everything that was captured, read on record, newest first. */
async function read(): Promise<Capture[]> {
  const { captures, ledger } = house.live;
  const listed = await captures.list();
  return Promise.all(listed.map(({ id }) => captures.read(id, 'kim', 'case 17', ledger)));
}

describe('a route that is captured', () => {
  it('keeps requests as they came, without what proves who sent them, and passes them on whole', async () => {
    await open();
    const body = `{"user":"ann","password":"hunter2","more":"${'x'.repeat(200_000)}"}`;
    const status = await post('/login?next=%2Fcart&token=secret1', body, {
      Authorization: 'Bearer secret2',
      Cookie: 'sid=secret3; theme=dark',
      'X-Api-Key': 'secret4',
      'X-Odd': 'kept',
      Referer: 'http://shop.test/?session=secret5',
    });
    expect(await post('/other', 'not captured')).toBe(200);
    expect([status, bodies]).toEqual([200, [body, 'not captured']]);
    const [capture, ...others] = await read();
    expect(others).toEqual([]);
    expect(capture).toMatchObject({
      route: expect.stringContaining('/login'),
      reason: 'case 17',
      timeMs: NOW_MS,
      method: 'POST',
      status: 200,
      peer: '127.0.0.1',
      protocol: 'HTTP/1.1',
      target: '/login?next=%2Fcart&token=***',
      bodyBytes: body.length,
    });
    expect(Buffer.from(capture.body, 'base64').toString()).toBe(body.slice(0, 20));
    expect(JSON.stringify(capture)).not.toMatch(/secret\d/);
    expect(capture.headers).toEqual(
      expect.arrayContaining(['Bearer ***', 'sid=***; theme=***', 'X-Odd', 'kept', 'http://shop.test/?session=***']),
    );
  });

  it('lies on the disk encrypted, and each reading in the ledger before it is shown', async () => {
    await open();
    expect(await post('/login', 'user=ann&password=hunter2')).toBe(401);
    await read();
    const folder = join(house.dir, 'captures');
    const [name, ...more] = readdirSync(folder);
    expect(more).toEqual([]);
    expect(readFileSync(join(folder, name)).includes('hunter2')).toBe(false);
    const { live } = house;
    const [{ id }] = await live.captures.list();
    const entries: unknown[] = [];
    for await (const entry of live.ledger.entries()) if (entry.kind === 'capture.read') entries.push(entry);
    expect(entries).toMatchObject([{ by: 'kim', reason: 'case 17', refs: [id], data: { capture: id } }]);
    const refusing = { ...live.ledger, append: () => Promise.reject(new Error('the disk is full')) };
    await expect(live.captures.read(id, 'kim', 'case 17', refusing)).rejects.toThrow('the disk is full');
  });

  it('shows what was refused, too: its head, for the body was never read', async () => {
    await open({ decoys: ['/trap'] });
    const attacker = { 'X-Forwarded-For': '198.51.100.13' };
    await post('/trap', '', attacker);
    expect(await post('/login', 'password=hunter2', attacker)).toBe(403);
    const [capture] = await read();
    expect(capture).toMatchObject({ status: 403, body: '', bodyBytes: 0 });
    expect(bodies).toEqual([]);
  });

  it('is captured until its date, and what was captured goes then', async () => {
    await open();
    await post('/login', 'one');
    const { captures } = house.live;
    const [{ expiresMs }] = await captures.list();
    expect(expiresMs).toBe(Date.UTC(2025, 2, 10));
    nowMs = expiresMs;
    expect(await captures.list()).toEqual([]);
    await post('/login', 'two');
    await captures.tick();
    expect(bodies).toEqual(['one', 'two']);
    expect(await captures.list()).toEqual([]);
    await expect.poll(() => readdirSync(join(house.dir, 'captures'))).toEqual([]);
  });

  it('can be one that a new configuration names; who captures nothing has no key', async () => {
    await open({ gateway: {} });
    await post('/login', 'before');
    expect(await house.live.captures.list()).toEqual([]);
    expect(existsSync(join(house.dir, 'capture.key'))).toBe(false);
    const config = configSchema.parse({ ...house.config, gateway: { routes: [CAPTURED] } });
    await house.gateway.update({ ...defaultConfig(), config }, house.live.enrichment);
    await post('/login', 'after');
    expect((await read()).map((c) => Buffer.from(c.body, 'base64').toString())).toEqual(['after']);
  });

  it('keeps nothing where nothing is to go to the disk', async () => {
    await open({}, true);
    expect(await post('/login', 'x')).toBe(401);
    expect(await house.live.captures.list()).toEqual([]);
    expect(existsSync(join(house.dir, 'captures'))).toBe(false);
  });
});

describe('what is kept of a request', () => {
  const rules = new CaptureRules(
    configSchema.parse({ privacy: { redact_parameters: ['card'], redact_patterns: ['\\d{16}'] } }),
  );

  it('has all names, and of secrets their kind', () => {
    const kept = (name: string, value: string) => rules.headers([name, value])[1];
    expect(kept('authorization', 'Basic dXNlcjpwYXNz')).toBe('Basic ***');
    expect(kept('Authorization', 'raw-token')).toBe('***');
    expect(kept('Proxy-Authorization', 'Digest username="a", response="b"')).toBe('Digest ***');
    expect(kept('cookie', 'a=b=c; bare;d=')).toBe('a=***; ***; d=***');
    expect(kept('API-Key', 'k')).toBe('***');
    expect(kept(':path', '/pay?card=4111')).toBe('/pay?card=***');
    expect(kept('X-Note', 'card 4111111111111111')).toBe('card ***');
    expect(rules.target('/pay?card=1&n=4111111111111111')).toBe('/pay?card=***&n=***');
  });

  it('has so much of the body as was asked for, and says how long it was', () => {
    const draft = new CaptureDraft(5);
    for (const piece of ['abc', 'defg', 'hi']) draft.take(Buffer.from(piece));
    expect([Buffer.from(draft.body, 'base64').toString(), draft.bodyBytes]).toEqual(['abcde', 9]);
    const none = new CaptureDraft(0);
    none.take(Buffer.from('abc'));
    expect([none.body, none.bodyBytes]).toEqual(['', 3]);
  });
});
