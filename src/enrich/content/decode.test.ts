import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASSIGN, decode, decoded, fieldLayout, LAYOUT, origin, SEPARATOR, scratch, WINDOW_BYTES } from './decode.ts';

fc.configureGlobal({ seed: 20240304 });

const encoder = new TextEncoder();
function decodeText(text: string, layout: number = LAYOUT.plain): string {
  const bytes = encoder.encode(text);
  decode(bytes, 0, bytes.length, layout);
  const shown = new TextDecoder().decode(scratch.subarray(0, decoded.length));
  return shown.replaceAll(String.fromCharCode(SEPARATOR), '␞').replaceAll(String.fromCharCode(ASSIGN), '␟');
}

describe('decode', () => {
  it.each([
    ['%3Cb%3e', '<b>'],
    ['%253c', '<'],
    ['%25253c', '<'],
    ['%2525253c', '<'],
    ['%252525253c', '%3c'],
    ['%u003cx%uff1e', '<x>'],
    ['&lt;&#60;&#x3C;&#x3c&quot;&colon;', '<<<<":'],
    ['\\x3c\\u003c\\u{3c}', '<<<'],
    ['%c0%af%c0%ae%e0%80%af', '/./'],
    ['\uff1cscript\uff1e', '<script>'],
    ['100% &amp of %zz %', '100% &amp of %zz %'],
    ['caf%C3%A9 \u20ac', 'caf\u00e9 \u20ac'],
    ['a%00b', 'ab'],
  ])('turns %s into %s', (from, to) => expect(decodeText(from)).toBe(to));

  it('marks what separates parameters, and cannot be made to', () => {
    expect(decodeText('/p?a=b=c&d=%26%3D%1e%1f+e', LAYOUT.target)).toBe('/p␞a␟b=c␞d␟&=\u0001\u0001 e');
    expect(decodeText('a+b=c&d', LAYOUT.query)).toBe('a b␟c␞d');
    expect(decodeText('/a+b%3fc', LAYOUT.target)).toBe('/a+b?c');
  });

  it('remembers where each byte came from', () => {
    decodeText('a%253Cb');
    expect([...origin.subarray(0, decoded.length + 1)]).toEqual([0, 1, 6, 7]);
  });

  it('never grows, and keeps origins in order', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.constantFrom(0, 1, 2, 3), (bytes, layout) => {
        decode(bytes, 0, bytes.length, layout);
        expect(decoded.length).toBeLessThanOrEqual(bytes.length);
        expect(decoded.queryAt).toBeLessThanOrEqual(decoded.length);
        for (let i = 0; i < decoded.length; i++) expect(origin[i]).toBeLessThanOrEqual(origin[i + 1]);
        expect(scratch[decoded.length]).toBe(0);
      }),
    );
  });

  it('fills at most one window', () => {
    const bytes = new Uint8Array(WINDOW_BYTES).fill(0x61);
    decode(bytes, 0, bytes.length, LAYOUT.target);
    expect(decoded.length).toBe(WINDOW_BYTES);
  });

  it.each([
    ['v=a+b&c=d', 'v␟a+b&c=d'],
    ['v=+ADw-b+AD4-', 'v␟<b>'],
    ['v=+ADwAYgA+-', 'v␟<b>'],
    ['v=+ADwAYgA+ +AGE x', 'v␟<b> a x'],
    ['v=+AB4-', 'v␟+AB4-'],
    ['v=+Adx', 'v␟+Adx'],
    ['v=1%2B1+ADw', 'v␟1+1<'],
    ['v=&lt;%26%23x3c;', 'v␟<<'],
  ])('takes the field %s as %s', (from, to) => {
    fieldLayout.assignAt = 1;
    fieldLayout.formEncoded = false;
    expect(decodeText(from, LAYOUT.field)).toBe(to);
  });

  it('takes plus signs of a form that was encoded twice as spaces', () => {
    fieldLayout.assignAt = 1;
    fieldLayout.formEncoded = true;
    expect(decodeText('v=a+b%2Bc', LAYOUT.field)).toBe('v␟a b+c');
    fieldLayout.formEncoded = false;
  });
});
