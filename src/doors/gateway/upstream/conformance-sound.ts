/** Answers that go on to the client, as they are or without what is meant for the gateway alone. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { AnswerCase } from './conformance-kinds.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const BAD = { status: 502, outcome: { status: 502, ended: 'upstream', code: 'SP7203' } } as const;
const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const OLD = 'GET / HTTP/1.0\r\nHost: a\r\n\r\n';
const GZIP = gzipSync('packed by the application').toString('latin1');
const BROTLI = brotliCompressSync('packed by the application').toString('latin1');
const LONG = 'x'.repeat(1_000_000);

const FRAMING: AnswerCase[] = [
  { name: 'length known', answer: `${OK}Content-Length: 5\r\n\r\nhello`, status: 200, body: 'hello' },
  { name: 'length zero', answer: `${OK}Content-Length: 0\r\n\r\n`, status: 200, body: '', has: ['Content-Length: 0'] },
  {
    name: 'chunked',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
    status: 200,
    body: 'hello world',
    outcome: { bytes: 11 },
  },
  {
    name: 'chunk extensions are dropped',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;last\r\n\r\n`,
    status: 200,
    body: 'hello',
  },
  {
    name: 'chunked in capitals',
    answer: `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    status: 200,
    body: 'hi',
  },
  {
    name: 'ended by the connection',
    answer: `${OK}Connection: close\r\n\r\nuntil the end`,
    after: 'end',
    status: 200,
    body: 'until the end',
  },
  { name: 'HTTP/1.0 server', answer: 'HTTP/1.0 200 OK\r\n\r\nold', after: 'end', status: 200, body: 'old' },
  { name: 'a million bytes', answer: `${OK}Content-Length: ${LONG.length}\r\n\r\n${LONG}`, status: 200, body: LONG },
  {
    name: 'HTTP/1.0 client gets no chunks',
    request: OLD,
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    status: 200,
    body: 'hello',
    lacks: ['transfer-encoding'],
  },
];

const BODILESS: AnswerCase[] = [
  { name: '204', answer: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204, body: '', lacks: ['content-length'] },
  {
    name: '204 with a length that must not be there',
    answer: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
    status: 204,
    body: '',
    lacks: ['content-length'],
    outcome: { ended: '', code: '' },
  },
  {
    name: '304 keeps the length of what it stands for',
    answer: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n',
    status: 304,
    body: '',
    has: ['ETag: "a"', 'Content-Length: 1234'],
    outcome: { ended: '', bytes: 0 },
  },
  {
    name: 'HEAD keeps the length of what it stands for',
    request: HEAD,
    answer: `${OK}Content-Length: 4321\r\n\r\n`,
    status: 200,
    body: '',
    has: ['Content-Length: 4321'],
    outcome: { ended: '', bytes: 0 },
  },
  {
    name: 'HEAD of something chunked',
    request: HEAD,
    answer: `${OK}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`,
    status: 200,
    body: '',
    lacks: ['trailer'],
  },
  {
    name: 'HEAD with a body that must not be there: its bytes reach nobody',
    request: HEAD,
    answer: `${OK}Content-Length: 5\r\n\r\nhello`,
    status: 200,
    body: '',
  },
  { name: '205', answer: 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n', status: 205, body: '' },
];

const INFORMATIONAL: AnswerCase[] = [
  {
    name: '103 goes on before the answer',
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
    status: 200,
    body: 'ok',
    before: ['HTTP/1.1 103 Early Hints'],
  },
  {
    name: '103 twice',
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>; rel=preload\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
    status: 200,
    body: 'ok',
    before: ['HTTP/1.1 103 Early Hints', 'HTTP/1.1 103 Early Hints'],
  },
  {
    name: '102 goes on',
    answer: `HTTP/1.1 102 Processing\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
    status: 200,
    body: 'ok',
    before: ['HTTP/1.1 102 Processing'],
  },
  {
    name: 'no more than eight of them go on',
    answer: `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(20)}${OK}Content-Length: 2\r\n\r\nok`,
    status: 200,
    before: Array.from({ length: 8 }, () => 'HTTP/1.1 102 Processing'),
  },
  {
    name: 'none for HTTP/1.0 clients',
    request: OLD,
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
    status: 200,
    before: [],
  },
  {
    name: 'hints that cannot be written are left out',
    answer: `HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
    status: 200,
    before: [],
  },
  { name: '100 that nobody asked for', answer: `HTTP/1.1 100 Continue\r\n\r\n${OK}\r\n`, ...BAD },
  {
    name: '101 that nobody asked for',
    answer: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
    ...BAD,
  },
];

const HEADERS: AnswerCase[] = [
  {
    name: 'several Set-Cookie stay apart and in order',
    answer: `${OK}Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nX-Between: y\r\nSet-Cookie: c=3\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    has: ['Set-Cookie: a=1', 'Set-Cookie: b=2; Path=/', 'X-Between: y', 'Set-Cookie: c=3'],
  },
  {
    name: 'order and case are kept',
    answer: `${OK}zULU: 1\r\nAlpha: 2\r\nmIKE: 3\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    has: ['zULU: 1', 'Alpha: 2', 'mIKE: 3'],
  },
  {
    name: 'repeated headers stay repeated',
    answer: `${OK}Vary: a\r\nVary: b\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    has: ['Vary: a', 'Vary: b'],
  },
  {
    name: 'bytes above 0x7f are kept',
    answer: `${OK}X-Name: caf\xe9 \xff\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    has: ['X-Name: caf\xe9 \xff'],
  },
  { name: 'an empty value', answer: `${OK}X-Empty:\r\nContent-Length: 0\r\n\r\n`, status: 200, has: ['X-Empty: '] },
  {
    name: 'headers of one connection go no further',
    answer: `${OK}Keep-Alive: timeout=99\r\nProxy-Connection: x\r\nTE: trailers\r\nUpgrade: foo\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    lacks: ['keep-alive', 'proxy-connection', 'te', 'upgrade', 'proxy-authenticate'],
  },
  {
    name: 'what Connection names goes no further',
    answer: `${OK}Connection: X-Private, keep-alive\r\nX-Private: 1\r\nX-Public: 2\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    has: ['X-Public: 2'],
    lacks: ['x-private'],
  },
  {
    name: 'two Connection headers are read as one',
    answer: `${OK}Connection: X-One\r\nConnection: x-two\r\nX-One: 1\r\nX-Two: 2\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    lacks: ['x-one', 'x-two'],
  },
  {
    name: 'Date is kept',
    answer: `${OK}Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 0\r\n\r\n`,
    status: 200,
    has: ['Date: Tue, 15 Nov 1994 08:12:31 GMT'],
  },
  {
    name: 'a reason of its own',
    answer: 'HTTP/1.1 404 Gone Fishing\r\nContent-Length: 0\r\n\r\n',
    status: 404,
    reason: 'Gone Fishing',
  },
  { name: 'no reason', answer: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', status: 200, reason: '' },
  {
    name: 'a reason beyond ASCII becomes the usual one',
    answer: 'HTTP/1.1 200 \xe2\x82\xac\r\nContent-Length: 0\r\n\r\n',
    status: 200,
    reason: 'OK',
  },
  {
    name: 'Trailer is dropped where no trailers can follow',
    answer: `${OK}Trailer: X-Sum\r\nContent-Length: 2\r\n\r\nok`,
    status: 200,
    body: 'ok',
    lacks: ['trailer'],
  },
];

const TRAILERS: AnswerCase[] = [
  {
    name: 'trailers go on',
    answer: `${OK}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nX-Sum: 43\r\n\r\n`,
    status: 200,
    body: 'ok',
    has: ['Trailer: X-Sum'],
    trailers: ['X-Sum: 42', 'X-Sum: 43'],
  },
  {
    name: 'trailers that were not announced go on',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\ngrpc-status: 0\r\n\r\n`,
    status: 200,
    trailers: ['grpc-status: 0'],
  },
  {
    name: 'trailers that would change the answer are dropped',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSet-Cookie: a=1\r\nContent-Type: x\r\nX-Good: 1\r\n\r\n`,
    status: 200,
    trailers: ['X-Good: 1'],
  },
  {
    name: 'trailers without a body',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 0\r\n\r\n`,
    status: 200,
    body: '',
    trailers: ['X-Sum: 0'],
  },
];

const UNTOUCHED: AnswerCase[] = [
  {
    name: 'gzip is not touched',
    answer: `${OK}Content-Encoding: gzip\r\nContent-Length: ${GZIP.length}\r\n\r\n${GZIP}`,
    status: 200,
    body: GZIP,
    has: ['Content-Encoding: gzip'],
  },
  {
    name: 'br is not touched',
    answer: `${OK}Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n${BROTLI.length.toString(16)}\r\n${BROTLI}\r\n0\r\n\r\n`,
    status: 200,
    body: BROTLI,
  },
  {
    name: 'redirects are not followed',
    answer: 'HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/x?y\r\nContent-Length: 0\r\n\r\n',
    status: 302,
    has: ['Location: http://elsewhere.example/x?y'],
  },
  {
    name: 'a part of a document',
    answer: 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab',
    status: 206,
    body: 'ab',
    has: ['Content-Range: bytes 0-1/9'],
  },
  {
    name: 'a demand to log in',
    answer: 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n',
    status: 401,
    has: ['WWW-Authenticate: Bearer'],
  },
  {
    name: 'a server that is not well says so itself',
    answer: 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\nbusy',
    status: 503,
    body: 'busy',
    has: ['Retry-After: 9'],
    outcome: { ended: '', code: '' },
  },
  {
    name: 'a status nobody knows',
    answer: 'HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n',
    status: 299,
    reason: 'Odd',
  },
  { name: 'a status above 599', answer: 'HTTP/1.1 777 Lucky\r\nContent-Length: 0\r\n\r\n', status: 777 },
  {
    name: 'bytes behind the answer reach nobody',
    answer: `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n`,
    status: 200,
    body: 'ok',
  },
];

export const SOUND_CASES: readonly AnswerCase[] = [
  ...FRAMING,
  ...BODILESS,
  ...INFORMATIONAL,
  ...HEADERS,
  ...TRAILERS,
  ...UNTOUCHED,
];
