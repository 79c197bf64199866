import { describe, expect, it } from 'vitest';
import { createClientThrottle } from './client-throttle.ts';

/** Sends `perSecond` for some seconds to an upstream that accepts `accepts` a second; how many were sent. */
function run(throttle: ReturnType<typeof createClientThrottle>, fromMs: number, seconds: number, accepts: number) {
  let sent = 0;
  const perSecond = 100;
  for (let second = 0; second < seconds; second++) {
    let taken = 0;
    for (let i = 0; i < perSecond; i++) {
      const nowMs = fromMs + second * 1000 + i * 10;
      if (!throttle.admit(nowMs)) continue;
      sent++;
      throttle.ended(taken++ < accepts, nowMs);
    }
  }
  return sent / seconds;
}

describe('the throttle towards an upstream', () => {
  it('sends everything while everything is accepted', () => {
    const throttle = createClientThrottle();
    expect(run(throttle, 0, 60, 100)).toBe(100);
    expect(throttle.share(60_000)).toBe(0);
  });

  it('sends at most about twice what is accepted', () => {
    const throttle = createClientThrottle();
    run(throttle, 0, 180, 20);
    const sent = run(throttle, 180_000, 60, 20);
    expect(sent).toBeGreaterThan(35);
    expect(sent).toBeLessThan(45);
  });

  it('goes on asking an upstream that accepts nothing, a little', () => {
    const throttle = createClientThrottle();
    run(throttle, 0, 180, 0);
    const sent = run(throttle, 180_000, 60, 0);
    expect(sent).toBeGreaterThan(1);
    expect(sent).toBeLessThan(5);
  });

  it('recovers within a minute when the upstream does', () => {
    const throttle = createClientThrottle();
    run(throttle, 0, 120, 0);
    run(throttle, 120_000, 50, 100);
    expect(run(throttle, 170_000, 10, 100)).toBe(100);
  });

  it('is not moved by a few refusals, nor by requests that have not ended yet', () => {
    const throttle = createClientThrottle();
    for (let i = 0; i < 9; i++) throttle.ended(false, 0);
    for (let i = 0; i < 500; i++) expect(throttle.admit(i)).toBe(true);
  });

  it('forgets after two minutes, however far the clock has gone', () => {
    const throttle = createClientThrottle();
    run(throttle, 0, 60, 0);
    expect(throttle.share(60_000)).toBeGreaterThan(0.9);
    expect(throttle.share(1e12)).toBe(0);
    expect(throttle.statistics()).toMatchObject({ requests: 0, accepts: 0 });
  });
});
