/** Cases of the contract of a ledger: signed heads, and what verification finds. */
import assert from 'node:assert/strict';
import { all, type LedgerCase, type LedgerPlace, numbered } from './contract-support.ts';
import { hashOf, storedOf } from './entry.ts';
import type { Ledger, SignedHead, VerifyOptions, VerifyReport } from './port.ts';
import type { RawEntry } from './store.ts';

async function headsOf(ledger: Ledger): Promise<SignedHead[]> {
  const heads: SignedHead[] = [];
  for await (const head of ledger.exportHeads()) heads.push(head);
  return heads;
}

/** Thirty entries in a ledger that is closed; heads as they were exported. */
async function written(place: LedgerPlace): Promise<SignedHead[]> {
  const ledger = await place.open({ commitMs: 1, headEvery: 10 });
  for (let n = 2; n <= 30; n++) await ledger.append(numbered(n));
  await ledger.close();
  const reader = await place.reader();
  const heads = await headsOf(reader);
  await reader.close();
  return heads;
}

async function verified(place: LedgerPlace, options?: VerifyOptions): Promise<VerifyReport> {
  const reader = await place.reader();
  const report = await reader.verify(options);
  await reader.close();
  return report;
}

const said = (raw: RawEntry, from: string, to: string): string => {
  assert.ok(raw.body.includes(from));
  return raw.body.replace(from, to);
};

/** Links entries anew from index `since` on: what the owner of a ledger can do. */
function relinked(raws: readonly RawEntry[], since: number): RawEntry[] {
  const out = raws.slice(0, since);
  for (const { seq, body } of raws.slice(since)) {
    const prev = storedOf(body)?.prev ?? '';
    const linked = body.replace(prev, out[out.length - 1].hash);
    out.push({ seq, hash: hashOf(linked), body: linked });
  }
  return out;
}

const first = ({ problems: [problem] }: VerifyReport) => [problem?.seq, problem?.what];

export const CHAIN_CASES: readonly LedgerCase[] = [
  {
    name: 'signs its head every so many entries and when it is closed',
    async run(place) {
      const heads = await written(place);
      assert.ok(heads.length >= 3, `${heads.length} heads`);
      assert.equal(heads[heads.length - 1].seq, 30);
      const reader = await place.reader();
      const entries = await all(reader);
      for (const { seq, hash, ledger } of heads) {
        assert.equal(hash, entries[seq - 1].hash);
        assert.equal(ledger, entries[0].data.ledger);
      }
      await reader.close();
      const report = await verified(place, { heads });
      assert.deepEqual(
        [report.ok, report.entries, report.headsChecked, report.givenChecked],
        [true, 30, heads.length, heads.length],
      );
    },
  },
  {
    name: 'finds nothing wrong with an empty or a sound ledger',
    async run(place) {
      const ledger = await place.open();
      const report = await ledger.verify();
      assert.deepEqual([report.ok, report.entries, report.problems], [true, 1, []]);
      await ledger.close();
    },
  },
  {
    name: 'names the first entry that was altered',
    async run(place) {
      await written(place);
      await place.forge((raws) =>
        raws.map((raw) =>
          [17, 20].includes(raw.seq) ? { ...raw, body: said(raw, '"by":"test"', '"by":"eve"') } : raw,
        ),
      );
      const report = await verified(place);
      assert.deepEqual([report.ok, report.problemCount, ...first(report)], [false, 2, 17, 'altered']);
    },
  },
  {
    name: 'names the entry after one that was replaced together with its hash',
    async run(place) {
      await written(place);
      await place.forge((raws) =>
        raws.map((raw) => {
          if (raw.seq !== 17) return raw;
          const body = said(raw, '"by":"test"', '"by":"eve"');
          return { ...raw, body, hash: hashOf(body) };
        }),
      );
      assert.deepEqual(first(await verified(place)), [18, 'unlinked']);
    },
  },
  {
    name: 'names the entries that were taken out',
    async run(place) {
      await written(place);
      await place.forge((raws) => raws.filter(({ seq }) => seq < 12 || seq > 13));
      const report = await verified(place);
      assert.deepEqual(first(report), [12, 'missing']);
      assert.match(report.problems[0].says, /12 to 13/);
    },
  },
  {
    name: 'sees by its own heads that everything from some entry on was written anew',
    async run(place) {
      const heads = await written(place);
      const pinned = heads.find(({ seq }) => seq < 17) as SignedHead;
      await place.forge((raws) => {
        const forged = raws.map((raw) =>
          raw.seq === 17 ? { ...raw, body: said(raw, '"by":"test"', '"by":"eve"') } : raw,
        );
        return relinked(forged, 16);
      });
      const report = await verified(place);
      assert.deepEqual(first(report), [pinned.seq + 1, 'rewritten']);
      assert.equal(report.headsChecked, heads.filter(({ seq }) => seq < 17).length);
    },
  },
  {
    name: 'sees by heads that were kept elsewhere that its end was cut off',
    async run(place) {
      const heads = await written(place);
      await place.forge((raws) => raws.slice(0, 28));
      assert.equal((await verified(place)).ok, true);
      const report = await verified(place, { heads });
      assert.deepEqual(first(report), [29, 'truncated']);
    },
  },
  {
    name: 'does not believe heads with a wrong signature, of an unknown key or of another ledger',
    async run(place) {
      const heads = await written(place);
      const [head] = heads;
      const wrong: readonly [Partial<SignedHead>, string][] = [
        [{ hash: 'ab'.repeat(32) }, 'forged-head'],
        [{ time_ms: head.time_ms + 1 }, 'forged-head'],
        [{ signature: 'AAAA' }, 'forged-head'],
        [{ key: '0123456789abcdef' }, 'unknown-key'],
        [{ ledger: 'another' }, 'other-ledger'],
      ];
      for (const [change, what] of wrong) {
        const report = await verified(place, { heads: [{ ...head, ...change }, heads[1]] });
        assert.deepEqual([...first(report), report.givenChecked], [head.seq, what, 1]);
      }
      const nobody = await verified(place, { heads, trustedKeys: new Map() });
      assert.deepEqual(first(nobody), [head.seq, 'unknown-key']);
    },
  },
];
