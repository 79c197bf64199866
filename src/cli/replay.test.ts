import { describe, expect, it } from 'vitest';
import type { DecisionLine, ReplayRunOptions, ReplaySummary, RequestLine } from '../doors/replay/run.ts';
import { EXIT } from './exit.ts';
import { run } from './testing.ts';

const DECISION: DecisionLine = {
  type: 'decision',
  sequence: 12,
  time_ms: 1_741_564_800_000,
  id: 'D-1',
  actor: { dimension: 'session', key: 'a\u009b\u202eb' },
  action: 'throttle',
  previous: 'allow',
  class: 'scraping',
  risk: 0.8,
  ttl_s: 60,
  mode: 'shadow',
  reasons: [{ detector: 'coverage', nats: 5.1, why: 'read everything' }],
  policy: 'default-1',
};
const REQUEST: RequestLine = {
  type: 'request',
  sequence: 13,
  time_ms: 1_741_564_800_500,
  address: '192.0.2.7',
  method: 'GET',
  route: '/items/{id}',
  action: 'throttle',
  actor: DECISION.actor,
  class: 'scraping',
};
const SUMMARY: ReplaySummary = {
  type: 'summary',
  events: 24,
  decisions: 1,
  bad_lines: {},
  decision_hash: 'abc',
  manifest: {},
};

describe('replay', () => {
  const runReplay = async (options: ReplayRunOptions): Promise<ReplaySummary> => {
    options.onDecision(DECISION);
    return SUMMARY;
  };

  it('prints a line a decision, and a summary', async () => {
    const { code, out, err } = await run(['replay', 'run.journal'], { ports: { runReplay } });
    expect(code).toBe(EXIT.ok);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([DECISION, SUMMARY]);
    expect(lines[0]).toContain('a\\u009b\\u202eb');
    expect(err).toBe('1 decision on 24 events, hash abc\n');
  });

  it('prints a line for every request that would be held, where that is asked for', async () => {
    const tell = async (options: ReplayRunOptions): Promise<ReplaySummary> => {
      options.onRequest?.(REQUEST);
      return { ...(await runReplay(options)), ...(options.onRequest && { held: 1 }) };
    };
    const { out } = await run(['replay', 'run.journal', '--held'], { ports: { runReplay: tell } });
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([REQUEST, DECISION, { ...SUMMARY, held: 1 }]);
    expect((await run(['replay', 'run.journal'], { ports: { runReplay: tell } })).out).not.toContain('request');
  });

  it('asks for something to read on a terminal', async () => {
    expect(await run(['replay'], { ports: { runReplay } })).toMatchObject({ code: EXIT.usage });
    expect(await run(['replay'], { ports: { runReplay }, stdinIsTTY: false })).toMatchObject({ code: EXIT.ok });
  });

  it('fails where there was nothing to decide on', async () => {
    const empty = async () => ({ ...SUMMARY, events: 0, decisions: 0 });
    expect(await run(['replay', 'x', '-q'], { ports: { runReplay: empty } })).toMatchObject({
      code: EXIT.input,
      err: '',
    });
  });
});
