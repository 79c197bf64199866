/** Clients of HTTP/2 in front of servers of HTTP/1.1. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { frame, PREFACE } from '../listen/http2.testing.ts';
import { Closing, configOf, type Front, front, httpUpstream, later, rawUpstream, scripted } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

/** The beginning of a connection: settings, the head of a POST to http://a/ (RFC 7541, appendix A), a part of its body. */
const OPENING = Buffer.concat([
  PREFACE,
  frame(4, 0, 0),
  frame(1, 4, 1, Buffer.from([0x83, 0x86, 0x84, 0x41, 1, 0x61])),
  frame(0, 0, 1, Buffer.from('part')),
]);
const RESET = frame(3, 0, 1, Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]));

interface Answer {
  headers: IncomingHttpHeaders;
  hints: IncomingHttpHeaders[];
  trailers: IncomingHttpHeaders;
  body: string;
  /** Code of the reset, 0 for a stream that ended well. */
  reset: number;
}

async function dial(url: string): Promise<{ gate: Front; session: ClientHttp2Session }> {
  const config = configOf(`upstreams: [{ name: default, servers: ['${url}'], connections: 1, retries: { max: 0 } }]`);
  const gate = await front(closing, config, { http2: true });
  const session = connect(gate.url);
  session.on('error', () => {});
  closing.add(() => session.destroy());
  return { gate, session };
}

function read(stream: ClientHttp2Stream): Promise<Answer> {
  const answer: Answer = { headers: {}, hints: [], trailers: {}, body: '', reset: 0 };
  stream.on('headers', (headers) => answer.hints.push(headers));
  stream.on('response', (headers) => {
    answer.headers = headers;
  });
  stream.on('trailers', (headers) => {
    answer.trailers = headers;
  });
  stream.on('data', (chunk) => {
    answer.body += chunk;
  });
  stream.on('error', () => {});
  return new Promise((resolve) => {
    stream.on('close', () => resolve({ ...answer, reset: stream.rstCode }));
  });
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('answers', () => {
  test('have neither reasons nor headers of a connection, and keep the rest', async () => {
    const { session, gate } = await dial(
      await scripted(
        closing,
        `${OK}Set-Cookie: a=1\r\nX-Case: Yes\r\nSet-Cookie: b=2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nok`,
        'keep',
      ),
    );
    const answer = await read(session.request({ ':path': '/' }));
    expect(answer).toMatchObject({ body: 'ok', reset: 0 });
    expect(answer.headers).toMatchObject({ ':status': 200, 'set-cookie': ['a=1', 'b=2'], 'x-case': 'Yes' });
    expect(answer.headers).not.toHaveProperty('keep-alive');
    expect((await gate.over(1))[0]).toMatchObject({ status: 200, bytes: 2, ended: '' });
  });

  test('carry trailers', async () => {
    const { session } = await dial(
      await scripted(closing, `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`, 'keep'),
    );
    const answer = await read(session.request({ ':path': '/' }));
    expect(answer.body).toBe('ok');
    expect(answer.trailers).toMatchObject({ 'x-sum': '1' });
  });

  test('are preceded by hints', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
    const { session } = await dial(await scripted(closing, `${hint}${OK}Content-Length: 2\r\n\r\nok`, 'keep'));
    const answer = await read(session.request({ ':path': '/' }));
    expect(answer.hints.map((headers) => headers[':status'])).toEqual([103]);
    expect(answer.body).toBe('ok');
  });

  for (const status of ['204 No Content', '304 Not Modified']) {
    test(`without a body: ${status}`, async () => {
      const { session } = await dial(await scripted(closing, `HTTP/1.1 ${status}\r\n\r\n`, 'keep'));
      const answer = await read(session.request({ ':path': '/' }));
      expect(answer).toMatchObject({ body: '', reset: 0 });
      expect(answer.headers[':status']).toBe(Number(status.slice(0, 3)));
    });
  }

  test('to HEAD', async () => {
    const { session } = await dial(await scripted(closing, `${OK}Content-Length: 42\r\n\r\n`, 'keep'));
    const answer = await read(session.request({ ':path': '/', ':method': 'HEAD' }));
    expect(answer).toMatchObject({ body: '', reset: 0 });
    expect(answer.headers['content-length']).toBe('42');
  });

  test('that break off reset the stream, and no other', async () => {
    const url = await httpUpstream(closing, (req, res) => {
      if (req.url !== '/broken') {
        res.end('well');
        return;
      }
      res.write('half');
      setImmediate(() => res.destroy());
    });
    const { session, gate } = await dial(url);
    const broken = await read(session.request({ ':path': '/broken' }));
    expect(broken.reset).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect((await gate.over(1))[0]).toMatchObject({ ended: 'upstream', code: 'SP7205' });
    expect(await read(session.request({ ':path': '/' }))).toMatchObject({ body: 'well', reset: 0 });
  });

  test('that cannot be read are problems', async () => {
    const { session } = await dial(await scripted(closing, 'nonsense\r\n\r\n', 'keep'));
    const answer = await read(session.request({ ':path': '/' }));
    expect(answer.headers).toMatchObject({ ':status': 502, 'content-type': 'application/problem+json' });
  });
});

