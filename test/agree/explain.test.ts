/** `explain` takes a finding apart as the run that made it saw it, and what it says would have flipped it does flip it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainFinding } from '../../src/doors/replay/explain.ts';
import { prepare, runTry } from '../../src/doors/replay/try.ts';
import { GROUPS } from '../../src/engine/detector.ts';
import { logOdds, PRIOR_MILLINATS, RISK } from '../../src/engine/risk.ts';
import { probability } from '../../src/lib/fixed.ts';
import { findingId } from '../../src/runtime/build-report.ts';
import type { Explanation } from '../../src/runtime/explanation.ts';
import type { Finding, Report } from '../../src/runtime/report.ts';
import { makeLog, textOf } from './log.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-explain-'));
const log = join(folder, 'access.log');
const journal = join(folder, 'run.journal');
const options = { inputs: [log], latenessMs: 10_000 };

/** What the engine knew at the moment of a finding, and whether other values would still have made it one. */
interface Seen {
  readonly logOdds: number;
  readonly values: Readonly<Record<string, number>>;
  readonly stays: Readonly<Record<string, boolean>>;
}

let report: Report;
let chosen: Finding[];
const explained = new Map<string, Explanation>();
const seen = new Map<string, Seen>();

/** Runs the log once more and judges each flip, and its neighbour on the way back, at the moment of the finding. */
async function judgeAgain(): Promise<void> {
  const { session, run } = await prepare(options);
  session.parts.recorder.onFinding = (engine, finding, _millinats, isNew) => {
    const explanation = explained.get(findingId(finding));
    if (explanation === undefined || !isNew) return;
    const { instance } = finding;
    const { values, risk } = engine.batch;
    const place = new Map(
      instance.reads.flatMap((r) => r.fields.map((f, i) => [`${r.name}.${f}`, r.operation.value + i] as const)),
    );
    const stays: Record<string, boolean> = {};
    const judge = (at: number, value: number): boolean => {
      const from = values[at];
      values[at] = value;
      const said = instance.judgement.judge(instance.handles as never, engine.facts);
      values[at] = from;
      return said >= instance.detector.findingAt;
    };
    for (const flip of explanation.flips) {
      const at = place.get(flip.value as `${string}.${string}`) as number;
      stays[`${flip.value} flipped`] = judge(at, flip.to);
      stays[`${flip.value} one before`] = judge(at, flip.to + Math.sign(flip.from - flip.to));
    }
    const now = Object.fromEntries([...place].map(([name, at]) => [name, values[at]]));
    seen.set(explanation.finding.id, {
      logOdds: logOdds(risk, instance.key * RISK.size, instance.classIndex),
      values: now,
      stays,
    });
  };
  await run();
}

beforeAll(async () => {
  writeFileSync(log, textOf(makeLog(3000, 11)));
  report = await runTry({ ...options, journal });
  // One finding of each detector; those of one actor have the most terms.
  const byDetector = new Map(report.findings.map((f) => [f.detector, f]));
  chosen = [...byDetector.values()].slice(0, 5);
  for (const f of chosen) explained.set(f.id, await explainFinding({ ...options, finding: f.id }));
  await judgeAgain();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('an explanation', () => {
  it('is there for findings of several detectors', () => {
    expect(chosen.length).toBeGreaterThanOrEqual(3);
    expect(seen.size).toBe(chosen.length);
  });

  it('is about the finding of the report, in a run that decided the same', () => {
    for (const f of chosen) {
      const e = explained.get(f.id) as Explanation;
      expect(e.finding).toEqual(f);
      expect(e.decision_hash).toBe(report.decision_hash);
      expect(e.detector.id).toBe(f.detector);
      expect(f.nats * 1000).toBeLessThanOrEqual(e.detector.cap_millinats);
      expect(f.nats * 1000).toBeGreaterThanOrEqual(e.detector.finding_at_millinats);
    }
  });

  it('shows the values that the detector read', () => {
    for (const [id, { values }] of seen) {
      const e = explained.get(id) as Explanation;
      expect(Object.fromEntries(e.values.map((v) => [v.name, v.value]))).toEqual(values);
      for (const v of e.values) expect(v.doc).not.toBe('');
    }
  });

  it('has terms that add up to the risk that the engine held', () => {
    for (const [id, held] of seen) {
      const e = explained.get(id) as Explanation;
      const sum = e.terms.reduce((total, t) => total + Math.trunc(t.millinats * t.weight), e.prior_millinats);
      expect(e.prior_millinats).toBe(PRIOR_MILLINATS);
      expect(e.log_odds_millinats).toBe(held.logOdds);
      // Each term is cut to whole millinats.
      expect(Math.abs(sum - held.logOdds)).toBeLessThanOrEqual(e.terms.length);
      expect(e.risk).toBe(probability(held.logOdds));
      expect(e.terms.map((t) => t.detector)).toContain(e.detector.id);
      for (const t of e.terms) expect(GROUPS).toContain(t.group);
      expect(e.log_odds_millinats).toBeGreaterThanOrEqual(e.threshold.log_odds_millinats);
    }
  });

  it('names the smallest change of a value that would have flipped it: it does, and one less does not', () => {
    let flips = 0;
    for (const [id, { stays }] of seen) {
      const e = explained.get(id) as Explanation;
      for (const flip of e.flips) {
        flips++;
        expect([stays[`${flip.value} flipped`], stays[`${flip.value} one before`]], flip.sentence).toEqual([
          false,
          true,
        ]);
        expect(flip.from).toBe(e.values.find((v) => v.name === flip.value)?.value);
        expect(flip.sentence).toContain(String(flip.to));
      }
      expect(e.flips.length, e.finding.detector).toBeGreaterThan(0);
    }
    expect(flips).toBeGreaterThanOrEqual(chosen.length);
  });

  it('shows events of the actor around the one that decided', () => {
    for (const f of chosen) {
      const { events } = explained.get(f.id) as Explanation;
      const at = events.findIndex((x) => x.relation === 'at');
      expect(events[at].time).toBe(f.detected_at);
      expect(events.filter((x) => x.relation === 'at')).toHaveLength(1);
      expect(events.slice(0, at).every((x) => x.relation === 'before')).toBe(true);
      expect(events.slice(at + 1).every((x) => x.relation === 'after')).toBe(true);
      expect(events.map((x) => x.time)).toEqual(events.map((x) => x.time).sort());
      expect(Math.max(at, events.length - at - 1)).toBeLessThanOrEqual(5);
    }
  });

  it('is the same from the journal of the run', async () => {
    const [first] = chosen;
    expect(await explainFinding({ inputs: [journal], finding: first.id })).toEqual(explained.get(first.id));
  });

  it('of an unknown finding is refused', async () => {
    await expect(explainFinding({ ...options, finding: 'F-0000000000' })).rejects.toMatchObject({ code: 'SP6003' });
  });
});
