/** The header lines of a request, in the order in which its client sends them. */
import type { Label, Request } from '../contract.ts';

export interface Dressing {
  readonly host: string;
  readonly forwarded: boolean;
  readonly cookie: string;
  readonly keyHeader: string;
  readonly markCampaigns: boolean;
  /** Whether a token is an API key. */
  readonly isKey: (token: string) => boolean;
}

/** Names and values in turn, as node:http takes them. `body` is what is sent as JSON; undefined for nothing. */
export function headersOf(request: Request, body: Buffer | undefined, label: Label, dressing: Dressing): string[] {
  const { client, token } = request;
  const lines: string[] = ['Host', dressing.host];
  const browser = client.agent.startsWith('Mozilla/');
  if (browser && client.protocol.startsWith('HTTP/1')) lines.push('Connection', 'keep-alive');
  let agent = client.agent;
  const sayAgent = () => {
    if (agent !== '') lines.push('User-Agent', agent);
    agent = '';
  };
  // Chromium says its hints first and its name just before what it accepts; everybody else says the name first.
  const names = Object.keys(client.headers);
  if (!names[0]?.startsWith('sec-ch-ua')) sayAgent();
  const own = new Map<string, string>();
  for (const name of names) {
    if (name === 'accept') sayAgent();
    if (SET_HERE.has(name)) own.set(name, client.headers[name]);
    else lines.push(written(name), client.headers[name]);
  }
  sayAgent();
  if (request.referrer !== undefined && request.referrer !== '') lines.push('Referer', request.referrer);
  if (body !== undefined) lines.push('Content-Type', own.get('content-type') ?? 'application/json');
  if (body !== undefined || !BODILESS.has(request.method)) lines.push('Content-Length', String(body?.length ?? 0));
  const cookies = [own.get('cookie'), request.session && `${dressing.cookie}=${request.session}`].filter(Boolean);
  if (cookies.length > 0) lines.push('Cookie', cookies.join('; '));
  if (token && dressing.isKey(token)) lines.push(dressing.keyHeader, token);
  else if (token) lines.push('Authorization', `Bearer ${token}`);
  else if (own.has('authorization')) lines.push('Authorization', own.get('authorization')!);
  if (dressing.forwarded) {
    // A proxy appends to what the client claims.
    const claimed = own.get('x-forwarded-for');
    lines.push('X-Forwarded-For', claimed ? `${claimed}, ${client.address}` : client.address);
    lines.push('X-Forwarded-Proto', 'https');
  } else if (own.has('x-forwarded-for')) lines.push('X-Forwarded-For', own.get('x-forwarded-for')!);
  if (dressing.markCampaigns && label.campaign !== '') lines.push('X-Redteam-Campaign', label.campaign);
  return lines.map((line, i) => (i % 2 === 0 ? line : safe(line)));
}

/** Methods of which nobody expects a body, and so no length of none. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE', 'CONNECT']);

/** Written further down, or by what carries the request. */
const SET_HERE = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'content-type',
  'cookie',
  'authorization',
  'x-forwarded-for',
  'x-forwarded-proto',
  'expect',
]);

/** As HTTP/1.1 clients write it: Accept-Language, but sec-ch-ua. */
function written(name: string): string {
  if (name.startsWith('sec-ch-')) return name;
  return name.replace(/(^|-)[a-z]/g, (part) => part.toUpperCase());
}

/** Attackers put line ends into headers; no client library sends them. What is left is a value that can be sent. */
function safe(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return Buffer.from(value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ' '), 'utf8').toString('latin1');
}
