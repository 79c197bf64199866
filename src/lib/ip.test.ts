import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, formatNetwork, ip, parseIp, parseIpText, SCOPE, scopeOf } from './ip.ts';

fc.configureGlobal({ seed: 20240304 });

const lanes = (): number[] => [ip.a >>> 0, ip.b >>> 0, ip.c >>> 0, ip.d >>> 0];

describe('parseIp', () => {
  it('agrees with node:net on what is an address', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.tuple(fc.ipV6(), fc.string({ maxLength: 3 })).map(([address, tail]) => address + tail),
      fc
        .array(fc.constantFrom('::', ':', '1', '12ab', 'ffff', '0', '.', '1.2.3.4', '%e', '255'), { maxLength: 14 })
        .map((p) => p.join('')),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:.%'), maxLength: 24 }),
    );
    fc.assert(
      fc.property(text, (t) => {
        // node:net knows no ports.
        if (/^[^:]*\.[^:]*:(\d{1,5}|_.*)$/.test(t)) return;
        expect(parseIpText(t), t).toBe(isIP(t) !== 0);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads the same bits as the URL parser', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        expect(parseIpText(text)).toBe(true);
        const read = lanes();
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        expect(parseIpText(canonical)).toBe(true);
        expect(lanes()).toEqual(read);
      }),
      { numRuns: 500 },
    );
  });

  it('gives an IPv4 address back as it came', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(parseIpText(text)).toBe(true);
        expect(ip.v4).toBe(true);
        if (text !== '0.0.0.0') expect(formatIp(0, ip.d)).toBe(text);
      }),
    );
  });

  it.each([
    ['1.2.3.4:5678', '1.2.3.4'],
    ['1.2.3.4:_hidden', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['[::ffff:1.2.3.4]:80', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['[2001:db8::1]', '2001:db8::/64'],
    ['[2001:db8::1]:443', '2001:db8::/64'],
    ['[fe80::1%eth0]:443', 'fe80::/64'],
    ['2001:db8::1%eth0', '2001:db8::/64'],
  ])('reads %s', (text, expected) => {
    expect(parseIpText(text)).toBe(true);
    expect(ip.v4 ? formatIp(0, ip.d) : formatIp(ip.a, ip.b)).toBe(expected);
  });

  it.each([
    '',
    '-',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.4:',
    '1.2.3.4:123456',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4/24',
    '[1.2.3.4]',
    '[::1',
    '[::1]x',
    '::1]',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%',
    'example.com',
    '2001:db8::1:',
    `${'1'.repeat(200)}.2.3.4`,
  ])('refuses %j', (text) => {
    expect(parseIpText(text)).toBe(false);
  });

  it('never reads outside its range nor throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (bytes, from, to) => {
        const [start, end] = from < to ? [from, to] : [to, from];
        if (end > bytes.length) return;
        const inside = parseIp(bytes, start, end);
        const alone = bytes.slice(start, end);
        expect(parseIp(alone, 0, alone.length)).toBe(inside);
      }),
    );
    const text = new TextEncoder().encode('91.2.3.45');
    expect(parseIp(text, 1, 8)).toBe(true);
    expect(formatIp(0, ip.d)).toBe('1.2.3.4');
  });
});

describe('text for people', () => {
  it.each([
    ['2001:db8:0:1::5', '2001:db8:0:1::/64', '2001:db8::/48'],
    ['2001:0:0:1::5', '2001:0:0:1::/64', '2001::/48'],
    ['2001:db8:7:8::', '2001:db8:7:8::/64', '2001:db8:7::/48'],
  ])('%s', (text, actor, network) => {
    parseIpText(text);
    expect(formatIp(ip.a, ip.b)).toBe(actor);
    expect(formatNetwork(ip.a, ip.b)).toBe(network);
  });

  it('writes IPv4 networks and nothing for absent keys', () => {
    parseIpText('203.0.113.77');
    expect(formatNetwork(0, ip.d)).toBe('203.0.113.0/24');
    expect(formatIp(0, 0)).toBe('');
    expect(formatNetwork(0, 0)).toBe('');
  });
});

describe('scopeOf', () => {
  it.each([
    ['8.8.8.8', SCOPE.public],
    ['10.1.2.3', SCOPE.internal],
    ['172.15.0.1', SCOPE.public],
    ['172.16.0.1', SCOPE.internal],
    ['172.31.255.255', SCOPE.internal],
    ['172.32.0.1', SCOPE.public],
    ['192.168.1.1', SCOPE.internal],
    ['192.169.1.1', SCOPE.public],
    ['169.254.1.1', SCOPE.internal],
    ['100.63.0.1', SCOPE.public],
    ['100.64.0.1', SCOPE.internal],
    ['100.127.255.255', SCOPE.internal],
    ['100.128.0.1', SCOPE.public],
    ['127.0.0.1', SCOPE.internal],
    ['192.0.2.1', SCOPE.documentation],
    ['198.51.100.1', SCOPE.documentation],
    ['203.0.113.1', SCOPE.documentation],
    ['198.18.0.1', SCOPE.documentation],
    ['198.19.255.1', SCOPE.documentation],
    ['198.20.0.1', SCOPE.public],
    ['0.0.0.1', SCOPE.reserved],
    ['224.0.0.1', SCOPE.reserved],
    ['255.255.255.255', SCOPE.reserved],
    ['2001:4860::1', SCOPE.public],
    ['2001:db8::1', SCOPE.documentation],
    ['3fff:0:1::1', SCOPE.documentation],
    ['fe80::1', SCOPE.internal],
    ['fd00::1', SCOPE.internal],
    ['ff02::1', SCOPE.reserved],
    ['4000::1', SCOPE.reserved],
    ['64:ff9b::102:304', SCOPE.public],
  ])('%s', (text, scope) => {
    parseIpText(text);
    expect(ip.v4 ? scopeOf(0, ip.d) : scopeOf(ip.a, ip.b)).toBe(scope);
  });
});
