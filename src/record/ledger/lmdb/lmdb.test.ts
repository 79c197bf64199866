import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEDGER_CONTRACT } from '../contract.ts';
import { all, entryOf, type LedgerPlace, START } from '../contract-support.ts';
import { MASTER_KEY_FILE, SIGNING_KEY_FILE } from '../keys.ts';
import type { RawEntry } from '../store.ts';
import { DATABASE_FILE, openLedger, openLedgerForReading } from './open.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-ledger-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Opens the database past the ledger. */
async function forge(edit: (raws: RawEntry[]) => RawEntry[]): Promise<void> {
  const db = open({ path: join(dir, DATABASE_FILE), noSubdir: true, overlappingSync: false });
  const entries = db.openDB<Buffer, number>({ name: 'entries', encoding: 'binary' });
  const meta = db.openDB({ name: 'meta', useVersions: true, encoding: 'json' });
  const raws = [...entries.getRange({})].map(({ key, value }) => ({
    seq: key,
    hash: value.subarray(0, 32).toString('hex'),
    body: value.subarray(32).toString('utf8'),
  }));
  const edited = edit(raws);
  await db.transaction(() => {
    for (const { seq } of raws) void entries.remove(seq);
    for (const { seq, hash, body } of edited) {
      void entries.put(seq, Buffer.concat([Buffer.from(hash, 'hex'), Buffer.from(body)]));
    }
    const { seq, hash } = edited[edited.length - 1];
    void meta.put('head', { seq, hash, format: 1 }, seq);
  });
  await db.close();
}

const place = (): LedgerPlace => ({
  open: (tuning) => openLedger({ commitMs: 2, ...tuning, dataDir: dir, now: () => START }),
  reader: async () => openLedgerForReading(dir),
  forge,
});

describe('LMDB keeps the contract of a ledger', () => {
  it.each(LEDGER_CONTRACT.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    await c.run(place());
  });
});

const ann = { dimension: 'principal', key: 'ann@example.com' };
const about = (id: string) => entryOf('mitigation.started', { id, until_ms: START + 9 }, { subject: ann });
const options = () => ({ commitMs: 2, dataDir: dir, now: () => START });
const modeOf = (name: string) => statSync(join(dir, name)).mode & 0o777;

describe('a data directory', () => {
  it('holds keys and database for their owner alone', async () => {
    const ledger = await openLedger(options());
    await ledger.append(about('M-1'));
    await ledger.close();
    for (const name of [SIGNING_KEY_FILE, MASTER_KEY_FILE, DATABASE_FILE]) expect(modeOf(name), name).toBe(0o600);
    expect(readdirSync(dir)).not.toContain('ledger.lock');
    chmodSync(join(dir, SIGNING_KEY_FILE), 0o644);
    await (await openLedger(options())).close();
    expect(modeOf(SIGNING_KEY_FILE)).toBe(0o600);
  });

  it('is opened by one appender only, and is free again after it', async () => {
    const ledger = await openLedger(options());
    await expect(openLedger(options())).rejects.toMatchObject({ code: 'SP4102' });
    await ledger.close();
    await (await openLedger(options())).close();
  });

  it('without a ledger cannot be read', () => {
    expect(() => openLedgerForReading(dir)).toThrow(expect.objectContaining({ code: 'SP4101' }));
  });

  it('that cannot be made or whose database is none says so', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    await expect(openLedger({ ...options(), dataDir: join(file, 'data') })).rejects.toMatchObject({ code: 'SP4109' });
    writeFileSync(join(dir, DATABASE_FILE), 'x'.repeat(20_000));
    await expect(openLedger(options())).rejects.toMatchObject({ code: 'SP4109' });
    expect(() => openLedgerForReading(dir)).toThrow(/no database/);
    expect(readdirSync(dir)).not.toContain('ledger.lock');
  });

  it('whose database was cut off while it was copied says so', async () => {
    const ledger = await openLedger(options());
    const large = entryOf('capture.read', { text: 'x'.repeat(100_000) });
    for (let i = 0; i < 10; i++) await ledger.append(large);
    await ledger.close();
    truncateSync(join(dir, DATABASE_FILE), 500_000);
    expect(() => openLedgerForReading(dir)).toThrow(/cut short/);
    await expect(openLedger(options())).rejects.toMatchObject({ code: 'SP4109' });
    truncateSync(join(dir, DATABASE_FILE), 3000);
    expect(() => openLedgerForReading(dir)).toThrow(/no database/);
  });

  it('without its master key is not opened for appending, and its personal fields stay locked', async () => {
    const ledger = await openLedger(options());
    await ledger.append(about('M-1'));
    await ledger.close();
    rmSync(join(dir, MASTER_KEY_FILE));
    await expect(openLedger(options())).rejects.toMatchObject({ code: 'SP4107' });
    const reader = openLedgerForReading(dir);
    const [entry] = await all(reader, 2);
    expect([entry.subject?.key, entry.seal]).toEqual([null, 'locked']);
    expect((await reader.verify()).ok).toBe(true);
    await reader.close();
  });

  it('with another master key goes on, and what the old one sealed stays locked', async () => {
    const first = await openLedger(options());
    await first.append(about('M-1'));
    await first.close();
    writeFileSync(join(dir, MASTER_KEY_FILE), Buffer.alloc(32, 7).toString('base64'));
    const second = await openLedger(options());
    await second.append(about('M-2'));
    const seals = (await all(second, 2)).map(({ seal }) => seal);
    expect(seals).toEqual(['locked', 'none', 'open']);
    await second.close();
  });

  it('with a damaged key is not opened', async () => {
    await (await openLedger(options())).close();
    writeFileSync(join(dir, MASTER_KEY_FILE), 'short');
    await expect(openLedger(options())).rejects.toMatchObject({ code: 'SP4107' });
    rmSync(join(dir, MASTER_KEY_FILE));
    writeFileSync(join(dir, SIGNING_KEY_FILE), 'no key');
    await expect(openLedger(options())).rejects.toMatchObject({ code: 'SP4111' });
  });

  it('whose signing key was lost gets a new one, for which the chain vouches', async () => {
    await (await openLedger(options())).close();
    rmSync(join(dir, SIGNING_KEY_FILE));
    const ledger = await openLedger(options());
    await ledger.close();
    const reader = openLedgerForReading(dir);
    const [a, b] = await all(reader);
    expect(a.data.key).not.toBe(b.data.key);
    expect(await reader.verify()).toMatchObject({ ok: true, headsChecked: 2 });
    await reader.close();
  });

  it('grows beyond what was mapped while somebody reads it', async () => {
    const ledger = await openLedger(options());
    const reader = openLedgerForReading(dir);
    const large = entryOf('capture.read', { text: 'x'.repeat(100_000) });
    for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 10 }, () => ledger.append(large)));
    expect(await reader.head()).toEqual(await ledger.head());
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 101 });
    await reader.close();
    await ledger.close();
  });
});
