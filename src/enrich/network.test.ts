import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ip, parseIpText } from '../lib/ip.ts';
import { NETWORK_CLASS } from './facts.ts';
import { countryCode, countryText, dataAgeDays, decodeNetworks, NetworkTable, networkClassName } from './network.ts';
import { networkClassOf } from './networks/classes.ts';
import { encodeColumns, encodeFile, type RangeRow } from './networks/format.ts';

fc.configureGlobal({ seed: 20240304 });

function look(table: NetworkTable, text: string): { asn: number; country: string; class: string } {
  expect(parseIpText(text)).toBe(true);
  if (ip.v4) table.lookup(0, ip.d);
  else table.lookup(ip.a, ip.b);
  const { asn, country, networkClass } = table.result;
  return { asn, country: countryText(country), class: networkClassName(networkClass) };
}

describe('the shipped table', () => {
  let table: NetworkTable;
  beforeAll(() => {
    table = decodeNetworks(gunzipSync(readFileSync(new URL('../../data/networks.bin', import.meta.url))));
  });

  it.each([
    ['8.8.8.8', 15169, 'hosting'],
    ['1.1.1.1', 13335, 'hosting'],
    ['66.249.66.1', 15169, 'hosting'],
    ['2001:4860:4860::8888', 15169, 'hosting'],
    ['2606:4700::1111', 13335, 'hosting'],
    ['2a03:2880:f003::1', 32934, undefined],
    ['157.55.39.1', 8075, 'hosting'],
    ['129.132.1.1', 559, 'education'],
  ])('%s belongs to AS%d', (text, asn, networkClass) => {
    const found = look(table, text);
    expect(found.asn).toBe(asn);
    if (networkClass) expect(found.class).toBe(networkClass);
  });

  it('names systems and says how old it is', () => {
    expect(table.asName(13335)).toMatch(/cloudflare/i);
    expect(table.asName(15169)).toMatch(/google/i);
    expect(table.asName(0)).toBe('');
    expect(table.asName(4_294_967_295)).toBe('');
    expect(table.version).toMatch(/^\d{4}-\d\d-\d\d-[0-9a-f]{16}$/);
    expect(dataAgeDays(table.dataDate, Date.parse(`${table.dataDate}T23:00:00Z`) + 3 * 86_400_000)).toBe(3);
    expect(dataAgeDays('', 0)).toBe(-1);
    expect(table.sources.join(' ')).toMatch(/RouteViews.*NRO.*DB-IP/);
  });

  it('keeps special-purpose ranges out of the tables', () => {
    expect(look(table, '10.0.0.1')).toEqual({ asn: 0, country: '', class: 'internal' });
    expect(look(table, '100.64.1.1').class).toBe('internal');
    expect(look(table, 'fd00::1').class).toBe('internal');
    expect(look(table, '203.0.113.7')).toEqual({ asn: 0, country: '', class: 'unknown' });
  });

  it('is small enough to ship', () => {
    expect(readFileSync(new URL('../../data/networks.bin', import.meta.url)).length).toBeLessThan(4_000_000);
  });
});

