import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUSINESS_NAMES } from '../event/events.ts';
import { CidrSet } from '../lib/cidr.ts';
import { hashString } from '../lib/hash.ts';
import type { Enricher } from './enrich.ts';
import { COLUMNS, type ColumnName, FLAG, METHODS, ROUTE_CLASS, textOf } from './facts.ts';
import { sameSite } from './host.ts';
import { EMPTY_MODEL } from './model.ts';
import { batchFrom, type RawInit, rawFrom, TEST_TIME, testEnricher } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

type Row = Record<ColumnName, number> & { flagNames: string[] };

function rowOf(init: RawInit, enricher: Enricher = testEnricher()): Row {
  const batch = batchFrom([rawFrom(init)], enricher);
  const row: Record<string, unknown> = {};
  for (const name of Object.keys(COLUMNS) as ColumnName[]) row[name] = batch[name][0];
  row.flagNames = Object.entries(FLAG)
    .filter(([, bit]) => (batch.flags[0] & bit) !== 0)
    .map(([name]) => name);
  return row as Row;
}

describe('time', () => {
  it('turns a logged end into a start and assumes a duration where none is logged', () => {
    const row = rowOf({});
    expect(row.timeMs).toBe(TEST_TIME - 50);
    expect(row.durationMs).toBe(50);
    expect(row.flagNames).toEqual(expect.arrayContaining(['ASSUMED_DURATION', 'END_TIME', 'COARSE_TIME']));
  });
  it('leaves a logged start alone', () => {
    const row = rowOf({ timeMeaning: 'start', durationMs: 1234.4 });
    expect(row.timeMs).toBe(TEST_TIME);
    expect(row.durationMs).toBe(1234);
    expect(row.flagNames).not.toContain('ASSUMED_DURATION');
  });
});

describe('identities', () => {
  it('hashes them under the seed and keeps where they stand', () => {
    const init = { principal: 'alice', session: 's1', credential: 'k1', agent: 'curl/8.1' };
    const row = rowOf(init, testEnricher({ seed: 9 }));
    expect({ hi: row.principalHi, lo: row.principalLo }).toEqual(hashString('alice', 9));
    expect(row.principalLo).not.toBe(rowOf(init).principalLo);
    const batch = batchFrom([rawFrom({ address: '198.51.100.1' }), rawFrom(init)]);
    expect(textOf(batch, 1, 'principal')).toBe('alice');
    expect(textOf(batch, 1, 'credential')).toBe('k1');
    expect(textOf(batch, 1, 'agent')).toBe('curl/8.1');
  });
  it('counts a logged user on an answered exchange as authenticated, a refused or claimed one not', () => {
    expect(rowOf({ principal: 'alice' }).flagNames).toContain('AUTHENTICATED');
    expect(rowOf({ principal: 'alice', status: 401 }).flagNames).not.toContain('AUTHENTICATED');
    const claimed = rowOf({ target: '/a?api_key=abcdef' });
    expect(claimed.credentialLo).not.toBe(0);
    expect(claimed.flagNames).not.toContain('AUTHENTICATED');
  });
  it('takes a reset token for the object, not for a credential', () => {
    const row = rowOf({ target: '/password/reset?token=abcdef' });
    expect(row.credentialLo).toBe(0);
    expect(row.objectLo).not.toBe(0);
  });
  it('believes X-Forwarded-For of trusted proxies only', () => {
    const init = { address: '10.0.0.1', forwarded: '203.0.113.9' };
    const trusting = testEnricher({ trusted: CidrSet.of(['10.0.0.0/8']) });
    expect(rowOf(init).ipLo).toBe(0x0a000001);
    expect(rowOf(init, trusting).ipLo >>> 0).toBe(0xcb007109);
  });
});

