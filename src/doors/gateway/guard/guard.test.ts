import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../lib/errors.ts';
import type { Priority, Refusal, Ticket } from '../contract.ts';
import { routeOf } from '../http/testing.ts';
import type { DegradationLevel, StepReason } from './degrade.ts';
import { createGuard, isRefusal, REFUSAL_CODES } from './guard.ts';
import { playedLoad } from './testing.ts';

const OVERLOAD = { enabled: true, max_in_flight: 100, lag_ms: 50 };
const NOW = 1_700_000_000_000;

function guarded(overload = OVERLOAD) {
  const source = playedLoad();
  const steps: [DegradationLevel, StepReason][] = [];
  const guard = createGuard({
    overload,
    source,
    memoryBytes: 0,
    onStep: (level, reason) => steps.push([level, reason]),
  });
  /** Plays a delay of the event loop for so many ms. */
  let atMs = 0;
  const lag = (ms: number, lagMs: number): void => {
    for (const untilMs = atMs + ms; atMs < untilMs; atMs += 20 + lagMs) source.play({ atMs, lagMs, rssBytes: 1 });
  };
  return { guard, steps, lag };
}

/** Enters until it is refused, at most `most` times. */
function fill(enter: () => Ticket | Refusal, most = 10_000): { tickets: Ticket[]; refusal: Refusal | null } {
  const tickets: Ticket[] = [];
  while (tickets.length < most) {
    const answer = enter();
    if (isRefusal(answer)) return { tickets, refusal: answer };
    tickets.push(answer);
  }
  return { tickets, refusal: null };
}

describe('room', () => {
  it.each<[Priority, number, number]>([
    ['bulk', 0, 60],
    ['normal', 0, 80],
    ['critical', 0, 100],
    ['critical', 0.9, 80],
    ['bulk', 0.9, 48],
  ])('%s requests of risk %f fill their share of all', (priority, risk, share) => {
    const { guard } = guarded();
    const route = routeOf();
    const { tickets, refusal } = fill(() => guard.enter(route, priority, NOW, risk));
    expect(tickets).toHaveLength(share);
    expect(refusal).toMatchObject({ status: 503, code: 'SP7301' });
  });

  it('keeps room for what is critical when the rest is full', () => {
    const { guard } = guarded();
    const route = routeOf();
    fill(() => guard.enter(route, 'bulk', NOW));
    expect(fill(() => guard.enter(route, 'normal', NOW)).tickets).toHaveLength(20);
    expect(fill(() => guard.enter(route, 'critical', NOW)).tickets).toHaveLength(20);
  });

  it('is given back exactly once, however it ended', () => {
    const { guard } = guarded();
    const { tickets } = fill(() => guard.enter(routeOf({ name: 'a' }), 'critical', NOW), 30);
    for (const [i, ticket] of tickets.entries()) {
      ticket.leave(i % 3 === 0 ? 'ok' : i % 3 === 1 ? 'failed' : 'dropped', i === 5 ? Number.NaN : i);
      ticket.leave('ok', 1);
    }
    expect(guard.statistics().inFlight).toBe(0);
    expect(guard.statistics().routes[0].inFlight).toBe(0);
  });

  it('learns from what was answered and from what was slow to fail, not from quick failures and our own delays', () => {
    const { guard } = guarded({ ...OVERLOAD, max_in_flight: 10_000 });
    const route = routeOf();
    let nowMs = NOW;
    const pass = (outcome: 'ok' | 'failed' | 'dropped', latencyMs: number): number => {
      for (let i = 0; i < 200; i++) {
        const ticket = guard.enter(route, 'normal', nowMs) as Ticket;
        ticket.leave(outcome, latencyMs);
        nowMs += 10;
      }
      return guard.statistics().routes[0].longMs;
    };
    const usual = pass('ok', 50);
    expect(usual).toBeCloseTo(51);
    expect(pass('failed', 1)).toBe(usual);
    expect(pass('dropped', 10_000)).toBe(usual);
    expect(pass('failed', 10_000)).toBeGreaterThan(usual);
  });

  it('has a fixed limit a route where one is asked for, also when the guard is off', () => {
    for (const enabled of [true, false]) {
      const { guard } = guarded({ ...OVERLOAD, enabled });
      const route = routeOf({ concurrency: 5 });
      const { tickets, refusal } = fill(() => guard.enter(route, 'normal', NOW));
      expect(tickets).toHaveLength(5);
      expect(refusal).toMatchObject({ status: 503, code: 'SP7302' });
      tickets[0].leave('ok', 3);
      expect(fill(() => guard.enter(route, 'normal', NOW)).tickets).toHaveLength(1);
      const other = guard.enter(routeOf({ name: 'other' }), 'normal', NOW);
      expect(isRefusal(other)).toBe(false);
    }
  });

  it('is without end when the guard is off', () => {
    const { guard, lag } = guarded({ ...OVERLOAD, enabled: false });
    lag(5000, 900);
    const route = routeOf();
    expect(fill(() => guard.enter(route, 'bulk', NOW), 5000).refusal).toBeNull();
  });
});

