/**
 * Appends to a ledger as fast as it can and prints what was acknowledged, until it is killed: the victim of
 * `test/ledger/kill.test.ts`. Arguments: data directory, round.
 */
import { openLedger } from '../../src/record/ledger/lmdb/open.ts';

const [dataDir, round] = process.argv.slice(2);
/** Appends under way at once. */
const AT_ONCE = 24;
const BATCH_ITEMS = 5;

/** A line that is seen was acknowledged before. */
const print = (line: string) => new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));

await print('opening');
const ledger = await openLedger({
  dataDir,
  commitMs: 1,
  snapshotEvery: 60,
  headEvery: 25,
  headSeconds: 1,
  now: () => Date.now(),
});

const subjectOf = (n: number) => ({ dimension: 'principal', key: `user-${round}-${n}@example.com` });
const common = (n: number) => ({ timeMs: Date.now(), by: 'child', reason: `entry ${n} of round ${round}` });

async function one(n: number): Promise<string> {
  const id = `M-${round}-${n}`;
  const until_ms = Date.now() + 60_000;
  if (n % 7 === 3) {
    const { seq, hash } = await ledger.append({
      ...common(n),
      kind: 'mitigation.started',
      subject: subjectOf(n % 50),
      data: { id, until_ms, personal: { sentence: `user ${n} did it` } },
    });
    return `ack ${seq} ${hash}`;
  }
  if (n % 11 === 5) {
    const items = Array.from({ length: BATCH_ITEMS }, (_, i) => ({
      op: 'started' as const,
      id: `${id}-${i}`,
      until_ms,
      subject: subjectOf(i),
    }));
    const { seq, hash } = await ledger.append({ ...common(n), kind: 'mitigation.batch', data: { items } });
    return `ack ${seq} ${hash}`;
  }
  if (n % 40 === 39) {
    // Whether it is known depends on how the last round ended: both answers are right, but one that counts must last.
    const erased = await ledger.erase(subjectOf(3), 'child', 'asked for', Date.now()).catch(() => null);
    return erased === null ? 'none' : `erased ${erased.seq} ${erased.subjectId}`;
  }
  const { seq, hash } = await ledger.append({ ...common(n), kind: 'label.set', data: { target: id, label: 'abuse' } });
  return `ack ${seq} ${hash}`;
}

let next = 0;
async function work(): Promise<never> {
  for (;;) await print(await one(next++));
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
