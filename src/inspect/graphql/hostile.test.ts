import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../enrich/kinds.ts';
import { ask, deskOf, SDL } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const plain = deskOf();
const wide = deskOf(
  'max_cost: 1000000000, max_depth: 100, max_aliases: 100000, max_root_fields: 100000, max_directives: 100000',
);
const withSchema = deskOf('schema: s, max_cost: 1000000000', { s: SDL });

describe('persisted documents', () => {
  const query = '{ me { id } }';
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  it('are learned as automatic persisted queries are', () => {
    const desk = deskOf();
    const unknown = desk.read(ask({ extensions }));
    expect(unknown.refusal).toMatchObject({ code: 'SP8015', title: 'PersistedQueryNotFound' });
    expect(JSON.parse(unknown.refusal?.body ?? '')).toEqual({
      errors: [
        { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND', problem: 'SP8015' } },
      ],
    });
    expect(desk.read(ask({ query, extensions }))).toMatchObject({ problem: '', depth: 2 });
    expect(desk.read(ask({ extensions }))).toMatchObject({ problem: '', depth: 2, schemaBits: 0 });
  });

  it('are not learned under a hash that is not theirs', () => {
    const desk = deskOf();
    expect(desk.read(ask({ query: '{ me { name } }', extensions })).refusal?.code).toBe('SP8018');
    expect(desk.read(ask({ extensions })).problem).toBe('unpersisted');
  });

  it('are forgotten when there are too many', () => {
    const desk = deskOf('persisted_documents: 1');
    const other = '{ me { name } }';
    const otherHash = createHash('sha256').update(other).digest('hex');
    desk.read(ask({ query, extensions }));
    desk.read(ask({ query: other, extensions: { persistedQuery: { version: 1, sha256Hash: otherHash } } }));
    expect(desk.read(ask({ extensions })).problem).toBe('unpersisted');
  });

  it.each([
    ['by hash', JSON.stringify({ [sha256Hash]: query })],
    [
      'as a manifest',
      JSON.stringify({ format: 'x', version: 1, operations: [{ id: 'op1', name: 'N', type: 'query', body: query }] }),
    ],
  ])('may be the only ones: a list %s', (_, documents) => {
    const desk = deskOf('mode: report, persisted: require, documents: d', { d: documents });
    expect(desk.read(ask({ extensions }))).toMatchObject({ problem: '', depth: 2 });
    expect(desk.read(ask({ query }))).toMatchObject({ problem: '' });
    const refused = desk.read(ask({ query: '{ me { name } }' }));
    expect(refused).toMatchObject({ schemaBits: SCHEMA.unknownOperation, refusal: { code: 'SP8016' } });
    expect(desk.read(ask({ documentId: 'nobody' })).refusal?.code).toBe('SP8016');
  });

  it('may be switched off', () => {
    expect(deskOf('mode: report, persisted: off').read(ask({ extensions })).refusal?.title).toBe(
      'PersistedQueryNotSupported',
    );
  });

  it('refuse a list that is none', () => {
    for (const d of ['[', '[]', '{"operations":[{"id":1}]}', '{"a":1}'])
      expect(() => deskOf('documents: d', { d })).toThrow(expect.objectContaining({ code: 'SP8004' }));
  });
});

describe('refusals', () => {
  const typeFor = (accept: string) => plain.read(ask({ query: '{' }, { accept })).refusal?.bodyType;
  it('come in the form the client wants', () => {
    expect(typeFor('application/graphql-response+json, application/json;q=0.9')).toBe(
      'application/graphql-response+json',
    );
    expect(typeFor('application/json')).toBe('application/json; charset=utf-8');
    expect(typeFor('')).toBe('application/json; charset=utf-8');
    expect(typeFor('application/problem+json')).toBe('');
    expect(typeFor('text/html')).toBe('');
  });

  it('tell no limits', () => {
    const { refusal } = plain.read(ask({ query: '{ users(first: 99999) { nodes { id } } }' }));
    expect(JSON.stringify(refusal)).not.toMatch(/10000|99999|100000/);
  });
});

describe('hostile documents', () => {
  const KIB64 = 65_536;
  const fill = (head: string, unit: (i: number) => string, tail = ''): string => {
    let text = head;
    for (let i = 0; text.length + 20 < KIB64; i++) text += unit(i);
    return text + tail;
  };
  const bomb = () => {
    let text = '{ ...F0 }';
    for (let i = 0; i < 90; i++) text += ` fragment F${i} on Q { a { ...F${i + 1} } b: a { ...F${i + 1} } }`;
    return `${text} fragment F90 on Q { x }`;
  };
  const chain = () => {
    let text = '{ ...F0 }';
    for (let i = 0; i < 1500; i++) text += ` fragment F${i} on Q { ...F${i + 1} }`;
    return `${text} fragment F1500 on Q { x }`;
  };
  const spread = () =>
    fill('{ a { ...F } ', (i) => `b${i}: a { ...F } `, '} fragment F on Q { edges { x } nodes { y } items { z } }');
  it.each<[string, string]>([
    ['aliases', fill('{', (i) => `a${i}:b `, '}')],
    ['one field again and again', fill('{', () => 'a ', '}')],
    ['a fragment bomb', bomb()],
    ['a chain of fragments', chain()],
    ['many spreads of one fragment', spread()],
    ['many fragments with lists', fill('{', (i) => `items${i}s { x } `, '}')],
    ['nesting', fill('', () => '{a')],
    ['nested lists in arguments', fill('{ a(b: ', () => '[')],
    ['directives', fill('{ a', () => ' @a', '}')],
    ['variables', fill('query(', (i) => `$v${i}:Int=1 `, ') { a }')],
    ['variables that are used', fill('query($v: Int) {', (i) => `a${i}s(first:$v){x}`, '}')],
    ['an open text', fill('{ a(b: "', () => 'x')],
    ['an open block text', fill('{ a(b: """', () => '\\"""')],
    ['comments', fill('', () => '#{\n', '{ a }')],
    ['unknown characters', fill('{', () => '\u0001')],
  ])('%s: bounded in time', (_, query) => {
    const body = ask({ query });
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 12 && best >= 20; i++) {
      // Time of the processor: others may use the machine.
      const before = process.cpuUsage();
      wide.read(body);
      best = Math.min(best, process.cpuUsage(before).user / 1000);
    }
    expect(best).toBeLessThan(20);
  });

  it('a bomb weighs what it would take', () => {
    expect(plain.read(ask({ query: bomb() }))).toMatchObject({ aliases: 2_147_483_647, cost: 2_147_483_647 });
    expect(plain.read(ask({ query: chain() })).problem).toBe('fragments');
  });

  it('a hundred thousand aliases are refused', () => {
    const query = `{${Array.from({ length: 100_000 }, (_, i) => `a${i}:b`).join(' ')}}`;
    const started = performance.now();
    expect(plain.read(ask({ query })).problem).toBe('tokens');
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('any document', () => {
  const schema = buildSchema(SDL);
  const selection: fc.Arbitrary<string> = fc.letrec<{ user: string }>((tie) => ({
    user: fc
      .array(
        fc.oneof(
          { maxDepth: 4 },
          fc.constantFrom('id', 'name', '__typename', '...U'),
          fc.tuple(fc.constantFrom('friends', 'friends(first: 3)'), tie('user')).map(([f, s]) => `${f} { ${s} }`),
          tie('user').map((s) => `... on User { ${s} }`),
          fc.constantFrom('a', 'b').map((alias) => `${alias}: name`),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((parts) => parts.join(' ')),
  })).user;

  it('that is valid is read, and costs no less with longer lists', () => {
    fc.assert(
      fc.property(selection, fc.integer({ min: 1, max: 50 }), (inner, first) => {
        const text = (n: number) =>
          `{ users(first: ${n}) { nodes { ${inner} } } } fragment U on User { id orders { id } }`;
        const errors = validate(schema, parse(text(first))).filter((e) => !/conflict|never used/.test(e.message));
        expect(errors).toEqual([]);
        const less = withSchema.read(ask({ query: text(first) }));
        const more = withSchema.read(ask({ query: text(first + 1) }));
        expect(less.schemaBits).toBe(0);
        expect(more.cost).toBeGreaterThan(less.cost);
        expect(less.depth).toBeGreaterThanOrEqual(3);
      }),
      { numRuns: 60 },
    );
  });

  it('and any bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), fc.json(), (body, query, json) => {
        plain.read(ask('', { body }));
        plain.read(ask({ query, variables: JSON.parse(json), extensions: JSON.parse(json) }));
        plain.read(ask(json, { target: `/graphql?${query}` }));
      }),
    );
  });
});
