/** Cases of the contract of a ledger: personal fields, and how they are erased. */
import assert from 'node:assert/strict';
import { all, entryOf, type LedgerCase, type LedgerPlace, numbered, rejectsWith, START } from './contract-support.ts';
import type { BatchItem } from './kinds.ts';
import type { Ledger } from './port.ts';

const ann = { dimension: 'principal', key: 'ann@example.com' };
const bob = { dimension: 'principal', key: 'bob@example.com' };
const UNTIL = START + 600_000;

const about = (subject: typeof ann, id: string) =>
  entryOf(
    'mitigation.started',
    { id, until_ms: UNTIL, action: 'block', personal: { sentence: `${subject.key} tried 40 passwords` } },
    { subject },
  );

const batchOf = (id: string) =>
  entryOf('mitigation.batch', {
    items: [ann, bob].map(
      (subject, i): BatchItem => ({
        op: 'started',
        id: `${id}-${i}`,
        until_ms: UNTIL,
        subject,
        personal: { sentence: subject.key },
      }),
    ),
  });

/** The texts as they are kept. */
async function bodies(place: LedgerPlace): Promise<string> {
  let text = '';
  await place.forge((raws) => {
    text = raws.map(({ body }) => body).join('\n');
    return raws;
  });
  return text;
}

const erase = (ledger: Ledger, subject: typeof ann) => ledger.erase(subject, 'operator:eve', 'asked for', START);

export const SEALING_CASES: readonly LedgerCase[] = [
  {
    name: 'keeps personal fields encrypted and gives them back in the clear',
    async run(place) {
      const ledger = await place.open();
      const given = await Promise.all([ledger.append(about(ann, 'M-1')), ledger.append(batchOf('M-2'))]);
      const [, first, second] = await all(ledger);
      assert.deepEqual(first, given[0]);
      assert.deepEqual([first.subject?.key, first.seal], [ann.key, 'open']);
      assert.deepEqual(first.data.personal, { sentence: 'ann@example.com tried 40 passwords' });
      const items = second.data.items as unknown as { subject: typeof ann; personal: unknown }[];
      assert.deepEqual(
        items.map(({ subject, personal }) => [subject.key, personal]),
        [
          [ann.key, { sentence: ann.key }],
          [bob.key, { sentence: bob.key }],
        ],
      );
      const standing = (await ledger.state()).mitigations;
      assert.deepEqual(standing.get('M-1')?.data.personal, first.data.personal);
      assert.equal(standing.get('M-2-1')?.subject?.key, bob.key);
      await ledger.close();
      assert.doesNotMatch(await bodies(place), /example\.com/);
    },
  },
  {
    name: 'knows a subject by the same id, also after it was opened again',
    async run(place) {
      const first = await place.open();
      const a = await first.append(about(ann, 'M-1'));
      const b = await first.append(about(bob, 'M-2'));
      await first.close();
      const second = await place.open();
      const c = await second.append(about(ann, 'M-3'));
      assert.notEqual(a.subject?.id, b.subject?.id);
      assert.equal(a.subject?.id, c.subject?.id);
      await second.close();
    },
  },
  {
    name: 'erases a subject for good, and the chain stays whole',
    async run(place) {
      const ledger = await place.open({ commitMs: 1, snapshotEvery: 5 });
      await Promise.all([
        ledger.append(about(ann, 'M-1')),
        ledger.append(about(bob, 'M-2')),
        ledger.append(batchOf('M-3')),
      ]);
      const [, a] = await all(ledger);
      for (let n = 0; n < 6; n++) await ledger.append(numbered(n));
      const receipt = await erase(ledger, ann);
      assert.equal(receipt.subjectId, a.subject?.id);
      const check = async (read: Ledger) => {
        const [, first, second, batch] = await all(read);
        assert.deepEqual([first.subject?.key, first.data.personal, first.seal], [null, null, 'erased']);
        assert.deepEqual([second.subject?.key, second.seal], [bob.key, 'open']);
        const items = batch.data.items as unknown as { subject: { key: string | null }; personal: unknown }[];
        assert.deepEqual([items[0].subject.key, items[0].personal, items[1].subject.key], [null, null, bob.key]);
        assert.equal((await read.state()).mitigations.get('M-1')?.subject?.key, null);
        assert.equal((await read.verify()).ok, true);
      };
      await check(ledger);
      const reader = await place.reader();
      await check(reader);
      await reader.close();
      await ledger.close();
      const again = await place.open();
      await check(again);
      await again.close();
    },
  },
  {
    name: 'says in the ledger that a subject was erased, but not who that was',
    async run(place) {
      const ledger = await place.open();
      await ledger.append(about(ann, 'M-1'));
      const { seq, subjectId } = await erase(ledger, ann);
      const [entry] = await all(ledger, seq);
      assert.deepEqual(
        [entry.kind, entry.by, entry.reason, entry.data],
        ['subject.erased', 'operator:eve', 'asked for', { subject_id: subjectId }],
      );
      await ledger.close();
      assert.doesNotMatch(await bodies(place), /example\.com/);
    },
  },
  {
    name: 'gives an erased subject that comes back another id and key',
    async run(place) {
      const ledger = await place.open();
      const before = await ledger.append(about(ann, 'M-1'));
      const [, after] = await Promise.all([erase(ledger, ann), ledger.append(about(ann, 'M-2'))]);
      assert.notEqual(before.subject?.id, after.subject?.id);
      const [, old, , fresh] = await all(ledger);
      assert.deepEqual([old.seal, fresh.seal, fresh.subject?.key], ['erased', 'open', ann.key]);
      await ledger.close();
    },
  },
  {
    name: 'erases a subject whose first entry still waits to be written',
    async run(place) {
      const ledger = await place.open();
      const [entry, receipt] = await Promise.all([ledger.append(about(ann, 'M-1')), erase(ledger, ann)]);
      assert.equal(receipt.subjectId, entry.subject?.id);
      assert.equal((await all(ledger))[1].seal, 'erased');
      await ledger.close();
    },
  },
  {
    name: 'refuses to erase whom it does not know, and writes nothing then',
    async run(place) {
      const ledger = await place.open();
      await ledger.append(about(ann, 'M-1'));
      await assert.rejects(erase(ledger, bob), rejectsWith('SP4112'));
      // The same text in another dimension is somebody else.
      await assert.rejects(erase(ledger, { ...ann, dimension: 'session' }), rejectsWith('SP4112'));
      await erase(ledger, ann);
      const { seq } = await ledger.head();
      await assert.rejects(erase(ledger, ann), rejectsWith('SP4112'));
      assert.equal((await ledger.head()).seq, seq);
      assert.equal((await ledger.verify()).ok, true);
      await ledger.close();
    },
  },
];
