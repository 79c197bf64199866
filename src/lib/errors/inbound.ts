/** Requests and connections that the gateway refuses, and listeners that cannot be opened. */
import type { ErrorEntry } from './entry.ts';

export const INBOUND_ERRORS = {
  SP7101: {
    title: 'The request is not HTTP',
    advice:
      'The bytes cannot be read as a request of HTTP/1.1 or HTTP/2. TLS spoken to a plain listener looks like this.',
  },
  SP7102: {
    title: 'The header of the request is too large',
    advice: 'Often cookies that have piled up. gateway.header_bytes and gateway.header_count set the limits.',
  },
  SP7103: {
    title: 'The header of the request came too slowly',
    advice:
      'The client has to send it within gateway.header_timeout_s. Many of these at once are an attack (slowloris).',
  },
  SP7104: {
    title: 'The request target is too long',
    advice: 'Send long parameters in a body, or raise gateway.target_bytes.',
  },
  SP7105: {
    title: 'The body of the request is too large',
    advice: 'Raise gateway.body_limit_bytes, or body_limit_bytes of the route alone.',
  },
  SP7106: {
    title: 'The length of the request is ambiguous',
    advice:
      'Content-Length is repeated, malformed or stands beside Transfer-Encoding. Two servers could disagree on where the request ends (request smuggling), so it is refused.',
  },
  SP7107: {
    title: 'The transfer coding is not supported',
    advice: 'Only chunked is, once, and only in HTTP/1.1. Content codings such as gzip belong into Content-Encoding.',
  },
  SP7108: {
    title: 'The host of the request is missing, invalid or contradictory',
    advice: 'A request names one valid host: in Host or :authority, and the same in an absolute target.',
  },
  SP7109: {
    title: 'The request target is invalid',
    advice: 'A target is a path with an optional query, an http or https URL, or * for OPTIONS; without a fragment.',
  },
  SP7110: {
    title: 'The method is not allowed',
    advice: 'CONNECT and TRACE are not passed on: the gateway is no forward proxy.',
  },
  SP7111: {
    title: 'A header of the request is invalid',
    advice:
      'Control characters, folded lines and spaces before the colon are refused, as are names with underscores that would be taken for framing or forwarding headers.',
  },
  SP7112: {
    title: 'The expectation cannot be met',
    advice: 'Expect may be 100-continue only.',
  },
  SP7113: {
    title: 'The version of HTTP is not supported',
    advice: 'HTTP/1.0, HTTP/1.1 and HTTP/2 are.',
  },
  SP7114: {
    title: 'The PROXY protocol header was refused',
    advice:
      'With proxy_protocol every connection begins with such a header, and only from clients.trusted_proxies. Compare both ends: one that sends it without being trusted, or is trusted without sending it, is cut off.',
  },
  SP7115: {
    title: 'Too many connections',
    advice: 'gateway.connections is reached. Raise it together with the limit of open files, or find who holds them.',
  },
  SP7116: {
    title: 'The upgrade of the connection is refused',
    advice: 'Only GET without a body over HTTP/1.1 can ask for a WebSocket.',
  },
  SP7117: {
    title: 'The body of the request came too slowly',
    advice: 'The longest pause allowed is gateway.body_idle_timeout_s.',
  },
  SP7118: {
    title: 'The body of the request is malformed',
    advice: 'A chunk has no valid size or end. What was sent on of it upstream was aborted.',
  },
  SP7119: {
    title: 'A listener cannot be opened',
    advice: 'Is the port in use by another process? Ports below 1024 need a privilege (CAP_NET_BIND_SERVICE).',
  },
  SP7120: {
    title: 'A certificate or key cannot be used',
    advice: 'Both are PEM files; the key must belong to the first certificate. After a reload the ones before stay.',
  },
  SP7121: {
    title: 'An HTTP/2 connection was closed for flooding',
    advice:
      'The client opened and reset streams, or sent frames, far faster than any browser (CVE-2023-44487). Nothing needs to be done.',
  },
} as const satisfies Record<string, ErrorEntry>;
