import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../enrich/kinds.ts';
import { compileSchemas } from './set.ts';
import { asked, askedJson, bodyDepartures, fits, type Part, setOf, string } from './testing.ts';

describe('schemas of OpenAPI 3.0', () => {
  it('may be nullable', () => {
    const set = setOf(
      {
        type: 'object',
        properties: {
          a: { type: 'string', nullable: true, enum: ['x'] },
          b: { nullable: true, allOf: [{ $ref: '#/components/schemas/S' }] },
          c: string,
        },
      },
      { S: string },
    );
    expect(fits(set, { a: null, b: null, c: 'x' })).toBe(true);
    expect(fits(set, { a: 'x', b: 'y' })).toBe(true);
    expect(fits(set, { c: null })).toBe(false);
    expect(fits(set, { a: 'z' })).toBe(false);
    expect(fits(set, { b: 7 })).toBe(false);
  });

  it('have bounds that may be outside', () => {
    const set = setOf({ type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 10, exclusiveMaximum: false });
    expect([0, 0.1, 10, 10.1].map((n) => fits(set, n))).toEqual([false, true, true, false]);
  });

  it('say nothing beside a reference', () => {
    expect(fits(setOf({ $ref: '#/components/schemas/S', maxLength: 1 }, { S: string }), 'long')).toBe(true);
    expect(fits(setOf({ $ref: '#/components/schemas/S', maxLength: 1 }, { S: string }, '3.1.0'), 'long')).toBe(false);
  });
});

describe('schemas of OpenAPI 3.1', () => {
  it('are those of JSON Schema', () => {
    const set = setOf(
      {
        type: ['object', 'null'],
        properties: {
          pair: { type: 'array', prefixItems: [string, { const: 1 }], items: false },
          e: { exclusiveMinimum: 3 },
        },
        dependentRequired: { e: ['pair'] },
        unevaluatedProperties: false,
      },
      {},
      '3.1.0',
    );
    expect(fits(set, null)).toBe(true);
    expect(fits(set, { pair: ['a', 1], e: 4 })).toBe(true);
    expect(fits(set, { pair: ['a', 2] })).toBe(false);
    expect(fits(set, { pair: ['a', 1, 2] })).toBe(false);
    expect(fits(set, { e: 4 })).toBe(false);
    expect(fits(set, { f: 1 })).toBe(false);
  });
});

describe('Swagger 2', () => {
  const set = compileSchemas(
    {
      swagger: '2.0',
      basePath: '/v2',
      consumes: ['application/json'],
      paths: {
        '/pets': {
          get: {
            parameters: [
              { name: 'ids', in: 'query', type: 'array', items: { type: 'integer' }, collectionFormat: 'pipes' },
            ],
          },
          post: { parameters: [{ name: 'pet', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } }] },
          put: {
            parameters: [
              { name: 'n', in: 'formData', required: true, type: 'integer' },
              { name: 'f', in: 'formData', type: 'file' },
            ],
          },
        },
      },
      definitions: {
        Pet: { type: 'object', required: ['name'], properties: { name: { type: 'string', 'x-nullable': true } } },
      },
    },
    {},
  );
  const check = (method: string, target: string, value?: unknown, mediaType = 'application/json') => {
    const [head, body] =
      value === undefined ? [asked(method, target), null] : askedJson(method, target, value, { mediaType });
    return set.check(head, '/v2/pets', body).violations.map(({ where }) => where);
  };

  it('has parameters, bodies and forms', () => {
    expect(check('GET', '/v2/pets?ids=1%7C2')).toEqual([]);
    expect(check('GET', '/v2/pets?ids=1%7Cx')).toEqual(['query.ids[1]']);
    expect(check('POST', '/v2/pets', { name: null })).toEqual([]);
    expect(check('POST', '/v2/pets', {})).toEqual(['body$.name']);
    expect(check('POST', '/v2/pets')).toEqual(['body']);
    expect(check('PUT', '/v2/pets', { n: '1', f: 'x' }, 'multipart/form-data; boundary=x')).toEqual([]);
    expect(check('PUT', '/v2/pets', { n: 'a' }, 'application/x-www-form-urlencoded')).toEqual(['body$.n']);
    expect(check('PUT', '/v2/pets', { n: '1' })).toEqual(['body']);
  });
});

