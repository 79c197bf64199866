import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectNet } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { testCertificate } from './certificate.testing.ts';
import { type Echo, proxyV2, RawClient, startEcho } from './testing.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const HEADER = proxyV2({ address: '203.0.113.7', port: 4711 }, Buffer.from([4, 0, 3, 1, 2, 3]));
const TRUSTED = { trusted_proxies: ['127.0.0.0/8', '203.0.113.9'] };
const LISTEN = [{ address: '127.0.0.1:0', proxy_protocol: true }];

let echo: Echo;
afterEach(() => echo.listeners.close());

async function talk(parts: readonly (string | Buffer)[]): Promise<string> {
  const client = await RawClient.open(echo.port);
  for (const part of parts) {
    client.send(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.end();
  return client.received.toString('latin1');
}

it('the client is who the header says, and the balancer does not make it trusted', async () => {
  echo = await startEcho({ listen: LISTEN, clients: TRUSTED });
  expect(await talk([Buffer.concat([HEADER, Buffer.from(GET)])])).toContain('"peer":"203.0.113.7","trusted":false');
  expect(await talk(['PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n', GET])).toContain(
    '"peer":"203.0.113.9","trusted":true',
  );
  expect(echo.seen[0].upstream).toContain('203.0.113.7');
});

it('the header may come byte by byte', async () => {
  echo = await startEcho({ listen: LISTEN, clients: TRUSTED });
  const bytes = Array.from(HEADER, (byte) => Buffer.from([byte]));
  expect(await talk([...bytes, GET])).toContain('"peer":"203.0.113.7"');
});

it('a connection of the balancer itself keeps its own address', async () => {
  echo = await startEcho({ listen: LISTEN, clients: TRUSTED });
  const local = Buffer.from(HEADER);
  local[12] = 0x20;
  expect(await talk([local, GET])).toContain('"peer":"127.0.0.1","trusted":true');
});

it('a peer that is not trusted is refused whatever it says', async () => {
  echo = await startEcho({ listen: LISTEN, clients: { trusted_proxies: ['10.0.0.0/8'] } });
  expect(await talk([HEADER, GET])).toBe('');
  expect(echo.refused).toEqual(['SP7114']);
  expect(echo.seen).toHaveLength(0);
});

it('a connection without a header is refused, as is a damaged one', async () => {
  echo = await startEcho({ listen: LISTEN, clients: TRUSTED });
  expect(await talk([GET])).toBe('');
  const damaged = Buffer.from(HEADER);
  damaged[12] = 0x3f;
  expect(await talk([damaged, GET])).toBe('');
  expect(echo.refused).toEqual(['SP7114', 'SP7114']);
  expect(echo.seen).toHaveLength(0);
});

it('a header that does not end is not waited for', async () => {
  echo = await startEcho({ listen: LISTEN, clients: TRUSTED, gateway: { header_timeout_s: 0.05 } });
  expect(await talk([HEADER.subarray(0, 20)])).toBe('');
  expect(echo.refused).toEqual(['SP7114']);
});

it('a second header is no part of HTTP', async () => {
  echo = await startEcho({ listen: LISTEN, clients: TRUSTED });
  expect(await talk([Buffer.concat([HEADER, HEADER, Buffer.from(GET)])])).toMatch(/^HTTP\/1.1 400 /);
  expect(echo.seen).toHaveLength(0);
});

it('HTTP/2 without TLS goes behind it', async () => {
  echo = await startEcho({ listen: [{ ...LISTEN[0], h2c: true }], clients: TRUSTED });
  const socket = connectNet(echo.port, '127.0.0.1');
  socket.write(HEADER);
  const client = connectHttp2('http://a', { createConnection: () => socket });
  const stream = client.request({ ':path': '/' });
  let body = '';
  stream.on('data', (chunk) => {
    body += chunk;
  });
  await new Promise((resolve) => stream.once('close', resolve));
  expect(JSON.parse(body)).toMatchObject({ protocol: 'HTTP/2.0', peer: '203.0.113.7' });
  client.destroy();
  expect(await talk([HEADER, GET])).toContain('"protocol":"HTTP/1.1"');
});

it.each(['http/1.1', 'h2'])('TLS with %s goes behind it', async (protocol) => {
  const folder = mkdtempSync(join(tmpdir(), 'listen-'));
  const { cert, key } = testCertificate('proxied');
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const listen = [{ ...LISTEN[0], tls: { cert: 'cert.pem', key: 'key.pem' } }];
  echo = await startEcho({ listen, clients: TRUSTED }, { baseDir: folder });
  const raw = connectNet(echo.port, '127.0.0.1');
  raw.write(HEADER);
  await new Promise((resolve) => raw.once('connect', resolve));
  const socket = connectTls({ socket: raw, servername: 'localhost', ca: cert, ALPNProtocols: [protocol] });
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  expect(socket.alpnProtocol).toBe(protocol);
  if (protocol === 'h2') {
    const client = connectHttp2('https://localhost', { createConnection: () => socket });
    const stream = client.request({ ':path': '/' });
    stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
    client.destroy();
  } else {
    socket.write(GET);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }
  expect(echo.seen[0]).toMatchObject({ peer: '203.0.113.7', scheme: 'https', trusted: false });
});
