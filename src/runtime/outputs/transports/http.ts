/** Events in batches by HTTP POST: one JSON object a line, or one JSON array. */
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { Agent, request } from 'undici';
import type { HttpSettings } from '../../../config/outputs.ts';
import type { Item } from '../queue.ts';
import type { Timers } from '../timers.ts';
import { answerError, retryAfterMs, shownUrl } from './answers.ts';
import { connectionError, DeliveryError, type Transport } from './contract.ts';
import { authHeader, type Surroundings, tlsOptions } from './secrets.ts';

const gzip = promisify(gzipCallback);

/** Bytes of an answer that are read before the connection is given up, so that it can be used again. */
const MAX_ANSWER = 64 * 1024;

export interface HttpOptions {
  readonly settings: HttpSettings;
  /** Lines of CEF are no JSON. */
  readonly isJson: boolean;
  readonly version: string;
  readonly around: Surroundings;
  readonly timers: Timers;
}

export class HttpTransport implements Transport {
  readonly #options: HttpOptions;
  #agent: Agent | null = null;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async send(batch: readonly Item[], signal: AbortSignal): Promise<void> {
    const { settings, timers } = this.#options;
    const where = shownUrl(settings.url);
    const deadline = new AbortController();
    const stop = timers.after(settings.timeout_s * 1000, () => {
      deadline.abort(new DeliveryError('SP8302', `${where}: no answer within ${settings.timeout_s} s`));
    });
    const abort = () => deadline.abort(new DeliveryError('SP8302', `${where}: called off`));
    signal.addEventListener('abort', abort);
    try {
      await this.#post(batch, where, deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted) throw deadline.signal.reason;
      throw connectionError(where, error);
    } finally {
      signal.removeEventListener('abort', abort);
      stop();
    }
  }

  /** Certificates may be others by now. */
  reopen(): void {
    this.#agent?.close().catch(() => {});
    this.#agent = null;
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    await agent?.destroy();
  }

  async #post(batch: readonly Item[], where: string, signal: AbortSignal): Promise<void> {
    const { settings, version, around, timers } = this.#options;
    const text = bodyOf(batch, settings.body);
    const body = settings.gzip ? await gzip(text) : Buffer.from(text);
    const {
      statusCode,
      headers,
      body: answer,
    } = await request(settings.url, {
      method: 'POST',
      headers: {
        ...lowered(settings.headers),
        'content-type': this.#contentType(),
        'user-agent': `sallyport/${version}`,
        ...(settings.gzip && { 'content-encoding': 'gzip' }),
        // Read with each batch: a new secret counts at once.
        ...authHeader(settings.auth, around),
      },
      body,
      signal,
      dispatcher: this.#dispatcher(),
    });
    await answer.dump({ limit: MAX_ANSWER });
    const pause = headers['retry-after'];
    const error = answerError(where, statusCode, retryAfterMs(Array.isArray(pause) ? pause[0] : pause, timers.now()));
    if (error !== null) throw error;
  }

  #contentType(): string {
    if (!this.#options.isJson) return 'text/plain; charset=utf-8';
    return this.#options.settings.body === 'array' ? 'application/json' : 'application/x-ndjson';
  }

  #dispatcher(): Agent {
    const { settings, around } = this.#options;
    const timeout = settings.timeout_s * 1000;
    this.#agent ??= new Agent({
      connections: 1,
      connect: { ...tlsOptions(settings.tls, around), timeout },
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    return this.#agent;
  }
}

function bodyOf(batch: readonly Item[], body: HttpSettings['body']): string {
  const texts = batch.map(({ text }) => text);
  return body === 'array' ? `[${texts.join(',')}]` : `${texts.join('\n')}\n`;
}

const lowered = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
