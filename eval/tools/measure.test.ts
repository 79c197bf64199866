import { describe, expect, it } from 'vitest';
import type { Attempt } from './book.ts';
import { PATIENCE_MS, toolOutcome, userOutcome } from './measure.ts';

/** One request each `gapMs`; letters: t got through, h was held, w still waits. */
function attempts(fates: string, gapMs = 50): Attempt[] {
  return [...fates].map((fate, i): Attempt => {
    const sentMs = 1000 + i * gapMs;
    const reachedMs = fate === 't' ? sentMs + 2 : null;
    const endedMs = fate === 'w' ? null : sentMs + 5;
    return { cohort: 'tool', what: 'GET /', sentMs, reachedMs, endedMs, status: fate === 't' ? 404 : 403 };
  });
}
const end = (list: readonly Attempt[]): number => list[list.length - 1].sentMs + 10;
const of = (fates: string, gaveUp = false, gapMs = 50) => {
  const list = attempts(fates, gapMs);
  return toolOutcome(list, end(list), gaveUp);
};

describe('what a tool got through', () => {
  it('is everything where nothing was held', () => {
    expect(of('t'.repeat(50))).toEqual({ sent: 50, reached: 50, leaked: 50, seconds: null, heldAfter: 0 });
  });

  it('is what came before it was held', () => {
    expect(of('t'.repeat(10) + 'h'.repeat(90))).toEqual({
      sent: 100,
      reached: 10,
      leaked: 10,
      seconds: 0.5,
      heldAfter: 1,
    });
  });

  it('does not end with a single refusal among many that get through', () => {
    const leaky = 'thttttttttt'.repeat(10);
    expect(of(leaky)).toMatchObject({ seconds: null, leaked: 100 });
  });

  it('ends where nine in ten of what follows are held, and says what share was held from there', () => {
    const slowed = ['ttttt', ...Array(10).fill(`${'h'.repeat(19)}t`)].join('');
    const outcome = of(slowed);
    expect(outcome).toMatchObject({ leaked: 5, seconds: 0.25, reached: 15 });
    expect(outcome.heldAfter).toBeCloseTo(0.95, 9);
  });

  it('counts what gets through again after a while against the share', () => {
    const outcome = of('h'.repeat(60) + 't'.repeat(140));
    expect(outcome).toMatchObject({ leaked: 0, seconds: 0 });
    expect(outcome.heldAfter).toBeCloseTo(0.3, 9);
  });

  it('looks two seconds ahead of a fast tool, and twenty requests ahead of a slow one', () => {
    // 100 a second: 20 requests are 0.2 s, and in the rest of two seconds all get through.
    expect(of('h'.repeat(30) + 't'.repeat(300), false, 10).seconds).toBeNull();
    // One in two seconds: the window is 20 requests, though they take 40 s.
    expect(of(`${'h'.repeat(4)}${'t'.repeat(40)}`, false, 2000).seconds).toBeNull();
  });

  it('believes a short end of a run only of a tool that gave up', () => {
    expect(of(`${'t'.repeat(30)}hhh`).seconds).toBeNull();
    expect(of(`${'t'.repeat(30)}hhh`, true)).toMatchObject({ leaked: 30, seconds: 1.5, heldAfter: 1 });
    expect(of(`${'t'.repeat(30)}hhhhh`)).toMatchObject({ leaked: 30, heldAfter: 1 });
  });

  it('leaves out what was under way when the run ended, unless it had waited long', () => {
    expect(of('hhhhhhwww').sent).toBe(6);
    const list = attempts('wwwwww');
    expect(toolOutcome(list, 60_000, false)).toMatchObject({ sent: 6, heldAfter: 1, seconds: 0 });
  });

  it('is nothing of a tool that sent nothing', () => {
    expect(toolOutcome([], 0, true)).toEqual({ sent: 0, reached: 0, leaked: 0, seconds: null, heldAfter: 0 });
  });
});

describe('how people fared', () => {
  const person = (more: Partial<Attempt>): Attempt => ({
    ...{ cohort: 'beside', what: 'GET /', sentMs: 0, reachedMs: 1, endedMs: 5, status: 200 },
    ...more,
  });

  it('is told by what the shop got in time and answered', () => {
    const list = [
      person({}),
      person({ status: 404 }),
      person({ reachedMs: PATIENCE_MS, endedMs: PATIENCE_MS + 5 }),
      person({ reachedMs: PATIENCE_MS + 1, endedMs: PATIENCE_MS + 5 }),
      person({ reachedMs: null, status: 403 }),
      person({ reachedMs: null, status: 403 }),
      person({ reachedMs: null, status: 0 }),
    ];
    expect(userOutcome(list, 10_000)).toEqual({
      sent: 7,
      completed: 3,
      refusals: { late: 1, '403': 2, 'no answer': 1 },
    });
  });

  it('leaves out who only just asked', () => {
    const waiting = person({ reachedMs: null, endedMs: null, status: 0, sentMs: 9000 });
    expect(userOutcome([waiting], 10_000).sent).toBe(0);
    expect(userOutcome([{ ...waiting, sentMs: 1000 }], 10_000)).toMatchObject({ sent: 1, completed: 0 });
  });
});
