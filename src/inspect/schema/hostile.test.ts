import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../enrich/kinds.ts';
import { compileSchemas } from './set.ts';
import { asked, bodyDepartures, fits, setOf, string } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

describe('keywords that could take long', () => {
  it('are bounded: items that must differ, patterns', () => {
    const set = setOf({ type: 'array', uniqueItems: true });
    const many = Array.from({ length: 20_000 }, (_, i) => ({ i }));
    const begun = performance.now();
    expect(fits(set, many)).toBe(true);
    expect(fits(set, [...many, { i: 5 }])).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(
      fits(set, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toBe(false);
  });

  it('are left out and named where they are dangerous', () => {
    const set = setOf({
      type: 'object',
      properties: {
        a: { type: 'string', pattern: '^(a+)+$' },
        b: { type: 'string', pattern: '^[a-z]+$' },
        c: { type: 'string', pattern: '^\\d+$' },
      },
      patternProperties: { '^(x+x+)+y': string },
      additionalProperties: false,
    });
    expect(fits(set, { a: `${'a'.repeat(60)}!`, b: 'ok', c: '7', z: 1 })).toBe(true);
    expect(bodyDepartures(set, { b: '7' })).toEqual([`${SCHEMA.format} body$.b does not have the declared pattern`]);
    expect(bodyDepartures(set, { c: 'x' })).toEqual([`${SCHEMA.format} body$.c does not have the declared pattern`]);
    expect(set.notes).toEqual(
      expect.arrayContaining([expect.stringContaining('^(a+)+$ can take exponential time; left out')]),
    );
    expect(set.notes).toHaveLength(2);
  });

  it('look at formats of texts up to a length only', () => {
    const set = setOf({ type: 'array', items: { type: 'string', format: 'uri' } });
    expect(fits(set, ['https://x.example/a?b=c'])).toBe(true);
    expect(fits(set, [`https://x.example/${'a'.repeat(100_000)}`])).toBe(false);
    const formats = [
      'date',
      'date-time',
      'time',
      'email',
      'uuid',
      'ipv4',
      'ipv6',
      'hostname',
      'uri-reference',
      'duration',
      'phone',
    ];
    for (const format of formats) {
      const schema = { type: 'string', format };
      expect(bodyDepartures(setOf(schema), 'x y').length, format).toBe(format === 'phone' ? 0 : 1);
    }
  });
});

describe('whatever a document holds', () => {
  const junk = fc.letrec((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom(
          'type',
          'properties',
          'items',
          'allOf',
          'oneOf',
          'anyOf',
          'not',
          'enum',
          'const',
          'pattern',
          'format',
          'required',
          '$ref',
          '$id',
          'minimum',
          'exclusiveMinimum',
          'maxLength',
          'uniqueItems',
          'nullable',
          'discriminator',
          'patternProperties',
          'additionalProperties',
          'dependentRequired',
          'prefixItems',
          '$async',
          '$data',
          '$defs',
          '$dynamicRef',
          'unevaluatedProperties',
          'propertyNames',
          'contains',
        ),
        fc.oneof(
          tie('schema'),
          fc.array(tie('schema'), { maxLength: 3 }),
          fc.dictionary(fc.string({ maxLength: 5 }), tie('schema'), { maxKeys: 3 }),
          fc.constantFrom(
            'string',
            'object',
            'integer',
            'array',
            'null',
            '#/components/schemas/A',
            '#',
            '#/paths',
            '[',
            '^a+$',
            true,
            false,
            -1,
            5,
          ),
        ),
        { maxKeys: 5 },
      ),
    ),
  }));

  it('compiles, and takes any body without falling over', () => {
    fc.assert(
      fc.property(
        junk.schema,
        junk.schema,
        fc.jsonValue(),
        fc.constantFrom('3.0.0', '3.1.0'),
        (schema, shared, value, version) => {
          const set = setOf(schema, { A: shared }, version);
          while (set.warm());
          expect(bodyDepartures(set, value).length).toBeLessThanOrEqual(8);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is taken as it is where it is no document', () => {
    for (const document of [null, 7, [], {}, { paths: [] }]) expect(() => compileSchemas(document)).toThrow(RangeError);
    const odd = {
      openapi: '3.0.0',
      paths: {
        '/a': { get: 7, put: { parameters: [7, { name: 'x' }, { in: 'query' }], requestBody: [] } },
        b: {},
        '/c': null,
      },
    };
    expect(compileSchemas(odd).operations.map(({ declared }) => declared.id)).toEqual(['PUT /a']);
  });
});

describe('whatever a request holds', () => {
  const set = compileSchemas({
    openapi: '3.0.0',
    paths: {
      '/a/{x}/{y}.json': {
        get: {
          parameters: [
            {
              name: 'x',
              in: 'path',
              required: true,
              style: 'matrix',
              explode: true,
              schema: { type: 'array', items: { type: 'integer' } },
            },
            {
              name: 'y',
              in: 'path',
              required: true,
              style: 'label',
              schema: { type: 'object', properties: { a: string } },
            },
            {
              name: 'd',
              in: 'query',
              style: 'deepObject',
              schema: { type: 'object', properties: { a: { type: 'integer' } } },
            },
            { name: 'l', in: 'query', explode: false, schema: { type: 'array', items: { type: 'number' } } },
            { name: 'c', in: 'cookie', schema: { type: 'integer' } },
            { name: 'X-H', in: 'header', schema: { type: 'array', items: { type: 'boolean' } } },
          ],
        },
      },
    },
  });
  const text = fc.string({ maxLength: 40, unit: fc.constantFrom(...'/{}?&=;,.[]%2fF%00|+ ad7xlc\u00e9') });

  it('ends in violations with places and sentences, and holds nothing of the values', () => {
    fc.assert(
      fc.property(text, text, text, text, (x, y, query, header) => {
        const path = `/a/${x}/${y}.json`.replace(/\?/g, '');
        const head = asked('GET', `${path}?${query}`, { headers: ['x-h', header, 'Cookie', header] });
        for (const { kind, where, what } of set.check(head, path, null).violations) {
          expect(Object.values(SCHEMA)).toContain(kind);
          expect(where.length).toBeLessThanOrEqual(202);
          expect(what.length).toBeGreaterThan(5);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
