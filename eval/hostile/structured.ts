/** Hostile structures: JSON, forms, multipart, XML, GraphQL and messages of gRPC. */
import { gzipSync } from 'node:zlib';
import type { Prng } from '../../bench/lib/prng.ts';
import type { Maker } from './bodies.ts';

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const XML = 'text/xml';
const MULTIPART = 'multipart/form-data; boundary=b';
const GRPC = 'application/grpc';

const many = (size: number, piece: (i: number) => string, join = ','): string => {
  const pieces: string[] = [];
  for (let i = 0, length = 0; length < size; i++) {
    const next = piece(i);
    pieces.push(next);
    length += next.length + join.length;
  }
  return pieces.join(join);
};

/** Strings of the same length that a simple polynomial hash cannot tell apart: Aa and BB. */
function colliding(i: number): string {
  let name = '';
  for (let bit = 0; bit < 16; bit++) name += (i >> bit) & 1 ? 'Aa' : 'BB';
  return name;
}

function nestedParts(depth: number): string {
  let body = 'x';
  for (let i = depth; i > 0; i--) {
    body = `--b${i}\r\nContent-Type: multipart/mixed; boundary=b${i + 1}\r\n\r\n${body}\r\n--b${i}--\r\n`;
  }
  return body;
}

function nestedMessages(size: number): Buffer {
  let body: Buffer = Buffer.from([8, 1]);
  while (body.length < Math.min(size, 60_000)) {
    const length = body.length;
    const head =
      length < 128
        ? [10, length]
        : length < 16_384
          ? [10, (length & 127) | 128, length >> 7]
          : [10, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14];
    body = Buffer.concat([Buffer.from(head), body]);
  }
  return body;
}

function frame(content: Buffer, flags = 0, length = content.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, content]);
}

const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const json: Readonly<Record<string, Maker>> = {
  'deep lists': (_, size) => ({ type: JSON_TYPE, body: '['.repeat(size) }),
  'deep lists that end': (_, size) => ({ type: JSON_TYPE, body: '['.repeat(size / 2) + ']'.repeat(size / 2) }),
  'deep objects': (_, size) => ({ type: JSON_TYPE, body: '{"a":'.repeat(size / 5) }),
  'deep and wide': (_, size) => ({
    type: JSON_TYPE,
    body: `[${many(size, () => `${'['.repeat(60)}1${']'.repeat(60)}`)}]`,
  }),
  'names that stand twice': (_, size) => ({ type: JSON_TYPE, body: `{${many(size, (i) => `"a${i % 50}":${i}`)}}` }),
  'a million names': (_, size) => ({ type: JSON_TYPE, body: `{${many(size, (i) => `"k${i}":1`)}}` }),
  'names that are numbers': (_, size) => ({
    type: JSON_TYPE,
    body: `{${many(size, (i) => `"${(i * 2_654_435_761) % 4_294_967_291}":0`)}}`,
  }),
  'names that collide': (_, size) => ({ type: JSON_TYPE, body: `{${many(size, (i) => `"${colliding(i)}":0`)}}` }),
  'long paths': (_, size) => ({ type: JSON_TYPE, body: `{"${'x'.repeat(250)}":`.repeat(60) + many(size, () => '[0]') }),
  'names of prototypes': (_, size) => ({
    type: JSON_TYPE,
    body: many(size, () => '{"__proto__":{"constructor":{"prototype":1}}}', '\n'),
  }),
  'huge numbers': (_, size) => ({ type: JSON_TYPE, body: `[${'9'.repeat(size / 2)},1e${'9'.repeat(size / 2)}]` }),
  'many numbers': (_, size) => ({ type: JSON_TYPE, body: `[${many(size, () => '-0.1e-400')}]` }),
  escapes: (_, size) => ({ type: JSON_TYPE, body: `["${'\\u0061\\n\\\\'.repeat(size / 10)}"]` }),
  'escapes without end': (_, size) => ({ type: JSON_TYPE, body: `["${'\\'.repeat(size)}` }),
  'quotes without end': (_, size) => ({ type: JSON_TYPE, body: '"'.repeat(size) }),
  'comments without end': (_, size) => ({ type: JSON_TYPE, body: `[${'/*'.repeat(size / 2)}` }),
  'many comments': (_, size) => ({ type: JSON_TYPE, body: `[${'/**/'.repeat(size / 4)}1]` }),
  'white space': (_, size) => ({ type: JSON_TYPE, body: `${' '.repeat(size)}x` }),
  'lines of JSON': (_, size) => ({ type: 'application/x-ndjson', body: many(size, (i) => `{"a":${i}}`, '\n') }),
  'half a structure': (random: Prng, size) => ({
    type: JSON_TYPE,
    body: many(size, () => random.pick(['{', '[', '"a":', '1', ',', '}', ']', 'null', '"']), ''),
  }),
  'deep GraphQL': (_, size) => ({ type: 'application/graphql', body: '{a'.repeat(size / 3) }),
  'GraphQL of strings': (_, size) => ({
    type: JSON_TYPE,
    body: JSON.stringify({ query: `{ a(b: [${many(size / 2, () => '"x"', ' ')}]) }` }),
  }),
  'a batch of GraphQL': (_, size) => ({ type: JSON_TYPE, body: `[${many(size, () => '{"query":"{ a }"}')}]` }),
  'block strings without end': (_, size) => ({
    type: 'application/graphql',
    body: `{a(b: """${'\\"""'.repeat(size / 4)}`,
  }),
};

