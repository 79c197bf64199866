import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countryText, type NetworkLookup, networkClassName } from '../enrich/network.ts';
import { parseCidr } from '../lib/cidr.ts';
import { ip, parseIpText } from '../lib/ip.ts';
import { fromMmdb } from './networks-mmdb.ts';

/** The smallest writer of the MaxMind DB format, version 2: maps, strings and unsigned integers, records of 32 bits. */
type Value = string | number | { readonly [key: string]: Value } | readonly Value[];

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    // Sizes from 29 to 284 take one more byte.
    const size = text.length < 29 ? [0x40 | text.length] : [0x40 | 29, text.length - 29];
    return Buffer.concat([Buffer.from(size), text]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([Buffer.from([0xc4]), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 4]), ...value.map(encode)]);
  const entries = Object.entries(value as { [key: string]: Value });
  return Buffer.concat([Buffer.from([0xe0 | entries.length]), ...entries.flatMap(([k, v]) => [encode(k), encode(v)])]);
}

function mmdb(networks: Readonly<Record<string, Value>>): Buffer {
  const nodes: [number, number][] = [[-1, -1]];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [network, value] of Object.entries(networks)) {
    const block = parseCidr(network)!;
    const size = Number(network.split('/')[1]) + (block.v4 ? 96 : 0);
    // IPv4 lies under ::/96 in the tree.
    const lanes = block.v4 ? [0, 0, 0, block.first[3]] : block.first;
    let node = 0;
    for (let bit = 0; bit < size; bit++) {
      const side = (lanes[bit >> 5] >>> (31 - (bit & 31))) & 1;
      if (bit === size - 1) nodes[node][side] = -2 - offset;
      else {
        if (nodes[node][side] < 0) nodes[node][side] = nodes.push([-1, -1]) - 1;
        node = nodes[node][side];
      }
    }
    data.push(encode(value));
    offset += data[data.length - 1].length;
  }
  const tree = Buffer.alloc(nodes.length * 8);
  nodes.flat().forEach((record, i) => {
    tree.writeUInt32BE(record >= 0 ? record : record === -1 ? nodes.length : nodes.length + 16 - 2 - record, i * 4);
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Date.UTC(2026, 0, 15) / 1000,
    database_type: 'Test',
    description: { en: 'test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 32,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

describe('fromMmdb', () => {
  let folder: string;
  let networks: NetworkLookup;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-mmdb-'));
    const asn = join(folder, 'asn.mmdb');
    const country = join(folder, 'country.mmdb');
    const asnFile = mmdb({
      '8.8.8.0/24': { autonomous_system_number: 64500, autonomous_system_organization: 'Example Hosting' },
      '9.9.9.0/24': { asn: 'AS64501', as_name: 'Example Telecom', country_code: 'ch' },
      '11.1.0.0/16': { autonomous_system_number: 64502, traits: { user_type: 'cellular' } },
      '2a00:1450::/32': { autonomous_system_number: 4200000000, autonomous_system_organization: 'Example University' },
    });
    writeFileSync(asn, asnFile);
    const countryFile = mmdb({ '8.8.0.0/16': { country: { iso_code: 'US' } }, '2a00::/16': { country: 'IE' } });
    writeFileSync(country, countryFile);
    networks = fromMmdb({ asn, country });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['8.8.8.8', 64500, 'US', 'hosting', 'Example Hosting'],
    ['8.8.9.8', 0, 'US', 'unknown', ''],
    ['9.9.9.9', 64501, 'CH', 'access', 'Example Telecom'],
    ['11.1.2.3', 64502, '', 'mobile', ''],
    ['2a00:1450:1:2::3', 4200000000 | 0, 'IE', 'education', 'Example University'],
    ['192.168.1.1', 0, '', 'internal', ''],
    ['93.184.216.34', 0, '', 'unknown', ''],
  ])('%s', (text, asn, country, networkClass, name) => {
    // Twice: the second answer comes from the cache.
    for (let i = 0; i < 2; i++) {
      parseIpText(text);
      networks.lookup(ip.v4 ? 0 : ip.a, ip.v4 ? ip.d : ip.b);
      const { result } = networks;
      expect(result.asn).toBe(asn);
      expect(countryText(result.country)).toBe(country);
      expect(networkClassName(result.networkClass)).toBe(networkClass);
      expect(networks.asName(asn)).toBe(name);
    }
  });

  it('names its version and refuses what is no database', () => {
    expect(networks.dataDate).toBe('2026-01-15');
    expect(networks.version).toMatch(/^mmdb-2026-01-15-[0-9a-f]{16}$/);
    expect(() => fromMmdb({ asn: join(folder, 'missing.mmdb'), country: null })).toThrow(/missing.mmdb/);
    writeFileSync(join(folder, 'bad.mmdb'), 'not a database');
    expect(() => fromMmdb({ asn: null, country: join(folder, 'bad.mmdb') })).toThrow(/bad.mmdb/);
  });
});
