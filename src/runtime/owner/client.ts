/**
 * A worker's end of the connection to the owner of state: a {@link Gate} over a Unix socket. Calls are pipelined and written
 * together once a turn of the event loop; when the owner is lost they fail at once, so that a door can do what the route says,
 * and the connection is tried again ever more slowly.
 */
import type { FactBatch } from '../../enrich/facts.ts';
import { SallyportError } from '../../lib/errors.ts';
import { ALLOW, type Gate, type Spent, type Verdict } from '../live/verdict.ts';
import { DEPARTED, Departures } from './departures.ts';
import type { Inbox } from './frames.ts';
import { OwnerLink } from './link.ts';
import { Pending } from './pending.ts';
import { decodeVerdict } from './verdict-wire.ts';
import { ADMITTED, encodeRow, FRAME, GOES_ON, ROW_ROOM, SPENT } from './wire.ts';

export type OwnerState = 'connected' | 'lost' | 'closed';

export interface OwnerClientOptions {
  /** What the owner gave to its workers; it lets nobody else in. */
  readonly secret: string;
  /** Number of this worker, from 1. */
  readonly worker: number;
  /** Configuration or control that the owner sends: at the start (its welcome) and whenever it pushes. */
  readonly onPush?: (message: unknown) => void;
  /** `why` is for the log. */
  readonly onState?: (state: OwnerState, why: string) => void;
  /** Calls that may wait for an answer at once, and bytes that may wait to be written. */
  readonly maxOutstanding?: number;
  readonly maxQueuedBytes?: number;
  /** Longest silence of an owner that is asked something, in ms; after it the connection counts as lost. */
  readonly silenceMs?: number;
  /** How long the first connection may take, in ms. */
  readonly connectMs?: number;
}

export interface OwnerStatistics {
  readonly connected: boolean;
  readonly outstanding: number;
  readonly queuedBytes: number;
  /** Requests that were refused because the owner was lost, or because too many waited. */
  readonly failedLost: number;
  readonly failedBusy: number;
  /** Outcomes and other one-way messages that did not get there. */
  readonly lostMessages: number;
  readonly reconnects: number;
}

/**
 * Promises reject with SallyportError: SP7311 the owner is lost, SP7314 too many calls wait, SP9001 the owner failed on this
 * one. How long to wait for one is up to the caller.
 */
export interface OwnerClient extends Gate {
  request(rows: FactBatch, row: number, nowMs: number): Promise<Verdict>;
  spend(nonce: string, untilMs: number): Promise<Spent>;
  /** Sends a snapshot (metrics, a step of the guard) as JSON. False where it could not be sent. */
  report(name: string, snapshot: unknown): boolean;
  /** Resolves once the owner has answered: everything sent before was seen by it. */
  ping(): Promise<void>;
  statistics(): OwnerStatistics;
  /** Sends what waits and ends. Calls under way fail. */
  close(): Promise<void>;
}

const MAX_OUTSTANDING = 8192;
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
const NONCE_MAX = 256;
const NAME_MAX = 128;

type Answer = Verdict | Spent | true;

/** Connects to the owner at `path`. SallyportError SP7311 where nobody answers in time, SP7313 where it says no. */
export function connectOwner(path: string, options: OwnerClientOptions): Promise<OwnerClient> {
  return new Promise((resolve, reject) => {
    const client: SocketClient = new SocketClient(path, options, (error) => {
      if (error === null) resolve(client);
      else reject(error);
    });
  });
}

class SocketClient implements OwnerClient {
  private readonly options: OwnerClientOptions;
  private readonly link: OwnerLink;
  private readonly pending: Pending<Answer>;
  private readonly maxQueued: number;
  private readonly departures = new Departures();
  private failedLost = 0;
  private failedBusy = 0;
  private lostMessages = 0;

  constructor(path: string, options: OwnerClientOptions, opened: (error: Error | null) => void) {
    this.options = options;
    this.pending = new Pending(options.maxOutstanding ?? MAX_OUTSTANDING);
    this.maxQueued = options.maxQueuedBytes ?? MAX_QUEUED_BYTES;
    this.link = new OwnerLink(path, options, {
      answer: (inbox) => this.answered(inbox),
      pushed: (message) => options.onPush?.(message),
      opened,
      up: () => options.onState?.('connected', ''),
      down: (error, again) => this.down(error, again),
      silence: (ms, longest) => this.silence(ms, longest),
    });
  }

  request(rows: FactBatch, row: number, nowMs: number): Promise<Verdict> {
    const id = this.roomFor();
    if (typeof id !== 'number') return Promise.reject(id);
    const { out } = this.link;
    out.begin(FRAME.request, ROW_ROOM + 3);
    out.word(id);
    out.f64(nowMs);
    encodeRow(out, rows, row);
    out.end();
    return this.answerTo(id) as Promise<Verdict>;
  }

  response(rows: FactBatch, row: number, nowMs: number, admitted: boolean, goesOn = false): void {
    this.tell(FRAME.response, (admitted ? ADMITTED : 0) | (goesOn ? GOES_ON : 0), rows, row, nowMs);
  }

