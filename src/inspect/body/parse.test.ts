import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BODY_KIND } from '../../enrich/kinds.ts';
import { familyOf, readParameters } from './media.ts';
import { pairs, parsed } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const FORM = 'application/x-www-form-urlencoded';

describe('media types', () => {
  test.each([
    ['application/vnd.api+json', 'json'],
    ['application/problem+json', 'json'],
    ['application/csp-report', 'json'],
    ['application/geo+json-seq', 'jsonLines'],
    ['image/svg+xml', 'xml'],
    ['application/soap+xml', 'xml'],
    ['application/grpc-web+proto', 'grpc'],
    ['application/connect+json', 'grpc'],
    ['application/x-protobuf', 'protobuf'],
    ['multipart/related', 'multipart'],
    ['text/csv', 'text'],
    ['application/cbor', 'packed'],
    ['image/png', 'binary'],
    ['constructor', 'binary'],
    ['', 'none'],
  ])('%s is %s', (essence, family) => {
    expect(familyOf(essence)).toBe(family);
  });

  test('parameters are read in any case, quoted or not', () => {
    const { value, parameters, ambiguous } = readParameters('Multipart/Form-Data; Boundary="a;\\"b" ; CHARSET=utf-8;');
    expect(value).toBe('multipart/form-data');
    expect([...parameters]).toEqual([
      ['boundary', 'a;"b'],
      ['charset', 'utf-8'],
    ]);
    expect(ambiguous).toBe(false);
  });

  test.each([
    'a/b; x=1; x=2',
    'a/b; x="1"2',
    'a/b; x="1',
    `a/b${'; x=1'.repeat(40)}`,
  ])('is ambiguous where two parsers could differ: %s', (field) => {
    expect(readParameters(field).ambiguous).toBe(true);
  });

  test('reading one never throws and takes no time', () => {
    fc.assert(fc.property(fc.string(), (field) => readParameters(field).value.length >= 0));
  });
});

describe('a type that is missing or says nothing', () => {
  test.each([
    '',
    'text/plain;charset=UTF-8',
    'application/octet-stream',
    'application/x-unknown',
  ])('"%s" is read as what it looks like, and that is no lie', (type) => {
    expect(parsed(type, '{"a":"x"}')).toMatchObject({ kind: BODY_KIND.json, problem: '', value: { a: 'x' } });
    expect(parsed(type, 'a=1&b=2')).toMatchObject({ kind: BODY_KIND.form, value: { a: '1', b: '2' } });
    expect(parsed(type, '<a>x</a>')).toMatchObject({ kind: BODY_KIND.xml, problem: '' });
  });

  test('is text where it looks like nothing', () => {
    expect(parsed('', 'just words')).toMatchObject({
      kind: BODY_KIND.text,
      fields: [{ path: '$', text: 'just words' }],
    });
    expect(parsed('text/html', '<p>a<br>').kind).toBe(BODY_KIND.text);
    expect(parsed('', Buffer.from([0x89, 0x50, 0, 1, 2])).kind).toBe(BODY_KIND.binary);
  });

  test('an empty body has no kind', () => {
    expect(parsed('application/json', '')).toMatchObject({ kind: BODY_KIND.none, problem: '', bytes: 0 });
  });
});

describe('a type that lies', () => {
  test.each([
    ['application/json', 'a=1&b=%3Cscript%3E', 'b', '<script>'],
    ['application/json', '<a><b>x</b></a>', '$.a.b', 'x'],
    [FORM, '{"a":"<script>"}', '$.a', '<script>'],
    ['application/xml', '{"a":"x"}', '$.a', 'x'],
    ['application/graphql', '{"a":"x"}', '$.a', 'x'],
  ])('%s: %s', (type, text, path, found) => {
    const body = parsed(type, text);
    expect(body).toMatchObject({ kind: BODY_KIND.broken, problem: 'syntax' });
    expect(pairs(body)).toContainEqual([path, found]);
  });
});

