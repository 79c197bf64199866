import { describe, expect, it } from 'vitest';
import { Facts } from '../../engine/facts.ts';
import { createBatch, METHODS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { SENSITIVITY } from '../../enrich/kinds.ts';
import { BUSINESS_NAMES } from '../../event/events.ts';
import { type Exchange, runFixture } from '../testing.ts';
import { CHANGES, changeOf } from './changes.ts';
import { takeOver } from './take-over.ts';

const detectors = [takeOver];
const HOUR = 3600;
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const home: Exchange = {
  t: 0,
  ip: '192.0.2.7',
  user: 'anna',
  extras: { device: 'own' },
  repeat: { n: 30, every_s: 2 * HOUR },
};
const change = (t: number, target: string, more: Partial<Exchange> = {}): Exchange => ({
  t: 60 * HOUR + t,
  ip: '203.0.113.5',
  method: 'PUT',
  target,
  user: 'anna',
  extras: { device: 'strange' },
  ...more,
});

describe('take-over', () => {
  it('tells what was changed after a stranger came, in its order', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const finding = findings.find((f) => f.actor.dimension === 'session');
    expect(finding?.actor.key).toBe('stolen');
    expect(finding?.why).toMatch(
      /^came with a new network, country and device (?:7 min|420 s|4\.?\d* min) ago, then changed the e-mail address/,
    );
    expect(findings.map((f) => f.actor.dimension).sort()).toEqual(['principal', 'session']);
    expect(actions['session:stolen']).toBe('block');
  });

  it('finds no changes at home, abroad with the own phone, or on a new laptop at home', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('weighs what is changed, and each further kind', () => {
    const said = (...paths: string[]) => run(home, ...paths.map((p, i) => change(i * 60, p)))[0]?.millinats ?? 0;
    expect(said('/account/address')).toBe(6000);
    expect(said('/account/password')).toBe(6500);
    expect(said('/account/email')).toBe(8600);
    expect(said('/account/email', '/account/email')).toBe(8600);
    expect(said('/account/password', '/account/address', '/account/email')).toBe(9200);
  });

  it('forgets strangers after half an hour', () => {
    const came = change(0, '/account', { method: 'GET' });
    expect(run(home, came, change(29 * 60, '/account/email'))).not.toEqual([]);
    expect(run(home, came, change(61 * 60, '/account/email'))).toEqual([]);
  });

  it('says when the stranger came', () => {
    const came = change(0, '/account', { method: 'GET' });
    const [finding] = run(home, came, change(180, '/account/password'), change(240, '/account/email'));
    expect(finding.why).toContain('4 min ago, then changed the password 60 s ago and changed the e-mail address now');
  });
});

describe('changes of an account', () => {
  const of = (method: string, target: string, more: { routeClass?: number; sensitivity?: number } = {}): string => {
    const text = new TextEncoder().encode(target);
    const rows = createBatch(1, text);
    rows.method[0] = METHODS.indexOf(method as (typeof METHODS)[number]);
    rows.targetLength[0] = text.length;
    rows.routeClass[0] = more.routeClass ?? ROUTE_CLASS.api;
    rows.sensitivity[0] = more.sensitivity ?? 0;
    return CHANGES[changeOf(new Facts().at(rows, 0, 0))];
  };

  it.each([
    ['PUT', '/api/account/email', 'email'],
    ['PATCH', '/v1/users/7/E-Mail_Address?next=/password', 'email'],
    ['POST', '/settings/password', 'password'],
    ['POST', '/api/payout-methods/3/default', 'payout'],
    ['DELETE', '/me/2fa', 'mfa'],
    ['POST', '/me/mfa/disable', 'mfa'],
    ['POST', '/me/mfa', ''],
    ['POST', '/api/keys/../api-keys', 'token'],
    ['DELETE', '/api/api-keys/3', ''],
    ['DELETE', '/me/addresses/4', ''],
    ['GET', '/api/account/email', ''],
    ['POST', '/api/orders', ''],
    ['POST', '/constructor/toString', ''],
    ['PUT', '//me//email/', 'email'],
    ['PUT', 'email', ''],
    ['PUT', `/email/${'x'.repeat(60_000)}`, 'email'],
    ['POST', '/search?q=/email', ''],
    ['PATCH', '/api/users/7', 'profile'],
    ['PUT', '/me', 'profile'],
    ['POST', '/api/users', ''],
    ['PUT', '/users/7/cart/3', ''],
  ])('%s %s is %j', (method, target, name) => {
    expect(of(method, target)).toBe(name);
  });

  it('are not the ways of somebody who has forgotten a password', () => {
    expect(of('POST', '/account/password', { routeClass: ROUTE_CLASS.reset })).toBe('');
  });

  it('are whatever a route is said to be worth', () => {
    expect(of('POST', '/transfers', { sensitivity: SENSITIVITY.money })).toBe('sensitive');
    expect(of('GET', '/transfers', { sensitivity: SENSITIVITY.money })).toBe('');
    expect(of('POST', '/profile', { sensitivity: SENSITIVITY.personal })).toBe('');
  });

  it('are told by events', () => {
    const rows = createBatch(1);
    const named = (name: (typeof BUSINESS_NAMES)[number]): string => {
      rows.business[0] = BUSINESS_NAMES.indexOf(name) + 1;
      return CHANGES[changeOf(new Facts().at(rows, 0, 0))];
    };
    expect([named('email.changed'), named('mfa.disabled'), named('token.created'), named('login.failed')]).toEqual([
      'email',
      'mfa',
      'token',
      '',
    ]);
  });
});
