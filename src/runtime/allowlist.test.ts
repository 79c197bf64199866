import { describe, expect, it } from 'vitest';
import type { AllowlistEntry } from '../config/schema.ts';
import { createEnricher } from '../enrich/compose.ts';
import { createBatch, FLAG } from '../enrich/facts.ts';
import { EMPTY_MODEL } from '../enrich/model.ts';
import { NetworkTable } from '../enrich/network.ts';
import { type RawInit, rawFrom, TEST_TIME } from '../enrich/testing.ts';
import { Allowlist } from './allowlist.ts';

const entry = (what: Partial<AllowlistEntry>): AllowlistEntry => ({
  owner: 'o',
  reason: 'r',
  expires: '2024-06-01',
  ...what,
});

/** Whether an exchange is flagged, enriched for real under the same seed. */
function allowed(
  entries: readonly AllowlistEntry[],
  init: RawInit,
  seed = 9,
  list = new Allowlist(entries, seed),
): boolean {
  const raw = rawFrom(init);
  const batch = createBatch(1, raw.buf);
  createEnricher({ seed, model: EMPTY_MODEL, networks: NetworkTable.empty() }).row(raw, batch, 0, 0, 1000);
  const before = batch.flags[0];
  list.apply(batch, 0);
  expect(batch.flags[0] & ~FLAG.ALLOWLISTED).toBe(before);
  return (batch.flags[0] & FLAG.ALLOWLISTED) !== 0;
}

describe('the allowlist', () => {
  it.each<[string, Partial<AllowlistEntry>, RawInit, boolean]>([
    ['an address', { address: '192.0.2.7' }, { address: '192.0.2.7' }, true],
    ['its neighbour', { address: '192.0.2.7' }, { address: '192.0.2.8' }, false],
    ['a block', { address: '192.0.2.0/24' }, { address: '192.0.2.200' }, true],
    ['a block of IPv6', { address: '2001:db8::/32' }, { address: '2001:db8:7::1' }, true],
    ['an address beside it', { address: '2001:db8::/32' }, { address: '2001:db9::1' }, false],
    ['an IPv4 address written as IPv6', { address: '192.0.2.7' }, { address: '::ffff:192.0.2.7' }, true],
    ['a user', { principal: 'alice' }, { principal: 'alice' }, true],
    ['a longer name', { principal: 'alice' }, { principal: 'alice2' }, false],
    ['nobody', { principal: 'alice' }, {}, false],
    ['a key', { credential: 'k-1' }, { credential: 'k-1' }, true],
    ['a user of a key’s name', { credential: 'k-1' }, { principal: 'k-1' }, false],
    ['an agent, whatever its case', { agent: 'UptimeBot' }, { agent: 'Mozilla (compatible; uptimebot/2)' }, true],
    ['another agent', { agent: 'UptimeBot' }, { agent: 'Mozilla' }, false],
    ['no agent', { agent: 'UptimeBot' }, { agent: '' }, false],
  ])('%s', (_, what, init, expected) => {
    expect(allowed([entry(what)], init)).toBe(expected);
  });

  it('holds until its date, by the time of the event', () => {
    const expires = new Date(TEST_TIME + 1000).toISOString();
    for (const what of [{ address: '192.0.2.1' }, { principal: 'p' }, { credential: 'c' }, { agent: 'agent' }]) {
      const list = new Allowlist([entry({ ...what, expires })], 9);
      const at = (ms: number): boolean =>
        allowed(
          [],
          { principal: 'p', credential: 'c', agent: 'agent', timeMs: TEST_TIME + ms, timeMeaning: 'start' },
          9,
          list,
        );
      expect([at(0), at(999), at(1000), at(5000), at(0)]).toEqual([true, true, false, false, true]);
    }
  });

  it('of several entries takes the one that lasts longest', () => {
    const day = (n: number): string => new Date(TEST_TIME + n * 86_400_000).toISOString();
    const entries = [entry({ agent: 'bot', expires: day(-1) }), entry({ agent: 'goodbot', expires: day(1) })];
    expect(allowed(entries, { agent: 'goodbot/1' })).toBe(true);
    expect(allowed(entries, { agent: 'badbot/1' })).toBe(false);
  });

  it('knows a user under its own seed only, and remembers agents without mixing them up', () => {
    const list = new Allowlist([entry({ agent: 'agent 7,' })], 9);
    expect(list.size).toBe(1);
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 50; i++) expect(allowed([], { agent: `agent ${i}, made up` }, 9, list)).toBe(i === 7);
    expect(allowed([], { principal: 'alice' }, 9, new Allowlist([entry({ principal: 'alice' })], 8))).toBe(false);
  });

  it('without entries flags nothing', () => {
    expect(allowed([], { principal: 'alice' })).toBe(false);
  });
});