describe('requests', () => {
  test('with a body of unknown length go on in chunks', async () => {
    const url = await httpUpstream(closing, (req, res) => {
      res.setHeader('X-Coding', req.headers['transfer-encoding'] ?? '');
      req.pipe(res);
    });
    const { session } = await dial(url);
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    const answer = read(stream);
    stream.write('hello ');
    stream.end('world');
    expect(await answer).toMatchObject({ body: 'hello world', headers: { 'x-coding': 'chunked' } });
  });

  test('that are reset in the middle of their body never look like whole ones', async () => {
    const partial = later<string>();
    const url = await rawUpstream(closing, (socket) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('part')) client.write(RESET);
      });
      socket.once('end', () => socket.end());
      socket.once('close', () => partial.resolve(text));
    });
    const { gate } = await dial(url);
    // Node's own client ends a stream before it resets it; others do not.
    const client = connectTcp(gate.port, '127.0.0.1');
    closing.add(() => client.destroy());
    client.write(OPENING);
    const message = parseMessage(await partial.promise);
    expect(message).toMatchObject({ body: 'part', whole: false });
    expect((await gate.over(1))[0]).toMatchObject({ ended: 'client', bodyBytes: 4 });
  });

  test('that are reset take the request to the server back, and leave the connection to others', async () => {
    const gone = later<void>();
    const url = await httpUpstream(closing, (req, res) => {
      if (req.url !== '/never') {
        res.end('well');
        return;
      }
      res.once('close', () => gone.resolve());
      stream.close(constants.NGHTTP2_CANCEL);
    });
    const { session, gate } = await dial(url);
    const stream = session.request({ ':path': '/never' });
    stream.on('error', () => {});
    await gone.promise;
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, ended: 'client' });
    expect(await read(session.request({ ':path': '/' }))).toMatchObject({ body: 'well' });
  });

  test('whose body nobody wants are answered and ended without an error', async () => {
    const url = await httpUpstream(closing, (_req, res) => {
      res.writeHead(401, { 'Content-Length': 2, Connection: 'close' });
      res.end('no');
    });
    const { session } = await dial(url);
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    const answer = read(stream);
    stream.write('x'.repeat(10_000));
    expect(await answer).toMatchObject({ body: 'no', reset: 0 });
  });

  test('many at once over one connection are kept apart', async () => {
    const url = await httpUpstream(closing, (req, res) => res.end(req.url));
    const { session, gate } = await dial(url);
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const answers = await Promise.all(paths.map((path) => read(session.request({ ':path': path }))));
    expect(answers.map((answer) => answer.body)).toEqual(paths);
    expect((await gate.over(50)).every((outcome) => outcome.ended === '')).toBe(true);
  });
});
