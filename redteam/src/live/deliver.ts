/** Carries one request to the server and its answer back. Nothing is thrown: what goes wrong has a name. */
import { type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** Why there was no answer. `local`: this machine had no socket or address left. */
export type Failure = 'refused' | 'reset' | 'timeout' | 'unreachable' | 'protocol' | 'local' | 'aborted' | 'other';

export interface Parcel {
  readonly address: string;
  readonly port: number;
  readonly method: string;
  readonly target: string;
  readonly headers: string[];
  readonly body: Buffer | undefined;
  readonly timeoutMs: number;
}

export interface Delivered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body on the wire. */
  readonly bytes: number;
  /** The body decoded, if somebody could read it (JSON, HTML, plain text); of very long ones only how they begin. */
  readonly text: string;
  readonly durationMs: number;
}

export interface Undelivered {
  readonly failure: Failure;
  /** Code of the system's error, or ''. */
  readonly code: string;
  readonly durationMs: number;
}

/** Bytes of an answer that are kept; all are counted. */
const KEPT = 4 * 1024 * 1024;
/** Pictures and scripts are counted, and that is all. */
const READABLE = /[/+]json|text\/(html|plain)/;

/** What is under way, so that all can be ended at once. */
export class Underway {
  private readonly requests = new Set<ClientRequest>();
  private over = false;

  /** True once everything was cut. */
  get isOver(): boolean {
    return this.over;
  }

  add(request: ClientRequest): void {
    this.requests.add(request);
  }

  delete(request: ClientRequest): void {
    this.requests.delete(request);
  }

  cut(): void {
    this.over = true;
    for (const request of this.requests) request.destroy();
  }
}

/**
 * Sends on a connection of the agent's. One that the server had closed in the meantime is replaced once, as every client
 * does.
 */
export async function deliver(parcel: Parcel, agent: Agent, underway: Underway): Promise<Delivered | Undelivered> {
  const first = await new Attempt(parcel, underway).make(agent);
  return first === 'stale' ? ((await new Attempt(parcel, underway).make(agent, true)) as Outcome) : first;
}

type Outcome = Delivered | Undelivered;

/** One try. Settles once, whatever the socket says after that. */
class Attempt {
  private readonly parcel: Parcel;
  private readonly underway: Underway;
  private readonly started = performance.now();
  private again = false;
  private late = false;
  private answering = false;
  private sent: ClientRequest | undefined;
  private timer: NodeJS.Timeout | undefined;
  private settle: (outcome: Outcome | 'stale') => void = () => {};

  constructor(parcel: Parcel, underway: Underway) {
    this.parcel = parcel;
    this.underway = underway;
  }

  /** 'stale' if the connection had been closed before the request was on it; not when it is made `again`. */
  make(agent: Agent, again = false): Promise<Outcome | 'stale'> {
    this.again = again;
    return new Promise((resolve) => {
      this.settle = (outcome) => {
        this.settle = () => {};
        clearTimeout(this.timer);
        if (this.sent) this.underway.delete(this.sent);
        resolve(outcome);
      };
      try {
        this.send(agent);
      } catch (error) {
        // A method or target that no client could put into a request line.
        const { code = '' } = error as NodeJS.ErrnoException;
        this.settle({ failure: 'protocol', code, durationMs: this.elapsed });
      }
    });
  }

  private get elapsed(): number {
    return performance.now() - this.started;
  }

  private send(agent: Agent): void {
    const { address: host, port, method, target: path, headers, body, timeoutMs } = this.parcel;
    const sent = request({ agent, host, port, method, path, headers });
    this.sent = sent;
    this.underway.add(sent);
    this.timer = setTimeout(() => {
      this.late = true;
      sent.destroy();
    }, timeoutMs);
    sent.on('error', this.failed);
    sent.on('response', (response) => {
      this.answering = true;
      read(response, (answer) => this.settle({ ...answer, durationMs: this.elapsed }), this.failed);
    });
    // Whatever closes without a word was cut off.
    sent.on('close', () => this.failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    sent.end(body);
  }

  private readonly failed = ({ code = '' }: NodeJS.ErrnoException): void => {
    const { late, underway, sent, elapsed: durationMs } = this;
    const gone = !late && !underway.isOver && !this.answering && code === 'ECONNRESET';
    if (gone && sent?.reusedSocket && !this.again) this.settle('stale');
    else this.settle({ failure: late ? 'timeout' : underway.isOver ? 'aborted' : failureOf(code), code, durationMs });
  };
}

function read(
  response: IncomingMessage,
  done: (answer: Omit<Delivered, 'durationMs'>) => void,
  failed: (error: NodeJS.ErrnoException) => void,
): void {
  const parts: Buffer[] = [];
  const readable = READABLE.test(response.headers['content-type'] ?? '');
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (readable && bytes <= KEPT) parts.push(part);
  });
  response.on('error', failed);
  response.on('end', () => {
    const { headers } = response;
    const text = decoded(Buffer.concat(parts), headers['content-encoding']);
    done({ status: response.statusCode ?? 0, headers, bytes, text });
  });
}

function decoded(body: Buffer, encoding: string | undefined): string {
  const limit = { maxOutputLength: 2 * KEPT };
  try {
    if (encoding === 'gzip') return gunzipSync(body, limit).toString('utf8');
    if (encoding === 'br') return brotliDecompressSync(body, limit).toString('utf8');
    if (encoding === 'deflate') return inflateSync(body, limit).toString('utf8');
  } catch {
    return '';
  }
  return body.toString('utf8');
}

export function failureOf(code: string): Failure {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') return 'reset';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'unreachable';
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'EADDRNOTAVAIL' || code === 'EADDRINUSE') return 'local';
  if (code.startsWith('HPE_') || code.startsWith('ERR_HTTP')) return 'protocol';
  return 'other';
}
