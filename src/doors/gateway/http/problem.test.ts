import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNet } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAnswers, RawClient } from '../listen/testing.ts';
import { isLingering, LINGER_BYTES } from './linger.ts';
import { DEFAULT_PROBLEM_BASE, type Problem, sendProblem, sendRawProblem, setProblemBase } from './problem.ts';

const PROBLEM: Problem = { status: 403, code: 'SP7110', title: 'No' };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let close: () => void = () => {};
afterEach(() => {
  close();
  setProblemBase(DEFAULT_PROBLEM_BASE);
});

async function serve(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<RawClient> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await RawClient.open((server.address() as AddressInfo).port);
  close = () => {
    client.socket.destroy();
    server.close();
  };
  return client;
}

describe('a problem', () => {
  it('tells what the client may know, and what the caller adds', async () => {
    let instance = '';
    const client = await serve((_, res) => {
      res.setHeader('x-stale', '1');
      instance = sendProblem(res, {
        ...PROBLEM,
        detail: 'Because.',
        retryAfterSec: 0.2,
        headers: ['X-A', '1', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2'],
        extra: { receipt: 'M-0', status: 200 },
      });
    });
    setProblemBase('https://errors.example/');
    client.send(GET);
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toEqual({
      type: 'https://errors.example/SP7110',
      title: 'No',
      status: 403,
      code: 'SP7110',
      detail: 'Because.',
      receipt: 'M-0',
      instance,
    });
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'x-a': '1', connection: 'keep-alive' });
    expect(answer.headers['x-stale']).toBeUndefined();
    expect(client.received.toString()).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
  });

  it('has no body for HEAD, and the length it would have had', async () => {
    const client = await serve((_, res) => void sendProblem(res, { ...PROBLEM, instance: 'urn:x' }));
    client.send(GET.replace('GET', 'HEAD'));
    const [answer] = await client.answers(1, true);
    const body = { type: `${DEFAULT_PROBLEM_BASE}SP7110`, title: 'No', status: 403, code: 'SP7110', instance: 'urn:x' };
    expect(answer.headers['content-length']).toBe(String(JSON.stringify(body).length));
    expect(parseAnswers(client.received, true).rest).toHaveLength(0);
  });

  it('cuts the connection where another answer has begun', async () => {
    const client = await serve((_, res) => {
      res.writeHead(200, { 'content-length': 10 });
      res.write('abc');
      expect(sendProblem(res, PROBLEM)).toBe('');
    });
    client.send(GET);
    await client.end();
    expect(client.received.toString()).not.toContain('SP7110');
  });

  it('is not sent a second time, nor to nobody', async () => {
    let second = 'x';
    const client = await serve((req, res) => {
      sendProblem(res, PROBLEM);
      second = sendProblem(res, PROBLEM);
      if (req.url === '/') req.socket.destroy();
      expect(sendProblem(res, PROBLEM)).toBe('');
    });
    client.send(GET);
    await client.end();
    expect(second).toBe('');
  });

  it('survives a header that cannot be sent', async () => {
    const client = await serve((_, res) => {
      expect(sendProblem(res, { ...PROBLEM, headers: ['x-a', 'a\r\nb'] })).toBe('');
    });
    client.send(GET);
    await client.end();
    expect(client.received).toHaveLength(0);
  });

  it('arrives although the client is still sending, and the rest is thrown away', async () => {
    let bodies = 0;
    const client = await serve((req, res) => {
      sendProblem(res, PROBLEM);
      expect(isLingering(req.socket)).toBe(true);
      req.on('data', () => bodies++);
    });
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${LINGER_BYTES}\r\n\r\n${'a'.repeat(60_000)}`);
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(403);
    expect(answer.headers.connection).toBe('close');
    // More than is read on for: the connection is reset at last.
    client.send('a'.repeat(LINGER_BYTES + 1024 * 1024));
    await client.end();
    expect(client.closed).toBe(true);
    expect(bodies).toBeLessThan(10);
  });
});

describe('a problem on a bare socket', () => {
  it('is an HTTP/1.1 answer that closes', async () => {
    const server = createNet({ allowHalfOpen: true }, (socket) => {
      sendRawProblem(socket, { ...PROBLEM, title: 'Nö', retryAfterSec: 3, headers: ['allow', 'GET'] });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = () => server.close();
    const client = await RawClient.open((server.address() as AddressInfo).port);
    await client.until(() => parseAnswers(client.received).answers.length === 1);
    const { answers, rest } = parseAnswers(client.received);
    expect(rest).toHaveLength(0);
    expect(answers[0].headers).toMatchObject({ connection: 'close', 'retry-after': '3', allow: 'GET' });
    expect(JSON.parse(answers[0].body)).toMatchObject({ title: 'Nö', code: 'SP7110' });
    client.socket.end();
    await client.end();
  });
});
