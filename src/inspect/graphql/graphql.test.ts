import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../enrich/kinds.ts';
import { ask, deskOf, SDL } from './testing.ts';

const plain = deskOf();
const wide = deskOf(
  'max_cost: 1000000000, max_depth: 100, max_aliases: 100000, max_root_fields: 100000, max_directives: 100000',
);
const withSchema = deskOf('schema: s, max_cost: 1000000000', { s: SDL });
const costOf = (query: string, variables = {}, desk = withSchema) => desk.read(ask({ query, variables })).cost;

describe('figures of a document', () => {
  it('depth, aliases, root fields, directives, duplicates', () => {
    const query = `query Q { a: me { friends { friends { name name } } } b: me { id @include(if: true) @skip(if: false) @skip(if: false) } me { id } }`;
    expect(wide.read(ask({ query }))).toMatchObject({
      ...{ depth: 4, aliases: 2, rootFields: 3, directives: 3, duplicates: 2, operations: 1 },
      ...{ operationName: 'Q', kind: 'query', problem: '', introspection: false, schemaBits: 0, refusal: null },
    });
  });

  it('fragments count as often as they are spread', () => {
    const query =
      '{ me { ...F } you: me { ...F ... on User { x: name } } } fragment F on User { y: id friends { z: id } }';
    expect(wide.read(ask({ query }))).toMatchObject({ depth: 3, aliases: 6, problem: '' });
  });

  it('of the operation that is chosen', () => {
    const query = 'query A { me { id } } mutation B { rename(name: "x") { friends { id } } }';
    expect(plain.read(ask({ query, operationName: 'A' }))).toMatchObject({
      depth: 2,
      kind: 'query',
      operationName: 'A',
    });
    expect(plain.read(ask({ query, operationName: 'B' }))).toMatchObject({ depth: 3, kind: 'mutation' });
    expect(plain.read(ask({ query })).problem).toBe('operation');
    expect(plain.read(ask({ query, operationName: 'C' })).refusal?.code).toBe('SP8017');
  });
});

describe('cost by a schema', () => {
  it.each<[string, string, Record<string, unknown>, number]>([
    ['one object', '{ me { id name } }', {}, 1],
    ['a connection by its argument', '{ users(first: 5) { total edges { node { id } } } }', {}, 1 + 5 * 2],
    ['both sized fields', '{ users(first: 5) { nodes { id } edges { node { id } } } }', {}, 1 + 5 + 10],
    ['the larger of two arguments', '{ users(first: 2, last: 9) { nodes { id } } }', {}, 1 + 9],
    ['a variable', 'query($n: Int) { users(first: $n) { nodes { id } } }', { n: 30 }, 31],
    ['the default of a variable', 'query($n: Int = 4) { users(first: $n) { nodes { id } } }', {}, 5],
    ['a variable written as text', 'query($n: Int) { users(first: $n) { nodes { id } } }', { n: '30' }, 31],
    ['an assumed size', '{ tags { name } }', {}, 50],
    [
      'an argument within an input, and the cost of another',
      '{ search(page: {size: 3}, deep: true) { id } }',
      {},
      7 + 3,
    ],
    ['weights of types and fields', '{ report { pdf } }', {}, 45],
    ['the dearest type of an interface', '{ node { id } }', {}, 40],
    ['the default size', '{ me { orders { id } } }', {}, 1 + 10],
    ['lists within lists', '{ users(first: 5) { nodes { friends(first: 3) { id } } } }', {}, 1 + 5 * (1 + 3)],
    [
      'a fragment in a sized field',
      '{ users(first: 5) { ...C } } fragment C on UserConnection { nodes { id } }',
      {},
      6,
    ],
    ['a size below zero is all there is', '{ users(first: -1) { nodes { id } } }', {}, 1_000_001],
    ['figures that stop', '{ users(first: 999999) { nodes { friends(first: 999999) { id } } } }', {}, 2_147_483_647],
  ])('%s', (_, query, variables, cost) => {
    expect(costOf(query, variables)).toBe(cost);
  });

  it('names fields that the schema does not have', () => {
    expect(withSchema.read(ask({ query: '{ me { secret } }' })).schemaBits).toBe(SCHEMA.undeclaredParameter);
    expect(withSchema.read(ask({ query: '{ me { id __typename } }' })).schemaBits).toBe(0);
  });

  it('refuses files that are none', () => {
    expect(() => deskOf('schema: s', { s: 'type Query {' })).toThrow(expect.objectContaining({ code: 'SP8003' }));
    expect(() => deskOf('schema: s', { s: 'type A { b: Int }' })).toThrow(expect.objectContaining({ code: 'SP8003' }));
  });
});

