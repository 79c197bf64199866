/**
 * The decision hash must not depend on how a run is carried out: on one core or two, in one go or resumed from a
 * snapshot, with lines out of order within the lateness bound, or from the journal instead of the log.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exactly, type Figure, table } from '../../bench/lib/figures.ts';
import { DEFAULT_PLAN, ensureLog } from '../../bench/lib/generate.ts';
import { runReplay } from '../../src/doors/replay/replay.ts';
import { dataPath } from '../data.ts';
import { runLog } from '../run.ts';
import { shuffleWithin } from '../shuffle.ts';

const SUITE = 'hash';
const LATENESS_MS = 120_000;
/** The real log runs backwards by up to 59 s already; together with that, lines stay within the bound. */
const SHUFFLE_MS = 59_000;

export async function hash(print: (text: string) => void): Promise<readonly Figure[]> {
  const scale = Number(process.env.SCALE ?? '1');
  const lines = Math.max(2000, Math.round(200_000 * scale));
  const logs = [
    { name: 'generated', path: await ensureLog({ ...DEFAULT_PLAN, lines, addresses: Math.round(lines / 2) }) },
  ];
  const real = dataPath('elastic', 'apache_logs');
  if (real) logs.push({ name: 'elastic', path: real });
  else print('hash: no elastic/apache_logs; only the generated log is compared');
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-hash-'));
  const figures: Figure[] = [];
  try {
    for (const { name, path } of logs) figures.push(...(await compare(name, path, folder, print)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

async function compare(name: string, path: string, folder: string, print: (text: string) => void): Promise<Figure[]> {
  const base = await runLog(path, { latenessMs: LATENESS_MS });
  const rows = [['one core', base.decision_hash, String(base.events), String(base.late_events)]];
  const figures: Figure[] = [];
  const same = (metric: string, decisionHash: string, events: number, late: number): void => {
    rows.push([metric, decisionHash, String(events), String(late)]);
    figures.push({
      suite: SUITE,
      metric: `${name}_${metric}`,
      value: Number(decisionHash === base.decision_hash),
      target: exactly(1),
    });
  };
  const again = await runLog(path, { latenessMs: LATENESS_MS });
  same('again', again.decision_hash, again.events, again.late_events);
  const two = await runLog(path, { latenessMs: LATENESS_MS, workers: 2 });
  same('two_cores', two.decision_hash, two.events, two.late_events);
  const snapshot = join(folder, `${name}.snapshot`);
  const half = Math.floor(base.events / 2);
  const first = await runLog(path, { latenessMs: LATENESS_MS, snapshot, stopAfterEvents: half });
  const resumed = await runLog(path, { latenessMs: LATENESS_MS, snapshot });
  same('resumed', resumed.decision_hash, resumed.events, resumed.late_events);
  print(`${name}: stopped after ${first.events} of ${base.events} events and resumed`);
  const shuffled = join(folder, `${name}.shuffled.log`);
  writeFileSync(shuffled, shuffleWithin(readFileSync(path, 'latin1'), SHUFFLE_MS), 'latin1');
  const mixed = await runLog(shuffled, { latenessMs: LATENESS_MS });
  same('shuffled', mixed.decision_hash, mixed.events, mixed.late_events);
  const journal = join(folder, `${name}.journal`);
  const written = await runLog(path, { latenessMs: LATENESS_MS, journal });
  same('with_journal', written.decision_hash, written.events, written.late_events);
  const replayed = await runReplay({ inputs: [journal], seed: 0, onDecision: () => {} });
  same('replayed', replayed.decision_hash, replayed.events, 0);
  // A hash that never changes proves nothing: leaving lines out must change it.
  const less = join(folder, `${name}.less.log`);
  writeFileSync(less, readFileSync(path, 'latin1').split('\n').slice(0, -200).join('\n'), 'latin1');
  const changed = await runLog(less, { latenessMs: LATENESS_MS });
  figures.push({
    suite: SUITE,
    metric: `${name}_differs_without_200_lines`,
    value: Number(changed.decision_hash !== base.decision_hash),
    target: exactly(1),
  });
  print(table([name, 'hash', 'events', 'late'], rows));
  return figures;
}
