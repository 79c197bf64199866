import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CidrSet, parseCidr } from './cidr.ts';
import { formatIp, ip, parseIpText } from './ip.ts';

fc.configureGlobal({ seed: 20240304 });

const lanes = (): number[] => [ip.a >>> 0, ip.b >>> 0, ip.c >>> 0, ip.d >>> 0];

describe('CidrSet', () => {
  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0:80',
    '10.0.0.0/-1',
    'x/8',
    '::ffff:0:0/95',
    '[::1]',
  ])('refuses %s', (text) => {
    expect(parseCidr(text)).toBeNull();
    expect(() => CidrSet.of([text])).toThrow(text);
  });

  it('merges blocks that overlap or touch', () => {
    expect(CidrSet.of(['10.0.0.0/9', '10.128.0.0/9', '10.1.2.3', '11.0.0.0/8']).size).toBe(1);
    expect(CidrSet.of(['2001:db8::/33', '2001:db8:8000::/33', '2001:db8::1']).size).toBe(1);
    expect(CidrSet.of(['10.0.0.0/8', '::/0']).size).toBe(2);
  });

  it('finds what a naive test finds, IPv4', () => {
    const block = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 32 }));
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), fc.array(fc.integer(), { maxLength: 20 }), (blocks, probes) => {
        const set = CidrSet.of(blocks.map(([address, prefix]) => `${formatIp(0, address) || '0.0.0.0'}/${prefix}`));
        const near = blocks.flatMap(([address]) => [address, address + 1, address - 1]);
        for (const probe of [...probes, ...near]) {
          const naive = blocks.some(([address, prefix]) => prefix === 0 || (address ^ probe) >>> (32 - prefix) === 0);
          expect(set.hasV4(probe)).toBe(naive);
        }
      }),
    );
  });

  it('finds what a naive test finds, IPv6', () => {
    const toBig = (): bigint => lanes().reduce((sum, lane) => (sum << 32n) | BigInt(lane), 0n);
    const v6 = fc.ipV6().filter((text) => parseIpText(text) && !ip.v4);
    const block = fc.tuple(v6, fc.integer({ min: 1, max: 128 }));
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), fc.array(v6, { maxLength: 10 }), (blocks, probes) => {
        const set = CidrSet.of(blocks.map(([address, prefix]) => `${address}/${prefix}`));
        const numbers = blocks.map(([address, prefix]) => {
          parseIpText(address);
          return [toBig(), BigInt(128 - prefix)] as const;
        });
        for (const probe of [...probes, ...blocks.map(([address]) => address)]) {
          parseIpText(probe);
          const wanted = toBig();
          const naive = numbers.some(([first, shift]) => first >> shift === wanted >> shift);
          expect(set.hasParsed()).toBe(naive);
        }
      }),
    );
  });

  it('holds an actor only as a whole', () => {
    const set = CidrSet.of(['2001:db8:1::/48', '2001:db8:2::1', '192.0.2.0/24']);
    parseIpText('2001:db8:1:9::1');
    expect(set.hasKey(ip.a, ip.b)).toBe(true);
    parseIpText('2001:db8:2::1');
    expect(set.hasParsed()).toBe(true);
    expect(set.hasKey(ip.a, ip.b)).toBe(false);
    parseIpText('192.0.2.9');
    expect(set.hasKey(0, ip.d)).toBe(true);
    expect(CidrSet.of(['0.0.0.0/0', '::/0']).hasKey(0, 0)).toBe(false);
  });
});
