/** Events that wait until their receiver asks for them (RFC 8936): bounded, oldest first, gone when they are acknowledged. */
import { isFields } from './http.ts';

/** Events given at once, whatever is asked for, and acknowledgements that are read at once. */
const MAX_GIVEN = 100;
const MAX_SETTLED = 1000;
/** After this time, in ms, an event that nobody asked for makes room for others. */
const STALE_MS = 86_400_000;

interface Kept {
  readonly set: string;
  readonly atMs: number;
}

export class PollQueue {
  private readonly kept = new Map<string, Kept>();
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** False where there is no room. */
  add(jti: string, set: string, nowMs: number): boolean {
    if (this.kept.size >= this.capacity) {
      const [oldest] = this.kept;
      if (nowMs - oldest[1].atMs < STALE_MS) return false;
      this.kept.delete(oldest[0]);
    }
    this.kept.set(jti, { set, atMs: nowMs });
    return true;
  }

  /** Takes out what a receiver has acknowledged (`ack`), or will not take (`setErrs`). */
  settle(question: Readonly<Record<string, unknown>>): { readonly jti: string; readonly refused: boolean }[] {
    const acked: unknown[] = Array.isArray(question.ack) ? question.ack.slice(0, MAX_SETTLED) : [];
    const refused = isFields(question.setErrs) ? Object.keys(question.setErrs).slice(0, MAX_SETTLED) : [];
    const settled: { jti: string; refused: boolean }[] = [];
    for (const jti of acked) {
      if (typeof jti === 'string' && this.kept.delete(jti)) settled.push({ jti, refused: false });
    }
    for (const jti of refused) if (this.kept.delete(jti)) settled.push({ jti, refused: true });
    return settled;
  }

  /** The oldest events, up to `most`. They stay until they are acknowledged. */
  take(most: unknown): { readonly sets: Record<string, string>; readonly moreAvailable: boolean } {
    const wanted = typeof most === 'number' && most >= 0 ? Math.min(Math.floor(most), MAX_GIVEN) : MAX_GIVEN;
    const sets: Record<string, string> = {};
    let count = 0;
    for (const [jti, { set }] of this.kept) {
      if (count >= wanted) break;
      sets[jti] = set;
      count++;
    }
    return { sets, moreAvailable: this.kept.size > count };
  }

  /** Drops all. Gives how many. */
  clear(): number {
    const { size } = this.kept;
    this.kept.clear();
    return size;
  }
}
