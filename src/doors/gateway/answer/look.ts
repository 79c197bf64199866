/**
 * Looks at answers on their way to the client. Pieces go on as they come; what was seen of the beginning is judged when the exchange
 * ends. Only where a route withholds something is the beginning kept back, for a bounded number of bytes and a bounded time.
 */
import type { AnswerReader, ObjectCounter } from '../../../inspect/answer/index.ts';
import type { AnswerInsight } from '../../../inspect/contract.ts';
import type { AnswerTap, AnswerWord, HeaderList, RouteSettings } from '../contract.ts';
import { decodeBeginning, isPlain } from './decode.ts';

/** Beginnings of answers that are kept at once, in bytes of one worker; beyond it answers are passed on unseen. */
export const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/** Longest time that an answer is held back, in ms. */
export const HOLD_MS = 2_000;
/** Bytes of one answer whose objects are counted beyond the beginning. */
const MAX_COUNTED_BYTES = 64 * 1024 * 1024;
/** Compressed bytes after which a held answer is judged: text shrinks to a fifth or so. Zstandard comes in large blocks. */
const HELD_SHARE = 4;
const MIN_HELD_BYTES = 4096;

export interface AnswerRoomOptions {
  readonly reader: AnswerReader;
  /** Told of mistakes of ours: the answer goes on unseen. */
  readonly defect: (error: unknown) => void;
  readonly holdMs?: number;
  readonly keptBytes?: number;
}

/** What all looks of one worker share. */
interface Room extends Required<AnswerRoomOptions> {
  kept: number;
}

export class AnswerRoom {
  private readonly room: Room;

  constructor({ reader, defect, holdMs = HOLD_MS, keptBytes = MAX_KEPT_BYTES }: AnswerRoomOptions) {
    this.room = { reader, defect, holdMs, keptBytes, kept: 0 };
  }

  /** A look at the answer of one exchange; null where its route wants none. `routeClass` is ROUTE_CLASS. */
  look(route: RouteSettings, routeClass: number): AnswerLook | null {
    return route.answer.inspect ? new AnswerLook(this.room, route, routeClass) : null;
  }

  /** Bytes that are kept at present, for metrics and tests. */
  get keptBytes(): number {
    return this.room.kept;
  }
}

export class AnswerLook implements AnswerTap {
  /** The answer was not sent. */
  withheld = false;
  private readonly room: Room;
  private readonly route: RouteSettings;
  private readonly routeClass: number;
  private status = 0;
  private headers: HeaderList = [];
  private mediaType = '';
  private encoding = '';
  private counter: ObjectCounter | null = null;
  private counted = 0;
  private pieces: Buffer[] | null = null;
  private keptBytes = 0;
  /** Bytes that are wanted, as they come. */
  private wanted = 0;
  private whole = false;
  private settle: ((word: AnswerWord) => void) | null = null;
  private timer: NodeJS.Timeout | null = null;
  private over = false;

  constructor(room: Room, route: RouteSettings, routeClass: number) {
    this.room = room;
    this.route = route;
    this.routeClass = routeClass;
  }

  begin(status: number, headers: HeaderList, streams: boolean, settle: (word: AnswerWord) => void): boolean {
    const { reader, holdMs } = this.room;
    const { place, answer } = this.route;
    this.status = status;
    this.headers = headers;
    for (let i = 0; i < headers.length; i += 2) {
      const { length } = headers[i];
      if (length === 12 && headers[i].toLowerCase() === 'content-type') this.mediaType = headers[i + 1];
      else if (length === 16 && headers[i].toLowerCase() === 'content-encoding') this.encoding = headers[i + 1];
    }
    if (!streams || answer.bytes === 0 || !reader.looksAt(this.mediaType)) return false;
    const plain = isPlain(this.encoding);
    if (plain) this.counter = reader.counter(place, status, this.mediaType);
    const holds = answer.withhold !== 0;
    const share = holds && !plain && !/zstd/i.test(this.encoding);
    this.wanted = share ? Math.max(MIN_HELD_BYTES, Math.ceil(answer.bytes / HELD_SHARE)) : answer.bytes;
    this.pieces = [];
    if (!holds) return false;
    this.settle = settle;
    this.timer = setTimeout(() => this.timeUp(), holdMs);
    return true;
  }

  take(chunk: Buffer): AnswerWord {
    if (this.over) return 'send';
    try {
      if (this.counter !== null && this.counted < MAX_COUNTED_BYTES) {
        this.counter.take(chunk);
        this.counted += chunk.length;
      }
      this.keep(chunk);
      if (this.settle === null) return 'send';
      return this.pieces === null || this.keptBytes >= this.wanted ? this.judge() : 'hold';
    } catch (error) {
      return this.broken(error);
    }
  }

  end(): Exclude<AnswerWord, 'hold'> {
    this.whole = true;
    if (this.settle === null || this.over) return 'send';
    try {
      return this.judge();
    } catch (error) {
      return this.broken(error);
    }
  }

  /**
   * What was seen, when the exchange is over; null where there was no answer, or after a mistake of ours. Gives back all that was
   * kept; a second time there is nothing.
   */
  finish(): AnswerInsight | null {
    if (this.over || this.status === 0) {
      this.close();
      return null;
    }
    const { status, headers, mediaType, encoding, counter } = this;
    try {
      const body = this.beginning();
      const cut = !this.whole || (body !== null && this.keptBytes >= this.wanted);
      const told = { status, headers, mediaType, encoding, body, cut };
      return this.room.reader.read(this.route.place, told, this.routeClass, counter);
    } catch (error) {
      this.room.defect(error);
      return null;
    } finally {
      this.close();
    }
  }

  private keep(chunk: Buffer): void {
    const { pieces, room } = this;
    if (pieces === null) return;
    const left = this.wanted - this.keptBytes;
    if (left <= 0) return;
    const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
    if (room.kept + piece.length > room.keptBytes) {
      this.drop();
      return;
    }
    pieces.push(piece);
    this.keptBytes += piece.length;
    room.kept += piece.length;
    // From here on it may be long until the end: what is kept must not hold on to the buffers that it came in.
    if (this.keptBytes === this.wanted) this.pieces = [Buffer.concat(pieces)];
  }

  private drop(): void {
    this.room.kept -= this.keptBytes;
    this.keptBytes = 0;
    this.pieces = null;
  }

  /** What there is of the body, decoded; null where nothing can be said of it. */
  private beginning(): Buffer | null {
    const { pieces } = this;
    if (pieces === null || pieces.length === 0) return null;
    const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    return this.counter !== null || isPlain(this.encoding)
      ? bytes
      : decodeBeginning(bytes, this.encoding, this.route.answer.bytes);
  }

  /** May the answer that is held back leave? */
  private judge(): 'send' | 'withhold' {
    this.stopHolding();
    const bytes = this.beginning();
    if (bytes === null || this.room.reader.carries(this.route.place, bytes, this.routeClass) === 0) return 'send';
    this.withheld = true;
    return 'withhold';
  }

  private timeUp(): void {
    const { settle } = this;
    if (settle === null || this.over) return;
    let word: AnswerWord;
    try {
      word = this.judge();
    } catch (error) {
      word = this.broken(error);
    }
    settle(word);
  }

  private stopHolding(): void {
    this.settle = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private broken(error: unknown): 'send' {
    this.close();
    this.room.defect(error);
    return 'send';
  }

  private close(): void {
    this.over = true;
    this.stopHolding();
    this.drop();
    this.counter?.release();
    this.counter = null;
  }
}
