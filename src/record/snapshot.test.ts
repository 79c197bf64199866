import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EMPTY_MODEL } from '../enrich/model.ts';
import { SallyportError } from '../lib/errors.ts';
import {
  assertFits,
  type KeptState,
  readKeptState,
  readSnapshot,
  type Snapshot,
  writeKeptState,
  writeSnapshot,
} from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-snapshot-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SNAPSHOT: Snapshot = {
  manifest: { code: '1', detectors: 'a', seed: '0' },
  model: EMPTY_MODEL,
  sequence: 123_456_789_012,
  hashHi: -5,
  hashLo: 7,
  state: {
    cells: Int32Array.of(1, -2, 3),
    part: new Int32Array(100).subarray(10, 13),
    many: [new Float64Array([Number.NaN, 0.5])],
  },
  recorder: { map: new Map([[1, { text: 'ü' }]]), none: undefined },
};

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof SallyportError ? error.code : `no SallyportError: ${String(error)}`;
  }
  return 'nothing thrown';
};

describe('a snapshot', () => {
  it('gives back what was written, and leaves no half file behind', () => {
    const path = join(folder, 'a');
    writeSnapshot(path, SNAPSHOT);
    expect(readSnapshot(path)).toEqual(SNAPSHOT);
    expect(existsSync(`${path}.part`)).toBe(false);
    writeSnapshot(path, { ...SNAPSHOT, sequence: 2 });
    expect(readSnapshot(path).sequence).toBe(2);
  });

  it('shares no memory with what was written', () => {
    const path = join(folder, 'b');
    const cells = Int32Array.of(1, 2, 3);
    writeSnapshot(path, { ...SNAPSHOT, state: { cells } });
    cells.fill(9);
    expect(readSnapshot(path).state.cells).toEqual(Int32Array.of(1, 2, 3));
  });

  it('notices damage wherever it is, and what is no snapshot', () => {
    const path = join(folder, 'c');
    writeSnapshot(path, SNAPSHOT);
    const good = readFileSync(path);
    for (let at = 0; at < good.length; at += 7) {
      const bad = Buffer.from(good);
      bad[at] ^= 1;
      writeFileSync(path, bad);
      expect(
        codeOf(() => readSnapshot(path)),
        `bit flipped in byte ${at}`,
      ).toBe('SP5001');
    }
    for (const length of [0, 1, 4, 5, 7, 8, 9, good.length - 1]) {
      writeFileSync(path, good.subarray(0, length));
      expect(
        codeOf(() => readSnapshot(path)),
        `cut to ${length} bytes`,
      ).toBe('SP5001');
    }
    expect(codeOf(() => readSnapshot(join(folder, 'missing')))).toBe('SP5001');
    expect(codeOf(() => readSnapshot(folder))).toBe('SP5001');
    expect(codeOf(() => writeSnapshot(join(folder, 'no/such/folder'), SNAPSHOT))).toBe('SP5001');
  });

  it('fits only the manifest it was written under, and says what differs', () => {
    expect(() => assertFits(SNAPSHOT, { ...SNAPSHOT.manifest })).not.toThrow();
    expect(codeOf(() => assertFits(SNAPSHOT, { ...SNAPSHOT.manifest, seed: '1' }))).toBe('SP5002');
    expect(() => assertFits(SNAPSHOT, { code: '2', detectors: 'b', seed: '0' })).toThrow(/code, detectors/);
    expect(codeOf(() => assertFits(SNAPSHOT, { ...SNAPSHOT.manifest, policy: 'new' }))).toBe('SP5002');
    expect(codeOf(() => assertFits(SNAPSHOT, { code: '1', detectors: 'a' }))).toBe('SP5002');
  });
});

describe('a state that a gateway leaves to its next run', () => {
  const KEPT: KeptState = { manifest: { layout: 'a' }, savedMs: 5, lastMs: 4, state: SNAPSHOT.state };

  it('is read back, with an id of its own', async () => {
    const [one, two] = [join(folder, 'k1'), join(folder, 'k2')];
    await writeKeptState(one, KEPT);
    await writeKeptState(two, { ...KEPT, lastMs: 3 });
    expect(readKeptState(one)).toEqual({ ...KEPT, id: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(readKeptState(two).id).not.toBe(readKeptState(one).id);
    expect(codeOf(() => readSnapshot(one))).toBe('SP5001');
  });

  it('leaves no half file where it cannot be written', async () => {
    const path = join(folder, 'taken');
    mkdirSync(join(path, 'inside'), { recursive: true });
    await expect(writeKeptState(path, KEPT)).rejects.toMatchObject({ code: 'SP5001' });
    expect(existsSync(`${path}.part`)).toBe(false);
  });
});
