/** The owner's end of the connection to one worker: takes frames, asks the gate, answers. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { createBatch, type FactBatch } from '../../enrich/facts.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import type { OwnerGate, Spent, Verdict } from '../live/verdict.ts';
import { Inbox, Outbox } from './frames.ts';
import { encodeVerdict } from './verdict-wire.ts';
import {
  ADMITTED,
  decodeRow,
  detachTexts,
  FRAME,
  fromStranger,
  fromWorker,
  GOES_ON,
  LAYOUT,
  SPENT,
  WIRE_VERSION,
} from './wire.ts';

/** What a peer needs of the server it belongs to. */
export interface PeerHost {
  readonly gate: OwnerGate;
  /** SHA-256 of the secret. */
  readonly secretHash: Buffer;
  /** JSON that a worker gets first; '' for none. */
  welcome(): string;
  /** There is work, or room for answers. */
  ready(peer: Peer): void;
  gone(peer: Peer): void;
  report(worker: number, name: string, json: string): void;
  problem(code: ErrorCode, message: string): void;
}

/** Bytes of requests that may wait for their turn before no more are read, and of answers that a worker does not take. */
const BACKLOG_BYTES = 256 * 1024;
const UNREAD_BYTES = 4 * 1024 * 1024;
/** Answers that the gate still owes one worker, where it answers later. */
const MAX_LATER = 1024;
const BYE_TEXT_MAX = 200;
const PUSH_TEXT_MAX = 16 * 1024 * 1024 - 64;
const SPARE_BATCHES = 16;
const CLOSE_MS = 1000;

