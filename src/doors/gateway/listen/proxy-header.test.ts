import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6Text, MAX_V1_BYTES, MAX_V2_BYTES, readProxyHeader } from './proxy-header.ts';
import { proxyV2 } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const address4 = fc.ipV4();
const port = fc.integer({ min: 0, max: 65_535 });
const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));

describe('version 2', () => {
  it('tells an IPv4 client, extensions or not, and where the header ends', () => {
    fc.assert(
      fc.property(
        address4,
        port,
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 50 }),
        (ip, n, tlv, rest) => {
          const header = proxyV2({ address: ip, port: n }, Buffer.from(tlv));
          const read = readProxyHeader(Buffer.concat([header, rest]));
          expect(read).toEqual({ state: 'done', bytes: header.length, peer: { address: ip, port: n } });
        },
      ),
    );
  });

  it('tells an IPv6 client as text that means the same address', () => {
    fc.assert(
      fc.property(bytes16, port, (ip, n) => {
        const read = readProxyHeader(proxyV2({ address: ip, port: n }));
        expect(read).toEqual({ state: 'done', bytes: 52, peer: { address: ipv6Text(ip, 0), port: n } });
      }),
    );
  });

  it('takes a balancer’s own connection for what it is', () => {
    const local = proxyV2({ address: '192.0.2.1', port: 1 });
    local[12] = 0x20;
    expect(readProxyHeader(local)).toEqual({ state: 'done', bytes: 28, peer: null });
    const unspecified = Buffer.concat([local.subarray(0, 12), Buffer.from([0x21, 0, 0, 0])]);
    expect(readProxyHeader(unspecified)).toEqual({ state: 'done', bytes: 16, peer: null });
    const unix = Buffer.concat([local.subarray(0, 12), Buffer.from([0x21, 0x31, 0, 216]), Buffer.alloc(216)]);
    expect(readProxyHeader(unix)).toEqual({ state: 'done', bytes: 232, peer: null });
  });

  it('waits for the rest of a header that is cut anywhere', () => {
    const header = proxyV2({ address: '192.0.2.1', port: 80 }, Buffer.from([4, 0, 1, 9]));
    for (let i = 0; i < header.length; i++) expect(readProxyHeader(header.subarray(0, i))).toEqual({ state: 'more' });
  });

  const damaged: [string, number, number][] = [
    ['another signature', 11, 0],
    ['version 1 in its place', 12, 0x11],
    ['an unknown command', 12, 0x22],
    ['an unknown family', 13, 0x41],
    ['datagrams', 13, 0x12],
    ['a length that is too small', 15, 11],
    ['a length that is too large', 14, 0xff],
  ];
  it.each(damaged)('refuses %s', (_, at, value) => {
    const header = proxyV2({ address: '192.0.2.1', port: 80 });
    header[at] = value;
    expect(readProxyHeader(header).state).toBe('invalid');
  });
});

describe('version 1', () => {
  it('tells the client', () => {
    const line = 'PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n';
    const done = { state: 'done', bytes: line.length };
    expect(readProxyHeader(latin1(`${line}GET`))).toEqual({ ...done, peer: { address: '192.0.2.7', port: 56324 } });
    const six = 'PROXY TCP6 2001:DB8::1 ::1 1 2\r\n';
    expect(readProxyHeader(latin1(six))).toEqual({
      state: 'done',
      bytes: six.length,
      peer: { address: '2001:db8::1', port: 1 },
    });
    expect(readProxyHeader(latin1('PROXY UNKNOWN whatever\r\n'))).toEqual({ state: 'done', bytes: 24, peer: null });
  });

  it.each([
    'PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 56324 443 1\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 65536 443\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 01 443\r\n',
    'PROXY TCP4 192.0.2.700 192.0.2.1 1 443\r\n',
    'PROXY TCP4 2001:db8::1 ::1 1 2\r\n',
    'PROXY TCP6 192.0.2.7 192.0.2.1 1 2\r\n',
    'PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n',
    'PROXY  TCP4 192.0.2.7 192.0.2.1 1 2\r\n',
    'proxy TCP4 192.0.2.7 192.0.2.1 1 2\r\n',
    'GET / HTTP/1.1\r\n',
    `PROXY UNKNOWN ${'a'.repeat(100)}\r\n`,
  ])('refuses %j', (line) => {
    expect(readProxyHeader(latin1(line)).state).toBe('invalid');
  });
});

describe('any bytes', () => {
  const starts = [latin1('PROXY '), latin1('\r\n\r\n\0\r\nQUIT\n'), latin1(''), latin1('PROXY TCP4 1.2.3.4 ')];
  const anything = fc
    .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }))
    .map(([start, rest]) => Buffer.concat([start, rest]));

  it('never make it throw, nor read past the end, nor invent an address', () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const read = readProxyHeader(bytes);
        if (read.state === 'done') expect(read.bytes).toBeLessThanOrEqual(bytes.length);
        if (read.state === 'done' && read.peer) expect(read.peer.address).toMatch(/^[0-9a-f:.]+$/);
        if (read.state === 'more') expect(bytes.length).toBeLessThan(Math.max(MAX_V1_BYTES, MAX_V2_BYTES));
      }),
      { numRuns: 1000 },
    );
  });

  it('are decided the same way however they come', () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const whole = readProxyHeader(bytes);
        for (let i = 0; i < bytes.length; i++) {
          const part = readProxyHeader(bytes.subarray(0, i));
          if (part.state !== 'more') {
            expect(whole).toEqual(part);
            return;
          }
        }
      }),
    );
  });
});

it('IPv6 text is short, and means what it was made from', () => {
  const text = (hex: string) => ipv6Text(Buffer.from(hex, 'hex'), 0);
  expect(text('20010db8000000000000000000000001')).toBe('2001:db8::1');
  expect(text('00000000000000000000000000000000')).toBe('::');
  expect(text('00000000000000000000ffffc0000201')).toBe('192.0.2.1');
  expect(text('20010db8000000010001000100010001')).toBe('2001:db8:0:1:1:1:1:1');
  fc.assert(
    fc.property(bytes16, (bytes) => {
      const written = ipv6Text(bytes, 0);
      expect(written.includes('.') || isIPv6(written)).toBe(true);
      if (!written.includes('.')) expect(expand(written)).toBe(bytes.toString('hex'));
    }),
  );
});

function expand(address: string): string {
  const [left, right] = address.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const missing = 8 - groups(left).length - groups(right).length;
  return [...groups(left), ...Array(right === undefined ? 0 : missing).fill('0'), ...groups(right)]
    .map((group) => group.padStart(4, '0'))
    .join('');
}