describe('request', () => {
  const flags = (init: RawInit): string[] => rowOf(init).flagNames;
  it('reads methods', () => {
    for (const method of METHODS.slice(1, -1)) expect(METHODS[rowOf({ method }).method]).toBe(method);
    expect(METHODS[rowOf({ method: 'PROPFIND' }).method]).toBe('OTHER');
    expect(METHODS[rowOf({ method: '' }).method]).toBe('?');
  });
  it('tells malformed requests', () => {
    const bad: RawInit[] = [
      { method: '', target: '', request: '\x16\x03\x01' },
      { method: 'get' },
      { method: 'GET', target: 'foo' },
      { method: 'GET', target: '' },
      { protocol: 'RTSP/1.0' },
      { method: '\x16\x03' },
    ];
    for (const init of bad) expect(flags(init)).toContain('MALFORMED');
    const good: RawInit[] = [{}, { method: 'M-SEARCH', target: '*' }, { method: 'CONNECT', target: 'a.example:443' }];
    for (const init of good) expect(flags(init)).not.toContain('MALFORMED');
  });
  it('tells proxy attempts', () => {
    expect(flags({ method: 'CONNECT', target: 'a.example:443' })).toContain('PROXY_ATTEMPT');
    expect(flags({ target: 'http://a.example/' })).toContain('PROXY_ATTEMPT');
    expect(flags({ target: 'http://a.example/', host: 'A.example:80' })).not.toContain('PROXY_ATTEMPT');
    const ours = testEnricher({ hosts: ['b.example:8443', '*.c.example'] });
    expect(rowOf({ target: 'http://x.C.example/' }, ours).flagNames).not.toContain('PROXY_ATTEMPT');
    expect(rowOf({ target: 'http://xc.example/' }, ours).flagNames).toContain('PROXY_ATTEMPT');
    expect(rowOf({ target: 'http://a.example/', host: 'a.example' }, ours).flagNames).toContain('PROXY_ATTEMPT');
    expect(rowOf({ target: 'http://www.b.example:81/', host: 'x' }, ours).flagNames).not.toContain('PROXY_ATTEMPT');
  });
  it('tells referrers of the same site', () => {
    const cases: [RawInit, boolean][] = [
      [{ host: 'shop.example', referrer: 'https://shop.example/x' }, true],
      [{ host: 'api.shop.example', referrer: 'https://www.shop.example/x' }, true],
      [{ host: 'shop.example', referrer: 'https://notshop.example/x' }, false],
      [{ host: 'shop.example', referrer: 'https://other.example/?shop.example' }, false],
      [{ referrer: 'https://shop.example/' }, false],
    ];
    for (const [init, same] of cases) expect(flags(init).includes('SAME_SITE_REFERRER')).toBe(same);
    const learned = testEnricher({ model: { ...EMPTY_MODEL, hosts: ['shop.example'] } });
    expect(rowOf({ referrer: 'https://www.shop.example/' }, learned).flagNames).toContain('SAME_SITE_REFERRER');
    expect(flags({})).toContain('NO_REFERRER');
  });
  it('has one tenant for a host in any spelling', () => {
    const tenant = rowOf({ host: 'shop.example' }).tenantLo;
    expect(rowOf({ host: 'SHOP.example:8443' }).tenantLo).toBe(tenant);
    expect(rowOf({ host: 'shop.example.' }).tenantLo).toBe(tenant);
    expect(rowOf({ host: '[2001:db8::1]:80' }).tenantLo).toBe(rowOf({ host: '[2001:db8::1]' }).tenantLo);
    expect(rowOf({}).tenantLo).toBe(0);
  });
  it('has one path for a path in any spelling, and class, object and page', () => {
    const path = rowOf({ target: '/users/7' }).pathLo;
    for (const target of ['/users/7/', '//users/./7?x=1', '/%75sers/7']) expect(rowOf({ target }).pathLo).toBe(path);
    const row = rowOf({ target: '/api/users/7?page=3' });
    expect(row).toMatchObject({ routeClass: ROUTE_CLASS.api, objectNumber: 7, page: 3 });
    expect(row.flagNames).toContain('QUERY');
    expect(rowOf({ target: '/list?q=x' }).routeClass).toBe(ROUTE_CLASS.search);
    expect(rowOf({ target: '/login?q=x' }).routeClass).toBe(ROUTE_CLASS.login);
    expect(rowOf({ target: '/item?id=12' }).objectNumber).toBe(12);
  });
});

