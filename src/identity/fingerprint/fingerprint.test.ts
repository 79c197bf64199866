import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HANDSHAKE_CLASS } from '../../enrich/kinds.ts';
import { type ClientHello, MAX_CLIENT_HELLO, readClientHello } from './client-hello.ts';
import { headersUnlike } from './headers.ts';
import { handshakeClass, ja4, readJa4 } from './ja4.ts';

fc.configureGlobal({ seed: 20240304 });

const u16 = (n: number): number[] => [n >> 8, n & 255];
const vector16 = (bytes: readonly number[]): number[] => [...u16(bytes.length), ...bytes];
const vector8 = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const text = (value: string): number[] => [...Buffer.from(value, 'latin1')];

interface Offered {
  readonly ciphers: readonly number[];
  readonly extensions: readonly (readonly [type: number, data: readonly number[]])[];
  readonly version?: number;
}

function record(bytes: readonly number[]): number[] {
  return [22, 3, 1, ...u16(bytes.length), ...bytes];
}

function message({ ciphers, extensions, version = 0x0303 }: Offered): number[] {
  const body = [
    ...u16(version),
    ...new Array(32).fill(7),
    ...vector8(new Array(32).fill(9)),
    ...vector16(ciphers.flatMap(u16)),
    ...vector8([0]),
    ...vector16(extensions.flatMap(([type, data]) => [...u16(type), ...vector16(data)])),
  ];
  return [1, body.length >> 16, ...u16(body.length & 0xffff), ...body];
}

const ALGORITHMS = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
/** The example of the published description: a Chrome, with reserved values among the rest. */
const CHROME: Offered = {
  ciphers: [
    0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
    0x002f, 0x0035,
  ],
  extensions: [
    [0xcaca, []],
    [0x001b, [2, 0, 2]],
    [0x0000, vector16([0, ...vector16(text('shop.example'))])],
    [0x0033, []],
    [0x0010, vector16([...vector8(text('h2')), ...vector8(text('http/1.1'))])],
    [0x4469, []],
    [0x0017, []],
    [0x002d, [1, 1]],
    [0x000d, vector16(ALGORITHMS.flatMap(u16))],
    [0x0005, []],
    [0x0023, []],
    [0x0012, []],
    [0x002b, vector8([0x3a3a, 0x0304, 0x0303].flatMap(u16))],
    [0xff01, [0]],
    [0x000b, [1, 0]],
    [0x000a, []],
    [0x0015, new Array(40).fill(0)],
    [0x5a5a, [0]],
  ],
};
const helloOf = (offered: Offered): ClientHello =>
  readClientHello(Uint8Array.from(record(message(offered)))) as ClientHello;

describe('JA4', () => {
  it('is the published one for the published handshake', () => {
    expect(ja4(helloOf(CHROME))).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
    expect(handshakeClass(helloOf(CHROME))).toBe(HANDSHAKE_CLASS.browser);
  });

  it('does not change with the order of extensions and ciphers, and does with what is offered', () => {
    const shuffled = { ciphers: [...CHROME.ciphers].reverse(), extensions: [...CHROME.extensions].reverse() };
    expect(ja4(helloOf(shuffled))).toBe(ja4(helloOf(CHROME)));
    expect(ja4(helloOf({ ...CHROME, ciphers: CHROME.ciphers.slice(0, -1) }))).not.toBe(ja4(helloOf(CHROME)));
  });

  it('has forms for what is missing or odd', () => {
    const bare = { ciphers: [], extensions: [] };
    expect(ja4(helloOf(bare))).toBe('t12i000000_000000000000_000000000000');
    const odd = { ciphers: [0x1301], extensions: [[0x0010, vector16(vector8([0xab, 0xcd]))]] as const };
    expect(ja4(helloOf(odd)).slice(0, 10)).toBe('t12i0101ad');
    expect(ja4(helloOf({ ...bare, version: 0x0300 })).slice(0, 3)).toBe('ts3');
    expect(handshakeClass(helloOf(odd))).toBe(HANDSHAKE_CLASS.library);
  });

  it('is taken over from an edge only in its own form', () => {
    expect(readJa4('t13d1516h2_8daaf6152771_e5627efa2ab1')).not.toBe('');
    for (const bad of [
      '',
      'chrome',
      't13d1516h2_8daaf6152771',
      `${'a'.repeat(5000)}`,
      't13d1516h2_8DAAF6152771_e5627efa2ab1',
    ])
      expect(readJa4(bad)).toBe('');
  });
});

