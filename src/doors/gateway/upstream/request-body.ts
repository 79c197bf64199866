/**
 * The body of a request on its way to a server, in the shape of a stream as far as undici looks at one.
 *
 * It reads from the client only when undici takes it, which is when the head of the request can be written: until then a
 * client that waits for 100 Continue gets none, and one that does not wait is held back by its own connection. Trailers
 * of requests are dropped: undici writes the last chunk without any, and RFC 9110, 6.5.1 lets an intermediary do so.
 */
import { EventEmitter } from 'node:events';
import type { Inbound } from '../contract.ts';

/** What undici asks a stream about itself: not ended, of unknown length, and it destroys itself. */
const STREAM_STATE = { objectMode: false, ended: false, autoDestroy: true, length: 0 };

/** What the body tells its exchange. */
export interface BodyOwner {
  /** More came than the route allows. Nothing more will be passed on. */
  bodyTooLarge(): void;
  /** The client broke it off, or somebody refused it (and has answered): a SallyportError says why. */
  bodyFailed(error: Error): void;
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
    (inbound.req as unknown as Marked)[BODY] = this;
    inbound.req.on('error', onError);
  }

  /** Only there to be recognised as a stream. */
  pipe(): never {
    throw new Error('a request body is read by events');
  }

  resume(): void {
    if (this.destroyed || this.ended) return;
    this.paused = false;
    if (!this.started) this.begin();
    else this.inbound.req.resume();
  }

  pause(): void {
    this.paused = true;
    if (!this.destroyed) this.inbound.req.pause();
  }

  /** Nobody wants the rest. What becomes of the client's connection is for the exchange to say. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { req } = this.inbound;
    if (this.started) {
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
    const { req, res, expectsContinue } = this.inbound;
    if (expectsContinue && !res.headersSent) res.writeContinue();
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
