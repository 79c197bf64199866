/**
 * The side of an exchange that looks to the client: head and body of the answer go out here, at the client's pace. Where somebody
 * looks at the answer first (`inbound.answerTap`), head and beginning are kept until it says that they may go.
 */
import type { ServerResponse } from 'node:http';
import type { AnswerWord } from '../contract.ts';
import { endWith, isHttp2, writeHead } from './answer.ts';
import { Attempts } from './attempts.ts';
import { FAILURES, type Failure } from './failure.ts';
import type { AnswerHead } from './head.ts';

const SENDING = Symbol('sending');

interface Marked {
  [SENDING]: Sending;
}

function onDrain(this: Marked): void {
  this[SENDING].clientReads();
}

/** An answer that does not go out yet. */
interface Held {
  readonly status: number;
  readonly reason: string;
  readonly head: AnswerHead;
  readonly pieces: Buffer[];
}

export abstract class Sending extends Attempts {
  /** What the client was sent, 0 before the head. */
  protected status = 0;
  protected bytes = 0;
  protected expected = -1;
  protected waitsForDrain = false;
  /** `end` was called on the answer. */
  protected ended = false;
  protected held: Held | null = null;
  protected resumeUpstream: (() => void) | null = null;
  private listensForDrain = false;

  /** Our own decision to end it: the server's connection goes, too. */
  protected abstract fail(failure: Failure): void;

  /** Sends the head, or keeps it while somebody looks at the answer. False where the exchange has failed over it. */
  protected offerHead(status: number, reason: string, head: AnswerHead, hasBody: boolean): boolean {
    const { answerTap } = this.inbound;
    const streams = hasBody && !head.eventStream;
    if (answerTap?.begin(status, head.headers, streams, (word) => this.settle(word))) {
      this.held = { status, reason, head, pieces: [] };
      return true;
    }
    return this.sendHead(status, reason, head, hasBody);
  }

  private sendHead(status: number, reason: string, head: AnswerHead, hasBody: boolean): boolean {
    try {
      writeHead(this.inbound.res, status, reason, head.headers);
    } catch (error) {
      this.fail((error as { code?: string }).code ? FAILURES.badAnswer : FAILURES.internal);
      return false;
    }
    this.status = status;
    if (hasBody) this.expected = head.length;
    return true;
  }

  /** Takes a piece of the body. False stops reading until {@link clientReads}. */
  protected offer(chunk: Buffer): boolean {
    const word = this.inbound.answerTap?.take(chunk);
    if (this.held === null) return this.pass(chunk);
    this.held.pieces.push(chunk);
    this.bytes += chunk.length;
    this.settle(word ?? 'send');
    return !this.waitsForDrain;
  }

  /** The body is whole. */
  protected offerEnd(): void {
    this.settle(this.inbound.answerTap?.end() ?? 'send');
  }

  /** What was held back goes out, or never. */
  private settle(word: AnswerWord): void {
    if (this.held === null || this.over) return;
    if (word === 'withhold') this.fail(FAILURES.withheld);
    else if (word === 'send') this.release(this.held);
  }

  /** Head and body that were held back go out. */
  private release(held: Held): void {
    this.held = null;
    this.bytes = 0;
    if (!this.sendHead(held.status, held.reason, held.head, true)) return;
    for (const piece of held.pieces) this.pass(piece);
    this.flush();
  }

  private pass(chunk: Buffer): boolean {
    // Both kinds of answer take the same calls; their types do not know it.
    const res = this.inbound.res as ServerResponse;
    this.bytes += chunk.length;
    if (this.bytes === this.expected) {
      // The last piece goes out together with the end: one write less for every answer of known length.
      this.ended = true;
      endWith(res, chunk);
      return true;
    }
    if (res.write(chunk)) return true;
    this.waitsForDrain = true;
    if (!this.listensForDrain) {
      this.listensForDrain = true;
      (res as unknown as Marked)[SENDING] = this;
      res.on('drain', onDrain);
    }
    return false;
  }

  /** The client takes more again. */
  clientReads(): void {
    if (!this.waitsForDrain || this.over) return;
    this.waitsForDrain = false;
    this.resumeUpstream?.();
  }

  /** Sends a head that still waits for its body. */
  flush(): void {
    const { res } = this.inbound;
    if (!this.over && this.status > 0 && this.bytes === 0 && !this.ended && !isHttp2(res)) res.flushHeaders();
  }
}
