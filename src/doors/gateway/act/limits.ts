/**
 * Rate limits as clients are told of them: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, from its
 * seventh version on), and the triple of earlier versions that most clients read.
 */
import type { LimitState } from '../../../runtime/live/verdict.ts';
import type { HeaderList } from '../contract.ts';

/** Headers about a limit; none where there is no limit. All times are whole seconds, all counts are not negative. */
export function limitHeaders(limit: LimitState | null): HeaderList {
  if (limit === null) return [];
  const quota = whole(limit.limit);
  const left = Math.max(0, Math.floor(limit.remaining));
  const reset = whole(limit.resetSec);
  const name = `"${limit.name.replace(/[^\w-]/g, '')}"`;
  return [
    'RateLimit-Policy',
    `${name};q=${quota};w=${Math.max(1, whole(limit.windowSec))}`,
    'RateLimit',
    `${name};r=${left};t=${reset}`,
    'RateLimit-Limit',
    String(quota),
    'RateLimit-Remaining',
    String(left),
    'RateLimit-Reset',
    String(reset),
  ];
}

function whole(value: number): number {
  return value > 0 ? Math.ceil(value) : 0;
}
