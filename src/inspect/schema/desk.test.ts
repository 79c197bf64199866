import { describe, expect, it } from 'vitest';
import { BODY_KIND, SCHEMA } from '../../enrich/kinds.ts';
import type { Asked, ParsedBody } from '../contract.ts';
import { createSchemaDesk, type SchemaDocument } from './index.ts';
import { asked, askedJson, departures, desk, documentOf, integer, type Part, parsed, string } from './testing.ts';

describe('which operation a request is', () => {
  const made = desk(
    {
      '/items': { get: { operationId: 'list' }, post: {} },
      '/items/{id}': { get: { operationId: 'one' }, put: { operationId: 'put' } },
      '/items/mine': { get: { operationId: 'mine' } },
      '/items/{id}.png': { get: { operationId: 'image' } },
      '/items/{id}/parts/{part}': { get: { operationId: 'part' } },
      '/range/{from}-{to}': { get: { operationId: 'range' } },
    },
    { basePath: '/v1' },
  );
  const idOf = (method: string, target: string) => made.check(asked(method, target), null).operation?.id ?? null;

  it('is the most exact template', () => {
    expect(idOf('GET', '/v1/items')).toBe('list');
    expect(idOf('GET', '/v1/items/?x=1')).toBe('list');
    expect(idOf('GET', '/v1/items/mine')).toBe('mine');
    expect(idOf('GET', '/v1/items/7')).toBe('one');
    expect(idOf('GET', '/v1/items/7.png')).toBe('image');
    expect(idOf('GET', '/v1/items/%37/parts/a%2Fb')).toBe('part');
    expect(idOf('GET', '/v1/range/1-5')).toBe('range');
    expect(idOf('HEAD', '/v1/items/7')).toBe('one');
  });

  it('is one that has the method, where a less exact one has it', () => {
    expect(idOf('PUT', '/v1/items/mine')).toBe('put');
  });

  it('is none for unknown paths and methods, and says which', () => {
    expect(departures(made, asked('GET', '/v1/none'))).toEqual(['undeclaredRoute path']);
    expect(departures(made, asked('GET', '/v1/items/7/'))).toEqual([]);
    expect(departures(made, asked('GET', '/v1/items//'))).toEqual(['undeclaredRoute path']);
    expect(departures(made, asked('DELETE', '/v1/items'))).toEqual(['undeclaredMethod method']);
    expect(departures(made, asked('OPTIONS', '/v1/items'))).toEqual([]);
    // Not below what the document is about.
    expect(departures(made, asked('GET', '/about'))).toEqual([]);
    expect(departures(made, asked('GET', '/v1/x.css', { routeClass: 1 }))).toEqual([]);
  });

  it('takes the paths of servers, and first documents before later ones', () => {
    const servers = [{ url: 'https://x.example/{stage}/api', variables: { stage: { default: 'live' } } }];
    const two = createSchemaDesk({
      documents: [
        { document: documentOf({ '/a': { get: { operationId: 'first' } } }, { servers }), mode: 'report' },
        { document: documentOf({ '/live/api/a': { get: { operationId: 'second' }, put: {} } }), mode: 'report' },
      ],
    });
    expect(two.check(asked('GET', '/live/api/a'), null).operation).toMatchObject({
      id: 'first',
      index: 0,
      document: 0,
    });
    expect(two.check(asked('PUT', '/live/api/a'), null).operation).toMatchObject({ index: 2, document: 1 });
  });
});

const post = (schema: Part, more: Partial<SchemaDocument> = {}, components: Part = {}) =>
  desk(
    { '/a': { post: { requestBody: { required: true, content: { 'application/json': { schema } } } } } },
    more,
    components,
  );
const body = (value: unknown) => askedJson('POST', '/a', value);

