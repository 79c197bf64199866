import { describe, expect, it } from 'vitest';
import { disturbances, populations } from './index.ts';
import { PilotSite } from './pilot.ts';
import { DAY_MS, HOUR_MS } from './rhythm.ts';
import { plan, run, type Seen, worldOf } from './testing.ts';

const everything = { ...populations, ...disturbances };

function record(name: string, perDay: number, options = {}): Seen[] {
  const world = worldOf(1);
  return [...run(everything[name](plan(name, perDay, options), world), world)];
}

describe('crowds', () => {
  it.each([
    'people',
    'people-nat',
    'people-accessibility',
    'mobile-app',
    'flash-sale',
  ])('%s: keep to their plan, ask for what there is, come in order', (name) => {
    const world = worldOf(2);
    const site = new PilotSite(world.site);
    const perDay = 3000;
    let [n, illegal, disorder, last] = [0, 0, 0, 0];
    for (const { timeMs, request, visitor } of run(everything[name](plan(name, perDay), world), world)) {
      n++;
      if (site.operationOf(request) === undefined) illegal++;
      if (timeMs < last) disorder++;
      last = timeMs;
      if (visitor.label.campaign !== '' || visitor.label.family !== '') throw new Error('not benign');
    }
    expect(n / (7 * perDay)).toBeGreaterThan(0.9);
    expect(n / (7 * perDay)).toBeLessThan(1.1);
    expect([illegal, disorder]).toEqual([0, 0]);
  });
});

describe('rushes', () => {
  it('come when the plan says, and again', () => {
    const rows = record('marketing-spike', 700, { startHour: 30, everyDays: 2, minutes: 30 });
    const world = worldOf();
    const hours = rows.map(({ timeMs }) => ((timeMs - world.startMs) / HOUR_MS - 30) % 48);
    expect(hours.filter((hour) => hour >= 0 && hour < 4).length / hours.length).toBeGreaterThan(0.97);
    expect(
      new Set(rows.map(({ timeMs }) => Math.floor((timeMs - world.startMs) / DAY_MS))).size,
    ).toBeGreaterThanOrEqual(3);
  });

  it('of resets lead to resets and logins', () => {
    const targets = record('reset-wave', 800).map(({ request }) => request.target);
    const share = (part: string) => targets.filter((target) => target.includes(part)).length / targets.length;
    expect(share('password-reset')).toBeGreaterThan(0.08);
    expect(share('login')).toBeGreaterThan(0.03);
  });

  it('of sales are about few products', () => {
    const counts = new Map<string, number>();
    const details = record('flash-sale', 800).filter(({ request }) => /^\/api\/products\/\d+$/.test(request.target));
    for (const { request } of details) counts.set(request.target, (counts.get(request.target) ?? 0) + 1);
    const top = [...counts.values()].sort((a, b) => b - a).slice(0, 3);
    expect(top.reduce((a, b) => a + b, 0) / details.length).toBeGreaterThan(0.5);
  });
});
