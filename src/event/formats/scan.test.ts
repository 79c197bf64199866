import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unescapeJson } from './json-unescape.ts';
import { decimal, duration, looksLikeAddress, unescapeQuoted } from './scan.ts';
import { anyTime, clfTime, isoTime } from './time.ts';

fc.configureGlobal({ seed: 20240304 });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (b: Uint8Array): string => new TextDecoder().decode(b);

describe('times', () => {
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

  it('reads what Date writes, in every notation and zone', () => {
    const two = (n: number): string => String(n).padStart(2, '0');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: -840, max: 840 }), (s, zone) => {
        const d = new Date((s + zone * 60) * 1000);
        if (d.getUTCFullYear() < 1970) return;
        const sign = zone < 0 ? '-' : '+';
        const offset = `${two(Math.floor(Math.abs(zone) / 60))}${two(Math.abs(zone) % 60)}`;
        const clock = d.toISOString().slice(11, 19);
        const clf = `${two(d.getUTCDate())}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:${clock} ${sign}${offset}`;
        expect(clfTime(bytes(clf), 0, clf.length)).toBe(s * 1000);
        const iso = `${d.toISOString().slice(0, 19)}.25${sign}${offset.slice(0, 2)}:${offset.slice(2)}`;
        expect(isoTime(bytes(iso), 0, iso.length)).toBe(s * 1000 + 250);
      }),
    );
  });

  it.each([
    ['1710231302', 1710231302000],
    ['1710231302.524', 1710231302524],
    ['1710231302.5249999', 1710231302524],
    ['1710231302524', 1710231302524],
    ['1710231302524123', 1710231302524],
    ['1710231302524123999', 1710231302524],
    ['2024-03-12 08:15:02', 1710231302000],
    ['2024/03/12 08:15:02.5', 1710231302500],
    ['[12/Mar/2024:08:15:02 +0000]', 1710231302000],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2023-02-29T00:00:00Z', Number.NaN],
    ['12/Mai/2024:08:15:02 +0000', Number.NaN],
    ['12/Mar/2024:24:15:02 +0000', Number.NaN],
    ['12/Mar/2024:08:15:02 +0000 more', Number.NaN],
    ['12345', Number.NaN],
    ['', Number.NaN],
  ])('%s', (written, ms) => {
    expect(anyTime(bytes(written), 0, written.length)).toBe(ms);
  });
});

describe('small readers', () => {
  it('reads decimals without rounding surprises', () => {
    const read = (s: string, scale: number): number => decimal(bytes(s), 0, s.length, scale);
    expect([read('0.005', 1000), read('1.5e3', 1), read('12', 1), read('1e-3', 1000)]).toEqual([5, 1500, 12, 1]);
    for (const bad of ['', '.', '-1', '1.2.3', '1e', 'e5', '1e99']) expect(read(bad, 1)).toBeNaN();
    expect(duration(bytes('99999999999'), 0, 11, 1000)).toBe(0x7fffffff);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (x) => {
        expect(duration(bytes(x.toFixed(3)), 0, x.toFixed(3).length, 1000)).toBe(
          Math.round(Number(x.toFixed(3)) * 1000),
        );
      }),
    );
  });

  it('tells the shape of an address', () => {
    const is = (s: string): boolean => looksLikeAddress(bytes(s), 0, s.length);
    for (const yes of [
      '192.0.2.1',
      '192.0.2.1:80',
      '2001:db8::1',
      '::1',
      '[2001:db8::1]:443',
      '::ffff:192.0.2.1',
      'fe80::1%eth0',
    ]) {
      expect([yes, is(yes)]).toEqual([yes, true]);
    }
    for (const no of ['-', '1.2.3', 'shop.example', 'shop.example:80', '12', 'r-000017', '1.2.3.4.5', '']) {
      expect([no, is(no)]).toEqual([no, false]);
    }
  });

  it('undoes escapes in place as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (s, ascii) => {
        let json = JSON.stringify(s).slice(1, -1);
        if (ascii) json = json.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
        const buf = bytes(json);
        expect(text(buf.subarray(0, unescapeJson(buf, 0, buf.length)))).toBe(s);
      }),
    );
    const quoted = bytes('\\x22\\"\\\\n\\xzz\\w\\');
    expect(text(quoted.subarray(0, unescapeQuoted(quoted, 0, quoted.length)))).toBe('""\\n\\xzz\\w\\');
  });
});
