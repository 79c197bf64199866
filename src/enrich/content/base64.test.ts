import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Bytes, base64Text, textOfBase64 } from './base64.ts';

fc.configureGlobal({ seed: 20240304 });

const encoder = new TextEncoder();
function textOf(value: string): string | null {
  const bytes = encoder.encode(value);
  const n = base64Text(bytes, 0, bytes.length);
  return n === 0 ? null : new TextDecoder().decode(base64Bytes.subarray(0, n));
}

describe('Base64', () => {
  it.each([
    [Buffer.from('hello, world').toString('base64'), 'hello, world'],
    [Buffer.from('hello, world?').toString('base64url'), 'hello, world?'],
    [Buffer.from('Grüße aus Köln').toString('base64'), 'Grüße aus Köln'],
    [Buffer.from('\r\nQUIT\r\n').toString('base64'), '\r\nQUIT\r\n'],
    [Buffer.from('<scr\0ipt>').toString('base64'), '<script>'],
  ])('%s is %s', (value, text) => {
    expect(textOf(value)).toBe(text);
    expect(textOfBase64(value)).toBe(text);
  });

  it.each([
    'catalogue-page',
    'abcdefghij',
    '0123456789',
    'short',
    'aGVsbG8',
    'hello world, it is',
    'AAAAAAAAAAAAAAAA',
    '',
  ])('%s is none', (value) => expect(textOfBase64(value)).toBeNull());

  it('gives any printable text back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 200, unit: 'grapheme-ascii' }), (text) => {
        expect(textOf(Buffer.from(text).toString('base64'))).toBe(text);
        expect(textOf(Buffer.from(text).toString('base64url'))).toBe(text);
      }),
    );
  });
});
