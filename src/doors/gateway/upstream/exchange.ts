/**
 * One request on its way to a server and its answer on the way back. The object is itself what undici calls, so that a
 * request costs one object and no closures.
 *
 * It uses undici's raw interface (onHeaders with buffers) and not the newer one, which makes an object of the headers
 * and loses their order, their case and their repetition.
 */
import { SallyportError } from '../../../lib/errors.ts';
import type { ForwardHooks, HeaderList, Inbound, Outcome } from '../contract.ts';
import { sendProblem } from '../http/problem.ts';
import { closeAfter, cut, isHttp2, writeInformational, writeTrailers } from './answer.ts';
import { ABANDONED, type Surroundings } from './attempts.ts';
import type { Timed } from './deadlines.ts';
import { classify, FAILURES, type Failure, isServerFault } from './failure.ts';
import type { Group } from './group.ts';
import { type AnswerHead, dropHeader, readHead, readTrailers } from './head.ts';
import { type BodyOwner, RequestBody } from './request-body.ts';
import { Sending } from './sending.ts';

/** Informational answers passed on per request; a server that sends more of them is up to something. */
const MAX_INFORMATIONAL = 8;

const EXCHANGE = Symbol('exchange');

interface Marked {
  [EXCHANGE]: Exchange;
}

function onClose(this: Marked): void {
  this[EXCHANGE].clientGone();
}

/** Writing to a connection that is just going may report an error here; `close` follows and is what counts. */
function onResError(): void {}

function flushHead(exchange: Exchange): void {
  exchange.flush();
}

export class Exchange extends Sending implements BodyOwner, Timed {
  before: Timed | null = null;
  after: Timed | null = null;
  private readonly hooks: ForwardHooks;
  protected readonly body: RequestBody | null;

  /** Monotonic ms at which time is up; 0 for never. */
  private due: number;
  private bodySeen = 0;
  private bodySince: number;
  private informational = 0;

  private firstByteMs = 0;

  constructor(around: Surroundings, group: Group, inbound: Inbound, headers: HeaderList, hooks: ForwardHooks) {
    super(around, group, inbound, headers);
    this.hooks = hooks;
    this.body = inbound.bodyLength === 0 ? null : new RequestBody(inbound, this);
    this.bodySince = inbound.startedAt;
    this.due = inbound.route.timeoutMs > 0 ? inbound.startedAt + inbound.route.timeoutMs : 0;
    around.active++;
    around.deadlines.add(this);
  }

  /** Begins. Everything after this is told to the hooks. */
  start(): void {
    const { inbound } = this;
    const { res } = inbound;
    // A pipelined request waits without a connection of its own: that of the request tells whether anybody is left.
    if (res.destroyed || (isHttp2(res) ? res.stream.destroyed : inbound.req.socket?.destroyed)) {
      this.finish('client', '');
      return;
    }
    (res as unknown as Marked)[EXCHANGE] = this;
    res.on('close', onClose);
    res.on('error', onResError);
    // A pipelined request has no connection of its own yet and would not hear of its end.
    if (!isHttp2(res) && !res.socket) inbound.req.socket?.once('close', () => this.clientGone());
    if (inbound.bodyLength > inbound.route.bodyLimitBytes) {
      this.refuse(FAILURES.bodyTooLarge);
      return;
    }
    this.begin();
  }

