/** Errors of the overload guard, and of the connection between workers and the owner of state. */
import type { ErrorEntry } from './entry.ts';

export const GUARD_ERRORS = {
  SP7301: {
    title: 'The gateway has as many requests under way as it may',
    advice:
      'gateway.overload.max_in_flight is reached for requests of this priority. Look for a slow upstream first, then raise it or add workers.',
  },
  SP7302: {
    title: 'A route has as many requests under way as it can take',
    advice:
      'The upstream of the route has become slower, or gets more than it can answer. docs/overload.md says how the limit is found; concurrency of the route sets a fixed one.',
  },
  SP7303: {
    title: 'Requests were turned away because the gateway has no computing time left',
    advice:
      'Requests of low priority go first. Add workers, give the process more of a core, or look at what else runs on the machine.',
  },
  SP7304: {
    title: 'The upstream turns most requests away, so fewer are sent to it',
    advice: 'It answers 429 or 503. Sending less is what lets it recover; the share that is sent rises as it accepts.',
  },
  SP7311: {
    title: 'The owner of state cannot be reached',
    advice:
      'Routes fail open or closed as the configuration says until it is back. Look for why the main process stopped or hangs.',
  },
  SP7312: {
    title: 'Something on the socket of the owner of state is not understood',
    advice: 'The connection was closed. Workers and owner must be of the same version; restart all of them together.',
  },
  SP7313: {
    title: 'The owner of state refused a worker',
    advice:
      'The secret or the version is not its own. Restart all processes together; nothing else may use the data directory.',
  },
  SP7314: {
    title: 'Too many requests wait for the owner of state',
    advice: 'The owner is the bottleneck: degraded scoring, fewer detectors or a faster core relieve it.',
  },
  SP7315: {
    title: 'The socket of the owner of state cannot be opened',
    advice:
      'Check the data directory: it must be writable, not in use by another Sallyport, and its path short (a socket path has at most 107 bytes).',
  },
  SP7316: {
    title: 'Workers keep crashing',
    advice: 'They are started again ever more slowly. The log of the first crash says why.',
  },
} as const satisfies Record<string, ErrorEntry>;
