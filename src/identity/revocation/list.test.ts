import { describe, expect, it } from 'vitest';
import { AUTH_SCHEME } from '../../enrich/kinds.ts';
import { type Change, RevocationList, type Target } from './list.ts';
import { callerWith, NOW } from './testing.ts';

const listOf = (capacity = 100) => {
  const clock = { nowMs: NOW };
  const full: Target[] = [];
  const list = new RevocationList({ capacity, now: () => clock.nowMs, onFull: (target) => full.push(target) });
  return { list, clock, full };
};
const us = { untilMs: NOW + 1000, by: 'us' as const };

describe('RevocationList', () => {
  it('revokes credentials from the next request on, until their end or until they are restored', () => {
    const { list } = listOf();
    const caller = callerWith({ credential: 'jti-1' });
    expect(list.isRevoked(caller, NOW)).toBe(false);
    list.revoke('jti-1', NOW + 1000);
    expect(list.isRevoked(caller, NOW)).toBe(true);
    expect(list.isRevoked(caller, NOW + 1000)).toBe(false);
    list.revoke('jti-1', 0);
    expect(list.isRevoked(caller, NOW + 1e12)).toBe(true);
    list.revoke('jti-1', NOW + 1);
    expect(list.isRevoked(caller, NOW + 1e12)).toBe(true);
    list.restore('jti-1');
    expect(list.isRevoked(caller, NOW)).toBe(false);
    list.revoke('', 0);
    expect(list.isRevoked(callerWith({}), NOW)).toBe(false);
  });

  it('revokes sessions and devices', () => {
    const { list } = listOf();
    list.deny({ kind: 'session', id: 's1' }, us);
    list.deny({ kind: 'device', id: 'd1' }, us);
    expect(list.isRevoked(callerWith({ session: 's1' }), NOW)).toBe(true);
    expect(list.isRevoked(callerWith({ device: 'd1' }), NOW)).toBe(true);
    expect(list.isRevoked(callerWith({ session: 'd1', device: 's1', credential: 's1' }), NOW)).toBe(false);
  });

  it('revokes what a principal was given before a moment', () => {
    const { list } = listOf();
    const target = { kind: 'principal', id: 'ann', issuer: 'https://idp' } as const;
    list.deny(target, { ...us, issuedUntilMs: NOW });
    const ann = (more: object) => list.isRevoked(callerWith({ principal: 'ann', issuer: 'https://idp', ...more }), NOW);
    expect([ann({ issuedMs: NOW - 1 }), ann({ issuedMs: NOW }), ann({ issuedMs: NOW + 1 })]).toEqual([
      true,
      true,
      false,
    ]);
    expect([ann({ issuer: 'https://other' }), ann({ issuer: '' }), ann({ principal: 'bob' })]).toEqual([
      false,
      true,
      false,
    ]);
    expect(ann({ issuedMs: 0 })).toBe(true);
    expect(ann({ issuedMs: 0, scheme: AUTH_SCHEME.key })).toBe(false);
    list.deny(target, us);
    expect([ann({ issuedMs: NOW + 1 }), ann({ issuedMs: 0, scheme: AUTH_SCHEME.key })]).toEqual([true, true]);
    list.allow(target);
    expect(ann({ issuedMs: NOW - 1 })).toBe(false);
  });

  it('keeps the wider of two revocations of a principal', () => {
    const { list } = listOf();
    const target = { kind: 'principal', id: 'ann', issuer: '' } as const;
    list.deny(target, { ...us, issuedUntilMs: NOW });
    list.deny(target, { untilMs: NOW + 500, by: 'others', issuedUntilMs: NOW - 5000 });
    expect(list.isRevoked(callerWith({ principal: 'ann', issuedMs: NOW }), NOW + 900)).toBe(true);
  });

  it('lets others lift only what others wanted', () => {
    const { list } = listOf();
    const device = { kind: 'device', id: 'd1' } as const;
    const ann = { kind: 'principal', id: 'ann', issuer: 'https://idp' } as const;
    for (const target of [device, ann]) {
      list.deny(target, { ...us, by: 'others' });
      expect(list.allow(target, 'others')).toBe(true);
      list.deny(target, { ...us, by: 'others' });
      list.deny(target, us);
      expect([list.allow(target, 'others'), list.allow(target), list.allow(target)]).toEqual([false, true, false]);
    }
    expect(list.size).toBe(0);
  });

  it('keeps a bounded number of issuers for one name', () => {
    const { list, full } = listOf();
    const denied = [...Array(10).keys()].map((i) => list.deny({ kind: 'principal', id: 'ann', issuer: `i${i}` }, us));
    expect([denied.filter(Boolean).length, full.length]).toEqual([8, 2]);
  });

  it('tells what was done, so that it can be done elsewhere', () => {
    const changes: Change[] = [];
    const first = new RevocationList({ capacity: 10, now: () => NOW, onChange: (change) => changes.push(change) });
    first.deny({ kind: 'principal', id: 'ann', issuer: '' }, { ...us, issuedUntilMs: NOW });
    first.revoke('jti-1', 0);
    first.revoke('jti-2', 0);
    first.restore('jti-2');
    const { list } = listOf();
    expect(changes.map((change) => list.apply(change))).toEqual([true, true, true, true]);
    for (const caller of [callerWith({ principal: 'ann' }), callerWith({ credential: 'jti-1' })]) {
      expect(list.isRevoked(caller, NOW)).toBe(true);
    }
    expect(list.isRevoked(callerWith({ credential: 'jti-2' }), NOW)).toBe(false);
  });

  it('drops nothing in force for what is new, and keeps room for us', () => {
    const { list, clock, full } = listOf(4);
    const session = (id: string): Target => ({ kind: 'session', id });
    const others = ['a', 'b', 'c', 'd'].map((id) => list.deny(session(id), { ...us, by: 'others' }));
    expect(others).toEqual([true, true, true, false]);
    expect(list.deny(session('e'), us)).toBe(true);
    expect(list.deny(session('f'), us)).toBe(false);
    expect(list.deny(session('a'), us)).toBe(true);
    expect([full.map(({ id }) => id), list.refused]).toEqual([['d', 'f'], 2]);
    expect(list.isRevoked(callerWith({ session: 'a' }), NOW)).toBe(true);
    clock.nowMs = NOW + 1000;
    expect(list.deny(session('f'), { ...us, untilMs: NOW + 9000 })).toBe(true);
    expect(list.size).toBe(1);
    expect(list.deny(session('g'), { ...us, untilMs: NOW })).toBe(false);
  });
});
