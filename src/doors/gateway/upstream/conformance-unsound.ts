/** Answers that must not go on, and answers that break off: what the client sees is never taken for something whole. */
import type { AnswerCase } from './conformance-kinds.ts';
import { MAX_ANSWER_HEAD_BYTES } from './lane.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const BAD = { status: 502, outcome: { status: 502, ended: 'upstream', code: 'SP7203' } } as const;
const GONE = { status: 502, outcome: { status: 502, ended: 'upstream', code: 'SP7201' } } as const;
const CUT = { status: 200, whole: false, outcome: { status: 200, ended: 'upstream', code: 'SP7205' } } as const;
const OLD = 'GET / HTTP/1.0\r\nHost: a\r\n\r\n';

const UNSOUND: AnswerCase[] = [
  { name: 'the same length twice', answer: `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, ...BAD },
  { name: 'two lengths', answer: `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, ...BAD },
  {
    name: 'length and chunks',
    answer: `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...BAD,
  },
  {
    name: 'chunks and length',
    answer: `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ...BAD,
  },
  { name: 'a coding besides chunked', answer: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, ...BAD },
  { name: 'a coding instead of chunked', answer: `${OK}Transfer-Encoding: gzip\r\n\r\nabc`, after: 'end', ...BAD },
  { name: 'a length in words', answer: `${OK}Content-Length: five\r\n\r\nhello`, ...BAD },
  { name: 'a length below zero', answer: `${OK}Content-Length: -1\r\n\r\n`, ...BAD },
  { name: 'a length with a sign', answer: `${OK}Content-Length: +5\r\n\r\nhello`, ...BAD },
  { name: 'a length beyond all numbers', answer: `${OK}Content-Length: 99999999999999999999999\r\n\r\n`, ...BAD },
  { name: 'no HTTP at all', answer: 'SSH-2.0-OpenSSH_9.2\r\n\r\n', ...BAD },
  { name: 'a version nobody speaks here', answer: 'HTTP/3.7 200 OK\r\n\r\n', ...BAD },
  { name: 'a status of two digits', answer: 'HTTP/1.1 99 Low\r\n\r\n', ...BAD },
  { name: 'a status of four digits', answer: 'HTTP/1.1 2000 High\r\n\r\n', ...BAD },
  { name: 'a space in a name', answer: `${OK}Bad Name: 1\r\nContent-Length: 0\r\n\r\n`, ...BAD },
  { name: 'a space before the colon', answer: `${OK}Content-Length : 0\r\n\r\n`, ...BAD },
  { name: 'a header without a colon', answer: `${OK}nonsense\r\nContent-Length: 0\r\n\r\n`, ...BAD },
  { name: 'a NUL in a value', answer: `${OK}X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n`, ...BAD },
  { name: 'a bare CR in a value', answer: `${OK}X-Cr: a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n`, ...BAD },
  { name: 'a folded line', answer: `${OK}X-Fold: a\r\n b\r\nContent-Length: 0\r\n\r\n`, ...BAD },
  { name: 'a head that is too long', answer: `${OK}X-Long: ${'y'.repeat(MAX_ANSWER_HEAD_BYTES)}\r\n\r\n`, ...BAD },
  { name: 'a head of too many headers', answer: `${OK}${'A: b\r\n'.repeat(MAX_ANSWER_HEAD_BYTES / 2)}\r\n`, ...BAD },
];

const BROKEN: AnswerCase[] = [
  {
    name: 'HTTP/1.0 client sees a broken answer as a broken connection',
    request: OLD,
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    after: 'end',
    ...CUT,
  },
  { name: 'closed without an answer', answer: '', after: 'end', ...GONE },
  { name: 'reset without an answer', answer: '', after: 'reset', ...GONE },
  { name: 'closed within the head', answer: `${OK}Content-Le`, after: 'end', ...GONE },
  { name: 'fewer bytes than promised', answer: `${OK}Content-Length: 9\r\n\r\nhello`, after: 'end', ...CUT },
  { name: 'a reset within the body', answer: `${OK}Content-Length: 9\r\n\r\nhello`, after: 'reset', ...CUT },
  { name: 'no last chunk', answer: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, after: 'end', ...CUT },
  { name: 'half a chunk', answer: `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nhello`, after: 'end', ...CUT },
  { name: 'a chunk size in words', answer: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n`, ...CUT },
  {
    name: 'a chunk size beyond all numbers',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\n`,
    ...CUT,
  },
  {
    name: 'a chunk longer than it says',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`,
    ...CUT,
  },
  {
    name: 'a broken trailer',
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nbad name: 1\r\n\r\n`,
    ...CUT,
  },
];

export const UNSOUND_CASES: readonly AnswerCase[] = [...UNSOUND, ...BROKEN];
