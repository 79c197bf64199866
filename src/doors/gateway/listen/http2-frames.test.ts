/** HTTP/2 frame by frame, as no client library would send it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frame, PREFACE } from './http2.testing.ts';
import { type Echo, RawClient, startEcho } from './testing.ts';

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;
const PROTOCOL_ERROR = 1;
const ENHANCE_YOUR_CALM = 11;

/** A field as HPACK writes it without tables: literal, not indexed, not compressed. */
function field(name: string, value: string): Buffer {
  const text = (part: string) => {
    const bytes = Buffer.from(part, 'latin1');
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  };
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

const block = (fields: readonly (readonly [string, string])[]) => Buffer.concat(fields.map(([n, v]) => field(n, v)));

const BASE = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', '/'],
] as const;

interface Received {
  readonly type: number;
  readonly stream: number;
  readonly payload: Buffer;
}

function framesOf(bytes: Buffer): Received[] {
  const frames: Received[] = [];
  let at = 0;
  while (at + 9 <= bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    if (at + 9 + length > bytes.length) break;
    const payload = bytes.subarray(at + 9, at + 9 + length);
    frames.push({ type: bytes[at + 3], stream: bytes.readUInt32BE(at + 5), payload });
    at += 9 + length;
  }
  return frames;
}

let echo: Echo;
let client: RawClient;

beforeEach(async () => {
  echo = await startEcho({ listen: [{ address: '127.0.0.1:0', h2c: true }] });
  client = await RawClient.open(echo.port);
  client.send(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]));
});
afterEach(async () => {
  client.socket.destroy();
  await echo.listeners.close();
});

const received = (type: number) => framesOf(client.received).filter((one) => one.type === type);

/** Sends a request of these fields and waits for its end: an answer, a reset, or the end of the connection. */
async function outcome(fields: readonly (readonly [string, string])[], body?: Buffer): Promise<string> {
  client.send(frame(HEADERS, END_HEADERS | (body ? 0 : END_STREAM), 1, block(fields)));
  if (body) client.send(frame(DATA, END_STREAM, 1, body));
  await client.until(() => received(HEADERS).length + received(RST_STREAM).length + received(GOAWAY).length > 0);
  if (received(HEADERS).length > 0) return 'answered';
  return received(RST_STREAM).length > 0 ? `reset ${received(RST_STREAM)[0].payload.readUInt32BE(0)}` : 'closed';
}

it('a request written by hand is answered', async () => {
  expect(await outcome(BASE)).toBe('answered');
  expect(echo.seen[0]).toMatchObject({ method: 'POST', target: '/', host: 'a', bodyLength: 0 });
});

describe('what would be smuggled into HTTP/1.1 is reset', () => {
  const extra: [string, string, string][] = [
    ['Transfer-Encoding (H2.TE)', 'transfer-encoding', 'chunked'],
    ['Connection', 'connection', 'keep-alive'],
    ['Keep-Alive', 'keep-alive', '5'],
    ['Upgrade', 'upgrade', 'websocket'],
    ['Proxy-Connection', 'proxy-connection', 'close'],
    ['TE for anything but trailers', 'te', 'gzip'],
    ['a name in capitals', 'X-A', 'b'],
    ['a second Content-Length', 'content-length', '0'],
    ['an unknown pseudo-header', ':x', 'b'],
  ];
  it.each(extra)('%s', async (_, name, value) => {
    const fields = name === 'content-length' ? [...BASE, [name, '0'] as const] : BASE;
    expect(await outcome([...fields, [name, value]])).toBe(`reset ${PROTOCOL_ERROR}`);
    expect(echo.seen).toHaveLength(0);
  });

  const dropped: [string, string, string][] = [
    ['a name with a colon', 'x:a', 'b'],
    ['a name with a line end', 'x\r\nfoo', 'b'],
    ['a name with a space', 'x a', 'b'],
    ['an empty name', '', 'b'],
    ['a value with a line end', 'x-a', 'b\r\ntransfer-encoding: chunked'],
    ['a value with a line feed', 'x-a', 'b\nc'],
    ['a value with NUL', 'x-a', 'b\0c'],
  ];
  it.each(dropped)('or goes no further: %s', async (_, name, value) => {
    // nghttp2 passes over such a field and tells nobody.
    expect(await outcome([...BASE, [name, value], ['x-end', '1']])).toBe('answered');
    expect(echo.seen.map(({ headers }) => headers)).toEqual([['x-end', '1']]);
  });

  it('Content-Length that is shorter than the body (H2.CL)', async () => {
    const body = Buffer.from('abcGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await outcome([...BASE, ['content-length', '3']], body)).toBe(`reset ${PROTOCOL_ERROR}`);
    expect(echo.failed.length).toBeLessThanOrEqual(1);
    expect(client.received.toString('latin1')).not.toContain('"body":"abc');
  });

  const paths: [string, string][] = [
    ['a space', '/a b'],
    ['a line end', '/ HTTP/1.1\r\nX: y'],
    ['NUL', '/\0'],
  ];
  it.each(paths)('%s in :path', async (_, path) => {
    const fields = BASE.map(([name, value]) => [name, name === ':path' ? path : value] as const);
    expect(await outcome(fields)).not.toBe('closed');
    expect(echo.seen).toHaveLength(0);
  });

  it('a method with a line end', async () => {
    const fields = BASE.map(([name, value]) => [name, name === ':method' ? 'GET / HTTP/1.1\r\n' : value] as const);
    expect(await outcome(fields)).toBe(`reset ${PROTOCOL_ERROR}`);
    expect(echo.seen).toHaveLength(0);
  });

  it.each([':method', ':path', ':scheme'])('a request without %s', async (missing) => {
    expect(await outcome(BASE.filter(([name]) => name !== missing))).toBe(`reset ${PROTOCOL_ERROR}`);
    expect(echo.seen).toHaveLength(0);
  });
});

describe('floods', () => {
  /** Sends the same bytes until the connection is closed, or `limit` times. */
  async function flood(bytes: Buffer, limit: number): Promise<void> {
    for (let i = 0; i < limit && !client.closed; i++) {
      client.send(bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.end();
  }
  const calm = () => received(GOAWAY).at(-1)?.payload.readUInt32BE(4);

  it('of settings end the connection', async () => {
    await flood(Buffer.concat(Array(100).fill(frame(SETTINGS, 0, 0))), 100);
    expect(calm()).toBe(ENHANCE_YOUR_CALM);
    expect(echo.refused).toContain('SP7121');
  });

  it('of pings end the connection', async () => {
    await flood(Buffer.concat(Array(100).fill(frame(PING, 0, 0, Buffer.alloc(8)))), 100);
    expect(calm()).toBe(ENHANCE_YOUR_CALM);
  });

  it('of CONTINUATION end the connection, and reach nobody (CVE-2024-27316)', async () => {
    client.send(frame(HEADERS, 0, 1, block(BASE)));
    await flood(frame(CONTINUATION, 0, 1, field('x-a', 'b')), 1000);
    expect(client.closed).toBe(true);
    expect(echo.seen).toHaveLength(0);
  });

  it('of resets end the connection', async () => {
    let stream = 1;
    while (!client.closed && stream < 2000) {
      const reset = frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8]));
      client.send(Buffer.concat([frame(HEADERS, END_HEADERS, stream, block(BASE)), reset]));
      stream += 2;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.end();
    expect(calm()).toBe(ENHANCE_YOUR_CALM);
    expect(echo.refused).toContain('SP7121');
  });
});
