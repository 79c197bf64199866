import { describe, expect, it } from 'vitest';
import { asked, departures, desk, integer, type Part, string } from './testing.ts';

const query = (parameter: Part) => desk({ '/a': { get: { parameters: [{ name: 'p', in: 'query', ...parameter }] } } });

describe('query parameters', () => {
  it('are read as their type', () => {
    const made = query({ schema: { type: 'integer', minimum: 1, maximum: 9 } });
    expect(departures(made, asked('GET', '/a?p=3'))).toEqual([]);
    for (const text of ['x', '1.5', '0x3', '%203', '', '1e', 'Infinity', '1%2B1', 'true', '3%00']) {
      expect(departures(made, asked('GET', `/a?p=${text}`)), text).toEqual(['type query.p']);
    }
    expect(departures(made, asked('GET', '/a?p=10'))).toEqual(['range query.p']);
    expect(departures(query({ schema: { type: 'boolean' } }), asked('GET', '/a?p=true'))).toEqual([]);
    expect(departures(query({ schema: { type: 'boolean' } }), asked('GET', '/a?p=2'))).toEqual(['type query.p']);
    expect(departures(query({ schema: { type: 'string', enum: ['1', '2'] } }), asked('GET', '/a?p=1'))).toEqual([]);
    expect(departures(query({ schema: { enum: [1, 2], type: 'integer' } }), asked('GET', '/a?p=3'))).toEqual([
      'range query.p',
    ]);
  });

  it('are missing, and may be empty where that is said', () => {
    expect(departures(query({ required: true, schema: string }), asked('GET', '/a'))).toEqual(['missing query.p']);
    expect(departures(query({ required: true, schema: string }), asked('GET', '/a?p='))).toEqual([]);
    expect(departures(query({ allowEmptyValue: true, schema: integer }), asked('GET', '/a?p'))).toEqual([]);
  });

  it('are lists in each style', () => {
    const list = { type: 'array', items: integer, maxItems: 3 };
    const cases: [Part, string, string[]][] = [
      [{}, 'p=1&p=2', []],
      [{}, 'p[]=1&p[]=2', []],
      [{}, 'p=1&p=x', ['type query.p[1]']],
      [{ explode: false }, 'p=1,2,3', []],
      [{ explode: false }, 'p=1,2,3,4', ['range query.p']],
      [{ style: 'spaceDelimited', explode: false }, 'p=1%202', []],
      [{ style: 'pipeDelimited', explode: false }, 'p=1%7C2', []],
      [{ style: 'pipeDelimited', explode: false }, 'p=1,2', ['type query.p[0]']],
    ];
    for (const [style, text, expected] of cases) {
      const found = departures(query({ schema: list, ...style }), asked('GET', `/a?${text}`));
      expect(found, JSON.stringify([style, text])).toEqual(expected);
    }
  });

  it('are objects in each style', () => {
    const object = {
      type: 'object',
      properties: { x: integer, y: string },
      required: ['x'],
      additionalProperties: false,
    };
    const cases: [Part, string, string[]][] = [
      [{ style: 'deepObject' }, 'p[x]=1&p[y]=a', []],
      [{ style: 'deepObject' }, 'p%5Bx%5D=b', ['type query.p.x']],
      [{ style: 'deepObject' }, 'p[x]=1&p[z]=1', ['undeclaredParameter query.p.z']],
      [{}, 'x=1&y=2', []],
      [{}, 'y=2', ['missing query.p.x']],
      [{}, 'x=1&z=2', ['undeclaredParameter query.z']],
      [{ explode: false }, 'p=x,1,y,a', []],
      [{ explode: false }, 'p=x,a', ['type query.p.x']],
    ];
    for (const [style, text, expected] of cases) {
      const found = departures(query({ schema: object, ...style }), asked('GET', `/a?${text}`));
      expect(found, JSON.stringify([style, text])).toEqual(expected);
    }
  });

  it('are JSON where the document says so', () => {
    const made = query({ content: { 'application/json': { schema: { type: 'object', properties: { x: integer } } } } });
    expect(departures(made, asked('GET', '/a?p=%7B%22x%22%3A1%7D'))).toEqual([]);
    expect(departures(made, asked('GET', '/a?p=%7B%22x%22%3A%22a%22%7D'))).toEqual(['type query.p.x']);
    expect(departures(made, asked('GET', '/a?p=nonsense'))).toEqual(['type query.p']);
  });

  it('stand twice, and are looked at each', () => {
    expect(departures(query({ schema: integer }), asked('GET', '/a?p=1&p=2'))).toEqual(['duplicate query.p']);
    expect(departures(query({ schema: integer }), asked('GET', '/a?p=1&p=x'))).toEqual([
      'duplicate query.p',
      'type query.p',
    ]);
  });

  it('are told where nothing declares them, also to the inventory', () => {
    const made = query({ schema: integer });
    const found = made.check(asked('GET', '/a?debug=1&p=1&x%3Cy=2'), null);
    expect(found.undeclared).toEqual(['debug', 'x<y']);
    expect(found.violations.map(({ where }) => where)).toEqual(['query.debug', "query['x?y']"]);
    expect(found.refusal).toBeNull();
    expect(departures(made, asked('GET', '/a?utm_source=x&gclid=1&_=17'))).toEqual([]);
    const silent = desk({ '/a': { get: {} } }, { undeclared: 'allow' }).check(asked('GET', '/a?debug=1'), null);
    expect(silent).toMatchObject({ undeclared: ['debug'], violations: [], bits: 0, refusal: null });
    const strict = desk({ '/a': { get: {} } }, { undeclared: 'refuse' }).check(asked('GET', '/a?debug=1'), null);
    expect(strict.refusal).toMatchObject({ status: 400, code: 'SP7901' });
  });

  it('that carry declared keys are declared', () => {
    const components = { securitySchemes: { k: { type: 'apiKey', in: 'query', name: 'key' } } };
    const made = desk({ '/a': { get: { security: [{ k: [] }] } } }, {}, components);
    expect(departures(made, asked('GET', '/a?key=1'))).toEqual([]);
    expect(made.operations[0].secured).toBe(true);
  });

  it('are bounded in number', () => {
    const many = Array.from({ length: 2000 }, (_, i) => `a${i}=1`).join('&');
    const found = departures(query({ schema: integer }), asked('GET', `/a?${many}`));
    expect(found).toHaveLength(8);
    expect(found[0]).toBe('range query');
  });
});

