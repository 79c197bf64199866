/**
 * Collects the beginning of a request's body, or all of it, before the request goes on: to be looked at, and so that a slow
 * client holds nothing but its own connection. What is not read stays with the client.
 *
 * A client that waits for 100 Continue is sent it when reading begins, not before.
 */
import type { ErrorCode } from '../../../lib/errors.ts';
import { SallyportError } from '../../../lib/errors.ts';
import type { BodySource, HeaderList, Inbound, Outcome } from '../contract.ts';
import { equalsFolded } from '../http/names.ts';
import type { Problem } from '../http/problem.ts';
import { GrowingBuffer } from './buffer.ts';
import { PROBLEMS } from './problems.ts';
import { BodyStore, SpoolFile, type StoreOptions } from './store.ts';

/**
 * Pause after which a stream of messages goes on with what has come, in ms: its client may wait for an answer to the first
 * message before it sends the second.
 */
const STREAM_PATIENCE_MS = 30;

/** Length of the head of a message of gRPC, in bytes. */
const MESSAGE_HEAD = 5;

const NOTHING = Buffer.alloc(0);

export interface CollectOptions {
  /** Bytes that are held in memory, to be looked at. */
  readonly bytes: number;
  /** Larger bodies: only their beginning, none of them, or the rest on disk. */
  readonly beyond: 'prefix' | 'refuse' | 'spool';
  /** Largest body that is kept on disk, with what is in memory. */
  readonly spoolBytes: number;
  /** Longest time until there is what is asked for, in ms. */
  readonly timeoutMs: number;
}

/** It is there: what may be looked at, and where the upstream takes it from (`inbound.body`). */
export interface Gathered {
  readonly ok: true;
  /** At most `bytes` of the body. */
  readonly head: Buffer;
  /** `head`, or `head` and the file, is all of it. */
  readonly whole: boolean;
  /** There was no memory to hold it back: it has to go on without being looked at. */
  readonly skipped: boolean;
  /** Names and values in turn, where the whole body has come. They are not passed on. */
  readonly trailers: HeaderList;
  readonly source: BodySource;
}

/** It is not. */
export interface NotGathered {
  readonly ok: false;
  readonly ended: Outcome['ended'];
  readonly code: ErrorCode | '';
  /** What to answer; null where the client is gone, or somebody has answered already. */
  readonly problem: Problem | null;
}

export type Collected = Gathered | NotGathered;

export interface Collector {
  /**
   * Collects the body of a request that nobody has read from. Never rejects. On success nothing is read any more until
   * the source is; memory and disk are given back when the response closes.
   */
  collect(inbound: Inbound, options: CollectOptions): Promise<Collected>;
  /** Bytes in use, for metrics. */
  readonly store: { readonly memory: number; readonly disk: number };
}

export function createCollector(options: StoreOptions): Collector {
  const store = new BodyStore(options);
  return {
    store,
    collect: (inbound, wanted) => new Promise((resolve) => new Collecting(store, inbound, wanted, resolve).begin()),
  };
}

/** An error of a request that nobody reads any more must not end the process. */
function ignore(): void {}

class Collecting implements BodySource {
  pieces: readonly Buffer[] = [];
  whole = false;
  continued = false;
  private readonly store: BodyStore;
  private readonly inbound: Inbound;
  private readonly options: CollectOptions;
  private readonly resolve: (collected: Collected) => void;
  private readonly head: GrowingBuffer;
  private readonly streaming: boolean;
  private file: SpoolFile | null = null;
  /** Counted in the store. */
  private held = 0;
  private spooled = 0;
  private timer: NodeJS.Timeout | null = null;
  private patience: NodeJS.Timeout | null = null;
  private over = false;
  private released = false;

  constructor(store: BodyStore, inbound: Inbound, options: CollectOptions, resolve: (collected: Collected) => void) {
    this.store = store;
    this.inbound = inbound;
    this.options = options;
    this.resolve = resolve;
    const { bodyLength } = inbound;
    this.head = new GrowingBuffer(bodyLength >= 0 ? Math.min(bodyLength, options.bytes) : options.bytes);
    this.streaming = options.beyond === 'prefix' && isStream(inbound);
  }

  begin(): void {
    const { inbound, options } = this;
    const { req, bodyLength } = inbound;
    req.on('error', ignore);
    if (bodyLength === 0) {
      this.whole = true;
      this.succeed();
      return;
    }
    if (options.beyond === 'refuse' && bodyLength > options.bytes) {
      this.refuse('tooLarge');
    } else if (options.beyond === 'spool' && bodyLength > Math.max(options.bytes, options.spoolBytes)) {
      this.refuse('tooLargeForDisk');
    } else if (options.bytes === 0 && options.beyond === 'prefix') this.succeed();
    else this.listen();
  }

  private listen(): void {
    const { inbound, options } = this;
    const { req, res } = inbound;
    this.timer = setTimeout(this.onTimeout, options.timeoutMs);
    req.on('error', this.onError);
    req.on('end', this.onEnd);
    res.once('close', this.onClose);
    // A request that waits behind another one (pipelining) has a response without a connection, which hears of no end.
    if ('socket' in res && !('stream' in res) && !res.socket) req.socket?.once('close', this.onClose);
    if (inbound.expectsContinue && !res.headersSent) {
      this.continued = true;
      res.writeContinue();
    }
    req.on('data', this.onData);
  }

