import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Identities, NAMELESS, Pseudonyms } from './identity.ts';
import { takeSignals } from './signals.ts';

fc.configureGlobal({ seed: 20240304 });

describe('signals of the upstream', () => {
  it('are read and taken out, and everything else stays as it was', () => {
    const headers = [
      'Content-Type',
      'text/plain',
      'Sallyport-Principal',
      '"al\\"ice"',
      'X-A',
      '1',
      'sallyport-event',
      'login.failed;principal="bob", promo.redeemed;object="SPRING";amount=500',
    ];
    const signal = takeSignals(headers, '');
    expect(headers).toEqual(['Content-Type', 'text/plain', 'X-A', '1']);
    expect(signal).toEqual({
      principal: 'al"ice',
      events: [
        { name: 'login.failed', principal: 'bob', object: '', amountMinor: -1 },
        { name: 'promo.redeemed', principal: '', object: 'SPRING', amountMinor: 500 },
      ],
    });
  });

  it('are null where there are none', () => {
    const headers = ['Server', 'x', 'Set-Cookie', 'a=b'];
    expect(takeSignals(headers, 'x-user')).toBeNull();
    expect(headers).toHaveLength(4);
  });

  it('may come in a header of the application, which stays', () => {
    const headers = ['X-User', 'carol'];
    expect(takeSignals(headers, 'x-user')?.principal).toBe('carol');
    expect(headers).toEqual(['X-User', 'carol']);
  });

  it('leave out whatever no client may see, even where it cannot be read', () => {
    const headers = ['Sallyport-Event', 'no event at all;;;', 'Sallyport-Other', 'x'];
    expect(takeSignals(headers, '')?.events).toEqual([]);
    expect(headers).toEqual([]);
  });

  it('never throw, take bounded time, and give at most eight events', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 4000 }), (text) => {
        const signal = takeSignals(['Sallyport-Event', text, 'Sallyport-Principal', text], '');
        expect(signal?.events.length).toBeLessThanOrEqual(8);
      }),
    );
    const many = Array.from({ length: 100 }, (_, i) => `a.b${i}`).join(', ');
    expect(takeSignals(['Sallyport-Event', many], '')?.events).toHaveLength(8);
  });
});

describe('identities', () => {
  it('stand under pseudonyms that are the same for the same secret and key', () => {
    const a = new Pseudonyms(Buffer.alloc(32, 1));
    expect(a.of('session', 'secret')).toMatch(/^session-[0-9a-f]{20}$/);
    expect(a.of('session', 'secret')).toBe(a.of('session', 'secret'));
    expect(new Pseudonyms(Buffer.alloc(32, 1)).of('session', 'secret')).toBe(a.of('session', 'secret'));
    expect(new Pseudonyms(Buffer.alloc(32, 2)).of('session', 'secret')).not.toBe(a.of('session', 'secret'));
  });

  it('are remembered with whom they belong to, until forgotten', () => {
    const identities = new Identities(new Pseudonyms(Buffer.alloc(32, 1)));
    const session = identities.of('session', 'same');
    const key = identities.of('key', 'same');
    expect(session.name).toMatch(/^session-/);
    expect(key.name).toMatch(/^key-/);
    identities.learn(session, 'alice');
    identities.learn(key, NAMELESS);
    expect(identities.of('session', 'same').principal).toBe('alice');
    expect(identities.of('key', 'same').principal).toBe(NAMELESS);
    identities.forget(session);
    expect(session.principal).toBe('');
    expect(identities.of('session', 'same').principal).toBe('');
  });

  it('of strangers never push out those that are known, however many come', () => {
    const identities = new Identities(new Pseudonyms(Buffer.alloc(32, 1)));
    identities.learn(identities.of('key', 'known'), 'alice');
    const first = identities.of('key', 'stranger');
    for (let i = 0; i < 25_000; i++) identities.of('key', `guess-${i}`);
    expect(identities.of('key', 'known').principal).toBe('alice');
    expect(identities.of('key', 'stranger')).not.toBe(first);
  });

  it('with long secrets are known again, too', () => {
    const identities = new Identities(new Pseudonyms(Buffer.alloc(32, 1)));
    const secret = 'x'.repeat(5000);
    identities.learn(identities.of('session', secret), 'bob');
    expect(identities.of('session', secret).principal).toBe('bob');
    expect(identities.of('session', secret).id).toHaveLength('session-'.length + 20);
  });
});