describe('parameters in path, headers and cookies', () => {
  const one = (place: string, more: Part) =>
    desk({ [place === 'path' ? '/a/{p}' : '/a']: { get: { parameters: [{ name: 'p', in: place, ...more }] } } });

  it('of paths have their styles', () => {
    const list = { type: 'array', items: integer };
    const cases: [Part, string, string[]][] = [
      [{ schema: integer }, '7', []],
      [{ schema: integer }, 'me', ['type path.p']],
      [{ schema: { type: 'string', format: 'uuid' } }, '123e4567-e89b-42d3-a456-426614174000', []],
      [{ schema: { type: 'string', format: 'uuid' } }, '7', ['format path.p']],
      [{ schema: list }, '1,2', []],
      [{ schema: list }, '1,x', ['type path.p[1]']],
      [{ style: 'label', schema: integer }, '.7', []],
      [{ style: 'label', explode: true, schema: list }, '.1.2', []],
      [{ style: 'matrix', schema: integer }, ';p=7', []],
      [{ style: 'matrix', schema: integer }, ';p=x', ['type path.p']],
      [{ style: 'matrix', explode: true, schema: list }, ';p=1;p=2', []],
      [{ style: 'matrix', explode: true, schema: { type: 'object', properties: { x: integer } } }, ';x=1', []],
      [
        { style: 'simple', explode: true, schema: { type: 'object', properties: { x: integer } } },
        'x=a',
        ['type path.p.x'],
      ],
    ];
    for (const [more, text, expected] of cases) {
      expect(departures(one('path', more), asked('GET', `/a/${text}`)), JSON.stringify([more, text])).toEqual(expected);
    }
  });

  it('of headers and cookies are found whatever the case', () => {
    const header = one('header', { name: 'X-Count', required: true, schema: integer });
    expect(departures(header, asked('GET', '/a', { headers: ['x-COUNT', '4'] }))).toEqual([]);
    expect(departures(header, asked('GET', '/a', { headers: ['X-Count', 'four'] }))).toEqual(['type header.X-Count']);
    expect(departures(header, asked('GET', '/a'))).toEqual(['missing header.X-Count']);
    const cookie = one('cookie', { schema: integer });
    expect(departures(cookie, asked('GET', '/a', { headers: ['Cookie', 'a=b; p=1'] }))).toEqual([]);
    expect(departures(cookie, asked('GET', '/a', { headers: ['Cookie', 'p=b'] }))).toEqual(['type cookie.p']);
  });
});