describe('a ClientHello', () => {
  it('may come in pieces and in several records', () => {
    const whole = record(message(CHROME));
    for (const cut of [0, 1, 4, 5, 6, 9, 100, whole.length - 1])
      expect(readClientHello(Uint8Array.from(whole.slice(0, cut)))).toBe('more');
    const bytes = message(CHROME);
    const parts = [...record(bytes.slice(0, 3)), ...record(bytes.slice(3, 90)), ...record(bytes.slice(90))];
    expect(ja4(readClientHello(Uint8Array.from(parts)) as ClientHello)).toBe(ja4(helloOf(CHROME)));
  });

  it('is none where something else is sent, and no length is believed', () => {
    for (const bytes of [text('GET / HTTP/1.1\r\n'), [22, 3, 1, 0, 0], [22, 3, 1, 255, 255, 1], record([2, 0, 0, 0])])
      expect(readClientHello(Uint8Array.from(bytes))).toBe('none');
    expect(readClientHello(Uint8Array.from(record([1, 255, 255, 255])))).toBe('none');
    const lying = message(CHROME);
    lying[4 + 2 + 32 + 33] = 255;
    expect(readClientHello(Uint8Array.from(record(lying)))).toBe('none');
  });

  it('never throws and never asks for more than its bound', () => {
    const whole = record(message(CHROME));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        readClientHello(bytes);
      }),
    );
    const endless = new Uint8Array(MAX_CLIENT_HELLO + 100);
    for (let at = 0; at + 5 <= endless.length; at += 6) endless.set([22, 3, 1, 0, 1, at === 0 ? 1 : 0], at);
    expect(readClientHello(endless)).not.toBe('more');
  });

  it('of this very Node is read as OpenSSL sends it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['http/1.1'], rejectUnauthorized: false });
    client.on('error', () => {});
    const [socket] = await once(server, 'connection');
    const [bytes] = await once(socket, 'data');
    client.destroy();
    socket.destroy();
    server.close();
    const hello = readClientHello(bytes) as ClientHello;
    expect(hello).toMatchObject({ version: 0x0304, alpn: 'http/1.1', hasServerName: false, grease: false });
    expect(ja4(hello)).toMatch(/^t13i\d{4}h1_[0-9a-f]{12}_[0-9a-f]{12}$/);
  });
});

describe('the headers of a browser', () => {
  const CHROME_AGENT =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
  const FIREFOX_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';
  const usual = ['Accept', '*/*', 'Accept-Encoding', 'gzip, br', 'Accept-Language', 'en'];
  const hints = ['sec-ch-ua', '"Chromium";v="126"'];

  it('are missed where a script takes over its name', () => {
    expect(headersUnlike(CHROME_AGENT, [...usual, ...hints], true)).toBe(false);
    expect(headersUnlike(FIREFOX_AGENT, usual, true)).toBe(false);
    expect(headersUnlike(CHROME_AGENT, ['Accept', '*/*'], false)).toBe(true);
    expect(headersUnlike(FIREFOX_AGENT, ['Accept-Encoding', 'gzip'], true)).toBe(true);
    expect(headersUnlike(CHROME_AGENT, usual, true)).toBe(true);
  });

  it('are not expected where they are not sent', () => {
    // Client hints need a secure connection, and only Chromium has them.
    expect(headersUnlike(CHROME_AGENT, usual, false)).toBe(false);
    expect(headersUnlike(CHROME_AGENT.replace('Chrome/126', 'Chrome/79'), usual, true)).toBe(false);
    expect(headersUnlike('Mozilla/5.0 (iPhone) AppleWebKit/605 CriOS/126.0 Mobile Safari/604', usual, true)).toBe(
      false,
    );
    expect(headersUnlike('curl/8.5.0', ['Accept', '*/*'], true)).toBe(false);
  });
});
