/**
 * The body of a request on its way to a server, in the shape of a stream as far as undici looks at one.
 *
 * It reads from the client only when undici takes it, which is when the head of the request can be written: until then a
 * client that waits for 100 Continue gets none, and one that does not wait is held back by its own connection. Trailers
 * of requests are dropped: undici writes the last chunk without any, and RFC 9110, 6.5.1 lets an intermediary do so.
 *
 * Where the beginning was collected before (`inbound.body`), that is sent first, then what is on disk, then what still comes.
 * A body that is whole in memory is no stream at all: undici is given the buffer, as often as the request is tried.
 */
import { EventEmitter } from 'node:events';
import type { BodySource, Inbound } from '../contract.ts';

/** What undici asks a stream about itself: not ended, of unknown length, and it destroys itself. */
const STREAM_STATE = { objectMode: false, ended: false, autoDestroy: true, length: 0 };

/** What the body tells its exchange. */
export interface BodyOwner {
  /** More came than the route allows. Nothing more will be passed on. */
  bodyTooLarge(): void;
  /** The client broke it off, or somebody refused it (and has answered): a SallyportError says why. */
  bodyFailed(error: Error): void;
  /** What was kept of it on disk cannot be read. */
  bodyLost(): void;
}

const BODY = Symbol('body');

/** The request knows its body, so that listeners need not be made anew for each. */
interface Marked {
  [BODY]: RequestBody;
}

function onData(this: Marked, chunk: Buffer): void {
  this[BODY].take(chunk);
}

function onEnd(this: Marked): void {
  this[BODY].finish();
}

function onError(this: Marked, error: Error): void {
  this[BODY].fail(error);
}

export class RequestBody extends EventEmitter {
  readonly _readableState = STREAM_STATE;
  private readonly inbound: Inbound;
  private readonly owner: BodyOwner;
  private readonly limit: number;
  private readonly source: BodySource | null;
  /** Pieces of the source that were handed on, and bytes of its file. */
  private piecesSent = 0;
  private diskSent = 0;
  /** A piece is on its way from the disk. */
  private reading = false;
  /** The rest is read from the client. */
  private following = false;
  /** Bytes handed on so far. */
  bytes = 0;
  /** Reading has begun: the body cannot be sent a second time. */
  started = false;
  /** The last byte was handed on. */
  ended = false;
  paused = false;
  destroyed = false;

  constructor(inbound: Inbound, owner: BodyOwner) {
    super();
    this.inbound = inbound;
    this.owner = owner;
    this.limit = inbound.route.bodyLimitBytes;
    this.source = inbound.body ?? null;
    (inbound.req as unknown as Marked)[BODY] = this;
    inbound.req.on('error', onError);
  }

  /** Only there to be recognised as a stream. */
  pipe(): never {
    throw new Error('a request body is read by events');
  }

  /** All of it, where it is in memory: it can be sent any number of times. */
  get whole(): Buffer | null {
    const { source } = this;
    if (source === null || !source.whole || source.diskBytes > 0) return null;
    return source.pieces.length === 1 ? source.pieces[0] : Buffer.concat(source.pieces);
  }

  /** The request is about to be written. undici takes `whole` in one go: counted, and shown to whoever looks, the first time. */
  sending(): void {
    const { whole } = this;
    if (whole === null || this.ended) return;
    this.started = true;
    this.ended = true;
    this.bytes = whole.length;
    if (whole.length > 0) this.inbound.tap?.take(whole);
  }

  resume(): void {
    if (this.destroyed || this.ended) return;
    this.paused = false;
    if (!this.started) this.begin();
    else if (this.following) this.inbound.req.resume();
    else this.fromSource();
  }

  pause(): void {
    this.paused = true;
    if (!this.destroyed && this.following) this.inbound.req.pause();
  }

  /** Nobody wants the rest. What becomes of the client's connection is for the exchange to say. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { req } = this.inbound;
    if (this.following) {
      req.off('data', onData);
      req.off('end', onEnd);
      // What has all come in but was not read would keep the parser from the next request.
      if (!this.ended && req.complete) req.resume();
      else if (!this.ended) req.pause();
    }
    this.emit('close');
  }

  private begin(): void {
    this.started = true;
    if (this.source === null) this.follow(false);
    else this.fromSource();
  }

  /** Hands on what was collected, for as long as the server takes it. */
  private fromSource(): void {
    const source = this.source as BodySource;
    while (!this.destroyed && !this.paused && this.piecesSent < source.pieces.length) {
      const piece = source.pieces[this.piecesSent++];
      if (piece.length > 0) this.take(piece);
    }
    if (this.destroyed || this.paused || this.reading) return;
    if (this.diskSent < source.diskBytes) this.fromDisk(source);
    else if (source.whole) this.finish();
    else this.follow(source.continued);
  }

  private fromDisk(source: BodySource): void {
    this.reading = true;
    source.read(this.diskSent, (error, piece) => {
      this.reading = false;
      if (this.destroyed) return;
      if (error !== null) {
        this.owner.bodyLost();
        return;
      }
      this.diskSent += piece.length;
      this.take(piece);
      this.fromSource();
    });
  }

  /** Reads from the client. */
  private follow(continued: boolean): void {
    this.following = true;
    const { req, res, expectsContinue } = this.inbound;
    if (expectsContinue && !continued && !res.headersSent) res.writeContinue();
    req.on('data', onData);
    req.on('end', onEnd);
    req.resume();
  }

  /** A piece has come from the client. */
  take(chunk: Buffer): void {
    if (this.destroyed) return;
    this.bytes += chunk.length;
    if (this.bytes > this.limit) {
      this.bytes -= chunk.length;
      this.owner.bodyTooLarge();
      return;
    }
    this.inbound.tap?.take(chunk);
    this.emit('data', chunk);
  }

  /** The client has sent all, or was cut off. */
  finish(): void {
    const { req } = this.inbound;
    // A reset HTTP/2 stream ends, too; its body is not whole, and the exchange hears of the reset by other means.
    if (this.destroyed || ('stream' in req && (req.stream.aborted || req.stream.rstCode !== 0))) return;
    this.ended = true;
    this.emit('end');
  }

  fail(error: Error): void {
    this.owner.bodyFailed(error);
  }
}
