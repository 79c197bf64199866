/** From requests and what became of them to the figures of a run. Pure. */
import type { Attempt } from './book.ts';

/** A tool is held from the first request on of which so large a share of what follows at once stays away from the shop. */
export const HELD_SHARE = 0.9;
/** What follows at once: so many requests, or those of so many ms where they are more. */
export const WINDOW_REQUESTS = 20;
export const WINDOW_MS = 2000;
/** At the end of a run a window is cut short; fewer requests than this prove nothing, unless the tool gave up. */
export const LEAST_WINDOW = 5;
/** A person waits this long, in ms, and still has been served: the 2 s that a throttle may hold, and a busy machine's part. */
export const PATIENCE_MS = 2500;

export interface ToolOutcome {
  readonly sent: number;
  readonly reached: number;
  /** Requests that reached the shop before it was held; all that did where it never was. */
  readonly leaked: number;
  /** From its first request to the first one from which it was held, in seconds; null where it never was. */
  readonly seconds: number | null;
  /** Share of its requests kept from the shop from then on; 0 where it never was held. */
  readonly heldAfter: number;
}

export interface UserOutcome {
  readonly sent: number;
  readonly completed: number;
  /** Of those that were not completed: what they were answered. */
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * What a tool got through. Requests under way when the run ended say nothing, unless they had waited longer than any window.
 * `gaveUp`: the tool ended before it was ended.
 */
export function toolOutcome(attempts: readonly Attempt[], endMs: number, gaveUp: boolean): ToolOutcome {
  const known = attempts.filter((a) => a.reachedMs !== null || a.endedMs !== null || endMs - a.sentMs > WINDOW_MS);
  const sent = known.length;
  const through = known.map((a) => (a.reachedMs === null ? 0 : 1));
  const reached = through.reduce<number>((sum, n) => sum + n, 0);
  const from = heldFrom(known, gaveUp);
  if (from < 0) return { sent, reached, leaked: reached, seconds: null, heldAfter: 0 };
  const leaked = through.slice(0, from).reduce<number>((sum, n) => sum + n, 0);
  return {
    sent,
    reached,
    leaked,
    seconds: (known[from].sentMs - known[0].sentMs) / 1000,
    heldAfter: 1 - (reached - leaked) / (sent - from),
  };
}

/** Index of the first request that was held and from which the window is; −1 for none. */
function heldFrom(attempts: readonly Attempt[], gaveUp: boolean): number {
  for (let i = 0; i < attempts.length; i++) {
    if (attempts[i].reachedMs !== null) continue;
    let end = i;
    let held = 0;
    while (
      end < attempts.length &&
      (end - i < WINDOW_REQUESTS || attempts[end].sentMs - attempts[i].sentMs <= WINDOW_MS)
    )
      if (attempts[end++].reachedMs === null) held++;
    const whole = end - i >= WINDOW_REQUESTS || end < attempts.length;
    if (!whole && !gaveUp && end - i < LEAST_WINDOW) return -1;
    if (held >= HELD_SHARE * (end - i)) return i;
  }
  return -1;
}

/** Whether somebody got an answer of the shop, and without waiting for it longer than people do. */
export function isCompleted(attempt: Attempt): boolean {
  const { reachedMs, sentMs, endedMs, status } = attempt;
  return reachedMs !== null && reachedMs - sentMs <= PATIENCE_MS && endedMs !== null && status > 0;
}

/** How people fared. Those who still waited when the run ended count only if they had waited too long. */
export function userOutcome(attempts: readonly Attempt[], endMs: number): UserOutcome {
  const known = attempts.filter((a) => a.endedMs !== null || endMs - a.sentMs > PATIENCE_MS);
  const refusals: Record<string, number> = {};
  let completed = 0;
  for (const attempt of known) {
    if (isCompleted(attempt)) completed++;
    else {
      const why = attempt.reachedMs === null ? `${attempt.status || 'no answer'}` : 'late';
      refusals[why] = (refusals[why] ?? 0) + 1;
    }
  }
  return { sent: known.length, completed, refusals };
}
