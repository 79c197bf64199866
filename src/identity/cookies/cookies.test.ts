import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller } from '../contract.ts';
import { deskFrom, request } from '../testing.ts';
import { unsigned } from './signed.ts';

fc.configureGlobal({ seed: 20240304 });

const KEYS = ['first-secret-of-the-app', 'second-secret-of-the-app'].map((text) => Buffer.from(text));
const mac = (text: string, key = KEYS[0]) => createHmac('sha256', key).update(text).digest();

describe('signed cookies', () => {
  it('are read as express-session writes them', () => {
    // The value that cookie-signature documents: 'hello' under 'tobiiscool'.
    const known = 's:hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI';
    expect(unsigned(known, 'express', [Buffer.from('tobiiscool')])).toBe('hello');
    expect(unsigned(encodeURIComponent(known), 'express', [Buffer.from('tobiiscool')])).toBe('hello');
    expect(unsigned(known, 'express', KEYS)).toBeNull();
    expect(unsigned(known.slice(2), 'express', [Buffer.from('tobiiscool')])).toBe('');
  });

  it('are read in all spellings of the signature, under any of the secrets', () => {
    for (const key of KEYS)
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        expect(unsigned(`id.1.${mac('id.1', key).toString(encoding)}`, 'hmac', KEYS)).toBe('id.1');
    expect(unsigned(`id.${mac('id').toString('hex').slice(1)}`, 'hmac', KEYS)).toBeNull();
  });

  it('count for exactly the value that was signed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, other) => {
        fc.pre(value !== other && value !== '' && other !== '' && !/%/.test(value + other));
        const signature = mac(value).toString('base64url');
        expect(unsigned(`${value}.${signature}`, 'hmac', KEYS)).toBe(value);
        expect(unsigned(`${other}.${signature}`, 'hmac', KEYS)).toBeNull();
      }),
    );
  });

  it('any text is looked at without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void [unsigned(text, 'express', KEYS), unsigned(text, 'hmac', KEYS)]));
  });
});

describe('sessions', () => {
  const env = { APP: KEYS[0].toString() };
  const ask = (cookie: string, identity: object = {}): Caller => {
    return deskFrom(identity, { env }).identify(request(['Cookie', cookie])) as Caller;
  };

  it('are named by a keyed hash, and only the application knows more', () => {
    const caller = ask('theme=x; sid=secret-session-id');
    expect(caller).toMatchObject({ scheme: AUTH_SCHEME.cookie, outcome: AUTH_OUTCOME.claimed, principal: '' });
    expect(caller.session).toMatch(/^session-[\w-]{22}$/);
    expect(caller.session).toBe(ask('sid=secret-session-id').session);
    expect(JSON.stringify(caller)).not.toContain('secret-session-id');
  });

  it('that are signed are claimed, too, unless only a login gives one', () => {
    const value = `s:id-1.${mac('id-1').toString('base64').replace(/=+$/, '')}`;
    const cookies = (proves?: string) => ({ cookies: [{ name: 'sess', secrets: [{ env: 'APP' }], proves }] });
    expect(ask(`sess=${value}`, cookies()).outcome).toBe(AUTH_OUTCOME.claimed);
    expect(ask(`sess=${value}`, cookies('login')).outcome).toBe(AUTH_OUTCOME.accepted);
    expect(ask(`sess=${value.replace('id-1', 'id-2')}`, cookies('login')).outcome).toBe(AUTH_OUTCOME.signature);
  });

  it('that are none leave nobody', () => {
    expect(ask('theme=dark').outcome).toBe(AUTH_OUTCOME.none);
  });
});
