/**
 * The contract of a ledger, as cases that every implementation must pass: memory, LMDB, and whatever shared database comes
 * later. It uses plain assertions, so that any test runner can drive it.
 */
import assert from 'node:assert/strict';
import { canonical, type JsonObject } from './canonical.ts';
import { CHAIN_CASES } from './contract-chain.ts';
import { SEALING_CASES } from './contract-sealing.ts';
import { STATE_CASES } from './contract-state.ts';
import { all, entryOf, type LedgerCase, numbered, rejectsWith, START } from './contract-support.ts';
import { hashOf, NO_HASH } from './entry.ts';
import { type LedgerEntry, MAX_ENTRY_BYTES, MAX_ITEMS, MAX_REFS, type NewEntry } from './port.ts';

const appending: LedgerCase[] = [
  {
    name: 'begins with the entry that opens it, and links every entry to the one before',
    async run(place) {
      const ledger = await place.open();
      assert.deepEqual((await ledger.head()).seq, 1);
      const given = await ledger.append(numbered(1));
      await ledger.append(entryOf('policy.in-force', { policy: 'default@1' }, { refs: ['P-1', 'P-2'] }, 5));
      const entries = await all(ledger);
      assert.deepEqual(
        entries.map(({ seq, kind }) => [seq, kind]),
        [
          [1, 'ledger.opened'],
          [2, 'operator.login'],
          [3, 'policy.in-force'],
        ],
      );
      assert.deepEqual(
        entries.map(({ prev }) => prev),
        [NO_HASH, entries[0].hash, entries[1].hash],
      );
      assert.deepEqual(given, entries[1]);
      assert.deepEqual(await ledger.head(), { seq: 3, hash: entries[2].hash });
      await ledger.close();
    },
  },
  {
    name: 'hashes the canonical JSON of an entry, which anybody can compute',
    async run(place) {
      const ledger = await place.open();
      const data = { z: 1.5, a: 'Zoë "quoted" \u2028', nested: { b: [null, true, -0] } };
      const entry = await ledger.append(entryOf('journal.promoted', data, { refs: ['M-1'], reason: 'späť' }, 7));
      const { by, kind, prev, refs, reason, seq, timeMs } = entry;
      const text = canonical({ by, kind, prev, refs, reason, seq, time_ms: timeMs, data });
      assert.equal(entry.hash, hashOf(text));
      assert.deepEqual(entry.data, { z: 1.5, a: 'Zoë "quoted" \u2028', nested: { b: [null, true, 0] } });
      await ledger.close();
    },
  },
  {
    name: 'writes what comes in one window in one transaction, in the order it came',
    async run(place) {
      const ledger = await place.open({ commitMs: 5 });
      const before = ledger.stats().commits;
      const given = await Promise.all(Array.from({ length: 40 }, (_, n) => ledger.append(numbered(n))));
      assert.equal(ledger.stats().commits, before + 1);
      assert.deepEqual(
        given.map(({ data }) => data.n),
        Array.from({ length: 40 }, (_, n) => n),
      );
      assert.deepEqual(await all(ledger, 2), given);
      await ledger.close();
    },
  },
  {
    name: 'keeps what it was handed, whatever happens to the original',
    async run(place) {
      const ledger = await place.open();
      const data = { list: [1, 2] };
      const promise = ledger.append(entryOf('config.loaded', data as JsonObject & { version: string; list: number[] }));
      data.list.push(3);
      assert.deepEqual((await promise).data, { list: [1, 2] });
      await ledger.close();
    },
  },
  {
    name: 'is there after it was closed and opened, and says that it was opened',
    async run(place) {
      const first = await place.open();
      await first.append(numbered(1));
      await first.close();
      const second = await place.open();
      const kinds = (await all(second)).map(({ kind }) => kind);
      assert.deepEqual(kinds, ['ledger.opened', 'operator.login', 'ledger.opened']);
      const [a, , b] = await all(second);
      assert.equal(a.data.ledger, b.data.ledger);
      assert.equal((await second.verify()).ok, true);
      await second.close();
    },
  },
  {
    name: 'reads a range',
    async run(place) {
      const ledger = await place.open();
      await Promise.all(Array.from({ length: 600 }, (_, n) => ledger.append(numbered(n))));
      assert.deepEqual(
        (await all(ledger, 300, 303)).map(({ seq }) => seq),
        [300, 301, 302, 303],
      );
      assert.equal((await all(ledger)).length, 601);
      assert.deepEqual(await all(ledger, 602), []);
      assert.deepEqual(await all(ledger, 5, 4), []);
      await ledger.close();
    },
  },
];

const circle: Record<string, unknown> = {};
circle.self = circle;