describe('forms', () => {
  test('read as a browser writes them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[^[\]\ud800-\udfff]+$/), fc.string())), (list) => {
        const sent = new URLSearchParams(list);
        const wanted = [...sent];
        fc.pre(wanted.length > 0);
        const { fields } = parsed(FORM, sent.toString());
        const found = fields.filter(({ type }) => type === 'string').map(({ path, text }) => [path, text]);
        expect(found).toEqual(wanted.map(([name, value]) => [name.slice(0, 256), value]));
      }),
    );
  });

  test('brackets make objects and lists', () => {
    const body = parsed(FORM, 'a[b][]=1&a[b][]=2&a[c]=3&d=4&d=5&e=6&e=6');
    expect(body.value).toEqual({ a: { b: ['1', '2'], c: '3' }, d: ['4', '5'], e: ['6', '6'] });
    expect(body.duplicates).toEqual(['d']);
    expect(body.fields.map(({ name }) => name)).toEqual(['b', 'b', 'c', 'd', 'd', 'e', 'e']);
  });

  test('names of prototypes and operators are seen', () => {
    const body = parsed(FORM, '__proto__[admin]=1&user[$ne]=x');
    expect(({} as { admin?: string }).admin).toBeUndefined();
    expect(body.fields.filter(({ type }) => type === 'key').map(({ text }) => text)).toEqual(['user[$ne]']);
  });

  test('broken percent signs stay, and broken UTF-8 is noted', () => {
    expect(pairs(parsed(FORM, 'a=100%&b=%zz%41'))).toEqual([
      ['a', '100%'],
      ['b', '%zzA'],
    ]);
    expect(parsed(FORM, 'a=%ff').problem).toBe('encoding');
  });

  test('behind too many pairs texts are still found', () => {
    const body = parsed(FORM, `${'a=1&'.repeat(300)}z=<script>`, { fields: 100 });
    expect(body.problem).toBe('fields');
    expect(body.fields.at(-1)?.text).toContain('<script>');
  });
});