  /** undici: a head has come, informational or final. What it gives back says whether to go on reading. */
  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (this.over) return true;
    const head = readHead(raw, status === 204);
    if (status < 200) {
      if (++this.informational <= MAX_INFORMATIONAL) {
        writeInformational(this.inbound.res, this.inbound.protocol, status, head.headers);
      }
      return true;
    }
    this.firstByteMs = this.around.wallNow();
    this.resumeUpstream = resume;
    const bodiless = status === 204 || status === 304;
    const hasBody = !bodiless && this.inbound.method !== 'HEAD';
    if (!this.passHead(status, reason, head, hasBody)) return true;
    if (head.eventStream) {
      this.due = 0;
      this.count(isServerFault(status));
    }
    // A body that has no known end may be long in coming: its head must not wait for it.
    if (hasBody && head.length < 0) process.nextTick(flushHead, this);
    // undici takes the Content-Length of a 304 for a promise and fails the answer: it is whole right here.
    if (bodiless) this.complete();
    return true;
  }

  /** Sends the final head on. False where the exchange has failed over it. */
  private passHead(status: number, reason: string, head: AnswerHead, hasBody: boolean): boolean {
    const { protocol, route } = this.inbound;
    if (head.coded) {
      this.fail(FAILURES.badAnswer);
      return false;
    }
    if (hasBody && route.responseLimitBytes > 0 && head.length > route.responseLimitBytes) {
      this.fail(FAILURES.answerTooLarge);
      return false;
    }
    if (head.announcesTrailers && (head.length >= 0 || !hasBody || protocol === 'HTTP/1.0')) {
      dropHeader(head.headers, 'trailer');
    }
    try {
      this.hooks.head(status, head.headers, head);
    } catch {
      this.fail(FAILURES.internal);
      return false;
    }
    return this.offerHead(status, reason, head, hasBody);
  }

  /** undici: a piece of the body. False stops reading until {@link clientReads}. */
  onData(chunk: Buffer): boolean {
    if (this.over) return true;
    const limit = this.inbound.route.responseLimitBytes;
    if (limit > 0 && this.bytes + chunk.length > limit) {
      this.fail(FAILURES.answerTooLarge);
      return true;
    }
    return this.offer(chunk);
  }

  /** undici: the answer is whole. */
  onComplete(trailers: unknown): void {
    this.giveBack(true);
    if (this.over) return;
    this.offerEnd();
    if (this.over) return;
    const { res } = this.inbound;
    if (this.expected < 0 && Array.isArray(trailers) && trailers.length > 0) {
      try {
        writeTrailers(res, readTrailers(trailers as Buffer[]));
      } catch {
        // Trailers that Node will not write are left out: nothing may depend on them (RFC 9110, 6.5).
      }
    }
    this.complete();
  }

  /** undici: the try has failed, or was given up by us. */
  onError(error: Error): void {
    this.giveBack(false);
    if (this.over || error === ABANDONED) return;
    if (this.ended) {
      // All that was promised had come; what broke afterwards is between undici and the server.
      this.complete();
      return;
    }
    this.failed(this.status > 0 || this.held !== null ? FAILURES.brokeOff : classify(error, this.sent));
  }

  /** The client's connection, or its stream, has closed. */
  clientGone(): void {
    if (this.over) return;
    if (this.status > 0) this.count(isServerFault(this.status));
    this.finish('client', '');
    this.letGo();
  }

  /** The request's body is longer than allowed. */
  bodyTooLarge(): void {
    this.fail(FAILURES.bodyTooLarge);
  }

  /** The request's body was kept on disk, and is not there any more. */
  bodyLost(): void {
    this.fail(FAILURES.bodyLost);
  }

  /** The request's body will not come to its end. */
  bodyFailed(error: Error): void {
    if (this.over) return;
    if (!(error instanceof SallyportError)) {
      this.clientGone();
      return;
    }
    // Whoever refused it has answered, or cut the connection where an answer was under way.
    if (this.status === 0 && this.inbound.res.headersSent) this.status = this.inbound.res.statusCode;
    this.finish('limit', error.code);
    this.letGo();
  }

  /** Looks whether time is up. */
  tick(now: number): void {
    if (this.due > 0 && now >= this.due) {
      const { body } = this;
      const clientsFault = this.waitsForDrain || (body?.started && !body.ended && !body.paused);
      this.fail(clientsFault ? FAILURES.slowClient : FAILURES.deadline);
      return;
    }
    this.watchBody(now);
  }

  private watchBody(now: number): void {
    const { body } = this;
    if (!body || body.ended || body.destroyed) return;
    if (!body.started || body.paused || body.bytes !== this.bodySeen) {
      this.bodySeen = body.bytes;
      this.bodySince = now;
    } else if (now - this.bodySince >= this.around.bodyIdleMs) {
      this.fail(FAILURES.bodyStalled);
    }
  }

  protected fail(failure: Failure): void {
    if (this.over) return;
    this.failed(failure);
    this.letGo();
  }

  /** It has failed: another try, a problem document, or a cut, depending on how far it had got. */
  private failed(failure: Failure): void {
    if (failure.blame) this.count(true);
    if (this.status > 0) {
      cut(this.inbound.res, this.expected >= 0);
      this.finish(failure.ended, failure.code);
      return;
    }
    if (!this.again(failure)) this.refuse(failure);
  }

  /** Answers with a problem document. */
  protected refuse(failure: Failure, retryAfterSec?: number): void {
    const { res, method } = this.inbound;
    this.held = null;
    this.bytes = 0;
    const { status, code, title } = failure;
    const problem = { status, code, title, retryAfterSec };
    if (!isHttp2(res) && !res.socket && !res.destroyed) {
      // A pipelined request: its turn on the connection has not come.
      res.once('socket', () => sendProblem(res, problem));
      this.status = status;
    } else if (sendProblem(res, problem) !== '') {
      this.status = status;
      if (method !== 'HEAD') this.bytes = Number(res.getHeader('content-length') ?? 0);
    }
    this.finish(failure.ended, code);
  }

  /** The answer is whole. */
  private complete(): void {
    if (this.over) return;
    this.count(isServerFault(this.status));
    const { res, req } = this.inbound;
    if (!this.ended) {
      this.ended = true;
      res.end();
    }
    const { body } = this;
    if (body && !body.ended) {
      if (req.complete && !isHttp2(res)) req.resume();
      else closeAfter(res);
    }
    this.finish('', '');
  }

  private finish(ended: Outcome['ended'], code: string): void {
    if (this.over) return;
    this.over = true;
    const { around } = this;
    around.deadlines.remove(this);
    around.active--;
    this.hooks.done({
      status: this.status,
      bytes: this.held === null ? this.bytes : 0,
      bodyBytes: this.body?.bytes ?? 0,
      ended,
      code,
      server: this.server?.url ?? '',
      retries: this.retries,
      firstByteMs: this.firstByteMs,
    });
    if (around.active === 0) around.onIdle?.();
  }
}