describe('NetworkTable', () => {
  const SYSTEMS = [3, 70, 4_200_000_000].map((asn, i) => ({
    asn,
    name: `Système ${asn}`,
    networkClass: i,
    country: ['DE', '', 'FR'][i],
  }));
  const COUNTRIES = ['DE', 'FR', 'US'];

  function build(v4: readonly RangeRow[], v6: readonly RangeRow[]): NetworkTable {
    const { bytes, nameBytes } = encodeColumns(SYSTEMS, v4, v6, COUNTRIES);
    const header = { dataDate: '2026-01-02', hash: '0'.repeat(16), sources: [], countries: COUNTRIES, nameBytes };
    return decodeNetworks(encodeFile({ ...header, systems: SYSTEMS.length, v4: v4.length, v6: v6.length }, bytes));
  }

  const range = (maxHi: number): fc.Arbitrary<RangeRow> =>
    fc.record({
      hi: fc.oneof(
        fc.integer({ min: Math.min(1, maxHi), max: Math.min(3, maxHi) }),
        fc.integer({ min: 0, max: maxHi }),
      ),
      lo: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 0xffffffff })),
      system: fc.integer({ min: -1, max: 2 }),
      country: fc.constantFrom('DE', 'FR', 'US'),
    });
  const ranges = (maxHi: number): fc.Arbitrary<RangeRow[]> =>
    fc.array(range(maxHi), { maxLength: 20 }).map((rows) => {
      const sorted = rows.sort((x, y) => x.hi - y.hi || x.lo - y.lo);
      return sorted.filter((row, i) => i === 0 || row.hi !== sorted[i - 1].hi || row.lo !== sorted[i - 1].lo);
    });

  it('answers as a linear search does', () => {
    fc.assert(
      fc.property(ranges(0), ranges(0x3fffffff), fc.array(fc.integer(), { maxLength: 9 }), (v4, v6, probes) => {
        const table = build(v4, v6);
        const check = (rows: readonly RangeRow[], hi: number, lo: number): void => {
          table.lookup(hi, lo);
          const last = rows.filter((row) => row.hi < hi >>> 0 || (row.hi === hi >>> 0 && row.lo <= lo >>> 0)).at(-1);
          const system = last && last.system >= 0 ? SYSTEMS[last.system] : undefined;
          expect(table.result.asn).toBe(system ? system.asn | 0 : 0);
          if (system) expect(countryText(table.result.country)).toBe(last?.country || system.country);
        };
        for (const probe of [...probes, ...v4.map((row) => row.lo | 0), ...v4.map((row) => (row.lo - 1) | 0)]) {
          // Public unicast only: 1.0.0.0 to 9.255.255.255.
          const first = (probe >>> 24) % 9;
          check(v4, 0, ((first + 1) << 24) | (probe & 0xffffff));
        }
        for (const row of v6) {
          if (row.hi < 0x20020000) continue;
          check(v6, row.hi, row.lo | 0);
          check(v6, row.hi, (row.lo + 1) | 0);
        }
      }),
    );
  });

  it('keeps numbers above 2^31 and names beyond ASCII', () => {
    const table = build([{ hi: 0, lo: 0x08000000, system: 2, country: 'FR' }], []);
    expect(look(table, '8.8.8.8')).toEqual({ asn: 4_200_000_000 | 0, country: 'FR', class: 'access' });
    expect(table.asName(4_200_000_000 | 0)).toBe('Système 4200000000');
  });

  it('refuses what is damaged', () => {
    const { bytes, nameBytes } = encodeColumns(SYSTEMS, [{ hi: 0, lo: 9, system: 1, country: 'US' }], [], COUNTRIES);
    const header = { dataDate: '2026-01-02', hash: '', sources: [], countries: COUNTRIES, nameBytes };
    const file = encodeFile({ ...header, systems: 3, v4: 1, v6: 0 }, bytes);
    for (let cut = 0; cut < file.length; cut++) expect(() => decodeNetworks(file.subarray(0, cut))).toThrow();
    expect(() => decodeNetworks(Uint8Array.of(...file, 0))).toThrow(/damaged/);
    expect(() => decodeNetworks(new Uint8Array(100))).toThrow(/not a table/);
  });

  it('knows the special ranges without any data', () => {
    const table = NetworkTable.empty();
    expect(look(table, '192.168.1.1').class).toBe('internal');
    expect(look(table, '8.8.8.8')).toEqual({ asn: 0, country: '', class: 'unknown' });
    expect(look(table, '2001:4860::1').asn).toBe(0);
    expect(table.asName(15169)).toBe('');
    expect(table.version).toBe('none');
  });

  it('writes countries as two letters', () => {
    expect(countryText(countryCode('ch'))).toBe('CH');
    expect(countryCode('')).toBe(0);
    expect(countryCode('CHE')).toBe(0);
    expect(countryText(0)).toBe('');
  });
});

describe('networkClassOf', () => {
  const { hosting, access, mobile, education, unknown } = NETWORK_CLASS;
  it.each([
    ['Example Cloud Ltd', hosting],
    ['ACME Web Hosting', hosting],
    ['Nordic Data Center AS', hosting],
    ['Fast VPS LLC', hosting],
    ['Universität Musterstadt', education],
    ['State University Hosting Services', education],
    ['Universal Widgets Inc', unknown],
    ['Example Mobile Communications', mobile],
    ['Automobile Club', unknown],
    ['Example Cellular', mobile],
    ['Village Telephone Cooperative', access],
    ['Provedor de Internet Exemplo LTDA', access],
    ['Fibra Rapida SA', access],
    ['Bank of Example', unknown],
    ['', unknown],
  ])('%s', (name, expected) => {
    expect(networkClassOf(64_512, name)).toBe(expected);
  });

  it('knows large systems by number, whatever their name', () => {
    expect(networkClassOf(16276, '')).toBe(hosting);
    expect(networkClassOf(21928, '')).toBe(mobile);
    expect(networkClassOf(12322, 'Free SAS')).toBe(access);
    expect(networkClassOf(680, '')).toBe(education);
  });
});
