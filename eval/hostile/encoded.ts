/** Hostile content codings and character sets. */
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import type { Prng } from '../../bench/lib/prng.ts';
import type { Maker } from './bodies.ts';

const JSON_TYPE = 'application/json';

/** A megabyte of zeros is enough to make a bomb of: thrice as much as is ever looked at. */
const ZEROS = Buffer.alloc(4_000_000);
const BOMB_GZIP = gzipSync(ZEROS);
const BOMB_BROTLI = brotliCompressSync(ZEROS);
const BOMB_RAW = deflateRawSync(ZEROS);

/** A frame of Zstandard with these blocks: type and content, the size where it is a repeated byte. */
function zstd(blocks: readonly { kind: number; size: number; content: Buffer }[], window = 0x58): Buffer {
  const pieces: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window])];
  blocks.forEach(({ kind, size, content }, i) => {
    const head = (size << 3) | (kind << 1) | (i === blocks.length - 1 ? 1 : 0);
    pieces.push(Buffer.from([head & 255, (head >> 8) & 255, (head >> 16) & 255]), content);
  });
  return Buffer.concat(pieces);
}

const repeated = (count: number) =>
  Array.from({ length: count }, () => ({ kind: 1, size: 131_072, content: Buffer.from('a') }));

/** A block that says in a few bytes that 60,000 pieces of 65,539 bytes are to be copied. */
function longCopies(): Buffer {
  const literals = [0x08, 0x61];
  const count = [0xff, 0x00, 0x60];
  // Each of the three codes is always the same one: no letters, offset 1, the longest match.
  const tables = [0x54, 0, 0, 52];
  const content = Buffer.concat([
    Buffer.from([...literals, ...count, ...tables]),
    Buffer.alloc(5000, 0xff),
    Buffer.from([1]),
  ]);
  return zstd([{ kind: 2, size: content.length, content }]);
}

const CHARSETS = `utf-8 utf-16 utf-16le utf-16be utf-32 utf-32le utf-32be utf-7 ibm037 cp875 iso-8859-1 iso-8859-15
  windows-1252 shift_jis gb18030 euc-kr big5 koi8-r x-user-defined us-ascii`.split(/\s+/);

function bytes(random: Prng, size: number): Buffer {
  const out = Buffer.alloc(size);
  for (let i = 0; i < size; i++) out[i] = random.below(256);
  return out;
}

export const ENCODED: Readonly<Record<string, Maker>> = {
  'gzip bomb': () => ({ type: JSON_TYPE, encoding: 'gzip', body: BOMB_GZIP }),
  'brotli bomb': () => ({ type: JSON_TYPE, encoding: 'br', body: BOMB_BROTLI }),
  'deflate bomb': () => ({ type: 'text/xml', encoding: 'deflate', body: BOMB_RAW }),
  'zstd bomb': (_, size) => ({ type: JSON_TYPE, encoding: 'zstd', body: zstd(repeated(Math.min(5000, size))) }),
  'zstd frames without content': (_, size) => ({
    type: JSON_TYPE,
    encoding: 'zstd',
    body: Buffer.concat(
      new Array<Buffer>(Math.floor(size / 9)).fill(zstd([{ kind: 0, size: 0, content: Buffer.alloc(0) }])),
    ),
  }),
  'zstd that copies without end': () => ({ type: JSON_TYPE, encoding: 'zstd', body: longCopies() }),
  'zstd with a window of gigabytes': () => ({ type: JSON_TYPE, encoding: 'zstd', body: zstd(repeated(2), 0xff) }),
  'zstd of noise': (random, size) => ({
    type: JSON_TYPE,
    encoding: 'zstd',
    body: zstd([{ kind: 2, size: Math.min(size, 131_000), content: bytes(random, Math.min(size, 131_000)) }]),
  }),
  'bomb in a bomb': (random) => ({
    type: JSON_TYPE,
    encoding: 'gzip, gzip',
    body: gzipSync(Buffer.concat(new Array<Buffer>(1 + random.below(200)).fill(BOMB_GZIP))),
  }),
  'ten codings': () => ({ type: JSON_TYPE, encoding: new Array(10).fill('gzip').join(', '), body: BOMB_GZIP }),
  'a million codings': () => ({ type: JSON_TYPE, encoding: ','.repeat(100_000), body: '{}' }),
  'empty members of gzip': (_, size) => ({
    type: JSON_TYPE,
    encoding: 'gzip',
    body: Buffer.concat(new Array<Buffer>(Math.ceil(size / 20)).fill(gzipSync(''))),
  }),
  'damaged gzip': (random, size) => {
    const body = gzipSync(Buffer.alloc(size, '{"a":"b"},'));
    body[20 + random.below(Math.max(1, body.length - 20))] ^= 0x55;
    return { type: JSON_TYPE, encoding: 'gzip', body };
  },
  'gzip that ends too early': (_, size) => ({
    type: 'application/x-www-form-urlencoded',
    encoding: 'gzip',
    body: gzipSync(Buffer.alloc(size, 'a=b&')).subarray(0, -12),
  }),
  'said to be encoded': (_, size) => ({ type: JSON_TYPE, encoding: 'br', body: `["${'x'.repeat(size)}"]` }),
  'twenty character sets': (random, size) => ({
    type: `application/json; charset="${random.pick(CHARSETS)}"`,
    body: Buffer.from(`{"a":"${'é€𝄞'.repeat(size / 10)}"}`, random.below(2) === 0 ? 'utf16le' : 'utf8'),
  }),
  'overlong letters': (_, size) => ({
    type: JSON_TYPE,
    body: Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.alloc(size, Buffer.from([0xc0, 0xaf, 0xe0, 0x80, 0xae])),
      Buffer.from('"}'),
    ]),
  }),
  'noise as UTF-8': (random, size) => ({ type: random.pick([JSON_TYPE, 'text/plain', '']), body: bytes(random, size) }),
  'lone surrogates': (_, size) => ({ type: JSON_TYPE, body: `{"a":"${'\\ud800\\udfff\\udc00'.repeat(size / 18)}"}` }),
  'null bytes': (_, size) => ({ type: 'application/xml', body: Buffer.alloc(size) }),
};