  lasts(rows: FactBatch, row: number, nowMs: number, ended: boolean): void {
    this.tell(FRAME.lasts, ended ? 1 : 0, rows, row, nowMs);
  }

  business(rows: FactBatch, row: number, nowMs: number): void {
    if (!this.mayTell()) return;
    const { out } = this.link;
    out.begin(FRAME.business, ROW_ROOM + 2);
    out.f64(nowMs);
    encodeRow(out, rows, row);
    out.end();
    this.link.soon();
  }

  spend(nonce: string, untilMs: number): Promise<Spent> {
    const id = this.roomFor();
    if (typeof id !== 'number') return Promise.reject(id);
    const { out } = this.link;
    out.begin(FRAME.spend, 3);
    out.word(id);
    out.f64(untilMs);
    out.text(nonce, NONCE_MAX);
    out.end();
    return this.answerTo(id) as Promise<Spent>;
  }

  solved(actor: string, classOf: string, nowMs: number): void {
    if (!this.mayTell()) return;
    const { out } = this.link;
    out.begin(FRAME.solved, 2);
    out.f64(nowMs);
    out.text(actor, NAME_MAX);
    out.text(classOf, NAME_MAX);
    out.end();
    this.link.soon();
  }

  departed(endpoint: string, bits: number, undeclared: readonly string[]): void {
    const fresh = this.departures.fresh(endpoint, bits, undeclared);
    if (fresh !== null && this.report(DEPARTED, fresh)) this.departures.keep(fresh);
  }

  report(name: string, snapshot: unknown): boolean {
    const text = JSON.stringify(snapshot);
    if (text.length * 3 > this.maxQueued || !this.mayTell()) return false;
    const { out } = this.link;
    out.begin(FRAME.report, 0);
    out.text(name, NAME_MAX);
    out.text(text, this.maxQueued);
    out.end();
    this.link.soon();
    return true;
  }

  ping(): Promise<void> {
    const id = this.roomFor();
    if (typeof id !== 'number') return Promise.reject(id);
    this.link.out.begin(FRAME.ping, 1);
    this.link.out.word(id);
    this.link.out.end();
    return this.answerTo(id).then(() => undefined);
  }

  statistics(): OwnerStatistics {
    const { link } = this;
    return {
      connected: link.connected,
      outstanding: this.pending.count,
      queuedBytes: link.queued,
      failedLost: this.failedLost,
      failedBusy: this.failedBusy,
      lostMessages: this.lostMessages,
      reconnects: link.reconnects,
    };
  }

  async close(): Promise<void> {
    await this.link.close();
  }

  /** An id for a call, or why there can be none. */
  private roomFor(): number | SallyportError {
    if (!this.link.connected) {
      this.failedLost++;
      return this.link.lost;
    }
    const id = this.link.queued > this.maxQueued ? 0 : this.pending.id();
    if (id !== 0) return id;
    this.failedBusy++;
    return BUSY;
  }

  /** Something about an exchange that needs no answer. */
  private tell(type: number, word: number, rows: FactBatch, row: number, nowMs: number): void {
    if (!this.mayTell()) return;
    const { out } = this.link;
    out.begin(type, ROW_ROOM + 3);
    out.word(word);
    out.f64(nowMs);
    encodeRow(out, rows, row);
    out.end();
    this.link.soon();
  }

  private mayTell(): boolean {
    if (this.link.connected && this.link.queued <= this.maxQueued) {
      this.link.unwritten++;
      return true;
    }
    this.lostMessages++;
    return false;
  }

  private answerTo(id: number): Promise<Answer> {
    this.link.soon();
    return new Promise((resolve, reject) => this.pending.wait(id, resolve, reject));
  }

  private answered(inbox: Inbox): void {
    const { pending } = this;
    switch (inbox.type) {
      case FRAME.allows:
        while (inbox.at < inbox.limit) pending.settle(inbox.word(), ALLOW);
        return;
      case FRAME.verdict: {
        const id = inbox.word();
        const verdict = decodeVerdict(inbox);
        if (verdict !== null) pending.settle(id, verdict);
        return;
      }
      case FRAME.spent: {
        const id = inbox.word();
        // A word that means nothing to us is no permission.
        pending.settle(id, SPENT[inbox.word()] ?? 'seen');
        return;
      }
      case FRAME.failed:
        pending.fail(inbox.word(), FAILED);
        return;
      default:
        pending.settle(inbox.word(), true);
    }
  }

  private down(error: SallyportError, again: boolean): void {
    this.failedLost += this.pending.failAll(error);
    // Of what was written nobody knows whether it arrived; what was not written did not.
    this.lostMessages += this.link.unwritten;
    this.options.onState?.(again ? 'lost' : 'closed', error.message);
  }

  /** An owner that hangs keeps its socket open: only its silence tells. */
  private silence(ms: number, longest: number): void {
    if (this.pending.count === 0) this.ping().catch(() => {});
    else if (ms >= longest) this.link.abandon(`silent for ${Math.round(ms)} ms`);
  }
}

/** Made once: under load an error with a stack for every request would cost more than the request. */
const BUSY = new SallyportError('SP7314', 'Too many requests wait for the owner of state');
const FAILED = new SallyportError('SP9001', 'The owner of state failed on this request');
