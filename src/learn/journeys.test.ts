import { describe, expect, it } from 'vitest';
import { createEnricher } from '../enrich/compose.ts';
import { setExtras } from '../enrich/extras.ts';
import { createBatch } from '../enrich/facts.ts';
import { EMPTY_MODEL, type LearnedModel } from '../enrich/model.ts';
import { NetworkTable } from '../enrich/network.ts';
import { rawFrom, TEST_TIME } from '../enrich/testing.ts';
import { evolve } from './evolve.ts';
import { ModelLearner } from './learner.ts';

interface Step {
  readonly who: number;
  readonly t: number;
  readonly method: string;
  readonly target: string;
  readonly status?: number;
  readonly cost?: number;
  readonly agent?: string;
}

const enricher = createEnricher({ seed: 0, model: EMPTY_MODEL, networks: NetworkTable.empty() });

function learn(steps: readonly Step[]): LearnedModel {
  const learner = new ModelLearner();
  for (const { who, t, method, target, status = 200, cost = 0, agent = 'Browser/1' } of steps) {
    const timeMs = TEST_TIME + t * 1000;
    const raw = rawFrom({ address: `192.0.2.${who}`, method, target, status, timeMs, agent });
    const batch = createBatch(1, raw.buf);
    enricher.row(raw, batch, 0, 0, 1);
    setExtras(batch, 0, { cost }, 0);
    learner.observe(batch, 0);
  }
  return learner.finish();
}

/** A shop: everybody looks, adds, pays, in one of two orders. */
const WAYS = [
  [
    'GET /',
    'GET /items',
    'GET /items/7',
    'POST /cart',
    'GET /cart',
    'POST /payment',
    'POST /orders',
    'GET /',
    'GET /items',
  ],
  [
    'GET /',
    'GET /items/9',
    'GET /items',
    'GET /items/7',
    'POST /cart',
    'GET /cart',
    'POST /payment',
    'POST /orders',
    'GET /',
  ],
];
function shop(actors: number, more: Partial<Step> = {}): Step[] {
  return Array.from({ length: actors }, (_, who) =>
    [0, 1, 2].flatMap((visit) =>
      WAYS[(who + visit) % 2].map((step, i): Step => {
        const [method, target] = step.split(' ');
        return { who, t: who + visit * 3600 * 5 + i * 20, method, target, ...more };
      }),
    ),
  ).flat();
}

/** Surprise of a pair in a model, by names; −1 where the table has none. */
function pair(model: LearnedModel, from: string, to: string): number {
  const { steps = [], pairs = [] } = model.baselines.journeys ?? {};
  const [a, b] = [steps.indexOf(from) + 2, steps.indexOf(to) + 2];
  for (let i = 0; i < pairs.length; i += 3) if (pairs[i] === a && pairs[i + 1] === b) return pairs[i + 2];
  return -1;
}

describe('journeys', () => {
  const model = learn(shop(60));
  const journeys = model.baselines.journeys;

  it('hold what follows what, as millinats, by what the step does and to which route', () => {
    expect(journeys?.steps).toEqual([
      'read /',
      'read /cart',
      'read /items',
      'read /items/{id}',
      'write /cart',
      'write /orders',
      'write /payment',
    ]);
    expect(journeys?.ways).toBe(177);
    expect(pair(model, 'write /cart', 'read /cart')).toBeLessThan(1000);
    expect(pair(model, 'write /orders', 'read /')).toBeLessThan(1000);
    expect(pair(model, 'read /', 'write /orders')).toBe(-1);
    const { unseen = 0, single = [] } = journeys ?? {};
    for (const step of single.slice(2)) expect(step).toBeLessThan(unseen);
  });

  it('have a threshold that none of these ways comes near', () => {
    expect(journeys?.threshold).toBeGreaterThanOrEqual(2500);
    expect(journeys?.threshold).toBeLessThanOrEqual(9000);
  });

  it('depend on the set of lines alone', () => {
    const shuffled = shop(60)
      .map((step, i) => ({ step, at: Math.imul(i + 1, 0x9e3779b1) >>> 0 }))
      .sort((a, b) => a.at - b.at)
      .map(({ step }) => step);
    expect(learn(shuffled).baselines.journeys).toEqual(journeys);
  });

  it('are not taught by one loud actor, by crawlers, by what is not there or by what pages load', () => {
    const loud = Array.from({ length: 400 }, (_, i): Step[] => [
      { who: 250, t: 40_000 + i * 8, method: 'GET', target: '/' },
      { who: 250, t: 40_004 + i * 8, method: 'POST', target: '/orders' },
    ]).flat();
    const more: Step[] = [
      ...loud,
      ...shop(5, {
        agent: 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
        target: '/secret',
      }),
      ...shop(60).map((step): Step => ({ ...step, t: step.t + 5, method: 'GET', target: '/gone', status: 404 })),
      ...shop(60).map((step): Step => ({ ...step, t: step.t + 6, method: 'GET', target: '/style.css' })),
    ];
    const taught = learn([...shop(60), ...more]);
    expect(pair(taught, 'read /', 'write /orders')).toBeGreaterThan(2500);
    expect(taught.baselines.journeys?.steps.filter((name) => /secret|gone|style/.test(name))).toEqual([]);
    expect(Math.abs(pair(taught, 'write /cart', 'read /cart') - pair(model, 'write /cart', 'read /cart'))).toBeLessThan(
      50,
    );
  });

  it('are not learned from a few', () => {
    expect(learn(shop(15)).baselines.journeys).toBeUndefined();
    expect(learn(shop(60).filter((step) => step.t % 3600 < 100)).baselines.journeys).toBeUndefined();
  });

  it('are renewed once a day at most, and not forgotten', () => {
    const at = (learnedMs: number) => ({ learnedMs, exchanges: 1, settled: true });
    const first = evolve(EMPTY_MODEL, model, at(1_000_000));
    expect(first.baselines.journeys).toEqual({ ...journeys, learnedMs: 1_000_000 });
    const other = learn(shop(80));
    const soon = evolve(first, other, at(1_000_000 + 3_600_000));
    expect(soon.baselines.journeys).toEqual(first.baselines.journeys);
    const later = evolve(soon, other, at(1_000_000 + 86_400_000));
    expect(later.baselines.journeys?.ways).toBe(237);
    const { journeys: _, ...without } = model.baselines;
    const kept = evolve(later, { ...model, baselines: without }, at(1_000_000 + 3 * 86_400_000));
    expect(kept.baselines.journeys).toEqual(later.baselines.journeys);
  });
});

describe('costs', () => {
  it('are those of requests and of busy minutes, over actors', () => {
    const steps = shop(60).map((step, i): Step => ({ ...step, cost: 10 + (i % 50) }));
    const { cost } = learn(steps).baselines;
    expect(cost?.p99).toBeGreaterThan(30);
    expect(cost?.p99).toBeLessThan(60);
    expect(cost?.perMinuteP999).toBe(1000);
  });

  it('are not set by one who spends', () => {
    const one = Array.from(
      { length: 900 },
      (_, i): Step => ({
        who: 251,
        t: i * 3,
        method: 'POST',
        target: '/cart',
        cost: 90_000,
      }),
    );
    const { cost } = learn([...shop(60, { cost: 10 }), ...one]).baselines;
    expect(cost).toEqual({ p99: 10, perMinuteP999: 1000 });
  });

  it('are absent where requests do not tell what they cost', () => {
    expect(learn(shop(60)).baselines.cost).toBeUndefined();
  });
});
