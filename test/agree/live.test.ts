/**
 * What the gateway decided while it ran, and what a replay of its journal decides, are the same: the decision hash says so,
 * over logins, probing, undo, a switch of mode, business events and exchanges that never reached the application.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { explainFinding } from '../../src/doors/replay/explain.ts';
import { runReplay } from '../../src/doors/replay/replay.ts';
import type { DecisionLine, RequestLine } from '../../src/doors/replay/run.ts';
import { journalFolderAt, segmentNames } from '../../src/record/journal/format.ts';
import { STATE_FILE } from '../../src/record/snapshot.ts';
import type { Mitigation } from '../../src/runtime/live/operator.ts';
import { Story } from './live-story.ts';

const base = mkdtempSync(join(tmpdir(), 'sallyport-agree-live-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Lived {
  readonly dir: string;
  readonly hash: string;
  readonly events: number;
  readonly mitigations: readonly Mitigation[];
}

async function live(name: string, journal: Record<string, unknown> = {}, padding = 0): Promise<Lived> {
  const dir = join(base, name);
  const story = await Story.open({ dir, journal, padding });
  try {
    await story.play();
    // Each of these stands for a branch that a replay has to take as well.
    for (const status of [200, 401, 403, 404]) expect(story.statuses.get(status), `${status}`).toBeGreaterThan(0);
    const { operator } = story.house.live;
    const { decision_hash: hash, events } = operator.status();
    return { dir, hash, events, mitigations: operator.mitigations() };
  } finally {
    await story.close();
  }
}

async function replay(path: string) {
  const decisions: DecisionLine[] = [];
  const summary = await runReplay({ inputs: [path], onDecision: (d) => decisions.push(d) });
  return { summary, decisions };
}

describe('a gateway and the replay of its journal', () => {
  it('decide the same, and every mitigation can be explained', async () => {
    const lived = await live('whole');
    const { summary, decisions } = await replay(lived.dir);
    expect(summary.journal).toMatchObject({ partial: [], torn: false, same_as_live: true });
    expect(summary.decision_hash).toBe(lived.hash);
    expect((summary.journal?.events ?? 0) + (summary.journal?.controls ?? 0)).toBe(lived.events);
    // The policy at the start, an undo, and the mode there and back.
    expect(summary.journal?.controls).toBe(4);
    const blocked = decisions.filter((d) => d.action === 'block').map((d) => d.actor.key);
    expect(blocked).toEqual(expect.arrayContaining(['198.51.100.11', 'guesser', '198.51.100.13']));
    expect(lived.mitigations.filter((m) => m.status === 'undone').length).toBeGreaterThan(0);
    const oneOfEach = new Map(lived.mitigations.map((m) => [m.actor.dimension, m]));
    expect(oneOfEach.size).toBeGreaterThan(3);
    for (const { id, actor, class: name, reasons } of oneOfEach.values()) {
      const { mitigation, finding, notes } = await explainFinding({ inputs: [lived.dir], finding: id });
      expect([mitigation?.id, finding.id, mitigation?.class, notes]).toEqual([id, id, name, []]);
      if (actor.dimension !== 'session') expect(finding.actor).toEqual(actor);
      if (reasons.length > 0) expect(reasons.map((r) => r.detector)).toContain(finding.detector);
    }
  });

  it('say of the same requests that they are held', async () => {
    const dir = join(base, 'held');
    const story = await Story.open({ dir });
    const { runtime } = story.house.live;
    const held: string[] = [];
    const observed = new Set<number>();
    runtime.decided = ({ action, mode, class: name }, rows, row) => {
      if (mode !== 'enforce') observed.add(rows.timeMs[row]);
      else if (action !== 'allow' && action !== 'tag') held.push(`${rows.timeMs[row]} ${action} ${name}`);
    };
    await story.play();
    await story.close();
    expect(held.length).toBeGreaterThan(20);
    const lines: RequestLine[] = [];
    const { held: count } = await runReplay({ inputs: [dir], onDecision: () => {}, onRequest: (r) => lines.push(r) });
    expect(count).toBe(lines.length);
    const enforced = lines.filter((r) => !observed.has(r.time_ms));
    expect(enforced.map((r) => `${r.time_ms} ${r.action} ${r.class}`)).toEqual(held);
    // What was observed would have been held, too.
    expect(lines.length).toBeGreaterThan(enforced.length);
    expect(lines[0]).toMatchObject({ type: 'request', address: '198.51.100.7', method: 'POST', route: '/login' });
  });

  it('decide the same over several segments; without the first, it says so and explains what is left', async () => {
    // However the writes fall into blocks, the first segment is full long before the decoy is asked for.
    const lived = await live('segments', { segment_bytes: 65_536 }, 2000);
    const { summary } = await replay(lived.dir);
    expect(summary.decision_hash).toBe(lived.hash);
    const folder = journalFolderAt(lived.dir) as string;
    const segments = segmentNames(folder);
    expect(segments.length).toBeGreaterThan(1);
    rmSync(join(folder, segments[0]));
    const { summary: rest } = await replay(lived.dir);
    expect(rest.journal?.same_as_live).toBe(false);
    expect(rest.journal?.partial).toEqual([expect.stringMatching(/^rotated: the first \d+ records were deleted$/)]);
    // Late in the story, and with evidence of its own in the same event.
    const last = lived.mitigations.find((m) => m.class === 'decoy') as Mitigation;
    const { mitigation, finding, notes } = await explainFinding({ inputs: [lived.dir], finding: last.id });
    expect([mitigation?.id, finding.actor]).toEqual([last.id, last.actor]);
    expect(notes[0]).toContain('rotated');
  });

  it('decide the same where the run went on from what the one before knew; without that, it says so', async () => {
    const dir = join(base, 'restarted');
    const first = await Story.open({ dir });
    await first.play();
    const known = first.house.live.operator.status().actors;
    await first.close();
    const second = await Story.open({ dir, startMs: first.nowMs + 60_000 });
    const { operator } = second.house.live;
    expect(operator.status().actors).toEqual(known);
    await second.people(8);
    const { decision_hash: hash } = operator.status();
    await second.close();
    const { summary } = await replay(dir);
    expect(summary.journal).toMatchObject({ partial: [], same_as_live: true });
    expect(summary.decision_hash).toBe(hash);
    rmSync(join(journalFolderAt(dir) as string, STATE_FILE));
    const { summary: without } = await replay(dir);
    expect(without.journal?.partial).toEqual(['state: another one was in force than is now']);
  });

  it('decide the same up to where the process was killed', async () => {
    const dir = join(base, 'killed');
    const reported = await killed(dir);
    const { summary } = await replay(dir);
    const { events = 0, controls = 0, partial } = summary.journal ?? {};
    expect(partial).toEqual([]);
    expect(events).toBeGreaterThan(50);
    expect(reported.get(events + controls)).toBe(summary.decision_hash);
  });
});

/** Runs the story in a process of its own, and ends it in the middle; the hash after each record, by its number. */
async function killed(dir: string): Promise<ReadonlyMap<number, string>> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(import.meta.resolve('./live-child.ts')), dir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const hashes = new Map<number, string>();
  let firstMs = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [sequence, hash] = line.split(' ');
    hashes.set(Number(sequence), hash);
    firstMs ||= Date.now();
    // Several writes of the journal are over by then, and one is under way.
    if (hashes.size >= 300 && Date.now() - firstMs > 1000) child.kill('SIGKILL');
  }
  return hashes;
}