  private readonly onData = (chunk: Buffer): void => {
    const wanted = Math.min(chunk.length, this.options.bytes - this.head.length);
    if (!this.store.takeMemory(wanted)) {
      this.withoutMemory(chunk);
      return;
    }
    this.held += wanted;
    const rest = this.head.put(chunk);
    if (rest.length > 0) this.overflow(rest);
    else if (this.streaming) this.waitForMore();
  };

  /** More has come than is held in memory. */
  private overflow(rest: Buffer): void {
    switch (this.options.beyond) {
      case 'refuse':
        this.refuse('tooLarge');
        return;
      case 'spool':
        this.spool(rest);
        return;
      default:
        this.goOn(rest);
    }
  }

  /** All memory for bodies is in use. Looking at a beginning is a service; keeping all of a body is a promise. */
  private withoutMemory(chunk: Buffer): void {
    if (this.options.beyond === 'prefix') this.goOn(chunk, true);
    else this.refuse('noRoom');
  }

  /** The request goes on with its beginning; `rest` was read with it. */
  private goOn(rest: Buffer, skipped = false): void {
    this.inbound.req.pause();
    // It has come and must be kept, whether there is room for it or not.
    this.store.memory += rest.length;
    this.held += rest.length;
    // A copy: what comes from a socket is a piece of something larger.
    this.pieces = rest.length === 0 ? [this.head.view()] : [this.head.view(), Buffer.from(rest)];
    this.succeed(skipped);
  }

  /** One message of a stream is there: the next may be long in coming. */
  private waitForMore(): void {
    const head = this.head.view();
    if (head.length < MESSAGE_HEAD || head.length < MESSAGE_HEAD + head.readUInt32BE(1)) return;
    if (this.patience !== null) this.patience.refresh();
    else this.patience = setTimeout(() => this.goOn(NOTHING), STREAM_PATIENCE_MS);
  }

  private spool(piece: Buffer): void {
    const { options, store, inbound } = this;
    if (this.head.length + this.spooled + piece.length > options.spoolBytes) {
      this.refuse('tooLargeForDisk');
      return;
    }
    if (!store.takeDisk(piece.length)) {
      this.refuse('noRoom');
      return;
    }
    this.spooled += piece.length;
    inbound.req.pause();
    const written = (error: Error | null): void => {
      if (this.over) return;
      if (error !== null) this.refuse('noDisk');
      else inbound.req.resume();
    };
    if (this.file !== null) {
      this.file.append(piece, written);
      return;
    }
    const file = new SpoolFile(store);
    this.file = file;
    file.open((error) => {
      if (error !== null || this.over) written(error);
      else file.append(piece, written);
    });
  }

  private readonly onEnd = (): void => {
    const { req } = this.inbound;
    // A reset HTTP/2 stream ends, too; so does one whose length was not what it said.
    if ('stream' in req && (req.stream.aborted || req.stream.rstCode !== 0)) {
      this.fail({ ok: false, ended: 'client', code: '', problem: null });
      return;
    }
    this.whole = true;
    this.pieces = [this.head.view()];
    this.succeed();
  };

  private readonly onError = (error: Error): void => {
    // Whoever refused the body has answered.
    const code = error instanceof SallyportError ? error.code : '';
    this.fail({ ok: false, ended: code === '' ? 'client' : 'limit', code, problem: null });
  };

  private readonly onClose = (): void => {
    if (this.over) this.release();
    else this.fail({ ok: false, ended: 'client', code: '', problem: null });
  };

  private readonly onTimeout = (): void => this.refuse('tooSlow');

  private refuse(what: keyof typeof PROBLEMS): void {
    const { problem, ended } = PROBLEMS[what];
    this.fail({ ok: false, ended, code: problem.code, problem });
  }

  private fail(failure: NotGathered): void {
    if (this.over) return;
    this.detach();
    this.inbound.req.pause();
    this.release();
    this.resolve(failure);
  }

  private succeed(skipped = false): void {
    if (this.over) return;
    this.detach();
    const { res, req } = this.inbound;
    res.once('close', this.onClose);
    const head = this.head.view();
    const trailers = this.whole ? req.rawTrailers : [];
    this.resolve({ ok: true, head, whole: this.whole, skipped, trailers, source: this });
  }

  private detach(): void {
    const { req, res } = this.inbound;
    this.over = true;
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.patience !== null) clearTimeout(this.patience);
    req.off('data', this.onData);
    req.off('end', this.onEnd);
    req.off('error', this.onError);
    res.off('close', this.onClose);
  }

  get diskBytes(): number {
    return this.file?.bytes ?? 0;
  }

  read(position: number, done: (error: Error | null, piece: Buffer) => void): void {
    if (this.file === null || this.released) done(new Error('the body was given up'), NOTHING);
    else this.file.read(position, done);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.store.memory -= this.held;
    this.store.disk -= this.spooled;
    this.file?.close();
    this.pieces = [];
  }
}

/** Messages in both directions, of which the next may depend on an answer. */
function isStream({ headers, bodyLength }: Inbound): boolean {
  if (bodyLength >= 0) return false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (equalsFolded(headers[i], 'content-type')) return /^application\/(grpc|connect\+)/i.test(headers[i + 1]);
  }
  return false;
}
