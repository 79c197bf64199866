/** The shop's log: combined lines as nginx behind a proxy writes them, or JSON lines with what only the shop knows. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Note } from './http.ts';

export type LogFormat = 'combined' | 'json';

/** One exchange, as it is logged. */
export interface Entry {
  readonly timeMs: number;
  readonly durationMs: number;
  readonly address: string;
  readonly forwardedFor: string;
  readonly host: string;
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly referrer: string;
  readonly agent: string;
  readonly principal: string;
  readonly session: string;
  readonly credential: string;
  readonly status: number;
  readonly bytes: number;
}

export interface Journal {
  exchange(entry: Entry): void;
  /** Only JSON has room for these. */
  business(timeMs: number, name: string, entry: Pick<Entry, 'address' | 'session' | 'credential'>, about: Note): void;
  close(): Promise<void>;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `to` is a path, which is appended to, or '-' for standard output; without it nothing is written. */
export function openJournal(to: string | undefined, format: LogFormat, onError: (error: Error) => void): Journal {
  if (to === undefined) return { exchange: () => {}, business: () => {}, close: async () => {} };
  const stream: Writable = to === '-' ? process.stdout : createWriteStream(to, { flags: 'a' });
  stream.on('error', onError);
  const close = () =>
    new Promise<void>((resolve) => {
      if (to === '-' || stream.destroyed) resolve();
      else stream.end(() => resolve());
    });
  if (format === 'combined') return { exchange: (entry) => stream.write(combined(entry)), business: () => {}, close };
  return {
    exchange: (entry) => stream.write(exchangeLine(entry)),
    business: (timeMs, name, entry, about) => stream.write(businessLine(timeMs, name, entry, about)),
    close,
  };
}

/** Combined format, then the forwarding chain and the seconds it took. */
export function combined(entry: Entry): string {
  const user = entry.principal === '' ? '-' : entry.principal.replace(/[^\w.@+-]/g, '_');
  const request = quoted(`${entry.method} ${entry.target} ${entry.protocol}`);
  const texts = [entry.referrer, entry.agent, entry.forwardedFor].map((text) => quoted(text === '' ? '-' : text));
  const seconds = (entry.durationMs / 1000).toFixed(3);
  const time = clock(entry.timeMs + entry.durationMs);
  return `${entry.address} - ${user} [${time}] ${request} ${entry.status} ${entry.bytes} ${texts.join(' ')} ${seconds}\n`;
}

function clock(timeMs: number): string {
  const date = new Date(timeMs);
  const time = date.toISOString().slice(11, 19);
  return `${String(date.getUTCDate()).padStart(2, '0')}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${time} +0000`;
}

/** Quotes, backslashes and everything unprintable as \xHH of their UTF-8 bytes, as nginx does. */
function quoted(text: string): string {
  const safe = text.replace(/[^\x20-\x7e]|["\\]/gu, (sign) => {
    const bytes = [...Buffer.from(sign, 'utf8')];
    return bytes.map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
  return `"${safe}"`;
}

function exchangeLine(entry: Entry): string {
  return line({
    type: 'exchange',
    time_ms: entry.timeMs,
    address: entry.address,
    forwarded_for: entry.forwardedFor,
    host: entry.host,
    method: entry.method,
    target: entry.target,
    protocol: entry.protocol,
    referrer: entry.referrer,
    user_agent: entry.agent,
    principal: entry.principal,
    session: entry.session,
    credential: entry.credential,
    status: entry.status,
    response_bytes: entry.bytes,
    duration_ms: Math.round(entry.durationMs * 1000) / 1000,
  });
}

function businessLine(
  timeMs: number,
  name: string,
  entry: Pick<Entry, 'address' | 'session' | 'credential'>,
  about: Note,
): string {
  const { address, session, credential } = entry;
  const { principal, object, amount } = about;
  return line({
    type: 'business',
    time_ms: timeMs,
    name,
    address,
    session,
    credential,
    principal,
    object,
    amount_minor: amount,
  });
}

/** What is unknown is left out. */
function line(fields: Record<string, unknown>): string {
  return `${JSON.stringify(fields, (_, value) => (value === '' ? undefined : value))}\n`;
}
