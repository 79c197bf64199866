import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieOf, createReader, headerOf, tokenOf } from './read.ts';
import { request } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const read = createReader(['x-api-key', 'api-key']);
const found = (...headers: string[]) => read(request(headers));

describe('headers', () => {
  it('are found in whatever case', () => {
    const { authScheme, authValue, cookie, dpop, key, keyHeader } = found(
      ...['AUTHORIZATION', 'bEaReR  abc ', 'cookie', 'a=1', 'Cookie', 'b=2', 'dPoP', 'p', 'API-key', 'k'],
    );
    expect([authScheme, authValue, cookie, dpop, key, keyHeader]).toEqual([
      'bearer',
      'abc',
      'a=1; b=2',
      'p',
      'k',
      'api-key',
    ]);
  });

  it('that stand twice are ambiguous, unless both say the same key', () => {
    expect(found('Authorization', 'Bearer a', 'authorization', 'Bearer b').ambiguous).toBe(true);
    expect(found('DPoP', 'a', 'DPoP', 'b').ambiguous).toBe(true);
    expect(found('X-Api-Key', 'a', 'Api-Key', 'b').ambiguous).toBe(true);
    expect(found('X-Api-Key', 'a', 'Api-Key', 'a').ambiguous).toBe(false);
  });

  it('carry tokens under Bearer and DPoP only', () => {
    expect(tokenOf(found('Authorization', 'Bearer t'))).toBe('t');
    expect(tokenOf(found('Authorization', 'DPoP t'))).toBe('t');
    expect(tokenOf(found('Authorization', 'Basic dTpw'))).toBe('');
    expect(tokenOf(found('Authorization', 'Bearer'))).toBe('');
    expect(headerOf(['A', '1', 'a', '2'], 'a')).toBe('1');
  });
});

describe('cookies', () => {
  it('are told apart by whole names', () => {
    expect(cookieOf('xsid=1; sid=2; sid=3', 'sid')).toBe('2');
    expect(cookieOf('sid="quoted"', 'sid')).toBe('quoted');
    expect(cookieOf('a=1;sid=2', 'sid')).toBe('2');
    expect(cookieOf('asid=1; b=sid=2', 'sid')).toBe('');
    expect(cookieOf('sid', 'sid')).toBe('');
  });

  it('are found among any others', () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/);
    const value = fc.stringMatching(/^[A-Za-z0-9=._-]{1,20}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), value, fc.array(fc.tuple(name, value)), (before, mine, after) => {
        const text = [...before, ['the-sid', mine], ...after].map((pair) => pair.join('=')).join('; ');
        expect(cookieOf(text, 'the-sid')).toBe(mine);
      }),
    );
  });
});

it('any headers are read without an exception', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom('authorization', 'cookie', 'dpop', 'x-api-key'))),
      (headers) => {
        const seen = read(request(headers));
        expect(typeof tokenOf(seen)).toBe('string');
        cookieOf(seen.cookie, 'sid');
      },
    ),
  );
});
