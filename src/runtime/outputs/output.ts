/**
 * One output: a bounded buffer, and one batch at a time on its way. What cannot be delivered now is tried again with
 * growing pauses; whoever adds events never waits.
 */
import type { OutputSettings } from '../../config/outputs.ts';
import type { Format, Origin, SiemEvent } from './event.ts';
import { formatOf } from './formats/index.ts';
import { BoundedQueue, type Item } from './queue.ts';
import type { Timers } from './timers.ts';
import { DeliveryError, type Transport } from './transports/contract.ts';

/** Bytes of one batch at most; a single event may be larger. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** The first pause after a failure, and the longest, in ms. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** The same kind of failure is put into words once in so many ms. */
const SAY_AGAIN_MS = 60_000;
/** How long a batch on its way may take when its output is exchanged for another, in ms. */
const HANDOVER_MS = 2000;

/** Totals of an output by its name: they only grow, across reloads, too. */
export interface Totals {
  /** Events that arrived. */
  sent: number;
  /** Events that are lost: no room, refused for good, or left over at the end. */
  dropped: number;
  /** Batches that did not arrive at the first try, each try counted. */
  failed: number;
}

export type OutputState = 'idle' | 'ok' | 'failing';

/** How an output does, for operators. */
export interface OutputStatus extends Readonly<Totals> {
  readonly name: string;
  readonly format: string;
  readonly to: string;
  readonly state: OutputState;
  readonly waiting: number;
  readonly waiting_bytes: number;
  /** Code and words of the last failure; '' while it goes well. */
  readonly problem: string;
  /** RFC 3339; '' for never. */
  readonly last_sent_at: string;
}

export interface OutputOptions {
  readonly settings: OutputSettings;
  readonly transport: Transport;
  readonly origin: Origin;
  readonly timers: Timers;
  readonly totals: Totals;
  readonly onNote: (text: string) => void;
}

