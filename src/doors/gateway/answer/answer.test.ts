import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../config/parse.ts';
import { LEAK } from '../../../enrich/kinds.ts';
import { createAnswerReader } from '../../../inspect/answer/index.ts';
import {
  Closing,
  configOf,
  type Front,
  front,
  httpUpstream,
  later,
  rawUpstream,
  routeOf,
} from '../upstream/testing.ts';
import { type AnswerLook, AnswerRoom } from './index.ts';

const closing = new Closing();
afterEach(() => closing.run());

const CARD = '{"card":"4111 1111 1111 1111"}';
const CLEAN = JSON.stringify({ items: [{ a: 1 }, { a: 2 }, { a: 3 }] });
const json = { 'content-type': 'application/json' };

type Serve = Parameters<typeof httpUpstream>[1];
interface Setting {
  readonly withhold?: readonly (keyof typeof LEAK)[];
  readonly bytes?: number;
  readonly holdMs?: number;
  readonly keptBytes?: number;
  readonly http2?: boolean;
  readonly limit?: number;
}

/** A gateway of the upstream room with looks at all answers. */
async function gateOf(url: string, setting: Setting) {
  const { withhold = [], bytes = 65_536 } = setting;
  const answer = `{ bytes: ${bytes}, withhold: [${withhold.join(', ')}] }`;
  const config = parseConfig(`gateway: { routes: [{ match: { path: /** }, answer: ${answer} }] }`, 'test.yaml');
  const defects: unknown[] = [];
  const room = new AnswerRoom({
    reader: createAnswerReader(config.gateway.routes, null),
    defect: (error) => defects.push(error),
    holdMs: setting.holdMs,
    keptBytes: setting.keptBytes,
  });
  const bits = withhold.reduce((sum, name) => sum | LEAK[name], 0);
  const part = { place: 0, answer: { inspect: true, bytes, withhold: bits }, responseLimitBytes: setting.limit ?? 0 };
  const looks: AnswerLook[] = [];
  const gate: Front = await front(closing, configOf(`upstream: ${url}`), {
    route: part,
    http2: setting.http2,
    before: async (inbound) => {
      const look = room.look(routeOf(part), 2);
      if (look !== null) looks.push(look);
      inbound.answerTap = look;
      return true;
    },
  });
  return { gate, room, looks, defects };
}

const served = async (listener: Serve, setting: Setting = {}) => gateOf(await httpUpstream(closing, listener), setting);
const serving =
  (body: string | Buffer, headers = {}): Serve =>
  (_, res) => {
    res.writeHead(200, { ...json, ...headers });
    res.end(body);
  };

/** Sends pieces, and with `open` no end. */
const inPieces =
  (pieces: readonly string[], open = false): Serve =>
  (_, res) => {
    res.writeHead(200, json);
    for (const piece of pieces) res.write(piece);
    if (!open) res.end();
  };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly whole: boolean;
}

function ask(port: number, method = 'GET', onPiece: (text: string) => void = () => {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', method, path: '/', agent: false }, (res) => {
      const pieces: Buffer[] = [];
      res.on('data', (piece: Buffer) => {
        pieces.push(piece);
        onPiece(Buffer.concat(pieces).toString());
      });
      const end = () =>
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body: Buffer.concat(pieces),
          whole: res.complete,
        });
      res.on('end', end);
      res.on('error', end);
    });
    req.on('error', reject);
    req.end();
  });
}

