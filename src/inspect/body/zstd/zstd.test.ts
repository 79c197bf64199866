import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { decompress } from 'fzstd';
import { describe, expect, test } from 'vitest';
import { MAX_BLOCK } from './block.ts';
import { ZstdReader } from './reader.ts';

fc.configureGlobal({ seed: 20240304 });

const WORDS = ['order', 'price', 'customer', 'quantity', 'invoice', 'street', 'city', 'number', 'total', 'tax'];
const LINES = Buffer.from(
  Array.from({ length: 400 }, (_, i) => `line ${i} of a log: ${WORDS[(i * 7) % 10]}\n`).join(''),
);
/** The lines as the reference implementation packs them: as well as it can, as fast as it can, and as usual. */
const PACKED = readFileSync(new URL('./testdata/lines.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => Buffer.from(line, 'base64'));

function unpack(bytes: Buffer, limit = 1_000_000): ZstdReader {
  const reader = new ZstdReader(bytes, limit);
  while (!reader.done) reader.run(10_000);
  return reader;
}

/** A frame of these blocks, without a checksum. */
function frame(...blocks: readonly (readonly [kind: number, size: number, content: Buffer])[]): Buffer {
  const pieces: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58])];
  blocks.forEach(([kind, size, content], i) => {
    const head = (size << 3) | (kind << 1) | Number(i === blocks.length - 1);
    pieces.push(Buffer.from([head & 255, (head >> 8) & 255, head >> 16]), content);
  });
  return Buffer.concat(pieces);
}

describe('Zstandard', () => {
  test.each(PACKED)('what the reference packs comes back (%#)', (packed) => {
    const reader = unpack(packed);
    expect(reader.failed).toBe(false);
    expect(reader.output().equals(LINES)).toBe(true);
    expect(Buffer.from(decompress(packed)).equals(LINES)).toBe(true);
  });

  test('frames follow one another, and some are to be skipped', () => {
    const skipped = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const reader = unpack(Buffer.concat([PACKED[0], skipped, PACKED[1]]));
    expect(reader.failed).toBe(false);
    expect(reader.output().equals(Buffer.concat([LINES, LINES]))).toBe(true);
  });

  test('a beginning is decoded as far as it goes', () => {
    const raw = frame([0, 6, Buffer.from('hello ')], [0, 5, Buffer.from('world')]);
    const reader = unpack(raw.subarray(0, raw.length - 3));
    expect(reader).toMatchObject({ failed: true, short: true });
    expect(reader.output().toString()).toBe('hello wo');
  });

  test('output stops at the limit', () => {
    const bomb = frame(...Array.from({ length: 1000 }, () => [1, MAX_BLOCK, Buffer.from('a')] as const));
    const reader = unpack(bomb, 200_000);
    expect(reader).toMatchObject({ full: true, failed: false });
    expect(reader.output().length).toBe(200_000);
    expect(reader.taken).toBeLessThan(50);
  });

  test('a block that copies more than a block holds is damaged', () => {
    // Codes that cost no bits: no literals, offset 1, matches of 65,539 bytes and more.
    const content = Buffer.concat([
      Buffer.from([0x08, 0x61, 0xff, 0x00, 0x60, 0x54, 0, 0, 52]),
      Buffer.alloc(1000, 0xff),
      Buffer.from([1]),
    ]);
    const reader = unpack(frame([2, content.length, content]));
    expect(reader.failed).toBe(true);
    expect(reader.output().length).toBeLessThanOrEqual(MAX_BLOCK);
  });

  test('empty blocks without end come to an end', () => {
    const reader = unpack(frame(...Array.from({ length: 50_000 }, () => [0, 0, Buffer.alloc(0)] as const)));
    expect(reader).toMatchObject({ full: true, done: true });
  });

  test.each([
    ['a dictionary', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 0x58, 9, 0, 0, 0])],
    ['a reserved bit', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 8, 0x58, 1, 0, 0])],
    ['a reserved kind of block', frame([3, 1, Buffer.from('a')])],
    ['a block that is too large', frame([1, MAX_BLOCK + 1, Buffer.from('a')])],
    ['another format', Buffer.from('{"a":"b"}')],
  ])('%s is refused', (_, bytes) => {
    expect(unpack(bytes).failed).toBe(true);
  });

  test('damaged data neither throws nor goes beyond its bounds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PACKED),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (packed, changes) => {
          const bytes = Buffer.from(packed);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const reader = unpack(bytes, 100_000);
          expect(reader.output().length).toBeLessThanOrEqual(100_000);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
