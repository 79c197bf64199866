import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROUTE_CLASS } from '../enrich/facts.ts';
import {
  type Baselines,
  EMPTY_MODEL,
  type LearnedModel,
  PRIOR_BASELINES,
  type RouteTemplate,
} from '../enrich/model.ts';
import { RouteMatcher } from '../enrich/routes/matcher.ts';
import { DRIFT_A_DAY, evolve, MAX_ROUTES, steersAlike, uncovered, withoutRetired } from './evolve.ts';

fc.configureGlobal({ seed: 20240304 });

const HOUR = 3_600_000;
const T = Date.UTC(2025, 2, 3);

const route = (template: string, origin: RouteTemplate['origin'] = 'learned', requests = 10): RouteTemplate => ({
  template,
  routeClass: template.endsWith('login') ? ROUTE_CLASS.login : ROUTE_CLASS.api,
  answered: 1,
  requests,
  origin,
});
const model = (templates: readonly (string | RouteTemplate)[], baselines: Partial<Baselines> = {}): LearnedModel => ({
  version: 'm-test',
  routes: templates.map((t) => (typeof t === 'string' ? route(t) : t)),
  baselines: { ...PRIOR_BASELINES, origin: 'learned', ...baselines },
});
const next = (before: LearnedModel, learned: LearnedModel, hours = 1): LearnedModel =>
  evolve({ learnedMs: T, ...before }, learned, { learnedMs: T + hours * HOUR, exchanges: 500, settled: true });
const templatesOf = ({ routes }: LearnedModel) => routes.map((r) => (r.retired ? `(${r.template})` : r.template));
const matchOf = ({ routes }: LearnedModel, path: string): number => {
  const bytes = new TextEncoder().encode(path);
  return new RouteMatcher(routes, 0).match(bytes, 0, bytes.length);
};

