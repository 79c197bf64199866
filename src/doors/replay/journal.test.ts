/** A live journal replays to the decisions of the run that wrote it, and where it cannot, it says why. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLog, textOf } from '../../../test/agree/log.ts';
import { defaultConfig } from '../../config/load.ts';
import type { ControlRecord } from '../../engine/control.ts';
import { EVENT } from '../../record/journal/block.ts';
import { JournalDirectory } from '../../record/journal/directory.ts';
import { isJournal, seedHash, segmentNames } from '../../record/journal/format.ts';
import { openJournalDirectory } from '../../record/journal/reader.ts';
import { SEED_FILE, seedFrom } from '../../record/journal/seed.ts';
import { packDecision } from '../../record/journal/single.ts';
import { type EvidenceRecord, evidenceOf, judgeAgain, putBack } from '../../record/journal/values.ts';
import { findingId } from '../../runtime/build-report.ts';
import { applyControl } from '../../runtime/control.ts';
import type { Explanation } from '../../runtime/explanation.ts';
import { policiesOf } from '../../runtime/policies.ts';
import { explainFinding } from './explain.ts';
import { journalRun } from './journal.ts';
import { runReplay } from './replay.ts';
import type { DecisionLine } from './run.ts';
import { prepare } from './try.ts';

const base = mkdtempSync(join(tmpdir(), 'sallyport-live-replay-'));
afterAll(() => rmSync(base, { recursive: true }));
const log = join(base, 'access.log');
const dataDir = join(base, 'data');
const live = join(dataDir, 'journal', 'run-20240304T000000');
const secret = Buffer.alloc(32, 7);
const seed = seedFrom(secret);

interface Lived {
  readonly hash: string;
  readonly events: number;
  readonly findings: readonly string[];
}

/** Runs the log as if it came live: every event, some control records and what was found go into a journal. */
async function liveRun(path: string, sample: number): Promise<Lived> {
  let journal: JournalDirectory | undefined;
  let events = 0;
  const fresh: EvidenceRecord[] = [];
  const findings: string[] = [];
  const { session, run } = await prepare(
    { inputs: [log], latenessMs: 10_000, seed },
    {
      onDecision: (engine, decision, response) => {
        const { facts } = engine;
        const found = fresh.length > 0 ? EVENT.keep : 0;
        const flags = EVENT.admitted | found;
        journal?.append(facts.batch, facts.row, response, facts.now, packDecision(decision), flags);
        if (found !== 0) journal?.values({ evidence: fresh.splice(0) });
        // Small blocks, so that there are several segments.
        if (events % 300 === 0) void journal?.flush();
        if (++events % 1000 === 500) control({ control: 'label', timeMs: facts.now, ref: `l${events}`, data: null });
      },
    },
  );
  const { engine, recorder } = session.parts;
  const control = (record: ControlRecord): void => {
    applyControl(engine, record, seed);
    journal?.control(record);
  };
  recorder.onFinding = (e, finding, millinats, isNew) => {
    fresh.push(evidenceOf(e, finding.instance, millinats, finding.why));
    if (isNew) findings.push(findingId(finding));
  };
  const { manifest, model } = session;
  journal = JournalDirectory.open({
    path,
    position: engine,
    context: { sallyport: manifest.code, manifest, model, seedHash: seedHash(seed), latenessMs: 10_000 },
    maxBytes: 2 ** 30,
    segmentBytes: 65_536,
    sample,
    ringBytes: 0,
    sampleKey: 1,
    sync: 'none',
  });
  const source = policiesOf(defaultConfig().config);
  control({ control: 'policy', timeMs: 0, ref: source.version, data: source });
  await run();
  await journal.close();
  return { hash: session.hash(), events, findings };
}

const replay = async (path: string, more = {}) => {
  const decisions: DecisionLine[] = [];
  const summary = await runReplay({ inputs: [path], onDecision: (d) => decisions.push(d), ...more });
  return { summary, decisions };
};

let lived: Lived;
beforeAll(async () => {
  writeFileSync(log, textOf(makeLog(3000, 11)));
  mkdirSync(live, { recursive: true });
  writeFileSync(join(dataDir, SEED_FILE), secret);
  lived = await liveRun(live, 1);
});

/** A copy of the journal in its data directory, to do harm to. */
function copy(name: string): { path: string; segments: string[] } {
  const path = join(dataDir, 'journal', name);
  cpSync(live, path, { recursive: true });
  return { path, segments: segmentNames(path) };
}