describe('cost without a schema', () => {
  it.each<[string, string, number]>([
    ['one object', '{ me { id } }', 1],
    ['values cost the least there is', '{ version }', 1],
    ['a connection', '{ users(first: 20) { edges { node { id } } } }', 1 + 20 * 2],
    ['a list by its argument', '{ search(limit: 20) { id } }', 20],
    ['a list by its name', '{ me { orders { id } } }', 1 + 10],
    ['names that only end so', '{ me { address { street } status { id } } }', 3],
  ])('%s', (_, query, cost) => {
    expect(costOf(query, {}, wide)).toBe(cost);
  });
});

describe('limits', () => {
  const nest = (levels: number) => `${'{a'.repeat(levels)}${'}'.repeat(levels)}`;
  const list = (count: number, of: (i: number) => string) =>
    `{${Array.from({ length: count }, (_, i) => of(i)).join(' ')}}`;
  it.each<[string, unknown, string]>([
    ['depth', { query: nest(16) }, 'SP8011'],
    ['aliases', { query: list(31, (i) => `a${i}: me`) }, 'SP8011'],
    ['root fields', { query: list(31, (i) => `f${i}`) }, 'SP8011'],
    ['directives', { query: `{ me { ${'id @a '.repeat(51)} } }` }, 'SP8011'],
    ['words', { query: list(15_001, () => 'a') }, 'SP8011'],
    ['brackets', { query: nest(300) }, 'SP8011'],
    ['cost', { query: '{ users(first: 99999) { nodes { id } } }' }, 'SP8012'],
    ['a batch', Array.from({ length: 11 }, () => ({ query: '{ me { id } }' })), 'SP8013'],
    [
      'cost of a batch',
      Array.from({ length: 10 }, () => ({ query: '{ users(first: 1100) { nodes { id } } }' })),
      'SP8012',
    ],
    ['a cycle', { query: '{ ...A } fragment A on Q { ...B } fragment B on Q { x { ...A } }' }, 'SP8010'],
    ['a fragment that is not there', { query: '{ ...A }' }, 'SP8010'],
    ['a mistake', { query: '{ me {' }, 'SP8010'],
    ['no JSON', '{"query": ', 'SP8010'],
    ['no query', {}, 'SP8010'],
    ['an empty batch element', [{ query: '{ me { id } }' }, 7], 'SP8010'],
  ])('%s', (_, body, code) => {
    expect(plain.read(ask(body)).refusal?.code).toBe(code);
  });

  it('are only reported where the mode says so', () => {
    const insight = deskOf('mode: report').read(ask({ query: nest(16) }));
    expect(insight).toMatchObject({ problem: 'depth', refusal: null });
  });

  it('bound what is too large to be weighed, too: it counts as more than is allowed', () => {
    const reporting = deskOf('mode: report, max_cost: 700');
    const cost = (body: unknown) => reporting.read(ask(body)).cost;
    expect(cost({ query: list(15_001, () => 'a') })).toBe(701);
    expect(cost({ query: nest(300) })).toBe(701);
    expect(cost(Array.from({ length: 11 }, () => ({ query: '{ me { id } }' })))).toBe(701);
    const long = { query: `{ me { id } } #${'x'.repeat(1_048_576)}` };
    expect(cost([{ query: '{ users(first: 999) { nodes { id } } }' }, long])).toBeGreaterThan(701);
    expect(cost(long)).toBe(701);
    // Nobody can execute it.
    expect(cost({ query: '{ me {' })).toBe(0);
  });

  it('hold for what stands in the query string of a POST', () => {
    const target = `/graphql?query=${encodeURIComponent(nest(16))}`;
    expect(plain.read(ask({ query: '{ me { id } }' }, { target })).problem).toBe('depth');
  });
});

