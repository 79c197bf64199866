import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecoySet, decoyOf, NO_DECOYS } from './index.ts';

fc.configureGlobal({ seed: 20240304 });

const encoder = new TextEncoder();
const set = new DecoySet(['/internal/ledger-2f7c', '/api/v0/*', '/Keys']);
function touched(path: string, decoys = set): number {
  const bytes = encoder.encode(path);
  return decoyOf(bytes, 0, bytes.length, decoys);
}

describe('decoyOf', () => {
  it('knows exact paths, prefixes, and other spellings of both', () => {
    expect(touched('/internal/ledger-2f7c')).toBe(1);
    expect(touched('/Internal/%6cedger-2f7c?x')).toBe(1);
    expect(touched('/api/v0')).toBe(2);
    expect(touched('/api/v0/')).toBe(2);
    expect(touched('/api/v0/users/1')).toBe(2);
    expect(touched('/api%2Fv0%2Fusers')).toBe(2);
    expect(touched('/keys')).toBe(3);
  });

  it('leaves neighbours alone', () => {
    for (const path of [
      '/',
      '',
      '/internal',
      '/internal/ledger-2f7c/x',
      '/internal/ledger-2f7',
      '/api/v01',
      '/x/keys',
      '/keys/',
    ]) {
      expect(touched(path), path).toBe(0);
    }
    expect(touched('/keys', NO_DECOYS)).toBe(0);
  });

  it('refuses what is no path, or stands there twice', () => {
    expect(() => new DecoySet(['keys'])).toThrow('"keys"');
    expect(() => new DecoySet(['/'])).toThrow(RangeError);
    expect(() => new DecoySet(['/*'])).toThrow(RangeError);
    expect(() => new DecoySet(['/a', '/A'])).toThrow('twice');
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => void decoyOf(bytes, 0, bytes.length, set)));
  });
});