describe('a live journal', () => {
  it('replays to the decision hash of the live run', async () => {
    const { summary, decisions } = await replay(live);
    expect(lived.findings.length).toBeGreaterThan(3);
    expect(summary.decision_hash).toBe(lived.hash);
    expect(summary.events).toBe(lived.events);
    const controls = Math.floor((lived.events + 500) / 1000) + 1;
    expect(summary.journal).toEqual({
      events: lived.events,
      controls,
      promoted: 0,
      partial: [],
      torn: false,
      same_as_live: true,
    });
    expect(decisions.length).toBe(summary.decisions);
    expect(decisions.length).toBeGreaterThan(3);
  });

  it('is found in its data directory, and the newest run is taken', async () => {
    for (const path of [join(dataDir, 'journal'), dataDir]) {
      expect(isJournal(path)).toBe(true);
      expect((await replay(path)).summary.decision_hash).toBe(lived.hash);
    }
    expect(isJournal(base)).toBe(false);
  });

  it('gives every control record to whoever applies it, at its place', async () => {
    const seen: [number, string][] = [];
    const run = await journalRun(
      { inputs: [live] },
      {
        control: (engine, record, s) => {
          seen.push([engine.sequence, record.control]);
          expect(s).toBe(seed);
          applyControl(engine, record, s);
        },
      },
    );
    run.run();
    expect(seen[0]).toEqual([0, 'policy']);
    expect(seen.slice(1).map(([, name]) => name)).toEqual(Array(seen.length - 1).fill('label'));
    expect(seen[1][0]).toBe(501);
    expect(run.session.hash()).toBe(lived.hash);
  });

  it('that is decided otherwise is told: a control record that does something else', async () => {
    const run = await journalRun({ inputs: [live] }, { control: (engine) => engine.controlled('something else') });
    run.run();
    expect(run.session.hash()).not.toBe(lived.hash);
    expect(run.summary()).toMatchObject({ same_as_live: false });
    expect(run.summary()?.partial[0]).toMatch(/^decisions: they differ before record \d+$/);
  });

  it('needs its seed: from its data directory, or named', async () => {
    const away = join(base, 'away');
    cpSync(live, away, { recursive: true });
    await expect(replay(away)).rejects.toMatchObject({ code: 'SP4004' });
    await expect(replay(away, { seed: seed + 1 })).rejects.toMatchObject({ code: 'SP4004' });
    expect((await replay(away, { seed })).summary.decision_hash).toBe(lived.hash);
    for (const name of readdirSync(away)) if (name.startsWith('model-')) rmSync(join(away, name));
    await expect(replay(away, { seed })).rejects.toMatchObject({ code: 'SP4010' });
  });
});

describe('a live journal that is not whole', () => {
  it('says that its beginning is gone', async () => {
    const { path, segments } = copy('rotated');
    expect(segments.length).toBeGreaterThan(2);
    rmSync(join(path, segments[0]));
    const { summary } = await replay(path);
    const gone = openJournalDirectory(path).header.first_sequence;
    expect(summary.journal?.partial).toEqual([`rotated: the first ${gone} records were deleted`]);
    expect(summary.journal?.same_as_live).toBe(false);
    expect(summary.decision_hash).not.toBe(lived.hash);
    expect(summary.events).toBeLessThan(lived.events);
  });

  it('says what is missing in the middle, and replays what there is', async () => {
    const { path, segments } = copy('middle');
    rmSync(join(path, segments[1]));
    const { summary } = await replay(path);
    expect(summary.journal?.partial).toEqual([
      expect.stringMatching(/^missing: \d+ records never written or damaged$/),
    ]);
  });

  it('is whole up to where it was torn', async () => {
    const { path, segments } = copy('torn');
    const last = join(path, segments[segments.length - 1]);
    truncateSync(last, statSync(last).size - 5);
    const { summary } = await replay(path);
    expect(summary.journal).toMatchObject({ torn: true, partial: [], same_as_live: true });
    expect(summary.events).toBeLessThan(lived.events);
  });

  it('says that it was sampled', async () => {
    const path = join(dataDir, 'journal', 'sampled');
    await liveRun(path, 0.3);
    const { summary } = await replay(path);
    expect(summary.journal?.partial).toEqual([expect.stringMatching(/^sampled: \d+ records left out$/)]);
  });

  it('says that detectors are others now', async () => {
    const loaded = defaultConfig();
    const detectors = { ...loaded.config.detectors, disabled: ['rate-limit'] };
    const { summary } = await replay(live, { config: { ...loaded, config: { ...loaded.config, detectors } } });
    expect(summary.journal?.partial).toEqual(['detectors: another one was in force than is now']);
  });
});

describe('what a live journal keeps of a finding', () => {
  it('is judged again as it was', async () => {
    const run = await journalRun({ inputs: [live] });
    const { engine } = run.session.parts;
    let judged = 0;
    run.values((event, { evidence }) => {
      for (const e of evidence) {
        const instance = putBack(engine, event, e);
        if (instance === null) throw new Error(`no ${e.detector}`);
        expect(judgeAgain(engine, instance)).toBe(e.millinats);
        judged++;
      }
    });
    expect(judged).toBeGreaterThanOrEqual(lived.findings.length);
    expect(putBack(engine, {} as never, { detector: 'gone', actor: 'ip' } as EvidenceRecord)).toBeNull();
  });

  it('explains it, also where the journal before it is gone', async () => {
    const { path, segments } = copy('explained');
    rmSync(join(path, segments[0]));
    const left = new Set<string>();
    const run = await journalRun({ inputs: [path] });
    const { engine, recorder } = run.session.parts;
    recorder.onFinding = (_engine, finding, _millinats, isNew) => isNew && left.add(findingId(finding));
    run.values((event, { evidence }) => {
      for (const e of evidence) {
        const instance = putBack(engine, event, e);
        if (instance !== null) recorder.evidence(engine, instance, e.millinats, true);
      }
    });
    const whole = lived.findings.filter((id) => left.has(id));
    expect(whole.length).toBeGreaterThan(0);
    for (const finding of whole.slice(0, 3)) {
      const before = await explainFinding({ inputs: [live], finding });
      const after = await explainFinding({ inputs: [path], finding });
      const essence = ({ detector, values, flips, finding: f }: Explanation) => [
        detector,
        values,
        flips,
        f.actor,
        f.why,
      ];
      expect(essence(after)).toEqual(essence(before));
      expect(before.notes).toEqual([]);
      expect(after.notes[0]).toContain('rotated: the first');
      expect(after.events.some((e) => e.relation === 'at')).toBe(true);
    }
    await expect(explainFinding({ inputs: [path], finding: 'F-0000000000' })).rejects.toMatchObject({ code: 'SP6003' });
  });
});