describe('answers that are only looked at', () => {
  it('pass on as they come, and tell at the end', async () => {
    const seen = later<void>();
    const { gate, looks, room } = await served(async (_, res) => {
      res.writeHead(200, json);
      res.write('[{"mail":"ann@shop.example"},');
      // The rest is sent when the client has got the beginning.
      await seen.promise;
      res.end('{"mail":"bob@shop.example"}]');
    });
    const answer = await ask(gate.port, 'GET', () => seen.resolve());
    await gate.over(1);
    expect(JSON.parse(answer.body.toString())).toHaveLength(2);
    expect(looks[0].finish()).toEqual({
      extras: { objects: 2, leaks: LEAK.email, leaked: 2 },
      ...{ authenticated: -1, withhold: '' },
    });
    expect(looks[0].finish()).toBeNull();
    expect(room.keptBytes).toBe(0);
  });

  it('are counted to their end, and looked at in their beginning', async () => {
    const body = JSON.stringify([...Array.from({ length: 5000 }, (_, i) => ({ i })), { mail: 'ann@shop.example' }]);
    const { gate, looks } = await served(serving(body), { bytes: 1024 });
    expect((await ask(gate.port)).body.toString()).toBe(body);
    await gate.over(1);
    expect(looks[0].finish()?.extras).toEqual({ objects: 5001 });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('are decoded: %s', async (coding, encode) => {
    const { gate, looks } = await served(serving(encode(CARD), { 'content-encoding': coding }));
    expect((await ask(gate.port)).body).toEqual(encode(CARD));
    await gate.over(1);
    expect(looks[0].finish()?.extras).toEqual({ objects: 1, leaks: LEAK.card, leaked: 1 });
  });

  it('have no body to look at', async () => {
    const { gate, looks } = await served((req, res) => {
      res.writeHead(req.method === 'GET' ? 204 : 200, json);
      res.end();
    });
    expect((await ask(gate.port)).status).toBe(204);
    expect((await ask(gate.port, 'HEAD')).status).toBe(200);
    await gate.over(2);
    expect(looks.map((look) => look.finish()?.extras)).toEqual([{}, {}]);
  });

  it('are not kept beyond the memory there is', async () => {
    const { gate, looks, room } = await served(serving(CARD), { keptBytes: 10 });
    expect((await ask(gate.port)).body.toString()).toBe(CARD);
    await gate.over(1);
    expect(room.keptBytes).toBe(0);
    expect(looks[0].finish()?.extras).toEqual({ objects: 1 });
  });
});

describe('answers that are withheld', () => {
  const withhold = ['card'] as const;
  it.each<[string, Serve]>([
    ['of known length', serving(CARD, { 'content-length': CARD.length })],
    ['in chunks', inPieces([CARD.slice(0, 15), CARD.slice(15)])],
    ['compressed', serving(gzipSync(CARD), { 'content-encoding': 'gzip' })],
    ['that go on', inPieces([CARD.padEnd(70_000)], true)],
  ])('become a problem: %s', async (_, listener) => {
    const { gate, looks, room, defects } = await served(listener, { withhold });
    const answer = await ask(gate.port);
    expect(answer).toMatchObject({ status: 502, whole: true });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body.toString()).not.toContain('4111');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'SP8001', title: 'The answer was withheld' });
    const [outcome] = await gate.over(1);
    expect(outcome).toMatchObject({ status: 502, ended: 'limit', code: 'SP8001', bytes: answer.body.length });
    expect(looks[0].withheld).toBe(true);
    expect(looks[0].finish()?.withhold).toBe('card');
    expect(room.keptBytes).toBe(0);
    expect(defects).toEqual([]);
  });

  it('over HTTP/2, too', async () => {
    const { gate } = await served(serving(CARD), { withhold, http2: true });
    const session = connect(gate.url);
    closing.add(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    stream.resume();
    expect(status).toBe(502);
  });

  it.each<[string, Serve, string]>([
    ['of known length', serving(CLEAN, { 'content-length': CLEAN.length }), CLEAN],
    ['in chunks', inPieces([CLEAN.slice(0, 9), CLEAN.slice(9)]), CLEAN],
    ['without a body', serving('', { 'content-length': 0 }), ''],
    ['that are long', serving(CLEAN.padEnd(300_000)), CLEAN.padEnd(300_000)],
    ['that are no text', serving(CARD, { 'content-type': 'image/png' }), CARD],
  ])('others arrive as they were: %s', async (_, listener, body) => {
    for (const http2 of [false, true]) {
      const { gate, looks } = await served(listener, { withhold, http2 });
      const got = http2 ? await overHttp2(gate.url) : (await ask(gate.port)).body.toString();
      expect(got).toBe(body);
      const [outcome] = await gate.over(1);
      expect(outcome).toMatchObject({ status: 200, ended: '', code: '', bytes: body.length });
      expect(looks[0].withheld).toBe(false);
      expect(looks[0].finish()).not.toBeNull();
    }
  });

  it('are those that show it in the bytes that are looked at', async () => {
    const body = `${CLEAN.padEnd(3000)}${CARD}`;
    const { gate, looks } = await served(serving(body), { withhold, bytes: 2048 });
    expect((await ask(gate.port)).body.toString()).toBe(body);
    await gate.over(1);
    expect(looks[0].finish()?.withhold).toBe('');
  });

  it('are held back for so long only', async () => {
    const seen = later<void>();
    const { gate, looks } = await served(
      async (_, res) => {
        res.writeHead(200, json);
        res.write('{"a":1,');
        await seen.promise;
        res.end(CARD.slice(1));
      },
      { withhold, holdMs: 20 },
    );
    const answer = await ask(gate.port, 'GET', () => seen.resolve());
    expect(answer.status).toBe(200);
    await gate.over(1);
    // The head had gone: it is only told.
    expect(looks[0].finish()).toMatchObject({ withhold: 'card', extras: { leaks: LEAK.card } });
    expect(looks[0].withheld).toBe(false);
  });

  it('become a problem where time is up and it is there already', async () => {
    const { gate } = await served(inPieces([CARD], true), {
      withhold,
      holdMs: 20,
    });
    expect((await ask(gate.port)).status).toBe(502);
  });

  it('are never streams of events', async () => {
    const seen = later<void>();
    const { gate } = await served(
      async (_, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(`data: ${CARD}\n\n`);
        await seen.promise;
        res.end();
      },
      { withhold, holdMs: 60_000 },
    );
    const answer = await ask(gate.port, 'GET', () => seen.resolve());
    expect(answer.body.toString()).toContain('4111');
  });
});

