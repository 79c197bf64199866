/**
 * A worker's connection to the owner of state: opened, watched, and opened again ever more slowly when it is lost. What is
 * said on it is not its business (client.ts).
 */
import { connect, type Socket } from 'node:net';
import { SallyportError } from '../../lib/errors.ts';
import { Inbox, Outbox } from './frames.ts';
import { FRAME, fromOwner, LAYOUT, WIRE_VERSION } from './wire.ts';

export interface LinkOptions {
  readonly secret: string;
  readonly worker: number;
  /** Longest silence of an owner that is asked something, in ms; after it the connection counts as lost. */
  readonly silenceMs?: number;
  /** How long the first connection may take, in ms. */
  readonly connectMs?: number;
}

export interface LinkEvents {
  /** An answer has come: everything but what is for the connection itself. */
  answer(inbox: Inbox): void;
  /** JSON of the owner: its welcome, and what it pushes. */
  pushed(message: unknown): void;
  /** How the first connection went: null where it stands. Once. */
  opened(error: SallyportError | null): void;
  up(): void;
  /** Nothing that was sent will be answered. `again` is false where this end has closed. */
  down(error: SallyportError, again: boolean): void;
  /** Now and then, while connected: nothing was heard for so long. */
  silence(ms: number, longest: number): void;
}

const SILENCE_MS = 10_000;
const CONNECT_MS = 10_000;
/** Waits between tries, in ms: doubled up to the longest. */
const RETRY_FIRST_MS = 25;
const RETRY_LONGEST_MS = 2000;
/** How long a worker that stops waits for what it has sent to be read, in ms. */
const CLOSE_MS = 1000;
const READ_BYTES = 64 * 1024;
const SECRET_MAX = 256;

export class OwnerLink {
  readonly out = new Outbox();
  connected = false;
  reconnects = 0;
  /** Why there is no connection. */
  lost = lostError('not connected yet');
  /** Messages without an answer that were not written yet. */
  unwritten = 0;
  private readonly path: string;
  private readonly options: LinkOptions;
  private readonly events: LinkEvents;
  private socket: Socket | null = null;
  private opening = true;
  private readonly giveUpAt: number;
  private closed = false;
  private flushing = false;
  private waitsForDrain = false;
  private heardAt = 0;
  private watch: NodeJS.Timeout | null = null;
  private retry: NodeJS.Timeout | null = null;
  private retryMs = RETRY_FIRST_MS;

  constructor(path: string, options: LinkOptions, events: LinkEvents) {
    this.path = path;
    this.options = options;
    this.events = events;
    this.giveUpAt = performance.now() + (options.connectMs ?? CONNECT_MS);
    this.open();
  }

  /** Bytes that wait to be written. */
  get queued(): number {
    return this.out.byteLength + (this.socket?.writableLength ?? 0);
  }

  /** Everything of one turn of the event loop is written together: after the sockets of all clients were read. */
  soon(): void {
    if (this.flushing || this.waitsForDrain) return;
    this.flushing = true;
    setImmediate(this.flushNow);
  }

  /** Gives the connection up; it is tried again. */
  abandon(why: string): void {
    this.socket?.destroy(new Error(why));
  }

  /** Sends what waits and ends. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { socket } = this;
    this.stopTimers();
    if (socket !== null && this.connected) {
      this.flush();
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve());
        socket.end();
        // The owner ends its side when it has read ours; one that hangs must not hold up a worker that stops.
        setTimeout(() => socket.destroy(), CLOSE_MS).unref();
      });
    }
    socket?.destroy();
    if (this.socket !== null) this.gone('closed by this worker');
  }

  private readonly flushNow = (): void => {
    this.flushing = false;
    this.flush();
  };

  private flush(): void {
    const { socket, out } = this;
    if (socket === null || !this.connected || out.at === 0 || this.waitsForDrain) return;
    const { chunk, slab } = out.take();
    this.unwritten = 0;
    this.waitsForDrain = !socket.write(chunk, () => out.give(slab));
  }

  private open(): void {
    this.retry = null;
    const inbox = new Inbox(fromOwner);
    const socket = connect({
      path: this.path,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length, buffer) => {
          inbox.append(buffer.subarray(0, length));
          this.read(socket, inbox);
          return true;
        },
      },
    });
    this.socket = socket;
    socket.on('connect', () => this.hello(socket));
    socket.on('drain', () => {
      this.waitsForDrain = false;
      this.flush();
    });
    let why = 'the owner closed the connection';
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.on('close', () => {
      if (this.socket === socket) this.gone(why);
    });
  }

  private hello(socket: Socket): void {
    const hello = new Outbox();
    hello.begin(FRAME.hello, 5);
    hello.word(WIRE_VERSION);
    hello.word(LAYOUT.hi);
    hello.word(LAYOUT.lo);
    hello.word(this.options.worker);
    hello.word(process.pid);
    hello.text(this.options.secret, SECRET_MAX);
    hello.end();
    socket.write(hello.take().chunk);
  }

  private read(socket: Socket, inbox: Inbox): void {
    this.heardAt = performance.now();
    while (inbox.next()) {
      if (inbox.type === FRAME.welcome || inbox.type >= FRAME.push) this.control(inbox);
      else this.events.answer(inbox);
    }
    if (inbox.bad) socket.destroy(new SallyportError('SP7312', 'The owner sent what is no message'));
  }

  private control(inbox: Inbox): void {
    const text = inbox.text();
    if (!inbox.whole()) return;
    if (inbox.type === FRAME.bye) {
      this.refused(text);
      return;
    }
    if (inbox.type === FRAME.welcome) this.welcomed();
    if (text === '') return;
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      inbox.bad = true;
      return;
    }
    this.events.pushed(message);
  }

  private welcomed(): void {
    this.connected = true;
    this.retryMs = RETRY_FIRST_MS;
    const longest = this.options.silenceMs ?? SILENCE_MS;
    this.watch ??= setInterval(() => this.events.silence(performance.now() - this.heardAt, longest), longest / 2);
    this.watch.unref();
    this.events.up();
    if (this.opening) this.events.opened(null);
    this.opening = false;
  }

  private refused(code: string): void {
    const { worker } = this.options;
    this.lost = new SallyportError('SP7313', `The owner of state refused worker ${worker}: ${code}`);
    if (!this.opening) return;
    this.closed = true;
    this.opening = false;
    this.events.opened(this.lost);
  }

  private gone(why: string): void {
    const had = this.connected;
    this.stopTimers();
    this.connected = false;
    this.waitsForDrain = false;
    this.socket = null;
    if (had || this.opening) this.lost = lostError(why);
    if (had) this.events.down(this.lost, !this.closed);
    this.out.clear();
    this.unwritten = 0;
    if (this.closed) return;
    if (this.opening && performance.now() >= this.giveUpAt) {
      this.closed = true;
      this.events.opened(this.lost);
      return;
    }
    this.reconnects++;
    this.retry = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(RETRY_LONGEST_MS, this.retryMs * 2);
  }

  private stopTimers(): void {
    if (this.watch !== null) clearInterval(this.watch);
    if (this.retry !== null) clearTimeout(this.retry);
    this.watch = null;
    this.retry = null;
  }
}

function lostError(why: string): SallyportError {
  return new SallyportError('SP7311', `The owner of state cannot be reached: ${why}`);
}
