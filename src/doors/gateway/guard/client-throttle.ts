/**
 * Sends less to an upstream that turns requests away, so that it need not spend its strength on saying no. Google's
 * Site Reliability Engineering (Beyer et al., 2016, chapter "Handling Overload"): of the requests of the last two minutes,
 * a share of max(0, (requests − K · accepts) / (requests + 1)) is refused here.
 *
 * By that alone an upstream that was down for two minutes would get all of its traffic back five minutes after it is well.
 * Here what is past is forgiven by halves with each five seconds in which it took nearly all that it was sent.
 */
import type { ErrorCode } from '../../../lib/errors.ts';
import { Thinning } from './thinning.ts';

/** What a request that is refused here is answered with, as a 503. */
export const THROTTLED: ErrorCode = 'SP7304';

/** How many times what was accepted is still sent: at 2 the upstream turns away as many as it accepts. */
const K = 2;
const WINDOW_MS = 120_000;
const SLOT_MS = 5000;
const SLOTS = WINDOW_MS / SLOT_MS;
/** Some always go through: else nobody would find out that the upstream is back. */
const REFUSE_MAX = 0.98;
/** Fewer refusals than this say nothing yet. */
const REFUSALS_MIN = 10;
/** A slot in which so many were sent and this share was accepted shows an upstream that is well. */
const WELL_SENT = 3;
const WELL_SHARE = 0.9;

export interface ClientThrottle {
  /** Whether a request may be sent now. `nowMs` on any clock that does not run backwards. */
  admit(nowMs: number): boolean;
  /**
   * How a request that was sent has ended: `accepted` is false where the upstream said that it has too much to do (429,
   * 503). Requests count when their end is known, so that the first ones of a burst do not look refused.
   */
  ended(accepted: boolean, nowMs: number): void;
  /** Share that is refused now, 0 to 1. */
  share(nowMs: number): number;
  /** Of the last two minutes: requests with those refused here, those accepted; and all ever refused here. */
  statistics(): { readonly requests: number; readonly accepts: number; readonly refused: number };
}

/** A throttle for one group of servers: two minutes in slots of five seconds, a few hundred bytes. */
export function createClientThrottle(): ClientThrottle {
  return new SlidingThrottle();
}

class SlidingThrottle implements ClientThrottle {
  private readonly requestsBySlot = new Float64Array(SLOTS);
  private readonly acceptsBySlot = new Float64Array(SLOTS);
  private readonly thinning = new Thinning();
  private slot = Number.NaN;
  private requests = 0;
  private accepts = 0;
  private refused = 0;
  /** Sent, and of those accepted, in this slot. */
  private sentNow = 0;
  private acceptedNow = 0;

  admit(nowMs: number): boolean {
    this.advance(nowMs);
    if (!this.thinning.sheds(this.shareNow())) return true;
    this.count();
    this.refused++;
    return false;
  }

  ended(accepted: boolean, nowMs: number): void {
    this.advance(nowMs);
    this.count();
    this.sentNow++;
    if (!accepted) return;
    this.acceptedNow++;
    this.accepts++;
    this.acceptsBySlot[this.slot % SLOTS]++;
  }

  share(nowMs: number): number {
    this.advance(nowMs);
    return this.shareNow();
  }

  statistics(): { requests: number; accepts: number; refused: number } {
    return { requests: this.requests, accepts: this.accepts, refused: this.refused };
  }

  private count(): void {
    this.requests++;
    this.requestsBySlot[this.slot % SLOTS]++;
  }

  private shareNow(): number {
    if (this.requests - this.accepts < REFUSALS_MIN) return 0;
    const share = (this.requests - K * this.accepts) / (this.requests + 1);
    return share <= 0 ? 0 : Math.min(REFUSE_MAX, share);
  }

  private advance(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    if (slot === this.slot) return;
    if (Number.isNaN(this.slot)) this.slot = slot;
    if (this.sentNow >= WELL_SENT && this.acceptedNow >= WELL_SHARE * this.sentNow) this.forgive();
    this.sentNow = 0;
    this.acceptedNow = 0;
    // A clock that jumped far clears each slot once, not once a slot of time.
    const steps = Math.min(SLOTS, slot - this.slot);
    for (let i = 1; i <= steps; i++) {
      const at = (((slot - steps + i) % SLOTS) + SLOTS) % SLOTS;
      this.requests -= this.requestsBySlot[at];
      this.accepts -= this.acceptsBySlot[at];
      this.requestsBySlot[at] = 0;
      this.acceptsBySlot[at] = 0;
    }
    if (slot > this.slot) this.slot = slot;
  }

  private forgive(): void {
    for (let i = 0; i < SLOTS; i++) {
      const forgiven = Math.ceil((this.requestsBySlot[i] - this.acceptsBySlot[i]) / 2);
      this.requestsBySlot[i] -= forgiven;
      this.requests -= forgiven;
    }
  }
}