describe('routes of a model that follows another', () => {
  it('keep their places; new ones come after them, those with most requests first', () => {
    const after = next(model(['/b', '/a']), model(['/a', '/aa', route('/c', 'learned', 99), '/b']));
    expect(templatesOf(after)).toEqual(['/b', '/a', '/c', '/aa']);
  });

  it('stay known when the newer sample does not show them', () => {
    expect(templatesOf(next(model(['/rare', '/x/{id}']), model(['/a'])))).toEqual(['/rare', '/x/{id}', '/a']);
  });

  it('retire where a more general one takes over, which starts under an id of its own', () => {
    const before = model(['/items/pear', '/items/plum/parts', '/other']);
    const after = next(before, model(['/items/{slug}', '/items/{slug}/parts', '/other']));
    expect(templatesOf(after)).toEqual([
      '(/items/pear)',
      '(/items/plum/parts)',
      '/other',
      '/items/{slug}',
      '/items/{slug}/parts',
    ]);
    expect(matchOf(before, '/items/pear')).toBe(1);
    expect(matchOf(after, '/items/pear')).toBe(4);
    expect(matchOf(after, '/items/plum/parts')).toBe(5);
    // Once retired, always: an id never comes to mean two things.
    expect(templatesOf(next(after, model(['/items/pear'])))).toEqual(templatesOf(after));
  });

  it('do not fall apart again into what a small sample takes for names', () => {
    const before = model(['/items/{slug}', '/users/{id}']);
    expect(templatesOf(next(before, model(['/items/pear', '/items/plum', '/users/17'])))).toEqual(templatesOf(before));
  });

  it('take the wider of two parameters, and leave alone those of which neither is', () => {
    expect(templatesOf(next(model(['/x/{id}']), model(['/x/{slug}'])))).toEqual(['(/x/{id})', '/x/{slug}']);
    expect(templatesOf(next(model(['/x/{slug}']), model(['/x/{id}'])))).toEqual(['/x/{slug}']);
    expect(templatesOf(next(model(['/x/{date}']), model(['/x/{uuid}'])))).toEqual(['/x/{date}', '/x/{uuid}']);
  });

  it('never lose what says by its name what it is for', () => {
    const before = model(['/accounts/login']);
    expect(templatesOf(next(before, model(['/accounts/{slug}'])))).toEqual(['/accounts/login', '/accounts/{slug}']);
    expect(templatesOf(next(model(['/accounts/{slug}']), before))).toEqual(['/accounts/{slug}', '/accounts/login']);
  });

  it('leave configured ones as they are, and count before learned ones at the start', () => {
    const before = model([route('/items/{sku}', 'configured'), route('/spec/pear', 'openapi')]);
    const after = next(before, model(['/spec/{slug}', '/items/{sku}']));
    expect(templatesOf(after)).toEqual(['/items/{sku}', '/spec/pear', '/spec/{slug}']);
    expect(uncovered([route('/items/{id}'), route('/new')], before.routes).map((r) => r.template)).toEqual(['/new']);
  });

  it('are bounded, and given up when a process starts anew', () => {
    const many = model(Array.from({ length: MAX_ROUTES - 1 }, (_, i) => `/r${i}x`));
    const after = next(many, model(['/y', '/z']));
    expect(after.routes.length).toBe(MAX_ROUTES);
    const retired = next(model(['/items/pear']), model(['/items/{slug}']));
    expect(templatesOf(withoutRetired(retired))).toEqual(['/items/{slug}']);
    expect(withoutRetired(retired).version).not.toBe(retired.version);
    expect(withoutRetired(after)).toBe(after);
  });

  it('whatever is learned: an id that matched goes on to mean its template, or nothing', () => {
    const segment = fc.constantFrom('a', 'pear-1', 'plum', '17', '{id}', '{slug}', '{uuid}', 'login');
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((s) => `/${s.join('/')}`);
    const paths = fc.uniqueArray(path, { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(paths, { minLength: 2, maxLength: 5 }), (steps) => {
        let current = model(steps[0]);
        for (const step of steps.slice(1)) {
          const after = next(current, model(step));
          current.routes.forEach((r, i) => {
            expect(after.routes[i].template).toBe(r.template);
            if (r.retired) expect(after.routes[i].retired).toBe(true);
          });
          expect(new Set(after.routes.map((r) => r.template)).size).toBe(after.routes.length);
          current = after;
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('baselines of a model that follows another', () => {
  it('are the first that were learned, whatever was assumed before', () => {
    const learned = model([], { miss: 0.19, requestsPerMinuteP999: 900 });
    expect(next(EMPTY_MODEL, learned).baselines).toEqual(learned.baselines);
  });

  it('move a tenth a day at most, however often a model is made, up or down', () => {
    const high = model([], { miss: 0.2, requestsPerMinuteP999: 1200, loginFailure: 0.1 });
    let now: LearnedModel = {
      ...model([], { miss: 0.03, requestsPerMinuteP999: 120, loginFailure: 0.3 }),
      learnedMs: T,
    };
    for (let hour = 1; hour <= 24; hour++)
      now = evolve(now, high, { learnedMs: T + hour * HOUR, exchanges: 500, settled: true });
    expect(now.baselines.miss / 0.03).toBeGreaterThan(1.09);
    expect(now.baselines.miss / 0.03).toBeLessThan(DRIFT_A_DAY + 0.001);
    expect(now.baselines.requestsPerMinuteP999 / 120).toBeCloseTo(DRIFT_A_DAY, 3);
    expect(now.baselines.loginFailure * DRIFT_A_DAY).toBeCloseTo(0.3, 3);
    const much = next(model([], { miss: 0.03 }), high, 24 * 90);
    expect(much.baselines.miss).toBeCloseTo(0.033, 5);
  });

  it('only become milder than what is assumed while the sample is short, and stay what was learned before', () => {
    const short = { learnedMs: T, exchanges: 500, settled: false };
    const quiet = model([], { miss: 0.03, requestsPerMinuteP999: 60, objectsPerHourP999: 900 });
    const { baselines } = evolve(EMPTY_MODEL, quiet, short);
    expect(baselines).toEqual({ ...PRIOR_BASELINES, objectsPerHourP999: 900 });
    // What a short sample has shown is not held on to.
    const quieter = model([], { objectsPerHourP999: 100 });
    expect(evolve({ ...EMPTY_MODEL, baselines }, quieter, short).baselines.objectsPerHourP999).toBe(100);
    const known = model([], { miss: 0.1 });
    expect(evolve(known, quiet, short).baselines).toEqual(known.baselines);
  });

  it('stay where too few were seen to learn from', () => {
    const before = model([], { miss: 0.1, loginFailureByHourOfWeek: Array<number>(168).fill(0.2) });
    const few = model([], { origin: 'prior' });
    expect(next(before, few).baselines).toEqual(before.baselines);
    expect(next(before, model([])).baselines.loginFailureByHourOfWeek).toEqual(
      before.baselines.loginFailureByHourOfWeek,
    );
  });
});

describe('what steers', () => {
  it('is not how much was asked for', () => {
    const before = model(['/a']);
    const counted = next(before, model([route('/a', 'learned', 5000)]));
    expect(counted.routes[0].requests).toBe(5000);
    expect(steersAlike({ ...before, learnedMs: T }, counted)).toBe(true);
    expect(steersAlike(before, next(before, model(['/b'])))).toBe(false);
    expect(steersAlike(before, next(before, model(['/a'], { miss: 0.1 })))).toBe(false);
  });
});
