/** Cases of the contract of a ledger: the state that is folded from it, and its snapshots. */
import assert from 'node:assert/strict';
import { all, entryOf, type LedgerCase, numbered, START } from './contract-support.ts';
import type { BatchItem } from './kinds.ts';
import type { Ledger, LedgerState, Standing } from './port.ts';

const MINUTE = 60_000;
const until = (minutes: number): number => START + minutes * MINUTE;
const actor = { dimension: 'ip', key: '203.0.113.7' };

const ids = (standing: ReadonlyMap<string, Standing>): string[] => [...standing.keys()];

/** A little of everything, ten minutes long. */
async function fill(ledger: Ledger): Promise<void> {
  const items: BatchItem[] = [
    {
      op: 'started',
      id: 'M-3',
      until_ms: until(30),
      subject: { dimension: 'session', key: 's-3' },
      action: 'throttle',
    },
    { op: 'started', id: 'M-4', until_ms: until(3), subject: { dimension: 'session', key: 's-4' }, action: 'tag' },
    { op: 'renewed', id: 'M-1', until_ms: until(40) },
  ];
  const entries = [
    entryOf('policy.in-force', { policy: 'default@1' }),
    entryOf('policy.in-force', { policy: 'default@2' }),
    entryOf('model.in-force', { model: 'm-1' }),
    entryOf('config.loaded', { version: 'c-1' }),
    entryOf('mode.changed', { mode: 'enforce' }, { by: 'operator:ann' }),
    entryOf('mitigation.started', { id: 'M-1', until_ms: until(5), action: 'block' }, { subject: actor }),
    entryOf('mitigation.started', { id: 'M-2', until_ms: until(60), action: 'block' }),
    entryOf('mitigation.batch', { items }),
    entryOf('mitigation.ended', { id: 'M-2' }),
    entryOf('grace.granted', { id: 'G-1', until_ms: until(20), detectors: ['probing'] }, { subject: actor }),
    entryOf('label.set', { target: 'F-1', label: 'abuse' }),
    entryOf('label.set', { target: 'F-2', label: 'benign' }),
    entryOf('label.set', { target: 'F-1', label: null }),
    entryOf('key.revoked', { credential: 'aa' }),
    entryOf('key.revoked', { credential: 'bb', until_ms: until(15) }),
    entryOf('key.restored', { credential: 'cc' }),
  ];
  await Promise.all(entries.map((entry) => ledger.append(entry)));
}

function assertFilled(state: LedgerState): void {
  assert.equal(state.policy?.data.policy, 'default@2');
  assert.equal(state.model?.data.model, 'm-1');
  assert.equal(state.config?.data.version, 'c-1');
  assert.deepEqual([state.mode?.data.mode, state.mode?.by], ['enforce', 'operator:ann']);
  assert.deepEqual(ids(state.mitigations).sort(), ['M-1', 'M-3', 'M-4']);
  const first = state.mitigations.get('M-1');
  assert.deepEqual([first?.untilMs, first?.data.action, first?.subject?.key], [until(40), 'block', actor.key]);
  assert.equal(state.mitigations.get('M-3')?.subject?.key, 's-3');
  assert.deepEqual(ids(state.graces), ['G-1']);
  assert.deepEqual(ids(state.labels), ['F-2']);
  assert.deepEqual(
    [...state.revoked.values()].map(({ id, untilMs }) => [id, untilMs]),
    [
      ['aa', Number.POSITIVE_INFINITY],
      ['bb', until(15)],
    ],
  );
}

export const STATE_CASES: readonly LedgerCase[] = [
  {
    name: 'folds its entries into the current state',
    async run(place) {
      const ledger = await place.open();
      await fill(ledger);
      const state = await ledger.state();
      assertFilled(state);
      assert.deepEqual({ seq: state.seq, hash: state.hash }, await ledger.head());
      await ledger.close();
    },
  },
  {
    name: 'leaves out what has ended by a time',
    async run(place) {
      const ledger = await place.open();
      await fill(ledger);
      assert.deepEqual(ids((await ledger.state(until(3))).mitigations).sort(), ['M-1', 'M-3']);
      assert.deepEqual(ids((await ledger.state(until(15))).revoked), ['aa']);
      assert.deepEqual(ids((await ledger.state(until(20))).graces), []);
      assert.deepEqual(ids((await ledger.state(until(500))).labels), ['F-2']);
      await ledger.close();
    },
  },
  {
    name: 'takes back what an undo names',
    async run(place) {
      const ledger = await place.open();
      await fill(ledger);
      await ledger.append(entryOf('mitigation.undone', { ids: ['M-1', 'M-3', 'M-9'] }, { refs: ['M-1'] }));
      assert.deepEqual(ids((await ledger.state()).mitigations), ['M-4']);
      await ledger.close();
    },
  },
  {
    name: 'gives the same state after it was closed and opened',
    async run(place) {
      const first = await place.open();
      await fill(first);
      await first.close();
      const second = await place.open();
      assertFilled(await second.state());
      await second.close();
    },
  },
  {
    name: 'gives the same state from a snapshot and the rest, and vouches for the snapshot',
    async run(place) {
      const tuning = { commitMs: 1, snapshotEvery: 10 };
      const first = await place.open(tuning);
      await fill(first);
      for (let n = 0; n < 30; n++) await first.append(numbered(n));
      await first.close();
      const second = await place.open(tuning);
      assertFilled(await second.state());
      const made = (await all(second)).filter(({ kind }) => kind === 'snapshot.made');
      assert.ok(made.length >= 1, 'no snapshot in 47 entries');
      assert.equal((await second.verify()).ok, true);
      const reader = await place.reader();
      assert.deepEqual(await reader.state(), await second.state());
      await reader.close();
      await second.close();
    },
  },
];
