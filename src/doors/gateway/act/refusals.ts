/**
 * The refusals, each with what it says. None names a threshold, a detector or a class of abuse: whoever is stopped by mistake
 * needs the receipt, the end and somebody to turn to; whoever is stopped rightly needs nothing that helps to do better.
 */
import type { LimitState, Verdict } from '../../../runtime/live/verdict.ts';
import { limitHeaders } from './limits.ts';
import type { Refusal } from './notice.ts';
import { rfc3339 } from './pages/notice-page.ts';

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

type Words = Pick<Refusal, 'status' | 'code' | 'title' | 'words'>;

const TOO_FAST: Words = {
  status: 429,
  code: 'SP7403',
  title: 'Too many requests',
  words: ['You are sending more requests than allowed here.', 'Wait a moment, then go on more slowly.'],
};
const USED_UP: Words = {
  status: 429,
  code: 'SP8201',
  title: 'Your quota is used up',
  words: ['What your plan allows in this period has been used.', 'It begins anew at the time named.'],
};

/** What is said of a limit, by what it is about. */
const LIMIT_WORDS: Readonly<Record<NonNullable<LimitState['kind']>, Words>> = {
  rate: TOO_FAST,
  cost: {
    ...TOO_FAST,
    words: [
      'You are asking for more than is allowed here in so short a time.',
      'Wait a moment, then ask for less at once.',
    ],
  },
  requests: USED_UP,
  units: USED_UP,
  bytes: USED_UP,
  concurrency: {
    status: 429,
    code: 'SP8202',
    title: 'Too many requests at once',
    words: ['Your plan allows only so many requests under way at the same time.', 'Wait for their answers first.'],
  },
  budget: {
    status: 429,
    code: 'SP8203',
    title: 'The budget of your plan does not allow this now',
    words: [
      'The budget of your plan is spent, or so nearly that requests are put off.',
      'Try again at the time named.',
    ],
  },
  capacity: {
    status: 503,
    code: 'SP8204',
    title: 'There is no room right now',
    words: ['More requests are under way than can be taken.', 'Wait a moment, then try again.'],
  },
};

/** Borders of days and months are whole minutes everywhere. */
const MINUTE_MS = 60_000;

/** What has no borders in the calendar. */
const TIMELESS: ReadonlySet<LimitState['kind']> = new Set(['rate', 'cost', 'concurrency', 'capacity']);

/** When a quota begins anew; null where it is no matter of the calendar. */
function renewal(kind: LimitState['kind'], retryAfterSec: number, nowMs: number): string | null {
  if (kind === undefined || TIMELESS.has(kind)) return null;
  // Before it is spent a budget puts requests off for a minute at most.
  if (kind === 'budget' && retryAfterSec * 1000 <= MINUTE_MS) return null;
  return rfc3339(Math.floor((nowMs + retryAfterSec * 1000) / MINUTE_MS) * MINUTE_MS);
}

/** Over a limit or a quota. What it is stands in its headers: it is the API's own, and public. */
export function overLimit(verdict: Verdict, nowMs: number): Refusal {
  const { limit } = verdict;
  const kind = limit?.kind ?? 'rate';
  const retryAfterSec = Math.max(verdict.retryAfterSec, limit?.resetSec ?? 0, SOON_SEC);
  const refusal = { ...LIMIT_WORDS[kind], retryAfterSec, headers: limitHeaders(limit) };
  // Rates are told of in headers alone.
  if (limit === null || kind === 'rate' || kind === 'cost' || kind === 'capacity') return refusal;
  const renews = renewal(kind, limit.resetSec, nowMs);
  return { ...refusal, extra: { quota: limit.name, ...(renews !== null && { renews }) } };
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