export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export class Peer {
  /** 0 until its hello was good. */
  worker = 0;
  pid = 0;
  requests = 0;
  /** Tells connections apart; from 1. */
  readonly number: number;
  private readonly host: PeerHost;
  private readonly socket: Socket;
  private readonly inbox = new Inbox(fromStranger);
  private readonly out = new Outbox();
  private rows: FactBatch = createBatch(1);
  private readonly spare: FactBatch[] = [];
  private later = 0;
  private paused = false;
  /** The connection is over, or about to be. */
  ended = false;

  constructor(socket: Socket, host: PeerHost, number: number) {
    this.number = number;
    this.socket = socket;
    this.host = host;
    socket.on('data', (chunk: Buffer) => this.came(chunk));
    socket.on('drain', () => host.ready(this));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.ended = true;
      host.gone(this);
    });
  }

  /** Works through at most `most` frames. How many it were; fewer than `most` means that there is no more to do now. */
  work(most: number): number {
    const { inbox } = this;
    let done = 0;
    while (done < most && !this.ended && this.mayAnswer() && inbox.next()) {
      done++;
      if (this.worker === 0) this.hello();
      else this.frame();
    }
    if (inbox.bad && !this.ended) {
      this.refuse('SP7312', this.worker === 0 ? 'a stranger' : `worker ${this.worker} (pid ${this.pid})`);
    }
    if (this.paused && inbox.backlog < BACKLOG_BYTES && !this.ended) {
      this.paused = false;
      this.socket.resume();
    }
    return done;
  }

  /** Sends the answers so far in one piece. */
  flush(): void {
    const { out } = this;
    if (out.at === 0 || this.ended) return;
    const { chunk, slab } = out.take();
    this.socket.write(chunk, () => out.give(slab));
  }

  /** Sends JSON. False where the worker has not said hello or does not read. */
  push(json: string): boolean {
    if (this.worker === 0 || this.ended || !this.mayAnswer()) return false;
    this.say(FRAME.push, json, PUSH_TEXT_MAX);
    this.flush();
    return true;
  }

  /** Closes the connection and says why. */
  refuse(code: ErrorCode, who: string): void {
    this.ended = true;
    this.out.clear();
    this.say(FRAME.bye, code, BYE_TEXT_MAX);
    this.socket.end(this.out.take().chunk);
    this.socket.destroySoon();
    this.host.problem(code, `The connection of ${who} was closed`);
  }

  close(): void {
    this.flush();
    this.ended = true;
    this.socket.destroySoon();
    // A worker that does not read must not hold up the owner's end.
    setTimeout(() => this.socket.destroy(), CLOSE_MS).unref();
  }

  private came(chunk: Buffer): void {
    if (this.ended) return;
    this.inbox.append(chunk);
    if (!this.paused && this.inbox.backlog >= BACKLOG_BYTES) {
      this.paused = true;
      this.socket.pause();
    }
    this.host.ready(this);
  }

  private mayAnswer(): boolean {
    return this.later < MAX_LATER && this.socket.writableLength + this.out.byteLength < UNREAD_BYTES;
  }

  private hello(): void {
    const { inbox } = this;
    const sameBuild = inbox.word() === WIRE_VERSION && inbox.word() === LAYOUT.hi && inbox.word() === LAYOUT.lo;
    if (!sameBuild) {
      this.refuse('SP7313', 'a worker of another version');
      return;
    }
    const worker = inbox.word();
    const pid = inbox.word();
    const secret = inbox.text();
    if (!inbox.whole()) return;
    if (worker < 1 || !timingSafeEqual(hashOf(secret), this.host.secretHash)) {
      this.refuse('SP7313', `pid ${pid}, which does not know the secret,`);
      return;
    }
    this.worker = worker;
    this.pid = pid;
    inbox.accept(fromWorker);
    this.say(FRAME.welcome, this.host.welcome(), PUSH_TEXT_MAX);
  }

  private frame(): void {
    const { inbox, host } = this;
    try {
      switch (inbox.type) {
        case FRAME.request:
          this.request();
          return;
        case FRAME.response:
          this.response();
          return;
        case FRAME.business: {
          const nowMs = inbox.f64();
          if (decodeRow(inbox, this.rows, 0)) host.gate.business(this.rows, 0, nowMs);
          return;
        }
        default:
          this.rare();
      }
    } catch (error) {
      // What a gate throws is its defect; the worker goes on, and so does the owner.
      host.problem('SP9001', `The owner failed on a message of worker ${this.worker}: ${String(error)}`);
    }
  }

  private request(): void {
    const { inbox } = this;
    const id = inbox.word();
    const nowMs = inbox.f64();
    if (!decodeRow(inbox, this.rows, 0)) return;
    this.requests++;
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = this.host.gate.request(this.rows, 0, nowMs, this.number);
    } catch (error) {
      this.answerFailed(id);
      throw error;
    }
    if (verdict instanceof Promise) this.answerLater(id, verdict, this.keepRow());
    else encodeVerdict(this.out, id, verdict);
  }

  private response(): void {
    const { inbox } = this;
    const word = inbox.word();
    const nowMs = inbox.f64();
    if (!decodeRow(inbox, this.rows, 0)) return;
    this.host.gate.response(this.rows, 0, nowMs, (word & ADMITTED) !== 0, (word & GOES_ON) !== 0);
  }

  private lasts(): void {
    const { inbox } = this;
    const ended = inbox.word() !== 0;
    const nowMs = inbox.f64();
    if (decodeRow(inbox, this.rows, 0)) this.host.gate.lasts(this.rows, 0, nowMs, ended, this.number);
  }

  private rare(): void {
    const { inbox, host } = this;
    if (inbox.type === FRAME.spend) {
      this.spend();
      return;
    }
    if (inbox.type === FRAME.lasts) {
      this.lasts();
      return;
    }
    if (inbox.type === FRAME.ping) {
      const id = inbox.word();
      if (inbox.whole()) this.answer(FRAME.pong, id, -1);
      return;
    }
    if (inbox.type === FRAME.solved) {
      const nowMs = inbox.f64();
      const actor = inbox.text();
      const classOf = inbox.text();
      if (inbox.whole()) host.gate.solved(actor, classOf, nowMs);
      return;
    }
    const name = inbox.text();
    const json = inbox.text();
    if (inbox.whole()) host.report(this.worker, name, json);
  }

  private spend(): void {
    const { inbox } = this;
    const id = inbox.word();
    const untilMs = inbox.f64();
    const nonce = inbox.text();
    if (!inbox.whole()) return;
    let spent: Spent | Promise<Spent>;
    try {
      spent = this.host.gate.spend(nonce, untilMs);
    } catch (error) {
      this.answerFailed(id);
      throw error;
    }
    if (typeof spent === 'string') this.answer(FRAME.spent, id, SPENT.indexOf(spent));
    else this.answerLater(id, spent, null);
  }

  /** The gate reads the row until its promise is settled, so the next frame gets another, and this one its own texts. */
  private keepRow(): FactBatch {
    const { rows } = this;
    detachTexts(rows, 0, this.inbox.limit * 4);
    this.rows = this.spare.pop() ?? createBatch(1);
    return rows;
  }

  private answerLater(id: number, answer: Promise<Verdict | Spent>, rows: FactBatch | null): void {
    this.later++;
    const done = (): void => {
      this.later--;
      if (rows !== null && this.spare.length < SPARE_BATCHES) this.spare.push(rows);
      if (!this.ended) this.host.ready(this);
    };
    answer.then(
      (value) => {
        if (typeof value === 'string') this.answer(FRAME.spent, id, SPENT.indexOf(value));
        else encodeVerdict(this.out, id, value);
        done();
      },
      (error: unknown) => {
        this.answerFailed(id);
        this.host.problem('SP9001', `The owner failed on a message of worker ${this.worker}: ${String(error)}`);
        done();
      },
    );
  }

  private answerFailed(id: number): void {
    this.answer(FRAME.failed, id, -1);
  }

  private answer(type: number, id: number, value: number): void {
    const { out } = this;
    out.begin(type, 2);
    out.word(id);
    if (value >= 0) out.word(value);
    out.end();
  }

  private say(type: number, text: string, max: number): void {
    this.out.begin(type, 0);
    this.out.text(text, max);
    this.out.end();
  }
}
