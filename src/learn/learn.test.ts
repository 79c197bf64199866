import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAG, METHODS, ROUTE_CLASS, SOFTWARE_CLASS } from '../enrich/facts.ts';
import { type LearnedModel, PRIOR_BASELINES } from '../enrich/model.ts';
import { compileGlob } from '../enrich/routes/glob.ts';
import { batchFrom, type RawInit, rawFrom, TEST_TIME, testEnricher } from '../enrich/testing.ts';
import { RANGES } from './baselines.ts';
import { type LearnerOptions, ModelLearner } from './learner.ts';
import { routesFromOpenApi } from './openapi.ts';

fc.configureGlobal({ seed: 20240304 });

const address = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
const MINUTE = 60_000;

function learn(inits: readonly RawInit[], options: LearnerOptions = {}): LearnedModel {
  const batch = batchFrom(inits.map(rawFrom));
  const learner = new ModelLearner(options);
  for (let row = 0; row < batch.count; row++) learner.observe(batch, row);
  return learner.finish();
}
const templates = (model: LearnedModel): string[] => model.routes.map((r) => r.template);

/** Each target asked for by three actors. */
const visited = (targets: readonly string[], init: RawInit = {}): RawInit[] =>
  targets.flatMap((target, i) => [1, 2, 3].map((n) => ({ target, address: address(n + (i % 7) * 100), ...init })));

describe('route templates', () => {
  it('values meet in a parameter', () => {
    const model = learn(visited(['/users/123', '/users/abc-def', '/users/me', '/users', '/users/7/posts']));
    expect(templates(model)).toEqual(['/users', '/users/me', '/users/{id}', '/users/{id}/posts']);
  });
  it('are named after what values look like', () => {
    const model = learn(
      visited([
        '/a/6ba7b810-9dad-11d1-80b4-00c04fd430c8',
        '/b/d41d8cd98f00b204e9800998ecf8427e',
        '/c/2024-05-17',
        '/d/me@example.com',
        '/e/1.json',
        '/e/2.json',
        '/static/app.3f2a.css',
        '/static/site.css',
        '/v1/orders/cus_9s6XKzkNRiz8i3',
      ]),
    );
    expect(templates(model)).toEqual([
      '/a/{uuid}',
      '/b/{hash}',
      '/c/{date}',
      '/d/{email}',
      '/e/{id}.json',
      '/static/{file}.css',
      '/v1/orders/{id}',
    ]);
  });
  it('many words with one continuation are values; resources of an API are not', () => {
    const names = Array.from({ length: 60 }, (_, i) =>
      String.fromCharCode(97 + (i % 26)).repeat(2 + Math.floor(i / 26)),
    );
    const people = names.flatMap((name) => [`/people/${name}`, `/people/${name}/posts`]);
    expect(templates(learn(visited(people)))).toEqual(['/people/{slug}', '/people/{slug}/posts']);
    const resources = names.slice(0, 40).flatMap((name) => [`/api/${name}`, `/api/${name}/17`]);
    expect(templates(learn(visited(resources)))).toHaveLength(80);
  });
  it('slugs are values below the root, pages at it', () => {
    const slugs = Array.from({ length: 12 }, (_, i) => `how-to-${String.fromCharCode(97 + i)}`);
    expect(templates(learn(visited(slugs.map((s) => `/blog/${s}`))))).toEqual(['/blog/{slug}']);
    expect(templates(learn(visited(slugs.map((s) => `/${s}`))))).toHaveLength(12);
  });
  it('names of a class stay names beside values', () => {
    const model = learn(
      visited(['/users/1', '/users/2', '/users/3', '/users/sign-in', '/users/register'], { method: 'POST' }),
    );
    expect(templates(model)).toEqual(['/users/register', '/users/sign-in', '/users/{id}']);
    expect(model.routes.map((r) => r.routeClass)).toEqual([ROUTE_CLASS.signup, ROUTE_CLASS.login, ROUTE_CLASS.page]);
  });
  it('a share of what was answered goes with them', () => {
    const model = learn([
      ...visited(['/x/1', '/x/2']),
      { target: '/x/3', status: 404 },
      { target: '/x/4', status: 500 },
    ]);
    expect(model.routes).toEqual([
      { template: '/x/{id}', routeClass: ROUTE_CLASS.page, answered: 0.75, requests: 8, origin: 'learned' },
    ]);
  });
  it('redirects, refusals and single failures teach nothing', () => {
    const model = learn([
      ...visited(['/old'], { status: 301 }),
      ...visited(['/admin'], { status: 403 }),
      { target: '/once', status: 401 },
      ...visited(['/private'], { status: 401 }),
      ...visited(['/ok']),
    ]);
    expect(templates(model)).toEqual(['/ok', '/private']);
  });
});

