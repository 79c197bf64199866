import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Appender, type AppenderOptions } from './appender.ts';
import { canonical } from './canonical.ts';
import { all, entryOf, numbered, START } from './contract-support.ts';
import { type Draft, draftOf, linked } from './entry.ts';
import { HEADS_FILE, parseHeads } from './heads.ts';
import { newMasterKey, newSigningKey } from './keys.ts';
import { MemoryStore, openMemoryLedger } from './memory.ts';
import type { Ledger } from './port.ts';
import type { Commit } from './store.ts';
import { Vault } from './vault.ts';

/** A store whose commits fail on demand: before or after they were written. */
class FlakyStore extends MemoryStore {
  fail: 'no' | 'before' | 'after' = 'no';
  /** What commits wait for. */
  gate: Promise<void> = Promise.resolve();

  override async commit(commit: Commit): Promise<boolean> {
    await this.gate;
    if (this.fail === 'before') throw new Error('no space left on device');
    const done = await super.commit(commit);
    if (this.fail === 'after') throw new Error('connection lost');
    return done;
  }
}

let store: FlakyStore;
let options: AppenderOptions;
beforeEach(() => {
  store = new FlakyStore();
  const vault = new Vault(newMasterKey(), store);
  options = { store, vault, signer: newSigningKey(), now: () => START, commitMs: 1 };
});

const settled = (ledger: Ledger, count: number) =>
  Promise.allSettled(Array.from({ length: count }, (_, n) => ledger.append(numbered(n))));
const codeOf = (result: PromiseSettledResult<unknown>) =>
  result.status === 'rejected' ? (result.reason as { code: string }).code : 'written';

const ann = { dimension: 'principal', key: 'ann' };
const about = (id: string) => entryOf('mitigation.started', { id, until_ms: START + 9 }, { subject: ann });

describe('a store that fails', () => {
  it('makes every entry of the batch fail with a code, and the next ones are written', async () => {
    const ledger = await Appender.open(options);
    store.fail = 'before';
    expect((await settled(ledger, 3)).map(codeOf)).toEqual(['SP4105', 'SP4105', 'SP4105']);
    expect(await ledger.head()).toMatchObject({ seq: 1 });
    store.fail = 'no';
    expect((await settled(ledger, 3)).map(codeOf)).toEqual(['written', 'written', 'written']);
    expect(ledger.stats()).toMatchObject({ seq: 4, failedCommits: 1, queued: 0, queuedBytes: 0 });
    expect(await ledger.verify()).toMatchObject({ ok: true, entries: 4 });
    await ledger.close();
  });

  it('is asked whether it was written after all', async () => {
    const ledger = await Appender.open(options);
    store.fail = 'after';
    expect((await settled(ledger, 2)).map(codeOf)).toEqual(['written', 'written']);
    store.fail = 'no';
    await ledger.append(numbered(9));
    expect(await ledger.verify()).toMatchObject({ ok: true, entries: 4 });
    await ledger.close();
  });

  it('does not leave keys of subjects behind that were never written', async () => {
    const ledger = await Appender.open(options);
    store.fail = 'before';
    await expect(ledger.append(about('M-1'))).rejects.toMatchObject({ code: 'SP4105' });
    store.fail = 'no';
    await ledger.append(about('M-2'));
    await ledger.append(about('M-3'));
    expect((await all(ledger, 2)).map(({ subject }) => subject?.key)).toEqual(['ann', 'ann']);
    await ledger.close();
  });

  it('keeps a subject readable where its erasure was not written', async () => {
    const ledger = await Appender.open(options);
    await ledger.append(about('M-1'));
    store.fail = 'before';
    await expect(ledger.erase(ann, 'test', '', START)).rejects.toMatchObject({ code: 'SP4105' });
    store.fail = 'no';
    expect((await all(ledger, 2))[0].subject?.key).toBe('ann');
    await ledger.erase(ann, 'test', '', START);
    expect((await all(ledger, 2))[0].subject?.key).toBeNull();
    await ledger.close();
  });
});

describe('two appenders', () => {
  it('cannot fork the chain: the one that was there first appends no more', async () => {
    const first = await Appender.open(options);
    await first.append(numbered(1));
    const second = await Appender.open(options);
    const results = await settled(first, 2);
    expect(results.map(codeOf)).toEqual(['SP4103', 'SP4103']);
    await expect(first.append(numbered(3))).rejects.toMatchObject({ code: 'SP4103' });
    await second.append(numbered(4));
    await first.close();
    await second.close();
    const kinds = (await all(await Appender.open(options))).map(({ kind }) => kind);
    expect(kinds).toEqual(['ledger.opened', 'operator.login', 'ledger.opened', 'operator.login', 'ledger.opened']);
  });
});