describe('rows', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const init = fc.record(
    {
      address: fc.oneof(text, fc.ipV4(), fc.ipV6()),
      forwarded: text,
      host: text,
      method: fc.oneof(fc.constantFrom('GET', 'POST'), text),
      target: fc.oneof(text, fc.webUrl({ withQueryParameters: true }), fc.webPath()),
      protocol: fc.oneof(fc.constant('HTTP/1.1'), text),
      referrer: fc.oneof(fc.webUrl(), text),
      agent: text,
      principal: text,
      session: text,
      credential: text,
      status: fc.constantFrom(0, 200, 404, 503),
      durationMs: fc.constantFrom(-1, 0, 0.4, 1e12),
      timeMs: fc.constantFrom(TEST_TIME, Number.NaN),
    },
    { requiredKeys: [] },
  );

  it('are a function of the exchange: not of what came before, nor of where it stands', () => {
    const shared = testEnricher();
    fc.assert(
      fc.property(init, init, (first, second) => {
        const batch = batchFrom([rawFrom(first), rawFrom(second)], shared);
        const alone = batchFrom([rawFrom(second)]);
        for (const name of Object.keys(COLUMNS) as ColumnName[]) {
          if (!name.endsWith('At')) expect([name, batch[name][1]]).toEqual([name, alone[name][0]]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('overwrite whatever stood in the row', () => {
    const raws = [
      rawFrom({ target: '/api/users/7?page=3', agent: 'a', principal: 'p', referrer: 'http://a.example/' }),
    ];
    const enricher = testEnricher();
    const batch = batchFrom(raws, enricher);
    const plain = rawFrom({ address: '', protocol: '' });
    batch.text = plain.buf;
    enricher.row(plain, batch, 0, 0, 1);
    const fresh = batchFrom([plain]);
    fresh.flags[0] &= ~FLAG.COARSE_TIME;
    for (const name of Object.keys(COLUMNS) as ColumnName[])
      expect([name, batch[name][0]]).toEqual([name, fresh[name][0]]);
  });

  it('order differs where any text or figure does', () => {
    const base: RawInit = { agent: 'a', referrer: 'http://a.example/', target: '/x?y=1', durationMs: 5 };
    const others: RawInit[] = [
      { target: '/x?y=2' },
      { agent: 'b' },
      { status: 201 },
      { bytes: 1001 },
      { method: 'PUT' },
      { referrer: 'http://a.example/b' },
      { address: '192.0.2.2' },
      { session: 's' },
      { principal: 'p' },
      { host: 'h' },
      { durationMs: 6 },
    ];
    const orders = [base, ...others.map((o) => ({ ...base, ...o }))].map((i) => rowOf(i).order);
    expect(new Set(orders).size).toBe(orders.length);
  });

  it('business events have a name, an actor and no duration', () => {
    const row = rowOf({ business: 'login.failed', principal: 'bob', timeMeaning: 'start' });
    expect(row.business).toBe(BUSINESS_NAMES.indexOf('login.failed') + 1);
    expect(row).toMatchObject({ kind: 1, durationMs: 0, timeMs: TEST_TIME });
    expect(row.flagNames).not.toContain('MALFORMED');
    expect(rowOf({ business: 'something.else' }).business).toBe(0);
  });
});

describe('sameSite', () => {
  it('is symmetric', () => {
    const b = (s: string): Uint8Array => new TextEncoder().encode(s);
    const host = fc.array(fc.constantFrom('a', 'b', 'www', 'A'), { maxLength: 3 }).map((l) => l.join('.'));
    fc.assert(
      fc.property(host, host, (x, y) => {
        const [p, q] = [b(x), b(y)];
        expect(sameSite(p, 0, p.length, q, 0, q.length)).toBe(sameSite(q, 0, q.length, p, 0, p.length));
      }),
    );
  });
});
