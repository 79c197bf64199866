/**
 * The refusals, each with what it says. None names a threshold, a detector or a class of abuse: whoever is stopped by mistake
 * needs the receipt, the end and somebody to turn to; whoever is stopped rightly needs nothing that helps to do better.
 */
import type { Verdict } from '../../../runtime/live/verdict.ts';
import { limitHeaders } from './limits.ts';
import type { Refusal } from './notice.ts';

/** Longest Retry-After of a throttle that does not know better, in seconds. */
const SOON_SEC = 1;

/** Seconds until the mitigation ends. */
function remainingSec(verdict: Verdict, nowMs: number): number {
  return Math.max(verdict.retryAfterSec, (verdict.untilMs - nowMs) / 1000, SOON_SEC);
}

export function blocked(verdict: Verdict, nowMs: number): Refusal {
  return {
    status: 403,
    code: 'SP7401',
    title: 'This request was stopped',
    words: [
      'The traffic this request belongs to was taken for abuse, so it was not passed on.',
      'That is decided by a program and can be wrong. It ends by itself; whoever runs this service can end it earlier with the receipt.',
    ],
    receipt: verdict.mitigation,
    untilMs: verdict.untilMs,
    retryAfterSec: remainingSec(verdict, nowMs),
  };
}

export function throttled(verdict: Verdict): Refusal {
  const waitSec = Math.max(verdict.retryAfterSec, verdict.delayMs / 1000, SOON_SEC);
  return {
    status: 429,
    code: 'SP7402',
    title: 'Please slow down',
    words: [
      'More requests are coming from where you are than can be taken right now.',
      'Wait a moment, then try again.',
    ],
    receipt: verdict.mitigation,
    untilMs: verdict.untilMs,
    retryAfterSec: waitSec,
    headers: limitHeaders(verdict.limit),
  };
}

/** Over a rate limit. What the limit is stands in its headers: it is the API's own, and public. */
export function overLimit(verdict: Verdict): Refusal {
  return {
    status: 429,
    code: 'SP7403',
    title: 'Too many requests',
    words: ['You are sending more requests than allowed here.', 'Wait a moment, then go on more slowly.'],
    retryAfterSec: Math.max(verdict.retryAfterSec, verdict.limit?.resetSec ?? 0, SOON_SEC),
    headers: limitHeaders(verdict.limit),
  };
}

export function revoked(verdict: Verdict): Refusal {
  return {
    status: 401,
    code: 'SP7405',
    title: 'This key or login no longer counts',
    words: [
      'The key, token or login that came with this request is no longer accepted.',
      'Log in again, or ask for a new key and name the receipt.',
    ],
    receipt: verdict.mitigation,
    untilMs: verdict.untilMs,
    headers: ['www-authenticate', 'Bearer error="invalid_token", error_description="The token was revoked"'],
  };
}
