/** Asking issuers: one small request, bounded in time and size, never redirected. */
import { Agent, request } from 'undici';

export interface Ask {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface Told {
  readonly status: number;
  /** Media type without parameters, in small letters. */
  readonly mediaType: string;
  readonly text: string;
}

/** Rejects where nothing came, too late or too much. */
export type Fetcher = (ask: Ask) => Promise<Told>;

/** Largest answer of an issuer, in bytes. */
const MAX_ANSWER_BYTES = 512 * 1024;
/** Connections to one issuer. */
const CONNECTIONS = 16;

/** A fetcher over undici, and what closes its connections. */
export function createFetcher(): { readonly fetch: Fetcher; close(): Promise<void> } {
  const agent = new Agent({
    connections: CONNECTIONS,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const fetch: Fetcher = async ({ method, url, headers, body, timeoutMs }) => {
    const answer = await request(url, {
      method,
      headers: { 'user-agent': 'sallyport', ...headers },
      body: body ?? null,
      dispatcher: agent,
      // Over the whole exchange: an answer that trickles would hold requests for as long as it likes.
      signal: AbortSignal.timeout(timeoutMs),
    });
    const type = String(answer.headers['content-type'] ?? '');
    return {
      status: answer.statusCode,
      mediaType: type.split(';')[0].trim().toLowerCase(),
      text: await answer.body.text(),
    };
  };
  return { fetch, close: () => agent.destroy() };
}

/** Nobody could be asked: of a token it is not known whether it is good. */
export class Unavailable extends Error {}