const text: Readonly<Record<string, Maker>> = {
  'a million pairs': (_, size) => ({ type: FORM, body: many(size, (i) => `a${i}=1`, '&') }),
  'deep brackets': (_, size) => ({ type: FORM, body: many(size, (i) => `a${'[b]'.repeat(i % 400)}=1`, '&') }),
  'one name': (_, size) => ({ type: FORM, body: many(size, (i) => `a=${i}`, '&') }),
  'brackets without end': (_, size) => ({ type: FORM, body: `a${'['.repeat(size)}` }),
  'percent signs': (_, size) => ({ type: FORM, body: `a=${'%'.repeat(size / 2)}${'%ff'.repeat(size / 6)}` }),
  ampersands: (_, size) => ({ type: FORM, body: '&'.repeat(size) }),
  'a form that says JSON': (_, size) => ({ type: JSON_TYPE, body: many(size, (i) => `a${i}=<script>`, '&') }),
  'a type without end': (_, size) => ({ type: `application/json${'; a="b'.repeat(Math.min(2000, size))}`, body: '{}' }),
  'parameters without end': (_, size) => ({
    type: `multipart/form-data${'; boundary=b'.repeat(Math.min(2000, size))}`,
    body: '--b',
  }),
  'parts in parts': (_, size) => ({
    type: 'multipart/mixed; boundary=b1',
    body: nestedParts(Math.min(500, size / 100)),
  }),
  'many parts': (_, size) => ({ type: MULTIPART, body: `${many(size, (i) => part(`a${i}`, 'x'), '')}--b--` }),
  'parts that do not end': (_, size) => ({
    type: MULTIPART,
    body: many(size, (i) => part(`a${i}`, 'x'.repeat(500)), ''),
  }),
  'nearly boundaries': (_, size) => ({
    type: MULTIPART,
    body: part(
      'a',
      many(size, () => '\r\n--bx', ''),
    ),
  }),
  dashes: (_, size) => ({ type: 'multipart/form-data; boundary=-', body: '\r\n---'.repeat(size / 5) }),
  'heads without end': (_, size) => ({ type: MULTIPART, body: `--b\r\n${many(size, (i) => `X-${i}: y`, '\r\n')}` }),
  'many names of one part': (_, size) => ({
    type: MULTIPART,
    body: `--b\r\nContent-Disposition: form-data; ${many(Math.min(size, 8000), (i) => `name="a${i}"`, '; ')}\r\n\r\nx\r\n--b--`,
  }),
};

