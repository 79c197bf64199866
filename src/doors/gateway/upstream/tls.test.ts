import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { testCertificate } from '../listen/certificate.testing.ts';
import { Closing, configOf, front, get, listening, talk } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

const certificate = testCertificate('upstream');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));

beforeAll(() => {
  writeFileSync(join(folder, 'ca.pem'), certificate.cert);
  return () => rmSync(folder, { recursive: true });
});

const names: (string | false | null)[] = [];
let connections = 0;

async function secure(): Promise<string> {
  names.length = 0;
  connections = 0;
  const server = createServer(certificate, (req, res) => res.end(req.headers.host));
  server.on('secureConnection', (socket) => {
    connections++;
    names.push(socket.servername);
  });
  server.on('upgrade', (_req, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\nsecret');
  });
  closing.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return (await listening(server as unknown as Server)).replace('http:', 'https:');
}

const group = (url: string, tls: string) =>
  configOf(`upstreams: [{ name: default, servers: ['${url}'], tls: { ${tls} } }]`);

test('a server that is known by the given authority is trusted, by address', async () => {
  const url = await secure();
  const gate = await front(closing, group(url, 'ca: ca.pem'), { baseDir: folder });
  expect(parseMessage((await get(gate.port)).text)).toMatchObject({ status: 200, body: 'shop.example' });
  // No name is sent for an address (RFC 6066, 3).
  expect(names).toEqual([false]);
});

test('a server is asked by the configured name', async () => {
  const url = await secure();
  const gate = await front(closing, group(url, 'ca: ca.pem, server_name: localhost'), { baseDir: folder });
  expect(parseMessage((await get(gate.port)).text).status).toBe(200);
  expect(names).toEqual(['localhost']);
});

test('what clients write into Host has no part in it, and opens no new connections', async () => {
  const url = await secure();
  const gate = await front(closing, group(url, 'ca: ca.pem, server_name: localhost'), { baseDir: folder });
  for (const host of ['a.example', 'b.example', 'c.example']) {
    const seen = await talk(gate.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(parseMessage(seen.text)).toMatchObject({ status: 200, body: host });
  }
  expect([connections, names]).toEqual([1, ['localhost']]);
});

for (const [what, tls] of [
  ['of an unknown authority', ''],
  ['of another name', 'ca: ca.pem, server_name: other.example'],
]) {
  test(`a server with a certificate ${what} is not trusted`, async () => {
    const url = await secure();
    const gate = await front(closing, group(url, tls), { baseDir: folder });
    expect(parseMessage((await get(gate.port)).text).status).toBe(502);
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, ended: 'upstream', code: 'SP7212', retries: 0 });
  });
}

test('verification can be turned off', async () => {
  const gate = await front(closing, group(await secure(), 'verify: false'));
  expect(parseMessage((await get(gate.port)).text).status).toBe(200);
});

test('upgrades trust the same servers', async () => {
  const url = await secure();
  const ask = 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\n';
  const gate = await front(closing, group(url, 'ca: ca.pem'), { baseDir: folder });
  expect(parseMessage((await talk(gate.port, ask)).text)).toMatchObject({ status: 101, body: 'secret' });
  const wary = await front(closing, group(url, ''));
  expect(parseMessage((await talk(wary.port, ask)).text).status).toBe(502);
  expect((await wary.over(1))[0]).toMatchObject({ code: 'SP7212' });
});
