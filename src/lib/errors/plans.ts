/** Errors of usage plans: what clients are told, and what keeps counters from being kept. */
import type { ErrorEntry } from './entry.ts';

export const PLAN_ERRORS = {
  SP8201: {
    title: 'The quota of a usage plan is used up',
    advice: 'The answer names the quota and when it begins anew. A larger plan, or fewer requests, help until then.',
  },
  SP8202: {
    title: 'Too many requests of one caller are under way',
    advice: 'The plan of the caller allows only so many at once. Wait for answers before sending more.',
  },
  SP8203: {
    title: 'The budget of a usage plan is spent, or nearly',
    advice:
      'Before it is spent a growing share of requests is put off, so that it lasts longer; what is put off costs nothing. docs/plans.md says how.',
  },
  SP8204: {
    title: 'The remaining room is kept for callers of a higher tier',
    advice:
      'Requests under way have used up all but what "reserve" keeps. Look for a slow upstream first; add workers, raise gateway.overload.max_in_flight, or keep less.',
  },
  SP8205: {
    title: 'The counters of usage plans cannot be read',
    advice:
      'The file plans.jsonl in the data directory is damaged or of another version. Move it away: all quotas and budgets begin anew.',
  },
  SP8206: {
    title: 'The counters of usage plans cannot be written',
    advice:
      'They go on in memory and are written as soon as that works again; a restart before loses what was counted since. Look at the disk of the data directory.',
  },
  SP8207: {
    title: 'Cost units are counted in a way that is probably not meant',
    advice:
      'Limits, rates and the throttle count in the units by which GraphQL requests are weighed: inspection.graphql says how. docs/graphql.md has examples. It is a warning, not an error.',
  },
} as const satisfies Record<string, ErrorEntry>;
