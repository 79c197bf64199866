/** What no document has, where a document lets nothing else in. */
import { describe, expect, it } from 'vitest';
import { ROUTE_CLASS } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { createSchemaDesk, type SchemaDesk, type SchemaDocument } from './index.ts';
import { asked, desk, documentOf, type Part } from './testing.ts';

const paths = {
  '/items': { get: {}, post: {} },
  '/items/{id}': { get: {}, put: {}, trace: {} },
  '/items/mine': { delete: {} },
  '/jobs': { post: {} },
};
const closed = (more: Partial<SchemaDocument> = {}, own: Part = paths): SchemaDesk =>
  desk(own, { basePath: '/v1', undeclaredRoutes: 'refuse', ...more });

/** Status of the refusal and its Allow; '' where there is none. */
function refusal(made: SchemaDesk, method: string, target: string, routeClass?: number): string {
  const { refusal: told } = made.check(asked(method, target, routeClass === undefined ? {} : { routeClass }), null);
  return told === null ? '' : [told.status, ...(told.headers ?? []).filter((_, i) => i % 2 === 1)].join(' ');
}

describe('a closed document', () => {
  it('refuses paths below its base path, and nothing else', () => {
    const made = closed();
    for (const target of ['/v1/other', '/v1/other?x=/v1/items', '/v1', '/v1/', '/v1/items/7/more', '/v1/items//'])
      expect(refusal(made, 'GET', target), target).toBe('404');
    for (const target of ['/', '/v2/items', '/v10/items', '/about', '/v1/items', '/v1/items/', '/v1/items/7'])
      expect(refusal(made, 'GET', target), target).toBe('');
    expect(refusal(made, 'OPTIONS', '*')).toBe('');
    expect(refusal(made, 'GET', '/v1/export.css', ROUTE_CLASS.asset)).toBe('404');
  });

  it('is not passed by another way to write a path', () => {
    const made = closed();
    for (const target of ['/%76%31/other', '//v1/other', '/./v1/other', '/x/../v1/other', '/V1/Other', '/v1;a=b/other'])
      expect(refusal(made, 'GET', target), target).toBe('404');
    // What a server that resolves nothing is asked for.
    expect(refusal(made, 'GET', '/v1/../about')).toBe('404');
  });

  it('is not passed by way of a parameter', () => {
    const made = closed({}, { '/items/{id}': { get: {} }, '/items/{id}/{part}': { get: {} } });
    const elsewhere = [
      '..',
      '../admin',
      '%2e%2e/admin',
      '..%2fadmin',
      'x%2f..%2f..%2fadmin',
      '..%5cadmin',
      '7/..;a',
      '.',
    ];
    for (const path of elsewhere) expect(refusal(made, 'GET', `/v1/items/${path}`), path).toBe('400');
    for (const path of ['...', '.7', '7.', 'a..b', '1.2', '.hidden/..x', 'a%2Fb'])
      expect(refusal(made, 'GET', `/v1/items/${path}`), path).toBe('');
  });

  it('refuses methods of its paths, and says which there are', () => {
    const made = closed();
    expect(refusal(made, 'DELETE', '/v1/items')).toBe('405 GET, HEAD, OPTIONS, POST');
    // Every template that fits counts.
    expect(refusal(made, 'POST', '/v1/items/mine')).toBe('405 DELETE, GET, HEAD, OPTIONS, PUT');
    expect(refusal(made, 'GET', '/v1/jobs')).toBe('405 OPTIONS, POST');
    // A server answers HEAD with what it has for GET, and here that is nothing.
    expect(refusal(made, 'HEAD', '/v1/jobs')).toBe('405 OPTIONS, POST');
    expect(refusal(made, 'HEAD', '/v1/items')).toBe('');
    expect(refusal(made, 'OPTIONS', '/v1/jobs')).toBe('');
  });

  it('tells what it refuses as facts', () => {
    const { bits, violations, sample } = closed().check(asked('GET', '/v1/other'), null);
    expect(bits).toBe(SCHEMA.undeclaredRoute | SCHEMA.refusedRoute);
    expect([violations.map(({ where }) => where), sample]).toEqual([['path'], null]);
    expect(closed().check(asked('PATCH', '/v1/items'), null).bits).toBe(SCHEMA.undeclaredMethod | SCHEMA.refusedRoute);
  });

  it('only tells what it would refuse in other modes', () => {
    for (const [mode, bits] of [
      ['report', SCHEMA.undeclaredRoute],
      ['learn', 0],
    ] as const) {
      const found = closed({ mode }).check(asked('GET', '/v1/x.css', { routeClass: ROUTE_CLASS.asset }), null);
      expect(found).toMatchObject({ bits, refusal: null, violations: [{ kind: SCHEMA.undeclaredRoute }] });
    }
    expect(refusal(closed({ undeclaredRoutes: 'report' }), 'GET', '/v1/other')).toBe('');
    expect(closed({ undeclaredRoutes: 'allow' }).check(asked('GET', '/v1/other'), null).violations).toEqual([]);
  });

  it('stands over every path where its servers have none, and routes let more in', () => {
    const made = closed({ basePath: undefined, routes: [{ path: '/static/**', methods: [], mode: 'report' }] });
    expect(refusal(made, 'GET', '/about')).toBe('404');
    expect(refusal(made, 'GET', '/static/a/b%20c.js')).toBe('');
    for (const target of [
      '/static/../about',
      '/static/..%2fabout',
      '/static/%2e%2e/x',
      '/static/..;/x',
      '/static\\..\\x',
    ])
      expect(refusal(made, 'GET', target), target).toBe('404');
    const byMethod = closed({ routes: [{ path: '/v1/jobs', methods: ['GET'], mode: 'learn' }] });
    expect(refusal(byMethod, 'GET', '/v1/jobs')).toBe('');
    expect(refusal(byMethod, 'HEAD', '/v1/jobs')).toBe('');
    expect(refusal(byMethod, 'PATCH', '/v1/jobs')).toBe('405 OPTIONS, POST');
  });

  it('can be closed for one route alone', () => {
    const made = closed({ mode: 'report', routes: [{ path: '/v1/items/**', methods: [], mode: 'enforce' }] });
    expect(refusal(made, 'GET', '/v1/items/7/more')).toBe('404');
    expect(refusal(made, 'GET', '/v1/other')).toBe('');
  });
});

