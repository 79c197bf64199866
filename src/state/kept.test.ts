import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { count, distinct, top } from '../engine/aggregates.ts';
import { ACTION } from '../engine/policy.ts';
import { RISK } from '../engine/risk.ts';
import { STATE_CONTRACT } from './contract.ts';
import { Driver, MINUTE, programOf, START } from './contract-driver.ts';
import { layoutDigest, STATE_FORMAT } from './kept.ts';
import { MemoryState } from './memory.ts';

const NEEDS = {
  n: count({ key: 'ip', windowMs: MINUTE }),
  objects: distinct({ key: 'ip', of: 'path', windowMs: MINUTE }),
  most: top({ key: 'all', of: 'path', windowMs: MINUTE }),
};
const NOW_SEC = START / 1000;

/** What a file holds of a state. */
const kept = (state: MemoryState): Record<string, unknown> => structuredClone(state.snapshot());

describe('a state that is kept', () => {
  it('goes on as if it had never stopped, with slots that were given back and pages that are half full', async () => {
    const program = programOf(NEEDS);
    const one = new MemoryState(program, 0.001);
    const drive = new Driver(program, one);
    // More addresses and more paths of each than there is room for.
    for (let i = 0; i < 6000; i++)
      await drive.event(i * 20, { ipLo: 1 + (i % 1500), networkLo: 1 + (i % 7), pathLo: i * 31 + 1 });
    const two = new MemoryState(program, 0.001);
    two.restore(kept(one));
    const other = new Driver(program, two);
    for (let i = 0; i < 3000; i++) {
      const event = { ipLo: 1 + ((i * 7) % 2500), networkLo: 1 + (i % 7), pathLo: i * 17 + 1 };
      await drive.event(130_000 + i * 20, event);
      await other.event(130_000 + i * 20, event);
      expect(other.batch.values).toEqual(drive.batch.values);
    }
    expect(kept(two)).toEqual(kept(one));
  });

  it('takes what is used, not what there is room for', async () => {
    const program = programOf(NEEDS);
    const state = new MemoryState(program);
    const drive = new Driver(program, state);
    for (let i = 0; i < 100; i++) await drive.event(i, { ipLo: 1 + (i % 10), pathLo: i + 1 });
    expect(state.statistics().bytes).toBeGreaterThan(10_000_000);
    expect(serialize(state.snapshot()).length).toBeLessThan(200_000);
  });

  it('says about whom something stands', async () => {
    const program = programOf(NEEDS);
    const state = new MemoryState(program);
    const drive = new Driver(program, state);
    const stand = async (ipLo: number, action: number, untilSec: number): Promise<void> => {
      await drive.event(0, { ipLo });
      drive.settle('ip', { [RISK.action]: action, [RISK.untilSec]: untilSec });
    };
    await stand(1, ACTION.block, NOW_SEC + 60);
    await stand(2, ACTION.tag, NOW_SEC + 60);
    await stand(3, ACTION.block, NOW_SEC - 1);
    await stand(4, ACTION.throttle, NOW_SEC + 1);
    await drive.event(0, { ipLo: 5 });
    const key = drive.key('ip');
    expect([...state.standing(NOW_SEC, ACTION.throttle)]).toEqual([
      { key, hi: 0, lo: 1, action: ACTION.block, untilSec: NOW_SEC + 60 },
      { key, hi: 0, lo: 4, action: ACTION.throttle, untilSec: NOW_SEC + 1 },
    ]);
  });

  it('fits programs that lay records out alike, and no others', () => {
    const other = { ...NEEDS, n: count({ key: 'network', windowMs: MINUTE }) };
    expect(layoutDigest(programOf(NEEDS, { cap: 1 }))).toBe(layoutDigest(programOf(NEEDS)));
    expect(layoutDigest(programOf(other))).not.toBe(layoutDigest(programOf(NEEDS)));
  });

  it('means today what it meant when the format was given its number', async () => {
    const lines: string[] = [];
    for (const { name, run } of STATE_CONTRACT) {
      const states: MemoryState[] = [];
      await run((program) => {
        states.push(new MemoryState(program, 0.01));
        return states[states.length - 1];
      });
      const digest = createHash('sha256')
        .update(JSON.stringify(states.map(kept), plain))
        .digest('hex');
      lines.push(`${digest.slice(0, 16)} ${name}`);
    }
    const text = `Where a line changes, raise STATE_FORMAT in kept.ts: states of before would be misread.
format ${STATE_FORMAT}
${lines.join('\n')}
`;
    await expect(text).toMatchFileSnapshot('testdata/state-format.txt');
  });
});

/** Typed arrays as lists, whatever they lie in. */
const plain = (_: string, value: unknown): unknown => (ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value);