describe('ways to ask', () => {
  const get = (query: string) => ask(null, { method: 'GET', target: `/graphql?${query}`, body: null });
  it('GET, which may not change anything', () => {
    const query = encodeURIComponent('query($n: Int) { users(first: $n) { nodes { id } } }');
    expect(plain.read(get(`query=${query}&variables=${encodeURIComponent('{"n":7}')}`))).toMatchObject({
      cost: 8,
      problem: '',
    });
    expect(plain.read(get(`query=${encodeURIComponent('mutation { rename }')}`)).refusal?.code).toBe('SP8019');
    expect(plain.read(get('query=%7Bme%7D&variables=%7B')).problem).toBe('syntax');
    expect(plain.read(get(''))).toMatchObject({ operations: 0, problem: '', refusal: null });
  });

  it('a document of its own', () => {
    expect(plain.read(ask('{ me { id } }', { mediaType: 'application/graphql' }))).toMatchObject({
      depth: 2,
      problem: '',
    });
  });

  it('multipart, whose first part has the operations', () => {
    const text = JSON.stringify({ query: 'mutation($f: Upload!) { upload(f: $f) { id } }', variables: { f: null } });
    const parsed = {
      ...({ kind: 3, problem: 'truncated', value: undefined, duplicates: [], bytes: 9 } as const),
      fields: [{ path: 'operations', name: 'operations', type: 'string', text } as const],
    };
    const sent = ask('--x…', { mediaType: 'multipart/form-data; boundary=x', parsed, cut: true });
    expect(plain.read(sent)).toMatchObject({ kind: 'mutation', depth: 2, problem: '' });
    expect(plain.read({ ...sent, parsed: null }).problem).toBe('syntax');
  });

  it('two documents in one request are refused', () => {
    const text = '{"query":"{ cheap }","query":"{ dear }"}';
    const known = { kind: 5, problem: '', fields: [], bytes: text.length, value: JSON.parse(text) } as const;
    const costOf = (duplicates: string[]) => plain.read(ask(text, { parsed: { ...known, duplicates } })).cost;
    expect([costOf(['$.query']), costOf([])]).toEqual([10_001, 1]);
    const read = (duplicates: string[]) => plain.read(ask(text, { parsed: { ...known, duplicates } })).problem;
    expect([read(['$.query']), read(['$.variables.query']), read([])]).toEqual(['syntax', '', '']);
  });

  it('a body of which only the beginning is there cannot be judged', () => {
    expect(plain.read(ask('{"query":"{ me', { cut: true })).refusal).toMatchObject({ status: 413 });
  });

  it('belong to the desk by path or media type', () => {
    const owns = ['/graphql', '/graphql/', '/api/v1/graphql?x=1', '/graphqlx', '/'].map((path) => plain.owns(path, ''));
    expect(owns).toEqual([true, true, true, false, false]);
    expect(plain.owns('/', 'application/graphql')).toBe(true);
    expect(deskOf('mode: off').owns('/graphql', '')).toBe(false);
  });
});

describe('introspection', () => {
  const query = getIntrospectionQuery();
  it('is reported, allowed or refused', () => {
    expect(plain.read(ask({ query }))).toMatchObject({
      introspection: true,
      problem: '',
      schemaBits: SCHEMA.introspection,
    });
    expect(deskOf('introspection: allow').read(ask({ query }))).toMatchObject({ schemaBits: 0, refusal: null });
    const refused = deskOf('mode: report, introspection: refuse').read(ask({ query }));
    expect(refused).toMatchObject({ schemaBits: SCHEMA.introspection, refusal: { code: 'SP8014' } });
    expect(refused.violations).toHaveLength(1);
  });

  it('is not the name of a type, and is found in fragments', () => {
    expect(plain.read(ask({ query: '{ __typename me { __typename } }' })).introspection).toBe(false);
    expect(
      plain.read(ask({ query: '{ ...F } fragment F on Query { t: __type(name: "A") { name } }' })).introspection,
    ).toBe(true);
  });

  it('cannot go on for ever', () => {
    const deep = `{ __schema { types { ${'fields { type { '.repeat(12)} name ${'} }'.repeat(12)} } } }`;
    expect(plain.read(ask({ query: deep })).problem).toBe('depth');
  });
});
