/** What becomes of the connection: keep-alive, pipelining, expectations, upgrades. */
import { fine, get, HOST, type InboundCase, post, refused, SMUGGLED } from './conformance-kit.ts';

const WEBSOCKET = ['Connection: Upgrade', 'Upgrade: websocket'];

export const CONNECTIONS: readonly InboundCase[] = [
  { name: 'keep-alive', send: [get(), get()], status: [200, 200] },
  {
    name: 'pipelining',
    send: get() + SMUGGLED.replace('smuggled', 'second') + get(),
    status: [200, 200, 200],
    reached: ['/', '/second', '/'],
  },
  {
    name: 'a body and the next request in one piece',
    send: post(['Content-Length: 3'], `abc${get()}`),
    status: [200, 200],
  },
  { name: 'empty lines before a request', send: `\r\n\r\n${get()}`, status: [200] },
  {
    name: 'an answer before what cannot be read',
    send: `${get()}NONSENSE\r\n\r\n`,
    status: [200, 400],
    reached: ['/'],
    code: 'SP7101',
  },
  {
    name: 'what follows Connection: close',
    send: `${get('Connection: close')}${SMUGGLED}`,
    status: [200],
    closed: true,
  },
  { name: 'what follows a refusal', send: `GET /#a HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`, status: [400], reached: [] },
  {
    name: 'a refusal before the body was read',
    send: `POST /early HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`,
    status: [403],
    reached: ['/early'],
    closed: true,
  },
  {
    name: 'a refusal without a body',
    send: `GET /early HTTP/1.1\r\n${HOST}\r\n${get()}`,
    status: [403, 200],
    reached: ['/early', '/'],
    closed: false,
  },
  {
    name: 'a handler that throws',
    send: `GET /throw HTTP/1.1\r\n${HOST}\r\n`,
    status: [],
    reached: ['/throw'],
    closed: true,
  },
  {
    name: '100-continue',
    send: post(['Expect: 100-continue', 'Content-Length: 3'], 'abc'),
    status: [100, 200],
    reached: ['/'],
  },
  { name: '100-continue without a body', send: get('Expect: 100-continue'), status: [200] },
  {
    name: '100-continue in HTTP/1.0 is passed over',
    send: `POST / HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
    status: [200],
    closed: true,
  },
  {
    name: '100-continue with a body over the limit',
    send: post(['Expect: 100-continue', 'Content-Length: 2000'], ''),
    status: [413],
    reached: [],
    code: 'SP7105',
  },
  refused('another expectation', post(['Expect: 200-ok', 'Content-Length: 3'], 'abc'), 417, 'SP7112'),
];

export const UPGRADES: readonly InboundCase[] = [
  {
    name: 'a WebSocket that is refused',
    send: `GET /refuse HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    status: [403],
    reached: ['/refuse'],
    closed: true,
  },
  refused('a WebSocket with a body', `${get(...WEBSOCKET, 'Content-Length: 3')}abc`, 400, 'SP7116'),
  refused(
    'a WebSocket with a chunked body',
    `${get(...WEBSOCKET, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'SP7116',
  ),
  refused(
    'a WebSocket for a fragment',
    `GET /#a HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    400,
    'SP7109',
  ),
  fine('Upgrade that Connection does not list', get('Upgrade: websocket'), '"upgrade":""', { lacks: '"Upgrade"' }),
  fine(
    'an offer of h2c is passed over',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    '"upgrade":""',
    { lacks: 'HTTP2-Settings' },
  ),
  {
    name: 'an offer of h2c with a body and a request behind it',
    send: post(['Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 3'], `abc${get()}`),
    status: [200, 200],
  },
  fine(
    'an offer of h2c with a chunked body',
    post(['Connection: Upgrade', 'Upgrade: h2c', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
    '"body":"abc"',
  ),
  fine('a WebSocket with POST is a plain request', post([...WEBSOCKET, 'Content-Length: 3'], 'abc'), '"body":"abc"'),
  fine(
    'a WebSocket in HTTP/1.0 is a plain request',
    `GET / HTTP/1.0\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    '"upgrade":""',
    { closed: true },
  ),
];
