import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { SallyportError } from '../../lib/errors.ts';
import { type Capture, CaptureStore, MAX_KEPT_MS, MAX_ONE_BYTES, MAX_WAITING } from './capture.ts';
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
  sequence: 5,
  method: 'POST',
  target: '/login?next=%2F',
  headers: ['Host', 'shop.test', 'Cookie', 'sid=secret-cookie'],
  body: Buffer.from('user=a&password=hunter2').toString('base64'),
};
const nobody = (): void => undefined;

describe('captures', () => {
  it('are given back whole, to who says who they are and why, after the ledger has it', async () => {
    const dataDir = folder();
    let store = new CaptureStore(dataDir, () => T);
    const id = store.write(CAPTURE, T + 60_000) as string;
    expect(id).toMatch(/^C-[0-9a-f]{20}$/);
    await store.settled();
    store = new CaptureStore(dataDir, () => T + 1000);
    expect(store.list()).toMatchObject([{ id, expiresMs: T + 60_000 }]);
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
    const store = new CaptureStore(folder(), () => T);
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
    const store = new CaptureStore(dataDir, () => T);
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
    const store = new CaptureStore(dataDir, () => now);
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
    expect(store.list().map((c) => c.id)).toEqual([second]);
    expect([store.expire(), store.expire()]).toEqual([1, 0]);
    await vi.waitFor(() => expect(existsSync(firstPath)).toBe(false));
    // Under another name it is not what was encrypted.
    renameSync(secondPath, secondPath.replace(/\.\d+\.spc$/, '.9999999999.spc'));
    const again = new CaptureStore(dataDir, () => now);
    expect(await codeOf(() => again.read(second, 'kim', 'case', nobody))).toBe('SP4008');
    // What had expired while nobody was running goes when somebody is.
    now = 9_999_999_999_000;
    expect(new CaptureStore(dataDir, () => now).list()).toEqual([]);
    await vi.waitFor(() => expect(readdirSync(join(dataDir, 'captures'))).toEqual([]));
  });

  it('are kept for a month at most, whatever is asked for', async () => {
    const store = new CaptureStore(folder(), () => T);
    store.write(CAPTURE, Number.MAX_SAFE_INTEGER);
    await store.settled();
    expect(store.list()[0].expiresMs).toBe(T + MAX_KEPT_MS);
  });

  it('cannot be read with another key, or after a change', async () => {
    const dataDir = folder();
    const store = new CaptureStore(dataDir, () => T);
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
    const other = new CaptureStore(dataDir, () => T);
    for (const id of ids) expect(await codeOf(() => other.read(id, 'kim', 'case', nobody))).toBe('SP4008');
    writeFileSync(join(dataDir, 'capture.key'), 'short');
    expect(await codeOf(() => new CaptureStore(dataDir))).toBe('SP4008');
  });

  it('are left out where there is no room, and counted', async () => {
    const dataDir = folder();
    const store = new CaptureStore(dataDir, () => T);
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
});
