import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { figureLine, missed } from '../../bench/lib/figures.ts';
import { makeInventory } from '../../examples/shop/src/inventory.ts';
import { Random } from '../../redteam/src/core/random.ts';
import { type Aim, TOOLS } from './arsenal.ts';
import { TOKEN_TOOLS } from './arsenal-tokens.ts';
import { figuresOf, reportOf } from './report.ts';
import type { RunResult } from './run.ts';

const SERVED = { sent: 200, completed: 200, refusals: {} };
const NOBODY = { sent: 0, completed: 0, refusals: {} };

function result(more: Partial<RunResult> & { setting?: 'own' | 'shared' } = {}): RunResult {
  const { setting = 'own', ...rest } = more;
  return {
    plan: { tool: TOOLS[0], setting, seed: 's', seconds: 20, disguised: false, keep: false },
    tool: { sent: 500, reached: 12, leaked: 7, seconds: 0.4, heldAfter: 0.99 },
    beside: setting === 'shared' ? SERVED : NOBODY,
    elsewhere: SERVED,
    owner: NOBODY,
    mitigations: [],
    failure: '',
    folder: '',
    ...rest,
  };
}
const lines = (...results: RunResult[]): string[] => figuresOf(results, [], 3).map(figureLine);

describe('the figures', () => {
  it('say of each tool what leaked, when it was held and who was hurt', () => {
    expect(lines(result(), result({ setting: 'shared' }))).toEqual([
      'tools hydra_own_leaked 7 - info  # of 500',
      'tools hydra_own_seconds 0.4 - info',
      'tools hydra_own_held 0.99 >=0.9 ok',
      'tools hydra_own_hurt 0 =0 ok  # of 200',
      'tools hydra_shared_leaked 7 - info  # of 500',
      'tools hydra_shared_seconds 0.4 - info',
      'tools hydra_shared_held 0.99 >=0.9 ok',
      'tools hydra_shared_completed 1 >=0.95 ok  # of 200',
      'tools missing_tools 0 =0 ok  # all are here',
      'tools held 2 >=2 ok  # of 2',
      'tools hurt_own 0 =0 ok  # of 200 requests of people',
      'tools completed_shared_worst 1 >=0.95 ok',
      'tools minutes 3 <=15 ok',
    ]);
  });

  it('are short where a tool is not held, or not for good', () => {
    const never = result({ tool: { sent: 50, reached: 50, leaked: 50, seconds: null, heldAfter: 0 } });
    const again = result({ tool: { sent: 50, reached: 20, leaked: 0, seconds: 0, heldAfter: 0.6 } });
    for (const bad of [never, again]) {
      const short = missed(figuresOf([bad], [], 3)).map((f) => f.metric);
      expect(short).toEqual(expect.arrayContaining(['hydra_own_held', 'held']));
    }
  });

  it('are short where people are hurt', () => {
    const elsewhere = { sent: 200, completed: 199, refusals: { '403': 1 } };
    const beside = { sent: 100, completed: 94, refusals: { '429': 6 } };
    const short = missed(figuresOf([result({ elsewhere }), result({ setting: 'shared', beside })], [], 3));
    expect(short.map((f) => f.metric)).toEqual([
      ...['hydra_own_hurt', 'hydra_shared_completed', 'hurt_own', 'completed_shared_worst'],
    ]);
    expect(short.map((f) => f.note)).toContain('of 100; 429: 6');
  });

  it('take a tool that is missing, or failed, for one that was not held', () => {
    const figures = figuresOf([result({ failure: 'spawn EACCES' })], [TOOLS[2]], 3);
    const byName = new Map(figures.map((f) => [f.metric, figureLine(f)]));
    expect(byName.get('hydra_own_held')).toBe('tools hydra_own_held - >=0.9 unmeasured  # spawn EACCES');
    expect(byName.get('held')).toBe('tools held 0 >=3 short  # of 3');
    expect(byName.get('missing_tools')).toBe('tools missing_tools 1 =0 short  # apt-get install ffuf');
  });
});

describe('the table', () => {
  it('has a row for each run, and says what failed', () => {
    const text = reportOf([result({ setting: 'shared' }), result({ failure: 'spawn EACCES' })]);
    expect(text).toMatch(/hydra +with 20 others +500 +7 +0\.40 +99 % +200\/200 +200\/200/);
    expect(text).toMatch(/hydra +own address .* failed/);
    expect(text).toContain('hydra (own) failed: spawn EACCES');
  });
});

describe('the tools', () => {
  const lists = { users: 'U', passwords: 'P', paths: 'W', codes: 'C' };
  const folder = mkdtempSync(join(tmpdir(), 'tools-report-'));
  mkdirSync(join(folder, 'lists'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const aim: Aim = {
    ...{ url: 'http://127.0.0.1:9', port: 9, lists, folder, session: 's.1', seconds: 20, agent: '', key: 'pk_1' },
    ...{ tokens: ['t.1.x', 't.2.x'], inventory: makeInventory('t'), random: new Random('t') },
  };
  const all = [...TOOLS, ...TOKEN_TOOLS];

  it.each(all.map((tool) => [tool.name, tool] as const))('%s is aimed at loopback, and nowhere else', (_, tool) => {
    const words = tool.words(aim).join(' ');
    expect(words).toContain('127.0.0.1');
    expect(words).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)/);
  });

  it('hide behind a browser where they can', () => {
    const hidden = all.filter((tool) =>
      tool
        .words({ ...aim, agent: 'Browser/1' })
        .join(' ')
        .includes('Browser/1'),
    );
    expect(hidden.map((t) => t.name)).toEqual(
      all.filter((t) => t.wire !== true && t.leakedKey !== true).map((t) => t.name),
    );
  });
});
