/** What a client is told whose body was not collected. */
import type { Outcome } from '../contract.ts';
import type { Problem } from '../http/problem.ts';

interface Refusal {
  readonly problem: Problem;
  readonly ended: Outcome['ended'];
}

const TOO_LARGE = 'The body of the request is too large';
const NO_ROOM = 'The body of the request cannot be taken now';
/** Seconds after which a client may try again where memory or disk were used up. */
const AGAIN_S = 5;

export const PROBLEMS = {
  tooLarge: { problem: { status: 413, code: 'SP7701', title: TOO_LARGE }, ended: 'limit' },
  tooLargeForDisk: { problem: { status: 413, code: 'SP7702', title: TOO_LARGE }, ended: 'limit' },
  noRoom: { problem: { status: 503, code: 'SP7703', title: NO_ROOM, retryAfterSec: AGAIN_S }, ended: 'limit' },
  noDisk: { problem: { status: 503, code: 'SP7704', title: NO_ROOM, retryAfterSec: AGAIN_S }, ended: 'limit' },
  tooSlow: {
    problem: { status: 408, code: 'SP7705', title: 'The body of the request came too slowly', close: true },
    ended: 'deadline',
  },
} as const satisfies Record<string, Refusal>;
