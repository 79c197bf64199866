/** The small parts: puzzle, way back, cookies, the table of uses, headers about limits. */
import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from './challenge.ts';
import { cookieOf, UseTable } from './clearance.ts';
import { limitHeaders } from './limits.ts';
import { contactLink, escapeHtml, jsonBlock } from './pages/markup.ts';
import { SOLVER } from './pages/solver.ts';
import { difficulty, readNonce, zeroBits } from './puzzle.ts';
import { localPath } from './return-path.ts';

fc.configureGlobal({ seed: 20240304 });

type Next = (tries: number) => string | null;
const solver = runInNewContext(`(${SOLVER})`) as (prefix: string, bits: number, start: number, step: number) => Next;

describe('the puzzle', () => {
  it('counts leading zero bits', () => {
    const digest = (nonce: number) => createHash('sha256').update(`p${nonce}`).digest('hex');
    for (let nonce = 0; nonce < 300; nonce++) {
      const bits = BigInt(`0x1${digest(nonce)}`)
        .toString(2)
        .slice(1)
        .indexOf('1');
      expect(zeroBits('p', String(nonce))).toBe(bits);
    }
  });

  it('becomes harder with risk, between its two bounds', () => {
    expect([0, 0.3, 0.5, 0.625, 0.75, 1, 2, Number.NaN].map((risk) => difficulty(risk, 16, 20))).toEqual([
      16, 16, 16, 17, 18, 20, 20, 16,
    ]);
    expect(difficulty(1, 18, 12)).toBe(18);
  });

  it('takes decimal numbers and nothing else', () => {
    expect([0, 42, '000042', Number.MAX_SAFE_INTEGER].map(readNonce)).toEqual([
      '0',
      '42',
      '000042',
      '9007199254740991',
    ]);
    for (const bad of [-1, 1.5, 1e300, '', '1 ', 'x', '12345678901234567', null, {}, [1]])
      expect(readNonce(bad)).toBeNull();
  });

  it('is solved by what pages carry: the same SHA-256 as that of Node', () => {
    const block = fc.string({ minLength: 64, maxLength: 64, unit: fc.constantFrom(...'abcXYZ019-_') });
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 4 }),
        (parts, start, step) => {
          const prefix = parts.join('');
          const nonce = solver(prefix, 8, start, step)(100_000) as string;
          expect(nonce).toMatch(/^\d{12}$/);
          expect(zeroBits(prefix, nonce)).toBeGreaterThanOrEqual(8);
          expect((Number(nonce) - start) % step).toBe(0);
          for (let n = start; n < Number(nonce); n += step)
            expect(zeroBits(prefix, String(n).padStart(12, '0'))).toBeLessThan(8);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('goes on where a burst without luck has ended', () => {
    const prefix = 'x'.repeat(64);
    const whole = solver(prefix, 10, 0, 1)(1e6);
    const next = solver(prefix, 10, 0, 1);
    let nonce: string | null = null;
    while (nonce === null) nonce = next(7);
    expect(nonce).toBe(whole);
  });
});

describe('answers to a challenge', () => {
  it('are read from JSON, and null for anything else', () => {
    expect(readAnswer(Buffer.from('{"prefix":"p","nonce":7}'))).toEqual({ prefix: 'p', nonce: '7' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readAnswer(Buffer.from(bytes))).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(readAnswer(Buffer.from(text))).toBeNull();
      }),
    );
  });
});

describe('the way back', () => {
  it('keeps path and query', () => {
    expect(localPath('/a/b?c=d&e=%20f')).toBe('/a/b?c=d&e=%20f');
  });

  it.each([
    '//evil.example/',
    '/\\evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    '/a/..//evil.example',
    'http://evil.example',
    '',
    '*',
  ])('does not lead to %s', (to) => expect(localPath(to)).toBe('/'));

  it('leads to the front page where it would be too long', () => {
    expect(localPath(`/${'a'.repeat(3000)}`)).toBe('/');
  });

  it('never leaves the site', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%2f',
      '@',
      ':',
      'evil.example',
      '\t',
      '\n',
      ' ',
      '?',
      '#',
      'a',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const to = localPath(`/${parts.join('')}`);
        expect(to).toMatch(/^\/(?![/\\])/);
        expect(new URL(to, 'https://shop.example/x').origin).toBe('https://shop.example');
        expect(to).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('cookies', () => {
  it('are found by their whole name', () => {
    expect(cookieOf('a=1; sallyport-x=2; b=3', 'sallyport-x')).toBe('2');
    expect(cookieOf('sallyport-x=2', 'sallyport-x')).toBe('2');
    expect(cookieOf('not-sallyport-x=1;sallyport-x=2', 'sallyport-x')).toBe('2');
    expect(cookieOf('sallyport-xy=1', 'sallyport-x')).toBe('');
    expect(cookieOf('', 'sallyport-x')).toBe('');
  });
});

describe('the table of uses', () => {
  it('gives as many as allowed, and never holds more than it may', () => {
    const table = new UseTable(3);
    expect([1, 2, 3].map(() => table.take('a', 2))).toEqual([true, true, false]);
    for (const id of 'bcdefgh') expect(table.take(id, 2)).toBe(true);
    expect(table.size).toBe(3);
  });
});

describe('headers about limits', () => {
  const limit = { name: 'per-token', limit: 100, windowSec: 60, remaining: 12.7, resetSec: 0.6, exceeded: false };

  it('are none without a limit', () => {
    expect(limitHeaders(null)).toEqual([]);
  });

  it('are those of the draft and the older triple', () => {
    expect(limitHeaders(limit)).toEqual([
      'RateLimit-Policy',
      '"per-token";q=100;w=60',
      'RateLimit',
      '"per-token";r=12;t=1',
      'RateLimit-Limit',
      '100',
      'RateLimit-Remaining',
      '12',
      'RateLimit-Reset',
      '1',
    ]);
  });

  it('are whole numbers and never negative', () => {
    const odd = limitHeaders({ ...limit, name: 'a"\r\nb', windowSec: 0.2, remaining: -3, resetSec: -1 });
    expect(odd[1]).toBe('"ab";q=100;w=1');
    expect(odd[3]).toBe('"ab";r=0;t=0');
  });
});

describe('markup', () => {
  it('escapes what could end an element or an attribute', () => {
    expect(escapeHtml('<a b="c">&\'\u0007')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&#39;');
    expect(jsonBlock({ a: '</script>' })).toBe('{"a":"\\u003c/script\\u003e"}');
  });

  it('makes links of addresses only', () => {
    expect(contactLink('https://shop.example/help')).toBe(
      '<a href="https://shop.example/help">https://shop.example/help</a>',
    );
    expect(contactLink('help@shop.example')).toBe('<a href="mailto:help@shop.example">help@shop.example</a>');
    expect(contactLink('javascript:alert(1)')).toBe('javascript:alert(1)');
    expect(contactLink(undefined)).toBe('');
  });
});
