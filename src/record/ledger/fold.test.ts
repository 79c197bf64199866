import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './canonical.ts';
import { draftOf, linked, NO_HASH, type StoredEntry, storedOf } from './entry.ts';
import { emptyState, fold, MAX_STANDING, snapshotDigest, snapshotParts, stateOf } from './fold.ts';
import type { NewEntry } from './port.ts';
import type { RawEntry } from './store.ts';

fc.configureGlobal({ seed: 20240304 });

interface Linked {
  readonly raw: RawEntry;
  readonly entry: StoredEntry;
}

/** A chain of entries without personal fields. */
function chain(entries: readonly NewEntry[]): Linked[] {
  let prev = NO_HASH;
  return entries.map((given, i) => {
    const draft = draftOf(given);
    const raw = linked({ draft, subject: null, data: draft.data }, i + 1, prev);
    prev = raw.hash;
    return { raw, entry: storedOf(raw.body) as StoredEntry };
  });
}

const entryOf = (kind: string, data: JsonObject, timeMs: number): NewEntry =>
  ({ timeMs, kind, by: 'test', reason: '', data }) as unknown as NewEntry;

const id = fc.integer({ min: 1, max: 12 }).map((n) => `M-${n}`);
const until_ms = fc.integer({ min: 0, max: 3000 });
const op = fc.constantFrom('started', 'renewed', 'ended');
const item = fc.record({ op, id, until_ms });
const said = fc.oneof(
  fc.tuple(fc.constantFrom('mitigation.started', 'mitigation.renewed', 'grace.granted'), fc.record({ id, until_ms })),
  fc.tuple(fc.constant('mitigation.ended'), fc.record({ id })),
  fc.tuple(fc.constant('mitigation.batch'), fc.record({ items: fc.array(item, { maxLength: 4 }) })),
  fc.tuple(fc.constant('mitigation.undone'), fc.record({ ids: fc.array(id, { maxLength: 3 }) })),
  fc.tuple(fc.constant('label.set'), fc.record({ target: id, label: fc.constantFrom('abuse', 'benign', null) })),
  fc.tuple(
    fc.constant('key.revoked'),
    fc.record({ credential: id, until_ms: fc.option(until_ms, { nil: undefined }) }),
  ),
  fc.tuple(fc.constant('key.restored'), fc.record({ credential: id })),
  fc.tuple(fc.constantFrom('mode.changed', 'policy.in-force'), fc.record({ mode: fc.string({ maxLength: 4 }) })),
  fc.tuple(fc.constantFrom('operator.login', 'some-day.new'), fc.record({ n: fc.nat() })),
);
/** Ten entries a millisecond of the clock, so that things end while the chain goes on. */
const entries = fc
  .array(said, { minLength: 1, maxLength: 700 })
  .map((all) => all.map(([kind, data], i) => entryOf(kind, data as JsonObject, i)));

describe('the fold', () => {
  it('of all entries is that of a snapshot at any point and the rest', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (given, seed) => {
        const all = chain(given);
        const at = seed % (all.length + 1);
        const whole = fold(emptyState(), all);
        const parts = [...snapshotParts(fold(emptyState(), all.slice(0, at)))];
        const resumed = stateOf(parts);
        expect(resumed).not.toBeNull();
        const rest = fold(resumed as NonNullable<typeof resumed>, all.slice(at));
        expect(rest).toEqual(whole);
        expect(snapshotDigest([...snapshotParts(rest)])).toBe(snapshotDigest([...snapshotParts(whole)]));
      }),
      { numRuns: 40 },
    );
  });

  it('leaves the state it began with as it was', () => {
    const all = chain([
      entryOf('mitigation.started', { id: 'M-1', until_ms: 9 }, 1),
      entryOf('mode.changed', { mode: 'enforce' }, 2),
    ]);
    const begin = emptyState();
    fold(begin, all);
    expect(begin).toEqual(emptyState());
  });

  it('sweeps out what has ended, so that it does not grow for ever', () => {
    const all = chain(
      Array.from({ length: 1100 }, (_, i) => entryOf('mitigation.started', { id: `M-${i}`, until_ms: i + 5 }, i)),
    );
    expect(fold(emptyState(), all).standing.mitigations.size).toBeLessThan(300);
  });

  it('keeps at most so many standing things, drops the oldest and says how many', () => {
    const items = (from: number) =>
      Array.from({ length: 500 }, (_, i) => ({ op: 'started', id: `M-${from + i}`, until_ms: 1e9 }));
    const batches = MAX_STANDING / 500 + 1;
    const all = chain(
      Array.from({ length: batches }, (_, i) => entryOf('mitigation.batch', { items: items(i * 500) }, 1)),
    );
    const state = fold(emptyState(), all);
    const { mitigations } = state.standing;
    expect(mitigations.size).toBeLessThanOrEqual(MAX_STANDING);
    expect(mitigations.size + state.dropped).toBe(batches * 500);
    expect(mitigations.has(`M-${state.dropped - 1}`)).toBe(false);
    expect(mitigations.has(`M-${state.dropped}`)).toBe(true);
    const parts = [...snapshotParts(state)];
    expect(snapshotDigest([...snapshotParts(stateOf(parts) ?? emptyState())])).toBe(snapshotDigest(parts));
  });

  it('is in a snapshot that is damaged not at all', () => {
    const parts = [...snapshotParts(fold(emptyState(), chain([entryOf('mode.changed', { mode: 'a' }, 1)])))];
    expect(stateOf(parts)).not.toBeNull();
    expect(stateOf([parts[0].slice(1)])).toBeNull();
    expect(stateOf([parts[0].replace('"version":1', '"version":99')])).toBeNull();
    expect(stateOf([])).toBeNull();
  });
});