describe('XML', () => {
  test('texts, attributes, comments and instructions are fields', () => {
    const body = parsed('text/xml', '<?x y?><r a="1"><!-- c --><s:b>t<![CDATA[<u>]]></s:b></r>');
    expect(pairs(body)).toEqual([
      ["$['?x']", 'y'],
      ['$.r.@a', '1'],
      ["$.r['#comment']", ' c '],
      ['$.r.b', 't<u>'],
    ]);
  });

  test.each([
    '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    '<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><r>&c;</r>',
    '<r xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///x"/></r>',
  ])('what asks to fetch or to expand is a problem: %s', (text) => {
    const body = parsed('application/xml', text);
    expect(body).toMatchObject({ kind: BODY_KIND.xml, problem: 'entity' });
    expect(JSON.stringify(body.fields)).not.toContain('bb');
  });

  test('the document type and what follows are looked at', () => {
    const body = parsed('application/xml', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x; and</r>');
    expect(pairs(body)).toEqual([
      ["$['!DOCTYPE']", expect.stringContaining('/etc/passwd')],
      ['$.r', '&x; and'],
    ]);
  });

  test('depth and count are bounded, and nothing hides behind the bounds', () => {
    const deep = parsed('text/xml', `${'<a>'.repeat(300)}evil${'</a>'.repeat(300)}`, { depth: 10 });
    expect(deep.problem).toBe('depth');
    expect(pairs(deep).map(([, text]) => text)).toContain('evil');
    const wide = parsed('text/xml', `<r>${'<a/>'.repeat(300)}<b>evil</b></r>`, { fields: 100 });
    expect(wide.problem).toBe('fields');
    expect(wide.fields.at(-1)?.text).toContain('evil');
  });

  test('what is not well formed is broken, but cut off it is not', () => {
    expect(parsed('text/xml', '<a><b></a>')).toMatchObject({ kind: BODY_KIND.broken, problem: 'syntax' });
    expect(parsed('text/xml', '<a><b>x', { cut: true })).toMatchObject({ kind: BODY_KIND.xml, problem: 'truncated' });
  });

  test('the action of SOAP is a field', () => {
    expect(pairs(parsed('application/soap+xml; action="urn:pay"', '<e/>'))[0]).toEqual(['action', 'urn:pay']);
  });
});

describe('GraphQL', () => {
  test('string literals, comments and variables are fields', () => {
    const query = 'query Q($i: ID) { user(id: $i, name: "x\' or 1", bio: """b"q""") { id } } # c';
    const body = parsed('application/json', JSON.stringify({ query, variables: { i: 'v' } }));
    expect(body.kind).toBe(BODY_KIND.graphql);
    expect(pairs(body)).toEqual([
      ['$.variables.i', 'v'],
      ['$.query', "x' or 1"],
      ['$.query', 'b"q'],
      ['$.query', ' c'],
    ]);
    expect(body.value).toMatchObject({ query, variables: { i: 'v' } });
  });

  test('a document on its own, and a batch', () => {
    expect(parsed('application/graphql', '{ a }')).toMatchObject({
      kind: BODY_KIND.graphql,
      value: { query: '{ a }' },
    });
    expect(parsed('application/json', '[{"query":"{ a }"},{"query":"mutation { b }"}]').kind).toBe(BODY_KIND.graphql);
  });

  test.each([
    '{a} OR 1=1',
    'query plans of postgres',
    "{ a } ' --",
    'select * from t',
    '{ a',
  ])('a search for "%s" is none, and is looked at whole', (query) => {
    const body = parsed('application/json', JSON.stringify({ query }));
    expect(body.kind).toBe(BODY_KIND.json);
    expect(pairs(body)).toEqual([['$.query', query]]);
  });
});

describe('character sets', () => {
  const text = '{"a":"é€𝄞"}';
  const wanted = [['$.a', 'é€𝄞']];
  const utf16be = Buffer.from(text, 'utf16le').swap16();
  const utf32 = (little: boolean) => {
    const out = Buffer.alloc([...text].length * 4);
    [...text].forEach((char, i) => {
      const code = char.codePointAt(0) ?? 0;
      if (little) out.writeUInt32LE(code, i * 4);
      else out.writeUInt32BE(code, i * 4);
    });
    return out;
  };

  test.each([
    ['UTF-8 with a mark', '', Buffer.from(`\ufeff${text}`)],
    ['UTF-16LE with a mark', '', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16LE', '', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', '', utf16be],
    ['UTF-16BE, declared', '; charset=utf-16be', utf16be],
    ['UTF-32LE', '', utf32(true)],
    ['UTF-32BE', '; charset="UTF-32"', utf32(false)],
  ])('%s', (_, parameter, bytes) => {
    const body = parsed(`application/json${parameter}`, bytes);
    expect(body.problem).toBe('');
    expect(pairs(body)).toEqual(wanted);
  });

  test('Latin-1 and windows-1252', () => {
    expect(pairs(parsed('application/json; charset=iso-8859-1', Buffer.from('["\xe9"]', 'latin1')))).toEqual([
      ['$[0]', 'é'],
    ]);
    expect(pairs(parsed('text/plain; charset=windows-1252', Buffer.from([0x80])))).toEqual([['$', '€']]);
  });

  test('others are not followed, and overlong letters are what careless decoders make of them', () => {
    expect(parsed('application/json; charset=ibm037', '{"a":1}').problem).toBe('encoding');
    expect(parsed('application/json; charset=utf-7', '{"a":1}').problem).toBe('encoding');
    const body = parsed('application/json', Buffer.from('["\xc0\xae\xe0\x80\xaf\xff"]', 'latin1'));
    expect(body.problem).toBe('encoding');
    expect(pairs(body)).toEqual([['$[0]', './\ufffd']]);
  });
});

test('no body of any type throws or goes beyond its bounds', () => {
  const types = fc.constantFrom(
    ...['', 'application/json', FORM, 'multipart/form-data; boundary=b', 'text/xml', 'application/graphql'],
    ...['application/grpc', 'application/grpc-web-text', 'application/x-protobuf', 'text/plain', 'application/cbor'],
  );
  const pieces = fc.constantFrom(
    '{"a":',
    '[',
    '"',
    '--b\r\n',
    '--b--',
    '<a>',
    '&x;',
    '=',
    '&',
    '\r\n\r\n',
    '\0',
    '\xff',
    '\x0a\x04',
  );
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(pieces, { maxLength: 60 }).map((list) => Buffer.from(list.join(''), 'latin1')),
  );
  fc.assert(
    fc.property(types, bodies, fc.boolean(), (type, bytes, cut) => {
      const body = parsed(type, bytes, { cut, fields: 20, textLength: 1024, depth: 4 });
      expect(body.fields.length).toBeLessThanOrEqual(84);
    }),
    { numRuns: 3000 },
  );
});
