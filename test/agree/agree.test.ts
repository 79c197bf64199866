/** One log, many ways to run it, one decision hash. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/load.ts';
import { runReplay } from '../../src/doors/replay/replay.ts';
import type { DecisionLine, TryRunOptions } from '../../src/doors/replay/run.ts';
import { runTry } from '../../src/doors/replay/try.ts';
import type { Report } from '../../src/runtime/report.ts';
import { type Line, makeLog, shuffled, textOf } from './log.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-agree-'));
const LATENESS_MS = 60_000;
let lines: Line[];
let log: string;
let usual: Report;

function write(name: string, content: string | readonly Line[]): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : textOf(content));
  return path;
}

const run = (inputs: string[], more: Partial<TryRunOptions> = {}): Promise<Report> =>
  runTry({ inputs, latenessMs: LATENESS_MS, workers: 1, ...more });

/** What must agree beside the hash: everything found, and who did it. */
const ESSENCE = [
  'decision_hash',
  'events',
  'late_events',
  'findings',
  'actors',
  'incidents',
  'totals',
  'timeline',
  'manifest',
] as const;
const essence = (report: Report) => Object.fromEntries(ESSENCE.map((name) => [name, report[name]]));

beforeAll(async () => {
  lines = makeLog(12_000);
  log = write('usual.log', lines);
  usual = await run([log]);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a run', () => {
  it('finds the attacks of the log, so that there is something to agree on', () => {
    expect(usual.events).toBe(2 * lines.length);
    expect(usual.bad_lines).toEqual({});
    expect(usual.late_events).toBe(0);
    expect(new Set(usual.findings.map((f) => f.class)).size).toBeGreaterThanOrEqual(3);
    expect(usual.actors.map((a) => a.actor.key)).toEqual(expect.arrayContaining(['203.0.113.7', '203.0.113.66']));
    expect(usual.findings.length).toBeLessThan(200);
  });

  it('decides the same again', async () => {
    expect(essence(await run([log]))).toEqual(essence(usual));
  });

  it('decides the same on two cores', async () => {
    expect(essence(await run([log], { workers: 2 }))).toEqual(essence(usual));
  });

  it.each([1, 2])('decides the same on the log shuffled within the lateness bound (%d)', async (seed) => {
    const other = shuffled(lines, LATENESS_MS - 2000, seed);
    expect(other.map((l) => l.text)).not.toEqual(lines.map((l) => l.text));
    expect(essence(await run([write(`shuffled-${seed}.log`, other)]))).toEqual(essence(usual));
  });

  it('decides the same on the log split in two files, alternately or one after the other', async () => {
    const halves = [0, 1].map((h) => lines.filter((_, i) => i % 2 === h));
    expect(essence(await run([write('even.log', halves[0]), write('odd.log', halves[1])]))).toEqual(essence(usual));
    const middle = Math.floor(lines.length / 2);
    const parts = [write('second.log', lines.slice(middle)), write('first.log', lines.slice(0, middle))];
    expect(essence(await run(parts))).toEqual(essence(usual));
    expect(essence(await run(parts, { workers: 2 }))).toEqual(essence(usual));
  });
});

describe('a snapshot', () => {
  it('lets a run go on as if it had never stopped, again and again', async () => {
    const snapshot = join(folder, 'state.snapshot');
    const stops = [1, 7001, 23_999];
    let last: Report | undefined;
    for (const stopAfterEvents of stops) {
      last = await run([log], { snapshot, stopAfterEvents });
      expect(last.events).toBe(stopAfterEvents);
      expect(last.decision_hash).not.toBe(usual.decision_hash);
    }
    expect(essence(await run([log], { snapshot }))).toEqual(essence(usual));
    // All of the log is accounted for: one more run over it applies nothing.
    expect((await run([log], { snapshot })).decision_hash).toBe(usual.decision_hash);
  });

  it('is refused by a run with other thresholds, another seed or lateness', async () => {
    const snapshot = join(folder, 'other.snapshot');
    await run([log], { snapshot, stopAfterEvents: 5000 });
    await expect(run([log], { snapshot, seed: 5 })).rejects.toMatchObject({ code: 'SP5002' });
    await expect(run([log], { snapshot, latenessMs: 30_000 })).rejects.toMatchObject({ code: 'SP5002' });
    await expect(run([log], { snapshot, config: withThreshold() })).rejects.toMatchObject({ code: 'SP5002' });
    writeFileSync(snapshot, readFileSync(snapshot).subarray(0, 1000));
    await expect(run([log], { snapshot })).rejects.toMatchObject({ code: 'SP5001' });
  });
});

describe('a journal', () => {
  const replay = async (input: string) => {
    const decisions: DecisionLine[] = [];
    const summary = await runReplay({ inputs: [input], latenessMs: LATENESS_MS, onDecision: (d) => decisions.push(d) });
    return { summary, decisions };
  };

  it('replays to the decisions of the run that wrote it, and of a replay of the log', async () => {
    const journal = join(folder, 'run.journal');
    const written = await run([log], { journal });
    expect(essence(written)).toEqual(essence(usual));
    const fromJournal = await replay(journal);
    const fromLog = await replay(log);
    expect(fromJournal.summary.decision_hash).toBe(usual.decision_hash);
    expect(fromJournal.summary).toEqual(fromLog.summary);
    expect(fromJournal.decisions).toEqual(fromLog.decisions);
    expect(fromLog.decisions.length).toBeGreaterThan(10);
    expect(fromLog.summary.decisions).toBe(fromLog.decisions.length);
  });

  it('written on two cores is the same, byte for byte', async () => {
    const one = join(folder, 'one.journal');
    const two = join(folder, 'two.journal');
    await run([log], { journal: one });
    await run([log], { journal: two, workers: 2 });
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  });
});

function withThreshold() {
  const loaded = defaultConfig();
  const detectors = { ...loaded.config.detectors, thresholds: { 'rate-limit': { per_minute: 60 } } };
  return { ...loaded, config: { ...loaded.config, detectors } };
}

describe('the hash differs', () => {
  it('when a threshold changes', async () => {
    const other = await run([log], { config: withThreshold() });
    expect(other.decision_hash).not.toBe(usual.decision_hash);
    expect(other.manifest.detectors).not.toBe(usual.manifest.detectors);
  });

  it('when a seed, a line or the order beyond the bound changes', async () => {
    expect((await run([log], { seed: 5 })).decision_hash).not.toBe(usual.decision_hash);
    const changed = [...lines];
    const i = changed.findIndex((l) => l.text.includes('203.0.113.7 '));
    changed[i] = { ...changed[i], text: changed[i].text.replace(' 401 ', ' 204 ') };
    expect((await run([write('changed.log', changed)])).decision_hash).not.toBe(usual.decision_hash);
    const late = await run([write('late.log', shuffled(lines, 20 * LATENESS_MS, 1))], { latenessMs: 1000 });
    expect(late.decision_hash).not.toBe(usual.decision_hash);
    expect(late.late_events).toBeGreaterThan(0);
  });
});
