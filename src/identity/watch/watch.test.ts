import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller, ClientCertificate, Presented } from '../contract.ts';
import { deskFrom, NOW, request } from '../testing.ts';

describe('session fixation', () => {
  const flags = (cookie: string, setCookie: readonly string[], loggedIn = true): number => {
    const desk = deskFrom({});
    const presented = request(cookie === '' ? [] : ['Cookie', cookie]);
    const headers = ['Content-Type', 'text/html', ...setCookie.flatMap((value) => ['Set-Cookie', value])];
    return desk.answered(presented, desk.identify(presented) as Caller, { status: 200, headers, loggedIn, nowMs: NOW });
  };

  it.each<[string, string, string[], boolean, number]>([
    ['an id that survives the login', 'sid=a', [], true, FLAG.SESSION_FIXED],
    ['an id that is set again', 'sid=a', ['sid=a; Path=/'], true, FLAG.SESSION_FIXED],
    ['an id that is taken away only', 'sid=a', ['sid=; Max-Age=0'], true, FLAG.SESSION_FIXED],
    ['a new id', 'sid=a', ['theme=x', 'sid=b; HttpOnly'], true, 0],
    ['a new id beside an old one', 'sid=a; session=v', ['session=w'], true, 0],
    ['two ids that change places', 'sid=a; session=b', ['sid=b', 'session=a'], true, FLAG.SESSION_FIXED],
    ['no id before', '', ['sid=b'], true, 0],
    ['no login', 'sid=a', [], false, 0],
  ])('%s', (_, cookie, set, loggedIn, expected) => {
    expect(flags(cookie, set, loggedIn)).toBe(expected);
  });
});

describe('refresh tokens', () => {
  const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];
  const settings = { refresh: { token_endpoints: ['/oauth/token'], grace_s: 10, remember_s: 3600 } };
  const refresh = (token: string, nowMs = NOW, over: Partial<Presented> = {}): Presented =>
    request(FORM, {
      method: 'POST',
      target: '/oauth/token?x',
      body: Buffer.from(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString()),
      nowMs,
      ...over,
    });

  function play() {
    const desk = deskFrom(settings);
    return {
      desk,
      send(presented: Presented, status = 200): number {
        const caller = desk.identify(presented) as Caller;
        desk.answered(presented, caller, { status, headers: [], loggedIn: false, nowMs: presented.nowMs });
        return caller.flags & FLAG.REFRESH_REUSED;
      },
    };
  }

  it('that are used again after the grace time are evidence', () => {
    const { send } = play();
    expect(send(refresh('r-1'))).toBe(0);
    expect(send(refresh('r-1', NOW + 10_000))).toBe(0);
    expect(send(refresh('r-1', NOW + 10_001))).toBe(FLAG.REFRESH_REUSED);
    expect(send(refresh('r-2', NOW + 10_001))).toBe(0);
    expect(send(refresh('r-1', NOW + 3_700_000))).toBe(0);
  });

  it('that were refused have not been used', () => {
    const { send } = play();
    send(refresh('r-1'), 400);
    expect(send(refresh('r-1', NOW + 60_000))).toBe(0);
  });

  it('are read from JSON, too; what is neither is passed over', () => {
    const { desk, send } = play();
    const json = (text: string, nowMs: number) =>
      refresh('', nowMs, { headers: ['content-type', 'application/json'], body: Buffer.from(text) });
    send(json('{"refresh_token":"r-1"}', NOW));
    expect(send(json('{"refresh_token":"r-1"}', NOW + 60_000))).toBe(FLAG.REFRESH_REUSED);
    for (const text of ['', '{', 'null', '3', '{"refresh_token":{}}']) expect(send(json(text, NOW + 60_000))).toBe(0);
    expect(desk.needsBody(refresh('r'))).toBe(true);
    expect(desk.needsBody(refresh('r', NOW, { method: 'GET' }))).toBe(false);
    expect(desk.needsBody(refresh('r', NOW, { target: '/oauth/tokens' }))).toBe(false);
  });
});

describe('credentials that move', () => {
  const with_ = (thumbprint: string): { certificate: ClientCertificate } => ({
    certificate: { thumbprint, subject: '', names: [], issuer: '', serial: '', fromMs: 0, untilMs: 0 },
  });

  it('from one device to another are evidence, and are not refused', () => {
    const desk = deskFrom({ device_header: 'X-Device' });
    const from = (device: string) =>
      desk.identify(request(['Authorization', 'Bearer opaque', 'x-device', device])) as Caller;
    expect(from('a').flags).toBe(0);
    expect(from('a').flags).toBe(0);
    const moved = from('b');
    expect([moved.scheme, moved.outcome, moved.flags]).toEqual([
      AUTH_SCHEME.opaque,
      AUTH_OUTCOME.claimed,
      FLAG.BOUND_ELSEWHERE,
    ]);
    expect(from('').flags).toBe(0);
  });

  it('from one certificate to another are, too; keys may be used by many machines', () => {
    const desk = deskFrom({});
    const from = (thumbprint: string, ...headers: string[]) =>
      (desk.identify(request(headers, with_(thumbprint))) as Caller).flags;
    from('one', 'Authorization', 'Bearer opaque');
    expect(from('two', 'Authorization', 'Bearer opaque')).toBe(FLAG.BOUND_ELSEWHERE);
    from('one', 'X-Api-Key', 'k');
    expect(from('two', 'X-Api-Key', 'k')).toBe(0);
  });
});