describe('while an answer is held back', () => {
  const withhold = ['card'] as const;
  it('the server may break off', async () => {
    const url = await rawUpstream(closing, (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a":1');
        setImmediate(() => socket.destroy());
      });
    });
    const { gate, room } = await gateOf(url, { withhold });
    const answer = await ask(gate.port);
    expect(answer).toMatchObject({ status: 502, whole: true });
    expect((await gate.over(1))[0]).toMatchObject({ code: 'SP7205', ended: 'upstream', retries: 0 });
    expect(room.keptBytes).toBe('{"a":1'.length);
  });

  it('the client may leave', async () => {
    const asked = later<void>();
    const { gate, looks, room } = await served(
      (_, res) => {
        res.writeHead(200, json);
        res.write('{"a":1', () => asked.resolve());
      },
      { withhold, holdMs: 60_000 },
    );
    const req = request({ port: gate.port, host: '127.0.0.1', agent: false });
    req.on('error', () => {});
    req.end();
    await asked.promise;
    req.destroy();
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, bytes: 0, ended: 'client' });
    looks[0].finish();
    expect(room.keptBytes).toBe(0);
  });

  it('limits hold', async () => {
    const { gate } = await served(serving(CLEAN.padEnd(5000)), { withhold, limit: 1000 });
    expect((await ask(gate.port)).status).toBe(502);
    expect((await gate.over(1))[0].code).toBe('SP7209');
  });

  it('a mistake of ours lets it go', async () => {
    const { gate, looks, defects } = await served(serving(CARD), { withhold });
    const answer = ask(gate.port);
    await gate.begun(1);
    Object.assign(looks[0], {
      keep: () => {
        throw new Error('broken');
      },
    });
    expect((await answer).status).toBe(200);
    await gate.over(1);
    expect(defects).toHaveLength(1);
    expect(looks[0].finish()).toBeNull();
  });
});

function overHttp2(url: string): Promise<string> {
  const session = connect(url);
  closing.add(() => session.destroy());
  const stream = session.request({ ':path': '/' });
  return new Promise((resolve, reject) => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (piece: string) => {
      text += piece;
    });
    stream.on('end', () => resolve(text));
    stream.on('error', reject);
  });
}