describe('scanners', () => {
  const site = visited(['/', '/about', '/products/1', '/products/2', '/products/3']);
  const clean = templates(learn(site));
  const madeUp = (i: number): string => `/${(i * 7919).toString(36)}/${(i * 104_729).toString(36)}.php`;

  it('ten thousand made-up paths leave no template', () => {
    const scan = Array.from({ length: 10_000 }, (_, i) => ({ target: madeUp(i), status: 404, address: '203.0.113.9' }));
    expect(templates(learn([...site, ...scan]))).toEqual(clean);
  });
  it('nor where many addresses ask, nor where a catch-all answers one of them', () => {
    const spread = Array.from({ length: 3000 }, (_, i) => ({ target: madeUp(i), status: 404, address: address(i) }));
    expect(templates(learn([...site, ...spread]))).toEqual(clean);
    const answered = Array.from({ length: 3000 }, (_, i) => ({ target: madeUp(i), address: '203.0.113.9' }));
    expect(templates(learn([...site, ...answered]))).toEqual(clean);
  });
  it('nor do tools, probes and proxy requests teach', () => {
    const batch = batchFrom([...site, ...visited(['/t', '/p', 'http://x.example/q'])].map(rawFrom));
    const learner = new ModelLearner();
    for (let row = 0; row < batch.count; row++) {
      if (row >= site.length && row < site.length + 3) {
        batch.softwareClass[row] = SOFTWARE_CLASS.tool;
        batch.ipLo[row] += 0x1000000;
      }
      if (row >= site.length + 3 && row < site.length + 6) batch.probeRule[row] = 5;
      if (row >= site.length + 6) expect(batch.flags[row] & FLAG.PROXY_ATTEMPT).not.toBe(0);
      learner.observe(batch, row);
    }
    expect(templates(learner.finish())).toEqual(clean);
  });
});

describe('the model', () => {
  const segment = fc.oneof(fc.constantFrom('api', 'users', 'login', 'a-b', 'x.html'), fc.nat(50).map(String));
  const init = fc.record({
    target: fc.array(segment, { maxLength: 4 }).map((s) => `/${s.join('/')}`),
    address: fc.nat(12).map(address),
    status: fc.constantFrom(200, 200, 200, 401, 404),
    method: fc.constantFrom('GET', 'POST'),
    timeMs: fc.nat(600).map((m) => TEST_TIME + m * MINUTE),
    host: fc.constantFrom('', 'a.example', 'b.example'),
  });

  it('does not depend on the order of history, even where the sample is full', () => {
    fc.assert(
      fc.property(
        fc
          .array(init, { minLength: 1, maxLength: 120 })
          .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))),
        fc.constantFrom(10, 40, 1000),
        ([rows, shuffled], sampleRequests) => {
          expect(learn(shuffled, { sampleRequests })).toEqual(learn(rows, { sampleRequests }));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is bounded, and full cells are cut the same way in any order', () => {
    const rows = Array.from({ length: 4500 }, (_, i) => ({
      target: `/x/${i % 700}`,
      address: address(i % 3),
      timeMs: TEST_TIME + (i % 59) * MINUTE,
      timeMeaning: 'start' as const,
    }));
    const model = learn(rows, { sampleRequests: 2000 });
    expect(learn([...rows].reverse(), { sampleRequests: 2000 })).toEqual(model);
    expect(model.routes.map((r) => r.requests)).toEqual([2000]);
  });

  it('has a version that follows its content', () => {
    const a = learn(visited(['/a']));
    expect(a.version).toMatch(/^m-[0-9a-f]{16}$/);
    expect(learn(visited(['/a'])).version).toBe(a.version);
    expect(learn(visited(['/b'])).version).not.toBe(a.version);
  });

  it('knows its own hosts: from the log, else from referrers', () => {
    expect(learn(visited(['/a', '/b'], { host: 'Shop.example:443' })).hosts).toEqual(['shop.example']);
    const referred = visited(['/a', '/b'], { referrer: 'https://shop.example/x' });
    expect(learn([...referred, { referrer: 'https://search.example/' }]).hosts).toEqual(['shop.example']);
    expect(learn(visited(['/a'])).hosts).toEqual([]);
  });

  it('keeps configured templates and learns only what they leave', () => {
    const given = { answered: 1, requests: 0, origin: 'configured' as const };
    const routes = [
      { template: '/u/{name}', routeClass: ROUTE_CLASS.page, ...given },
      { template: '/special', routeClass: ROUTE_CLASS.login, ...given },
    ];
    const model = learn(visited(['/u/alice', '/u/bob', '/other', '/enter/now']), {
      routes,
      routeClasses: [{ glob: compileGlob('/enter/*'), routeClass: ROUTE_CLASS.login, method: 0 }],
    });
    expect(model.routes.map((r) => [r.template, r.origin, r.routeClass, r.requests])).toEqual([
      ['/enter/now', 'learned', ROUTE_CLASS.login, 3],
      ['/other', 'learned', ROUTE_CLASS.page, 3],
      ['/special', 'configured', ROUTE_CLASS.login, 0],
      ['/u/{name}', 'configured', ROUTE_CLASS.page, 6],
    ]);
  });

  it('gives the enricher known routes', () => {
    const model = learn(visited(['/users/1', '/users/2']));
    const enricher = testEnricher({ model });
    const batch = batchFrom([rawFrom({ target: '/users/99' }), rawFrom({ target: '/nothing' })], enricher);
    expect(batch.route[0]).toBe(1);
    expect(batch.flags[0] & FLAG.KNOWN_ROUTE).not.toBe(0);
    expect(batch.objectNumber[0]).toBe(99);
    expect(batch.flags[1] & FLAG.KNOWN_ROUTE).toBe(0);
  });
});

