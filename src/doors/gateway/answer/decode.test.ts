import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBeginning, isPlain } from './decode.ts';

fc.configureGlobal({ seed: 20240304 });

const text = Buffer.from(Array.from({ length: 9000 }, (_, i) => `${i}:${Math.imul(i, 2654435761) >>> 0}`).join(','));
/** A frame of one raw block (RFC 8878, 3.1.1). */
const zstd = (bytes: Buffer) => {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, 0, 0, 0]);
  head.writeUIntLE((bytes.length << 3) | 1, 6, 3);
  return Buffer.concat([head, bytes]);
};

describe('the beginning of a body', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', text],
    ['', text],
  ])('of %s is decoded, whole or cut', (encoding, bytes) => {
    const half = decodeBeginning(bytes.subarray(0, bytes.length / 2), encoding, 20_000);
    expect(half?.equals(text.subarray(0, 20_000))).toBe(true);
    expect(decodeBeginning(bytes, encoding, 1 << 20)?.equals(text)).toBe(true);
  });

  it('of zstd is, too', () => {
    expect(decodeBeginning(zstd(text.subarray(0, 200)), 'zstd', 1000)?.equals(text.subarray(0, 200))).toBe(true);
  });

  it('of other codings, or damaged, is not', () => {
    expect(decodeBeginning(text, 'compress', 100)).toBeNull();
    expect(decodeBeginning(text, 'gzip', 100)).toBeNull();
    expect(decodeBeginning(text, 'gzip, gzip, gzip', 100)).toBeNull();
    expect([isPlain(''), isPlain('identity'), isPlain('gzip'), isPlain('x')]).toEqual([true, true, false, false]);
  });

  it('is bounded, whatever would come of it', () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const started = performance.now();
    const got = decodeBeginning(bomb, 'gzip', 65_536);
    expect(got?.length).toBe(65_536);
    expect(decodeBeginning(gzipSync(bomb), 'gzip, gzip', 65_536)?.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('never throws', () => {
    const coding = fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'x', '');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), coding, (bytes, encoding) => {
        expect((decodeBeginning(Buffer.from(bytes), encoding, 100)?.length ?? 0) <= 100).toBe(true);
      }),
    );
  });
});