describe('a slow store', () => {
  it('makes entries share transactions and holds no more than is allowed', async () => {
    const ledger = await Appender.open({ ...options, maxQueuedEntries: 1000 });
    let open = () => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = ledger.append(numbered(0));
    await vi.waitFor(() => expect(ledger.stats().queued).toBe(0));
    const rest = settled(ledger, 1200);
    open();
    await first;
    const codes = (await rest).map(codeOf);
    expect(codes.filter((code) => code === 'written')).toHaveLength(1000);
    expect(new Set(codes.slice(1000))).toEqual(new Set(['SP4104']));
    expect(ledger.stats().commits).toBeLessThan(10);
    await ledger.close();
  });
});

describe('snapshots', () => {
  it('that the chain does not vouch for are passed over', async () => {
    const ledger = await Appender.open({ ...options, snapshotEvery: 10 });
    await ledger.append(entryOf('mode.changed', { mode: 'enforce' }));
    for (let n = 0; n < 25; n++) await ledger.append(numbered(n));
    await ledger.close();
    const [newest] = await store.snapshots();
    const parts = (await store.snapshot(newest)) as string[];
    await store.putSnapshot(newest, [parts[0].replace('enforce', 'observe'), ...parts.slice(1)]);
    const again = await Appender.open(options);
    expect((await again.state()).mode?.data.mode).toBe('enforce');
    expect((await again.verify()).problems).toMatchObject([{ seq: newest, what: 'snapshot' }]);
    await again.close();
  });

  it('do not hide that the chain is broken after them', async () => {
    const ledger = await Appender.open({ ...options, snapshotEvery: 10 });
    for (let n = 0; n < 25; n++) await ledger.append(numbered(n));
    await ledger.close();
    const last = store.raws.length - 1;
    store.raws[last] = { ...store.raws[last], body: store.raws[last].body.replace('because', 'Because') };
    await expect(Appender.open(options)).rejects.toMatchObject({ code: 'SP4110' });
  });
});

describe('exported heads', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-heads-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('stand one a line in a file, behind a torn line that is cut off', async () => {
    const headsFile = join(dir, HEADS_FILE);
    writeFileSync(headsFile, 'an earlier line\n{"seq":12,"ha');
    const ledger = await Appender.open({ ...options, headEvery: 5, headsFile });
    for (let n = 0; n < 12; n++) await ledger.append(numbered(n));
    await ledger.close();
    const { heads, badLines } = parseHeads(readFileSync(headsFile, 'utf8'));
    expect(badLines).toEqual([1]);
    expect(heads.length).toBeGreaterThanOrEqual(2);
    expect(heads[heads.length - 1].seq).toBe(13);
    const again = await Appender.open(options);
    expect(await again.verify({ heads })).toMatchObject({ ok: true, givenChecked: heads.length });
    await again.close();
  });

  it('come after some seconds, too', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const opening = Appender.open({ ...options, headSeconds: 60 });
      await vi.waitFor(async () => {
        await vi.advanceTimersByTimeAsync(2);
        expect(store.raws).toHaveLength(1);
      });
      const ledger = await opening;
      await vi.advanceTimersByTimeAsync(59_000);
      expect(ledger.stats().signedHeads).toBe(0);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(ledger.stats().signedHeads).toBe(1);
      await ledger.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('that cannot be written keep nobody from appending', async () => {
    const ledger = await Appender.open({ ...options, headEvery: 2, headsFile: join(dir, 'no/such/folder') });
    for (let n = 0; n < 6; n++) await ledger.append(numbered(n));
    await ledger.close();
    expect(ledger.stats().failedExports).toBeGreaterThan(0);
    expect(ledger.stats().seq).toBe(7);
  });
});

describe('the text of an entry', () => {
  it('is its canonical JSON', () => {
    const draft: Draft = draftOf({ ...numbered(3), refs: ['b', 'a'], reason: 'é\u2028"' });
    const sealed = { draft, subject: { dimension: 'ip', id: 'x', key: 'y' }, data: draft.data };
    for (const subject of [null, sealed.subject]) {
      const { body } = linked({ ...sealed, subject }, 7, 'ab'.repeat(32));
      expect(canonical(JSON.parse(body))).toBe(body);
    }
  });
});

it('is kept in memory where nothing is to be left behind', async () => {
  const ledger = await openMemoryLedger({ now: () => START, commitMs: 1 });
  await ledger.append(about('M-1'));
  expect((await ledger.state()).mitigations.get('M-1')?.subject?.key).toBe('ann');
  await ledger.close();
});