const xml: Readonly<Record<string, Maker>> = {
  'deep elements': (_, size) => ({ type: XML, body: '<a>'.repeat(size / 3) }),
  'a billion laughs': (_, size) => ({
    type: XML,
    body: `<!DOCTYPE l [<!ENTITY a "ha">${many(size / 2, (i) => `<!ENTITY a${i} "&a;&a;&a;">`, '')}]><l>${'&a9;'.repeat(size / 8)}</l>`,
  }),
  'one entity many times': (_, size) => ({
    type: XML,
    body: `<!DOCTYPE l [<!ENTITY a "${'x'.repeat(size / 2)}">]><l>${'&a;'.repeat(size / 6)}</l>`,
  }),
  'an external entity': () => ({ type: XML, body: '<!DOCTYPE l [<!ENTITY % p SYSTEM "http://a.test/x">%p;]><l/>' }),
  XInclude: () => ({
    type: XML,
    body: '<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/hosts"/></a>',
  }),
  'many attributes': (_, size) => ({ type: XML, body: `<a ${many(size, (i) => `b${i}="1"`, ' ')}/>` }),
  'one attribute many times': (_, size) => ({ type: XML, body: `<a ${many(size, () => 'b="1"', ' ')}/>` }),
  'names without end': (_, size) => ({ type: XML, body: `<${'a'.repeat(size)}` }),
  'angle brackets': (_, size) => ({ type: XML, body: '<'.repeat(size) }),
  'comments of XML': (_, size) => ({ type: XML, body: `<a>${'<!--'.repeat(size / 4)}` }),
  'entities nobody knows': (_, size) => ({ type: XML, body: `<a>${'&x;'.repeat(size / 3)}</a>` }),
  'character references': (_, size) => ({ type: XML, body: `<a>${'&#x41;'.repeat(size / 6)}</a>` }),
  'wide elements': (_, size) => ({
    type: 'application/soap+xml; action="a"',
    body: `<a>${many(size, () => '<b>1</b>', '')}</a>`,
  }),
  'CDATA without end': (_, size) => ({ type: XML, body: `<a><![CDATA[${']]'.repeat(size / 2)}` }),
  'a type within a type': (_, size) => ({ type: XML, body: `<!DOCTYPE a [${'<!DOCTYPE b ['.repeat(size / 13)}` }),
};

const messages: Readonly<Record<string, Maker>> = {
  'lengths that lie': (_, size) => ({ type: GRPC, body: frame(Buffer.alloc(Math.min(size, 1000), 10), 0, 0xffffffff) }),
  'messages without content': (_, size) => ({ type: GRPC, body: Buffer.alloc(size) }),
  'messages in messages': (_, size) => ({ type: GRPC, body: frame(nestedMessages(size)) }),
  'many fields': (_, size) => ({ type: GRPC, body: frame(Buffer.alloc(size - (size % 2), Buffer.from([8, 1]))) }),
  'many texts': (_, size) => ({
    type: GRPC,
    body: frame(Buffer.alloc(size - (size % 6), Buffer.from('\x0a\x04abcd'))),
  }),
  'packed bombs': () => ({
    type: GRPC,
    headers: ['grpc-encoding', 'gzip'],
    body: Buffer.concat(new Array<Buffer>(200).fill(frame(gzipSync(Buffer.alloc(900_000)), 1))),
  }),
  'many packed messages': (_, size) => ({
    type: GRPC,
    headers: ['grpc-encoding', 'gzip'],
    body: Buffer.concat(new Array<Buffer>(Math.ceil(size / 30)).fill(frame(gzipSync('a'), 1))),
  }),
  'messages as text': (_, size) => ({ type: 'application/grpc-web-text', body: 'A'.repeat(size) }),
  'numbers without end': (_, size) => ({ type: 'application/x-protobuf', body: Buffer.alloc(size, 0xff) }),
  'packed maps': (_, size) => ({
    type: 'application/msgpack',
    body: Buffer.alloc(size, Buffer.from('\xa4name\x93', 'latin1')),
  }),
};

export const STRUCTURED: Readonly<Record<string, Maker>> = { ...json, ...text, ...xml, ...messages };
