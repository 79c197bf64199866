import { describe, expect, it } from 'vitest';
import { SallyportError } from '../../lib/errors.ts';
import { openMemoryLedger } from '../../record/ledger/memory.ts';
import type { Ledger } from '../../record/ledger/port.ts';
import type { LiveActor, LiveMitigation } from './actors.ts';
import { MitigationRecords } from './ledgering.ts';

const NOW_MS = Date.UTC(2025, 5, 2, 8);

const mitigation = (id: string): LiveMitigation => ({
  id,
  action: 5,
  classIndex: 0,
  enforced: true,
  untilSec: NOW_MS / 1000 + 3600,
  startedMs: NOW_MS,
  endedMs: 0,
  status: 'pending',
  requestsBefore: 0,
  requestsMet: 0,
  undoneBy: '',
  policy: 'default-1',
  document: 'default',
  mode: 'enforce',
});

const actor = {
  ref: { dimension: 'ip', hi: 0, lo: 7 },
  actor: { dimension: 'ip', key: '198.51.100.7' },
  reasons: new Map([['decoy', { millinats: 12_000, why: 'asked for a decoy', heldAt: NOW_MS }]]),
} as unknown as LiveActor;

/** A ledger on a disk that can be full. */
async function disk() {
  const ledger = await openMemoryLedger({ now: () => NOW_MS });
  const state = { error: '' as '' | 'SP4105' | 'SP4106' };
  const append: Ledger['append'] = (entry) =>
    state.error === '' ? ledger.append(entry) : Promise.reject(new SallyportError(state.error, 'refused'));
  const durable: string[] = [];
  const records = new MitigationRecords({ ...ledger, append } as Ledger, (m) => {
    m.status = 'active';
    durable.push(m.id);
  });
  const undo = (id: string) =>
    records.undone({
      id,
      by: 'operator:test',
      reason: 'a mistake',
      nowMs: NOW_MS,
      order: { actors: [actor.ref], populations: [], detectors: ['decoy'], untilSec: NOW_MS / 1000 + 60, events: 10 },
      effect: { cleared: ['ip'], restarted: [], remaining: [] },
      lifted: [id],
      target: actor,
    });
  const standing = async () => [...(await ledger.state(NOW_MS)).mitigations.keys()];
  return { ledger, state, records, durable, undo, standing };
}

describe('what the engine has decided', () => {
  it('is put on record once a full disk has room again, and pending until then', async () => {
    const { records, state, durable, standing } = await disk();
    const one = mitigation('M-1');
    records.add('started', actor, one, 'why');
    state.error = 'SP4105';
    await records.flush(NOW_MS);
    expect([one.status, durable, await standing()]).toEqual(['pending', [], []]);
    state.error = '';
    await records.flush(NOW_MS);
    expect([one.status, durable, await standing(), records.lost]).toEqual(['active', ['M-1'], ['M-1'], 0]);
  });

  it('is counted as lost where the ledger will never take it', async () => {
    const { records, state, standing } = await disk();
    records.add('started', actor, mitigation('M-1'), 'why');
    state.error = 'SP4106';
    await records.flush(NOW_MS);
    state.error = '';
    await records.flush(NOW_MS);
    expect([records.lost, await standing()]).toEqual([1, []]);
  });

  it('stands before its undo, also where both came at once', async () => {
    const { records, undo, standing, ledger } = await disk();
    records.add('started', actor, mitigation('M-1'), 'why');
    await undo('M-1');
    expect(await standing()).toEqual([]);
    expect([...(await ledger.state(NOW_MS)).graces.keys()]).toEqual(['G-1']);
  });

  it('can be taken back while the disk is full: whoever asks is told, and it is put on record later', async () => {
    const { records, state, undo, standing, ledger } = await disk();
    const [one, two] = [mitigation('M-1'), mitigation('M-2')];
    records.add('started', actor, one, 'why');
    await records.flush(NOW_MS);
    state.error = 'SP4105';
    records.add('started', actor, two, 'why');
    one.status = 'undone';
    two.status = 'undone';
    await expect(undo('M-1')).rejects.toMatchObject({ code: 'SP4105' });
    await expect(undo('M-2')).rejects.toMatchObject({ code: 'SP4105' });
    expect(await standing()).toEqual(['M-1']);
    state.error = '';
    await records.flush(NOW_MS);
    expect(await standing()).toEqual([]);
    expect([...(await ledger.state(NOW_MS)).graces.keys()]).toEqual(['G-1', 'G-2']);
    const before = await ledger.head();
    await records.flush(NOW_MS);
    expect(await ledger.head()).toEqual(before);
  });
});