describe('refusals', () => {
  it('spread Retry-After by a counter, always the same way, and have codes that are explained', () => {
    const seconds = () => {
      const { guard } = guarded();
      const route = routeOf({ concurrency: 1 });
      guard.enter(route, 'normal', NOW);
      return Array.from({ length: 9 }, () => (guard.enter(route, 'normal', NOW) as Refusal).retryAfterSec);
    };
    expect(seconds()).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
    expect(seconds()).toEqual(seconds());
    for (const code of REFUSAL_CODES) expect(ERRORS[code].advice.length).toBeGreaterThan(20);
  });

  it('are counted by code and priority', () => {
    const { guard } = guarded();
    const route = routeOf({ concurrency: 1 });
    guard.enter(route, 'bulk', NOW);
    guard.enter(route, 'bulk', NOW);
    guard.enter(route, 'critical', NOW);
    const counted = guard.statistics().refused.filter((r) => r.count > 0);
    expect(counted).toEqual([
      { code: 'SP7302', priority: 'critical', count: 1 },
      { code: 'SP7302', priority: 'bulk', count: 1 },
    ]);
    expect(guard.statistics()).toMatchObject({ admitted: 1, inFlight: 1, maxInFlight: 100 });
  });
});

describe('shedding', () => {
  const shedOf = (guard: ReturnType<typeof guarded>['guard'], priority: Priority, risk = 0): number => {
    const route = routeOf();
    let shed = 0;
    for (let i = 0; i < 100; i++) {
      const answer = guard.enter(route, priority, NOW, risk);
      if (isRefusal(answer)) shed += answer.code === 'SP7303' ? 1 : 0;
      else answer.leave('ok', 1);
    }
    return shed;
  };

  it('takes bulk first, then normal, and thins what is critical last', () => {
    const { guard, lag } = guarded();
    expect([shedOf(guard, 'bulk'), shedOf(guard, 'normal'), shedOf(guard, 'critical')]).toEqual([0, 0, 0]);
    lag(900, 15);
    const first = [shedOf(guard, 'bulk'), shedOf(guard, 'normal'), shedOf(guard, 'critical')];
    expect(first[0]).toBeGreaterThan(20);
    expect(first.slice(1)).toEqual([0, 0]);
    lag(2000, 15);
    const second = [shedOf(guard, 'bulk'), shedOf(guard, 'normal'), shedOf(guard, 'critical')];
    expect(second[0]).toBeGreaterThanOrEqual(94);
    expect(second[1]).toBeGreaterThan(20);
    expect(second[2]).toBe(0);
    lag(60_000, 50);
    expect(shedOf(guard, 'critical')).toBeGreaterThanOrEqual(94);
    expect(shedOf(guard, 'critical')).toBeLessThanOrEqual(96);
    lag(3000, 0);
    expect([shedOf(guard, 'bulk'), shedOf(guard, 'critical')]).toEqual([0, 0]);
  });

  it('takes the riskier of one priority first', () => {
    const { guard, lag } = guarded();
    lag(600, 12);
    const harmless = shedOf(guard, 'bulk', 0.1);
    const risky = shedOf(guard, 'bulk', 0.8);
    expect(harmless).toBeGreaterThan(0);
    expect(risky).toBeGreaterThan(2 * harmless);
    expect(shedOf(guard, 'normal', 0.8)).toBe(0);
  });

  it('keeps a loop that is asked for twice of what it can within bounds, and does not let it idle', () => {
    const { guard, lag } = guarded();
    const route = routeOf();
    // Each turn of the loop works on what has come since the last one, at 1 ms a request; 2 requests come a ms.
    let turnMs = 20;
    let worked = 0;
    let totalMs = 0;
    for (let turn = 0; turn < 400; turn++) {
      const arrived = Math.min(4000, Math.round(turnMs * 2));
      let admitted = 0;
      for (let i = 0; i < arrived; i++) {
        const answer = guard.enter(route, i % 4 === 0 ? 'normal' : 'bulk', NOW);
        if (isRefusal(answer)) continue;
        answer.leave('ok', 1);
        admitted++;
      }
      turnMs = Math.max(20, admitted + arrived * 0.02);
      lag(1, turnMs - 20);
      if (turn < 100) continue;
      worked += admitted;
      totalMs += turnMs;
    }
    expect(worked / totalMs).toBeGreaterThan(0.6);
    expect(totalMs / 300).toBeLessThan(1000);
  });
});

