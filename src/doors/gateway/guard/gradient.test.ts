import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gradient } from './gradient.ts';
import { RouteLimit } from './route-limit.ts';
import { Simulation } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const BOUNDS = { minLimit: 16, initialLimit: 256, maxLimit: 4096 };

function simulated(capacity: number, serviceMs: number, perSecond: number) {
  const limit = new RouteLimit('r', 0, BOUNDS);
  const simulation = new Simulation({ capacity, serviceMs, perSecond }, (nowMs) => {
    if (limit.inFlight >= limit.limit) return null;
    limit.enter();
    return (latencyMs) => limit.leave(nowMs, latencyMs, true);
  });
  return { limit, simulation, world: simulation.world };
}

describe('the limit of a route', () => {
  it('refuses nothing and stays wide while the service keeps up', () => {
    const { limit, simulation } = simulated(40, 50, 400);
    expect(simulation.run(20).refused).toBe(0);
    expect(limit.limit).toBe(256);
  });

  it('comes near the capacity under twice the load, and keeps the throughput and the latency there', () => {
    const { limit, simulation, world } = simulated(40, 50, 400);
    simulation.run(10);
    world.perSecond = 1600;
    simulation.run(20);
    const { perSecond, meanMs } = simulation.run(20);
    expect(limit.limit).toBeGreaterThanOrEqual(40);
    expect(limit.limit).toBeLessThan(100);
    expect(perSecond).toBeGreaterThan(760);
    expect(meanMs).toBeLessThan(120);
  });

  it('does not creep up however long the overload lasts', () => {
    const { limit, simulation, world } = simulated(20, 50, 200);
    simulation.run(10);
    world.perSecond = 800;
    simulation.run(600);
    expect(limit.limit).toBeLessThan(80);
    expect(simulation.run(10).perSecond).toBeGreaterThan(380);
  });

  it('finds a service that has become slower for good, and recovers after it', () => {
    const { limit, simulation, world } = simulated(40, 50, 400);
    simulation.run(20);
    world.serviceMs = 200;
    simulation.run(40);
    expect(simulation.run(20).perSecond).toBeGreaterThan(185);
    world.serviceMs = 50;
    world.perSecond = 700;
    simulation.run(20);
    expect(simulation.run(20).refused).toBe(0);
    expect(limit.limit).toBeGreaterThan(60);
  });

  it('does not move for few samples, whatever they say', () => {
    const limit = new RouteLimit('r', 0, BOUNDS);
    for (let i = 0; i < 19; i++) {
      limit.enter();
      limit.leave(1000 + i * 1000, i === 0 ? 1 : 60_000, true);
    }
    expect(limit.limit).toBe(256);
    expect(limit.longMs).toBe(0);
  });

  it('stays where it is told when it is fixed', () => {
    const limit = new RouteLimit('r', 7, BOUNDS);
    for (let i = 0; i < 1000; i++) {
      limit.enter();
      limit.leave(1000 + i, i, true);
    }
    expect(limit.limit).toBe(7);
    expect(limit.adaptive).toBe(false);
  });
});

describe('Gradient', () => {
  it('keeps within its bounds for any latencies', () => {
    const windows = fc.array(fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(10_000)), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(windows, (list) => {
        const gradient = new Gradient(BOUNDS);
        for (const [rttMs, inFlight] of list) {
          gradient.window(rttMs, inFlight);
          expect(gradient.limit).toBeGreaterThanOrEqual(16);
          expect(gradient.limit).toBeLessThanOrEqual(4096);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('lets the long average down when it was learned in worse times', () => {
    const gradient = new Gradient(BOUNDS);
    for (let i = 0; i < 20; i++) gradient.window(1000, 10);
    for (let i = 0; i < 60; i++) gradient.window(10, 10);
    expect(gradient.longMs).toBeLessThan(50);
  });

  it('takes over other bounds at once', () => {
    const gradient = new Gradient(BOUNDS);
    gradient.bound({ ...BOUNDS, maxLimit: 50 });
    expect(gradient.limit).toBe(50);
  });
});
