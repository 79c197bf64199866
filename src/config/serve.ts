/**
 * The part of `sallyport.yaml` that `serve` reads: where to listen, what stands behind, who is calling, what is kept.
 * Sizes are in bytes, times in seconds or milliseconds as the key's end says.
 */
import { z } from 'zod';
import { filePath, methods, seconds, shortName } from './checks.ts';
import { parseListen } from './listen.ts';
import { gatewayRoute } from './route.ts';

const bytes = (preset: number) => z.int().positive().default(preset);

export const listenAddress = z
  .union([z.int(), z.string()])
  .refine(
    (value) => parseListen(value) !== null,
    'must be a port, or address:port such as 127.0.0.1:8080 or [::]:8443',
  );

const tls = z.strictObject({
  cert: filePath.describe('PEM file with the certificate and its chain.'),
  key: filePath.describe('PEM file with the private key.'),
  min_version: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  client_ca: filePath.optional().describe('PEM file: clients show a certificate signed by one of these.'),
  client_auth: z
    .enum(['required', 'optional'])
    .default('required')
    .describe('With client_ca: whether connections without a certificate are refused.'),
});

const listener = z.strictObject({
  address: listenAddress.describe('Port, or address:port.'),
  tls: tls.optional().describe('HTTP/2 and HTTP/1.1 by ALPN over TLS; plain HTTP without it.'),
  h2c: z.boolean().default(false).describe('Also speak HTTP/2 without TLS to clients that begin with its preface.'),
  proxy_protocol: z
    .boolean()
    .default(false)
    .describe('Connections begin with a PROXY protocol v2 (or v1) header; only from clients.trusted_proxies.'),
});

/** Where to listen: a port, an address, or a list of listeners. */
export const listen = z
  .union([listenAddress, z.array(z.union([listenAddress, listener])).min(1)])
  .optional()
  .describe('Where the gateway listens: 8080, 127.0.0.1:8080, or a list with tls, h2c and proxy_protocol.');

function upstreamProblem(text: string): boolean {
  try {
    const url = new URL(text);
    return ['http:', 'https:'].includes(url.protocol) && (url.pathname === '/' || url.pathname === '');
  } catch {
    return false;
  }
}
const serverUrl = z.string().refine(upstreamProblem, 'must be http://host:port or https://host, without a path');

const health = z.strictObject({
  path: z.string().startsWith('/').describe('Asked for with GET; 2xx and 3xx are healthy.'),
  interval_s: seconds(5, 3600),
  timeout_s: seconds(2, 60),
  unhealthy_after: z.int().min(1).default(3).describe('Failures in a row after which a server gets no requests.'),
  healthy_after: z.int().min(1).default(2).describe('Successes in a row after which it gets them again.'),
});

const outlier = z
  .strictObject({
    enabled: z.boolean().default(true),
    consecutive_failures: z
      .int()
      .min(1)
      .default(5)
      .describe('Connection errors, time-outs and 502, 503, 504 in a row.'),
    ejection_s: seconds(30, 3600).describe('First ejection; the next ones are multiples of it, up to ten.'),
    max_ejected_percent: z.int().min(0).max(100).default(50),
  })
  .prefault({});

const retries = z
  .strictObject({
    max: z.int().min(0).max(5).default(1).describe('Further tries of one idempotent request without a body sent.'),
    budget_percent: z.number().min(0).max(100).default(20).describe('Retries per requests of the last 10 s.'),
    min_per_second: z.number().min(0).default(3),
  })
  .prefault({});

const breaker = z
  .strictObject({
    enabled: z.boolean().default(true),
    failure_percent: z.number().min(1).max(100).default(50),
    min_requests: z.int().min(1).default(20).describe('Least requests in the window before it may open.'),
    window_s: seconds(10, 600),
    open_s: seconds(5, 600),
    probe_percent: z.number().min(0.1).max(100).default(2).describe('Share let through while half open.'),
  })
  .prefault({})
  .describe('Circuit breaker of the group.');

const upstreamGroup = z.strictObject({
  name: shortName,
  servers: z
    .array(z.union([serverUrl, z.strictObject({ url: serverUrl, weight: z.int().min(1).max(100).default(1) })]))
    .min(1),
  health: health.optional(),
  outlier,
  retries,
  breaker,
  connections: z.int().min(1).max(10_000).default(128).describe('Connections to one server at most.'),
  connect_timeout_s: seconds(3, 60),
  keep_alive_s: seconds(30, 600),
  tls: z
    .strictObject({
      ca: filePath.optional().describe('PEM file to verify servers with, instead of the system list.'),
      verify: z.boolean().default(true),
      server_name: z.string().optional(),
    })
    .prefault({}),
});

