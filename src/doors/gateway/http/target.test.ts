import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAuthority, isCleanTarget, readAbsolute, sameAuthority } from './target.ts';

fc.configureGlobal({ seed: 20240304 });

describe('an authority', () => {
  it.each([
    'a',
    'a.example',
    'A-b_c~d.example.',
    'a:1',
    'a:65535',
    '127.0.0.1:80',
    '[::1]',
    '[2001:db8::1]:443',
  ])('may be %j', (text) => expect(isAuthority(text)).toBe(true));

  it.each([
    ...[
      '',
      ':80',
      'a:',
      'a:b',
      'a:65536',
      'a:123456',
      'a:1:2',
      'u@a',
      'a/b',
      'a b',
      'a,b',
      'a%00',
      'a#b',
      'a?b',
      'a\\b',
    ],
    ...['[::1', '::1', '[]', '[g::1]', '[::1]a', '[::1]:', 'é', 'a\u0130', 'a'.repeat(262)],
  ])('may not be %j', (text) => expect(isAuthority(text)).toBe(false));

  it('is never one that a URL reads as another host', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12, unit: fc.constantFrom(...'a.:@/\\[]%#?1 é') }), (text) => {
        // A URL takes no number for the last label of a name; whoever serves a.1 may have it.
        fc.pre(isAuthority(text) && URL.canParse(`http://${text}/x`));
        const url = new URL(`http://${text}/x`);
        expect(url.pathname).toBe('/x');
        expect(url.username).toBe('');
        expect(sameAuthority(url.host, text) || /^[\d.:[\]]+$/.test(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

it('authorities are the same but for case and default ports', () => {
  expect(sameAuthority('a.example', 'A.example:80')).toBe(true);
  expect(sameAuthority('a.example:443', 'a.example')).toBe(true);
  expect(sameAuthority('a.example:8080', 'a.example')).toBe(false);
  expect(sameAuthority('a.example', 'b.example')).toBe(false);
});

it('an absolute target is taken apart', () => {
  expect(readAbsolute('http://a/b?c', 'GET')).toEqual({ authority: 'a', target: '/b?c' });
  expect(readAbsolute('HTTPS://a:1', 'GET')).toEqual({ authority: 'a:1', target: '/' });
  expect(readAbsolute('http://a?b/c', 'GET')).toEqual({ authority: 'a', target: '/?b/c' });
  expect(readAbsolute('http://a', 'OPTIONS')).toEqual({ authority: 'a', target: '*' });
  expect(readAbsolute('http://a/', 'OPTIONS')).toEqual({ authority: 'a', target: '/' });
  for (const other of ['ftp://a/', 'http:/a', 'http', '//a/b', 'http_//a/', '']) {
    expect(readAbsolute(other, 'GET')).toBeNull();
  }
});

it('a clean target has no white space and no control characters', () => {
  expect(isCleanTarget('/a?b=%20\xe9')).toBe(true);
  for (const bad of ['/a b', '/a\t', '/a\r\n', '/\0', '/\x7f', '/\u0100']) expect(isCleanTarget(bad)).toBe(false);
});
