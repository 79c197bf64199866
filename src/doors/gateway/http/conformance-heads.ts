/** What stands before the body: fields, hosts, targets, methods and versions. */
import { fine, GET, get, HOST, type InboundCase, POST, post, refused, SMUGGLED } from './conformance-kit.ts';

export const FIELDS: readonly InboundCase[] = [
  fine('letters above 127 in a value', get('X-A: \xe9'), '"X-A"'),
  fine('an empty value', get('X-A:'), '"X-A",""'),
  fine('tabs and spaces around a value', get('X-A: \t b \t'), '"X-A","b"'),
  refused('a folded line', get('X-A: b', ' c'), 400, 'SP7111'),
  refused(
    'a folded Transfer-Encoding',
    `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    400,
    'SP7111',
  ),
  refused('a first line that begins with a space', `GET / HTTP/1.1\r\n ${HOST}\r\n`, 400, 'SP7111'),
  refused('a space before the colon', get('Content-Length : 3'), 400, 'SP7111'),
  refused('no colon', get('X-A'), 400, 'SP7111'),
  refused('an empty name', get(': b'), 400, 'SP7111'),
  refused('a name that is no token', get('X(A: b'), 400, 'SP7111'),
  refused('NUL in a value', get('X-A: b\0c'), 400, 'SP7111'),
  refused('a control character in a value', get('X-A: b\x01c'), 400, 'SP7111'),
  refused('DEL in a value', get('X-A: b\x7fc'), 400, 'SP7111'),
  refused('a bare carriage return in a value', get('X-A: b\rX-B: c'), 400, 'SP7111'),
  refused('a bare line feed behind a value', `${GET}X-A: b\nX-B: c\r\n\r\n`, 400, 'SP7111'),
  refused('line feeds only', 'GET / HTTP/1.1\nHost: a\n\n', 400, 'SP7101'),
  refused('more fields than allowed', get(...Array.from({ length: 20 }, (_, i) => `X-${i}: 1`)), 431, 'SP7102'),
  refused('more bytes than allowed', get(`X-A: ${'a'.repeat(5000)}`), 431, 'SP7102'),
  refused('more bytes than the parser holds', get(`X-A: ${'a'.repeat(9000)}`), 431, 'SP7102'),
  refused(
    'Connection lists Content-Length',
    post(['Connection: content-length', 'Content-Length: 3'], 'abc'),
    400,
    'SP7111',
  ),
  refused('Connection lists Host', get('Connection: close, host'), 400, 'SP7111'),
  refused('Connection lists very many', get(`Connection: ${'a,'.repeat(20)}b`), 400, 'SP7111'),
  fine('fields that Connection lists go no further', get('X-Hop: 1', 'X-End: 2', 'Connection: x-hop'), '"X-End"', {
    lacks: '"X-Hop"',
  }),
  fine(
    'hop-by-hop fields go no further',
    get('Keep-Alive: 5', 'Proxy-Authorization: x', 'TE: gzip', 'X-End: 2'),
    '"X-End"',
    { lacks: 'Proxy-Auth' },
  ),
  fine('TE with trailers goes on', get('TE: trailers, gzip'), '"TE"'),
  fine(
    'what only the gateway may say is dropped',
    get('Sallyport-Principal: root', 'sallyport_risk: 0', 'X-End: 2'),
    '"X-End"',
    { lacks: 'allyport-P' },
  ),
  fine(
    'a content coding is none of ours',
    post(['Content-Encoding: gzip', 'Content-Length: 2'], '\x1f\x8b'),
    '"Content-Encoding","gzip"',
  ),
  fine('a stranger cannot say where it comes from', get('X-Forwarded-For: 6.6.6.6'), '"x-forwarded-for","127.0.0.1"', {
    lacks: 'for","6.6.6.6',
  }),
];

export const HOSTS: readonly InboundCase[] = [
  refused('no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'SP7108'),
  refused('two Hosts', get('Host: b'), 400, 'SP7108'),
  refused('two equal Hosts', get('Host: a'), 400, 'SP7108'),
  refused('an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400, 'SP7108'),
  refused('a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'SP7108'),
  refused('a Host with user information', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'SP7108'),
  refused('a Host with a port out of range', 'GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n', 400, 'SP7108'),
  refused('a Host with a list', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 400, 'SP7108'),
  fine(
    'a Host that is an IPv6 address',
    'GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n',
    '"host":"[2001:db8::1]:8080"',
  ),
];

export const TARGETS: readonly InboundCase[] = [
  fine('an absolute target', `GET http://A/x?y HTTP/1.1\r\n${HOST}\r\n`, '"target":"/x?y"', { reached: ['/x?y'] }),
  fine('an absolute target without a path', `GET http://a?y HTTP/1.1\r\n${HOST}\r\n`, '"target":"/?y"', {
    reached: ['/?y'],
  }),
  fine('an absolute target with the default port', `GET http://a:80/ HTTP/1.1\r\n${HOST}\r\n`, '"target":"/"'),
  refused('an absolute target for another host', `GET http://b/ HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7108'),
  refused('an absolute target with user information', `GET http://u:p@a/ HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7108'),
  refused('an absolute target of another scheme', `GET ftp://a/ HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  fine('OPTIONS for the server', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, '"target":"*"', { reached: ['*'] }),
  fine('OPTIONS for the server, absolute', `OPTIONS http://a HTTP/1.1\r\n${HOST}\r\n`, '"target":"*"', {
    reached: ['*'],
  }),
  refused('GET for the server', `GET * HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  refused('a target behind a star', `OPTIONS *x HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  refused('a fragment', `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  refused('a relative target', `GET a HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  refused('a space in the target', `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7101'),
  refused('NUL in the target', `GET /a\0b HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  refused('a control character in the target', `GET /a\x01 HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7109'),
  refused('a target over the limit', `GET /${'a'.repeat(2100)} HTTP/1.1\r\n${HOST}\r\n`, 414, 'SP7104'),
  refused('a target beyond what the parser holds', `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`, 414, 'SP7104'),
];

export const METHODS: readonly InboundCase[] = [
  { ...fine('HEAD', `HEAD / HTTP/1.1\r\n${HOST}\r\n`), head: true },
  { ...refused('HEAD that is refused', `HEAD /#a HTTP/1.1\r\n${HOST}\r\n`, 400, ''), head: true, code: undefined },
  fine('a method of WebDAV', `PROPFIND / HTTP/1.1\r\n${HOST}\r\n`, '"method":"PROPFIND"'),
  refused('CONNECT', `CONNECT a:443 HTTP/1.1\r\n${HOST}\r\n`, 405, 'SP7110'),
  refused('TRACE', `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 405, 'SP7110'),
  refused('a method that nobody knows', `FOO / HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7101'),
  refused('a method in small letters', `get / HTTP/1.1\r\n${HOST}\r\n`, 400, 'SP7101'),
  refused('a TLS client hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'SP7101'),
  refused('HTTP/0.9', 'GET /\r\n\r\n', 505, 'SP7113'),
  refused('HTTP/1.2', `GET / HTTP/1.2\r\n${HOST}\r\n`, 505, 'SP7113'),
  refused('HTTP/2.0 in a request line', `GET / HTTP/2.0\r\n${HOST}\r\n`, 505, 'SP7113'),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'SP7113'),
  fine('HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', '"host":""', { closed: true }),
  fine('HTTP/1.0 with keep-alive', `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`, '"protocol":"HTTP/1.0"'),
];
