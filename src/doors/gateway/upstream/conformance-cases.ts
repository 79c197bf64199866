/**
 * What the gateway makes of the answers of servers, sound and unsound, and of what it writes to them. Each case is a whole
 * exchange over real connections: bytes of a client, bytes of a server, and what the other one is to see of them.
 */
import { gzipSync } from 'node:zlib';
import type { AnswerCase, RequestCase } from './conformance-kinds.ts';
import { SOUND_CASES } from './conformance-sound.ts';
import { UNSOUND_CASES } from './conformance-unsound.ts';

export const ANSWER_CASES: readonly AnswerCase[] = [...SOUND_CASES, ...UNSOUND_CASES];

const GZIP = gzipSync('packed by the client').toString('latin1');

const POST = 'POST /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';

export const REQUEST_CASES: readonly RequestCase[] = [
  {
    name: 'headers keep order, case and repetition',
    request:
      'GET / HTTP/1.1\r\nHost: shop.example\r\nzULU: 1\r\nX-A: 2\r\nx-a: 3\r\nAccept: */*\r\nConnection: close\r\n\r\n',
    line: 'GET / HTTP/1.1',
    has: ['zULU: 1', 'X-A: 2', 'x-a: 3', 'Accept: */*'],
    lacks: ['transfer-encoding', 'content-length'],
  },
  {
    name: 'the host is the one that was asked for',
    request: 'GET / HTTP/1.1\r\nHost: shop.example:8080\r\nConnection: close\r\n\r\n',
    line: 'GET / HTTP/1.1',
    has: ['host: shop.example:8080'],
  },
  {
    name: 'the target is not touched',
    request: 'GET //a/../b/%2e%2E/%2f;v=1?x=%00&y=[]|{}&&= HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    line: 'GET //a/../b/%2e%2E/%2f;v=1?x=%00&y=[]|{}&&= HTTP/1.1',
  },
  {
    name: 'bytes above 0x7f in a value',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nX-Name: caf\xe9\r\nConnection: close\r\n\r\n',
    line: 'GET / HTTP/1.1',
    has: ['X-Name: caf\xe9'],
  },
  {
    name: 'a body of known length',
    request: `${POST}Content-Length: 5\r\n\r\nhello`,
    line: 'POST /p HTTP/1.1',
    has: ['content-length: 5'],
    lacks: ['transfer-encoding'],
    body: 'hello',
    outcome: { bodyBytes: 5 },
  },
  {
    name: 'a body without a length',
    request: `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`,
    line: 'POST /p HTTP/1.1',
    has: ['transfer-encoding: chunked'],
    lacks: ['content-length'],
    body: 'hello!',
    outcome: { bodyBytes: 6 },
  },
  {
    name: 'a body of no bytes',
    request: `${POST}Content-Length: 0\r\n\r\n`,
    line: 'POST /p HTTP/1.1',
    has: ['content-length: 0'],
    body: '',
  },
  {
    name: 'chunks of no bytes',
    request: `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    line: 'POST /p HTTP/1.1',
    has: ['content-length: 0'],
    lacks: ['transfer-encoding'],
    body: '',
  },
  {
    name: 'trailers of a request are dropped',
    request: `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`,
    line: 'POST /p HTTP/1.1',
    body: 'ok',
    trailers: [],
  },
  {
    name: 'DELETE with a body',
    request: 'DELETE /d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    line: 'DELETE /d HTTP/1.1',
    body: 'ok',
  },
  {
    name: 'GET with a body',
    request: 'GET /g HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    line: 'GET /g HTTP/1.1',
    body: 'ok',
  },
  {
    name: 'a method of its own',
    request: 'PROPFIND /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    line: 'PROPFIND /x HTTP/1.1',
  },
  {
    name: 'a client of HTTP/1.0',
    request: 'GET /old HTTP/1.0\r\nHost: a\r\n\r\n',
    line: 'GET /old HTTP/1.1',
    has: ['host: a'],
  },
  {
    name: 'a body that is packed is not touched',
    request: `${POST}Content-Encoding: gzip\r\nContent-Length: ${GZIP.length}\r\n\r\n${GZIP}`,
    line: 'POST /p HTTP/1.1',
    has: ['Content-Encoding: gzip'],
    body: GZIP,
  },
];
