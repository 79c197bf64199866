/** `outputs`: where findings, mitigations and what else happened is told to: files, syslog, HTTP and OTLP receivers. */
import { z } from 'zod';
import { filePath, plainHeader, seconds, shortName } from './checks.ts';
import type { Path } from './locate.ts';
import { secret } from './signing.ts';

/** What can be told. */
export const OUTPUT_EVENTS = ['findings', 'mitigations', 'decisions', 'ledger', 'inventory'] as const;

const tls = z
  .strictObject({
    ca: filePath.optional().describe('PEM file to verify the receiver with, instead of the system list.'),
    cert: filePath.optional().describe('PEM file with a certificate to show to the receiver, and its chain.'),
    key: filePath.optional().describe('PEM file with its private key.'),
    server_name: z.string().min(1).optional().describe('Name in the certificate, where it is not that of the address.'),
    verify: z.boolean().default(true).describe('false is for tests only: anybody could listen in.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key belong together');

const auth = z
  .strictObject({
    header: plainHeader.default('Authorization'),
    prefix: z
      .string()
      .max(40)
      .default('Bearer ')
      .describe('Stands before the secret: "Bearer ", "Splunk ", "ApiKey ".'),
    secret,
  })
  .describe('A header with a secret. It is read again when the receiver refuses it.');

const headers = z
  .record(plainHeader, z.string().regex(/^[\t\x20-\x7e]*$/, 'a header value without line breaks'))
  .default({})
  .describe('Further headers that are no secret.');

const LOCAL: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether what is sent to a URL can be read on the way by others. */
function isClear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !LOCAL.has(hostname);
}

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const CLEAR_SECRET = 'the secret of auth would travel in the clear: use https';

const fileTo = z.strictObject({
  path: filePath.describe('Relative to this file; it is appended to, and opened again after it was moved away.'),
});

const syslogTo = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the receiver.'),
    port: z.int().min(1).max(65_535).optional().describe('601 when left out, 6514 with tls.'),
    tls: tls.optional().describe('RFC 5425; {} for the system list of authorities.'),
    facility: z
      .enum(['auth', 'authpriv', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'])
      .default('local0'),
    app_name: z
      .string()
      .regex(/^[\x21-\x7e]{1,48}$/, 'at most 48 characters without spaces')
      .default('sallyport'),
    timeout_s: seconds(5, 60).describe('To connect, and until the receiver takes more.'),
  })
  .describe('RFC 5424 over TCP, each message with its length before it (RFC 6587).');

const httpTo = z
  .strictObject({
    url: webUrl,
    body: z.enum(['ndjson', 'array']).default('ndjson').describe('One JSON object a line, or one JSON array.'),
    gzip: z.boolean().default(true),
    auth: auth.optional(),
    headers,
    tls: tls.optional(),
    timeout_s: seconds(10, 120),
  })
  .refine(({ url, auth }) => auth === undefined || !isClear(url), CLEAR_SECRET);

const otlpTo = z
  .strictObject({
    endpoint: webUrl.describe('OTLP logs over HTTP: https://collector:4318/v1/logs.'),
    gzip: z.boolean().default(true),
    auth: auth.optional(),
    headers,
    tls: tls.optional(),
    service_name: z.string().min(1).max(100).default('sallyport'),
    timeout_s: seconds(10, 120),
  })
  .refine(({ endpoint, auth }) => auth === undefined || !isClear(endpoint), CLEAR_SECRET);

const KINDS = ['file', 'syslog', 'http', 'otlp'] as const;

const to = z
  .strictObject({
    file: fileTo.optional(),
    syslog: syslogTo.optional(),
    http: httpTo.optional(),
    otlp: otlpTo.optional(),
  })
  .refine((named) => KINDS.filter((kind) => named[kind] !== undefined).length === 1, {
    error: 'names exactly one of file, syslog, http, otlp',
  });

const output = z.strictObject({
  name: shortName,
  format: z
    .enum(['ocsf', 'ecs', 'cef', 'json'])
    .describe('OCSF Detection Finding, Elastic Common Schema, Common Event Format, or own JSON: docs/outputs.md.'),
  to,
  events: z.array(z.enum(OUTPUT_EVENTS)).min(1).default(['findings', 'mitigations']),
  min_nats: z.number().min(0).max(100).default(0).describe('Findings with less evidence are left out, in nats.'),
  actors: z
    .enum(['clear', 'pseudonym'])
    .default('clear')
    .describe('Addresses and users as they are, or keyed hashes in their place.'),
  decision_sample: z.number().min(0).max(1).default(0.1).describe('Share of decisions that are told.'),
  decisions_per_s: z.int().min(1).max(1000).default(50).describe('Decisions a second at most.'),
  cef_version: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('CEF:0, or CEF:1 with IPv6 addresses in src.'),
  batch_events: z.int().min(1).max(10_000).default(500).describe('Events that are sent together at most.'),
  buffer_events: z.int().min(1).max(1_000_000).default(10_000).describe('Events that wait at most.'),
  buffer_bytes: z
    .int()
    .min(65_536)
    .max(1024 ** 3)
    .default(16 * 1024 * 1024)
    .describe('Memory that those that wait may take.'),
  flush_ms: z.int().min(10).max(60_000).default(1000).describe('Longest wait of an event for others.'),
  on_full: z
    .enum(['drop-oldest', 'drop-newest'])
    .default('drop-oldest')
    .describe('Which events go when too many wait.'),
});
export type OutputSettings = z.output<typeof output>;
export type OutputTls = z.output<typeof tls>;
export type OutputAuth = z.output<typeof auth>;
export type SyslogSettings = z.output<typeof syslogTo>;
export type HttpSettings = z.output<typeof httpTo>;
export type OtlpSettings = z.output<typeof otlpTo>;

/** Outputs at most: each has a buffer of its own. */
const MAX_OUTPUTS = 16;

export const outputs = z
  .array(output)
  .max(MAX_OUTPUTS)
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [
      i,
      {
        name,
        format,
        to: { http },
      },
    ] of list.entries()) {
      const issue = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: [i, key], message, params: { code: 'SP1007' } });
      if (seen.has(name)) issue('name', `"${name}" is taken: names are unique`);
      seen.add(name);
      if (format === 'cef' && http?.body === 'array') issue('format', 'CEF is text: a JSON array cannot hold it');
    }
  })
  .default([])
  .describe('Where findings, mitigations and other events go: docs/outputs.md.');

/** Files that outputs name, besides those they write. */
export function outputFiles(list: readonly OutputSettings[]): { readonly path: Path; readonly name: string }[] {
  const files: { path: Path; name: string }[] = [];
  const add = (path: Path, name: string | undefined) => {
    if (name !== undefined) files.push({ path, name });
  };
  for (const [i, { to }] of list.entries()) {
    for (const kind of ['syslog', 'http', 'otlp'] as const) {
      for (const key of ['ca', 'cert', 'key'] as const) add([i, 'to', kind, 'tls', key], to[kind]?.tls?.[key]);
      const settings = kind === 'syslog' ? undefined : to[kind]?.auth?.secret;
      if (settings !== undefined && 'file' in settings) add([i, 'to', kind, 'auth', 'secret', 'file'], settings.file);
    }
  }
  return files;
}
