import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CidrSet } from '../lib/cidr.ts';
import { formatIp, formatNetwork } from '../lib/ip.ts';
import { clientAddress, createClientAddress, MAX_HOPS } from './address.ts';

fc.configureGlobal({ seed: 20240304 });

const encoder = new TextEncoder();
const out = createClientAddress();
const OURS = CidrSet.of(['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '2001:db8:ffff::/48']);
const NOBODY = CidrSet.of([]);

function client(peer: string, forwarded = '', trusted = OURS): string {
  const bytes = encoder.encode(`${peer}|${forwarded}`);
  const split = encoder.encode(peer).length;
  const ok = clientAddress(bytes, 0, split, split + 1, bytes.length, trusted, out);
  const text = formatIp(out.ipHi, out.ipLo);
  expect(ok).toBe(text !== '');
  return text;
}

describe('clientAddress', () => {
  it.each([
    // peer, header, client
    ['198.51.100.7', '', '198.51.100.7'],
    ['198.51.100.7:51234', '', '198.51.100.7'],
    ['::ffff:198.51.100.7', '', '198.51.100.7'],
    ['[2001:db8:1:2::3]:443', '', '2001:db8:1:2::/64'],
    // A peer that is not ours can write what it likes.
    ['198.51.100.7', '192.0.2.1', '198.51.100.7'],
    ['10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['10.0.0.1', '192.0.2.1, 198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '192.0.2.1, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['10.0.0.1', '192.0.2.1,198.51.100.7,10.0.0.2', '198.51.100.7'],
    ['::ffff:10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '198.51.100.7:5678', '198.51.100.7'],
    ['10.0.0.1', '"[2001:db8:1::1]:80"', '2001:db8:1::/64'],
    ['10.0.0.1', ' 198.51.100.7 ,, 10.0.0.2 , ', '198.51.100.7'],
    // All ours: the leftmost one asked.
    ['10.0.0.1', '10.0.0.9, 10.0.0.2', '10.0.0.9'],
    ['10.0.0.1', '', '10.0.0.1'],
    // Garbage ends the walk.
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '192.0.2.1, <script>', '10.0.0.1'],
    ['10.0.0.1', '0.0.0.0', '10.0.0.1'],
    ['10.0.0.1', '0:0:7f00:1::', '10.0.0.1'],
    // The IPv6 loopback is this host, as 127.0.0.1 is.
    ['::1', '', '127.0.0.1'],
    ['::1', '198.51.100.7', '127.0.0.1'],
    ['fd00::5', '198.51.100.7', '198.51.100.7'],
    // RFC 7239.
    ['10.0.0.1', 'for=198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', 'For="[2001:db8:1:2::17]:4711"', '2001:db8:1:2::/64'],
    ['10.0.0.1', 'for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['10.0.0.1', 'proto=https; for="198.51.100.7:1234" ;host=x, for=10.3.3.3', '198.51.100.7'],
    ['10.0.0.1', 'for=198.51.100.7, for=_hidden, for=10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', 'by=10.0.0.3;proto=http', '10.0.0.1'],
    // A log that puts the whole list where the peer should be.
    ['192.0.2.1, 198.51.100.7', '', '198.51.100.7'],
    ['192.0.2.1, 198.51.100.7, 10.0.0.2', '', '198.51.100.7'],
    // No peer, no client.
    ['', '198.51.100.7', ''],
    ['unix:', '198.51.100.7', ''],
    ['host.example.com', '198.51.100.7', ''],
  ])('%s | %s → %s', (peer, forwarded, expected) => {
    expect(client(peer, forwarded)).toBe(expected);
  });

  it('believes no header when nothing is trusted', () => {
    expect(client('10.0.0.1', '192.0.2.1', NOBODY)).toBe('10.0.0.1');
  });

  it('follows a bounded number of proxies', () => {
    const chain = Array.from({ length: 5000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    expect(client('10.0.0.1', `192.0.2.1, ${chain.join(', ')}`)).toBe(chain[chain.length - MAX_HOPS]);
  });

  it('names the network beside the actor', () => {
    client('198.51.100.7');
    expect(formatNetwork(out.networkHi, out.networkLo)).toBe('198.51.100.0/24');
    client('2001:db8:1:2::3');
    expect(formatNetwork(out.networkHi, out.networkLo)).toBe('2001:db8:1::/48');
    client('nobody');
    expect([out.ipHi, out.ipLo, out.networkHi, out.networkLo]).toEqual([0, 0, 0, 0]);
  });

  it('cannot be led past the rightmost address that is not ours', () => {
    const theirs = fc.ipV4().filter((text) => !/^(10|0|127)\./.test(text));
    const ours = fc.nat(0xffffff).map((n) => formatIp(0, (10 << 24) | n));
    fc.assert(
      fc.property(fc.string(), theirs, fc.array(ours, { maxLength: 5 }), ours, (forged, real, proxies, peer) => {
        expect(client(peer, [forged, real, ...proxies].join(', '))).toBe(real);
      }),
    );
  });
});
