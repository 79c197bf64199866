import type { ErrorEntry } from './entry.ts';

/** What can go wrong between the gateway and the servers behind it. */
export const UPSTREAM_ERRORS = {
  SP7201: {
    title: 'The server behind cannot be reached',
    advice: 'The connection was refused, reset or not found. Check that the server runs and that its URL is right.',
  },
  SP7202: {
    title: 'The server behind did not accept a connection in time',
    advice: 'Look for a firewall or an overloaded server; upstreams.connect_timeout_s is the longest wait.',
  },
  SP7203: {
    title: 'The answer of the server behind is not sound HTTP',
    advice:
      'The answer was thrown away with its connection. Two lengths, broken chunks and oversized heads are refused: look at the server.',
  },
  SP7204: {
    title: 'The answer did not come in time',
    advice:
      'gateway.routes.timeout_s runs from the request to the last byte of the answer. Raise it for slow routes, or look at the server.',
  },
  SP7205: {
    title: 'The answer of the server behind broke off',
    advice: 'The connection of the client was cut, so that nobody takes half an answer for a whole one.',
  },
  SP7206: {
    title: 'The circuit breaker of the group is open',
    advice:
      'Too many requests have failed. A share of them is let through to find out when the servers are well again.',
  },
  SP7207: {
    title: 'No server of the group is up',
    advice: 'The health check fails for all of them: sallyport doctor asks for the same path and says what it got.',
  },
  SP7208: {
    title: 'Too many requests wait for a connection to the server behind',
    advice: 'Raise upstreams.connections, add servers, or find out why answers take long.',
  },
  SP7209: {
    title: 'The answer is larger than its route allows',
    advice: 'Raise response_limit_bytes of the route where such answers are meant to be.',
  },
  SP7210: {
    title: 'The body of the request is larger than its route allows',
    advice: 'Raise body_limit_bytes of the route where such bodies are meant to be.',
  },
  SP7211: {
    title: 'The body of the request stopped coming',
    advice: 'gateway.body_idle_timeout_s is the longest pause in a body.',
  },
  SP7212: {
    title: 'The server behind cannot be trusted',
    advice: 'Its certificate does not fit: see upstreams.tls (ca, server_name). verify: false is for tests only.',
  },
  SP7213: {
    title: 'The protocol cannot be switched',
    advice: 'Upgrade works over HTTP/1.1. CONNECT, and WebSocket over HTTP/2 (RFC 8441), are not passed on.',
  },
  SP7214: {
    title: 'A route names a group of servers that does not exist',
    advice: 'Groups are listed under upstreams; the one named by the short key upstream is called "default".',
  },
  SP7215: {
    title: 'The request cannot be written to the server behind',
    advice: 'Something in its head cannot be said in HTTP/1.1. The message names it.',
  },
} as const satisfies Record<string, ErrorEntry>;