describe('scoring', () => {
  it('degrades before anything is turned away, and says each step', () => {
    const { guard, steps, lag } = guarded();
    lag(600, 12);
    expect(guard.degradation()).toBe(1);
    expect(guard.statistics().pressure).toBeLessThan(0.1);
    lag(20_000, 0);
    expect(guard.degradation()).toBe(0);
    expect(steps).toEqual([
      [1, 'lag'],
      [0, 'recovered'],
    ]);
  });

  it('degrades for long pauses between which the loop is idle, and turns nobody away for them', () => {
    const { guard, lag } = guarded();
    for (let i = 0; i < 30; i++) {
      lag(1, 150);
      lag(60, 0);
    }
    expect(guard.degradation()).toBe(2);
    expect(guard.statistics()).toMatchObject({ pressure: 0, standingLagMs: 0 });
  });

  it('minds memory, where its bound is known', () => {
    for (const [memoryBytes, level] of [
      [1000, 3],
      [0, 0],
    ]) {
      const source = playedLoad();
      const guard = createGuard({ overload: OVERLOAD, source, memoryBytes });
      for (let atMs = 0; atMs < 5000; atMs += 20) source.play({ atMs, lagMs: 0, rssBytes: 1000 });
      expect(guard.degradation()).toBe(level);
      expect(guard.statistics()).toMatchObject({ pressure: 0, memoryBytes, rssBytes: 1000 });
    }
  });
});

describe('a reload', () => {
  it('keeps what is under way and what was learned about a route', () => {
    const { guard } = guarded();
    const ticket = guard.enter(routeOf({ name: '/a' }), 'normal', NOW) as Ticket;
    guard.update({ ...OVERLOAD, max_in_flight: 10 });
    expect(isRefusal(guard.enter(routeOf({ name: '/a' }), 'normal', NOW))).toBe(false);
    expect(guard.statistics().routes).toMatchObject([{ name: '/a', inFlight: 2, limit: 10 }]);
    expect(fill(() => guard.enter(routeOf({ name: '/a' }), 'critical', NOW)).tickets).toHaveLength(8);
    ticket.leave('ok', 5);
    expect(guard.statistics().inFlight).toBe(9);
  });

  it('forgets routes that are gone, and tells two routes of one pattern apart', () => {
    const { guard } = guarded();
    (guard.enter(routeOf({ name: '/gone' }), 'normal', NOW) as Ticket).leave('ok', 1);
    guard.update(OVERLOAD);
    guard.enter(routeOf({ name: '/a' }), 'normal', NOW);
    guard.enter(routeOf({ name: '/a', concurrency: 3 }), 'normal', NOW);
    guard.update(OVERLOAD);
    expect(guard.statistics().routes.map((r) => [r.name, r.limit])).toEqual([
      ['/a', 100],
      ['/a (2)', 3],
    ]);
  });

  it('has no more limits than it may, however many routes there are', () => {
    const { guard } = guarded({ ...OVERLOAD, max_in_flight: 10_000 });
    for (let i = 0; i < 1500; i++) guard.enter(routeOf({ name: `/r${i}` }), 'critical', NOW);
    expect(guard.statistics().routes).toHaveLength(1025);
    expect(guard.statistics().inFlight).toBe(1500);
  });
});
