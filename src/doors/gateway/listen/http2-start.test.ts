/** How clients begin HTTP/2, with real ones: Node's, frames by hand, and what of curl, nghttp and h2load is installed. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate } from './certificate.testing.ts';
import { answerOf, frame, PREFACE } from './http2.testing.ts';
import { type Echo, type EchoConfig, eventually, startEcho } from './testing.ts';

const run = promisify(execFile);
const H2C = [{ address: '127.0.0.1:0', h2c: true }];
const CHROME_LIKE = {
  headerTableSize: 65_536,
  enablePush: false,
  initialWindowSize: 6_291_456,
  maxHeaderListSize: 262_144,
} as const;
const ORDERED = { ':method': 'GET', ':authority': 'a', ':scheme': 'http', ':path': '/' } as const;

let echo: Echo;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await echo.listeners.close();
});

async function start(config: EchoConfig = { listen: H2C }, baseDir?: string): Promise<void> {
  echo = await startEcho(config, baseDir === undefined ? {} : { baseDir });
}

function session(options: SecureClientSessionOptions = {}, scheme = 'http'): ClientHttp2Session {
  const client = connect(`${scheme}://localhost:${echo.port}`, options);
  client.on('error', () => {});
  ends.push(() => client.destroy());
  return client;
}

async function begun(client: ClientHttp2Session, headers: Record<string, string> = ORDERED): Promise<string> {
  await answerOf(client.request(headers, { endStream: true }));
  return echo.seen.at(-1)?.http2?.fingerprint ?? '';
}

/** A connection whose frames come in pieces of so many bytes. */
async function byHand(bytes: Buffer, piece: number): Promise<string> {
  const before = echo.seen.length;
  const socket = connectTcp(echo.port, '127.0.0.1');
  ends.push(() => socket.destroy());
  socket.setNoDelay(true);
  socket.resume();
  for (let at = 0; at < bytes.length; at += piece)
    await new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + piece), () => setImmediate(resolve)));
  await eventually(() => echo.seen.length > before);
  return echo.seen.at(-1)?.http2?.fingerprint ?? '';
}

/** What Chrome sends first: settings, a larger window, and a request in its order. */
function chromeBytes(settings: readonly (readonly [number, number])[]): Buffer {
  const values = settings.map(([id, value]) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(id, 0);
    entry.writeUInt32BE(value, 2);
    return entry;
  });
  const window = Buffer.alloc(4);
  window.writeUInt32BE(15_663_105, 0);
  // HPACK: GET, a literal authority, http, the path /.
  const block = Buffer.concat([Buffer.from([0x82, 0x01, 0x01]), Buffer.from('a'), Buffer.from([0x86, 0x84])]);
  return Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.concat(values)), frame(8, 0, 0, window), frame(1, 5, 1, block)]);
}

describe('how a client begins HTTP/2', () => {
  it('is the same for each of its connections and all requests of one', async () => {
    await start();
    const first = session();
    const text = await begun(first);
    expect(text).toMatch(/^h2_masp_[0-9a-f]{12}$/);
    expect(await begun(first, { ':path': '/b', ':authority': 'a' })).toBe(text);
    expect(await begun(session())).toBe(text);
    expect(echo.seen[0].software).toBe(text);
  });

  it('is another one with other settings, another window, or another order', async () => {
    await start();
    const wide = session({ settings: CHROME_LIKE });
    wide.once('connect', () => wide.setLocalWindowSize(15_728_640));
    await new Promise((resolve) => wide.once('remoteSettings', resolve));
    const texts = [
      await begun(session()),
      await begun(session({ settings: CHROME_LIKE })),
      await begun(wide),
      await begun(session(), { ':path': '/', ':method': 'GET', ':scheme': 'http', ':authority': 'a' }),
    ];
    expect(new Set(texts).size).toBe(4);
  });

  it('does not depend on the pieces that its frames come in, nor on the order of settings', async () => {
    await start();
    const settings = [
      [1, 65_536],
      [2, 0],
      [4, 6_291_456],
      [6, 262_144],
    ] as const;
    const bytes = chromeBytes(settings);
    const whole = await byHand(bytes, bytes.length);
    expect(whole).toMatch(/^h2_masp_/);
    expect(await byHand(bytes, 1)).toBe(whole);
    expect(await byHand(bytes, 33)).toBe(whole);
    expect(await byHand(chromeBytes([...settings].reverse()), bytes.length)).toBe(whole);
    // A library that sets the same and opens the same window looks the same: it is software that is told apart, not intent.
    const library = session({ settings: CHROME_LIKE });
    library.once('connect', () => library.setLocalWindowSize(15_728_640));
    await new Promise((resolve) => library.once('remoteSettings', resolve));
    expect(await begun(library)).toBe(whole);
  });

  it('tells programs apart', async () => {
    await start();
    const url = `http://127.0.0.1:${echo.port}/`;
    const programs: [string, string[]][] = [
      ['curl', ['-s', '--http2-prior-knowledge', url]],
      ['nghttp', ['-n', url]],
      ['h2load', ['-n', '1', url]],
    ];
    const texts = new Map([['node', await begun(session())]]);
    for (const [program, args] of programs) {
      const before = echo.seen.length;
      await run(program, args).catch(() => {});
      // Not installed, or without HTTP/2.
      if (echo.seen.length === before) continue;
      texts.set(program, echo.seen[before].http2?.fingerprint ?? '');
      await run(program, args);
      expect(echo.seen.at(-1)?.http2?.fingerprint).toBe(texts.get(program));
    }
    expect(new Set(texts.values()).size).toBe(texts.size);
    for (const text of texts.values()) expect(text).toMatch(/^h2_[masp]{4}_[0-9a-f]{12}$/);
  });

  it('goes together with how it begins TLS; over HTTP/1 there is nothing of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'listen-'));
    const { cert, key } = testCertificate('first');
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key);
    await start({ listen: [{ address: '127.0.0.1:0', tls: { cert: 'cert.pem', key: 'key.pem' } }] }, folder);
    await begun(session({ ca: cert }, 'https'));
    const [{ handshake, http2, software }] = echo.seen;
    expect(software).toBe(`${handshake?.ja4}_${http2?.fingerprint}`);
    expect(software).toMatch(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}_h2_masp_[0-9a-f]{12}$/);
  });
});
