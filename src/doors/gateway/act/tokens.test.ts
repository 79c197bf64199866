import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECRET } from './testing.ts';
import { BINDING_BYTES, ID_BYTES, KIND, type Kind, TOKEN_CHARS, type Token, TokenBox } from './tokens.ts';

fc.configureGlobal({ seed: 20240304 });

const box = new TokenBox(SECRET);
const kinds = Object.values(KIND);
const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n }).map((a) => Buffer.from(a));
const seconds = fc.integer({ min: 0, max: 0xffff_ffff });
const word = fc.string({ maxLength: 64, unit: 'grapheme-ascii' });
const tokens: fc.Arbitrary<Token> = fc.record({
  kind: fc.constantFrom(...kinds),
  bits: fc.integer({ min: 0, max: 32 }),
  issuedSec: seconds,
  fromSec: seconds,
  untilSec: seconds,
  id: bytes(ID_BYTES),
  binding: bytes(BINDING_BYTES),
  about: word,
  actor: word,
});
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('sealed tokens', () => {
  it('say what was put in, and only as the kind they are', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = box.seal(token);
        expect(text.length).toBeLessThanOrEqual(TOKEN_CHARS);
        expect(text.length % 64).toBe(0);
        expect(box.open(text, token.kind)).toEqual(token);
        for (const other of kinds) if (other !== token.kind) expect(box.open(text, other)).toBeNull();
      }),
    );
  });

  it('are refused when a single character differs', () => {
    fc.assert(
      fc.property(tokens, fc.nat(), fc.nat(62), (token, place, step) => {
        const text = box.seal(token);
        const at = place % text.length;
        const other = alphabet[(alphabet.indexOf(text[at]) + 1 + step) % 64];
        expect(box.open(text.slice(0, at) + other + text.slice(at + 1), token.kind)).toBeNull();
      }),
    );
  });

  it('are refused, never thrown over, whatever else is shown', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 300 }),
      fc.base64String(),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...kinds), (text, kind: Kind) => {
        expect(box.open(text, kind)).toBeNull();
      }),
    );
  });

  it('cannot be read, nor opened with another secret', () => {
    const [token] = fc.sample(tokens, { numRuns: 1, seed: 1 });
    const text = box.seal({ ...token, about: 'credential-attack', actor: 'a1b2c3d4e5f60718' });
    expect(Buffer.from(text, 'base64url').toString('latin1')).not.toMatch(/credential|a1b2/);
    expect(new TokenBox(Buffer.alloc(32, 7)).open(text, token.kind)).toBeNull();
  });

  it('bind to all of what a client looks like', () => {
    expect(box.binding('a', 'b')).toEqual(box.binding('a', 'b'));
    expect(box.binding('a', 'b')).not.toEqual(box.binding('a', 'c'));
    expect(box.binding('a', 'b')).not.toEqual(box.binding('b', 'a'));
  });
});