export class Output {
  readonly settings: OutputSettings;
  readonly #options: OutputOptions;
  readonly #format: Format;
  readonly #queue: BoundedQueue;
  readonly #abort = new AbortController();
  #sending: Promise<void> | null = null;
  #stopTimer: (() => void) | null = null;
  /** By code: when a failure was last put into words. */
  readonly #saidMs = new Map<string, number>();
  #isPausing = false;
  #isStopped = false;
  /** What goes wrong now was put into words, so its end is, too. */
  #isSaid = false;
  /** The end has come: nobody waits for more events. */
  #isClosing = false;
  #failures = 0;
  #problem = '';
  #lastSentMs = 0;
  #limit: number;
  /** Dropped for want of room since that was last said. */
  #unsaid = 0;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.settings = options.settings;
    const { buffer_events, buffer_bytes, on_full, batch_events } = options.settings;
    this.#format = formatOf(options.settings);
    this.#queue = new BoundedQueue({ events: buffer_events, bytes: buffer_bytes, onFull: on_full });
    this.#limit = batch_events;
  }

  /** Takes an event; it never waits and never throws. */
  add(event: SiemEvent): void {
    const text = this.#format(event, this.#options.origin);
    const { timeMs, severity, kind, id } = event;
    this.#push({ text, bytes: Buffer.byteLength(text), timeMs, severity, kind, id });
    this.#schedule();
  }

  /** Takes over what waited in the output that this one stands for now, before anything else. */
  adopt(items: readonly Item[]): void {
    for (const item of items) this.#push(item);
    this.#schedule();
  }

  /** Events that were lost before they were events of this output. */
  lost(count: number): void {
    this.#options.totals.dropped += count;
  }

  reopen(): void {
    this.#options.transport.reopen();
  }

  status(): OutputStatus {
    const { name, format } = this.settings;
    return {
      name,
      format,
      to: targetOf(this.settings),
      state: this.#problem !== '' ? 'failing' : this.#lastSentMs === 0 ? 'idle' : 'ok',
      ...this.#options.totals,
      waiting: this.#queue.size,
      waiting_bytes: this.#queue.bytes,
      problem: this.#problem,
      last_sent_at: this.#lastSentMs === 0 ? '' : new Date(this.#lastSentMs).toISOString(),
    };
  }

  /** Sends what waits, for `limitMs` at most, and ends. What is left over then counts as dropped. Never rejects. */
  async close(limitMs: number): Promise<void> {
    this.#isClosing = true;
    let stop = () => {};
    const late = new Promise<void>((resolve) => {
      stop = this.#options.timers.after(limitMs, resolve);
    });
    // One try now, also where a pause was to be kept.
    this.#wake();
    while (this.#sending !== null) {
      const isLate = await Promise.race([this.#sending.then(() => false), late.then(() => true)]);
      if (isLate || this.#queue.size === 0 || this.#problem !== '') break;
      this.#wake();
    }
    stop();
    this.#stop();
    await this.#sending;
    const left = this.#queue.drain().length;
    if (left > 0) {
      this.#options.totals.dropped += left;
      this.#note(`SP8309: output ${this.settings.name} ends with ${left} events that were not delivered`);
    }
    await this.#options.transport.close();
  }

  /** Sends no more; what is on its way has a moment to arrive. Events may still be added: {@link rest} has them, too. */
  async handOver(): Promise<void> {
    this.#isStopped = true;
    this.#stopTimer?.();
    const stop = this.#options.timers.after(HANDOVER_MS, () => this.#abort.abort());
    await this.#sending;
    stop();
    await this.#options.transport.close();
  }

  /** What waited here, for {@link adopt}. */
  rest(): readonly Item[] {
    return this.#queue.drain();
  }

  #push(item: Item): void {
    const dropped = this.#queue.push(item);
    if (dropped === 0) return;
    this.#options.totals.dropped += dropped;
    if (this.#unsaid === 0) {
      this.#note(
        `SP8308: output ${this.settings.name} drops events: ${this.#queue.size} wait and there is no more room`,
      );
    }
    this.#unsaid += dropped;
  }

  #schedule(): void {
    if (this.#isStopped || this.#sending !== null || this.#queue.size === 0) return;
    if (this.#isPausing) return;
    const { flush_ms, batch_events } = this.settings;
    if (this.#queue.size >= batch_events || this.#queue.bytes >= MAX_BATCH_BYTES) this.#wake();
    else this.#stopTimer ??= this.#options.timers.after(flush_ms, () => this.#wake());
  }

  #wake(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#isPausing = false;
    if (this.#isStopped || this.#sending !== null || this.#queue.size === 0) return;
    this.#sending = this.#drain().finally(() => {
      this.#sending = null;
      if (!this.#isClosing) this.#schedule();
    });
  }

  /** One batch after the other until nothing waits, or until one does not arrive. */
  async #drain(): Promise<void> {
    while (this.#queue.size > 0 && !this.#isStopped) {
      const batch = this.#queue.take(this.#limit, MAX_BATCH_BYTES);
      try {
        await this.#options.transport.send(batch, this.#abort.signal);
      } catch (error) {
        if (this.#failed(batch, error)) continue;
        return;
      }
      this.#arrived(batch);
    }
  }

  #arrived(batch: readonly Item[]): void {
    this.#queue.confirm();
    this.#options.totals.sent += batch.length;
    this.#lastSentMs = this.#options.timers.now();
    this.#failures = 0;
    this.#limit = Math.min(this.settings.batch_events, this.#limit * 2);
    if (this.#problem === '') return;
    this.#problem = '';
    const dropped = this.#unsaid === 0 ? '' : `, after ${this.#unsaid} events were dropped`;
    this.#unsaid = 0;
    if (this.#isSaid) this.#note(`output ${this.settings.name} delivers again${dropped}`);
    this.#isSaid = false;
  }

  /** Whether to go on at once. */
  #failed(batch: readonly Item[], thrown: unknown): boolean {
    const { totals, timers } = this.#options;
    const error =
      thrown instanceof DeliveryError
        ? thrown
        : new DeliveryError('SP8302', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
    totals.failed++;
    this.#say(`${error.code}: output ${this.settings.name}: ${error.message}`);
    if (error.tooLarge && batch.length > 1) {
      this.#limit = Math.ceil(batch.length / 2);
      this.#queue.putBack();
      return true;
    }
    if (error.permanent) {
      this.#queue.confirm();
      totals.dropped += batch.length;
      this.#unsaid += batch.length;
      return true;
    }
    this.#queue.putBack();
    if (this.#isStopped || this.#isClosing) return false;
    const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures++, 20));
    this.#isPausing = true;
    // Between half and the whole: several that were cut off together do not come back together.
    const jittered = pause * (0.5 + timers.random() / 2);
    this.#stopTimer = timers.after(Math.max(error.retryAfterMs, jittered), () => this.#wake());
    return false;
  }

  /** Each kind of failure once in a while: a receiver that comes and goes must not fill the log. */
  #say(text: string): void {
    const code = text.slice(0, 6);
    const isNew = this.#problem.slice(0, 6) !== code;
    this.#problem = text;
    const now = this.#options.timers.now();
    if (!isNew || now < (this.#saidMs.get(code) ?? Number.NEGATIVE_INFINITY) + SAY_AGAIN_MS) return;
    this.#saidMs.set(code, now);
    this.#isSaid = true;
    this.#note(text);
  }

  #note(text: string): void {
    this.#options.onNote(text);
  }

  #stop(): void {
    this.#isStopped = true;
    this.#stopTimer?.();
    this.#abort.abort();
  }
}

/** Where it goes, without secrets. */
export function targetOf({ to: { file, syslog, http, otlp } }: OutputSettings): string {
  if (file !== undefined) return `file ${file.path}`;
  if (syslog !== undefined) {
    return `syslog ${syslog.host}${syslog.port === undefined ? '' : `:${syslog.port}`}${syslog.tls ? ' over TLS' : ''}`;
  }
  const url = new URL(http?.url ?? otlp?.endpoint ?? '');
  return `${http === undefined ? 'OTLP' : 'HTTP'} ${url.protocol}//${url.host}${url.pathname}`;
}