describe('baselines', () => {
  const people = (count: number, each: (actor: number) => RawInit[]): RawInit[] =>
    Array.from({ length: count }, (_, i) => each(i).map((init) => ({ address: address(i + 1), ...init }))).flat();
  const browse = (n: number): RawInit[] =>
    Array.from({ length: n }, (_, i) => ({ target: `/item/${i}`, timeMs: TEST_TIME + i * 20_000 }));

  it('are the priors where history is small', () => {
    expect(learn(people(5, () => browse(10))).baselines).toBe(PRIOR_BASELINES);
  });
  it('are learned per actor, so that one loud actor is one voice', () => {
    const benign = people(300, (i) => [...browse(10), ...(i % 3 === 0 ? [{ target: '/gone', status: 404 }] : [])]);
    const quiet = learn(benign).baselines;
    const loud = Array.from({ length: 3000 }, (_, i) => ({
      target: `/none/${i}`,
      status: 404,
      address: '203.0.113.9',
      timeMs: TEST_TIME + i,
    }));
    const taught = learn([...benign, ...loud]).baselines;
    expect(quiet.origin).toBe('learned');
    expect(taught.miss).toBeCloseTo(quiet.miss, 2);
    expect(taught.requestsPerMinuteP999).toBe(quiet.requestsPerMinuteP999);
    expect(taught.requestsPerMinuteP999).toBeLessThan(PRIOR_BASELINES.requestsPerMinuteP999);
  });
  it('stay within their ranges whatever history holds', () => {
    const bad = people(60, () =>
      Array.from({ length: 40 }, (_, i) => ({
        target: `/x/${i}`,
        status: i % 2 === 0 ? 404 : 403,
        timeMs: TEST_TIME + i,
      })),
    );
    const { baselines } = learn(bad);
    for (const [name, [low, high]] of Object.entries(RANGES)) {
      const value = baselines[name as keyof typeof RANGES];
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    }
    expect(baselines.miss).toBe(RANGES.miss[1]);
  });
  it('follow the hour of the week from two weeks on', () => {
    const hour = 3_600_000;
    const logins = (weeks: number): RawInit[] =>
      people(60, (actor) => [
        ...browse(6),
        ...Array.from({ length: weeks * 7 }, (_, day) => [
          // Monday 09:00 UTC goes wrong for everybody.
          {
            target: '/login',
            method: 'POST',
            status: day % 7 === 0 ? 401 : 200,
            timeMs: TEST_TIME + (day * 24 + 9) * hour,
          },
          { target: '/login', method: 'POST', status: 200, timeMs: TEST_TIME + (day * 24 + 10) * hour + actor },
        ]).flat(),
      ]);
    expect(learn(logins(1)).baselines.loginFailureByHourOfWeek).toEqual([]);
    const byHour = learn(logins(3)).baselines.loginFailureByHourOfWeek;
    expect(byHour).toHaveLength(168);
    expect(byHour.indexOf(Math.max(...byHour))).toBe(8);
  });
});

describe('OpenAPI', () => {
  it('gives templates below each server', () => {
    const routes = routesFromOpenApi({
      openapi: '3.1.0',
      servers: [
        { url: 'https://{env}.example/api/{v}/', variables: { env: { default: 'x' }, v: { default: 'v2' } } },
        { url: '/api/v2' },
      ],
      paths: {
        '/users/{userId}': { get: {} },
        '/login': { post: {} },
        '/sessions': { post: {} },
        '/own': { servers: [{ url: '//cdn.example/base' }], get: {} },
        '/': null,
        'x-extension': {},
      },
    });
    expect(routes.map((r) => r.template)).toEqual([
      '/api/v2',
      '/api/v2/login',
      '/api/v2/sessions',
      '/api/v2/users/{userId}',
      '/base/own',
    ]);
    expect(routes.map((r) => r.routeClass)).toEqual([
      ROUTE_CLASS.api,
      ROUTE_CLASS.login,
      ROUTE_CLASS.login,
      ROUTE_CLASS.api,
      ROUTE_CLASS.page,
    ]);
  });
  it('reads Swagger 2 and refuses what is no document', () => {
    expect(routesFromOpenApi({ swagger: '2.0', basePath: '/v1/', paths: { '/a?x={y}': {} } })[0].template).toBe(
      '/v1/a',
    );
    for (const bad of [null, 3, [], {}, { paths: 1 }]) expect(() => routesFromOpenApi(bad)).toThrow(RangeError);
  });
  it('never throws anything else', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (paths, servers) => {
        try {
          routesFromOpenApi({ paths, servers });
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

it('methods are those of the facts', () => expect(METHODS.indexOf('POST')).toBe(3));
