import { constants, deflateRawSync, deflateSync, gzipSync, brotliCompressSync as packBrotli } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BODY_KIND } from '../../enrich/kinds.ts';
import { decodeBody } from './decode.ts';
import { createBodyReader } from './index.ts';
import { LIMITS } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

/** The usual quality takes seconds for what the fastest does in no time. */
const brotliCompressSync = (bytes: Uint8Array): Buffer =>
  packBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } });

const small = Buffer.from('{"a":"x"}');
const large = Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: `n${id % 97}` }))));

describe('content codings', () => {
  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['BR', brotliCompressSync],
    ['gzip, identity, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ])('%s is undone', async (encoding, pack) => {
    expect(decodeBody(pack(small), encoding, LIMITS)).toEqual({ bytes: small, problem: '', cut: false });
    const found = await decodeBody(pack(large), encoding, LIMITS);
    expect(found).toMatchObject({ problem: '', cut: false });
    expect(found.bytes.equals(large)).toBe(true);
  });

  test('whatever was packed comes back', async () => {
    const packs = fc.constantFrom(
      ['gzip', gzipSync],
      ['deflate', deflateRawSync],
      ['br', brotliCompressSync],
    ) as fc.Arbitrary<[string, (bytes: Uint8Array) => Buffer]>;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), packs, async (bytes, [encoding, pack]) => {
        const { bytes: found, problem } = await decodeBody(pack(bytes), encoding, LIMITS);
        expect(problem).toBe('');
        expect(Buffer.from(bytes).equals(found)).toBe(true);
      }),
    );
  });

  test('none at all is looked at up to the bound', () => {
    const limits = { ...LIMITS, decodedBytes: 4 };
    expect(decodeBody(small, '', limits)).toEqual({ bytes: small.subarray(0, 4), problem: '', cut: true });
    expect(decodeBody(small, 'identity', LIMITS)).toEqual({ bytes: small, problem: '', cut: false });
  });

  test.each([gzipSync, brotliCompressSync])('a bomb is not taken further than the bound (%#)', async (pack) => {
    const encoding = pack === gzipSync ? 'gzip' : 'br';
    const found = await decodeBody(pack(Buffer.alloc(5_000_000)), encoding, LIMITS);
    expect(found).toMatchObject({ problem: 'bomb', cut: true });
    expect(found.bytes.length).toBe(LIMITS.decodedBytes);
  });

  test('a bomb in a bomb neither', async () => {
    const found = await decodeBody(gzipSync(gzipSync(Buffer.alloc(20_000_000))), 'gzip, gzip', LIMITS);
    expect(found.problem).toBe('bomb');
    expect(found.bytes.length).toBeLessThanOrEqual(LIMITS.decodedBytes);
  });

  test('a large body that grows as texts do is no bomb', async () => {
    const text = Buffer.from(Array.from({ length: 90_000 }, (_, i) => `line ${i * 7919} `).join('\n'));
    const found = await decodeBody(gzipSync(text), 'gzip', LIMITS);
    expect(found).toMatchObject({ problem: '', cut: true });
    expect(found.bytes.equals(text.subarray(0, LIMITS.decodedBytes))).toBe(true);
  });

  test('a beginning is decoded as far as it goes', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ] as const) {
      const packed = pack(large);
      const found = await decodeBody(packed.subarray(0, packed.length >> 1), encoding, LIMITS, true);
      expect(found).toMatchObject({ problem: '', cut: true });
      expect(found.bytes.length).toBeGreaterThan(1000);
      expect(large.subarray(0, found.bytes.length).equals(found.bytes)).toBe(true);
    }
  });

  test('so is what stands before a mistake', async () => {
    const packed = gzipSync(large);
    packed[packed.length - 5] ^= 1;
    const found = await decodeBody(packed, 'gzip', LIMITS);
    expect(found.problem).toBe('encoding');
    expect(found.bytes.equals(large)).toBe(true);
  });

  test.each([
    'gzip',
    'br',
    'deflate',
    'zstd',
    'compress',
    'gzip, br, gzip',
  ])('what was never encoded as %s is looked at as it came', async (encoding) => {
    expect(await decodeBody(small, encoding, LIMITS)).toMatchObject({ bytes: small, problem: 'encoding' });
  });
});

describe('the reader', () => {
  const asked = {
    ...{ method: 'POST', target: '/a', host: 'shop.example', headers: ['SOAPAction', 'urn:pay'], routeClass: 0 },
    ...{ mediaType: 'application/json', encoding: '', body: small as Uint8Array | null, cut: false },
  };
  const reader = createBodyReader(LIMITS);

  test('answers at once where nothing is compressed, or little', () => {
    expect(reader.read(asked)).toMatchObject({ kind: BODY_KIND.json, problem: '', value: { a: 'x' }, bytes: 9 });
    expect(reader.read({ ...asked, encoding: 'gzip', body: gzipSync(small) })).toMatchObject({ kind: BODY_KIND.json });
    expect(reader.read({ ...asked, body: null })).toMatchObject({ kind: BODY_KIND.none, fields: [] });
  });

  test('and later where much is', async () => {
    const work = reader.read({ ...asked, encoding: 'gzip', body: gzipSync(large) });
    expect(work).toBeInstanceOf(Promise);
    expect(await work).toMatchObject({ kind: BODY_KIND.json, problem: 'fields' });
  });

  test('lets only so many wait, and looks at none of the others', async () => {
    const body = gzipSync(Buffer.alloc(100_000, 'word '));
    const mediaType = 'text/plain';
    const all = await Promise.all(
      Array.from({ length: 300 }, () => reader.read({ ...asked, mediaType, encoding: 'gzip', body })),
    );
    const left = all.filter(({ bytes }) => bytes === 0);
    expect(left.length).toBe(300 - 256 - LIMITS.decodings);
    expect(left[0].problem).toBe('truncated');
    expect(await reader.read({ ...asked, mediaType, encoding: 'gzip', body })).toMatchObject({ kind: BODY_KIND.text });
  });

  test('knows the action of SOAP by its header', () => {
    const soap = reader.read({ ...asked, mediaType: 'text/xml', body: Buffer.from('<e/>') });
    expect(soap).toMatchObject({ fields: [{ path: 'action', text: 'urn:pay' }] });
  });
});
