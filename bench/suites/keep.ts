/**
 * What keeping the state over a restart costs while requests wait: only the copy is made on their thread; compression and disk
 * are not. And how long a start takes longer for it.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBatch } from '../../src/enrich/facts.ts';
import { EMPTY_MODEL } from '../../src/enrich/model.ts';
import { ModelLearner } from '../../src/learn/learner.ts';
import { readKeptState, writeKeptState } from '../../src/record/snapshot.ts';
import { composeEngine } from '../../src/runtime/compose.ts';
import { type Figure, plain } from '../lib/figures.ts';
import { median } from '../lib/stats.ts';

const CALLERS = [2_000, 50_000];
const EXCHANGES_EACH = 6;
const TIMES = 7;
const START_MS = 1_700_000_000_000;
/** As in src/runtime/live/learning.ts: requests in a sample. */
const SAMPLE = 24_000;

const PATH = new TextEncoder().encode('/api/v1/orders/4711/lines');

/** Runs the suite. */
export async function keep(print: (text: string) => void): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-keep-'));
  const path = join(folder, 'state.bin');
  const figures: Figure[] = [];
  const tell = (metric: string, value: number): void => void figures.push({ suite: 'keep', metric, value });
  try {
    for (const callers of CALLERS) {
      const { state, learner } = known(callers);
      const pauses: number[] = [];
      for (let i = 0; i < TIMES; i++) {
        const before = performance.now();
        const written = writeKeptState(path, { manifest: {}, savedMs: 0, lastMs: 0, state: state.snapshot() });
        pauses.push(performance.now() - before);
        await written;
      }
      const size = statSync(path).size;
      const before = performance.now();
      state.restore(readKeptState(path).state);
      const startMs = performance.now() - before;
      print(`${callers} callers: ${plain(state.statistics().bytes / 2 ** 20)} MiB, file ${plain(size / 2 ** 20)} MiB`);
      tell(`pause_ms_${callers}_callers`, median(pauses));
      tell(`start_ms_${callers}_callers`, startMs);
      if (callers === CALLERS[CALLERS.length - 1]) tell('pause_ms_learning', await learningPause(learner, path));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

/** A state and a sample that so many callers have left, each with an address, a session, a user and a key. */
function known(callers: number) {
  const { engine, state } = composeEngine({ model: EMPTY_MODEL, seed: 1 }, () => ({ evidence() {}, risk() {} }));
  const learner = new ModelLearner({ seed: 1, sampleRequests: SAMPLE, live: true });
  const rows = createBatch(1);
  rows.count = 1;
  rows.text = PATH;
  rows.targetLength[0] = PATH.length;
  rows.status[0] = 200;
  rows.method[0] = 1;
  for (let i = 0; i < callers * EXCHANGES_EACH; i++) {
    const caller = (i % callers) + 1;
    rows.ipLo[0] = caller;
    rows.networkLo[0] = (caller >> 4) + 1;
    rows.asn[0] = (caller % 50) + 1;
    rows.fingerprintLo[0] = (caller % 900) + 1;
    rows.sessionLo[0] = rows.principalLo[0] = rows.credentialLo[0] = caller;
    rows.route[0] = (i % 5) + 1;
    rows.pathLo[0] = rows.objectLo[0] = i + 1;
    rows.timeMs[0] = START_MS + i * 10;
    for (const response of [false, true]) engine.step(rows, 0, response, START_MS + i * 10);
    learner.observe(rows, 0);
  }
  return { state, learner };
}

async function learningPause(learner: ModelLearner, path: string): Promise<number> {
  const pauses: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const before = performance.now();
    const state = { samples: [learner.snapshot((text) => text)] };
    const written = writeKeptState(path, { manifest: {}, savedMs: 0, lastMs: 0, state });
    pauses.push(performance.now() - before);
    await written;
  }
  return median(pauses);
}