describe('several documents', () => {
  const pair = (a: Partial<SchemaDocument>, b: Partial<SchemaDocument>): SchemaDesk =>
    createSchemaDesk({
      documents: [
        { document: documentOf({ '/a': { get: {} }, '/both': { get: {} } }), mode: 'enforce', ...a },
        { document: documentOf({ '/b': { get: {} }, '/both': { post: {} } }), mode: 'enforce', ...b },
      ],
    });

  it('refuse what none of them has', () => {
    const made = pair({ basePath: '/v1', undeclaredRoutes: 'refuse' }, { basePath: '/v1' });
    expect(refusal(made, 'GET', '/v1/b')).toBe('');
    expect(refusal(made, 'GET', '/v1/c')).toBe('404');
    expect(refusal(made, 'PUT', '/v1/both')).toBe('405 GET, HEAD, OPTIONS, POST');
    // The path is one of the open document.
    expect(refusal(made, 'PUT', '/v1/b')).toBe('');
  });

  it('speak for what lies nearest to them', () => {
    const made = pair({ basePath: '/', undeclaredRoutes: 'refuse' }, { basePath: '/beta' });
    expect(refusal(made, 'GET', '/x')).toBe('404');
    expect(refusal(made, 'GET', '/beta/x')).toBe('');
    expect(refusal(made, 'GET', '/BETA/x')).toBe('');
  });
});

describe('an open document', () => {
  it('is not passed by an encoded letter', () => {
    const integer = { name: 'p', in: 'query', schema: { type: 'integer' } };
    const made = desk({ '/items': { get: { parameters: [integer] } } });
    expect(refusal(made, 'GET', '/%69tems?p=x')).toBe('400');
    expect(refusal(made, 'GET', '/%69tems/%ff?p=x')).toBe('');
    expect(made.check(asked('GET', '/%69tems/%ff'), null).bits).toBe(SCHEMA.undeclaredRoute);
  });
});
