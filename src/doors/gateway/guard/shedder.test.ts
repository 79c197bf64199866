import { describe, expect, it, vi } from 'vitest';
import { Degradation, type DegradationLevel, type StepReason } from './degrade.ts';
import { LagWindow } from './lag.ts';
import { IDLE_SAMPLE_MS, memoryBound, processLoad, SAMPLE_MS } from './load.ts';
import { Shedder } from './shedder.ts';
import { Thinning } from './thinning.ts';

/** Feeds delays one after the other, as a timer of 20 ms sees them. */
function feed(lag: LagWindow, fromMs: number, lags: readonly number[]): number {
  return lags.reduce((atMs, lagMs) => {
    lag.sample(atMs, lagMs);
    return atMs + 20 + lagMs;
  }, fromMs);
}

describe('LagWindow', () => {
  it('tells what stands from what passes: one sample in time shows that the loop was idle', () => {
    const lag = new LagWindow();
    feed(lag, 0, [400, 300, 0, 500, 250, 2, 300, 400, 1, 0]);
    expect(lag.standingMs).toBeLessThanOrEqual(2);
    expect(lag.peakMs).toBeGreaterThan(100);
    feed(lag, 10_000, Array(20).fill(30));
    expect(lag.standingMs).toBe(30);
  });

  it('does not make much of one long pause', () => {
    const lag = new LagWindow();
    const atMs = feed(lag, 0, Array(50).fill(1));
    feed(lag, atMs, [100, ...Array(10).fill(1)]);
    expect(lag.peakMs).toBeLessThan(35);
  });

  it('ends an interval with three samples at the earliest', () => {
    const lag = new LagWindow();
    expect([lag.sample(0, 900), lag.sample(1000, 900), lag.sample(2000, 900), lag.sample(2020, 0)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});

describe('Shedder', () => {
  const press = (shedder: Shedder, intervals: number, severity: number): number => {
    for (let i = 0; i < intervals; i++) shedder.interval(severity, true);
    return shedder.pressure;
  };

  it('presses harder the longer a delay stands and the larger it is, up to everything', () => {
    const shedder = new Shedder();
    const soon = press(shedder, 1, 1.2);
    expect(soon).toBeGreaterThan(0);
    expect(press(shedder, 20, 1.2)).toBeGreaterThan(soon);
    expect(press(new Shedder(), 1, 3.6)).toBeGreaterThan(soon);
    expect(press(shedder, 1000, 50)).toBe(1);
  });

  it('lets go within a second of calm, and comes back faster soon after', () => {
    const shedder = new Shedder();
    const before = press(shedder, 40, 1.5);
    expect(press(shedder, 2, 0.5)).toBeLessThan(before / 2);
    expect(press(shedder, 1, 1.5)).toBeGreaterThan(press(new Shedder(), 1, 1.5));
    expect(press(shedder, 8, 0)).toBe(0);
  });

  it('does nothing while other means are left', () => {
    const shedder = new Shedder();
    shedder.interval(50, false);
    expect(shedder.pressure).toBe(0);
  });
});

describe('Thinning', () => {
  it.each([0, 0.02, 0.25, 0.5, 0.95, 1])('sheds a share of %f to within one, evenly', (share) => {
    const thinning = new Thinning();
    for (let hundred = 1; hundred <= 5; hundred++) {
      const shed = Array.from({ length: 100 }, () => thinning.sheds(share)).filter(Boolean).length;
      expect(Math.abs(shed - share * 100)).toBeLessThanOrEqual(1);
    }
  });
});

describe('Degradation', () => {
  function degradation() {
    const steps: [DegradationLevel, StepReason, number][] = [];
    const degrading = new Degradation((level, reason, load) => steps.push([level, reason, load.atMs]));
    let atMs = 0;
    const feed = (ms: number, lag: number, memory = 0) => {
      for (const untilMs = atMs + ms; atMs < untilMs; atMs += 20) degrading.sample({ atMs, lag, memory });
    };
    return { degrading, steps, feed };
  }

  it('goes up one level at a time, as far as the delay asks for, and says so', () => {
    const { degrading, steps, feed } = degradation();
    feed(2000, 1.2);
    expect(degrading.level).toBe(1);
    feed(2000, 2.4);
    expect(degrading.level).toBe(2);
    feed(2000, 10);
    expect(degrading.level).toBe(3);
    feed(2000, 100);
    expect(steps.map(([level, reason]) => `${level} ${reason}`)).toEqual(['1 lag', '2 lag', '3 lag']);
    expect(degrading.steps).toBe(3);
  });

  it('does not mind a short pause', () => {
    const { degrading, feed } = degradation();
    feed(280, 18);
    feed(20, 0);
    feed(280, 18);
    expect(degrading.level).toBe(0);
  });

  it('comes down slowly, one level at a time, and not while the load is just below a threshold', () => {
    const { degrading, steps, feed } = degradation();
    feed(2000, 10);
    feed(4000, 0);
    expect(degrading.level).toBe(3);
    feed(2000, 0);
    expect(degrading.level).toBe(2);
    feed(5200, 0);
    expect(degrading.level).toBe(1);
    feed(60_000, 0.9);
    expect(degrading.level).toBe(1);
    feed(5200, 0);
    expect(degrading.level).toBe(0);
    expect(steps.slice(3).map(([level, reason]) => `${level} ${reason}`)).toEqual([
      '2 recovered',
      '1 recovered',
      '0 recovered',
    ]);
  });

  it('minds memory as well', () => {
    const { degrading, steps, feed } = degradation();
    feed(1000, 0, 0.9);
    expect(degrading.level).toBe(1);
    feed(60_000, 0, 0.84);
    expect(degrading.level).toBe(1);
    feed(6000, 0, 0.5);
    expect(steps.map(([level, reason]) => `${level} ${reason}`)).toEqual(['1 memory', '0 recovered']);
  });
});

describe('the load of this process', () => {
  it('shows how late the event loop runs, and its memory', async () => {
    const source = processLoad();
    const seen: { lagMs: number; rssBytes: number }[] = [];
    await new Promise<void>((resolve) => {
      source.start((sample) => {
        seen.push({ lagMs: sample.lagMs, rssBytes: sample.rssBytes });
        if (seen.length === 1) {
          const until = performance.now() + 80;
          while (performance.now() < until);
        }
        if (seen.length === 3) resolve();
      });
    });
    source.stop();
    expect(Math.max(...seen.map((s) => s.lagMs))).toBeGreaterThan(50);
    expect(seen[0].rssBytes).toBeGreaterThan(1_000_000);
  });

  it('is looked at less often where nobody comes, and is not taken to be late for that', () => {
    vi.useFakeTimers();
    let idle = false;
    const seen: number[] = [];
    const source = processLoad(() => idle);
    source.start(({ lagMs }) => seen.push(lagMs));
    vi.advanceTimersByTime(5 * SAMPLE_MS);
    expect(seen.length).toBe(5);
    idle = true;
    vi.advanceTimersByTime(SAMPLE_MS + 5 * IDLE_SAMPLE_MS);
    expect(seen.length).toBe(11);
    idle = false;
    vi.advanceTimersByTime(IDLE_SAMPLE_MS + 4 * SAMPLE_MS);
    expect(seen.length).toBe(16);
    expect(Math.max(...seen)).toBeLessThan(1);
    source.stop();
    vi.advanceTimersByTime(1000);
    expect(seen.length).toBe(16);
    vi.useRealTimers();
  });

  it('knows how much memory there is, with or without a control group', () => {
    expect(memoryBound(['/no/such/file'], 1000)).toBe(800);
    expect(memoryBound()).toBeGreaterThan(1_000_000);
  });
});