export const upstream = serverUrl.optional().describe('The one server behind: short for a group named "default".');
export const upstreams = z.array(upstreamGroup).default([]).describe('Groups of servers; routes choose by name.');

export const gateway = z
  .strictObject({
    workers: z.int().min(1).max(64).default(1).describe('Processes that do the input and output; one owns the state.'),
    routes: z.array(gatewayRoute).default([]),
    header_bytes: bytes(16_384),
    header_count: z.int().min(10).default(100),
    target_bytes: bytes(8192),
    body_limit_bytes: bytes(10 * 1024 * 1024),
    response_limit_bytes: z.int().min(0).default(0).describe('0: none.'),
    header_timeout_s: seconds(10, 300),
    body_idle_timeout_s: seconds(30, 600).describe('Longest pause in a request body.'),
    idle_timeout_s: seconds(65, 3600).describe('A kept-alive connection without a request is closed.'),
    timeout_s: seconds(60, 3600),
    connections: z.int().min(1).default(20_000).describe('Connections at once of one worker.'),
    drain_s: seconds(30, 3600).describe('How long requests may go on after a stop was asked for.'),
    overload: z
      .strictObject({
        enabled: z.boolean().default(true),
        max_in_flight: z.int().min(1).default(4096).describe('Requests at once of one worker, over all routes.'),
        lag_ms: z.number().positive().default(50).describe('Delay of the event loop from which scoring degrades.'),
      })
      .prefault({}),
    tarpit: z
      .strictObject({
        max_connections: z.int().min(0).default(256).describe('Held at once; beyond it they are refused at once.'),
        delay_s: seconds(10, 60),
      })
      .prefault({}),
    throttle: z
      .strictObject({
        rate_per_s: z.number().positive().default(1).describe('Requests a second that a throttled actor still gets.'),
        burst: z.int().min(1).default(5),
        units_per_request: z
          .int()
          .min(1)
          .optional()
          .describe(
            'Cost units that count as one request: what costs more takes as many. A twentieth of inspection.graphql.max_cost when left out.',
          ),
        max_delay_ms: z.int().min(0).max(30_000).default(2000).describe('Longer waits become 429.'),
        max_waiting: z.int().min(0).default(1000).describe('Requests held back at once.'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('The gateway as a proxy.');

export const challenge = z
  .strictObject({
    difficulty_bits: z
      .int()
      .min(8)
      .max(24)
      .default(16)
      .describe('Leading zero bits at even risk; more with more risk.'),
    max_difficulty_bits: z.int().min(8).max(26).default(20),
    clearance_s: z.int().min(10).max(86_400).default(900).describe('How long a solved challenge counts.'),
    wait_s: z.int().min(1).max(120).default(15).describe('For people without JavaScript: a wait instead of a puzzle.'),
    requests_per_clearance: z.int().min(1).default(500),
  })
  .prefault({})
  .describe('Proof of work.');

export const answers = z
  .strictObject({
    contact: z.string().min(3).optional().describe('Where people turn who were stopped: a URL or an e-mail address.'),
    problem_base: z.string().default('https://sallyport.dev/problems/').describe('Base of problem types (RFC 9457).'),
    brand: z.string().max(60).default(''),
  })
  .prefault({})
  .describe('What stopped clients are told.');

const limitKey = z.enum(['address', 'network', 'session', 'credential', 'principal', 'fingerprint', 'route', 'tenant']);

export const limits = z
  .array(
    z.strictObject({
      name: shortName,
      by: z
        .array(limitKey)
        .min(1)
        .max(3)
        .describe('What is counted apart; a request without one of these is not limited.'),
      match: z
        .strictObject({
          path: z.string().startsWith('/').default('/**'),
          methods,
        })
        .prefault({}),
      unit: z
        .enum(['requests', 'cost'])
        .default('requests')
        .describe(
          'What is counted. cost: units, as GraphQL requests are weighed; a request of unknown cost takes one.',
        ),
      limit: z.int().min(1).describe('Requests, or units, in a window.'),
      window_s: z.number().positive().max(86_400),
      burst: z.int().min(1).optional().describe('How many may come at once; the limit itself when left out.'),
      mode: z.enum(['shadow', 'enforce']).default('enforce'),
    }),
  )
  .default([])
  .describe('Rate limits: they apply in every mode, unless they say otherwise.');