describe('bodies', () => {
  it('are compared with their schema', () => {
    const made = post({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', minLength: 2 },
        items: { type: 'array', items: { type: 'object', properties: { price: integer } } },
      },
    });
    expect(departures(made, body({ name: 'ann', items: [{ price: 1 }] }))).toEqual([]);
    expect(departures(made, body({ items: [] }))).toEqual(['missing body$.name']);
    expect(departures(made, body({ name: 7 }))).toEqual(['type body$.name']);
    expect(departures(made, body({ name: 'a' }))).toEqual(['range body$.name']);
    expect(departures(made, body({ name: 'ann', items: [{ price: 1 }, { price: '1' }] }))).toEqual([
      'type body$.items[1].price',
    ]);
    expect(departures(made, body(['ann']))).toEqual(['type body$']);
    // What every object has is not what this one has.
    expect(departures(post({ type: 'object', required: ['constructor'] }), body({}))).toEqual([
      'missing body$.constructor',
    ]);
  });

  it('are missing, or of another kind', () => {
    const made = post({ type: 'object' });
    expect(departures(made, asked('POST', '/a'))).toEqual(['missing body']);
    expect(departures(made, asked('POST', '/a', { headers: ['Content-Length', '0'] }))).toEqual(['missing body']);
    expect(departures(made, asked('POST', '/a', { mediaType: 'text/xml', body: Uint8Array.of(1) }))).toEqual([
      'mediaType body',
    ]);
    const [head, taken] = body({});
    expect(departures(made, [{ ...head, mediaType: 'Application/JSON; charset=utf-8' }, taken])).toEqual([]);
    expect(departures(made, [head, parsed(undefined, { problem: 'syntax' })])).toEqual(['format body']);
    expect(departures(made, [{ ...head, cut: true }, parsed(undefined, { problem: 'truncated' })])).toEqual([]);
    expect(departures(made, [head, parsed({}, { duplicates: ['$.role'] })])).toEqual(['duplicate body$.role']);
    expect(departures(made, [head, parsed({}, { problem: 'depth' })])).toEqual(['range body']);
    expect(departures(made, [head, parsed(Object.assign(Object.create(null), { a: 1 }))])).toEqual([]);
  });

  it('are refused with the status that says what to mend', () => {
    const made = desk({
      '/a': {
        post: {
          deprecated: true,
          parameters: [{ name: 'p', in: 'query', schema: integer }],
          requestBody: { content: { 'application/json': { schema: { type: 'object', required: ['x'] } } } },
        },
      },
    });
    const refusal = (target: string, value: unknown, more: Partial<Asked> = {}) => {
      const [head, taken] = askedJson('POST', target, value, more);
      return made.check(head, taken).refusal;
    };
    expect(refusal('/a', { x: 1 })).toBeNull();
    expect(refusal('/a?p=x', { x: 1 })).toMatchObject({ status: 400, code: 'SP7901' });
    expect(refusal('/a', {})).toMatchObject({ status: 422, code: 'SP7903', violations: [{ where: 'body$.x' }] });
    expect(refusal('/a', {}, { mediaType: 'text/plain' })).toMatchObject({ status: 415, code: 'SP7902' });
    expect(departures(made, askedJson('POST', '/a', { x: 1 }))).toEqual(['deprecated path']);
  });

  it('with properties that nothing names are told, and not refused by that', () => {
    const user = {
      type: 'object',
      properties: { name: string, role: { type: 'string', readOnly: true } },
      required: ['name', 'role'],
    };
    const made = post({ $ref: '#/components/schemas/User' }, {}, { schemas: { User: user } });
    expect(departures(made, body({ name: 'ann' }))).toEqual([]);
    expect(departures(made, body({ name: 'ann', role: 'admin', extra: 1 }))).toEqual([
      'undeclaredParameter body$.role',
      'undeclaredParameter body$.extra',
    ]);
    const [head, taken] = body({ name: 'ann', role: 'admin' });
    expect(made.check(head, taken).refusal).toBeNull();
    const strict = post({ ...user, additionalProperties: false });
    const [strictHead, strictBody] = body({ name: 'ann', extra: 1 });
    expect(strict.check(strictHead, strictBody).refusal).toMatchObject({ status: 422 });
    expect(departures(post({ type: 'object' }), body({ anything: 1 }))).toEqual([]);
    expect(
      departures(post({ type: 'object', properties: { a: string }, additionalProperties: string }), body({ b: 'x' })),
    ).toEqual([]);
  });

  it('may be forms, whose texts are read as their types and left as they are', () => {
    const schema = {
      type: 'object',
      required: ['n'],
      properties: {
        n: integer,
        tags: { type: 'array', items: string },
        o: { type: 'object', properties: { x: integer } },
      },
    };
    const made = desk({
      '/a': { post: { requestBody: { content: { 'application/x-www-form-urlencoded': { schema } } } } },
    });
    const form = (value: Record<string, unknown>): [Asked, ParsedBody] => [
      asked('POST', '/a', { mediaType: 'application/x-www-form-urlencoded', body: Uint8Array.of(1) }),
      parsed(value, { kind: BODY_KIND.form }),
    ];
    const value = { n: '7', tags: 'a', o: { x: '1' } };
    expect(departures(made, form(value))).toEqual([]);
    expect(value).toEqual({ n: '7', tags: 'a', o: { x: '1' } });
    expect(departures(made, form({ n: '7', o: '{"x":1}' }))).toEqual([]);
    expect(departures(made, form({ n: '7', tags: ['a', 'b'] }))).toEqual([]);
    expect(departures(made, form({ n: 'x' }))).toEqual(['type body$.n']);
    expect(departures(made, form({ n: '1', o: '{"x":"a"}' }))).toEqual(['type body$.o.x']);
  });

  it('where none is declared are told', () => {
    const made = desk({ '/a': { get: {} } });
    expect(departures(made, askedJson('GET', '/a', {}))).toEqual(['undeclaredParameter body']);
  });
});

describe('modes', () => {
  const paths = { '/a': { get: { parameters: [{ name: 'p', in: 'query', schema: integer }] } } };
  const wrong = asked('GET', '/a?p=x');

  it('say what comes of a departure', () => {
    expect(desk(paths, { mode: 'learn' }).check(wrong, null)).toMatchObject({
      bits: 0,
      refusal: null,
      violations: [{}],
    });
    expect(desk(paths, { mode: 'report' }).check(wrong, null)).toMatchObject({ bits: SCHEMA.type, refusal: null });
    expect(desk(paths, { mode: 'enforce' }).check(wrong, null)).toMatchObject({
      bits: SCHEMA.type,
      refusal: { status: 400 },
    });
    expect(desk(paths, { mode: 'learn' }).check(asked('GET', '/b'), null).bits).toBe(0);
  });

  it('can differ by route', () => {
    const made = desk(paths, { mode: 'enforce', routes: [{ path: '/a*', methods: ['GET'], mode: 'learn' }] });
    expect(made.check(wrong, null).refusal).toBeNull();
    expect(made.operations[0].mode).toBe('learn');
  });
});
