/**
 * Rate limits as clients are told of them: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, from its
 * seventh version on), and the triple of earlier versions that most clients read.
 */
import type { LimitKind, LimitState } from '../../../runtime/live/verdict.ts';
import type { HeaderList } from '../contract.ts';

/** What a quota counts where it is not requests: parameter `qu`. */
const UNITS: Partial<Record<LimitKind, string>> = {
  units: 'units',
  cost: 'units',
  bytes: 'content-bytes',
  concurrency: 'concurrent-requests',
};

/** Headers about a limit; none where there is no limit. All times are whole seconds, all counts are not negative. */
export function limitHeaders(limit: LimitState | null): HeaderList {
  // Money is between a provider and whoever signed the contract, and room is nobody's quota.
  if (limit === null || limit.kind === 'budget' || limit.kind === 'capacity') return [];
  const quota = whole(limit.limit);
  const left = Math.max(0, Math.floor(limit.remaining));
  const reset = whole(limit.resetSec);
  const name = `"${limit.name.replace(/[^\w-]/g, '')}"`;
  const counted = limit.kind === undefined ? undefined : UNITS[limit.kind];
  const unit = counted === undefined ? '' : `;qu="${counted}"`;
  return [
    'RateLimit-Policy',
    `${name};q=${quota};w=${Math.max(1, whole(limit.windowSec))}${unit}`,
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
