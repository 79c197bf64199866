import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HANDSHAKE_CLASS } from '../../../enrich/kinds.ts';
import { type TestCertificate, testCertificate } from './certificate.testing.ts';
import { ask } from './http2.testing.ts';
import { type Echo, type EchoConfig, eventually, RawClient, startEcho } from './testing.ts';

let echo: Echo & { release(): void };
let sessions: ClientHttp2Session[] = [];
let folder: string;
let first: TestCertificate;
let second: TestCertificate;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'listen-'));
  first = testCertificate('first');
  second = testCertificate('second');
});

const TLS = [{ address: '127.0.0.1:0', tls: { cert: 'cert.pem', key: 'key.pem' } }];

function writeFiles({ cert, key }: TestCertificate): void {
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
}

async function start(config: EchoConfig): Promise<void> {
  writeFiles(first);
  echo = await startEcho(config, { baseDir: folder });
}

afterEach(async () => {
  for (const client of sessions) client.destroy();
  sessions = [];
  await echo.listeners.close();
});

function tls(options: { alpn?: string[]; ca?: string; cert?: string; key?: string } = {}): Promise<TLSSocket> {
  const socket = connectTls({
    port: echo.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: options.ca ?? first.cert,
    cert: options.cert,
    key: options.key,
    ALPNProtocols: options.alpn,
  });
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends a request of HTTP/1.1 over TLS and reads to the end of the connection. */
async function askTls(
  socket: TLSSocket,
  request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

describe('TLS', () => {
  it('speaks HTTP/2 to clients that offer it, HTTP/1.1 to those that do not', async () => {
    await start({ listen: TLS });
    const client = connect(`https://localhost:${echo.port}`, { ca: first.cert });
    sessions.push(client);
    const answer = await ask(client, { ':path': '/' });
    expect(JSON.parse(answer.body)).toMatchObject({ protocol: 'HTTP/2.0', scheme: 'https', peer: '127.0.0.1' });
    for (const alpn of [['http/1.1'], undefined]) {
      expect(await askTls(await tls({ alpn }))).toContain('"protocol":"HTTP/1.1","scheme":"https"');
    }
    await expect(tls({ alpn: ['spdy/3'] })).rejects.toThrow(/alert|ALPN/i);
  });

  it('answers what cannot be read, and slow headers', async () => {
    await start({ listen: TLS, gateway: { header_timeout_s: 0.5 } });
    expect(await askTls(await tls(), 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*SP7101/s);
    expect(await askTls(await tls(), 'GET / HTTP/1.1\r\nHost')).toMatch(/^HTTP\/1.1 408 .*SP7103/s);
  });

  it('takes a new certificate without touching connections', async () => {
    await start({ listen: TLS });
    const before = await tls();
    writeFiles(second);
    echo.listeners.update(echo.config);
    const after = await tls({ ca: second.cert });
    expect(after.getPeerCertificate().subject.CN).toBe('second');
    expect(before.getPeerCertificate().subject.CN).toBe('first');
    expect(await askTls(before)).toContain('200 OK');
    after.destroy();
  });

  it('refuses connections beyond the limit', async () => {
    await start({ listen: ['127.0.0.1:0', TLS[0]], gateway: { connections: 1 } });
    const plain = await RawClient.open(echo.port);
    await eventually(() => echo.listeners.connections() === 1);
    const client = await RawClient.open(echo.listeners.addresses[1].port);
    await client.end();
    expect(echo.refused).toEqual(['SP7115']);
    plain.socket.destroy();
  });

  it('keeps the certificate it has where the new one does not fit its key', async () => {
    await start({ listen: TLS });
    writeFileSync(join(folder, 'cert.pem'), second.cert);
    expect(() => echo.listeners.update(echo.config)).toThrow(expect.objectContaining({ code: 'SP7120' }));
    expect(await askTls(await tls())).toContain('200 OK');
  });

  it('asks for a certificate of the client where it is told to', async () => {
    writeFileSync(join(folder, 'ca.pem'), second.cert);
    await start({
      listen: [{ address: '127.0.0.1:0', tls: { cert: 'cert.pem', key: 'key.pem', client_ca: 'ca.pem' } }],
    });
    expect(await askTls(await tls({ cert: second.cert, key: second.key }))).toContain('200 OK');
    // With TLS 1.3 the refusal comes after the client has finished its handshake.
    const stranger = await tls();
    expect(await askTls(stranger)).toBe('');
    expect(echo.seen).toHaveLength(1);
    const { certificate } = echo.seen[0];
    expect(certificate).toMatchObject({
      subject: 'CN=second',
      issuer: 'CN=second',
      names: ['DNS:localhost', 'IP:127.0.0.1'],
    });
    const der = new X509Certificate(second.cert).raw;
    expect(certificate?.thumbprint).toBe(createHash('sha256').update(der).digest('base64url'));
    expect(certificate?.untilMs).toBe(Date.UTC(2120, 0, 1));
  });

  it('lets clients without one in where it is told to, and believes no stranger’s', async () => {
    writeFileSync(join(folder, 'ca.pem'), second.cert);
    const tlsOf = { cert: 'cert.pem', key: 'key.pem', client_ca: 'ca.pem', client_auth: 'optional' };
    await start({ listen: [{ address: '127.0.0.1:0', tls: tlsOf }] });
    expect(await askTls(await tls({ cert: second.cert, key: second.key }))).toContain('200 OK');
    expect(await askTls(await tls())).toContain('200 OK');
    const stranger = testCertificate('stranger');
    expect(await askTls(await tls({ cert: stranger.cert, key: stranger.key }))).toContain('200 OK');
    expect(echo.seen.map((s) => s.certificate?.subject ?? '')).toEqual(['CN=second', '', '']);
  });

  it('knows how the client began, over either protocol, and the same each time', async () => {
    await start({ listen: TLS });
    await askTls(await tls({ alpn: ['http/1.1'] }));
    await askTls(await tls({ alpn: ['http/1.1'] }));
    const client = connect(`https://localhost:${echo.port}`, { ca: first.cert });
    sessions.push(client);
    await ask(client, { ':path': '/' });
    const [one, two, three] = echo.seen.map((s) => s.handshake);
    expect(one?.ja4).toMatch(/^t13d\d{4}h1_[0-9a-f]{12}_[0-9a-f]{12}$/);
    expect(two).toEqual(one);
    expect(three?.ja4).toMatch(/^t13d\d{4}h2_/);
    expect(one?.kind).toBe(HANDSHAKE_CLASS.library);
  });

  it('drains without breaking an answer', async () => {
    await start({ listen: TLS });
    const socket = await tls();
    const text = askTls(socket, 'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n');
    const client = connect(`https://localhost:${echo.port}`, { ca: first.cert });
    sessions.push(client);
    const answer = ask(client, { ':path': '/hold' });
    await eventually(() => echo.seen.length === 2);
    const drained = echo.listeners.drain(10_000);
    await new Promise<void>((resolve) => client.once('goaway', () => resolve()));
    echo.release();
    expect(await text).toMatch(/200 OK.*connection: close/is);
    expect((await answer).status).toBe(200);
    await drained;
  });
});
