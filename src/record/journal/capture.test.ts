import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { SallyportError } from '../../lib/errors.ts';
import { type Capture, CaptureStore, MAX_CAPTURES, MAX_KEPT_MS, MAX_ONE_BYTES, MAX_WAITING } from './capture.ts';
import { T } from './testing.ts';

const base = mkdtempSync(join(tmpdir(), 'sallyport-capture-'));
afterAll(() => rmSync(base, { recursive: true }));
let folders = 0;
const folder = (): string => join(base, `data-${folders++}`);

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    return error instanceof SallyportError ? error.code : `no SallyportError: ${String(error)}`;
  }
  return 'nothing thrown';
};

const CAPTURE: Capture = {
  route: '/login',
  reason: 'case 17',
  timeMs: T,
  method: 'POST',
  status: 401,
  peer: '198.51.100.7',
  protocol: 'HTTP/1.1',
  target: '/login?next=%2F',
  headers: ['Host', 'shop.test', 'Cookie', 'sid=secret-cookie'],
  body: Buffer.from('user=a&password=hunter2').toString('base64'),
  bodyBytes: 23,
};
const nobody = (): void => undefined;

describe('captures', () => {
  it('are given back whole, to who says who they are and why, after the ledger has it', async () => {
    const dataDir = folder();
    let store = new CaptureStore(dataDir, { clock: () => T });
    const id = store.write(CAPTURE, T + 60_000) as string;
    expect(id).toMatch(/^C-[0-9a-f]{20}$/);
    await store.settled();
    store = new CaptureStore(dataDir, { clock: () => T + 1000 });
    expect(await store.list()).toMatchObject([{ id, expiresMs: T + 60_000, route: '/login', status: 401, timeMs: T }]);
    const order: string[] = [];
    const audit = vi.fn(async () => {
      await Promise.resolve();
      order.push('audited');
    });
    const read = await store.read(id, 'kim', 'case 17', audit);
    order.push('read');
    expect(read).toEqual(CAPTURE);
    expect(order).toEqual(['audited', 'read']);
    expect(audit).toHaveBeenCalledWith({ capture: id, by: 'kim', reason: 'case 17', atMs: T + 1000 });
  });

  it('are shown to nobody without a name, a reason and an entry in the ledger', async () => {
    const store = new CaptureStore(folder(), { clock: () => T });
    const id = store.write(CAPTURE, T + 60_000) as string;
    const audit = vi.fn();
    expect(await codeOf(() => store.read(id, ' ', 'case', audit))).toBe('SP4009');
    expect(await codeOf(() => store.read(id, 'kim', '', audit))).toBe('SP4009');
    expect(await codeOf(() => store.read('C-00000000000000000000', 'kim', 'case', audit))).toBe('SP4007');
    expect(audit).not.toHaveBeenCalled();
    const full = (): never => {
      throw new Error('the ledger is full');
    };
    await expect(store.read(id, 'kim', 'case', full)).rejects.toThrow('the ledger is full');
    await store.settled();
  });

  it('lie on the disk encrypted, for their owner alone', async () => {
    const dataDir = folder();
    const store = new CaptureStore(dataDir, { clock: () => T });
    store.write(CAPTURE, T + 60_000);
    await store.settled();
    const names = readdirSync(join(dataDir, 'captures'));
    expect(names).toHaveLength(1);
    const path = join(dataDir, 'captures', names[0]);
    const content = readFileSync(path);
    for (const secret of ['hunter2', 'secret-cookie', 'login', CAPTURE.body])
      expect(content.includes(secret)).toBe(false);
    for (const file of [path, join(dataDir, 'capture.key')]) expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(join(dataDir, 'captures')).mode & 0o077).toBe(0);
  });

  it('go when they expire, and cannot be made to live longer', async () => {
    const dataDir = folder();
    let now = T;
    const store = new CaptureStore(dataDir, { clock: () => now });
    const first = store.write(CAPTURE, T + 10_000) as string;
    const second = store.write(CAPTURE, T + 20_000) as string;
    expect(store.write(CAPTURE, T)).toBeNull();
    expect(store.write(CAPTURE, Number.NaN)).toBeNull();
    await store.settled();
    const path = (id: string) =>
      join(dataDir, 'captures', readdirSync(join(dataDir, 'captures')).find((n) => n.startsWith(id)) ?? 'gone');
    const firstPath = path(first);
    const secondPath = path(second);
    now = T + 10_000;
    expect(await codeOf(() => store.read(first, 'kim', 'case', nobody))).toBe('SP4007');
    expect((await store.list()).map((c) => c.id)).toEqual([second]);
    expect([store.expire(), store.expire()]).toEqual([1, 0]);
    await vi.waitFor(() => expect(existsSync(firstPath)).toBe(false));
    // Under another name it is not what was encrypted.
    renameSync(secondPath, secondPath.replace(/\.\d+\.spc$/, '.9999999999.spc'));
    const again = new CaptureStore(dataDir, { clock: () => now });
    expect(await codeOf(() => again.read(second, 'kim', 'case', nobody))).toBe('SP4008');
    // What had expired while nobody was running goes when somebody is.
    now = 9_999_999_999_000;
    expect(await new CaptureStore(dataDir, { clock: () => now }).list()).toEqual([]);
    await vi.waitFor(() => expect(readdirSync(join(dataDir, 'captures'))).toEqual([]));
  });

  it('are kept for a month at most, whatever is asked for', async () => {
    const store = new CaptureStore(folder(), { clock: () => T });
    store.write(CAPTURE, Number.MAX_SAFE_INTEGER);
    await store.settled();
    expect((await store.list())[0].expiresMs).toBe(T + MAX_KEPT_MS);
  });

  it('cannot be read with another key, or after a change', async () => {
    const dataDir = folder();
    const store = new CaptureStore(dataDir, { clock: () => T });
    const ids = [0, 1].map(() => store.write(CAPTURE, T + 60_000) as string);
    await store.settled();
    const names = readdirSync(join(dataDir, 'captures')).sort();
    const changed = join(dataDir, 'captures', names[0]);
    const content = readFileSync(changed);
    content[content.length - 1] ^= 1;
    writeFileSync(changed, content);
    const damaged = ids.find((id) => names[0].startsWith(id)) as string;
    expect(await codeOf(() => store.read(damaged, 'kim', 'case', nobody))).toBe('SP4008');
    rmSync(join(dataDir, 'capture.key'));
    const other = new CaptureStore(dataDir, { clock: () => T });
    for (const id of ids) expect(await codeOf(() => other.read(id, 'kim', 'case', nobody))).toBe('SP4008');
    writeFileSync(join(dataDir, 'capture.key'), 'short');
    expect(await codeOf(() => new CaptureStore(dataDir))).toBe('SP4008');
  });

  it('are left out where there is no room, and counted', async () => {
    const dataDir = folder();
    const store = new CaptureStore(dataDir, { clock: () => T });
    expect(store.write({ ...CAPTURE, body: 'x'.repeat(MAX_ONE_BYTES) }, T + 60_000)).toBeNull();
    const written = Array.from({ length: MAX_WAITING + 3 }, () => store.write(CAPTURE, T + 60_000));
    expect(written.filter((id) => id === null)).toHaveLength(3);
    await store.settled();
    expect(store.dropped).toBe(4);
    rmSync(join(dataDir, 'captures'), { recursive: true });
    expect(store.write(CAPTURE, T + 60_000)).not.toBeNull();
    await store.settled();
    expect(store.dropped).toBe(5);
  });

  it('are listed newest first, by what is no secret', async () => {
    let now = T;
    const store = new CaptureStore(folder(), { clock: () => now });
    const ids = [1, 2, 3].map((n) => {
      now = T + n;
      return store.write({ ...CAPTURE, timeMs: now, reason: 'r'.repeat(300) }, T + 60_000) as string;
    });
    const listed = await store.list(2);
    expect(listed.map((c) => c.id)).toEqual([ids[2], ids[1]]);
    expect(Object.keys(listed[0]).sort()).toEqual(
      ['bytes', 'expiresMs', 'id', 'method', 'reason', 'route', 'status', 'timeMs'].sort(),
    );
    expect(listed[0].reason).toHaveLength(200);
    expect(JSON.stringify(listed)).not.toContain('next=');
  });

  it('can be written by several processes, and read and deleted by one that did not write them', async () => {
    const dataDir = folder();
    let now = T;
    const options = { clock: () => now, writers: 2 };
    const [one, other] = [new CaptureStore(dataDir, options), new CaptureStore(dataDir, options)];
    const reader = new CaptureStore(dataDir, { clock: () => now });
    // One that is being written is left alone by a process that starts; what a dead one left behind is not.
    writeFileSync(join(dataDir, 'captures', 'new.part'), '');
    writeFileSync(join(dataDir, 'captures', 'old.part'), '');
    utimesSync(join(dataDir, 'captures', 'old.part'), 0, 0);
    const ids = [one.write(CAPTURE, T + 60_000), other.write(CAPTURE, T + 90_000)] as string[];
    await Promise.all([one.settled(), other.settled()]);
    expect(await reader.read(ids[0], 'kim', 'case', nobody)).toEqual(CAPTURE);
    expect((await reader.list()).map((c) => c.id).sort()).toEqual([...ids].sort());
    new CaptureStore(dataDir, options);
    expect(readdirSync(join(dataDir, 'captures')).filter((n) => n.endsWith('.part'))).toEqual(['new.part']);
    now = T + 70_000;
    expect(reader.expire()).toBe(1);
    await vi.waitFor(async () => {
      await other.refresh();
      expect((await other.list()).map((c) => c.id)).toEqual([ids[1]]);
    });
  });

  it('leave each of several processes its share of the room', async () => {
    const store = new CaptureStore(folder(), { clock: () => T, writers: 2000 });
    const written = Array.from({ length: 7 }, () => store.write(CAPTURE, T + 60_000));
    expect(written.filter((id) => id !== null)).toHaveLength(MAX_CAPTURES / 2000);
    await store.settled();
  });
});