const REFUSED: readonly [string, Partial<Record<keyof NewEntry, unknown>>][] = [
  ['a time that is no whole number', { timeMs: 1.5 }],
  ['a time before 1970', { timeMs: -1 }],
  ['a kind that is none', { kind: 'Mitigation started' }],
  ['a kind that only the ledger writes', { kind: 'snapshot.made' }],
  ['nobody', { by: '' }],
  ['a reason without end', { reason: 'x'.repeat(5000) }],
  ['too many references', { refs: Array.from({ length: MAX_REFS + 1 }, (_, i) => `M-${i}`) }],
  ['an empty reference', { refs: [''] }],
  ['data that is a list', { data: [] }],
  ['data with a number that is none', { data: { a: Number.NaN } }],
  ['data with a date', { data: { a: new Date(0) } }],
  ['data with a function', { data: { a: () => 0 } }],
  ['data with itself in it', { data: circle }],
  ['too much data', { data: { a: 'x'.repeat(MAX_ENTRY_BYTES) } }],
  ['too many items', { data: { items: Array.from({ length: MAX_ITEMS + 1 }, () => ({})) } }],
  ['personal data of nobody', { data: { personal: { name: 'Ann' } } }],
  ['personal data that is a text', { data: { personal: 'Ann' }, subject: { dimension: 'ip', key: '::1' } }],
  ['a subject without a key', { subject: { dimension: 'ip', key: '' } }],
  ['an item whose subject is none', { data: { items: [{ subject: 'Ann' }] } }],
  ['personal data of an item without a subject', { data: { items: [{ personal: {} }] } }],
];

const refusing: LedgerCase[] = [
  {
    name: 'refuses what cannot stand in it, and goes on',
    async run(place) {
      const ledger = await place.open({ commitMs: 1 });
      for (const [what, wrong] of REFUSED) {
        const entry = { ...numbered(0), ...wrong } as unknown as NewEntry;
        await assert.rejects(ledger.append(entry), rejectsWith('SP4106'), what);
      }
      assert.equal((await ledger.append(numbered(1))).seq, 2);
      await ledger.close();
    },
  },
  {
    name: 'refuses more than may wait, and takes more once that is written',
    async run(place) {
      const ledger = await place.open({ maxQueuedEntries: 5 });
      const waiting = Array.from({ length: 5 }, (_, n) => ledger.append(numbered(n)));
      await assert.rejects(ledger.append(numbered(5)), rejectsWith('SP4104'));
      assert.equal(ledger.stats().refused, 1);
      await Promise.all(waiting);
      assert.equal((await ledger.append(numbered(6))).seq, 7);
      assert.deepEqual([ledger.stats().queued, ledger.stats().queuedBytes], [0, 0]);
      await ledger.close();
    },
  },
  {
    name: 'refuses more bytes than may wait',
    async run(place) {
      const ledger = await place.open({ maxQueuedBytes: 10_000 });
      const large = entryOf('capture.read', { text: 'x'.repeat(6000) });
      const waiting = ledger.append(large);
      await assert.rejects(ledger.append(large), rejectsWith('SP4104'));
      await waiting;
      await ledger.append(large);
      await ledger.close();
    },
  },
  {
    name: 'makes durable what waits when it is closed, and takes no more',
    async run(place) {
      const ledger = await place.open({ commitMs: 50 });
      const waiting = Array.from({ length: 700 }, (_, n) => ledger.append(numbered(n)));
      const closed = ledger.close();
      await assert.rejects(ledger.append(numbered(9)), rejectsWith('SP4108'));
      await closed;
      assert.equal((await Promise.all(waiting)).length, 700);
      await ledger.close();
      const reader = await place.reader();
      assert.equal((await reader.head()).seq, 701);
      await reader.close();
    },
  },
];

const listening: LedgerCase[] = [
  {
    name: 'tells listeners each entry once it is durable, and survives what they throw',
    async run(place) {
      const ledger = await place.open();
      const reader = await place.reader();
      const heard: LedgerEntry[] = [];
      const heads: Promise<number>[] = [];
      ledger.subscribe(() => {
        throw new Error('a listener that fails');
      });
      const end = ledger.subscribe((entry) => {
        heard.push(entry);
        heads.push(reader.head().then(({ seq }) => seq));
      });
      const given = await Promise.all([1, 2, 3].map((n) => ledger.append(numbered(n))));
      assert.deepEqual(heard, given);
      for (const [i, seq] of (await Promise.all(heads)).entries()) assert.ok(seq >= given[i].seq);
      end();
      await ledger.append(numbered(4));
      assert.equal(heard.length, 3);
      await reader.close();
      await ledger.close();
    },
  },
  {
    name: 'is read beside the process that appends',
    async run(place) {
      const ledger = await place.open();
      const reader = await place.reader();
      for (let n = 1; n <= 3; n++) {
        await ledger.append(entryOf('mode.changed', { mode: `m${n}` }));
        assert.deepEqual(await reader.head(), await ledger.head());
        assert.equal((await reader.state()).mode?.data.mode, `m${n}`);
        assert.deepEqual(await all(reader), await all(ledger));
      }
      assert.equal((await reader.verify()).ok, true);
      await assert.rejects(reader.append(numbered(1)), rejectsWith('SP4113'));
      await assert.rejects(
        reader.erase({ dimension: 'ip', key: '::1' }, 'test', 'because', START),
        rejectsWith('SP4113'),
      );
      await reader.close();
      await ledger.close();
    },
  },
];

export const LEDGER_CONTRACT: readonly LedgerCase[] = [
  ...appending,
  ...refusing,
  ...listening,
  ...STATE_CASES,
  ...SEALING_CASES,
  ...CHAIN_CASES,
];
