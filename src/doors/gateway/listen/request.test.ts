import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Http1Request } from './request.ts';

type Handler = (req: Http1Request, res: ServerResponse) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Sends texts over one connection, each after the answer to the one before; what came back. */
async function exchange(handler: Handler, texts: readonly string[], event = 'request'): Promise<string[]> {
  const server = createServer({
    IncomingMessage: Http1Request as unknown as typeof IncomingMessage,
    requireHostHeader: false,
  });
  server.on(event, (req: Http1Request, res: ServerResponse) => {
    req.taken = true;
    handler(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  closing.push(() => {
    socket.destroy();
    server.close();
  });
  const answers: string[] = [];
  for (const text of texts) {
    socket.write(text);
    answers.push(await new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString()))));
  }
  return answers;
}

const answer: Handler = (req, res) => res.end(JSON.stringify({ url: req.url, headers: req.headers }));
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

describe('a request over HTTP/1', () => {
  it('shows all of its headers to whom it is given', async () => {
    const [text] = await exchange(answer, [get('/', 'X-Api-Key: k\r\nTE: trailers\r\nCookie: a=1\r\nCookie: b=2\r\n')]);
    expect(JSON.parse(text.split('\r\n\r\n')[1]).headers).toEqual({
      host: 'a',
      'x-api-key': 'k',
      te: 'trailers',
      cookie: 'a=1; b=2',
    });
  });

  it('lets Node see that it expects to be asked to go on', async () => {
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\neXpect: 100-continue\r\n\r\n';
    const [text] = await exchange((_, res) => res.end('asked'), [post], 'checkContinue');
    expect(text).toContain('asked');
  });

  it('leaves its connection ready for the next ones when it had no body', async () => {
    const seen: Http1Request[] = [];
    const texts = [get('/1'), get('/2'), get('/3')];
    const answers = await exchange((req, res) => {
      seen.push(req);
      answer(req, res);
    }, texts);
    expect(answers.map((text) => JSON.parse(text.split('\r\n\r\n')[1]).url)).toEqual(['/1', '/2', '/3']);
    expect(seen[0].readableEnded).toBe(true);
    expect(seen[0].complete).toBe(true);
  });

  it('has its body thrown away where nobody has read it', async () => {
    const post = 'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /';
    const answers = await exchange(answer, [post, get('/2')]);
    expect(answers.map((text) => JSON.parse(text.split('\r\n\r\n')[1]).url)).toEqual(['/1', '/2']);
  });

  it('tells those who listen that it has ended', async () => {
    let ended!: () => void;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await exchange(
      (req, res) => {
        req.once('close', ended);
        answer(req, res);
      },
      [get('/')],
    );
    await expect(end).resolves.toBeUndefined();
  });
});