describe('discriminators', () => {
  const forms = {
    Card: { type: 'object', required: ['kind', 'number'], properties: { kind: string, number: string } },
    Bank: {
      type: 'object',
      required: ['kind', 'iban'],
      properties: { kind: string, iban: { type: 'string', minLength: 4 } },
    },
  };
  const oneOf = [{ $ref: '#/components/schemas/Card' }, { $ref: '#/components/schemas/Bank' }];

  it('choose the form that is compared', () => {
    const set = setOf(
      { oneOf, discriminator: { propertyName: 'kind', mapping: { card: '#/components/schemas/Card', bank: 'Bank' } } },
      forms,
    );
    expect(fits(set, { kind: 'card', number: '1' })).toBe(true);
    expect(bodyDepartures(set, { kind: 'bank', iban: 'x' })).toEqual([
      `${SCHEMA.range} body$.iban is shorter than 4 characters`,
    ]);
    expect(bodyDepartures(set, { kind: 'cash' })).toEqual([
      `${SCHEMA.range} body$.kind is none of the declared values`,
    ]);
    expect(bodyDepartures(set, { number: '1' })).toEqual([`${SCHEMA.missing} body$.kind is missing`]);
  });

  it('take the names of schemas where nothing else is said', () => {
    const set = setOf({ oneOf, discriminator: { propertyName: 'kind' } }, forms);
    expect(fits(set, { kind: 'Card', number: '1' })).toBe(true);
    expect(fits(set, { kind: 'card', number: '1' })).toBe(false);
  });
});

describe('references', () => {
  it('may come back to themselves', () => {
    const tree = {
      type: 'object',
      properties: { name: string, children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
    };
    const set = setOf({ $ref: '#/components/schemas/Tree' }, { Tree: tree });
    expect(fits(set, { name: 'a', children: [{ name: 'b', children: [] }] })).toBe(true);
    expect(bodyDepartures(set, { children: [{ children: [{ name: 7 }] }] })[0]).toContain(
      'body$.children[0].children[0].name',
    );
  });

  it('that lead nowhere, out, or round in a circle check nothing and are told', () => {
    for (const ref of [
      '#/components/schemas/None',
      'other.yaml#/X',
      'https://x.example/y',
      '#/components/schemas/Loop',
    ]) {
      const set = setOf({ $ref: ref }, { Loop: { $ref: '#/components/schemas/Loop' } });
      expect(bodyDepartures(set, 7).length, ref).toBeLessThan(2);
      if (!ref.includes('Loop')) expect(set.notes[0], ref).toContain('not checked');
    }
  });

  it('that are the object itself, as YAML can have it, end', () => {
    const schema: Part = { type: 'object' };
    schema.properties = { a: schema, b: schema, c: { type: 'integer' } };
    const set = setOf(schema);
    expect(fits(set, { c: 1, a: { c: 'x' } })).toBe(true);
    expect(bodyDepartures(set, { c: 'x' })).toHaveLength(1);
    expect(set.notes[0]).toContain('not checked');
  });

  it('can make checking expensive only so far', () => {
    // Each level tries both forms, so that depth n takes 2^n steps.
    const next = { $ref: '#/components/schemas/E' };
    const form = { type: 'object', properties: { a: next } };
    const set = setOf(next, { E: { oneOf: [form, form, { type: 'integer' }] } });
    let value: unknown = 1;
    for (let i = 0; i < 60; i++) value = { a: value };
    const begun = performance.now();
    expect(bodyDepartures(set, value)[0]).toContain('takes too long to compare');
    expect(performance.now() - begun).toBeLessThan(1000);
    let deep: unknown = [];
    for (let i = 0; i < 20_000; i++) deep = { a: deep };
    const list = setOf(
      { $ref: '#/components/schemas/L' },
      { L: { type: 'object', properties: { a: { $ref: '#/components/schemas/L' } } } },
    );
    const { body } = asked('POST', '/a', { body: Uint8Array.of(1) });
    const request = asked('POST', '/a', { body, mediaType: 'application/json' });
    const parsed = { kind: 1, problem: '', fields: [], value: deep, duplicates: [], bytes: 1 } as const;
    expect(list.check(request, '/a', parsed).violations).toHaveLength(1);
  });
});
