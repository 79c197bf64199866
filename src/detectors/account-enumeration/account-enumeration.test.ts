import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { accountEnumeration } from './account-enumeration.ts';

const detectors = [accountEnumeration];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const lookup = (n: number, status: number): Exchange => ({
  t: 0,
  ip: '198.51.100.50',
  target: '/api/exists?email={i}@example.org',
  status,
  repeat: { n, every_s: 2 },
});

describe('account enumeration', () => {
  it('finds lookups, resets and refused sign-ups in numbers', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const why = Object.fromEntries(findings.map((f) => [`${f.actor.dimension}:${f.actor.key}`, f.why]));
    expect(why['ip:198.51.100.50']).toMatch(
      /^about \d+ different accounts asked about within an hour, \d+ of the last \d+ do not exist; the limit is 60$/,
    );
    expect(why['ip:198.51.100.51']).toMatch(/^about \d+ questions about accounts within an hour; the limit is 60$/);
    expect(why['session:one']).toMatch(/; the limit is 40$/);
    expect(findings.every((f) => f.class === 'enumeration' && f.requests <= 62)).toBe(true);
  });

  it('finds no forms that ask at every key stroke, no forgotten passwords, no busy sign-up', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs half as many where next to none exists', () => {
    expect(run(lookup(24, 404))).toEqual([]);
    expect(run(lookup(38, 404))).toHaveLength(1);
    expect(run(lookup(45, 200))).toEqual([]);
    expect(run(lookup(80, 200))).toHaveLength(1);
  });

  it('reads business events', () => {
    const event: Exchange = { t: 0, ip: '198.51.100.53', target: '', business: 'lookup.missed', status: 0 };
    expect(run({ ...event, repeat: { n: 40, every_s: 2 } })).toHaveLength(1);
  });

  it('takes for accounts what says so or says nothing, and nothing else that is looked up', () => {
    const event: Exchange = { t: 0, ip: '198.51.100.53', business: 'lookup.missed', status: 0 };
    const asked = (target: string, business = 'lookup.missed') =>
      run({ ...event, business, target, repeat: { n: 80, every_s: 2 } }).length;
    for (const object of ['user:{i}', 'Customers:c{i}', 'shop.account:{i}', 'mailto:a{i}@example.org', 'name{i}'])
      expect(asked(object), object).toBe(1);
    for (const object of ['order:{i}', 'invoice:{i}', 'shop.Order:{i}', 'voucher:A{i}']) {
      expect(asked(object), object).toBe(0);
      expect(asked(object, 'lookup.found'), object).toBe(0);
    }
    expect(asked('order:{i}', 'reset.requested')).toBe(1);
  });
});
